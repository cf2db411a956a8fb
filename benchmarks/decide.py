"""CPU of a 12-rule table over a million rows, beside a plain Python loop over the same rules.

Run: python benchmarks/decide.py
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import polars as pl

from kamrules.engine.decide import CompiledTable
from kamrules.model import ROW, Column
from kamrules.rules.grid import Grid
from kamrules.rules.link import by_name, link
from kamrules.rules.load import load

ROWS, PLAIN_ROWS = 1_000_000, 20_000
COLUMNS = [
    Column("sales", "sales", "sales", "money"),
    Column("share", "share", "share", "percent"),
    Column("cat", "cat", "cat", "text"),
    Column("since", "since", "since", "date"),
    Column("overdue", "overdue", "overdue", "number"),
]
RULES = [
    [">=500万", "-", "-", "-", "<=30", "白金", 0.1, "A"],
    ["-", ">=5%", "not(blocked)", "-", "-", "白金", 0.08, "A"],
    ["[100万..500万)", "-", "gold, silver", "-", "<=60", "黄金", 0.05, "B"],
    ["-", "[1%..5%)", "-", ">=2020-01-01", "-", "黄金", 0.05, "B"],
    [">=50万", "-", "gold", "<2015-01-01", "-", "银", 0.03, "C"],
    ["-", "-", "blocked", "-", ">90", "黑", 0, "Z"],
    ["<1万", "-", "-", "-", ">60", "铅", 0, "Z"],
    ["-", "<0.1%", "bronze", "-", "-", "铅", 0, "D"],
    ["[1万..50万)", "-", "-", "-", "<=30", "银", 0.02, "C"],
    ["[1万..50万)", "-", "-", "-", "(30..90]", "铁", 0.01, "D"],
    ["-", "-", "-", ">=2022-01-01", "-", "新", 0.01, "N"],
    ["-", "-", "-", "-", "-", "铁", 0, "D"],
]


def compiled() -> CompiledTable:
    """Return the table, compiled."""
    head: list[list[Any]] = [
        ["决策表", "t"],
        ["命中策略", "F"],
        ["规则", *["条件 IN"] * 5, *["结果 OUT"] * 3],
        ["列", "sales", "share", "cat", "since", "overdue", "tier", "discount", "team"],
    ]
    rows = head + [[f"R{n}", *rule] for n, rule in enumerate(RULES, 1)]
    rulebook, _ = load([Grid("b", "s", rows, {})], "b", by_name(COLUMNS))
    linked, _ = link(rulebook.tables, {"customers": by_name(COLUMNS)}, {})
    return CompiledTable(linked[0], {})


def frame() -> pl.DataFrame:
    """Return a million rows, the same in every run."""
    chance = random.Random(1)
    base = pl.Series([chance.random() for _ in range(ROWS)])
    cats = chance.choices(["gold", "silver", "bronze", "blocked", "other"], k=ROWS)
    days = (12_000 + base * 8000).cast(pl.Int32).cast(pl.Date)
    return pl.DataFrame({
        ROW: pl.int_range(ROWS, dtype=pl.UInt32, eager=True),
        "sales": base * 1e7, "share": base / 10, "cat": cats, "since": days,
        "overdue": (base * 1000).floor() % 120,
    })  # fmt: skip


def plain(rows: list[dict[str, Any]]) -> list[str]:
    """Return the tiers by a loop over hand-written conditions."""
    import datetime as dt

    new, old, late = dt.date(2020, 1, 1), dt.date(2015, 1, 1), dt.date(2022, 1, 1)
    rules: list[tuple[Callable[[dict[str, Any]], bool], str]] = [
        (lambda r: r["sales"] >= 5e6 and r["overdue"] <= 30, "白金"),
        (lambda r: r["share"] >= 0.05 and r["cat"] != "blocked", "白金"),
        (lambda r: 1e6 <= r["sales"] < 5e6 and r["cat"] in ("gold", "silver") and r["overdue"] <= 60, "黄金"),
        (lambda r: 0.01 <= r["share"] < 0.05 and r["since"] >= new, "黄金"),
        (lambda r: r["sales"] >= 5e5 and r["cat"] == "gold" and r["since"] < old, "银"),
        (lambda r: r["cat"] == "blocked" and r["overdue"] > 90, "黑"),
        (lambda r: r["sales"] < 1e4 and r["overdue"] > 60, "铅"),
        (lambda r: r["share"] < 0.001 and r["cat"] == "bronze", "铅"),
        (lambda r: 1e4 <= r["sales"] < 5e5 and r["overdue"] <= 30, "银"),
        (lambda r: 1e4 <= r["sales"] < 5e5 and 30 < r["overdue"] <= 90, "铁"),
        (lambda r: r["since"] >= late, "新"),
        (lambda r: True, "铁"),
    ]  # fmt: skip
    return [next(tier for holds, tier in rules if holds(r)) for r in rows]


def main() -> None:
    """Print medians of CPU seconds and their ratio."""
    data = frame()
    some = data.head(PLAIN_ROWS).to_dicts()
    ours, theirs = [], []
    for _ in range(5):
        start = time.process_time()
        decision = compiled().decide(data).decision()
        middle = time.process_time()
        tiers = plain(some)
        ours.append(middle - start)
        theirs.append((time.process_time() - middle) * ROWS / PLAIN_ROWS)
        if decision.frame["tier"].head(PLAIN_ROWS).to_list() != tiers:
            raise SystemExit("the two do not agree")
    engine, loop = statistics.median(ours), statistics.median(theirs)
    print(f"12 rules x {ROWS:,} rows, compiled and decided: {engine:.3f} s of CPU")
    print(f"plain Python closures, scaled from {PLAIN_ROWS:,} rows: {loop:.3f} s of CPU")
    print(f"ratio: {loop / engine:.0f}")


if __name__ == "__main__":
    main()
