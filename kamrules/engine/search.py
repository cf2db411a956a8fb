"""Where values fall among cuts, and which class a value is of: for whole columns at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

# Up to this many cuts each is compared with the column; beyond, values are searched in the cuts.
FEW_CUTS = 24
# Up to this many values a search costs less than setting up comparisons.
FEW_VALUES = 2000
# Up to this many spellings each is compared with the column; beyond, they are joined to it.
FEW_SPELLINGS = 6
# The rows that are looked at first to learn which spellings there are.
SAMPLE = 1000


def unsigned(bound: int) -> Any:
    """Return the smallest type for the numbers below *bound*."""
    if bound <= 1 << 8:
        return pl.UInt8
    if bound <= 1 << 16:
        return pl.UInt16
    return pl.UInt32 if bound <= 1 << 32 else pl.UInt64


def counted(values: pl.Series, cuts: Sequence[Any]) -> pl.Series:
    """Return how many of the ascending *cuts* are at or below each value."""
    dtype = unsigned(len(cuts) + 1)
    if not cuts:
        return pl.repeat(0, len(values), dtype=dtype, eager=True)
    if len(cuts) > FEW_CUTS or len(values) <= FEW_VALUES:
        found = pl.Series(cuts, dtype=values.dtype).search_sorted(values, side="right")
        return found.cast(dtype)
    value, none, one = pl.col("value"), pl.lit(0, dtype), pl.lit(1, dtype)
    above = [pl.when(value >= pl.lit(c, values.dtype)).then(one).otherwise(none) for c in cuts]
    return values.alias("value").to_frame().select(sum(above[1:], above[0])).to_series()


def beyond(dtype: pl.DataType) -> Any:
    """Return what no value of a column reaches."""
    return math.nan if dtype == pl.Float64 else (1 << 63) - 1


def bisected(frame: pl.DataFrame, cuts: pl.Series, longest: int) -> pl.Series:
    """Return how many cuts of its own list are at or below each ``value``.

    The lists stand one after the other in *cuts*, each closed by what ``beyond`` returns; ``first``
    is where the list of a row begins, ``count`` how many cuts it has, at most *longest*.
    """
    found = frame.with_columns(pl.lit(0, pl.UInt32).alias("below"))
    below, count, none = pl.col("below"), pl.col("count"), pl.lit(0, pl.UInt32)
    for power in reversed(range(longest.bit_length())):
        probe = below + pl.lit((1 << power) - 1, pl.UInt32)
        place = pl.col("first") + pl.when(probe < count).then(probe).otherwise(count)
        reached = pl.col("value") >= pl.lit(cuts).gather(place)
        step = pl.when(reached).then(pl.lit(1 << power, pl.UInt32)).otherwise(none)
        found = found.with_columns(below + step)
    return found["below"]


def classes(values: pl.Series, class_of: Callable[[Any], int], bound: int, blank: int) -> pl.Series:
    """Return the class of each value, *blank* for null; *class_of* is asked once a spelling."""
    known = values.head(SAMPLE).unique(maintain_order=True).drop_nulls().to_list()
    found = _spelled(values, known, class_of, unsigned(bound), blank)
    if (found == blank).sum() > values.null_count():
        rest = values.filter((found == blank) & values.is_not_null())
        known += rest.unique(maintain_order=True).to_list()
        found = _spelled(values, known, class_of, unsigned(bound), blank)
    return found


def _spelled(
    values: pl.Series, known: Sequence[Any], class_of: Callable[[Any], int], dtype: Any, other: int
) -> pl.Series:
    """Return the class of each value that is one of the *known*, *other* for the rest."""
    if len(known) > FEW_SPELLINGS:
        codes = pl.Series([class_of(k) for k in known], dtype=dtype)
        return values.replace_strict(
            pl.Series(known, dtype=values.dtype), codes, default=pl.lit(other, dtype)
        )
    found = pl.lit(other, dtype)
    for value in known:
        is_it = pl.col("value") == pl.lit(value, values.dtype)
        found = pl.when(is_it).then(pl.lit(class_of(value), dtype)).otherwise(found)
    column = values.alias("value").to_frame().with_columns(found.alias("class"))
    return column["class"]
