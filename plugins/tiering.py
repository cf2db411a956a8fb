"""Tiering: the customers, orders and history sheets, and each customer's part of total sales."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules import hookimpl
from kamrules.facts.fact import Fact
from kamrules.messages.problem import Cell, Problem
from kamrules.messages.text import problem
from kamrules.sheets.column import UNREADABLE, Column, SheetSpec
from kamrules.sheets.period import period
from kamrules.sheets.sheet import Data
from kamrules.sheets.specs import columns, fact_columns
from kamrules.words.text import Lang, Text

from . import nominations
from .accounts.headline import HEADLINE
from .bank import CUSTOMER_COLUMNS, FINANCIALS, bank
from .bank import FACTS as BANK
from .review import FACTS as REVIEW
from .review import review
from .trade import FACTS as TRADE
from .trade import MONEY_SCALE, VISIT_COLUMNS, trade, with_columns

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
VISITS = SheetSpec(
    "visits",
    "拜访",
    "Visits",
    VISIT_COLUMNS,
    (
        "回访", "拜访记录", "回访记录", "跟进记录", "客户拜访", "走访", "回访表", "Activities",
        "Follow-ups",
    ),
    references="customer_id",
)  # fmt: skip

SALES = Column(
    "sales",
    "期内销售额",
    "Sales in Period",
    "money",
    "元",
    meaning=Text(
        "期内订单销售额之和(退货为负)", "sum of order amounts in the period (returns are negative)"
    ),
)
SHARE = Column(
    "share",
    "销售额占比",
    "Share of Sales",
    "percent",
    meaning=Text(
        "期内销售额 / 全部订单期内销售额", "sales in the period / sales of all orders in the period"
    ),
)
RANK = Column(
    "rank",
    "销售名次",
    "Sales Rank",
    "int",
    meaning=Text(
        "期内销售额从大到小的名次, 相同的并列",
        "rank by sales in the period, ties share the smallest",
    ),
)
POSITION = Column(
    "rank_position",
    "排名位置",
    "Rank Position",
    "percent",
    meaning=Text("(名次-1)/有销售的客户数", "(rank-1) / customers with sales"),
)
CUMULATIVE = Column(
    "cumulative_share",
    "累计销售占比",
    "Cumulative Share",
    "percent",
    meaning=Text("名次不低于该客户的占比之和", "sum of shares down to this customer"),
)
BEFORE = Column(
    "cumulative_share_before",
    "累计销售占比_之前",
    "Cumulative Share Before",
    "percent",
    meaning=Text("排在前面的客户占比之和", "sum of shares of the customers before"),
)
PREVIOUS = fact_columns("""
    previous_tier | 上期等级 | Previous Tier | text | 历史表中最近一期的等级 | tier of the latest earlier period in the History sheet
    previous_outcome | 上期评审结论 | Previous Review Outcome | text | 历史表中最近一期的评审结论 | review outcome of the latest earlier period in the History sheet
""")  # fmt: skip
PRIORITY = fact_columns("""
    priority | 优先顺序 | Priority | int | 负责人名下的顺序: 生效等级, 发展潜力, 销售额 | order among the customers of its owner: effective tier, potential, sales
""")  # fmt: skip
ORDER = "生效等级序"  # what the table service_level gives


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    customers = replace(CUSTOMERS, columns=CUSTOMERS.columns + CUSTOMER_COLUMNS)
    return [customers, ORDERS, HISTORY, VISITS, FINANCIALS, nominations.NOMINATIONS]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "tiering.xlsx"]


@hookimpl
def facts(data: Data, as_of: dt.date) -> Iterator[Fact]:
    customers, orders = data.frame("customers"), data.frame("orders")
    if customers is None:
        return
    yield _previous(data, customers, as_of)
    columns = (SALES, SHARE, RANK, POSITION, CUMULATIVE, BEFORE)
    if orders is None:
        named = Text(*(sep.join(c.name.of(lang) for c in columns) for sep, lang in _LISTED))
        problems: tuple[Problem, ...] = (
            problem("W405", Cell(data.book), sheet=ORDERS.name, facts=named),
        )
        nothing = (pl.lit(None, pl.Float64).alias(c.key) for c in columns)
        shares = customers.lazy().select("customer_id").drop_nulls().unique().with_columns(*nothing)
        yield Fact("customers", "customer_id", columns, shares, "customer", problems)
    else:
        sums = totals(customers, orders, *period(data, as_of))
        problems = _left_out(data, as_of)
        yield Fact(
            "customers", "customer_id", columns, sums, "portfolio", problems,
            across=portfolio, source="orders",
        )  # fmt: skip
        shares = portfolio(sums).collect().lazy()
    traded = trade(data, as_of, shares.select("customer_id", "sales", "share")).collect().lazy()
    yield Fact("customers", "customer_id", TRADE, traded, "portfolio")
    yield Fact("customers", "customer_id", BANK, bank(data, as_of))
    yield Fact("customers", "customer_id", REVIEW, review(data, as_of))
    if "nominations" in data.sheets:
        known = traded.join(shares, on="customer_id")
        of_customer, latest = nominations.OF_CUSTOMER[:-1], nominations.OF_CUSTOMER[-1:]
        yield Fact("nominations", "customer_id", of_customer, nominations.of_customer(data, known))
        yield Fact("nominations", "period", latest, nominations.latest(data))
    yield Fact("customers", "customer_id", PRIORITY, _priority, "portfolio", after=(ORDER,))
    valid = (nominations.VALID,)
    yield Fact(
        "customers", "customer_id", nominations.DEPARTMENTS, nominations.departments, "customer",
        after=valid,
    )  # fmt: skip


_LISTED: tuple[tuple[str, Lang], ...] = (("、", "zh"), (", ", "en"))


def _previous(data: Data, customers: pl.DataFrame, as_of: dt.date) -> Fact:
    """Return each customer's tier and review of the latest earlier period, else the book's tier."""
    ids = (
        with_columns(customers, "prev_tier")
        .select("customer_id", "prev_tier")
        .drop_nulls("customer_id")
        .unique("customer_id", keep="first", maintain_order=True)
    )
    history = data.frame("history")
    if history is None:
        history = pl.DataFrame(schema={"customer_id": pl.String, "period": pl.Date})
    past = with_columns(history, "tier", "outcome").filter(pl.col("period") < as_of)
    latest = pl.col("tier", "outcome").sort_by("period").last()
    frame = ids.join(
        past.group_by("customer_id").agg(latest),
        on="customer_id",
        how="left",
        maintain_order="left",
    ).select(
        "customer_id",
        pl.coalesce("tier", "prev_tier").alias("previous_tier"),
        pl.col("outcome").alias("previous_outcome"),
    )
    return Fact("customers", "customer_id", PREVIOUS, frame, "customer", source="history")


def _priority(data: Data) -> pl.LazyFrame:
    """Return the order in which an owner should see to the customers."""
    keys = ("customer_id", "owner", "potential", "sales", ORDER)
    order = [pl.col(c).fill_null(-1) for c in (ORDER, "potential", "sales")]
    return (
        with_columns(data.sheets["customers"].frame, *keys)
        .select(keys)
        .drop_nulls("customer_id")
        .unique("customer_id", keep="first", maintain_order=True)
        .sort(*order, "customer_id", descending=[True, True, True, False])
        .select("customer_id", pl.int_range(1, pl.len() + 1).over("owner").alias("priority"))
    )


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
    unknown = [pl.col("unknown").alias(c + UNREADABLE) for c in _DERIVED]
    return known.join(ranked, on="customer_id", how="left").select(
        "customer_id",
        (pl.col("cents") / pl.col("scale")).alias("sales"),
        _share("cents").alias("share"),
        "rank",
        "rank_position",
        "cumulative_share",
        "cumulative_share_before",
        *unknown,
    )


_DERIVED = (
    "sales",
    "share",
    "rank",
    "rank_position",
    "cumulative_share",
    "cumulative_share_before",
)


def _left_out(data: Data, as_of: dt.date) -> tuple[Problem, ...]:
    """Return the warning that totals leave order lines out, where they do."""
    sheet = data.sheets["orders"]
    lines = _lines(sheet.frame, *period(data, as_of)).select(pl.col("unknown").sum()).collect()
    count = lines.item()
    if not count:
        return ()
    columns = Text("销售额或日期", "amount or date")
    where = Cell(data.book, sheet.title)
    return (problem("W406", where, count=count, sheet=sheet.title, columns=columns),)


def _share(cents: str | pl.Expr) -> pl.Expr:
    part = pl.col(cents) if isinstance(cents, str) else cents
    return pl.when(pl.col("total") > 0).then(part / pl.col("total"))


def _lines(orders: pl.DataFrame, start: dt.date, end: dt.date) -> pl.LazyFrame:
    """Return the order lines of the period in fixed point, unreadable ones marked.

    An amount too large for fixed point counts as unreadable; so does a line whose date is, which
    may belong to the period.
    """

    def flag(column: str) -> pl.Expr:
        name = column + UNREADABLE
        return pl.col(name) if name in orders.columns else pl.lit(False)

    scaled = (pl.col("amount") * MONEY_SCALE).round(mode="half_away_from_zero")
    cents = scaled.cast(pl.Int64, strict=False)
    inside = pl.col("date").is_between(start, end).fill_null(False)
    too_large = cents.is_null() & pl.col("amount").is_not_null()
    return (
        orders.lazy()
        .filter(inside | flag("date"))
        .select(
            "customer_id",
            pl.when(inside).then(cents).fill_null(0).alias("cents"),
            (flag("amount") | flag("date") | too_large).alias("unknown"),
        )
    )
