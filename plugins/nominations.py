"""Nominations by department: what the data say about them, and how many departments agree."""

from __future__ import annotations

import polars as pl

from kamrules.plugin import Book, Rows, SheetSpec, columns, fact, fact_columns, given, result

from .sales import sold
from .trade import trade

NOMINATIONS = SheetSpec(
    "nominations",
    "部门提名",
    "Nominations",
    columns("""
    period | 期次 | Period | text required | 年度, 半年
    department | 部门 | Department | text required
    customer_id | 客户编号 | Customer ID | text required | 客户ID, 客户编码, 客户, 项目
    reason | 提名理由 | Reason | text required | 理由
    nominated_by | 提名人 | Nominated by | text
    date | 日期 | Date | date | 提名日期
    output_value | 项目产值 | Output Value | money 元 | 产值
    area | 项目面积 | Area | number 平方米 | 面积
    """),
    ("提名", "推荐名单", "大客户提名"),
    references="customer_id",
)
VALID = result("nominations", "提名有效", "Nomination Valid", "bool")
# What nominations are checked against.
OF_CUSTOMER = fact_columns("""
    nominee_sales | 被提名客户销售额 | Sales of Nominee | money 元 | 期内销售额 | sales in the period
    nominee_potential | 被提名客户潜力 | Potential of Nominee | number | 发展潜力 | potential
    nominee_profit_position | 被提名客户利润排名位置 | Profit Rank Position of Nominee | percent | 利润排名位置 | profit rank position
    nominee_paid_days | 被提名客户回款天数 | Days to Payment of Nominee | number 天 | 订单回款天数 | days to payment
""")  # fmt: skip
LATEST = fact_columns("""
    latest_nomination | 本期提名 | Latest Nomination | bool | 期次是表中最后一期 | the period is the last one of the sheet
""")  # fmt: skip
DEPARTMENTS = fact_columns("""
    nominating_departments | 有效提名部门数 | Nominating Departments | int | 本期有效提名的不同部门数; 没有提名表则为空 | departments with a valid nomination of the latest period; empty without a Nominations sheet
    nominated_by_whom | 提名部门 | Nominated by | text | 本期有效提名的部门和理由 | departments and reasons of valid nominations of the latest period
""")  # fmt: skip


@fact("nominations", each="customer_id", columns=OF_CUSTOMER)
def backed(
    nominations: Rows, customers: Rows, traded: Rows = given(trade), sales: Rows = given(sold)
) -> pl.LazyFrame:
    """Return what the data say about the customers that are nominated."""
    said = customers.lazy().select("customer_id", pl.col("potential").alias("nominee_potential"))
    return (
        nominations.lazy()
        .select("customer_id")
        .drop_nulls()
        .unique(maintain_order=True)
        .join(said.unique("customer_id", keep="first"), on="customer_id", how="left")
        .join(traded.join(sales, on="customer_id").lazy(), on="customer_id", how="left")
        .select(
            "customer_id",
            pl.col("sales").alias("nominee_sales"),
            "nominee_potential",
            pl.col("profit_rank_position").alias("nominee_profit_position"),
            pl.col("paid_days").alias("nominee_paid_days"),
        )
    )


@fact("nominations", each="period", columns=LATEST)
def latest(nominations: Rows) -> pl.LazyFrame:
    """Return for each period whether it is the last one."""
    period = nominations.lazy().select("period").drop_nulls().unique()
    return period.with_columns(
        (pl.col("period") == pl.col("period").max()).alias("latest_nomination")
    )


@fact("customers", columns=DEPARTMENTS, after=(VALID, latest), scope="subject")
def departments(customers: Rows, nominations: Rows, book: Book) -> pl.LazyFrame:
    """Return how many departments nominate each customer validly, and which, as decided."""
    valid = nominations.lazy().filter(pl.col(VALID.key), pl.col("latest_nomination"))
    said = pl.format("{}({})", "department", "reason").unique(maintain_order=True)
    by_customer = valid.group_by("customer_id", maintain_order=True).agg(
        pl.col("department").n_unique().cast(pl.Int64).alias("nominating_departments"),
        said.str.join("、").alias("nominated_by_whom"),
    )
    ids = customers.lazy().select("customer_id").drop_nulls().unique()
    none = pl.when(pl.lit(book.has("nominations"))).then(0)
    return ids.join(by_customer, on="customer_id", how="left").with_columns(
        pl.col("nominating_departments").fill_null(none)
    )
