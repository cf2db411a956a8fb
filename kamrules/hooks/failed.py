"""What is said when a plugin fails: its name, the file and line in it, and what to do."""

from __future__ import annotations

import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from kamrules.messages.problem import PluginError
from kamrules.words.text import Text

CANNOT = Text("不能使用", "cannot be used")


def failed(
    plugin: str, doing: Text, error: BaseException | Text, source: Any, fix: Text | None = None
) -> PluginError:
    """Return the error that names a plugin, what it failed in, its file and line, and what to do.

    *source* is its module, its file or folder, or the function that failed.
    """
    said = _said(error) if isinstance(error, BaseException) else error
    at = place(source, error if isinstance(error, BaseException) else None)
    fix = fix or Text(
        f"改正它, 或用 --no-plugin {plugin} 不用这个插件",
        f"correct it, or leave the plugin out with --no-plugin {plugin}",
    )
    return PluginError(
        Text(
            f"插件 {plugin!r} {doing.zh} ({at}): {said.zh}; {fix.zh}",
            f"plugin {plugin!r} {doing.en} ({at}): {said.en}; {fix.en}",
        )
    )


def hook_failed(hook: str) -> Text:
    """Return what is said of a plugin whose hook, or function of an offer, fails."""
    return Text(f"的 {hook}() 出错", f"failed in {hook}()")


def gave(value: Any, wanted: str, *, many: bool = False) -> Text:
    """Return what is said of a value that is not what was asked for, or not a list of it."""
    kind, shown = type(value).__name__, _short(value)
    found = shown if value is None or shown.startswith(kind) else f"{kind} {shown}"
    zh, en = (f"{wanted} 的列表", f"list of {wanted}") if many else (wanted, wanted)
    return Text(f"给出的是 {found}, 不是 {zh}", f"it gave {found}, not a {en}")


def place(source: Any, error: BaseException | None = None) -> str:
    """Return file and line in a plugin's own code: the last one that an error came through."""
    own, line = _own(source)
    if isinstance(error, SyntaxError) and error.filename and _within(error.filename, own):
        return f"{error.filename}:{error.lineno}"
    frames = traceback.walk_tb(error.__traceback__ if error else None)
    lines = [(f.f_code.co_filename, number) for f, number in frames]
    through = [f"{file}:{number}" for file, number in lines if _within(file, own)]
    return through[-1] if through else f"{own}:{line}" if line else str(own)


def _own(source: Any) -> tuple[Path, int]:
    """Return the file or folder that holds a plugin's code, and the line of a function in it."""
    if isinstance(source, Path):
        return source.resolve(), 0
    if isinstance(source, ModuleType):
        file = Path(source.__file__ or source.__name__)
        return (file.parent if hasattr(source, "__path__") else file).resolve(), 0
    plain = inspect.unwrap(getattr(source, "func", source))
    code = getattr(plain, "__code__", None)
    if code:
        return Path(code.co_filename).resolve(), code.co_firstlineno
    return _own(sys.modules[type(source).__module__])


def _within(file: str, own: Path) -> bool:
    found = Path(file).resolve()
    return found == own or own in found.parents


def _said(error: BaseException) -> Text:
    """Return the first line of an error, in both languages where it is one that authors meet."""
    name = type(error).__name__
    first = " ".join(str(error).splitlines()[:1])
    if isinstance(error, ModuleNotFoundError) and error.name:
        return Text(f"没有模块 {error.name}", f"there is no module {error.name}")
    if isinstance(error, SyntaxError):
        return Text(f"语法不对: {error.msg}", f"its syntax is wrong: {error.msg}")
    if isinstance(error, FileNotFoundError) and error.filename:
        return Text(f"没有文件 {error.filename}", f"there is no file {error.filename}")
    plain = f"{name}: {first}" if first else name
    return Text(plain, plain)


def _short(value: Any) -> str:
    shown = " ".join(repr(value).split())
    return shown if len(shown) <= 80 else f"{shown[:77]}..."
