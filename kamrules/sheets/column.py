"""Columns of sheets, and the kinds of sheets that plugins read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
class Headline:
    """Which result of a sheet is its grade, and how a run speaks of the rows, its subjects.

    *grade*, *effective* (the grade in force) and *outcome* (what a review said) are names of
    results, *scheme* that of a parameter. *name*, *measure*, *share* and *previous* are keys of
    columns: what a subject is called, what it is measured by, its part of all that is measured, and
    its grade of last period. *words* replace labels of sheets and reports, by their names.

    *nouns* say what grade, subject, subjects and measure are called in a sentence, and the
    *counter* of subjects. *summed* names sheet, column and date of rows that add up to the measure.
    """

    grade: Text = NO_TEXT
    name: str = ""
    measure: str = "measure"
    share: str = "share"
    previous: str = ""
    effective: Text = NO_TEXT
    outcome: Text = NO_TEXT
    scheme: Text = NO_TEXT
    words: Mapping[str, Text] = field(default_factory=dict)
    nouns: Mapping[str, Text] = field(default_factory=dict)
    summed: tuple[str, str, str] | None = None

    @property
    def spoken(self) -> dict[str, Text]:
        """Return the nouns by name, and capitalised where a sentence begins with them."""
        nouns = {**_NOUNS, **self.nouns}
        begin = {name.title(): Text(said.zh, said.en.capitalize()) for name, said in nouns.items()}
        return {**nouns, **begin}


_NOUNS = {
    "grade": Text("结果", "result"), "subject": Text("行", "row"), "subjects": Text("行", "rows"),
    "measure": Text("数值", "measure"), "counter": Text("行", "rows"),
}  # fmt: skip
NO_HEADLINE = Headline()


@dataclass(frozen=True, slots=True)
class SheetSpec:
    """A kind of sheet a plugin reads: names, columns, and the columns that identify a row.

    *references* names the key column that must occur in the sheet of subjects. A *derived* sheet is
    not read: its rows come from a fact. What bears the name of a *reserved* one is never taken for
    another kind by its headers. The rows of a sheet with a *headline* are the subjects.
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
    reserved: bool = False
    headline: Headline | None = None

    @property
    def name(self) -> Text:
        """Return the sheet's name."""
        return Text(self.zh, self.en)
