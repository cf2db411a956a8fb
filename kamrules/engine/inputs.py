"""The columns a table reads, as its dimensions see them: the region of every row."""

from __future__ import annotations

import math
from collections.abc import Mapping

import polars as pl

from kamrules.engine.expressions import Scope, folded, test_expr
from kamrules.engine.regions import UNKNOWN, Dimension, Regions
from kamrules.model import NUMERIC, TEXTUAL, UNREADABLE, Type
from kamrules.rules.link import LinkedTable
from kamrules.sfeel import fold, names


class Inputs:
    """The rows of a frame that a table decides."""

    def __init__(self, linked: LinkedTable, regions: Regions, frame: pl.DataFrame) -> None:
        self.linked, self.regions = linked, regions
        types = dict(linked.types) | dict(linked.names.values())
        columns = [frame[c] for c, type_ in types.items() if type_ in NUMERIC and c in frame]
        # What is no number is blank.
        self.frame = frame.with_columns(c.fill_nan(None) for c in columns if _has_nan(c))
        self._compared: dict[str, pl.Series] = {}

    def rows(self, places: pl.Series) -> Inputs:
        """Return some of the rows."""
        return Inputs(self.linked, self.regions, self.frame[places])

    def codes(self, along: Dimension) -> pl.Series:
        """Return the region of each row along a dimension."""
        if along.axis is None:
            return self._truths(along)
        return along.axis.codes(self.frame[along.column], self._unreadable(along.column))

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
        return values.to_frame("value").select(pl.when(~pl.lit(flags)).then("value")).to_series()

    def _unreadable(self, column: str) -> pl.Series | None:
        flag = column + UNREADABLE
        return self.frame[flag] if flag in self.frame.columns else None

    def _truths(self, along: Dimension) -> pl.Series:
        """Return whether a condition is false, true or unknown for each row."""
        test = along.condition
        assert test is not None
        holds = test_expr(test, Scope(self.linked.names, (along.column, along.type)))
        read = {along.column: along.type}
        read |= dict(self.linked.names[fold(n.name)] for n in names(test))
        if along.knows_blank:
            # The table says what a blank means, so a blank here meets no other condition.
            blank = pl.col(along.column).is_null()
            holds = pl.when(blank).then(holds.fill_null(False)).otherwise(holds)
        flags = [c + UNREADABLE for c in sorted(read) if c + UNREADABLE in self.frame.columns]
        if flags:
            holds = pl.when(~pl.any_horizontal(flags)).then(holds)
        code = holds.cast(pl.UInt8).fill_null(UNKNOWN).alias("#code")
        return self.reading(read).with_columns(code)["#code"]

    def reading(self, columns: Mapping[str, Type]) -> pl.DataFrame:
        """Return the frame with the compared form of the text columns that expressions read."""
        for column in sorted(c for c, type_ in columns.items() if type_ in TEXTUAL):
            if column not in self._compared:
                self._compared[column] = self._as_compared(self.frame[column])
        return self.frame.with_columns(self._compared.values())

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
