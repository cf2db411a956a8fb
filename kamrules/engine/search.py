"""Where values fall among cuts, and which class a value is of: for whole columns at once.

Everything here is a call of a Series on itself: those cost microseconds, a query a hundred times
as much, and most tables meet few rows. A constant is a Series of one value, taken by ``slice``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import polars as pl

# Up to this many cuts each is compared with the column; beyond, values are searched in the cuts.
FEW_CUTS = 32
# Up to this many slots, with so many seeds, are tried to give each spelling one of its own.
SLOTS, SEEDS = 1 << 14, 8
# Beyond this many spellings that is not tried.
FEW_SPELLINGS = 128
# The rows that are looked at first to learn which spellings there are.
SAMPLE = 1000
# Spellings beyond this many are not kept.
MANY_SPELLINGS = 1 << 14


def placed(values: pl.Series, cuts: pl.Series, numbers: pl.Series) -> pl.Series:
    """Return for each value the number at the place it has among ascending cuts."""
    if len(cuts) > FEW_CUTS:
        return numbers[cuts.search_sorted(values, side="right")]
    found = numbers.new_from_index(0, len(values))
    for n in range(len(cuts)):
        found = numbers.slice(n + 1, 1).zip_with(values >= cuts.slice(n, 1), found)
    return found


def known(values: pl.Series) -> pl.Series:
    """Return a mask that chooses what is no null: nothing equals a null, not even itself."""
    return values == values  # noqa: PLR0124


def beyond(dtype: pl.DataType) -> Any:
    """Return what no value of a column reaches."""
    return math.nan if dtype == pl.Float64 else (1 << 63) - 1


def bisected(
    values: pl.Series, first: pl.Series, count: pl.Series, cuts: pl.Series, longest: int
) -> pl.Series:
    """Return the place of each value in its own list of cuts, as a place among all of them.

    The lists stand one after the other in *cuts*, each closed by what ``beyond`` returns; *first*
    is where the list of a row begins, *count* how many cuts it has, at most *longest*.
    """
    last = first + count
    powers = pl.Series([1 << n for n in range(longest.bit_length())], dtype=first.dtype)
    for n in reversed(range(len(powers))):
        after = first + powers.slice(n, 1)
        probe = after - powers.slice(0, 1)
        probe = probe.zip_with(probe < last, last)
        first = after.zip_with(values >= cuts[probe], first)
    return first


class Spellings:
    """The classes of the spellings of a column, each asked for once."""

    def __init__(self, class_of: Callable[[Any], int]) -> None:
        self.class_of = class_of
        self.classes: dict[Any, int] = {}
        # The known spellings and their classes: of each slot, or one after the other without slots.
        self.slots: _Slots | None = None
        self.spellings = self.codes = pl.Series([], dtype=pl.UInt32)

    def placed(self, values: pl.Series, numbers: pl.Series, other: int) -> pl.Series:
        """Return for each value the number of its class, the one of class *other* for null."""
        if len(self.classes) > MANY_SPELLINGS:
            self.classes.clear()
        if not self.classes:
            self._learn(values.head(SAMPLE))
        found = self._known(values, numbers, other)
        unknown = found == numbers.slice(other, 1)
        if unknown.sum() > values.null_count():
            self._learn(values.filter(unknown).unique(maintain_order=True))
            found = self._known(values, numbers, other)
        return found

    def _learn(self, values: pl.Series) -> None:
        for value in dict.fromkeys(values.to_list()):
            if value is not None and value not in self.classes:
                self.classes[value] = self.class_of(value)
        self.spellings = pl.Series(list(self.classes), dtype=values.dtype)
        self.codes = pl.Series(list(self.classes.values()), dtype=pl.UInt32)
        self.slots = _slots(self.spellings)
        if self.slots:
            self.spellings = self.spellings[self.slots.having]
            self.codes = self.codes[self.slots.having]

    def _known(self, values: pl.Series, numbers: pl.Series, other: int) -> pl.Series:
        """Return the number of each value whose spelling is known, of *other* for the rest."""
        if not self.classes:
            return numbers.new_from_index(other, len(values))
        if self.slots:
            # A spelling that is not known has the slot of one that is.
            place = self.slots.of(values)
            is_it = values == self.spellings[place]
        else:
            place = values.cast(pl.Enum(self.spellings), strict=False).to_physical()
            is_it = known(place)
        return numbers[self.codes][place].zip_with(is_it, numbers.slice(other, 1))


class _Slots(NamedTuple):
    """Slots by the hash of a value, up to *last*; *having*, the place of the spelling in each."""

    seed: int
    last: pl.Series
    having: pl.Series

    def of(self, values: pl.Series) -> pl.Series:
        """Return the slot of each value."""
        return _slot(values, self.seed, self.last)


def _slots(spellings: pl.Series) -> _Slots | None:
    """Return slots of which no two spellings share one, or None where so few do not exist."""
    count = len(spellings)
    # With fewer slots than a quarter of the pairs two of them nearly always meet.
    size = 1 << max(count, count * count // 4).bit_length()
    while 0 < count <= FEW_SPELLINGS and size <= SLOTS:
        last = pl.Series([size - 1], dtype=pl.UInt32)
        for seed in range(SEEDS):
            places = {slot: n for n, slot in enumerate(_slot(spellings, seed, last))}
            if len(places) == count:
                having = [places.get(n, 0) for n in range(size)]
                return _Slots(seed, last, pl.Series(having, dtype=pl.UInt32))
        size *= 2
    return None


def _slot(values: pl.Series, seed: int, last: pl.Series) -> pl.Series:
    return values.hash(seed).cast(pl.UInt32, wrap_numerical=True) & last
