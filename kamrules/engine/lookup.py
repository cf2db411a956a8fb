"""Rows meet regions: what is left of the rules for each row, at the speed of whole columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import polars as pl

from kamrules.engine.axis import Axis
from kamrules.engine.inputs import Inputs
from kamrules.engine.policy import bits
from kamrules.engine.regions import Regions, State
from kamrules.engine.search import beyond, bisected, unsigned

# Up to this many combinations of regions a plain array finds what is left for a row.
DENSE = 1 << 18
# Up to this many rows the combinations that occur are few, however many there could be.
FEW_ROWS = 4096
_WIDEST = 1 << 62

Number = Callable[[State], int]


def places(regions: Regions, inputs: Inputs, finish: Number) -> pl.Series:
    """Return for each row the number that *finish* gives its state after all dimensions.

    Dimensions are taken together, from few regions to many, while their combinations fit a dense
    array. The distinct states that are left go on to the next ones. A dimension with too many
    regions for an array is searched, where each state knows the few places that matter to it.
    """
    dimensions, height = regions.dimensions, inputs.frame.height
    todo = sorted(range(len(dimensions)), key=lambda n: dimensions[n].regions)
    limit = _WIDEST if height <= FEW_ROWS else DENSE
    states = [regions.start]
    at = pl.repeat(0, height, dtype=pl.UInt32, eager=True)
    if not todo and height:
        return at + finish(regions.start)
    while todo:
        taken = _together([dimensions[n].regions for n in todo], len(states), limit)
        block, todo = todo[: max(taken, 1)], todo[max(taken, 1) :]
        reached: list[State] = []
        number = _interned(reached) if todo else finish
        if taken or not _searchable(regions, states, block[0], height):
            at = _combined(regions, inputs, states, at, block, number)
        else:
            at = _searched(regions, inputs, states, at, block[0], number)
        states = reached
    return at


def _together(sizes: Sequence[int], states: int, limit: int) -> int:
    """Return how many of the next dimensions fit an array of combinations."""
    bound = states
    for taken, size in enumerate(sizes):
        bound *= size
        if bound > limit:
            return taken
    return len(sizes)


def _interned(reached: list[State]) -> Number:
    """Return the function that gives equal states one place in *reached*."""
    known: dict[State, int] = {}

    def place(state: State) -> int:
        found = known.setdefault(state, len(reached))
        if found == len(reached):
            reached.append(state)
        return found

    return place


def _combined(
    regions: Regions,
    inputs: Inputs,
    states: Sequence[State],
    at: pl.Series,
    block: Sequence[int],
    number: Number,
) -> pl.Series:
    """Return the next state of each row by its state and its regions along some dimensions."""
    sizes = [regions.dimensions[n].regions for n in block]
    bound = len(states)
    for size in sizes:
        bound *= size
    dtype = unsigned(bound)
    key = at.cast(dtype) if len(states) > 1 else None
    for n, size in zip(block, sizes, strict=True):
        codes = inputs.codes(regions.dimensions[n]).cast(dtype)
        key = codes if key is None else key * size + codes
    assert key is not None
    if bound > DENSE or inputs.frame.height <= FEW_ROWS:
        occurring = key.unique().sort()
        found = _narrowed(regions, states, block, sizes, occurring, number)
        return found.gather(occurring.search_sorted(key))
    seen = pl.repeat(False, bound, dtype=pl.Boolean, eager=True).scatter(key, True)
    occurring = seen.arg_true()
    found = _narrowed(regions, states, block, sizes, occurring, number)
    table = pl.repeat(0, bound, dtype=pl.UInt32, eager=True).scatter(occurring, found)
    return table.gather(key)


def _narrowed(
    regions: Regions,
    states: Sequence[State],
    block: Sequence[int],
    sizes: Sequence[int],
    keys: pl.Series,
    number: Number,
) -> pl.Series:
    """Return the next state of each combination of a state and regions."""
    parts: list[list[int]] = []
    for size in reversed(sizes):
        parts.append((keys % size).to_list())
        keys = keys // size
    parts.append(keys.to_list())
    steps: list[tuple[int, Sequence[State], dict[tuple[int, int], int], Number]] = []
    for n in block:
        reached: list[State] = []
        steps.append((n, states, {}, number if n == block[-1] else _interned(reached)))
        states = reached
    found = []
    for first, *codes in zip(*reversed(parts), strict=True):
        place = first
        for code, (n, before, known, place_of) in zip(codes, steps, strict=True):
            step = (place, code)
            if step not in known:
                known[step] = place_of(regions.narrowed(before[place], n, code))
            place = known[step]
        found.append(place)
    return pl.Series(found, dtype=pl.UInt32)


def _searchable(regions: Regions, states: Sequence[State], n: int, height: int) -> bool:
    """Return whether a search beats the combinations: few rules of the states bind here."""
    along = regions.dimensions[n]
    binding = sum((state.maybe & along.bound).bit_count() for state in states)
    return along.axis is not None and binding <= height


def _searched(
    regions: Regions,
    inputs: Inputs,
    states: Sequence[State],
    at: pl.Series,
    n: int,
    number: Number,
) -> pl.Series:
    """Return the next state of each row by a search among the places where its state changes."""
    along = regions.dimensions[n]
    axis, values = along.axis, inputs.values(along)
    assert axis is not None
    first: list[int] = []
    cuts: list[float | int] = []
    found: list[int] = []
    for state in states:
        first.append(len(found))
        intervals = list(_intervals(regions, state, n, axis))
        cuts += [axis.cuts[start - 1] if axis.ordered else start for start, _ in intervals[1:]]
        cuts.append(beyond(values.dtype))
        found += [number(narrowed) for _, narrowed in intervals]
    ends = [*first[1:], len(found)]
    counts = [end - start - 1 for start, end in zip(first, ends, strict=True)]
    lists = pl.DataFrame(
        {"first": first, "count": counts}, schema={"first": pl.UInt32, "count": pl.UInt32}
    )
    rows = lists[at].with_columns(values.alias("value"))
    below = bisected(rows, pl.Series(cuts, dtype=values.dtype), max(counts))
    after = pl.Series(found, dtype=pl.UInt32).gather(rows["first"] + below)
    blank = values.is_null().arg_true()
    if len(blank):
        there = _combined(regions, inputs.rows(blank), states, at.gather(blank), [n], number)
        after = after.scatter(blank, there)
    return after


def _intervals(regions: Regions, state: State, n: int, axis: Axis) -> Iterator[tuple[int, State]]:
    """Yield each value region, from the first, where what is left of a state changes; and what."""
    along = regions.dimensions[n]
    toggles = {0: 0}
    for rule in bits(state.maybe & along.bound):
        for start, end in along.runs(rule):
            toggles[start] = toggles.get(start, 0) ^ (1 << rule)
            toggles[end] = toggles.get(end, 0) ^ (1 << rule)
    holding = ~along.bound
    for start in sorted(toggles):
        if start < axis.size and (toggles[start] or start == 0):
            holding ^= toggles[start]
            yield start, regions.met(state, n, holding, holding)
