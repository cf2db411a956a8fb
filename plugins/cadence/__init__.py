"""Cadence: which visits count, when the next is due, the plan, monthly returns, spot checks, care."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules.plugin import (
    DTYPES,
    ROW,
    Rows,
    SheetSpec,
    columns,
    divided,
    fact,
    given,
    hookimpl,
    parameter,
    result,
)

from ..company import Calendars, calendars
from ..shared.people import TIER, graded
from ..visits import CONTACTS, VISITS
from .looks import looks, spot_checks, with_branch

requires = ("company", "tiering")
__all__ = ["looks", "spot_checks"]

ITEMS = ("quality", "progress", "technique", "materials", "safety", "documents", "site", "service")
CADENCE = SheetSpec(
    "cadence",
    "客户节奏",
    "Customer Cadence",
    columns("""
    customer_id | 客户编号 | Customer ID | text
    customer_tier | 客户等级 | Customer Tier | text
    churn_risk | 流失风险 | Churn Risk | text
    """),
    derived=True,
)
PLAN = SheetSpec(
    "visit_plan",
    "拜访计划",
    "Visit Plan",
    columns("""
    customer_id | 客户编号 | Customer ID | text
    customer_name | 客户名称 | Customer Name | text
    owner | 负责人 | Owner | text
    customer_tier | 客户等级 | Customer Tier | text
    plan_kind | 方式 | Kind | text
    interval | 间隔_天 | Interval Days | int
    last_visit | 末次 | Last | date
    visit_due | 下次应访 | Next Due | date
    overdue_days | 逾期_天 | Overdue Days | int
    due_in | 距应访_天 | Days to Due | int
    planned | 计划日期 | Planned | date
    week | 计划周 | Week | date
    """),
    derived=True,
    reserved=True,
)
RETURNS = SheetSpec(
    "monthly_returns",
    "月度回访",
    "Monthly Returns",
    columns("""
    customer_id | 客户编号 | Customer ID | text
    customer_name | 客户名称 | Customer Name | text
    branch | 分公司 | Branch | text
    owner | 负责人 | Owner | text
    month | 月份 | Month | date
    returned | 已报送 | Submitted | bool
    return_day | 报送日 | Day Submitted | int
    day_number | 今日日号 | Day of Month | int
    complete | 八项齐全 | Eight Items | bool
    score | 八项满意度 | Satisfaction of Items | percent
    competition | 行业竞争 | Competition | text
    meetings | 例会数 | Meetings | int
    minutes_day | 纪要报送日 | Minutes Day | int
    """),
    derived=True,
)
BRANCHES = SheetSpec(
    "branch_returns",
    "分公司回访",
    "Branch Returns",
    columns("""
    branch | 分公司 | Branch | text
    due_returns | 应报 | Due | int
    in_time | 按时数 | In Time | int
    late | 迟报数 | Late | int
    missing | 缺报数 | Missing | int
    incomplete | 不全数 | Incomplete | int
    rate | 按时率 | In-Time Rate | percent
    falsified | 抽查不符次数 | Falsified | int
    """),
    derived=True,
)
CARE = SheetSpec(
    "care",
    "关怀提醒",
    "Care Dates",
    columns("""
    contact_row | 行 | Row | int
    customer_id | 客户编号 | Customer ID | text
    name | 姓名 | Name | text
    care_date | 关怀日 | Care Date | date
    care_in | 距关怀日_天 | Days to Care Date | int
    """),
    derived=True,
)
RISK = result("customers", "流失风险", "Churn Risk", optional=True)
COUNTED = result("visits", "计入节奏", "Counts As")
FACE, SENIOR, PHONE = "上门", "高层", "电话"
INTERVALS = {
    FACE: result("cadence", "上门间隔", "On-site Every", "int"),
    PHONE: result("cadence", "电话间隔", "Phone Every", "int"),
    SENIOR: result("cadence", "高层拜访间隔", "Executive Every", "int"),
}
OWED = result("cadence", "每月回访次数", "Monthly Returns", "int")
STATE = result("monthly_returns", "回访状态", "Return State")
PER_WEEK = 10


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    return [VISITS, CONTACTS, CADENCE, PLAN, RETURNS, BRANCHES, CARE]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "cadence.xlsx"]


@fact(CADENCE, scope="subject", after=(TIER, RISK), source="visits")
def rhythm(customers: Rows) -> Rows:
    """Return every customer with its tier and risk; without a churn table nobody is at risk."""
    known = customers.drop_nulls("customer_id").unique(
        "customer_id", keep="first", maintain_order=True
    )
    tier = graded(customers).select("customer_id", pl.col("tier").alias("customer_tier"))
    joined = known.join(tier, on="customer_id", how="left", maintain_order="left")
    risk = pl.col(RISK.key).fill_null("未知").alias("churn_risk")
    return joined.select("customer_id", "customer_tier", risk)


@fact(PLAN, after=(*INTERVALS.values(), COUNTED, TIER), source="visits")
def visit_plan(
    cadence: Rows, visits: Rows, customers: Rows, as_of: dt.date,
    period: tuple[dt.date, dt.date], work: Calendars = given(calendars),
    per_week: int = parameter("每周拜访上限", "visits per week", PER_WEEK),
) -> Rows:  # fmt: skip
    """Return a row for each customer and kind of visit: last, due, overdue, and the day planned."""
    frames = [
        cadence.select(
            "customer_id",
            pl.lit(kind).alias("plan_kind"),
            pl.col(every.key).cast(pl.Float64).alias("interval"),
        )
        for kind, every in INTERVALS.items()
    ]
    rows = pl.concat(frames).drop_nulls("interval").filter(pl.col("interval") > 0)
    since = customers.select("customer_id", "first_deal").unique("customer_id", keep="first")
    start, _ = period
    rows = (
        rows.join(_last(visits), on=["customer_id", "plan_kind"], how="left")
        .join(since, on="customer_id", how="left")
        .join(
            graded(customers).rename({"tier": "customer_tier"}).drop("branch"),
            on="customer_id",
            how="left",
        )
    )
    begin = pl.coalesce("last_visit", pl.max_horizontal("first_deal", pl.lit(start)))
    rows = rows.with_columns((begin + pl.duration(days=pl.col("interval"))).alias("visit_due"))
    days = _work_days(work, rows["visit_due"])
    rows = rows.sort("visit_due").join_asof(
        days, left_on="visit_due", right_on="day", strategy="forward"
    )
    late = (pl.lit(as_of) - pl.col("day")).dt.total_days()
    rows = rows.with_columns(
        pl.col("day").alias("visit_due"),
        pl.max_horizontal(late, 0).cast(pl.Float64).alias("overdue_days"),
        (-late).cast(pl.Float64).alias("due_in"),
    ).drop("day")
    rows = _spread(
        rows.sort("visit_due", "customer_id", "plan_kind"), days, as_of, max(per_week, 1)
    )
    rows = rows.select(c.key for c in PLAN.columns)
    return rows.sort("planned", "owner", "customer_id", "plan_kind")


def _last(visits: Rows) -> Rows:
    """Return the last visit of each kind that counts; a senior one on site counts for all."""
    counts, day = pl.col(COUNTED.key).alias("as"), pl.col("date").dt.date().alias("day")
    rows = visits.select("customer_id", day, counts)
    also = {SENIOR: [SENIOR, FACE, PHONE], FACE: [FACE, PHONE], PHONE: [PHONE]}
    table = pl.DataFrame(
        [(kind, counted) for kind, counted_ in also.items() for counted in counted_],
        schema=["as", "plan_kind"], orient="row",
    )  # fmt: skip
    found = rows.drop_nulls().join(table, on="as")
    return found.group_by("customer_id", "plan_kind").agg(pl.col("day").max().alias("last_visit"))


def _work_days(work: Calendars, used: pl.Series) -> Rows:
    """Return the working days around some dates."""
    last = used.max()
    line = work(last if isinstance(last, dt.date) else None).line.filter(pl.col("calendar") == "")
    return line.select(pl.col("day").unique().sort())


def _spread(rows: pl.DataFrame, days: pl.DataFrame, as_of: dt.date, per_week: int) -> pl.DataFrame:
    """Return the plan: no owner has more visits a week than fit, the longest overdue come first."""
    ahead = days.filter(pl.col("day") > as_of).with_columns(
        pl.col("day").dt.truncate("1w").alias("week")
    )
    weeks = ahead.group_by("week", maintain_order=True).agg("day").with_row_index("slot")
    # A week with days off takes fewer visits.
    room = divided(pl.col("day").list.len() * per_week, 5).ceil().clip(1, per_week).cast(pl.Int64)
    weeks = weeks.with_columns(room.alias("room")).with_columns(
        (pl.col("room").cum_sum() - pl.col("room")).alias("start")
    )
    due = pl.max_horizontal("visit_due", pl.lit(ahead["day"].min(), pl.Date))
    placed = rows.with_columns(due.dt.truncate("1w").alias("week")).join(
        weeks.select("week", pl.col("slot").alias("due_slot"), pl.col("start").alias("due_start")),
        on="week",
        how="left",
        maintain_order="left",
    )
    # The nth visit of an owner has the first place that is free from the week it falls due.
    n = pl.int_range(pl.len()).over("owner")
    free = (pl.col("due_start") - n).cum_max().over("owner") + n
    placed = placed.drop("week").with_columns(free.alias("place"))
    placed = placed.sort("place").join_asof(weeks, left_on="place", right_on="start")
    nth = pl.col("place") - pl.col("start")
    spread = nth * pl.col("day").list.len() // pl.col("room")
    in_time = (pl.col("slot") == pl.col("due_slot")) & (pl.col("visit_due") > as_of)
    # Beyond the last day of the calendar there is none to plan a visit on.
    free_day = pl.col("day").list.get(spread, null_on_oob=True)
    day = pl.when(in_time).then("visit_due").otherwise(free_day)
    return placed.with_columns(day.alias("planned"))


@fact(RETURNS, after=(OWED, TIER), source="visits")
def monthly_returns(
    cadence: Rows, visits: Rows, customers: Rows, as_of: dt.date,
    period: tuple[dt.date, dt.date],
) -> Rows:  # fmt: skip
    """Return a row for each customer that owes monthly returns and each month since the first."""
    month = pl.col("date").dt.date().dt.truncate("1mo").alias("month")
    known = with_branch(visits, customers).with_columns(month)
    returns = known.filter(pl.col("kind") == "月度回访")
    first, _ = period
    begin = returns["month"].min()
    if not isinstance(begin, dt.date):
        return _nothing(RETURNS)
    begin = max(begin, first.replace(day=1))
    months = pl.DataFrame({"month": pl.date_range(begin, as_of, "1mo", eager=True)})
    owed = pl.col(OWED.key).cast(pl.Float64) >= 1
    wanted = cadence.filter(owed).select("customer_id")
    day = _day_in(pl.col("submitted_at"), pl.col("month"))
    items = [pl.col(c) for c in ITEMS]
    each = returns.group_by("customer_id", "month").agg(
        day.min().alias("return_day"),
        pl.all_horizontal(c.is_not_null() for c in items).any().alias("complete"),
        (pl.mean_horizontal(items).mean() / 10).alias("score"),
        pl.lit(True).alias("returned"),
    )
    meetings = (
        known.filter(pl.col("kind") == "例会")
        .group_by("customer_id", "month")
        .agg(pl.len().cast(pl.Float64).alias("meetings"), day.min().alias("minutes_day"))
    )
    competition = customers.select(
        "customer_id", pl.col("industry_competition").alias("competition")
    ).unique("customer_id", keep="first")
    now = pl.when(pl.col("month") == as_of.replace(day=1)).then(pl.lit(as_of.day)).otherwise(31)
    rows = (
        wanted.join(months, how="cross")
        .join(each, on=["customer_id", "month"], how="left")
        .join(meetings, on=["customer_id", "month"], how="left")
        .join(graded(customers), on="customer_id", how="left")
        .join(competition, on="customer_id", how="left")
        .with_columns(
            pl.col("returned").fill_null(False),
            pl.col("complete").fill_null(False),
            pl.col("meetings").fill_null(0),
            pl.col("competition").fill_null("中"),
            now.cast(pl.Float64).alias("day_number"),
        )
        .sort("month", "customer_id")
    )
    return rows.select(c.key for c in RETURNS.columns)


def _day_in(moment: pl.Expr, month: pl.Expr) -> pl.Expr:
    """Return the day of the month of something submitted; after the month it counts on, 32, 33 ..."""
    return ((moment.dt.date() - month).dt.total_days() + 1).cast(pl.Float64)


@fact(BRANCHES, after=STATE, source="visits")
def branch_returns(monthly_returns: Rows, visits: Rows, customers: Rows) -> Rows:
    """Return how the returns of each branch came in, and how often they were found false."""
    if monthly_returns[STATE.key].is_null().all():
        return _nothing(BRANCHES)

    def count(*said: str) -> pl.Expr:
        return pl.col(STATE.key).is_in(said).sum().cast(pl.Float64)

    places = customers.select("customer_id", "branch").unique("customer_id", keep="first")
    false = (
        visits.select("customer_id", "verified")
        .filter(pl.col("verified") == "不符")
        .join(places, on="customer_id", how="left")
        .group_by(pl.col("branch").fill_null("-"))
        .agg(pl.len().cast(pl.Float64).alias("falsified"))
    )
    rows = (
        monthly_returns.filter(pl.col(STATE.key).fill_null("") != "未到期")
        .group_by(pl.col("branch").fill_null("-"))
        .agg(
            pl.len().cast(pl.Float64).alias("due_returns"),
            count("按时", "按时, 内容不全").alias("in_time"),
            count("迟报").alias("late"),
            count("缺报").alias("missing"),
            count("按时, 内容不全").alias("incomplete"),
        )
        .join(false, on="branch", how="left")
        .with_columns(
            pl.col("falsified").fill_null(0),
            (pl.col("in_time") / pl.col("due_returns")).alias("rate"),
        )
        .sort("rate", "branch", descending=[True, False])
    )
    return rows.select(c.key for c in BRANCHES.columns)


@fact(CARE, scope="subject", source="contacts.birthday")
def care_dates(contacts: Rows, as_of: dt.date) -> Rows:
    """Return the next birthday of each contact, and in how many days; 29 February falls on the 28th."""
    born = pl.col("birthday")
    leap = (born.dt.month() == 2) & (born.dt.day() == 29)
    month, day = born.dt.month(), pl.when(leap).then(28).otherwise(born.dt.day())
    this = pl.date(as_of.year, month, day)
    next_ = pl.when(this >= as_of).then(this).otherwise(pl.date(as_of.year + 1, month, day))
    rows = contacts.filter(born.is_not_null()).with_columns(next_.alias("care_date"))
    left = (pl.col("care_date") - pl.lit(as_of)).dt.total_days().cast(pl.Float64)
    rows = rows.select(
        pl.col(ROW).cast(pl.Float64).alias("contact_row"), "customer_id", "name", "care_date",
        left.alias("care_in"),
    )  # fmt: skip
    return rows.sort("care_date", "customer_id", "name")


def _nothing(spec: SheetSpec) -> Rows:
    return pl.DataFrame(schema={c.key: DTYPES[c.type] for c in spec.columns})
