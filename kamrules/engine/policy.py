"""Hit policies: from the rules that hold and those that may hold to the outcome of a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kamrules.rules.cell.ast import Expr, Lit
from kamrules.rules.constants import admits
from kamrules.rules.decision_table import DecisionTable


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a combination of regions leads to.

    *rules* are the positions of the rules that hit (-1 is the default row). *blockers* is the set
    of rules, as bits, that a blank leaves open. A *violation* is an overlap that may not be.
    """

    rules: tuple[int, ...] = ()
    blockers: int = 0
    undecided: bool = False
    violation: bool = False

    @property
    def counted(self) -> tuple[int, ...]:
        """Return the rules whose outputs count, none where the outcome is no decision."""
        return () if self.undecided or self.violation else self.rules


class Policy:
    """The hit policy of one table: ``resolve(true, maybe)``."""

    def __init__(self, table: DecisionTable) -> None:
        self.table = table
        self.outputs = [tuple(e.meaning for e in r.outputs) for r in table.rules]
        self.ranks = self._ranks() if table.policy.order == "values" else []

    def resolve(self, true: int, maybe: int) -> Outcome:
        """Return the outcome where rules *true* hold and rules *maybe* hold or may hold (bits)."""
        unknown = maybe & ~true
        if not true:
            return self._no_hit(unknown)
        policy = self.table.policy
        if policy.chooses == "rows":
            first = (true & -true).bit_length() - 1
            return self._first(first, unknown & ((1 << first) - 1))
        hits = tuple(bits(true))
        if policy.overlap == "error":
            return Outcome(hits, violation=len(hits) > 1)
        if policy.overlap == "same":
            same = all(self.outputs[h] == self.outputs[hits[0]] for h in hits)
            return Outcome(hits, violation=not same)
        if policy.chooses == "values":
            best = min(hits, key=self.ranks.__getitem__)
            better = sum(1 << r for r in bits(unknown) if self.ranks[r] < self.ranks[best])
            return self._first(best, better)
        if policy.order == "values":
            hits = tuple(sorted(hits, key=self.ranks.__getitem__))
        return Outcome(hits, blockers=unknown)

    def _no_hit(self, unknown: int) -> Outcome:
        if unknown:
            return Outcome(blockers=unknown, undecided=True)
        return Outcome((-1,)) if self.table.default is not None else Outcome()

    def _first(self, hit: int, before: int) -> Outcome:
        """Return *hit*, unless a rule that comes before it and is unknown would say otherwise."""
        blockers = sum(1 << r for r in bits(before) if self.outputs[r] != self.outputs[hit])
        return Outcome((hit,), blockers, undecided=bool(blockers))

    def _ranks(self) -> list[tuple[int, ...]]:
        """Return each rule's place by the Values rows of the outputs, in output order."""
        return [
            tuple(
                _rank(meaning, output.values)
                for meaning, output in zip(outputs, self.table.outputs, strict=True)
                if output.values
            )
            for outputs in self.outputs
        ]


def _rank(meaning: Expr, values: Sequence[Any]) -> int:
    if isinstance(meaning, Lit):
        for place, test in enumerate(values):
            if admits(test, meaning.value):
                return place
    return len(values)


def bits(number: int) -> Iterator[int]:
    """Yield the positions of the set bits, lowest first."""
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {
    "SUM": lambda found: sum(found, Decimal(0)),
    "MIN": min,
    "MAX": max,
}
