"""The portfolio: who makes the profit, which segments hold, where the effort goes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules.plugin import (
    ROW,
    Book,
    Column,
    Lang,
    Result,
    ResultColumn,
    Rows,
    SheetReport,
    SheetSpec,
    Text,
    Type,
    columns,
    fact,
    fact_columns,
    hookimpl,
    list_columns,
    period,
)

from .accounts import spread
from .accounts.words import label

requires = ("credit", "tiering")

LEVEL, BORDERLINE, GAP = "服务等级", "临界", "升级差额"
CUSTOMER_COLUMNS = columns("referred_by | 推荐人 | Referred by | text | 介绍人, 推荐客户编号")
FACTS = fact_columns("""
    referrals | 推荐客户数 | Referrals | int | 推荐人写着该客户编号的客户数; 没有推荐人列则为空 | customers who name this one under Referred by; empty without that column
    profit_rank | 利润名次 | Profit Rank | int | 期内利润从大到小的名次 | rank by profit in the period
    cumulative_profit | 累计利润 | Cumulative Profit | money 元 | 利润名次到该客户为止的利润之和(鲸鱼曲线) | profit of the customers down to this one (whale curve)
""")  # fmt: skip
SEGMENTS = SheetSpec(
    "segments",
    "细分",
    "Segments",
    columns("""
    segment | 细分市场 | Segment | text
    segment_customers | 细分客户数 | Customers of Segment | int
    segment_sales | 细分销售额 | Sales of Segment | money 元
    segment_share | 细分销售占比 | Share of Segment | percent
    segment_profit | 细分利润 | Profit of Segment | money 元
    segment_reach | 联系方式齐全率 | Reachable | percent
    """),
    derived=True,
)
ROWS = SEGMENTS.columns


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    return [SheetSpec("customers", "客户", "Customers", CUSTOMER_COLUMNS), SEGMENTS]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "portfolio.xlsx"]


@hookimpl
def reports() -> Iterable[SheetReport]:
    hint = label("spread_hint")
    return [
        SheetReport("portfolio", Text("组合", "Portfolio"), _benchmarks, hint),
        SheetReport("borderline", label("borderline"), _borderline, label("borderline_hint")),
        SheetReport("effort", Text("资源投入", "Effort"), _effort, _EFFORT_HINT),
        SheetReport("segments", SEGMENTS.name, _segments, _SEGMENTS_HINT),
        SheetReport("categories", Text("品类集中度", "Categories"), _categories, _CATEGORIES_HINT),
    ]


_EFFORT_HINT = Text(
    "拜访工时按服务等级, 与目标对照; 目标: 战略 50%, 重点 30%, 前两级合计 80%, 普通 20% (默认)",
    "hours of visits by service level, beside the target: 50%, 30%, 80% for these two, 20% (default)",
)
_SEGMENTS_HINT = Text("细分 = 客户表的行业列", "segments are the Industry column of the customers")
_CATEGORIES_HINT = Text(
    "每个品类: 买得最多的 20% 买主占多少; 通常的说法: 啤酒 23% 的人喝 81%, 蛋糕粉 16% / 62%, 速溶咖啡 17% / 79%",
    "of each category, what its largest 20% of buyers take; quoted: beer 23% / 81%, cake mix 16% / 62%, instant coffee 17% / 79%",
)


@fact("customers", columns=FACTS[:1])
def referrals(customers: Rows, book: Book) -> Rows:
    """Return how many customers each customer brought."""
    ids = customers.select("customer_id").drop_nulls().unique()
    brought = customers.group_by("referred_by").len("referrals")
    found = ids.join(brought, left_on="customer_id", right_on="referred_by", how="left")
    count = pl.when(pl.lit(book.has("customers", "referred_by"))).then(
        pl.col("referrals").fill_null(0)
    )
    return found.with_columns(count.cast(pl.Int64))


def _known(customers: Rows) -> Rows:
    """Return the customers, one row each."""
    return customers.drop_nulls("customer_id").unique(
        "customer_id", keep="first", maintain_order=True
    )


@fact("customers", columns=FACTS[1:], after=("customers.sales", "customers.profit"))
def cumulative(customers: Rows) -> Rows:
    """Return the whale curve: profit summed from the best customer down."""
    sold = _known(customers).filter(pl.col("sales") > 0, pl.col("profit").is_not_null())
    falling = sold.sort("profit", "customer_id", descending=[True, False])
    return falling.select(
        "customer_id",
        pl.col("profit").rank("min", descending=True).cast(pl.Int64).alias("profit_rank"),
        pl.col("profit").cum_sum().alias("cumulative_profit"),
    )


@fact(SEGMENTS, after=("customers.sales", "customers.share", "customers.profit"))
def segments(customers: Rows) -> Rows:
    """Return one row for each industry of the customers sheet, none where it has no such column."""
    grouped = _known(customers).drop_nulls("industry").group_by("industry", maintain_order=True)
    # Added up in lists, in the order of the rows: groups are added up in any.
    made = grouped.agg(
        pl.len().cast(pl.Int64).alias("segment_customers"),
        pl.col("sales").alias("segment_sales"),
        pl.col("share").alias("segment_share"),
        pl.when(pl.col("profit").null_count() == 0).then("profit").alias("segment_profit"),
        pl.col("phone").is_not_null().mean().alias("segment_reach"),
    ).with_columns(pl.col("segment_sales", "segment_share", "segment_profit").list.sum())
    return made.select(pl.col("industry").alias("segment"), *(c.key for c in ROWS[1:]))


# Sheets


def _named(column: Column, width: float = 14) -> tuple[Text, Type, float]:
    return column.name, column.type, width


def _benchmarks(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    lines = spread.benchmarks(result, lang)
    return list_columns(
        [(line.label, line.quoted, line.own, line.note) for line in lines],
        *((label(n), "text", w) for n, w in (("figure", 40), ("quoted", 16), ("own", 26), ("note", 60))),
    )  # fmt: skip


def _column(frame: pl.DataFrame, name: str) -> str | None:
    """Return the column of a result by its Chinese name."""
    return next((c for c in frame.columns if c == name or c.startswith(f"{name} ")), None)


def _borderline(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    frame = result.data.sheets["customers"].frame
    near, gap = _column(frame, BORDERLINE), _column(frame, GAP)
    if near is None:
        return []
    kept = frame.filter(pl.col(near)).select(
        ROW, (pl.col(gap) if gap else pl.lit(None)).alias("gap")
    )
    told = result.subjects.join(kept, on=ROW, how="inner").sort("share", descending=True)
    names = {k: v.of(lang) for k, v in result.labels.items()}
    shown = [
        (id_, name, names.get(tier, tier), share, gap_, names.get(outcome, outcome))
        for id_, name, tier, share, gap_, outcome in told.select(
            "id", "name", "grade", "share", "gap", "outcome"
        ).rows()
    ]
    return list_columns(
        shown,
        (label("customer_id"), "text", 16), (label("customer"), "text", 30),
        (label("tier"), "text", 14), (label("share"), "percent", 12),
        (Text("升级差额", "Sales to Next Tier"), "money", 18), (label("outcome"), "text", 16),
    )  # fmt: skip


# Most of the time goes to the first two levels.
TARGETS = (
    (("战略",), 0.5), (("重点",), 0.3), (("战略",
     "重点"), 0.8), (("普通",), 0.2), (("非大客户",), 0.0),
)  # fmt: skip


def _effort(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    """Return people's time and money by service level, beside sales, profit and the target."""
    frame = result.data.sheets["customers"].frame
    level = _column(frame, LEVEL)
    if level is None or not frame["visit_hours"].count():
        return []
    total, sold = frame["visit_hours"].sum(), frame["sales"].sum()
    sums = ["visit_hours", "sales", "profit"]
    by_level = frame.group_by(level).agg(pl.len(), *sums).with_columns(pl.col(sums).list.sum())
    found = {row[0]: row[1:] for row in by_level.rows() if row[0] is not None}
    rows = []
    for levels, target in TARGETS:
        mine = [found.get(name, (0, 0.0, 0.0, 0.0)) for name in levels]
        count, hours, sales, profit = (sum(column) for column in zip(*mine, strict=True))
        share = hours / total if total else None
        of_sales = sales / sold if sold and sold > 0 else None
        gap = None if share is None else share - target
        names = (result.labels[n].of(lang) if n in result.labels else n for n in levels)
        rows.append((" + ".join(names), count, hours, share, target, gap, of_sales, profit))
    return list_columns(
        rows,
        (Text("服务等级", "Service Level"), "text", 16), (label("customers"), "int", 12),
        (Text("拜访工时", "Visit Hours"), "number", 14), (Text("投入占比",
         "Share of Effort"), "percent", 16),
        (Text("目标", "Target"), "percent", 12), (Text("差距", "Gap"), "percent", 12),
        (label("sales_share"), "percent", 14), (Text("利润", "Profit"), "money", 18),
    )  # fmt: skip


def _segments(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    sheet = result.data.sheets.get("segments")
    if sheet is None or sheet.frame.is_empty():
        return []
    quality = _column(sheet.frame, "细分评价")
    falling = sheet.frame.sort("segment_sales", "segment", descending=[True, False])
    said = pl.col(quality) if quality else pl.lit(None, pl.String)
    rows = falling.select(*(c.key for c in ROWS), said.alias("quality")).rows()
    shown = [(*row[:-1], result.labels[row[-1]].of(lang) if row[-1] in result.labels else row[-1]) for row in rows]  # fmt: skip
    return list_columns(
        shown, *(_named(c, 18) for c in ROWS), (Text("细分评价", "Segment Rating"), "text", 18)
    )


def _categories(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    """Return what the largest fifth of the buyers of each category takes."""
    orders = result.data.frame("orders")
    if orders is None or "category" not in orders.columns:
        return []
    start, end = period(result.data, result.as_of)
    bought = (
        orders.filter(pl.col("date").is_between(start, end), pl.col("customer_id").is_not_null())
        .drop_nulls("category")
        .group_by("category", "customer_id")
        .agg("amount")
        .with_columns(pl.col("amount").list.sum())
        .filter(pl.col("amount") > 0)
    )
    rows = []
    # Numbers summed in another order may end in other digits, so every row has its place.
    falling = bought.sort("category", "amount", "customer_id", descending=[False, True, False])
    for (category,), its in falling.group_by(["category"], maintain_order=True):
        heavy = math.ceil(its.height * 0.2 - 1e-9)
        rows.append(
            (category, its["amount"].sum(), its.height, heavy, spread.part(its["amount"], 0.2))
        )
    rows.sort(key=lambda row: (-row[1], row[0]))
    return list_columns(
        rows,
        (Text("产品类别", "Category"), "text", 24), (label("sales"), "money", 18),
        (Text("买主数", "Buyers"), "int", 12), (Text("前 20% 买主数",
         "Largest 20% of Buyers"), "int", 16),
        (Text("它们的占比", "Their Share"), "percent", 16),
    )  # fmt: skip
