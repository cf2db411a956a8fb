"""Columns of values beside the rows of a worksheet, made into cells a batch of rows at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from kamrules.sheets.column import ROW
from kamrules.words.address import letters
from kamrules.xlsx.cells import MOST_TEXT, Grid, serial

# Texts that need more than the three characters escaped that XML gives names to.
_ODD = r"[\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]|_x|\n|^\s|\s$"
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_DAY = 86_400_000_000
_FEW = 1_000
_NO_ROWS = pl.Series(ROW, [], pl.UInt32)
_PRESENT = "#present "


@dataclass(frozen=True, slots=True)
class Column:
    """A column of *values* to be written in some *rows*.

    *style* gives the cell format of a value; only texts in *own* have one of their own, all other
    values that of their type.
    """

    number: int
    rows: pl.Series
    values: pl.Series
    style: Callable[[Any], int]
    grid: Grid
    own: Collection[str] = ()

    def encoded(self) -> tuple[pl.Series, pl.Expr]:
        """Return the values, and how each becomes what follows the address of its cell."""
        name, values = str(self.number), self.values
        if isinstance(values.dtype, pl.Categorical | pl.Enum):
            values = values.cast(pl.String)
        first, col = next(iter(values.drop_nulls().head(1)), None), pl.col(name)
        if first is None:
            return pl.Series(name, [self._rest(None)]).new_from_index(0, len(values)), col
        if isinstance(values.dtype, pl.Object):
            rests = [self._rest(value) for value in values]
            return pl.Series(name, rests, pl.String), col
        if isinstance(values.dtype, pl.String):
            rest = self._texts(values, col)
        else:
            values, rest = self._numbers(values, col, self.style(first))
        if values.null_count():
            rest = pl.when(col.is_null()).then(pl.lit(self._rest(None))).otherwise(rest)
        return values.alias(name), rest

    def _rest(self, value: Any) -> str:
        return self.grid.rest(value, self.style(value))

    def _texts(self, values: pl.Series, col: pl.Expr) -> pl.Expr:
        """Return texts as cells hold them: each once, or where they are many all that are alike."""
        distinct = values.unique(maintain_order=True).drop_nulls()
        if len(distinct) <= _FEW:
            return self._replaced(col, distinct)
        is_odd = distinct.str.contains(_ODD) | (distinct.str.len_bytes() > MOST_TEXT)
        is_odd |= distinct.is_in(list(self.own))
        odd, plain = distinct.filter(is_odd), distinct.filter(~is_odd)
        if plain.is_empty():
            return self._replaced(col, odd)
        begin, end = self.grid.rest("0", self.style(plain[0])).split(">0<")
        text = col
        for character, named in _NAMED.items():
            text = text.str.replace_all(character, named, literal=True)
        whole = pl.concat_str(pl.lit(begin + ">"), text, pl.lit("<" + end))
        return pl.when(col.is_in(odd.implode())).then(self._replaced(col, odd)).otherwise(whole)

    def _replaced(self, col: pl.Expr, texts: pl.Series) -> pl.Expr:
        rests = pl.Series([self._rest(text) for text in texts], dtype=pl.String)
        return col.replace_strict(texts, rests, default=None)

    def _numbers(self, values: pl.Series, col: pl.Expr, style: int) -> tuple[pl.Series, pl.Expr]:
        """Return numbers, truth values and dates as cells hold them; no cell holds an infinity."""
        p, start, type_ = self.grid.prefix, f' s="{style}"' if style else "", values.dtype
        number = col.cast(pl.String)
        if isinstance(type_, pl.Boolean):
            start, number = f'{start} t="b"', col.cast(pl.Int8).cast(pl.String)
        elif isinstance(type_, pl.Date | pl.Datetime):
            epoch = int(serial(dt.date(1970, 1, 1), self.grid.is_1904)) * _DAY
            moments = values.cast(pl.Datetime("us")).cast(pl.Int64) + epoch
            # Polars multiplies by the reciprocal of a single number, which is not the same.
            values = moments / pl.Series([float(_DAY)]).new_from_index(0, len(values))
            whole = col.cast(pl.Int64)
            number = pl.when(whole == col).then(whole.cast(pl.String)).otherwise(number)
        rest = pl.concat_str(pl.lit(f"{start}><{p}v>"), number, pl.lit(f"</{p}v></{p}c>"))
        if type_.is_float():
            rest = pl.when(col.is_finite()).then(rest).otherwise(pl.lit(f"{start}/>"))
        return values, rest


class Batch(NamedTuple):
    """The cells of some rows: those of each row as one text, and by the number of their column."""

    joined: Sequence[str]
    by_column: pl.DataFrame

    def cells(self, n: int) -> dict[int, str]:
        """Return the cells of one row by the number of their column."""
        row = self.by_column.row(n, named=True) if self.by_column.width else {}
        return {int(column): cell for column, cell in row.items() if cell is not None}


class Cells:
    """The cells of all columns by row."""

    def __init__(self, columns: Iterable[Column]) -> None:
        groups: list[tuple[pl.Series, list[Column]]] = []
        for column in sorted(columns, key=lambda column: column.number):
            rows = column.rows.cast(pl.UInt32)
            its = next((its for known, its in groups if known.equals(rows)), None)
            if its is None:
                groups.append((rows, [column]))
            else:
                its.append(column)
        every = pl.concat([_NO_ROWS, *(rows.alias(ROW) for rows, _ in groups)])
        self._frame, self._cells = pl.DataFrame({ROW: every.unique().sort()}), dict[int, pl.Expr]()
        for n, (rows, its) in enumerate(groups):
            present = pl.Series(f"{_PRESENT}{n}", [True]).new_from_index(0, len(rows))
            found = [column.encoded() for column in its]
            part = pl.DataFrame([rows.alias(ROW), present, *(values for values, _ in found)])
            self._frame = self._frame.join(part, on=ROW, how="left", maintain_order="left")
            for column, (_, rest) in zip(its, found, strict=True):
                start = pl.lit(f'<{column.grid.prefix}c r="{letters(column.number)}')
                cell = pl.concat_str(start, pl.col(ROW).cast(pl.String), pl.lit('"'), rest)
                self._cells[column.number] = pl.when(present.name).then(cell)

    def of(self, numbers: Sequence[int]) -> Batch:
        """Return the cells of some rows."""
        if self._frame.is_empty():
            return Batch([""] * len(numbers), pl.DataFrame())
        wanted = pl.Series("#wanted", numbers, pl.UInt32)
        at = self._frame[ROW].search_sorted(wanted).clip(0, self._frame.height - 1)
        frame = self._frame[at].with_columns(wanted)
        is_there = pl.col("#wanted") == pl.col(ROW)
        cells = frame.select(
            pl.when(is_there).then(cell).alias(str(number))
            for number, cell in sorted(self._cells.items())
        )
        joined = cells.select(pl.concat_str(pl.all(), ignore_nulls=True)).to_series()
        return Batch(joined.to_list(), cells)
