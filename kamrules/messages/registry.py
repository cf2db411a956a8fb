"""Every message there is, found in the modules that raise them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

from kamrules.messages.message import Message
from kamrules.messages.problem import PluginError
from kamrules.words.text import Text


def known(plugins: Iterable[object] = ()) -> dict[str, Message]:
    """Return all messages of kamrules and of *plugins* by their code."""
    found: dict[str, tuple[Message, str]] = {}
    for module in (*_modules(import_module("kamrules")), *_of(plugins)):
        for value in vars(module).values():
            if isinstance(value, Message):
                first, where = found.setdefault(value.code, (value, module.__name__))
                if first != value:
                    both, code = (where, module.__name__), value.code
                    raise PluginError(
                        Text(
                            f"{both[0]} 和 {both[1]} 都有信息 {code}; 给其中一个换个编号",
                            f"{both[0]} and {both[1]} both have a message {code}; "
                            "give one another code",
                        )
                    )
    return {code: one for code, (one, _) in sorted(found.items())}


def find(code: str, plugins: Iterable[object] = ()) -> Message | None:
    """Return the message of a code; only modules in which it stands are imported for it."""
    for module in (*_modules(import_module("kamrules"), f'"{code}"'), *_of(plugins)):
        for value in vars(module).values():
            if isinstance(value, Message) and value.code == code:
                return value
    return None


def _of(plugins: Iterable[object]) -> Iterator[ModuleType]:
    for plugin in plugins:
        if isinstance(plugin, ModuleType):
            yield from _modules(plugin)
        else:
            yield from _modules(sys.modules[type(plugin).__module__])


def _modules(root: ModuleType, word: str = "message(") -> Iterator[ModuleType]:
    """Yield a module, and those of its package whose messages hold *word*."""
    yield root
    for folder in map(Path, getattr(root, "__path__", ())):
        for path in sorted(folder.rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            if " = message(" in source and word in source:
                parts = path.relative_to(folder).with_suffix("").parts
                yield import_module(".".join((root.__name__, *parts)))
