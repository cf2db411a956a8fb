"""What is told: the messages of kamrules and its plugins by code, and every text by where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from kamrules.hooks.plugins import load
from kamrules.messages.registry import known
from kamrules.words.text import Text

MESSAGES = known(load().get_plugins())


def _texts(where: str, value: Any) -> Iterator[tuple[str, Text]]:
    """Yield the texts that a value is or holds."""
    if isinstance(value, Text) and any(value):
        yield where, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(f"{where}[{key}]", one)
    elif isinstance(value, tuple | list) and not isinstance(value, Text):
        for one in value:
            yield from _texts(where, one)


def _everywhere() -> Iterator[tuple[str, Text]]:
    for package in ("kamrules", "kamrules_plugins"):
        folder = Path(import_module(package).__path__[0])
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            if parts[-1] not in ("__main__", "__init__"):
                module = import_module(".".join((package, *parts)))
                for name, value in vars(module).items():
                    if not name.startswith("__"):
                        yield from _texts(f"{module.__name__}.{name}", value)


# Each once, though many modules import it.
TEXTS = {where: text for text, where in {t: w for w, t in _everywhere()}.items()}
