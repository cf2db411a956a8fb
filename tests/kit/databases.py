"""Decision tables as SQL, the rows of its views, and what the engine decides in their shape."""

from __future__ import annotations

import math
import random
from typing import Any

import polars as pl

from kamrules.engine.decide import decide
from kamrules.rules.cell.sfeel import fold
from kamrules.rules.link import LinkedTable
from kamrules.sheets.column import ROW
from kamrules.sql.script import translated
from kamrules.sql.table import Source
from kamrules.sql.tables import statements
from tests.kit.oracle import UNREADABLE as BAD
from tests.kit.shipped import views
from tests.kit.tables import (
    COLUMNS,
    frame,
    linked,
)

Rows = list[dict[str, Any]]
# What plugins/tiering.py works out, as a database would.
SALES_SQL = """
    WITH sums AS (
      SELECT customer_id, SUM(CAST(ROUND(amount * 10000) AS BIGINT)) AS cents
      FROM order_lines WHERE amount IS NOT NULL GROUP BY customer_id
    ),
    ranked AS (
      SELECT customer_id, cents, SUM(cents) OVER () AS total,
        RANK() OVER (ORDER BY cents DESC) AS place, COUNT(*) OVER () AS n,
        SUM(cents) OVER (ORDER BY cents DESC, customer_id
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS down_to
      FROM sums
    )
    SELECT customer_id, CAST(cents AS DOUBLE) / 1e4 AS sales,
      CAST(cents AS DOUBLE) / CAST(total AS DOUBLE) AS share, CAST(place AS BIGINT) AS "rank",
      CAST(place - 1 AS DOUBLE) / CAST(n AS DOUBLE) AS rank_position,
      CAST(down_to AS DOUBLE) / CAST(total AS DOUBLE) AS cumulative_share,
      CAST(down_to - cents AS DOUBLE) / CAST(total AS DOUBLE) AS cumulative_share_before
    FROM ranked WHERE cents > 0
"""
SOURCE = Source("customers", ROW, {}, {})


def made(table: LinkedTable, dialect: str) -> list[str]:
    return translated(statements(table, SOURCE, {}, dialect), dialect)


def stored(rows: Rows) -> list[tuple[Any, ...]]:
    """Return rows as a database holds them: text is folded when it is loaded."""
    return [
        (n, *(fold(v) if isinstance(v, str) else v for v in (r[c.key] for c in COLUMNS)))
        for n, r in enumerate(rows, 2)
    ]


def rows_of(database: Any, view: str) -> Rows:
    """Return the rows of a view, by the names of its columns."""
    found = database.execute(f'SELECT * FROM "{view}"')
    names = [d[0] for d in found.description]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]


def expected(table: LinkedTable, rows: Rows) -> Rows:
    """Return what the engine decides, in the shape of the view."""
    decided = decide(table, frame(rows), {})
    return views(decided, decided.decision(), ROW)


def in_order(rows: Rows, key: str = ROW) -> Rows:
    return sorted(rows, key=lambda r: (r[key], r.get("place") or 0))


def readable(rows: Rows) -> Rows:
    """Return the rows with blanks instead of cells nobody can read, which a database has not."""
    return [{k: None if v is BAD else v for k, v in r.items()} for r in rows]


FORMULAS = (
    "(0.05 - 占比) * 金额 / 0.95", "金额 / 占比", "金额 - 占比 * 3", "-1 * 金额 + 0.1", "round(金额, 2)",
    "round(占比)", "floor(金额)", "ceiling(占比 * 10)", "abs(0 - 金额)", "min(金额, 占比, 1)", "max(金额, 占比)",
)  # fmt: skip
CONDITIONS = (
    ">= 占比", "> 占比", "= 占比", "!= 占比", "[{占比}..{占比} * 1.1)", "not(>占比)", ">占比, 空", "? - 占比 > 0.05",
    "? / 0.7 <= 占比 / 0.7", "? in [{占比}..1]", "abs(?) > 占比 or ? < 0", "round(?, 2) = round(占比, 2)",
)  # fmt: skip


def worked_out() -> tuple[LinkedTable, LinkedTable]:
    """Return a table whose results are formulas, and one whose conditions compare columns."""
    results = linked([
        ["决策表", "formulas"], ["规则", "条件 IN", *["结果 OUT"] * len(FORMULAS)],
        ["列", "金额", *(f"v{n}" for n in range(len(FORMULAS)))],
        ["类型", "数字", *["数字"] * len(FORMULAS)], ["R1", "-", *FORMULAS],
    ])  # fmt: skip
    conditions = linked([
        ["决策表", "conditions"], ["命中策略", "C"], ["规则", "条件 IN", "结果 OUT"],
        ["列", "金额", "折扣"], ["类型", "数字", "数字"],
        *([f"R{n}", cell, n] for n, cell in enumerate(CONDITIONS)),
    ])  # fmt: skip
    return results, conditions


def near_numbers() -> Rows:
    """Return rows whose two numbers differ by little or nothing, or are blank."""
    chance = random.Random(4)
    pairs: list[tuple[float | None, float | None]] = [
        (None, 1.0),
        (1.0, None),
        (0.0, 0.0),
        (0.0, -0.0),
        (1e-17, 0.0),
        (-1e-15, 0.0),
        (1e-14, 0.0),
    ]
    for _ in range(400):
        one = chance.choice([1, -1]) * float(
            f"{10 ** chance.uniform(-6, 12):.{chance.randint(3, 17)}g}"
        )
        other = one
        for _ in range(chance.choice([0, 0, 1, 2, 3, 5, 9])):
            other = math.nextafter(other, chance.choice([-math.inf, math.inf]))
        pairs.append((one * chance.choice([1, 1, 1, 1.05, 1.1, 0.1 * 10]), other))
    blank = dict.fromkeys(c.key for c in COLUMNS)
    return [{**blank, "amount": one, "share": other} for one, other in pairs]


def bits(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Return the facts of sales by customer, doubles as the integers that their bits make."""
    facts = (
        "sales",
        "share",
        "rank",
        "rank_position",
        "cumulative_share",
        "cumulative_share_before",
    )
    kept = frame.filter(pl.col("sales") > 0).sort("customer_id").select("customer_id", *facts)
    return kept.with_columns(pl.col(pl.Float64).reinterpret(signed=False)).rows()
