"""Each customer's part of total sales: its sum, share, rank and cumulative share."""

from __future__ import annotations

import datetime as dt

import polars as pl

from kamrules.plugin import (
    UNREADABLE,
    Book,
    Cell,
    Problem,
    Rows,
    Text,
    fact,
    fact_columns,
    message,
    unreadable,
)

# fmt: off
ROWS_LEFT_OUT = message("W406", kind="data",
    what=("{count} 行 {sheet} 读不懂, 期内合计少计了它们",
          "{count} rows of {sheet} cannot be read, so totals leave them out"),
    why=("它们的 {columns} 有问题, 见上", "their {columns} has a problem, see above"),
    fix=("改正这些单元格后再运行一次", "correct these cells and run again"),
    effect=("这些客户未判定; 其他客户的占比略偏高",
            "their customers are not decided; the shares of the others are slightly too high"),
    example={"count": 1, "sheet": "销售",
             "columns": Text("销售额或日期",
                             "amount or date")}, place=Cell("客户.xlsx", "客户", "A11"))
# fmt: on


# Money is added up in 1/10,000 of its unit, so that sums are the same in every order.
MONEY_SCALE = 10_000
COLUMNS = fact_columns("""
    sales | 期内销售额 | Sales in Period | money 元 | 期内订单销售额之和(退货为负) | sum of order amounts in the period (returns are negative)
    share | 销售额占比 | Share of Sales | percent | 期内销售额 / 全部订单期内销售额 | sales in the period / sales of all orders in the period
    rank | 销售名次 | Sales Rank | int | 期内销售额从大到小的名次, 相同的并列 | rank by sales in the period, ties share the smallest
    rank_position | 排名位置 | Rank Position | percent | (名次-1)/有销售的客户数 | (rank-1) / customers with sales
    cumulative_share | 累计销售占比 | Cumulative Share | percent | 名次不低于该客户的占比之和 | sum of shares down to this customer
    cumulative_share_before | 累计销售占比_之前 | Cumulative Share Before | percent | 排在前面的客户占比之和 | sum of shares of the customers before
""")  # fmt: skip


def totals(
    customers: pl.DataFrame, orders: pl.DataFrame, start: dt.date, end: dt.date
) -> pl.LazyFrame:
    """Return what each customer adds to the sales of the period, in fixed point.

    Orders count in the total also where the customers sheet does not list their customer.
    """
    sums = (
        _lines(orders, start, end)
        .group_by("customer_id")
        .agg(pl.col("cents").cast(pl.Int128).sum(), pl.col("unknown").any())
    )
    ids = customers.lazy().select("customer_id").drop_nulls().unique()
    return ids.with_columns(listed=True).join(sums, on="customer_id", how="full", coalesce=True)


def portfolio(sums: pl.LazyFrame) -> pl.LazyFrame:
    """Return sales, share, rank and cumulative share of each listed customer from all totals.

    Money in 元, shares as fractions of the sales of all orders. A customer with an order whose
    amount or date cannot be read has unknown sales, marked so; customers without sales have
    share 0 and no rank. The order of *sums* does not matter.
    """
    filled = sums.with_columns(
        pl.col("cents").fill_null(0), pl.col("unknown", "listed").fill_null(False)
    )
    ranks = pl.col("listed") & ~pl.col("unknown") & (pl.col("cents") > 0)
    # Polars divides by a constant inexactly (it multiplies by the reciprocal), by a column not so.
    wholes = filled.select(
        pl.col("cents").sum().alias("total"),
        ranks.sum().alias("n"),
        pl.lit(MONEY_SCALE).alias("scale"),
    )
    known = (
        filled.filter("listed")
        .with_columns(pl.when(~pl.col("unknown")).then(pl.col("cents")).alias("cents"))
        .join(wholes, how="cross")
    )
    ranked = (
        known.filter(pl.col("cents") > 0)
        .sort("cents", "customer_id", descending=[True, False])
        .with_columns(
            pl.col("cents").rank("min", descending=True).cast(pl.Int64).alias("rank"),
            pl.col("cents").cum_sum().alias("down_to"),
        )
        .select(
            "customer_id",
            "rank",
            ((pl.col("rank") - 1) / pl.col("n")).alias("rank_position"),
            _share("down_to").alias("cumulative_share"),
            _share(pl.col("down_to") - pl.col("cents")).alias("cumulative_share_before"),
        )
    )
    unknown = [pl.col("unknown").alias(c.key + UNREADABLE) for c in COLUMNS]
    return known.join(ranked, on="customer_id", how="left").select(
        "customer_id",
        (pl.col("cents") / pl.col("scale")).alias("sales"),
        _share("cents").alias("share"),
        *(c.key for c in COLUMNS[2:]),
        *unknown,
    )


@fact("customers", columns=COLUMNS, across=portfolio, source="orders")
def sales(
    customers: Rows, orders: Rows, book: Book, period: tuple[dt.date, dt.date]
) -> tuple[pl.LazyFrame, list[Problem]]:
    """Return what each customer adds to the total, and the warning that lines are left out."""
    count = _lines(orders, *period).select(pl.col("unknown").sum()).collect().item()
    names, title = Text("销售额或日期", "amount or date"), book.title("orders")
    told = [ROWS_LEFT_OUT.at(book.at("orders"), count=count, sheet=title, columns=names)]
    return totals(customers, orders, *period), told if count else []


def sold(customers: Rows, orders: Rows, book: Book, period: tuple[dt.date, dt.date]) -> Rows:
    """Return sales and share of each listed customer, blank where the book has no orders."""
    found = portfolio(totals(customers, orders, *period)).select("customer_id", "sales", "share")
    told = pl.lit(book.has("orders"))
    return found.with_columns(pl.when(told).then(pl.col("sales", "share"))).collect()


def _share(cents: str | pl.Expr) -> pl.Expr:
    part = pl.col(cents) if isinstance(cents, str) else cents
    return pl.when(pl.col("total") > 0).then(part / pl.col("total"))


def _lines(orders: pl.DataFrame, start: dt.date, end: dt.date) -> pl.LazyFrame:
    """Return the order lines of the period in fixed point, unreadable ones marked.

    An amount too large for fixed point counts as unreadable; so does a line whose date is, which
    may belong to the period.
    """
    undated = unreadable(orders, "date")
    scaled = (pl.col("amount") * MONEY_SCALE).round(mode="half_away_from_zero")
    cents = scaled.cast(pl.Int64, strict=False)
    inside = pl.col("date").is_between(start, end).fill_null(False)
    too_large = cents.is_null() & pl.col("amount").is_not_null()
    return (
        orders.lazy()
        .filter(inside | undated)
        .select(
            "customer_id",
            pl.when(inside).then(cents).fill_null(0).alias("cents"),
            (unreadable(orders, "amount") | undated | too_large).alias("unknown"),
        )
    )
