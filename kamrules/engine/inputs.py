"""The columns a table reads, as its dimensions see them: the region of every row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from copy import copy

import polars as pl

from kamrules.engine.expressions import Scope, folded, test_expr
from kamrules.engine.regions import FALSE, TRUE, UNKNOWN, Dimension, Regions
from kamrules.engine.search import known
from kamrules.rules.cell.ast import names
from kamrules.rules.link import LinkedTable
from kamrules.sheets.column import UNREADABLE
from kamrules.words.fold import fold
from kamrules.words.types import NUMERIC, TEXTUAL, Type


class Inputs:
    """The rows of a frame that a table decides."""

    def __init__(self, linked: LinkedTable, regions: Regions, frame: pl.DataFrame) -> None:
        self.linked, self.regions = linked, regions
        self.columns = frozenset(frame.columns)
        types = dict(linked.types) | dict(linked.names.values())
        numbers = [c for c, type_ in types.items() if type_ in NUMERIC and c in self.columns]
        # What is no number is blank.
        wild = [c for c in map(frame.get_column, numbers) if _has_nan(c)]
        self.frame = frame.with_columns(c.fill_nan(None) for c in wild) if wild else frame
        self._compared: dict[str, pl.Series] = {}

    def rows(self, places: pl.Series) -> Inputs:
        """Return some of the rows."""
        return Inputs(self.linked, self.regions, self.frame[places])

    def parts(self, rows: int) -> Iterator[Inputs]:
        """Yield all rows in their order, so many at a time."""
        if self.frame.height <= rows:
            yield self
            return
        for frame in self.frame.iter_slices(rows):
            part = copy(self)
            part.frame, part._compared = frame, {}
            yield part

    def codes(self, along: Dimension, numbers: pl.Series | None = None) -> pl.Series:
        """Return the region of each row along a dimension, or what *numbers* has at its place."""
        if numbers is None:
            numbers = pl.Series(range(along.regions), dtype=pl.UInt32)
        if along.axis is None:
            return self._truths(along, numbers)
        return along.axis.codes(self.frame[along.column], self._unreadable(along.column), numbers)

    def values(self, along: Dimension) -> pl.Series:
        """Return what the cuts of an axis are compared with; null where a row is at no region."""
        assert along.axis is not None
        column, flags = self.frame[along.column], self._unreadable(along.column)
        if not along.axis.ordered:
            values = along.axis.codes(column, flags).cast(pl.Int64)
            flags = values >= along.axis.size
        else:
            values = along.axis.physical(column)
        if flags is None or not flags.any():
            return values
        return pl.Series([None], dtype=values.dtype).zip_with(flags, values)

    def _unreadable(self, column: str) -> pl.Series | None:
        flag = column + UNREADABLE
        return self.frame[flag] if flag in self.columns else None

    def _truths(self, along: Dimension, numbers: pl.Series) -> pl.Series:
        """Return for each row the number of a condition's being false, true or unknown."""
        test = along.condition
        assert test is not None
        holds = test_expr(test, Scope(self.linked.names, (along.column, along.type)))
        read = {along.column: along.type}
        read |= dict(self.linked.names[fold(n.name)] for n in names(test))
        if along.knows_blank:
            # The table says what a blank means, so a blank here meets no other condition.
            blank = pl.col(along.column).is_null()
            holds = pl.when(blank).then(holds.fill_null(False)).otherwise(holds)
        truth = self.worked_out(holds.cast(pl.Boolean), read)
        found = numbers.slice(TRUE, 1).zip_with(truth, numbers.slice(FALSE, 1))
        unknown = numbers.slice(UNKNOWN, 1)
        found = found.zip_with(known(truth), unknown) if truth.null_count() else found
        for flags in map(self._unreadable, read):
            found = found if flags is None else unknown.zip_with(flags, found)
        return found

    def worked_out(self, expression: pl.Expr, read: Mapping[str, Type]) -> pl.Series:
        """Return an expression over the columns *read*, which may ask for texts as compared."""
        for column in sorted(c for c, type_ in read.items() if type_ in TEXTUAL):
            if column not in self._compared:
                self._compared[column] = self._as_compared(self.frame[column])
        compared = [texts for column, texts in self._compared.items() if column in read]
        frame = pl.DataFrame([*(self.frame[c] for c in read), *compared])
        found = frame.select(expression).to_series()
        height = self.frame.height
        return found if len(found) == height else found.new_from_index(0, height)

    def _as_compared(self, texts: pl.Series) -> pl.Series:
        values = texts.unique().drop_nulls()
        name, synonyms = folded(texts.name), self.regions.synonyms
        if values.is_empty():
            return texts.cast(pl.String).alias(name)
        new = [synonyms.get(f, f) for f in map(fold, values.to_list())]
        found = texts.replace_strict(values, pl.Series(new, dtype=pl.String), default=None)
        return found.alias(name)


def _has_nan(column: pl.Series) -> bool:
    # A sum is quicker than a look at each value, and is no number if one of them is none.
    return column.dtype.is_float() and math.isnan(column.sum()) and column.is_nan().any()
