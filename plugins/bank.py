"""What a bank knows of a customer in a year: benefit, balances, and what its cheques cost."""

from __future__ import annotations

import datetime as dt

import polars as pl

from kamrules.plugin import Rows, SheetSpec, columns, fact, fact_columns, parameter

FINANCIALS = SheetSpec(
    "financials",
    "财务",
    "Financials",
    columns("""
    customer_id | 客户编号 | Customer ID | text required | 客户ID, 客户编码
    year | 年度 | Year | int required | 期间, 年度 Year
    intermediary_income | 中间业务收入 | Intermediary | money 美元 | 中间业务价值
    benefit | 综合效益 | Benefit | money 美元
    avg_balance | 月均结余 | Avg Balance | money 美元
    savings | 储蓄余额 | Savings | money 美元
    cheques | 支票笔数 | Cheques | int
    """),
    ("客户财务", "财务报表", "资信", "应收账款"),
    references="customer_id",
)
CUSTOMER_COLUMNS = columns("customer_age | 客户年龄 | Customer Age | int 岁 | 年龄")
FACTS = fact_columns("""
    bank_benefit | 年综合效益 | Comprehensive Benefit | money 美元 | 财务表最近一年的综合效益 | benefit of the latest year in the Financials sheet
    bank_intermediary | 年中间业务价值 | Intermediary Value | money 美元 | 财务表最近一年的中间业务收入 | intermediary income of the latest year
    bank_balance | 账户月均结余 | Average Balance | money 美元 | 财务表最近一年的月均结余 | average balance of the latest year
    bank_savings | 账户储蓄余额 | Savings Balance | money 美元 | 财务表最近一年的储蓄余额 | savings of the latest year
    bank_result | 账户收支 | Account Result | money 美元 | 综合效益 - 支票笔数 x 每张支票成本 | benefit - cheques x cost of a cheque
""")  # fmt: skip


@fact("customers", columns=FACTS, source="financials", optional=True)
def bank(
    financials: Rows, as_of: dt.date,
    cost: float = parameter("每张支票成本", "cost of a cheque", 0.5),
) -> Rows:  # fmt: skip
    """Return the facts of each customer, of its latest year that has begun."""
    return latest_year(financials, as_of).select(
        "customer_id",
        pl.col("benefit").alias("bank_benefit"),
        pl.col("intermediary_income").alias("bank_intermediary"),
        pl.col("avg_balance").alias("bank_balance"),
        pl.col("savings").alias("bank_savings"),
        (pl.col("benefit") - pl.col("cheques").fill_null(0) * cost).alias("bank_result"),
    )


def latest_year(financials: Rows, as_of: dt.date) -> Rows:
    """Return the latest year of each customer that has begun."""
    return (
        financials.filter(pl.col("year") <= as_of.year, pl.col("customer_id").is_not_null())
        .sort("year", maintain_order=True)
        .unique("customer_id", keep="last", maintain_order=True)
    )
