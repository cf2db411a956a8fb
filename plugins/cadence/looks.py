"""What visits look like beside each other: repeats, doubts, follow-ups, and which are checked."""

from __future__ import annotations

import datetime as dt
from zlib import crc32

import polars as pl

from kamrules.plugin import (
    ROW,
    Book,
    Problem,
    Rows,
    Text,
    columns,
    divided,
    fact,
    given,
    parameter,
    result,
)

from ..company import Calendars, ReportingLine, WorkCalendar, calendars, staff_line
from ..complaints.messages import AFTER_AS_OF
from ..shared.people import TIER, end_of, graded
from .messages import NOT_STAFF

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
RATE = result("visits", "抽查率", "Check Rate", "percent")


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
