"""Cases for every cut of a table: a value just inside and just outside of each condition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kamrules.check.cover import Budget, Exhausted
from kamrules.check.regions import Dimension, Regions
from kamrules.check.wording import constant_text
from kamrules.engine.policy import Policy
from kamrules.rules.cell.ast import Months
from kamrules.words.names import aliases
from kamrules.words.types import NUMERIC, TEXTUAL, Type

# How far from a cut a case stands: what people would type.
_STEPS: Mapping[Type, Any] = {
    "int": Decimal(1), "percent": Decimal("0.0001"), "money": Decimal("0.01"),
    "number": Decimal("0.01"), "date": dt.timedelta(days=1), "datetime": dt.timedelta(minutes=1),
    "duration": dt.timedelta(hours=1),
}  # fmt: skip
_SEARCH = 100_000
# A value for a column that only its blanks or its kind matter of.
_OTHER = "其他"


@dataclass(frozen=True, slots=True)
class Boundary:
    """A case to be: the rule and column it is about, and a cell for every input column."""

    rule: str
    column: str
    value: str
    inputs: Mapping[str, str]


def boundaries(regions: Regions) -> list[Boundary]:
    """Return the cases of a table; none where a condition compares columns with each other."""
    if any(d.axis is None for d in regions.dimensions):
        return []
    found: dict[tuple[str, ...], Boundary] = {}
    for n, rule in enumerate(regions.linked.table.rules):
        point = _own_point(regions, n)
        if point is None:
            continue
        base = [_cell(d, r, last=False) for d, r in zip(regions.dimensions, point, strict=True)]
        inputs = _inputs(regions, base)
        found.setdefault(tuple(inputs.values()), Boundary(rule.id, "", "", inputs))
        for d, dimension in enumerate(regions.dimensions):
            mask = regions.cover.masks[n][d]
            is_open = mask == regions.cover.full[d]
            for cell in _ends(dimension) if is_open else _edges(dimension, mask):
                inputs = _inputs(regions, [*base[:d], cell, *base[d + 1 :]])
                case = Boundary(rule.id, dimension.spec.label, cell, inputs)
                found.setdefault(tuple(inputs.values()), case)
    return list(found.values())


def _own_point(regions: Regions, n: int) -> list[int] | None:
    """Return a point at which a rule decides alone, None where there is none."""
    table, cover = regions.linked.table, regions.cover
    box = cover.masks[n]
    if not all(box):
        return None
    rivals = cover.touching(box) & ~(1 << n)
    if table.policy.chooses == "rows":
        rivals &= (1 << n) - 1
    elif table.policy.chooses == "values":
        ranks = Policy(table).ranks
        rivals &= sum(1 << m for m in range(len(ranks)) if (ranks[m], m) < (ranks[n], n))
    try:
        point = cover.outside(box, rivals, Budget(_SEARCH))
        # Where rules are collected, a rule that never hits alone has cases all the same.
        if point is None and table.policy.gives != "one":
            point = cover.outside(box, 0, Budget(_SEARCH))
    except Exhausted:
        return None
    return point


def _inputs(regions: Regions, cells: Sequence[str]) -> dict[str, str]:
    """Return the cells by label, with something for every name that results use."""
    named = zip(regions.dimensions, cells, strict=True)
    found = {d.spec.label: cell for d, cell in named}
    found |= {name: sample(type_, n) for n, (name, type_) in enumerate(others(regions).items())}
    return found


def others(regions: Regions) -> dict[str, Type]:
    """Return the names of a table's cells that are no inputs of it, with their types."""
    linked = regions.linked
    inputs = {a for i in linked.table.inputs for a in aliases(i.label)} | {*linked.inputs}
    named = {
        column: (name, type_) for name, (column, type_) in linked.names.items()
        if name not in inputs and column not in inputs
    }  # fmt: skip
    return dict(named.values())


def sample(type_: Type, n: int) -> str:
    """Return some value of a type; another for another number."""
    if type_ in TEXTUAL or type_ == "any":
        return f"{_OTHER}{n or ''}"
    day = f"2024-01-{1 + n % 28:02}"
    samples: Mapping[Type, str] = {
        "bool": "是", "date": day, "datetime": f'date and time("{day}T08:00:00")',
        "time": f'time("08:{n % 60:02}:00")', "duration": f'"{n + 1}天"',
    }  # fmt: skip
    return samples.get(type_, f"{10 + n}%" if type_ == "percent" else str(100 + n))


def _ends(dimension: Dimension) -> Iterator[str]:
    """Yield the least and the greatest value of a column that a rule does not ask for."""
    axis = dimension.axis
    assert axis
    values = [n for n, region in enumerate(dimension.regions) if region < axis.size]
    for n in dict.fromkeys((values[0], values[-1])):
        yield _cell(dimension, n, last=False)


def region_cells(dimension: Dimension) -> list[str]:
    """Return the first and the last value of every region."""
    places = range(len(dimension.regions))
    return [_cell(dimension, n, last=last) for n in places for last in (False, True)]


def _edges(dimension: Dimension, mask: int) -> Iterator[str]:
    """Yield values just inside and just outside a condition."""
    axis = dimension.axis
    assert axis
    values = [n for n, region in enumerate(dimension.regions) if region < axis.size]
    if axis.classes or not axis.cuts:
        yield from (_cell(dimension, n, last=False) for n in values)
    else:
        for n in values:
            inside = mask >> n & 1
            if n - 1 in values and mask >> (n - 1) & 1 != inside:
                yield _cell(dimension, n - 1, last=True)
                yield _cell(dimension, n, last=False)
        if values and mask >> values[0] & 1 and dimension.regions[values[0]]:
            yield _cell(dimension, values[0], last=False)
        if values and mask >> values[-1] & 1 and dimension.regions[values[-1]] < len(axis.cuts):
            yield _cell(dimension, values[-1], last=True)
    if axis.blank in dimension.regions:
        yield _cell(dimension, dimension.regions.index(axis.blank), last=False)


def _cell(dimension: Dimension, n: int, *, last: bool) -> str:
    """Return the first or the last value of a region, as it is typed."""
    axis, spec, region = dimension.axis, dimension.spec, dimension.regions[n]
    assert axis
    if region == axis.blank:
        return "空"
    if axis.classes or not axis.cuts:
        return dimension.words.get(region) or sample(spec.type, 0)
    low = dimension.ends[axis.cuts[region - 1]] if region else None
    high = dimension.ends[axis.cuts[region]] if region < len(axis.cuts) else None
    step = step_of(spec.type, [end[0] for end in (low, high) if end])
    first_value = last_value = None
    if low:
        first_value = moved(low[0], step) if low[1] else low[0]
    if high:
        last_value = high[0] if high[1] else moved(high[0], -step)
    value = (last_value, first_value)[last_value is None or (not last and bool(low))]
    if low and high and spec.type in NUMERIC and not low[0] <= value <= high[0]:
        value = (low[0] + high[0]) / 2
    return constant_text(value, spec.type, spec.scale)


def step_of(type_: Type, ends: Sequence[Any]) -> Any:
    """Return a small step for a type; smaller than the digits that its cuts are written with."""
    step = _STEPS.get(type_, 1)
    if isinstance(step, Decimal) and type_ != "int":
        for end in ends:
            while end % (step * 10):
                step /= 10
    return step


def moved(value: Any, step: Any) -> Any:
    """Return a value a step further."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value + (step if isinstance(step, dt.timedelta) else dt.timedelta(days=step))
    if isinstance(value, dt.time):
        minutes = max(0, min(24 * 60 - 1, value.hour * 60 + value.minute + int(step)))
        return dt.time(minutes // 60, minutes % 60)
    return Months(value.count + int(step)) if isinstance(value, Months) else value + step
