"""One input column as elementary regions: which rules a region meets, may meet, or fails."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from operator import xor
from typing import Any

import polars as pl

from kamrules.engine.cuts import cut
from kamrules.engine.search import Spellings, known, placed
from kamrules.rules.cell.ast import AnyOf, AnyValue, Compare, Interval, ListOf, Lit, Not, Test
from kamrules.words.fold import fold
from kamrules.words.types import NUMERIC, TEXTUAL, Type


@dataclass(frozen=True, slots=True)
class Truth:
    """Where a test is true, and where it is true or unknown: bit n is region n."""

    true: int
    maybe: int


class Axis:
    """The regions of a column: *size* value regions, then BLANK, then UNREADABLE.

    For ordered types region n holds the values with n cuts at or below them; for text and truth
    values region 0 is every value no rule names, the others one value each.
    """

    def __init__(
        self, type_: Type, tests: Sequence[Test], synonyms: Mapping[str, str], *, knows_blank: bool
    ) -> None:
        self.type, self.synonyms, self.knows_blank = type_, synonyms, knows_blank
        self.classes: dict[Any, int] = {}
        self.cuts: list[Any] = []
        if not self.ordered:
            for value in (v for t in tests for v, _ in constants(t)):
                self.classes.setdefault(self._class(value), len(self.classes) + 1)
            self.size = len(self.classes) + 1
        else:
            edges = {cut(v, type_, a) for t in tests for v, a in constants(t)}
            self.cuts = sorted(edges)
            self.size = len(self.cuts) + 1
        self.blank, self.unreadable = self.size, self.size + 1
        self.all = (1 << self.size) - 1
        self.spellings = Spellings(lambda value: self.classes.get(self._class(value), 0))

    @property
    def regions(self) -> int:
        """Return the number of region codes, blank and unreadable included."""
        return self.size + 2

    def _class(self, value: Any) -> Any:
        if isinstance(value, str):
            folded = fold(value)
            return self.synonyms.get(folded, folded)
        return value

    def truth(self, test: Test) -> Truth:
        """Return in which regions a constant test holds."""
        if isinstance(test, AnyValue):
            everywhere = (1 << self.regions) - 1
            return Truth(everywhere, everywhere)
        found = self._truth(test)
        if self.knows_blank:
            # A table that says what a blank means leaves nothing unknown about blanks.
            blank = 1 << self.blank
            found = Truth(found.true, (found.maybe & ~blank) | (found.true & blank))
        return found

    def _truth(self, test: Test) -> Truth:
        edge = (1 << self.blank) | (1 << self.unreadable)
        if isinstance(test, AnyOf):
            parts = [self._truth(t) for t in test.tests]
            true = maybe = 0
            for part in parts:
                true, maybe = true | part.true, maybe | part.maybe
            return Truth(true, maybe)
        if isinstance(test, Not):
            inner = self._truth(test.test)
            everywhere = (1 << self.regions) - 1
            return Truth(everywhere & ~inner.maybe, everywhere & ~inner.true)
        if isinstance(test, Interval):
            low, high = _constant(test.low), _constant(test.high)
            inside = self._from(low, not test.low_closed) & ~self._from(high, test.high_closed)
            return Truth(inside, inside | edge)
        if not isinstance(test, Compare):
            raise TypeError(test)
        if isinstance(test.value, ListOf):
            return self._truth(one_of(test))
        value = _constant(test.value)
        if value is None:
            blank = 1 << self.blank
            if test.op == "=":
                return Truth(blank, blank | (1 << self.unreadable))
            return Truth(self.all, self.all | (1 << self.unreadable))
        inside = self._compare(test.op, value)
        return Truth(inside, inside | edge)

    def _compare(self, op: str, value: Any) -> int:
        if not self.ordered:
            one = 1 << self.classes[self._class(value)]
            return one if op == "=" else self.all & ~one
        if op in (">=", "<"):
            inside = self._from(value, False)
        elif op in (">", "<="):
            inside = self._from(value, True)
        else:
            inside = self._from(value, False) & ~self._from(value, True)
        return inside if op in (">=", ">", "=") else self.all & ~inside

    def _from(self, value: Any, above: bool) -> int:
        """Return the regions at or above a constant."""
        start = bisect_left(self.cuts, cut(value, self.type, above)) + 1
        return (self.all >> start) << start

    @property
    def ordered(self) -> bool:
        """Return whether the regions are intervals, and not classes."""
        return not (self.type in TEXTUAL or self.type == "bool")

    def codes(
        self, column: pl.Series, unreadable: pl.Series | None, numbers: pl.Series | None = None
    ) -> pl.Series:
        """Return the region of each row, or what *numbers* has at its place."""
        if numbers is None:
            numbers = pl.Series(range(self.regions), dtype=pl.UInt32)
        if self.ordered:
            values = self.physical(column)
            found = placed(values, self.edges, numbers)
            if values.null_count():
                found = found.zip_with(known(values), numbers.slice(self.blank, 1))
        else:
            values = column if self.type == "bool" else column.cast(pl.String)
            found = self.spellings.placed(values, numbers, self.blank)
        if unreadable is not None and unreadable.any():
            found = numbers.slice(self.unreadable, 1).zip_with(unreadable, found)
        return found

    def physical(self, column: pl.Series) -> pl.Series:
        """Return an ordered column as the numbers its cuts are; blanks are null."""
        return column.cast(self.edges.dtype)

    @cached_property
    def edges(self) -> pl.Series:
        """Return the cuts of an ordered type as a column."""
        return pl.Series(self.cuts, dtype=pl.Float64 if self.type in NUMERIC else pl.Int64)


def rule_sets(truths: Iterable[int], regions: int) -> list[int]:
    """Return for each region the rules that have it, from the regions of each rule; all as bits."""
    rules: dict[int, list[int]] = {}
    for rule, truth in enumerate(truths):
        rules.setdefault(truth, []).append(rule)
    # Each set of rules is toggled only where its runs of regions begin and end.
    toggles = [0] * (regions + 1)
    for truth, having in rules.items():
        these = bit_set(having)
        for start, end in runs(truth):
            toggles[start] ^= these
            toggles[end] ^= these
    return list(accumulate(toggles[:regions], xor))


def bit_set(places: Iterable[int]) -> int:
    """Return a set of places as bits."""
    listed = list(places)
    octets = bytearray(max(listed, default=0) // 8 + 1)
    for place in listed:
        octets[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(octets, "little")


def runs(regions: int) -> Iterator[tuple[int, int]]:
    """Yield where each run of neighbouring regions in a set begins, and where it has ended."""
    start = 0
    while regions:
        skip = (regions & -regions).bit_length() - 1
        regions >>= skip
        start += skip
        length = (~regions & (regions + 1)).bit_length() - 1
        regions >>= length
        yield start, start + length
        start += length


def _constant(expr: Any) -> Any:
    if not isinstance(expr, Lit):
        raise TypeError(expr)
    return expr.value


def one_of(test: Compare) -> Test:
    """Return ``= [a, b]`` as the tests ``a, b``."""
    items = test.value.items if isinstance(test.value, ListOf) else (test.value,)
    listed = AnyOf(tuple(Compare("=", i) for i in items))
    return listed if test.op == "=" else Not(listed)


def constants(test: Test) -> Iterable[tuple[Any, bool]]:
    """Yield each constant of a constant test, and whether it cuts above itself (``>``, ``<=``)."""
    if isinstance(test, Compare):
        if isinstance(test.value, ListOf):
            yield from constants(one_of(test))
        elif isinstance(test.value, Lit) and test.value.value is not None:
            if test.op not in (">", "<="):
                yield test.value.value, False
            if test.op not in (">=", "<"):
                yield test.value.value, True
    elif isinstance(test, Interval):
        yield _constant(test.low), not test.low_closed
        yield _constant(test.high), test.high_closed
    elif isinstance(test, AnyOf):
        for item in test.tests:
            yield from constants(item)
    elif isinstance(test, Not):
        yield from constants(test.test)


def is_constant(test: Test, type_: Type) -> bool:
    """Return whether a test only compares with constants, so that it cuts the column."""
    if isinstance(test, AnyValue):
        return True
    if isinstance(test, Compare):
        items = test.value.items if isinstance(test.value, ListOf) else (test.value,)
        if not all(isinstance(i, Lit) for i in items):
            return False
        ordered = type_ not in TEXTUAL and type_ != "bool"
        blank = any(isinstance(i, Lit) and i.value is None for i in items)
        return test.op in ("=", "!=") or (ordered and not blank)
    if isinstance(test, Interval):
        ends = (test.low, test.high)
        fine = all(isinstance(e, Lit) and e.value is not None for e in ends)
        return fine and type_ not in TEXTUAL and type_ != "bool"
    if isinstance(test, AnyOf):
        return all(is_constant(t, type_) for t in test.tests)
    return isinstance(test, Not) and is_constant(test.test, type_)


def mentions_blank(test: Test) -> bool:
    """Return whether a test says something about blanks (空)."""
    if isinstance(test, Compare):
        items = test.value.items if isinstance(test.value, ListOf) else (test.value,)
        return any(isinstance(i, Lit) and i.value is None for i in items)
    if isinstance(test, AnyOf):
        return any(mentions_blank(t) for t in test.tests)
    return isinstance(test, Not) and mentions_blank(test.test)
