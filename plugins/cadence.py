"""Cadence: which visits count, when the next is due, the plan, monthly returns, spot checks, care."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from zlib import crc32

import polars as pl

from kamrules.plugin import (
    DTYPES,
    ROW,
    Book,
    Problem,
    Rows,
    SheetSpec,
    Text,
    columns,
    divided,
    fact,
    given,
    hookimpl,
    parameter,
    result,
)

from .cadence_messages import NOT_STAFF
from .company import Calendars, ReportingLine, WorkCalendar, calendars, staff_line
from .complaints.messages import AFTER_AS_OF
from .shared.people import TIER, end_of, graded
from .visits import CONTACTS, VISITS

requires = ("company", "tiering")

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
VISIT_FACTS = columns("""
    people_7 | 同题不同人次数_7天 | Different People in 7 Days | int
    gap_hours | 最近间隔_小时 | Hours since the Last | number
    suspicion | 可疑分 | Suspicion | int
    suspicion_why | 可疑原因 | Why Suspicious | text
    falsified_branch | 分公司有造假记录 | Branch Falsified Before | bool
    followup_late | 跟进逾期_天 | Follow-up Overdue Days | int
    visit_tier | 客户等级 | Customer Tier | text
    """)
SAMPLE = columns("""
    sampled | 抽查 | Spot Check | text
    """)
RISK = result("customers", "流失风险", "Churn Risk", optional=True)
RATE = result("visits", "抽查率", "Check Rate", "percent")
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


def with_branch(visits: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Return dated visits with the branch of the customer."""
    branch = customers.select("customer_id", "branch").unique("customer_id", keep="first")
    dated = visits.drop_nulls("date")
    return dated.join(branch, on="customer_id", how="left", maintain_order="left")


@fact("visits", each="row", after=TIER, ahead=True, columns=VISIT_FACTS)
def looks(
    visits: Rows, customers: Rows, contacts: Rows, book: Book, as_of: dt.date,
    line: ReportingLine = given(staff_line), work: Calendars = given(calendars),
) -> tuple[Rows, list[Problem]]:  # fmt: skip
    """Return what each visit looks like beside the others."""
    where = book.at("visits", "date")
    problems: list[Problem] = []
    later = pl.col("date") >= end_of(as_of)
    ahead = visits.filter(later)
    name = Text("拜访日期", "Date")
    if ahead.height:
        found = ahead["date"].min()
        count = ahead.height
        said = AFTER_AS_OF.at(where, found=found, column=name, as_of=as_of, count=count)
        problems.append(said)
    known = with_branch(visits.filter(~later), customers)
    if book.has("staff"):
        strangers = [v for v in known["visitor"].drop_nulls().unique().sort() if not line.find(v)]
        if strangers:
            count = known.filter(pl.col("visitor").is_in(strangers)).height
            who, listed = Text("拜访人", "visitor"), ", ".join(strangers[:5])
            problems.append(NOT_STAFF.at(where, found=listed, column=who, count=count))
    tier = graded(customers).select("customer_id", pl.col("tier").alias("visit_tier"))
    stranger = _strangers(contacts, known) & book.has("contacts")
    made = known.select(ROW, "customer_id").with_columns(
        *_suspicious(known, stranger, work(None)),
        known["branch"].is_in(_falsified(known).implode()).alias("falsified_branch"),
        _followups(known, as_of),
    )
    made = made.join(_repeats(known), on=ROW, how="left").join(tier, on="customer_id", how="left")
    columns_ = made.with_columns(
        pl.col("falsified_branch").fill_null(False), pl.col("visit_tier").fill_null("未判定")
    )
    columns_ = columns_.with_columns(pl.col("people_7").fill_null(1))
    return columns_.select(ROW, *(c.key for c in VISIT_FACTS)), problems


def _falsified(known: pl.DataFrame) -> pl.Series:
    return known.filter(pl.col("verified") == "不符")["branch"].drop_nulls().unique()


def _repeats(known: pl.DataFrame) -> pl.DataFrame:
    """Return how many different people asked a customer about a topic within 7 days, by row."""
    who = pl.concat_str(
        pl.col("visitor").fill_null(""), pl.col("department").fill_null(""), separator="|"
    )
    rows = known.filter(
        pl.col("topic").is_not_null() & pl.col("customer_id").is_not_null()
    ).with_columns(who.alias("who"))
    rows = rows.sort("customer_id", "topic", "date", "who")
    keys = ["customer_id", "topic"]
    windows = (
        rows.sort("date")
        .rolling("date", period="7d", closed="both", group_by=keys)
        .agg(pl.col("who").n_unique().cast(pl.Float64).alias("people_7"))
        .unique([*keys, "date"])
    )
    before = pl.col("date").shift(1).over(keys)
    other = pl.col("who").shift(1).over(keys) != pl.col("who")
    gap = divided((pl.col("date") - before).dt.total_minutes(), 60)
    rows = rows.with_columns(pl.when(other).then(gap).alias("gap_hours"))
    joined = rows.join(windows, on=[*keys, "date"], how="left")
    return joined.select(ROW, "people_7", "gap_hours")


def _suspicious(known: Rows, stranger: pl.Series, work: WorkCalendar) -> list[pl.Series]:
    """Return the points that speak for an invented visit, and which they are."""
    day = known["date"].dt.date()
    off = [d for d in day.drop_nulls().unique() if not work.days.works(d)]
    plain = known["content"].str.replace_all(r"[\d\s\p{P}]+", "")
    text = known.select(ROW, "date").with_columns(plain.alias("plain"))
    # The same words once figures and marks are taken out; short ones are often alike.
    copied = (pl.col("plain").str.len_chars() >= 12) & (pl.len().over("plain") > 1)
    order = known.select(ROW, "visitor", "date", "customer_id").sort("visitor", "date", ROW)
    near = (pl.col("date") - pl.col("date").shift(1).over("visitor")).dt.total_minutes() < 60
    elsewhere = pl.col("customer_id") != pl.col("customer_id").shift(1).over("visitor")
    timed = pl.col("date").dt.time() != dt.time()
    clash = order.with_columns((near & elsewhere & timed).fill_null(False).alias("clash"))
    clash = known.select(ROW).join(
        clash.select(ROW, "clash"), on=ROW, how="left", maintain_order="left"
    )
    frame = pl.DataFrame(
        {
            "copied": text.select(copied.fill_null(False).alias("copied")).to_series(),
            "off": day.is_in(off).fill_null(False),
            "clash": clash["clash"].fill_null(False),
            "stranger": stranger,
        }
    )
    points = {"copied": 40, "off": 20, "clash": 20, "stranger": 20}
    said = {
        "copied": "内容雷同",
        "off": "非工作日",
        "clash": "一小时内两地",
        "stranger": "联系人不在册",
    }
    total = sum((pl.col(c).cast(pl.Float64) * n for c, n in points.items()), pl.lit(0.0))
    whys = [pl.when(pl.col(c)).then(pl.lit(word)) for c, word in said.items()]
    why = pl.concat_str(whys, separator=", ", ignore_nulls=True)
    found = frame.select(
        total.alias("suspicion"), pl.when(why != "").then(why).alias("suspicion_why")
    )
    return found.get_columns()


def _strangers(contacts: Rows, known: Rows) -> pl.Series:
    """Return which visits were to somebody whom the contacts do not list."""
    book = contacts.select("customer_id", pl.col("name").alias("contact"), pl.lit(True).alias("in"))
    joined = known.select("customer_id", "contact").join(
        book.unique(["customer_id", "contact"]), on=["customer_id", "contact"], how="left",
        maintain_order="left",
    )  # fmt: skip
    return joined.select(
        (pl.col("contact").is_not_null() & pl.col("in").is_null()).alias("stranger")
    ).to_series()


def _followups(known: pl.DataFrame, as_of: dt.date) -> pl.Series:
    """Return the days a promised follow-up is late; 7 days are given where a problem was noted."""
    seven = pl.when(pl.col("problems").is_not_null()).then(
        pl.col("date").dt.date() + pl.duration(days=7)
    )
    due = pl.coalesce("followup_due", seven)
    late = (pl.lit(as_of) - due).dt.total_days()
    open_ = pl.col("followup_done").is_null()
    value = pl.when(open_ & (late > 0)).then(late.cast(pl.Float64))
    return known.select(value.alias("followup_late")).to_series()


@fact("visits", each="row", after=RATE, columns=SAMPLE)
def spot_checks(
    visits: Rows, customers: Rows, seed: str = parameter("抽查种子", "Spot Check Seed", "1")
) -> Rows:
    """Return which visits are checked, and how: the seed gives each visit its lot."""
    known = with_branch(visits, customers)
    if known[RATE.key].is_null().all():
        return known.clear().select(ROW, pl.lit(None, pl.String).alias("sampled"))
    rows = known.filter(~pl.col("kind").is_in(["抽查"]) & pl.col("date").is_not_null())
    keys = rows.select(
        pl.concat_str(
            pl.col("customer_id").fill_null(""), pl.col("date").cast(pl.String),
            pl.col("visitor").fill_null(""), pl.col("visit_id").fill_null(""), separator="|",
        )
    ).to_series()  # fmt: skip
    lots = pl.Series([crc32(f"{seed}|{key}".encode()) / 2**32 for key in keys], dtype=pl.Float64)
    rows = rows.with_columns(lots.alias("lot"), keys.alias("#key"))
    month = pl.col("date").dt.truncate("1mo")
    first = (
        pl.struct("lot", "#key").rank("ordinal").over(pl.col("branch").fill_null(""), month) == 1
    )
    chosen = (pl.col("lot") < pl.col(RATE.key)) | first
    # A rate this high means doubt, and doubt is settled on site.
    how = pl.when(pl.col(RATE.key) >= 0.5).then(pl.lit("现场")).otherwise(pl.lit("电话"))
    return rows.select(ROW, pl.when(chosen.fill_null(False)).then(how).alias("sampled"))


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
