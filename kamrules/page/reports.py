"""What plugins offer to write: templates, sheets, columns, files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kamrules.run.result import Result
from kamrules.words.text import NO_TEXT, Lang, Text
from kamrules.words.types import Type

if TYPE_CHECKING:
    import polars as pl

    from kamrules.page.page import Sections


@dataclass(frozen=True, slots=True)
class Report:
    """A report a plugin offers: a template file, and the suffix of what it writes."""

    name: str
    template: Any  # importlib.resources Traversable
    suffix: str


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column to add beside the user's own: *values* as typed cells, in Excel *rows*.

    *rows* are counted from 1 in a list of its own. *styles* names a cell style for each text that
    has one, *links* the place a text links to. *bar* shows figures as bars behind them.
    """

    header: Text
    values: pl.Series
    type: Type = "text"
    width: float = 12
    styles: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    bar: bool = False
    rows: pl.Series | None = None


@dataclass(frozen=True, slots=True)
class SectionsReport:
    """Sections a plugin gives to the first page, of the workbook and of reports."""

    name: str
    sections: Callable[[Result, Lang], Sections]


@dataclass(frozen=True, slots=True)
class ColumnsReport:
    """Columns a plugin adds beside the rows of a sheet (its key); their values by Excel row."""

    sheet: str
    columns: Callable[[Result, Lang], Sequence[ResultColumn]]


@dataclass(frozen=True, slots=True)
class FilesReport:
    """Files a plugin writes to a folder of their own, their contents by name without *suffix*."""

    name: str
    suffix: str
    files: Callable[[Result, Lang], Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class SheetReport:
    """A sheet a plugin adds to the result: a list; the values of *columns* by row, the first 1."""

    name: str
    title: Text
    columns: Callable[[Result, Lang], Sequence[ResultColumn]]
    hint: Text = NO_TEXT
