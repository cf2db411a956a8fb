"""Rows meet regions: what is left of the rules for each row, at the speed of whole columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, reduce
from itertools import accumulate
from operator import add, mul
from typing import Any

import polars as pl

from kamrules.engine.axis import Axis
from kamrules.engine.inputs import Inputs
from kamrules.engine.policy import bits
from kamrules.engine.regions import Regions, State
from kamrules.engine.search import FEW_CUTS, beyond, bisected

# Up to this many combinations of regions a plain array finds what is left for a row.
DENSE = 1 << 18
# So many rows are decided at a time.
PART = 1 << 17
_UNSEEN = (1 << 32) - 1
_SIZES = [(pl.UInt16, 1 << 16), (pl.UInt32, _UNSEEN)]
_NONE, _UNSEEN_YET = pl.Series([], dtype=pl.UInt32), pl.Series([_UNSEEN], dtype=pl.UInt32)

Number = Callable[[State], int]
Expand = Callable[[Sequence[int]], list[int]]


class Lookup:
    """Takes rows through the dimensions of a table, from few regions to many.

    The first dimensions are taken together, as many as fit a dense array of their combinations.
    The distinct states that are left go on through the others, one by one. What a state becomes
    is worked out when the first row gets there, and kept.
    """

    def __init__(self, regions: Regions, finish: Number) -> None:
        sizes = [d.regions for d in regions.dimensions]
        order = sorted(range(len(sizes)), key=sizes.__getitem__)
        fitting = sum(p <= DENSE for p in accumulate((sizes[n] for n in order), mul))
        together = max(fitting, 1)
        blocks = [order[:together], *([n] for n in order[together:])] if order else []
        self.regions, self.finish = regions, finish
        self.stages: list[_Stage] = []
        states = [regions.start]
        for block in blocks:
            reached: list[State] = []
            number = finish if block is blocks[-1] else _interned(reached)
            self.stages.append(_Stage(regions, block, states, number))
            states = reached

    def places(self, inputs: Inputs) -> pl.Series:
        """Return for each row the number that *finish* gives to what is left of the rules."""
        height = inputs.frame.height
        if not self.stages:
            place = self.finish(self.regions.start) if height else 0
            return pl.Series([place], dtype=pl.UInt32).new_from_index(0, height)
        # Parts that fit the cache: a column passes through memory once, not once for each cut.
        return pl.concat([self._through(part) for part in inputs.parts(PART)])

    def _through(self, inputs: Inputs) -> pl.Series:
        at = pl.Series([0], dtype=pl.UInt32).new_from_index(0, inputs.frame.height)
        for stage in self.stages:
            at = stage.after(inputs, at)
        return at


class _Stage:
    """Some dimensions on the way, and what each state that came so far becomes along them."""

    def __init__(
        self, regions: Regions, block: Sequence[int], states: Sequence[State], number: Number
    ) -> None:
        self.regions, self.block, self.states, self.number = regions, block, states, number
        self.along = [regions.dimensions[n] for n in block]
        self.sizes = [along.regions for along in self.along]
        # A combination is one number: each region of a dimension counts for so many.
        *steps, self.combinations = accumulate(self.sizes, mul, initial=1)
        self.numbers = [
            pl.Series(range(0, size * step, step), dtype=_dtype(self.combinations))
            for size, step in zip(self.sizes, steps, strict=True)
        ]
        self.table, self.edges = _Table(), _Table()

    @cached_property
    def intervals(self) -> _Intervals:
        """Return where the states change along the one dimension here."""
        return _Intervals(self.regions, self.block[0], self.states, self.number)

    def after(self, inputs: Inputs, at: pl.Series) -> pl.Series:
        """Return the next state of each row by its state so far and its regions here."""
        bound = len(self.states) * self.combinations
        axis = self.along[0].axis
        # The cuts that matter to a state are few, even where those of the column are many.
        many = bound > DENSE or (len(self.states) > 1 and axis and len(axis.cuts) > FEW_CUTS)
        if many and axis and self.intervals.binding() <= inputs.frame.height:
            return self._searched(inputs, at, axis)
        key = reduce(add, map(inputs.codes, self.along, self.numbers))
        if len(self.states) > 1:
            key += at.cast(_dtype(bound)) * self.combinations
        return self.table.look_up(key, bound, self._narrowed)

    def _narrowed(self, keys: Sequence[int]) -> list[int]:
        """Return what each combination of a state and regions becomes."""
        steps: list[tuple[int, Sequence[State], dict[tuple[int, int], int], Number]] = []
        states = self.states
        for n in self.block:
            reached: list[State] = []
            number = self.number if n == self.block[-1] else _interned(reached)
            steps.append((n, states, {}, number))
            states = reached
        found = []
        for key in keys:
            place, rest = divmod(key, self.combinations)
            for size, (n, before, known, number) in zip(self.sizes, steps, strict=True):
                rest, code = divmod(rest, size)
                step = (place, code)
                if step not in known:
                    known[step] = number(self.regions.narrowed(before[place], n, code))
                place = known[step]
            found.append(place)
        return found

    def _searched(self, inputs: Inputs, at: pl.Series, axis: Axis) -> pl.Series:
        values = inputs.values(self.along[0])
        after = self.intervals.look_up(values, at)
        if values.null_count():
            blank = values.is_null().arg_true()
            codes = inputs.rows(blank).codes(self.along[0], self.numbers[0])
            key = at[blank] * 2 + (codes - axis.size)
            found = self.edges.look_up(key, len(self.states) * 2, self._edge)
            after = after.scatter(blank, found)
        return after

    def _edge(self, keys: Sequence[int]) -> list[int]:
        """Return what states become where the value is blank or unreadable."""
        n, size = self.block[0], self.sizes[0] - 2
        return [
            self.number(self.regions.narrowed(self.states[key // 2], n, size + key % 2))
            for key in keys
        ]


class _Table:
    """Numbers by key, each worked out when it is first looked up."""

    def __init__(self) -> None:
        self.found = _NONE

    def look_up(self, key: pl.Series, bound: int, expand: Expand) -> pl.Series:
        """Return the number of each key below *bound*; *expand* works out those not yet known."""
        if bound > DENSE:
            occurring = key.unique().sort()
            found = pl.Series(expand(occurring.to_list()), dtype=pl.UInt32)
            return found[occurring.search_sorted(key)]
        if len(self.found) < bound:
            more = _UNSEEN_YET.new_from_index(0, bound - len(self.found))
            self.found = pl.concat([self.found, more], rechunk=True)
        found = self.found[key]
        if found.max() == _UNSEEN:
            unseen = key.filter(found == _UNSEEN_YET).value_counts()
            new = sorted(unseen.to_series().to_list())
            self.found = self.found.scatter(new, pl.Series(expand(new), dtype=pl.UInt32))
            found = self.found[key]
        return found


class _Intervals:
    """For each state the places along one axis where it changes, one list after the other."""

    def __init__(self, regions: Regions, n: int, states: Sequence[State], number: Number) -> None:
        self.regions, self.n, self.states, self.number = regions, n, states, number
        self.first = self.count = self.found = _NONE
        self.cuts = pl.Series([], dtype=pl.Int64)
        self.longest, self.counted, self.bindings = 0, 0, 0

    def binding(self) -> int:
        """Return how many rules the states have that say something here, all in all."""
        bound = self.regions.dimensions[self.n].bound
        new = self.states[self.counted :]
        self.bindings += sum(((s.true | s.open) & bound).bit_count() for s in new)
        self.counted += len(new)
        return self.bindings

    def look_up(self, values: pl.Series, at: pl.Series) -> pl.Series:
        """Return what each row's state becomes at its value."""
        self._extend(values.dtype)
        place = bisected(values, self.first[at], self.count[at], self.cuts, self.longest)
        return self.found[place]

    def _extend(self, dtype: pl.DataType) -> None:
        """Add the lists of the states that are new."""
        first: list[int] = []
        counts: list[int] = []
        cuts: list[float | int] = []
        found: list[int] = []
        axis = self.regions.dimensions[self.n].axis
        assert axis is not None
        for state in self.states[len(self.first) :]:
            first.append(len(self.found) + len(found))
            before = len(found)
            for start, narrowed in self._changes(state, axis):
                if start:
                    cuts.append(axis.cuts[start - 1] if axis.ordered else start)
                found.append(self.number(narrowed))
            counts.append(len(found) - before - 1)
            cuts.append(beyond(dtype))
        if first:
            self.longest = max(self.longest, *counts)
            self.first, self.count, self.found = (
                pl.concat([old, pl.Series(new, dtype=pl.UInt32)], rechunk=True)
                for old, new in ((self.first, first), (self.count, counts), (self.found, found))
            )
            new_cuts = pl.Series(cuts, dtype=dtype)
            self.cuts = pl.concat([self.cuts.cast(dtype), new_cuts], rechunk=True)

    def _changes(self, state: State, axis: Axis) -> Iterator[tuple[int, State]]:
        """Yield each value region, from the first, where a state becomes something else; what."""
        along = self.regions.dimensions[self.n]
        toggles = {0: 0}
        for rule in bits((state.true | state.open) & along.bound):
            for start, end in along.runs(rule):
                toggles[start] = toggles.get(start, 0) ^ (1 << rule)
                toggles[end] = toggles.get(end, 0) ^ (1 << rule)
        holding = along.free
        for start in sorted(toggles):
            if start < axis.size and (toggles[start] or start == 0):
                holding ^= toggles[start]
                yield start, state.among(holding)


def _dtype(bound: int) -> Any:
    return next((t for t, most in _SIZES if bound <= most), pl.UInt64)


def _interned(reached: list[State]) -> Number:
    """Return the function that gives equal states one place in *reached*."""
    known: dict[State, int] = {}

    def place(state: State) -> int:
        found = known.setdefault(state, len(reached))
        if found == len(reached):
            reached.append(state)
        return found

    return place
