"""A decision table as regions: which rules hold, may hold or fail in each part of each input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from kamrules.engine.axis import Axis, Truth, bit_set, is_constant, mentions_blank, rule_sets, runs
from kamrules.engine.policy import bits
from kamrules.rules.cell.ast import AnyValue, Test
from kamrules.rules.link import LinkedTable
from kamrules.words.types import Type

# The regions of a condition that no constant can cut.
FALSE, TRUE, UNKNOWN = 0, 1, 2


@dataclass(frozen=True)
class Dimension:
    """An input column cut into regions, or one condition on it, and every rule's truth along it.

    With an *axis*, its regions are the axis's. Without, the *condition* is one that no constant
    can cut, and the regions are FALSE, TRUE and UNKNOWN. *truths* has one entry a rule.
    """

    column: str
    label: str
    type: Type
    regions: int
    truths: Sequence[Truth]
    axis: Axis | None = None
    condition: Test | None = None
    knows_blank: bool = False

    @cached_property
    def holds(self) -> list[int]:
        """Return for each region the rules that hold there, as bits."""
        return rule_sets((t.true for t in self.truths), self.regions)

    @cached_property
    def may_hold(self) -> list[int]:
        """Return for each region the rules that hold there or are unknown, as bits."""
        return rule_sets((t.maybe for t in self.truths), self.regions)

    @cached_property
    def free(self) -> int:
        """Return the rules that say nothing here, as bits."""
        everywhere = (1 << self.regions) - 1
        return bit_set(n for n, t in enumerate(self.truths) if t.true == everywhere)

    @cached_property
    def bound(self) -> int:
        """Return the rules that say something here, as bits."""
        return ((1 << len(self.truths)) - 1) & ~self.free

    @cached_property
    def _runs(self) -> dict[int, tuple[tuple[int, int], ...]]:
        return {}

    def runs(self, rule: int) -> tuple[tuple[int, int], ...]:
        """Return where each run of value regions in which a rule holds begins and has ended."""
        if rule not in self._runs:
            values = self.axis.all if self.axis else 0b11
            self._runs[rule] = tuple(runs(self.truths[rule].true & values))
        return self._runs[rule]


class State(NamedTuple):
    """The rules that hold after some dimensions, and those that are open, as bits.

    *unknown* says which dimension leaves which of the open ones so.
    """

    true: int
    open: int = 0
    unknown: tuple[tuple[int, int], ...] = ()

    def among(self, rules: int) -> State:
        """Return what is left of it where only some rules hold."""
        if not self.open:
            return State(self.true & rules)
        unknown = tuple((d, left & rules) for d, left in self.unknown if left & rules)
        return State(self.true & rules, self.open & rules, unknown)


class Regions:
    """The dimensions of a table, and how each of their regions narrows the rules down."""

    def __init__(self, linked: LinkedTable, synonyms: Mapping[str, str]) -> None:
        self.table, self.synonyms = linked.table, synonyms
        self.dimensions: list[Dimension] = []
        for n, (spec, column) in enumerate(zip(self.table.inputs, linked.inputs, strict=True)):
            tests = [r.inputs[n].meaning for r in self.table.rules]
            self.dimensions += _dimensions(column, spec.label, spec.type, tests, synonyms)
        self.start = State((1 << len(self.table.rules)) - 1)

    def narrowed(self, state: State, dimension: int, region: int) -> State:
        """Return what is left of a state in one region of a dimension."""
        along = self.dimensions[dimension]
        holds, may_hold = along.holds[region], along.may_hold[region]
        left = state.among(may_hold)
        if holds == may_hold:
            return left
        here = (left.true | left.open) & ~holds
        unknown = (*left.unknown, (dimension, here)) if here else left.unknown
        return State(left.true & holds, left.open | here, unknown)

    def open_inputs(self, state: State, rules: int) -> tuple[str, ...]:
        """Return the labels of the inputs that leave some of these rules open, in table order."""
        found = sorted(d for d, left in state.unknown if left & rules)
        return tuple(dict.fromkeys(self.dimensions[d].label for d in found))

    def overlaps(self) -> Iterator[tuple[int, int]]:
        """Yield each two rules that hold together somewhere, by their places; none for a proof."""
        spans = [_Spans(d) for d in self.dimensions]
        for n in range(len(self.table.rules)):
            others = self.start.true
            for span in spans:
                others &= span.met_by(n)
            for other in bits(others >> (n + 1)):
                if all(d.truths[n].true & d.truths[n + 1 + other].true for d in self.dimensions):
                    yield n, n + 1 + other


class _Spans:
    """The rules by the first and the last region where they hold, to find those that may meet."""

    def __init__(self, dimension: Dimension) -> None:
        truths = [t.true for t in dimension.truths]
        self.first = [(t & -t).bit_length() - 1 for t in truths]
        self.last = [t.bit_length() - 1 for t in truths]
        began, ended = [0] * dimension.regions, [0] * (dimension.regions + 1)
        for n, (first, last) in enumerate(zip(self.first, self.last, strict=True)):
            if last >= 0:
                began[first] |= 1 << n
                ended[last + 1] |= 1 << n
        for region in range(1, dimension.regions):
            began[region] |= began[region - 1]
            ended[region] |= ended[region - 1]
        self.began, self.ended = began, ended

    def met_by(self, rule: int) -> int:
        """Return the rules whose span meets that of one, as bits."""
        if self.last[rule] < 0:
            return 0
        return self.began[self.last[rule]] & ~self.ended[self.first[rule]]


def _dimensions(
    column: str, label: str, type_: Type, tests: Sequence[Test], synonyms: Mapping[str, str]
) -> Iterator[Dimension]:
    """Yield the dimensions of one input: its constant tests together, each other test alone."""
    rules: dict[Test, list[int]] = {}
    for n, test in enumerate(tests):
        rules.setdefault(test, []).append(n)
    knows_blank = any(mentions_blank(t) for t in rules)
    constant: list[tuple[Test, list[int]]] = []
    others: list[tuple[Test, list[int]]] = []
    for item in rules.items():
        (constant if is_constant(item[0], type_) else others).append(item)
    if any(not isinstance(t, AnyValue) for t, _ in constant):
        axis = Axis(type_, [t for t, _ in constant], synonyms, knows_blank=knows_blank)
        truths = [axis.truth(AnyValue())] * len(tests)
        for test, having in constant:
            truth = axis.truth(test)
            for n in having:
                truths[n] = truth
        yield Dimension(column, label, type_, axis.regions, truths, axis=axis)
    for test, having in others:
        truths = [Truth(0b111, 0b111)] * len(tests)
        for n in having:
            truths[n] = Truth(1 << TRUE, 1 << TRUE | 1 << UNKNOWN)
        yield Dimension(column, label, type_, 3, truths, condition=test, knows_blank=knows_blank)
