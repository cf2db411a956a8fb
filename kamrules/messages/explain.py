"""What the code of a message means: what, why, fix and effect, and an example with its cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from string import Formatter
from typing import Any

from kamrules.messages.message import Message, message
from kamrules.messages.phrases import IN_ROW
from kamrules.messages.problem import Cell, Severity, UsageError
from kamrules.messages.registry import find, known
from kamrules.messages.shown import as_dict, shown
from kamrules.words.names import closest
from kamrules.words.text import Lang, Text

# fmt: off
NO_SUCH_CODE = message("E216", kind="header",
    what=("没有代码 {found}", "there is no code {found}"),
    why=("代码是字母 E 或 W 加三位数字{hint}", "a code is E or W and three digits{hint}"),
    fix=("照抄消息里的代码, 如 kamrules explain E305",
         "copy the code of a message, such as kamrules explain E305"),
    effect=("没有可解释的代码", "there is nothing to explain"),
    example={"found": "E999", "hint": ""}, place=IN_ROW)
# fmt: on

_LEVELS: dict[Severity, Text] = {
    "error": Text("错误", "Error"),
    "warning": Text("警告", "Warning"),
    "notice": Text("提示", "Notice"),
}
_EXAMPLE = Text("例子", "Example")
_SENTENCES = ("what", "why", "fix", "effect")


@dataclass(frozen=True, slots=True)
class Code:
    """A message with places to fill, and its example."""

    message: Message

    def as_text(self, lang: Lang) -> str:
        """Return the meaning for a terminal."""
        return "\n".join(self._lines(lang))

    def _lines(self, lang: Lang) -> Iterator[str]:
        level = _LEVELS[self.message.severity].of(lang)
        yield f"{self.message.code} {level}: {_open(self.message.what.of(lang))}"
        yield ""
        yield _EXAMPLE.of(lang)
        yield shown(self.message.shown, lang)

    def as_dict(self, lang: Lang) -> dict[str, Any]:
        """Return the meaning for ``--format json``."""
        said = {name: _open(getattr(self.message, name).of(lang)) for name in _SENTENCES}
        return {
            "code": self.message.code, "severity": self.message.severity, **said,
            "example": as_dict(self.message.shown, lang),
        }  # fmt: skip


def explain(code: str, plugins: Iterable[object] = ()) -> Code:
    """Return what a code means; UsageError where there is none of that name."""
    found = find(code, plugins)
    if found is None:
        hint = closest(code, known(plugins))
        raise UsageError([NO_SUCH_CODE.at(Cell("kamrules explain"), found=code, hint=hint)])
    return Code(found)


def _open(template: str) -> str:
    """Return a sentence with ``...`` where a message names something."""
    parts = Formatter().parse(template)
    return "".join(text + ("..." if field is not None else "") for text, field, *_ in parts)
