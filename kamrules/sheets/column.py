"""Columns of sheets, and the kinds of sheets that plugins read."""

from __future__ import annotations

from dataclasses import dataclass

from kamrules.words.text import NO_TEXT, Text
from kamrules.words.types import Type

# Column of every data frame that holds the Excel row number.
ROW = "#row"


# Suffix of the boolean column that marks cells with a value nobody could read.
UNREADABLE = "#unreadable"


@dataclass(frozen=True, slots=True)
class Column:
    """A named, typed column of a sheet, a fact, or a glossary entry.

    *unit* is the unit of stored values (元, 天 ...). *blank* is what an empty cell means.
    *event* marks dates at which something happened; the last of them is the default as-of date.
    *words* are texts that stand for numbers, such as 高 for 80.
    """

    key: str
    zh: str
    en: str
    type: Type
    unit: str = ""
    synonyms: tuple[str, ...] = ()
    required: bool = False
    allowed: tuple[str, ...] = ()
    blank: str | None = None
    event: bool = False
    words: tuple[tuple[str, float], ...] = ()
    meaning: Text = NO_TEXT

    @property
    def name(self) -> Text:
        """Return the header people see."""
        return Text(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class SheetSpec:
    """A kind of sheet a plugin reads: names, columns, and the columns that identify a row.

    *references* names the key column that must occur in the customers sheet. A *derived* sheet is
    not read: its rows come from a fact.
    """

    key: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    synonyms: tuple[str, ...] = ()
    required: bool = False
    unique: str = ""
    references: str = ""
    derived: bool = False

    @property
    def name(self) -> Text:
        """Return the sheet's name."""
        return Text(self.zh, self.en)
