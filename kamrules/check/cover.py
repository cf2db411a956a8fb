"""Boxes of regions: what no rule covers, what a rule shares with others, in sets of bits.

A rule is a box: a set of regions in every dimension. Regions of a dimension and rules are bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import and_

Box = tuple[int, ...]


class Budget:
    """Work that may still be done, counted in regions looked at; the same on every machine."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def take(self, steps: int) -> None:
        """Use some of it up, or stop the search."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted


class Exhausted(Exception):  # noqa: N818 (not an error: the answer is partial)
    """The budget is used up."""


class Cover:
    """The boxes of the rules of a table: *masks* by rule and dimension, *sizes* by dimension."""

    def __init__(self, sizes: Sequence[int], masks: Sequence[Box]) -> None:
        self.sizes, self.masks = tuple(sizes), list(masks)
        self.full: Box = tuple((1 << size) - 1 for size in sizes)
        self.rules = (1 << len(self.masks)) - 1
        self.holds = [
            _transposed([m[d] for m in self.masks], size) for d, size in enumerate(self.sizes)
        ]
        self._touching: dict[tuple[int, int], int] = {}
        self._within: dict[tuple[int, int], int] = {}

    def touching(self, box: Box) -> int:
        """Return the rules that share a point with a box."""
        return reduce(and_, (self._any(d, mask) for d, mask in enumerate(box)), self.rules)

    def containing(self, box: Box) -> int:
        """Return the rules that cover a box, each alone."""
        return reduce(and_, (self._all(d, mask) for d, mask in enumerate(box)), self.rules)

    def _any(self, d: int, mask: int) -> int:
        if (d, mask) not in self._touching:
            found = 0
            for region in bits(mask):
                found |= self.holds[d][region]
            self._touching[d, mask] = found
        return self._touching[d, mask]

    def _all(self, d: int, mask: int) -> int:
        if (d, mask) not in self._within:
            found = self.rules
            for region in bits(mask):
                found &= self.holds[d][region]
            self._within[d, mask] = found
        return self._within[d, mask]

    def is_covered(self, box: Box, rules: int, budget: Budget) -> bool:
        """Return whether some rules together cover a box."""
        return self.outside(box, rules, budget) is None

    def outside(self, box: Box, rules: int, budget: Budget) -> list[int] | None:
        """Return a point of a box that some rules leave, None where they cover it."""
        return _Search(self.holds, box, rules, budget).point()

    def gaps(self, budget: Budget, most: int, space: Box, *, apart: bool = False) -> Iterator[Box]:
        """Yield boxes of a space that no rule touches, wide ones, until all is covered.

        With *apart* no two of them share a point.
        """
        holds = [list(regions) for regions in self.holds]
        search = _Search(holds, space, self.rules, budget)
        boxes: list[Box] = []
        for n in range(most):
            point = search.point()
            if point is None:
                return
            box = self._widened(point, space, boxes if apart else [])
            boxes.append(box)
            yield box
            bit = 1 << (len(self.masks) + n)
            for d, mask in enumerate(box):
                for region in bits(mask):
                    holds[d][region] |= bit
            search.add(bit, box)

    def _widened(self, point: Sequence[int], space: Box, taken: Sequence[Box]) -> Box:
        """Return a box around a point that no rule and nothing taken touches, as wide as can be."""
        box = [1 << region for region in point]
        for d in range(len(box)):
            others = self.rules
            for other, mask in enumerate(box):
                if other != d:
                    others &= self._any(other, mask)
            box[d] = sum(1 << r for r in bits(space[d]) if not self.holds[d][r] & others)
            for its in taken:
                if all(box[e] & its[e] for e in range(len(box)) if e != d):
                    box[d] &= ~its[d]
        return tuple(box)


class _Search:
    """Looks for a point of a box that no rule covers, dimension by dimension."""

    def __init__(
        self, holds: Sequence[Sequence[int]], box: Box, rules: int, budget: Budget
    ) -> None:
        self.holds, self.rules, self.budget = holds, rules, budget
        self.regions = [list(bits(mask)) for mask in box]
        # Dimensions with few regions first: more of their combinations are seen to be the same.
        self.order = sorted(range(len(box)), key=lambda d: len(self.regions[d]))
        # Rules that cover all that is left from a dimension on.
        self.rest = [rules] * (len(box) + 1)
        for at in range(len(box) - 1, -1, -1):
            d = self.order[at]
            everywhere = self.rest[at + 1]
            for region in self.regions[d]:
                everywhere &= holds[d][region]
            self.rest[at] = everywhere
        self.covered: list[set[int]] = [set() for _ in box]

    def add(self, bit: int, box: Box) -> None:
        """Take in a box that was found, as one more rule."""
        self.rules |= bit
        self.rest[-1] |= bit
        for at in range(len(self.order) - 1, -1, -1):
            mask = box[self.order[at]]
            if any(not mask >> region & 1 for region in self.regions[self.order[at]]):
                break
            self.rest[at] |= bit

    def point(self) -> list[int] | None:
        """Return a region for every dimension, or None where the rules cover everything."""
        found: list[int] = [0] * len(self.order)
        if not all(self.regions):
            return None
        return found if self._descend(0, self.rules, found) else None

    def _descend(self, at: int, alive: int, found: list[int]) -> bool:
        if alive & self.rest[at]:
            return False
        if at == len(self.order) or not alive:
            for left in self.order[at:]:
                found[left] = self.regions[left][0]
            return True
        if alive in self.covered[at]:
            return False
        d = self.order[at]
        holds, regions = self.holds[d], self.regions[d]
        self.budget.take(len(regions))
        seen: dict[int, int] = {}
        for region in regions:
            seen.setdefault(alive & holds[region], region)
        # The fewer rules are left, the sooner a gap shows.
        for left, region in sorted(seen.items(), key=_few):
            found[d] = region
            if self._descend(at + 1, left, found):
                return True
        self.covered[at].add(alive)
        return False


def _few(item: tuple[int, int]) -> tuple[int, int]:
    return item[0].bit_count(), item[1]


def bits(number: int) -> Iterator[int]:
    """Yield the positions of the set bits, lowest first."""
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


def _transposed(rows: Sequence[int], width: int) -> list[int]:
    """Return the columns of a bit matrix."""
    columns = [0] * width
    for n, row in enumerate(rows):
        for region in bits(row):
            columns[region] |= 1 << n
    return columns
