"""A message: what is wrong, why, what to do and what it affects, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kamrules.messages.phrases import IN_BOOK
from kamrules.messages.problem import Cell, Problem, Severity
from kamrules.words.text import Text, say

# Chinese and English.
Said = tuple[str, str]
# The why and the fix of a message that has several, as parameters of ``at``.
Reason = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """The sentences of one code, with places to fill; *stops* where no table can be decided.

    *kind* groups what ``check`` lists. *example* fills the places, *place* is where it stands.
    """

    code: str
    severity: Severity
    kind: str
    stops: bool
    what: Text
    why: Text
    fix: Text
    effect: Text
    example: Mapping[str, Any] = field(compare=False)
    place: Cell = field(compare=False)

    def at(
        self,
        where: Cell,
        *,
        found: Any = "",
        key: str = "",
        severity: Severity | None = None,
        refusal: Refusal | None = None,
        **params: Any,
    ) -> Problem:
        """Return the problem at *where*, filled with *params* (Text values by language)."""
        params = {"key": key, "found": found, **params}
        what, effect = say(self.what, **params), say(self.effect, **params)
        why = refusal.why if refusal else say(self.why, **params)
        fix = refusal.fix if refusal else say(self.fix, **params)
        level = severity or self.severity
        return Problem(
            self.code, level, where, what, why, fix, effect, str(found), key, self.kind,
            self.stops and level == "error",
        )  # fmt: skip

    def refusal(self, position: int = 0, **params: Any) -> Refusal:
        """Return why a text is refused; where it stands is said later."""
        return Refusal(self, say(self.why, **params), say(self.fix, **params), position)

    @property
    def shown(self) -> Problem:
        """Return the example as a problem."""
        return self.at(self.place, **self.example)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a typed value or rule cell is not understood, and what to type instead."""

    message: Message
    why: Text
    fix: Text
    position: int = 0

    @property
    def code(self) -> str:
        """Return the code of its message."""
        return self.message.code

    def at(self, where: Cell, **params: Any) -> Problem:
        """Return the problem that this is at *where*; parameters as those of ``Message.at``."""
        return self.message.at(where, refusal=self, **params)


def message(
    code: str,
    *,
    kind: str,
    what: Said,
    why: Said = ("{why}", "{why}"),
    fix: Said = ("{fix}", "{fix}"),
    effect: Said = ("{effect}", "{effect}"),
    example: Mapping[str, Any],
    place: Cell = IN_BOOK,
    severity: Severity | None = None,
    stops: bool = False,
) -> Message:
    """Return a message; a code that begins with E is an error, others are warnings.

    A why, fix or effect left out is said by who raises it.
    """
    level: Severity = severity or ("error" if code.startswith("E") else "warning")
    return Message(
        code, level, kind, stops, Text(*what), Text(*why), Text(*fix), Text(*effect), example, place
    )


def reason(*, why: Said, fix: Said) -> Reason:
    """Return one of several reasons of a message."""
    return {"why": Text(*why), "fix": Text(*fix)}
