"""A decision table as boxes of regions: where each rule holds, within what its columns may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from operator import itemgetter
from typing import Any, TypeGuard

import polars as pl

from kamrules.check.cover import Box, Cover, bits
from kamrules.check.wording import cell_text, constant_text
from kamrules.engine.axis import Axis, Truth, constants, is_constant, mentions_blank
from kamrules.engine.cuts import cut
from kamrules.rules.cell.ast import (
    AnyOf,
    AnyValue,
    Ask,
    Compare,
    Expr,
    Holds,
    Lit,
    Logic,
    Name,
    Not,
    Relation,
    Test,
    Within,
)
from kamrules.rules.decision_table import Input
from kamrules.rules.link import LinkedTable
from kamrules.sheets.column import UNREADABLE, Column
from kamrules.words.fold import fold
from kamrules.words.types import TEXTUAL, Type

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
# Where a value stands beside another: below it, at it, above it.
_BESIDE = {"<": 1, "<=": 3, "=": 2, ">=": 6, ">": 4, "!=": 5}


@dataclass(frozen=True, slots=True)
class Dimension:
    """What one condition column is cut into; regions that no value can have are left out.

    *regions* are those of *axis*; without one the dimension is a comparison with *other*, or
    whether *texts* holds. *words* are the constants as typed, by region or by cut, *ends* their
    values by cut.
    """

    place: int  # of the input column
    spec: Input
    column: str
    regions: tuple[int, ...]
    axis: Axis | None = None
    words: Mapping[Any, str] = field(default_factory=dict)
    ends: Mapping[Any, tuple[Any, bool]] = field(default_factory=dict)
    other: str = ""

    def text(self, mask: int) -> list[str]:
        """Return cells that name the regions of a mask; several where one cell cannot."""
        if mask == (1 << len(self.regions)) - 1:
            return ["-"]
        if self.axis is None:
            return [self._beside(mask)]
        return cell_text(self.axis, [self.regions[r] for r in bits(mask)], self.regions, self.words)

    def _beside(self, mask: int) -> str:
        if self.words:
            return self.words[mask]
        op = next(o for o, its in _BESIDE.items() if its == mask)
        return f"{op}{self.other}"

    def within(self, frame: pl.DataFrame, mask: int) -> pl.Series | None:
        """Return which rows of a frame lie in a mask, None where that cannot be said."""
        if mask == (1 << len(self.regions)) - 1 and self.axis is None:
            return pl.Series([True] * frame.height, dtype=pl.Boolean)
        if self.axis is None or self.column not in frame.columns:
            return None
        flag = self.column + UNREADABLE
        unreadable = frame[flag] if flag in frame.columns else None
        codes = self.axis.codes(frame[self.column], unreadable)
        return codes.is_in([self.regions[r] for r in bits(mask)])


@dataclass(frozen=True, slots=True)
class Regions:
    """The dimensions of a table and the boxes of its rules.

    *open* are the boxes in which rules hold or, for want of a value, may hold.
    """

    linked: LinkedTable
    dimensions: tuple[Dimension, ...]
    cover: Cover
    open: tuple[Box, ...]

    def is_certain(self, box: Box) -> bool:
        """Return whether a box surely holds a point: its conditions do not depend on each other.

        Two comparisons of one column, such as ``< a`` and ``> b``, may exclude each other.
        """
        limited = zip(self.dimensions, box, self.cover.full, strict=True)
        places = [d.place for d, mask, full in limited if mask != full]
        computed = {d.place for d in self.dimensions if d.axis is None}
        return all(places.count(place) < 2 for place in computed)

    def rows(self, box: Box) -> list[list[str]]:
        """Return a box as rows of condition cells, one for each input column."""
        rows: list[list[str]] = [["-"] * len(self.linked.table.inputs)]
        for dimension, mask in zip(self.dimensions, box, strict=True):
            texts = dimension.text(mask)
            if texts != ["-"]:
                at = dimension.place
                rows = [
                    [*row[:at], text if row[at] == "-" else f"{row[at]} & {text}", *row[at + 1 :]]
                    for row in rows
                    for text in texts
                ]
        return rows

    def inside(self, frame: pl.DataFrame, box: Box) -> pl.Series | None:
        """Return which rows of a frame lie in a box, None where that cannot be said."""
        found = pl.Series([True] * frame.height, dtype=pl.Boolean)
        for dimension, mask in zip(self.dimensions, box, strict=True):
            inside = dimension.within(frame, mask)
            if inside is None:
                return None
            found = found & inside
        return found


def regions_of(
    linked: LinkedTable, columns: Mapping[str, Column], synonyms: Mapping[str, str]
) -> Regions:
    """Return a linked table as regions; *columns* says what the columns of its sheet may hold."""
    dimensions: list[Dimension] = []
    masks: list[list[int]] = []
    maybe: list[list[int]] = []
    for place, spec in enumerate(linked.table.inputs):
        tests = [plain_test(r.inputs[place].meaning) for r in linked.table.rules]
        known = columns.get(fold(linked.inputs[place]))
        cut_ = _cut(place, spec, linked.inputs[place], tests, known, synonyms)
        if cut_ is not None:
            dimensions.append(cut_[0])
            masks.append(cut_[1])
            maybe.append(cut_[2])
        computed = {
            r.inputs[place].text: t
            for r, t in zip(linked.table.rules, tests, strict=True)
            if not is_constant(t, spec.type)
        }
        for dimension, its in _compared(place, spec, linked.inputs[place], tests, computed):
            dimensions.append(dimension)
            masks.append(its)
            maybe.append(its)
    sizes = [len(d.regions) for d in dimensions]
    nowhere: list[Box] = [()] * len(linked.table.rules)
    boxes, open_ = (list(zip(*m, strict=True)) if m else nowhere for m in (masks, maybe))
    return Regions(linked, tuple(dimensions), Cover(sizes, boxes), tuple(open_))


def _cut(
    place: int,
    spec: Input,
    column: str,
    tests: Sequence[Test],
    known: Column | None,
    synonyms: Mapping[str, str],
) -> tuple[Dimension, list[int], list[int]] | None:
    """Return a column as the regions that constants cut it into, and those of each rule.

    Those in which a rule holds, then those in which it holds or may hold.
    """
    constant = [t for t in tests if is_constant(t, spec.type)]
    if all(isinstance(t, AnyValue) for t in constant):
        return None
    domain = _domain(spec, known)
    blank_known = any(mentions_blank(t) for t in tests)
    axis = Axis(spec.type, [*constant, *domain], synonyms, knows_blank=blank_known)
    allowed = _allowed(axis, spec, domain, blank_known and (known is None or known.blank is None))
    words = {
        _place(axis, spec.type, value, above): constant_text(value, spec.type, spec.scale)
        for test in (*domain, *constant)
        for value, above in constants(test)
    }
    ends = {
        cut(value, spec.type, above): (value, above)
        for test in (*domain, *constant)
        for value, above in sorted(constants(test), key=itemgetter(1), reverse=True)
        if axis.cuts
    }
    if spec.type == "bool" and len(axis.classes) == 1:
        words[0] = constant_text(True not in axis.classes, "bool")
    regions = tuple(r for r in range(axis.regions) if allowed >> r & 1)
    # A comparison with another column says nothing about a blank, or no.
    compared = Truth(axis.all, axis.all | (0 if blank_known else 1 << axis.blank))
    truths = [axis.truth(t) if is_constant(t, spec.type) else compared for t in tests]
    holding, open_ = (
        [sum(1 << n for n, r in enumerate(regions) if mask >> r & 1) for mask in its]
        for its in ([t.true for t in truths], [t.maybe for t in truths])
    )
    return Dimension(place, spec, column, regions, axis, words, ends), holding, open_


def _place(axis: Axis, type_: Type, value: Any, above: bool) -> Any:
    """Return the key of a constant's text: its class, or the cut and on which side of it."""
    if type_ in TEXTUAL:
        folded = fold(str(value))
        return axis.classes[axis.synonyms.get(folded, folded)]
    return axis.classes[value] if type_ == "bool" else (cut(value, type_, above), above)


def _domain(spec: Input, known: Column | None) -> tuple[Test, ...]:
    """Return what a column may hold: its Values row, else the choices the vocabulary names."""
    if spec.values and all(is_constant(t, spec.type) for t in spec.values):
        return spec.values
    if not spec.values and known and known.allowed and spec.type in TEXTUAL:
        return tuple(Compare("=", Lit(value)) for value in known.allowed)
    return ()


def _allowed(axis: Axis, spec: Input, domain: Sequence[Test], blank: bool) -> int:
    """Return the regions that values can have."""
    allowed = axis.all
    if domain:
        allowed = 0
        for test in domain:
            allowed |= axis.truth(test).true & axis.all
        blank = blank or any(mentions_blank(t) for t in domain)
    if spec.type == "bool" and len(axis.classes) == 2:
        allowed &= ~1
    if spec.type == "int":
        # No whole number lies between <=30 and >=31.
        for region in range(1, len(axis.cuts)):
            low, high = axis.cuts[region - 1], axis.cuts[region]
            if not _whole(low, high):
                allowed &= ~(1 << region)
    return allowed | (1 << axis.blank if blank else 0)


def _whole(low: float, high: float) -> bool:
    """Return whether a whole number lies at or above one cut and below the other."""
    first = round(low) if cut(round(low), "int", False) >= low else round(low) + 1
    return cut(first, "int", False) < high


def plain_test(test: Test) -> Test:
    """Return a condition about ``?`` as plain tests, where it says no more than they can."""
    if isinstance(test, Holds):
        found = _plain(test.condition)
        return test if found is None else found
    if isinstance(test, AnyOf):
        return AnyOf(tuple(map(plain_test, test.tests)))
    return Not(plain_test(test.test)) if isinstance(test, Not) else test


def _plain(node: Expr) -> Test | None:
    if isinstance(node, Relation):
        if isinstance(node.left, Ask) and isinstance(node.right, Lit):
            return Compare(node.op, node.right)
        if isinstance(node.right, Ask) and isinstance(node.left, Lit):
            return Compare(_MIRRORED[node.op], node.left)
        return None
    if isinstance(node, Within) and isinstance(node.value, Ask):
        return node.test
    if isinstance(node, Logic):
        parts = [_plain(item) for item in node.items]
        tests = tuple(p for p in parts if p is not None)
        if len(tests) == len(parts):
            if node.op == "or":
                return AnyOf(tests)
            return Not(AnyOf(tuple(Not(t) for t in tests)))
    return None


def _compared(
    place: int, spec: Input, column: str, tests: Sequence[Test], computed: Mapping[str, Test]
) -> list[tuple[Dimension, list[int]]]:
    """Return the conditions that no constant cuts: comparisons with a column, or yes and no."""
    found: list[tuple[Dimension, list[int]]] = []
    others = {shape(t.value): text for text, t in computed.items() if isinstance(t, Compare)}
    for other, text in others.items():
        name = text.lstrip("<>=!≤≥≠ ")
        if spec.type in TEXTUAL or spec.type == "bool":
            words = {1: f"!={name}", 2: f"={name}"}
            masks = [(2 if t.op == "=" else 1) if _is_beside(t, other) else 3 for t in tests]
            found.append((Dimension(place, spec, column, (0, 1), words=words), masks))
            continue
        masks = [_BESIDE[t.op] if _is_beside(t, other) else 7 for t in tests]
        found.append((Dimension(place, spec, column, (0, 1, 2), other=name), masks))
    for text, test in computed.items():
        if not isinstance(test, Compare):
            words = {1: f"not({text})", 2: text}
            masks = [2 if t == test else 3 for t in tests]
            found.append((Dimension(place, spec, column, (0, 1), words=words), masks))
    return found


def _is_beside(test: Test, other: Any) -> TypeGuard[Compare]:
    return isinstance(test, Compare) and shape(test.value) == other


def shape(node: Any) -> Any:
    """Return what an expression says, wherever in its cell it stands."""
    if isinstance(node, Lit):
        return node.value
    if isinstance(node, Name):
        return Name, fold(node.name)
    if isinstance(node, tuple):
        return tuple(map(shape, node))
    if is_dataclass(node):
        return type(node), *(shape(getattr(node, f.name)) for f in fields(node) if f.name != "pos")
    return node
