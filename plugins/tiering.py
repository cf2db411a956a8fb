"""Tiering: the customers, orders and history sheets, and each customer's part of total sales."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules.plugin import Report, Rows, SheetSpec, columns, fact, fact_columns, hookimpl, result

from .accounts.headline import HEADLINE
from .bank import CUSTOMER_COLUMNS, FINANCIALS, bank
from .nominations import NOMINATIONS, backed, departments, latest
from .review import reviews
from .sales import sales
from .trade import traded
from .visits import VISITS

__all__ = ["backed", "bank", "departments", "latest", "reviews", "sales", "traded"]
CUSTOMERS = SheetSpec(
    "customers",
    "客户",
    "Customers",
    columns("""
    customer_id | 客户编号 | Customer ID | text required | 客户ID, 客户编码, 客户代码, 客户号, 编号, CustomerID, Account ID, Acct No
    customer_name | 客户名称 | Customer Name | text required | 客户, 名称, 公司名称, 单位名称, 单位, 客户全称, CompanyName, Account Name, ResellerName
    parent_id | 上级客户编号 | Parent ID | text | 集团编号, 母公司, 所属集团, Parent Account
    owner | 负责人 | Owner | text | 客户经理, 业务员, 销售人员, 责任人, 大客户经理, 跟进人, Account Manager, Salesperson, EmployeeKey
    branch | 分公司 | Branch | text | 所属分公司, 部门, 区域公司, 事业部, 办事处
    region | 地区 | Region | text | 区域, 省份, 省/自治区, 大区, State, Territory
    industry | 行业 | Industry | text | 客户行业, 所属行业, 细分, Segment, BusinessType
    industry_rank | 行业排名 | Industry Rank | int | 行业地位, 行业内排名
    industry_competition | 行业竞争 | Competition | enum 高/中/低 | 竞争程度
    customer_type | 客户类型 | Type | enum 消费/产业/中间/公利/潜在 | 类型, 客户性质
    org_type | 组织形态 | Org Type | enum 外企/国企/私企/政府 | 企业性质, 单位性质, 所有制
    strategic_flag | 战略意义 | Strategic | enum 重大/重要/无 blank=无 | 战略重要性, 是否战略
    approver | 批准人 | Approver | text | 审批人, 批准
    manual_tier | 人工等级 | Manual Tier | text | 指定等级, 客户等级, 客户级别, 等级, 级别, 评级, Tier, Grade, Level
    manual_tier_until | 人工等级有效期 | Override Until | date | 有效期
    manual_tier_reason | 人工等级理由 | Override Reason | text | 理由, 备注
    prev_tier | 上期等级 | Previous Tier | text | 上期级别, 原等级
    potential | 发展潜力 | Potential | number 高=80 中=50 低=20 | 潜力, 增值潜力, 潜力分
    innovative | 创新型 | Innovative | bool
    time_consuming | 费时服务 | Time-consuming Service | bool | 费时要求
    influence | 影响力 | Influence | int | 意见领袖
    wallet | 客户总采购额 | Customer Spend | money 元 | 年采购额, 总需求
    competitors | 竞争对手 | Competitors | text | 现有供应商, 其他供应商
    competitor_active | 竞争对手活跃 | Competitor Active | bool
    relationship_type | 现关系类型 | Relationship | enum 基本/被动/负责/能动/主动/伙伴/基本型/被动型/负责型/能动型/伙伴型/被动式/负责式/主动式/伙伴式 | 关系类型
    first_deal | 首次合作日期 | First Deal | date | 开始合作, 建档日期, 合作开始, 开户日期
    credit_grade | 信用等级 | Credit | enum A/B/C/D | 信用, 资信
    lost_reason | 流失原因 | Lost Reason | enum 企业/竞争/客户
    legal_person | 法定代表人 | Legal Rep | text | 法人, 法人代表
    address | 地址 | Address | text | 单位地址, 通讯地址
    phone | 电话 | Phone | text | 联系电话, 座机
    updated_at | 更新日期 | Updated | date | 最后更新, 更新时间
    """),
    (
        "客户表", "客户档案", "客户清单", "大客户列表", "客户名单", "客户信息", "Accounts",
        "Account", "Clients", "Resellers",
    ),
    required=True,
    unique="customer_id",
    headline=HEADLINE,
)  # fmt: skip
ORDERS = SheetSpec(
    "orders",
    "销售",
    "Orders",
    columns("""
    order_id | 订单编号 | Order ID | text | 订单ID, 订单号, 单号, 单据编号, 销售单号, 合同号, SalesOrderNumber, InvoiceNo
    line | 行号 | Line | int | 行ID, 序号, Row ID
    customer_id | 客户编号 | Customer ID | text required | 客户ID, 客户编码, 客户代码, 客户号, CustomerID, Account ID, Acct No
    date | 日期 | Date | date required event | 订单日期, 下单日期, 销售日期, 开票日期, 成交日期, 业务日期, Order Date, InvoiceDate
    amount | 销售额 | Amount | money 元 required | 金额, 含税金额, 销售金额, 成交金额, 合同额, 合同金额, 订单金额, 开票金额, 实收, SalesAmount, Sales, Revenue
    tax_included | 含税 | Tax Included | bool | 是否含税
    currency | 币种 | Currency | text | 货币
    cost | 成本 | Cost | money 元 | 销售成本, 采购成本, TotalProductCost
    profit | 利润 | Profit | money 元 | 毛利, 毛利润, 利润额, Gross Profit
    quantity | 数量 | Quantity | number | 数量(件), 台数, 吨
    discount | 折扣 | Discount | percent | 折扣率, 优惠
    product | 产品名称 | Product | text | 品名, 货品, 商品, 产品
    category | 产品类别 | Category | text | 类别, 子类别, 大类, 品类, 产品线
    required_date | 要求交期 | Required Date | date | 交货日期, 交期, DueDate
    ship_date | 发货日期 | Ship Date | date | 实际发货, Shipped Date
    paid_date | 回款日期 | Paid Date | date | 收款日期, 到账日期, 回款时间
    paid_amount | 回款金额 | Paid | money 元 | 收款金额, 已回款
    salesperson | 销售人员 | Salesperson | text | 业务员, EmployeeID
    returned | 退货 | Returned | bool | 是否退货, 退回
    """),
    (
        "订单", "销售明细", "销售订单", "销售数据", "出货", "发货", "流水", "交易", "Sales",
        "Order Details", "ResellerSales", "订单明细",
    ),
    references="customer_id",
)  # fmt: skip
HISTORY = SheetSpec(
    "history",
    "历史",
    "History",
    columns("""
    period | 期次 | Period | date required | 截止日期, As of
    customer_id | 客户编号 | Customer ID | text required | 客户ID, 客户编码
    tier | 等级 | Tier | text required | 客户等级, 级别
    share | 占比 | Share | percent | 销售额占比
    churn | 流失分 | Churn | number
    health | 健康度 | Health | number
    outcome | 评审结论 | Review Outcome | text
    """),
    ("上期结果", "历史等级"),
)

PREVIOUS = fact_columns("""
    previous_tier | 上期等级 | Previous Tier | text | 历史表中最近一期的等级 | tier of the latest earlier period in the History sheet
    previous_outcome | 上期评审结论 | Previous Review Outcome | text | 历史表中最近一期的评审结论 | review outcome of the latest earlier period in the History sheet
""")  # fmt: skip
PRIORITY = fact_columns("""
    priority | 优先顺序 | Priority | int | 负责人名下的顺序: 生效等级, 发展潜力, 销售额 | order among the customers of its owner: effective tier, potential, sales
""")  # fmt: skip
ORDER = result("customers", "生效等级序", "Effective Tier Order", "int")


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    customers = replace(CUSTOMERS, columns=CUSTOMERS.columns + CUSTOMER_COLUMNS)
    return [customers, ORDERS, HISTORY, VISITS, FINANCIALS, NOMINATIONS]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "tiering.xlsx"]


@hookimpl
def reports() -> Iterable[Report]:
    return [Report("report", files("kamrules_templates") / "report.html.j2", ".html")]


@fact("customers", columns=PREVIOUS, scope="subject", source=("history", "customers"))
def previous(customers: Rows, history: Rows, as_of: dt.date) -> pl.LazyFrame:
    """Return each customer's tier and review of the latest earlier period, else the book's tier."""
    ids = (
        customers.lazy()
        .select("customer_id", "prev_tier")
        .drop_nulls("customer_id")
        .unique("customer_id", keep="first", maintain_order=True)
    )
    past = history.lazy().filter(pl.col("period") < as_of)
    latest = pl.col("tier", "outcome").sort_by("period").last()
    return ids.join(
        past.group_by("customer_id").agg(latest),
        on="customer_id",
        how="left",
        maintain_order="left",
    ).select(
        "customer_id",
        pl.coalesce("tier", "prev_tier").alias("previous_tier"),
        pl.col("outcome").alias("previous_outcome"),
    )


@fact("customers", columns=PRIORITY, after=(ORDER, "customers.sales"))
def priority(customers: Rows) -> pl.LazyFrame:
    """Return the order in which an owner should see to the customers."""
    order = [pl.col(c).fill_null(-1) for c in (ORDER.key, "potential", "sales")]
    return (
        customers.lazy()
        .drop_nulls("customer_id")
        .unique("customer_id", keep="first", maintain_order=True)
        .sort(*order, "customer_id", descending=[True, True, True, False])
        .select("customer_id", pl.int_range(1, pl.len() + 1).over("owner").alias("priority"))
    )
