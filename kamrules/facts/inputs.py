"""What a fact is given: rows with every column there and typed, parameters, places in the book."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from kamrules.engine.decide import DTYPES
from kamrules.facts.cases import CasesInForce
from kamrules.facts.declare import Asked, Fact, Given, Rows, arguments
from kamrules.messages.message import reason
from kamrules.messages.problem import Cell, UsageError
from kamrules.rules.cell.sfeel import fold
from kamrules.sheets.column import ROW, UNREADABLE, Column, SheetSpec
from kamrules.sheets.period import UNUSABLE_PARAMETER, period
from kamrules.sheets.sheet import Data, Parameter, Sheet
from kamrules.words.names import aliases, both
from kamrules.words.text import Text

_NO_NUMBER = reason(
    why=("这个参数是一个数", "this parameter is a number"),
    fix=("写一个数, 或删去这一行用默认值", "write a number, or remove the row for its default"),
)


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
class Inputs:
    """All that facts of a run may be given; what several of them need is worked out once."""

    read: Data
    as_of: dt.date
    specs: Mapping[str, SheetSpec]
    _made: dict[Given, Any] = field(default_factory=dict)
    _typed: dict[str, Rows] = field(default_factory=dict)

    def of(self, fact: Fact, data: Data) -> dict[str, Any]:
        """Return the arguments of a fact, with what is known in *data* by now."""
        return {
            name: self._argument(name, default, fact, data)
            for name, default in arguments(fact.work).items()
        }

    def _argument(self, name: str, default: Any, of: Fact | Given, data: Data) -> Any:
        if isinstance(default, Asked):
            return self._parameter(default)
        if isinstance(default, Given):
            return self._given(default)
        if default is not inspect.Parameter.empty:
            return default
        others = {"as_of": self.as_of, "book": Book(self.read)}
        if name in others:
            return others[name]
        if name == "period":
            return period(self.read, self.as_of)
        if name == "cases":
            return CasesInForce(data)
        after = [a.column for a in of.after if a.sheet == name] if isinstance(of, Fact) else []
        return self._rows(name, after, data, cut=not of.ahead)

    def _rows(self, name: str, after: Sequence[Column], data: Data, cut: bool) -> Rows:
        """Return the rows of a sheet with what was waited for beside them."""
        spec, sheet = self.specs[name], data.sheets.get(name)
        if sheet is None or spec.derived:
            found = typed(sheet, spec)
        elif name in self._typed:
            found = self._typed[name]
        else:
            found = self._typed[name] = typed(sheet, spec)
        if after:
            have = pl.DataFrame() if sheet is None else sheet.frame
            found = found.with_columns(_waited_for(have, c) for c in after)
        return _until(found, spec, self.as_of) if cut else found

    def _given(self, given: Given) -> Any:
        if given not in self._made:
            needs = arguments(given.work).items()
            made = {n: self._argument(n, d, given, self.read) for n, d in needs}
            self._made[given] = given.work(**made)
        return self._made[given]

    def _parameter(self, asked: Asked) -> Any:
        found = Book(self.read).parameter(asked.zh, asked.en)
        if found is None or found.value is None:
            return asked.default
        try:
            return type(asked.default)(found.value)
        except ValueError as error:
            said = UNUSABLE_PARAMETER.at(
                found.where, found=found.value, name=found.name, **_NO_NUMBER
            )
            raise UsageError([said]) from error


def typed(sheet: Sheet | None, spec: SheetSpec) -> Rows:
    """Return the rows of a sheet: ROW, every column of its kind, marks of unreadable cells."""
    known = spec.columns if sheet is None else sheet.spec.columns
    if sheet is None:
        return pl.DataFrame(schema={ROW: pl.UInt32, **{c.key: DTYPES[c.type] for c in known}})
    schema = sheet.frame.schema
    keys = {c.key for c in known}
    there = [c for c in schema if c in keys or ("#" in c and c.partition("#")[0] in {"", *keys})]
    blank = (
        pl.lit(c.blank if c.key not in schema else None).cast(DTYPES[c.type]).alias(c.key)
        for c in known
        if schema.get(c.key, pl.Null) == pl.Null
    )
    return sheet.frame.select(there).with_columns(blank)


def _until(rows: Rows, spec: SheetSpec, as_of: dt.date) -> Rows:
    """Return the rows that are not dated after the as-of date."""
    for event in (c for c in spec.columns if c.event):
        later = pl.col(event.key).cast(pl.Date) > as_of
        rows = rows.filter(~later.fill_null(False))
    return rows


def _waited_for(frame: Rows, column: Column) -> pl.Series | pl.Expr:
    """Return a result under the name it was asked for by."""
    found = given_as(frame, column)
    if found is None:
        return pl.lit(None, DTYPES[column.type]).alias(column.key)
    return frame[found].alias(column.key)


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
