"""What a fact is given: rows with every column there and typed, parameters, places in the book."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from kamrules.engine.cases.caserules import CaseRules
from kamrules.facts.declare import Asked, Fact, Given, Rows, arguments
from kamrules.messages.problem import Cell
from kamrules.sheets.column import ROW, UNREADABLE, Column, SheetSpec
from kamrules.sheets.period import period
from kamrules.sheets.sheet import Data, Parameter, Sheet
from kamrules.words.dtypes import DTYPES
from kamrules.words.fold import fold
from kamrules.words.names import aliases, both
from kamrules.words.text import Text


@dataclass(frozen=True, slots=True)
class Book:
    """The workbook as it was read, for problems and for columns that are there or not."""

    data: Data

    @property
    def name(self) -> str:
        """Return the workbook's name."""
        return self.data.book

    def has(self, sheet: str, column: str = "") -> bool:
        """Return whether the workbook has a sheet, and of it a column."""
        found = self.data.sheets.get(sheet)
        return found is not None and (not column or column in found.headers)

    def title(self, sheet: str) -> str:
        """Return the title of a sheet, empty where the workbook has none."""
        return self.data.sheets[sheet].title if sheet in self.data.sheets else ""

    def label(self, sheet: str, column: str) -> Text:
        """Return the name of a column of a sheet in both languages."""
        known = self.data.sheets[sheet].spec.columns
        return next(c.name for c in known if c.key == column)

    def at(self, sheet: str, column: str = "", rows: int | Sequence[int] = ()) -> Cell:
        """Return a place: the sheet, the header of a column, or the cells of some rows of it."""
        found = self.data.sheets.get(sheet)
        if found is None or not column:
            return Cell(self.name, self.title(sheet))
        listed = (rows,) if isinstance(rows, int) else rows or (found.header_row,)
        letters = found.letters.get(column, "A")
        ends = dict.fromkeys(f"{letters}{n}" for n in (min(listed), max(listed)))
        return Cell(self.name, found.title, ":".join(ends))

    def parameter(self, zh: str, en: str) -> Parameter | None:
        """Return a parameter with its place, None where nobody set it."""
        known = self.data.parameters
        return next((known[n] for n in (zh, en, fold(zh), fold(en)) if n in known), None)


@dataclass(frozen=True, slots=True)
class CasesInForce:
    """The rules over several records that are in force, and what decides them."""

    rules: Sequence[CaseRules]
    engine: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that facts of a run may be given; what several of them need is worked out once."""

    read: Data
    as_of: dt.date
    specs: Mapping[str, SheetSpec]
    _made: dict[Callable[..., Any], Any] = field(default_factory=dict)

    def of(self, fact: Fact, data: Data) -> dict[str, Any]:
        """Return the arguments of a fact, with what is known in *data* by now."""
        return {
            name: self._argument(name, default, fact, data)
            for name, default in arguments(fact.work).items()
        }

    def _argument(self, name: str, default: Any, fact: Fact | None, data: Data) -> Any:
        if isinstance(default, Asked):
            return self._parameter(default)
        if isinstance(default, Given):
            return self._given(default.work)
        if default is not inspect.Parameter.empty:
            return default
        others = {"as_of": self.as_of, "book": Book(self.read)}
        if name in others:
            return others[name]
        if name == "period":
            return period(self.read, self.as_of)
        if name == "cases":
            return CasesInForce(self.read.cases, self.read.case_engine)
        after = [a.column for a in fact.after if a.sheet == name] if fact else []
        ahead = fact.ahead if fact else False
        return supplied(
            data.sheets.get(name), self.specs[name], after, None if ahead else self.as_of
        )

    def _given(self, work: Callable[..., Any]) -> Any:
        if work not in self._made:
            needs = arguments(work).items()
            self._made[work] = work(**{n: self._argument(n, d, None, self.read) for n, d in needs})
        return self._made[work]

    def _parameter(self, asked: Asked) -> Any:
        found = Book(self.read).parameter(asked.zh, asked.en)
        value = asked.default if found is None or found.value is None else found.value
        return value if asked.default is None else type(asked.default)(value)


def supplied(
    sheet: Sheet | None, spec: SheetSpec, after: Sequence[Column], as_of: dt.date | None
) -> Rows:
    """Return the rows of a sheet: every column of its kind, and those that were waited for."""
    have = sheet.frame if sheet else pl.DataFrame(schema={ROW: pl.UInt32})
    known = spec.columns if sheet is None else sheet.spec.columns
    columns = {c.key: _typed(have, c) for c in known}
    columns |= {c.key: _waited_for(have, c) for c in after}
    marks = [m for m in have.columns if "#" in m and m.partition("#")[0] in {"", *columns}]
    found = have.select(*marks, *columns.values())
    for event in known if as_of else ():
        if event.event and as_of:
            after_it = pl.col(event.key).cast(pl.Date) > as_of
            found = found.filter(~after_it.fill_null(False))
    return found


def _typed(frame: Rows, column: Column) -> pl.Expr:
    dtype = DTYPES[column.type]
    if column.key not in frame.columns:
        return pl.lit(column.blank).cast(dtype).alias(column.key)
    if frame.schema[column.key] == pl.Null:
        return pl.col(column.key).cast(dtype)
    return pl.col(column.key)


def _waited_for(frame: Rows, column: Column) -> pl.Expr:
    """Return a result under the name it was asked for by."""
    found = given_as(frame, column)
    nothing = pl.lit(None, DTYPES[column.type])
    return (nothing if found is None else pl.col(found)).alias(column.key)


def given_as(frame: Rows, column: Column) -> str | None:
    """Return the column of a frame that a result stands in, None where nothing gives it."""
    asked = fold(column.zh)
    if column.key == column.zh:
        for name in frame.columns:
            # A result goes by both names; what the book has under one of them is not meant.
            if "#" not in name and len(set(both(name))) > 1 and asked in aliases(name):
                return name
    return column.key if column.key in frame.columns else None


def unreadable(rows: Rows, *columns: str) -> pl.Expr:
    """Return which rows hold a value in some columns that nobody could read."""
    flags = [c + UNREADABLE for c in columns if c + UNREADABLE in rows.columns]
    return pl.any_horizontal(flags) if flags else pl.lit(False)
