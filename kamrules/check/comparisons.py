"""Cases for tables that compare columns: many combinations are tried, those that tell are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations, islice, product
from typing import Any

from kamrules.check.boundaries import Boundary, moved, others, region_cells, sample, step_of
from kamrules.check.cases import Trial
from kamrules.check.regions import Regions
from kamrules.check.wording import constant_text
from kamrules.rules.cell.ast import Arith, Expr, Lit, Name, literals, operands
from kamrules.rules.cell.parse import parse_output
from kamrules.words.fold import fold
from kamrules.words.types import TEXTUAL, Type

# So many combinations are tried; so many values of a column take part.
MOST, EACH = 4000, 9


def combined(regions: Regions) -> list[Boundary]:
    """Return combinations of values around everything that the conditions compare with."""
    table = regions.linked.table
    cells: dict[str, list[str]] = {}
    for n, (name, type_) in enumerate(others(regions).items()):
        cells[name] = [sample(type_, n)]
    for place, spec in enumerate(table.inputs):
        mine = [d for d in regions.dimensions if d.place == place and d.axis]
        cells[spec.label] = list(dict.fromkeys(c for d in mine for c in region_cells(d)))
    known = _known(regions, cells)
    for place, spec in enumerate(table.inputs):
        tests = [r.inputs[place].meaning for r in table.rules]
        near = [c for t in tests for c in _near(t, spec.type, spec.scale, known)]
        found = dict.fromkeys([*cells[spec.label], *near])
        cells[spec.label] = list(found)[: EACH * 2 : 2 if len(found) > EACH else 1] or ["空"]
    labels = list(cells)
    rows = islice(product(*cells.values()), MOST)
    return [Boundary("", "", "", dict(zip(labels, row, strict=True))) for row in rows]


def _known(regions: Regions, cells: Mapping[str, Sequence[str]]) -> dict[str, list[Any]]:
    """Return by folded name the values that other conditions may compare with."""
    found: dict[str, list[Any]] = {}
    labels = dict(
        zip(regions.linked.inputs, (i.label for i in regions.linked.table.inputs), strict=True)
    )
    for name, (column, type_) in regions.linked.names.items():
        texts = cells.get(labels.get(column, column)) or [sample(type_, 0)]
        values = (parse_output(text, type_) for text in texts)
        found[name] = [v.value for v in values if isinstance(v, Lit) and v.value is not None]
    return found


def _near(test: Any, type_: Type, scale: int, known: Mapping[str, list[Any]]) -> Iterator[str]:
    """Yield the values just below, at and just above what a condition compares with."""
    if type_ in TEXTUAL:
        yield from (str(x.value) for x in literals(test) if isinstance(x.value, str))
    for expr in operands(test):
        if isinstance(expr, Name | Arith):
            for value in _values(expr, known):
                step = step_of(type_, [value])
                ordered = type_ not in TEXTUAL and type_ != "bool"
                for its in (moved(value, -step), value, moved(value, step)) if ordered else [value]:
                    yield constant_text(its, type_, scale)
    if type_ in TEXTUAL:
        yield sample(type_, 7)


def _values(expr: Expr, known: Mapping[str, list[Any]]) -> list[Any]:
    """Return what an expression gives for the first and the last of the known values."""
    if isinstance(expr, Lit):
        return [expr.value]
    if isinstance(expr, Name):
        values = known.get(fold(expr.name), [])
        return list(dict.fromkeys((*values[:1], *values[-1:])))
    if not isinstance(expr, Arith):
        return []
    pairs = product(_values(expr.left, known), _values(expr.right, known))
    numbers = [(a, b) for a, b in pairs if isinstance(a, Decimal) and isinstance(b, Decimal)]
    return [v for a, b in numbers if (v := _worked_out(expr.op, a, b)) is not None]


def _worked_out(op: str, a: Decimal, b: Decimal) -> Decimal | None:
    if op == "/":
        return a / b if b else None
    return {"+": a + b, "-": a - b, "*": a * b}[op]


def telling(tried: Sequence[tuple[Boundary, Trial]]) -> list[tuple[Boundary, Trial]]:
    """Return a case for each rule, and pairs that one column moves from one rule to another."""
    kept: dict[int, tuple[str, str, str]] = {}
    places: dict[tuple[str, ...], int] = {}
    for n, (boundary, trial) in enumerate(tried):
        places[tuple(boundary.inputs.values())] = n
        rule = trial.rule("zh")
        if all(rule != tried[k][1].rule("zh") for k in kept):
            kept[n] = (rule, "", "")
    pairs: set[tuple[str, str, str]] = set()
    for n, m, column, value in _neighbours(tried):
        one, other = tried[n][1].rule("zh"), tried[m][1].rule("zh")
        if one != other and (column, one, other) not in pairs:
            pairs |= {(column, one, other), (column, other, one)}
            kept.setdefault(n, (one, column, value))
            kept.setdefault(m, (other, column, tried[m][0].inputs[column]))
    return [
        (Boundary(rule, column, value, tried[n][0].inputs), tried[n][1])
        for n, (rule, column, value) in sorted(kept.items())
    ]


def _neighbours(
    tried: Sequence[tuple[Boundary, Trial]],
) -> Iterator[tuple[int, int, str, str]]:
    """Yield pairs of cases that differ in one column, next to each other in it."""
    if not tried:
        return
    for column in tried[0][0].inputs:
        groups: dict[tuple[str, ...], list[int]] = {}
        for n, (boundary, _) in enumerate(tried):
            rest = tuple(v for k, v in boundary.inputs.items() if k != column)
            groups.setdefault(rest, []).append(n)
        for group in groups.values():
            for n, m in combinations(group, 2):
                yield n, m, column, tried[n][0].inputs[column]
