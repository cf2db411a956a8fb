"""Credit: five ratios from a customer's accounts, what it owes, and the size of its contracts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules.plugin import (
    UNREADABLE,
    Rows,
    SheetSpec,
    columns,
    divided,
    fact,
    fact_columns,
    hookimpl,
    unreadable,
)

from .bank import latest_year
from .sales import MONEY_SCALE
from .trade import in_fixed_point

requires = ("tiering",)

FINANCIALS = SheetSpec(
    "financials",
    "财务",
    "Financials",
    columns("""
    revenue | 营业收入 | Revenue | money 元 | 收入
    net_profit | 净利润 | Net Profit | money 元
    total_assets | 总资产 | Total Assets | money 元 | 资产总额
    current_assets | 流动资产 | Current Assets | money 元
    current_liabilities | 流动负债 | Current Liabilities | money 元
    receivable | 应收账款 | Receivable | money 元 | 欠款
    overdue_days | 逾期天数 | Overdue Days | int 天
    inventory | 存货 | Inventory | money 元
    cogs | 营业成本 | COGS | money 元
    cost_to_serve | 服务成本 | Cost to Serve | money 元
    """),
    references="customer_id",
)
CONTRACTS = SheetSpec(
    "contracts",
    "合同",
    "Contracts",
    columns("""
    contract_id | 合同编号 | ID | text required
    customer_id | 客户编号 | Customer ID | text required | 客户ID, 客户编码
    kind | 类型 | Kind | text
    amount | 合同金额 | Amount | money 元 | 合同额
    start | 开始日期 | Start | date | 合同开始时间
    end | 结束日期 | End | date | 合同结束时间, 到期日
    """),
    ("框架协议", "协议"),
    references="customer_id",
)
FACTS = fact_columns("""
    current_ratio | 流动比率 | Current Ratio | number | 流动资产 / 流动负债, 最近一年 | current assets / current liabilities, latest year
    net_margin | 净利润率 | Net Margin | percent | 净利润 / 营业收入 | net profit / revenue
    return_on_assets | 资产回报率 | Return on Assets | percent | 净利润 / 总资产 | net profit / total assets
    collection_days | 回款周期 | Collection Days | number 天 | 应收账款 / 营业收入 x 365 | receivable / revenue x 365
    inventory_days | 存货周期 | Inventory Days | number 天 | 存货 / 营业成本 x 365 | inventory / cost of goods sold x 365
    receivable_overdue_days | 逾期应收天数 | Days Receivable Overdue | int 天 | 财务表的逾期天数 | overdue days of the Financials sheet
""")  # fmt: skip
CONTRACTED = fact_columns("""
    contract_amount | 合同总额 | Contract Amount | money 元 | 基准日未到期合同的金额之和 | amount of the contracts in force on the as-of date
    contract_position | 合同额位置 | Contract Rank Position | percent | (合同总额名次-1)/有合同的客户数 | (rank by contract amount - 1) / customers with contracts
""")  # fmt: skip
# What is divided, and by what.
RATIOS = {
    "current_ratio": ("current_assets", "current_liabilities", 1),
    "net_margin": ("net_profit", "revenue", 1),
    "return_on_assets": ("net_profit", "total_assets", 1),
    "collection_days": ("receivable", "revenue", 365),
    "inventory_days": ("inventory", "cogs", 365),
}


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    return [FINANCIALS, CONTRACTS]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "credit.xlsx"]


@fact("customers", columns=FACTS, source="financials", optional=True)
def accounts(financials: Rows, as_of: dt.date) -> Rows:
    """Return the ratios of each customer; a zero below the line or a missing figure leaves blank."""
    told = latest_year(financials, as_of)
    return told.select(
        "customer_id",
        *(
            pl.when(pl.col(below) > 0).then(pl.col(above) / pl.col(below) * times).alias(name)
            for name, (above, below, times) in RATIOS.items()
        ),
        *(
            unreadable(told, above, below).alias(name + UNREADABLE)
            for name, (above, below, _) in RATIOS.items()
        ),
        pl.col("overdue_days").cast(pl.Int64).alias("receivable_overdue_days"),
    )


@fact("customers", columns=CONTRACTED, source="contracts", optional=True)
def contracted(customers: Rows, contracts: Rows, as_of: dt.date) -> Rows:
    """Return the amount of each customer's contracts in force, and its place among all."""
    ends = pl.col("end").cast(pl.Date)
    sums = (
        contracts.filter(ends.is_null() | (ends >= as_of))
        .group_by("customer_id")
        .agg(in_fixed_point(pl.col("amount")).sum().alias("contract_amount"))
        .with_columns(divided(pl.col("contract_amount"), MONEY_SCALE))
    )
    ids = customers.select("customer_id").drop_nulls().unique()
    found = ids.join(sums, on="customer_id", how="left")
    return found.with_columns(_position().alias("contract_position"))


def _position() -> pl.Expr:
    amount = pl.col("contract_amount")
    return divided(amount.rank("min", descending=True) - 1, amount.count())
