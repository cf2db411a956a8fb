"""What is wrong at a place, and the errors that carry it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kamrules.words.text import Text

Severity = Literal["error", "warning", "notice"]


class UsageError(Exception):
    """The run cannot start or its rules cannot be used: exit code 2 (3 when a file is locked)."""

    def __init__(self, problems: Sequence[Problem], exit_code: int = 2) -> None:
        super().__init__("; ".join(p.what.en for p in problems))
        self.problems = tuple(problems)
        self.exit_code = exit_code


class PluginError(Exception):
    """A plugin cannot be used: exit code 4."""

    def __init__(self, said: Text) -> None:
        super().__init__(said.en)
        self.said = said


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a workbook, written as Excel writes it; *ref* may be a range or empty."""

    book: str
    sheet: str = ""
    ref: str = ""

    @property
    def local(self) -> str:
        """Return the place within its workbook, such as ``明细!F11``."""
        if not self.sheet:
            return self.book
        name = (
            self.sheet if self.sheet.isidentifier() else "'" + self.sheet.replace("'", "''") + "'"
        )
        return f"{name}!{self.ref}" if self.ref else name

    def __str__(self) -> str:
        if not self.sheet:
            return self.book
        quoted = f"'[{self.book}]{self.sheet.replace(chr(39), chr(39) * 2)}'"
        return f"{quoted}!{self.ref}" if self.ref else quoted


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a place: why, what to type instead, and what it affects."""

    code: str
    severity: Severity
    where: Cell
    what: Text
    why: Text
    fix: Text
    effect: Text
    found: str = ""
    key: str = ""  # subject concerned, as the book names it
    kind: str = "problem"
    stops: bool = False  # no table can be decided
