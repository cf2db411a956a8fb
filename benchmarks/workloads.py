"""Tables and rows that every engine of the benchmarks gets, the same in every run."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from kamrules.rules.cell.ast import AnyOf, AnyValue, Compare, Interval, Lit, Not, Test
from kamrules.rules.grid import Grid
from kamrules.rules.link import LinkedTable, by_name, link
from kamrules.rules.load import load
from kamrules.sheets.column import ROW, Column

REGIONS = [f"R{n:03d}" for n in range(40)]
PRODUCTS = [f"P{n:02d}" for n in range(50)]
CATEGORIES = ["strategic", "key", "regular", "blocked"]
TIERS = ["platinum", "gold", "silver", "bronze", "standard"]


@dataclass(frozen=True)
class Workload:
    """A decision table as the cells of a sheet, and the rows it decides."""

    name: str
    policy: str
    columns: Sequence[Column]
    outputs: Sequence[str]
    rules: Sequence[Sequence[Any]]
    rows: Callable[[int], pl.DataFrame]

    def linked(self) -> LinkedTable:
        """Return the table, read as from a workbook."""
        names = [c.key for c in self.columns]
        marks = [*["条件 IN"] * len(names), *["结果 OUT"] * len(self.outputs)]
        head = [
            ["决策表", self.name], ["命中策略", self.policy], ["规则", *marks],
            ["列", *names, *self.outputs],
        ]  # fmt: skip
        cells = head + [[f"R{n}", *rule] for n, rule in enumerate(self.rules)]
        words = by_name(self.columns)
        rulebook, problems = load([Grid("rules.xlsx", "rules", cells, {})], "rules.xlsx", words)
        linked, more = link(rulebook.tables, {"customers": words}, {})
        if problems or more:
            raise SystemExit(str([*problems, *more][:3]))
        return linked[0]


@dataclass(frozen=True)
class Condition:
    """A rule cell in plain terms: one of some values, none of them, or between two ends."""

    column: str
    kind: str  # "in", "not in" or "between"
    values: tuple[Any, ...] = ()
    low: Any = None
    low_closed: bool = True
    high: Any = None
    high_closed: bool = True


def conditions(linked: LinkedTable) -> list[list[Condition]]:
    """Return each rule's conditions in plain terms, those that say nothing left out."""
    return [
        [
            _plain(entry.meaning, column)
            for entry, column in zip(rule.inputs, linked.inputs, strict=True)
            if not isinstance(entry.meaning, AnyValue)
        ]
        for rule in linked.table.rules
    ]


def _plain(test: Test, column: str) -> Condition:
    if isinstance(test, Not):
        return Condition(column, "not in", _plain(test.test, column).values)
    if isinstance(test, AnyOf):
        return Condition(
            column, "in", tuple(v for t in test.tests for v in _plain(t, column).values)
        )
    if isinstance(test, Interval):
        low, high = _value(test.low), _value(test.high)
        return Condition(column, "between", (), low, test.low_closed, high, test.high_closed)
    assert isinstance(test, Compare)
    value = _value(test.value)
    if test.op == "=":
        return Condition(column, "in", (value,))
    if test.op in (">", ">="):
        return Condition(column, "between", low=value, low_closed=test.op == ">=")
    return Condition(column, "between", high=value, high_closed=test.op == "<=")


def _value(expr: Any) -> Any:
    assert isinstance(expr, Lit)
    return float(expr.value) if isinstance(expr.value, Decimal) else expr.value


def outputs(linked: LinkedTable) -> list[list[Any]]:
    """Return the outputs of each rule."""
    return [[_value(e.meaning) for e in rule.outputs] for rule in linked.table.rules]


def _chance(n: int, seed: int) -> pl.Expr:
    """Return evenly spread numbers from 0 to 1."""
    return pl.int_range(n, dtype=pl.UInt64).hash(seed).cast(pl.Float64) / float(1 << 64)


def _one_of(values: Sequence[str], n: int, seed: int) -> pl.Expr:
    place = (_chance(n, seed) * len(values)).floor().cast(pl.UInt32)
    return pl.lit(pl.Series(values)).gather(place)


def _frame(n: int, **columns: pl.Expr) -> pl.DataFrame:
    return pl.select(pl.int_range(n, dtype=pl.UInt32).alias(ROW), **columns)


def _tiering_rows(n: int) -> pl.DataFrame:
    sales = (10 ** (3 + 4.2 * _chance(n, 1))).round(2)
    return _frame(
        n,
        sales=sales,
        share=(sales / 2e8).round(6),
        category=_one_of([*CATEGORIES, "other"], n, 2),
        since=(14_000 + _chance(n, 3) * 6200).cast(pl.Int32).cast(pl.Date),
        overdue=(_chance(n, 4) * 300 - 100).clip(0).floor(),
    )


TIERING = Workload(
    "12 rules, first",
    "F",
    [
        Column("sales", "sales", "sales", "money"), Column("share", "share", "share", "percent"),
        Column("category", "category", "category", "text"),
        Column("since", "since", "since", "date"),
        Column("overdue", "overdue", "overdue", "number"),
    ],
    ["tier", "discount", "visits"],
    [
        ["-", "-", "-", "-", ">180", "watch", 0.0, 12],
        [">=5000000", ">=5%", "strategic, key", "<2018-01-01", "<=30", "platinum", 0.12, 24],
        [">=5000000", ">=1%", "strategic, key", "-", "<=60", "platinum", 0.10, 20],
        [">=5000000", "-", "-", "-", "<=90", "gold", 0.08, 16],
        ["[1000000..5000000)", ">=1%", "not(blocked)", "<2020-01-01", "<=30", "gold", 0.07, 14],
        ["[1000000..5000000)", "[0.5%..1%)", "strategic", "-", "<=60", "gold", 0.06, 12],
        ["[1000000..5000000)", "-", "-", "<2022-01-01", "<=90", "silver", 0.05, 8],
        ["[200000..1000000)", ">=0.1%", "key, regular", "-", "<=30", "silver", 0.04, 6],
        ["[200000..1000000)", "-", "-", "-", "<=90", "bronze", 0.02, 4],
        ["<200000", "-", "strategic", "-", "-", "bronze", 0.01, 4],
        ["<200000", "-", "blocked", "-", "-", "none", 0.0, 0],
        ["-", "-", "-", "-", "-", "standard", 0.0, 2],
    ],
    _tiering_rows,
)  # fmt: skip


def pricing(count: int) -> Workload:
    """Return *count* unique rules: two equalities, two intervals, five rules a pair."""
    chance = random.Random(1)
    regions, products = (REGIONS, PRODUCTS) if count > 1000 else (REGIONS[:20], PRODUCTS[:10])
    rules: list[list[Any]] = []
    for region in regions:
        for product in products:
            middle = chance.choice([10, 50, 100, 200, 500])
            for quantity, parts in ((f"<{middle}", 2), (f">={middle}", 3)):
                edges = sorted(chance.sample(range(1000, 100_000), parts - 1))
                for low, high in zip([None, *edges], [*edges, None], strict=True):
                    amount = (
                        f"[{low}..{high})" if low and high else f"<{high}" if high else f">={low}"
                    )
                    plan, factor = f"PL{len(rules) % 37:02d}", round(0.5 + chance.random(), 4)
                    rules.append([region, product, quantity, amount, plan, factor])
    assert len(rules) == count

    def rows(n: int) -> pl.DataFrame:
        return _frame(
            n,
            region=_one_of(regions, n, 5),
            product=_one_of(products, n, 6),
            quantity=(_chance(n, 7) * 600).floor(),
            amount=(_chance(n, 8) * 110_000).round(2),
        )

    columns = [
        Column("region", "region", "region", "text"),
        Column("product", "product", "product", "text"),
        Column("quantity", "quantity", "quantity", "number"),
        Column("amount", "amount", "amount", "money"),
    ]
    return Workload(f"{count:,} rules, unique", "U", columns, ["plan", "factor"], rules, rows)


def entitlements() -> Workload:
    """Return 200 rules of which about 15 hit a row, all of them collected."""
    chance = random.Random(2)
    rules: list[list[Any]] = []
    for n in range(200):
        tiers = chance.choice(["-", ", ".join(chance.sample(TIERS, chance.choice([1, 1, 2])))])
        category = chance.choice(["-", "-", chance.choice(CATEGORIES)])
        more = f">={chance.choice([1, 2, 5, 10, 20, 50, 100])}00000"
        sales = chance.choice(["-", more, f"<{chance.choice([1, 2, 5, 10])}00000"])
        overdue = chance.choice(["-", f"<={chance.choice([0, 15, 30, 60, 90])}"])
        region = chance.choice(REGIONS[:20]) if chance.random() < 0.7 else "-"
        rules.append([tiers, category, sales, overdue, region, f"ENT{n:03d}"])

    def rows(n: int) -> pl.DataFrame:
        return _frame(
            n,
            tier=_one_of(TIERS, n, 9),
            category=_one_of(CATEGORIES, n, 2),
            sales=(10 ** (3 + 4.2 * _chance(n, 1))).round(2),
            overdue=(_chance(n, 4) * 300 - 100).clip(0).floor(),
            region=_one_of(REGIONS[:20], n, 5),
        )

    columns = [
        Column("tier", "tier", "tier", "text"),
        Column("category", "category", "category", "text"),
        Column("sales", "sales", "sales", "money"),
        Column("overdue", "overdue", "overdue", "number"),
        Column("region", "region", "region", "text"),
    ]
    return Workload("200 rules, collect", "C", columns, ["entitlement"], rules, rows)


def workload(name: str) -> Workload:
    """Return the workload of a name: tiering, collect, or a number of pricing rules."""
    if name == "tiering":
        return TIERING
    return entitlements() if name == "collect" else pricing(int(name))


def days(value: Any) -> Any:
    """Return a date as a number that sorts like it, for engines without dates."""
    if isinstance(value, dt.date):
        return value.year * 10_000 + value.month * 100 + value.day
    return value
