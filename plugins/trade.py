"""What a customer's orders and visits say beyond its sales: profit, growth, habits, effort."""

from __future__ import annotations

import datetime as dt

import polars as pl

from kamrules.plugin import (
    UNREADABLE,
    Book,
    Rows,
    before,
    divided,
    fact,
    fact_columns,
    given,
    parameter,
    unreadable,
)

from .sales import MONEY_SCALE, sold

# A shorter part of last period says nothing about growth.
LEAST_DAYS = 28
MONTH_DAYS = 365.25 / 12

FACTS = fact_columns("""
    profit | 期内利润 | Profit in Period | money 元 | 期内订单利润之和; 有一行既无利润又无成本就不计算 | sum of the profit of orders in the period; empty where a line has neither profit nor cost
    margin | 毛利率 | Margin | percent | 期内利润 / 期内销售额 | profit / sales of the period
    profit_share | 利润占比 | Share of Profit | percent | 期内利润 / 全部利润; 全部利润不大于零时为占全部正利润的比例 | profit / profit of all; where that is not above zero, the part of all positive profits
    profit_rank_position | 利润排名位置 | Profit Rank Position | percent | (利润名次-1)/有销售且利润已知的客户数 | (rank by profit - 1) / customers with sales whose profit is known
    loss_impact | 流失影响率 | Loss Impact | percent | 失去该客户会少掉的那部分利润; 没有利润或全部利润不大于零时按销售额 | the part of profit that would go with the customer; of sales where profit is not known or not above zero
    net_contribution | 净贡献 | Net Contribution | money 元 | 期内利润 - 拜访费用 - 拜访工时 x 工时费率 | profit - cost of visits - hours of visits x hourly rate
    previous_sales | 上期销售额 | Previous Sales | money 元 | 前一个同样长的期间的销售额 | sales of the period of the same length before
    growth | 增长率 | Growth | percent | 与上期同样的日子相比; 上期没有销售则为空 | against the same days of the period before; empty where nothing was sold then
    tenure_months | 合作月数 | Tenure Months | int 月 | 从首次合作日期或首单到基准日 | from the first deal or order to the as-of date
    active_months | 活跃月数_12 | Active Months of 12 | int 月 | 最近 12 个月里有订单的月数 | months with an order among the last 12
    order_count | 订单数 | Order Count | int | 期内订单数 | orders in the period
    average_order | 平均订单额 | Average Order | money 元 | 期内销售额 / 订单数 | sales / orders of the period
    average_order_position | 平均订单额位置 | Average Order Position | percent | (平均订单额名次-1)/有订单的客户数 | (rank by average order - 1) / customers with orders
    order_gap | 订单间隔 | Order Gap | number 天 | 两次订单间隔天数的中位数; 少于 3 次为空 | median days between orders; empty below 3 orders
    days_since_order | 距末次订单天数 | Days since Order | int 天 | 基准日 - 最后订单日 | as-of date - last order
    product_count | 产品数 | Product Count | int | 期内购买的产品类别数 | categories bought in the period
    discounted_share | 优惠销售占比 | Discounted Share | percent | 有折扣的销售额 / 期内销售额 | sales at a discount / sales of the period
    highest_discount | 最高折扣 | Highest Discount | percent | 期内订单的最高折扣 | highest discount of the period
    late_payments | 逾期次数_12月 | Late Payments of 12 Months | int | 最近 12 个月超过账期才付或仍未付的订单数; 没有回款日期列则为空 | orders of the last 12 months paid after the credit period or not yet; empty without a paid date column
    paid_days | 订单回款天数 | Days to Payment | number 天 | 期内已付订单从下单到回款的平均天数 | mean days from order to payment in the period
    visit_hours | 拜访工时 | Visit Hours | number 小时 | 期内拜访工时之和 | hours of visits in the period
    effort_share | 投入占比 | Share of Effort | percent | 拜访工时 / 全部拜访工时 | hours / hours of all visits
    feedback_count | 反馈次数_12月 | Feedback of 12 Months | int | 最近 12 个月有客户反馈的拜访 | visits of the last 12 months with feedback
    supplier_count | 供应商数 | Suppliers | int | 竞争对手列里的名称数 | names in the column of competitors
    wallet_share | 客户份额 | Share of Wallet | percent | 期内销售额 / 客户总采购额 | sales / what the customer buys in all
    loyalty | 忠诚度 | Loyalty | number | 活跃月数/12 x 40 + 合作月数/36 x 30 + 15, 各项封顶 | active months / 12 x 40 + tenure / 36 x 30 + 15, each capped
    potential_estimate | 潜力估算 | Potential Estimate | number | 发展潜力, 没有则 50 + 增长率 x 25 + (1-客户份额) x 25 | potential, else 50 + growth x 25 + (1 - share of wallet) x 25
    lifetime_value | 当前价值 | Customer Lifetime Value | money 元 | 今后五年利润按保有率和 10% 折现率折算 | profit of five years at the retention rate, discounted at 10%
    company_sales | 公司销售额 | Company Sales | money 元 | 期内全部订单销售额 | sales of all orders in the period
""")  # fmt: skip
BY_KEY = {column.key: column for column in FACTS}
# Facts that an order whose amount, profit, cost or date cannot be read leaves open.
_OF_AMOUNTS = ("profit", "margin", "profit_share", "profit_rank_position", "loss_impact", "net_contribution", "previous_sales", "growth", "average_order", "average_order_position", "discounted_share", "wallet_share", "potential_estimate", "lifetime_value")  # fmt: skip
_RATES = ("amount", "date", "profit", "cost")


def trade(
    customers: Rows, orders: Rows, visits: Rows, book: Book, as_of: dt.date,
    period: tuple[dt.date, dt.date],
    sales: Rows = given(sold),
    credit_days: int = parameter("账期天数", "credit days", 90),
    rate: float = parameter("工时费率", "hourly rate", 0.0),
    kept: float = parameter("保有率", "retention rate", 0.8),
) -> Rows:  # fmt: skip
    """Return the facts of each customer."""
    wanted = ("customer_id", "wallet", "potential", "competitors", "first_deal")
    ids = customers.lazy().select(wanted).drop_nulls("customer_id")
    known = ids.unique("customer_id", keep="first", maintain_order=True)
    found = known.join(sales.lazy(), on="customer_id", how="left", maintain_order="left")
    lines = _lines(orders, book.has("orders", "paid_date"))
    for part in (
        _of_period(lines, *period),
        _growth(lines, period, as_of),
        _habits(lines, as_of, credit_days),
        _visits(visits, as_of, *period),
    ):
        found = found.join(part, on="customer_id", how="left", maintain_order="left")
    made = _combined(found, as_of, rate, kept).with_columns(
        pl.lit(_company_sales(lines, *period)).alias("company_sales")
    )
    marks = (pl.col("unreadable").alias(c + UNREADABLE) for c in _OF_AMOUNTS)
    return made.select("customer_id", *BY_KEY, *marks).collect()


@fact("customers", columns=FACTS)
def traded(found: Rows = given(trade)) -> Rows:
    """Return what orders and visits say of each customer."""
    return found


def in_fixed_point(amount: pl.Expr) -> pl.Expr:
    """Return an amount in whole parts, so that sums are the same in every order."""
    return (amount * MONEY_SCALE).round().cast(pl.Int64)


def _lines(orders: Rows, has_paid: bool) -> pl.LazyFrame:
    """Return the order lines in fixed point; *open* marks those that cannot be read."""
    return orders.lazy().select(
        "customer_id",
        "date",
        "discount",
        "paid_date",
        in_fixed_point(pl.col("amount")).alias("cents"),
        in_fixed_point(pl.coalesce("profit", pl.col("amount") - pl.col("cost"))).alias("gain"),
        pl.coalesce("category", "product").alias("thing"),
        pl.coalesce("order_id", pl.col("date").cast(pl.String)).alias("order"),
        unreadable(orders, *_RATES).alias("open"),
        pl.lit(has_paid).alias("has_paid"),
    )


def _of_period(lines: pl.LazyFrame, start: dt.date, end: dt.date) -> pl.LazyFrame:
    inside = lines.filter(pl.col("date").is_between(start, end) | pl.col("open"))
    discounted = pl.col("cents").filter(pl.col("discount") > 0).sum()
    return inside.group_by("customer_id").agg(
        pl.when(pl.col("gain").null_count() == 0).then(pl.col("gain").sum()).alias("gain"),
        pl.col("open").any().alias("unreadable"),
        pl.col("order").n_unique().alias("order_count"),
        pl.col("cents").sum(),
        pl.col("thing").drop_nulls().n_unique().alias("product_count"),
        pl.when(pl.col("discount").count() > 0).then(discounted).alias("discounted"),
        pl.col("discount").max().alias("highest_discount"),
        (pl.col("paid_date") - pl.col("date")).dt.total_days().mean().alias("paid_days"),
    )


def _growth(lines: pl.LazyFrame, period: tuple[dt.date, dt.date], as_of: dt.date) -> pl.LazyFrame:
    """Return last period's sales and the growth over the days that both periods have data for."""
    start, end = period
    first, last = before(start, end)
    years = lines.select(pl.col("date").min().alias("first"), pl.col("date").max().alias("last"))
    begun, ended = years.collect().row(0)
    nothing = pl.lit(None, pl.Float64)
    sold = lines.group_by("customer_id").agg(
        pl.col("cents").filter(pl.col("date").is_between(first, last)).sum().alias("previous")
    )
    previous = divided(pl.col("previous"), MONEY_SCALE)
    if begun is None or begun > last:
        return sold.select("customer_id", nothing.alias("previous_sales"), nothing.alias("growth"))
    shift = start - first
    low, high = max(first, begun), min(last, ended - shift, as_of - shift)
    if (high - low).days + 1 < LEAST_DAYS:
        return sold.select("customer_id", previous.alias("previous_sales"), nothing.alias("growth"))
    since = start if low == first else low + shift
    until = end if high == last else high + shift
    like = lines.group_by("customer_id").agg(
        pl.col("cents").filter(pl.col("date").is_between(low, high)).sum().alias("then"),
        pl.col("cents").filter(pl.col("date").is_between(since, until)).sum().alias("now"),
    )  # fmt: skip
    growth = pl.when(pl.col("then") > 0).then(pl.col("now") / pl.col("then") - 1)
    return sold.join(like, on="customer_id").select(
        "customer_id", previous.alias("previous_sales"), growth.alias("growth")
    )


def _habits(lines: pl.LazyFrame, as_of: dt.date, credit_days: int) -> pl.LazyFrame:
    """Return how often and since when a customer orders, and how often it pays late."""
    dated = lines.filter(pl.col("date") <= as_of)
    orders = dated.group_by("customer_id", "order").agg(
        pl.col("date").min(), pl.col("paid_date").max(), pl.col("has_paid").first()
    )
    recent = pl.col("date") > _years_before(as_of, 1)
    due = (pl.col("paid_date").fill_null(as_of) - pl.col("date")).dt.total_days()
    late = (recent & (due > credit_days)).sum()
    days = pl.col("date").unique().sort()
    months = pl.col("date").filter(recent).dt.month_start().n_unique()
    return orders.group_by("customer_id").agg(
        pl.col("date").min().alias("first_order"),
        pl.col("date").max().alias("last_order"),
        months.alias("active_months"),
        pl.when(days.len() >= 3).then(days.diff().dt.total_days().median()).alias("order_gap"),
        pl.when(pl.col("has_paid").any()).then(late).alias("late_payments"),
    )


def _visits(visits: Rows, as_of: dt.date, start: dt.date, end: dt.date) -> pl.LazyFrame:
    """Return the effort that visits took, empty where nobody recorded any."""
    told = visits.lazy().with_columns(pl.col("date").cast(pl.Date))
    inside = pl.col("date").is_between(start, end)
    recent = pl.col("date").is_between(_years_before(as_of, 1), as_of, closed="right")
    # In fixed point, as money is, so that sums are the same in every order.
    hours = in_fixed_point(pl.col("hours")).filter(inside)
    all_hours = told.select(hours.sum().alias("all_hours"))
    return (
        told.group_by("customer_id")
        .agg(
            pl.when(hours.count() > 0).then(hours.sum()).alias("visit_hours"),
            in_fixed_point(pl.col("cost")).filter(inside).sum().alias("visit_cost"),
            (recent & pl.col("feedback").is_not_null()).sum().alias("feedback_count"),
        )
        .join(all_hours, how="cross")
        .with_columns(divided(pl.col(c), MONEY_SCALE) for c in ("visit_hours", "visit_cost"))
    )


def _combined(found: pl.LazyFrame, as_of: dt.date, rate: float, kept: float) -> pl.LazyFrame:
    """Return the facts that need several parts, and the totals."""
    worth = sum((kept / 1.1) ** year for year in range(1, 6))
    sales, gain = pl.col("sales"), pl.col("profit")
    exact = pl.col("gain")
    total, positive = exact.sum(), exact.clip(lower_bound=0).sum()
    buys = sales > 0
    names = pl.col("competitors").str.replace_all("[,，;；/]", "、").str.split("、")
    spent = pl.col("visit_cost").fill_null(0) + pl.col("visit_hours").fill_null(0) * rate
    share_of_profit = (
        pl.when(total > 0).then(divided(exact, total)).when(positive > 0)
        .then(divided(exact.clip(lower_bound=0), positive))
    )  # fmt: skip
    begun = _filled(found, as_of)
    return begun.with_columns(
        share_of_profit.alias("profit_share"),
        _position(gain, buys).alias("profit_rank_position"),
        _position(pl.col("average_order"), buys).alias("average_order_position"),
        pl.when(gain.count() > 0, total > 0).then(divided(exact, total)).otherwise(pl.col("share")).alias("loss_impact"),
        (gain - spent).alias("net_contribution"),
        (pl.lit(as_of) - pl.col("last_order")).dt.total_days().alias("days_since_order"),
        pl.when(buys).then(pl.col("discounted") / pl.col("cents")).alias("discounted_share"),
        divided((pl.col("visit_hours") * MONEY_SCALE).round(), pl.col("all_hours")).alias("effort_share"),
        names.list.eval(pl.element().filter(pl.element().str.strip_chars() != "")).list.len().cast(pl.Int64).alias("supplier_count"),
        (40 * divided(pl.col("active_months"), 12).clip(0, 1) + 30 * divided(pl.col("tenure_months").fill_null(0), 36).clip(0, 1) + 15).alias("loyalty"),
        pl.coalesce("potential", 50 + 25 * pl.col("growth").clip(-1, 1) + 25 * (1 - pl.col("wallet_share").clip(0, 1))).alias("potential_estimate"),
        (gain * worth).alias("lifetime_value"),
    )  # fmt: skip


def _filled(found: pl.LazyFrame, as_of: dt.date) -> pl.LazyFrame:
    """Return the parts with zeros where nothing was bought, and what follows from each row alone."""
    sales, gain, buys = pl.col("sales"), pl.col("profit"), pl.col("sales") > 0
    since = pl.coalesce("first_deal", "first_order")
    # Who bought nothing has no profit and took no effort, where the book records them at all.
    nothing = {
        "gain": pl.col("gain").count() > 0,
        "visit_hours": pl.col("visit_hours").count() > 0,
        "feedback_count": pl.col("feedback_count").count() > 0,
        "late_payments": pl.col("late_payments").count() > 0,
        "discounted": pl.col("discounted").count() > 0,
    }
    absent = pl.col("order_count").is_null()
    return (
        found.with_columns(
            *(
                pl.when(told & (absent if key == "gain" else pl.col(key).is_null()))
                .then(0)
                .otherwise(pl.col(key))
                .alias(key)
                for key, told in nothing.items()
            ),
            pl.col("all_hours").max(),
        )
        .with_columns(
            divided(pl.col("gain"), MONEY_SCALE).alias("profit"),
            pl.col("unreadable").fill_null(False),
            pl.col("order_count", "active_months", "product_count").fill_null(0),
        )
        .with_columns(
            pl.when(buys).then(gain / sales).alias("margin"),
            pl.when(buys).then(sales / pl.col("order_count")).alias("average_order"),
            divided((pl.lit(as_of) - since).dt.total_days(), MONTH_DAYS)
            .floor()
            .alias("tenure_months"),
            pl.when(pl.col("wallet") > 0).then(sales / pl.col("wallet")).alias("wallet_share"),
        )
    )


def _company_sales(lines: pl.LazyFrame, start: dt.date, end: dt.date) -> float:
    inside = lines.filter(pl.col("date").is_between(start, end))
    return float(inside.select(pl.col("cents").sum()).collect().item()) / MONEY_SCALE


def _position(value: pl.Expr, among: pl.Expr) -> pl.Expr:
    """Return (rank from the largest - 1) / how many there are, of the rows *among* which it is."""
    counted = pl.when(among).then(value)
    return divided(counted.rank("min", descending=True) - 1, counted.count())


def _years_before(day: dt.date, years: int) -> dt.date:
    leap = day.month == 2 and day.day == 29
    return day.replace(year=day.year - years, day=28 if leap else day.day)
