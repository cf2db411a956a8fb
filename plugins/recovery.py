"""Service recovery: closing complaints, voices nobody filed, internal tickets, crises, the effort."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules.plugin import (
    ROW,
    Book,
    ColumnsReport,
    Result,
    Rows,
    SheetReport,
    SheetSpec,
    Text,
    columns,
    fact,
    hookimpl,
    parameter,
    result,
)

from .cadence import ITEMS
from .escalation.crisis import CRISIS_LEVEL
from .notices import Table, beside_customers, column_of, frame_of, listed
from .shared.people import LEVEL, TIER, end_of, leveled

requires = ("cadence", "complaints", "escalation", "satisfaction")

COMPLAINTS = SheetSpec(
    "complaints",
    "投诉",
    "Complaints",
    columns("handling_hours | 处理工时 | Handling Hours | number 小时 | 处理耗时"),
    unique="complaint_id",
    references="customer_id",
)
TICKETS = SheetSpec(
    "internal_tickets",
    "内部工单",
    "Internal Tickets",
    columns("""
    ticket_id | 内部工单编号 | Internal Ticket ID | text
    raised_by | 提出部门 | Raised by | text required | 内部客户
    received_at | 受理时间 | Received | datetime required event | 提交时间
    handled_by | 处理部门 | Handled by | text
    matter | 事项 | Matter | text | 内容
    resolved_at | 解决时间 | Resolved | datetime | 完成时间
    """),
    ("内部投诉", "内部服务单"),
)
IMPLICIT = SheetSpec(
    "implicit_complaints",
    "隐性投诉",
    "Implicit Complaints",
    columns("""
    customer_id | 客户编号 | Customer ID | text
    customer_name | 客户名称 | Customer Name | text
    owner | 负责人 | Owner | text
    customer_tier | 客户等级 | Customer Tier | text
    voice | 来源 | Source | enum 拜访/月度回访/满意度
    voice_row | 来源行 | Source Row | int
    noticed | 发现日期 | Noticed | date
    matter | 事项 | Matter | text
    lowest | 最低得分率 | Lowest Score | percent
    negative | 负面反馈 | Negative Feedback | bool
    trouble | 有问题 | Problem Noted | bool
    followed | 已跟进 | Followed up | bool
    complained | 已有投诉 | Complained | bool
    """),
    derived=True,
)
SERVICE = SheetSpec(
    "customer_service",
    "客户服务状况",
    "Customer Service",
    columns("""
    customer_id | 客户编号 | Customer ID | text
    customer_name | 客户名称 | Customer Name | text
    owner | 负责人 | Owner | text
    customer_tier | 客户等级 | Customer Tier | text
    open_complaints | 未结投诉数 | Open Complaints | int
    unconfirmed | 待确认投诉数 | Unconfirmed Complaints | int
    service_hours | 服务工时 | Service Hours | number 小时
    gained | 客户利润 | Customer Profit | money 元
    """),
    derived=True,
)
REGISTER = SheetSpec(
    "crisis_register",
    "危机登记",
    "Crisis Register",
    columns("""
    complaint_id | 投诉编号 | Complaint ID | text
    customer_id | 客户编号 | Customer ID | text
    customer_name | 客户名称 | Customer Name | text
    complaint_type | 投诉类别 | Type of Complaint | text
    in_public | 见诸公开 | Public | bool
    crisis_at | 触发时间 | Triggered | datetime
    closed_at | 结束时间 | Closed | datetime
    steps_late | 已到期步骤数 | Steps Past Due | int
    """),
    derived=True,
)
CLOSING = columns("""
    answer | 客户答复 | Customer's Answer | enum 已确认/不认可/未答复/不记录
    waiting | 待确认_天 | Days Unconfirmed | int
    """)
TICKET_FACTS = columns("""
    ticket_open | 工单未结 | Ticket Open | bool
    ticket_days | 工单历时_天 | Ticket Days | int
    """)
NEGATIVE = "不满,抱怨,投诉,失望,生气,太慢,太差,没有解决,仍未"
WINDOW = 90
CLOSED = result("complaints", "结案状态", "Closing State")


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    return [COMPLAINTS, TICKETS, IMPLICIT, SERVICE, REGISTER]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "recovery.xlsx"]


@hookimpl
def reports() -> Iterable[SheetReport | ColumnsReport]:
    beside: Table = [("open_complaints", "int"), ("unconfirmed", "int")]
    return [
        SheetReport("implicit_complaints", IMPLICIT.name, partial(listed, _voices)),
        SheetReport("crisis_register", REGISTER.name, partial(listed, _register)),
        SheetReport("service_effort", Text("服务投入", "Service effort"), partial(listed, _effort)),
        ColumnsReport("customers", partial(beside_customers, "customer_service", beside)),
    ]


@fact("internal_tickets", each="row", columns=TICKET_FACTS, ahead=True)
def tickets(internal_tickets: Rows, as_of: dt.date) -> Rows:
    """Return which internal tickets are open, and the days they took until they were solved or now."""
    solved = pl.col("resolved_at")
    is_open = solved.is_null() | (solved >= end_of(as_of))
    end = pl.when(is_open).then(pl.lit(as_of)).otherwise(solved.dt.date())
    days = (end - pl.col("received_at").dt.date()).dt.total_days().cast(pl.Float64)
    return internal_tickets.select(
        ROW, is_open.alias("ticket_open"), pl.when(days >= 0).then(days).alias("ticket_days")
    )


@fact(
    "complaints", each="row", after="complaints.is_open", scope="subject", ahead=True,
    columns=CLOSING,
)  # fmt: skip
def closing(complaints: Rows, book: Book, as_of: dt.date) -> Rows:
    """Return what the customer says of the solution of each complaint, and for how long it has not."""
    kept, said = pl.lit(book.has("complaints", "confirmed")), pl.col("confirmed")
    answer = (
        pl.when(~kept).then(pl.lit("不记录"))
        .when(said).then(pl.lit("已确认"))
        .when(~said).then(pl.lit("不认可"))
        .otherwise(pl.lit("未答复"))
    )  # fmt: skip
    days = (pl.lit(as_of) - pl.col("resolved_at").dt.date()).dt.total_days().cast(pl.Float64)
    waits = kept & said.is_null() & ~pl.col("is_open") & (days >= 0)
    return complaints.select(
        ROW, answer.alias("answer"), pl.when(waits).then(days).alias("waiting")
    )


@fact(IMPLICIT, after=(TIER, LEVEL), source=("visits", "surveys"), scope="subject", ahead=True)
def implicit(
    visits: Rows, survey_answers: Rows, complaints: Rows, customers: Rows, as_of: dt.date,
    days: int = parameter("隐性投诉天数", "Days of Implicit Complaints", WINDOW),
    words: str = parameter("负面词", "Negative Words", NEGATIVE),
) -> Rows:  # fmt: skip
    """Return what customers said in visits and surveys of the last days that no one filed."""
    since = as_of - dt.timedelta(days=days)
    recent = visits.filter(pl.col("date").is_between(since, end_of(as_of), closed="left"))
    rows = pl.concat([_of_visits(recent, words), _of_surveys(survey_answers, since)])
    last = complaints.group_by("customer_id").agg(pl.col("received_at").max().alias("#filed"))
    for part in (last, leveled(customers)):
        rows = rows.join(part, on="customer_id", how="left", maintain_order="left")
    # A complaint that came later, or shortly before, is about the same matter as far as we know.
    near = pl.col("#filed").dt.date() >= pl.col("noticed") - pl.duration(days=7)
    rows = rows.with_columns(near.fill_null(False).alias("complained"))
    rows = rows.sort("noticed", "customer_id", "voice", "voice_row", descending=[True, False, False, False])  # fmt: skip
    return rows.select(c.key for c in IMPLICIT.columns)


def _of_visits(recent: Rows, words: str) -> Rows:
    """Return which of some visits tell of something bad."""
    listed_ = [w for w in words.replace("、", ",").replace("，", ",").split(",") if w.strip()]
    told = pl.concat_str("feedback", "problems", separator="; ", ignore_nulls=True)
    lowest = pl.min_horizontal(pl.col(c) for c in ITEMS) / 10
    returned = pl.col("kind") == "月度回访"
    found = recent.drop_nulls("customer_id").select(
        "customer_id",
        pl.when(returned).then(pl.lit("月度回访")).otherwise(pl.lit("拜访")).alias("voice"),
        pl.col(ROW).cast(pl.Float64).alias("voice_row"),
        pl.col("date").dt.date().alias("noticed"),
        pl.coalesce(pl.when(told != "").then(told), "topic").alias("matter"),
        pl.when(returned).then(lowest).alias("lowest"),
        told.str.contains_any([w.strip() for w in listed_]).fill_null(False).alias("negative"),
        pl.col("problems").is_not_null().alias("trouble"),
        pl.col("followup_done").is_not_null().alias("followed"),
    )
    sign = pl.col("negative") | pl.col("trouble") | (pl.col("lowest") <= _LOW)
    return found.filter(sign.fill_null(False))


# Scores above this are no sign at all; the table says which of the others are a complaint.
_LOW = 0.7


def _of_surveys(answers: Rows, since: dt.date) -> Rows:
    """Return the surveys with low scores."""
    low = answers.filter(pl.col("answered") >= since, pl.col("score") <= _LOW)
    item = pl.col("item").sort_by("score", "item").first()
    said = pl.concat_str(item, pl.col("comment").drop_nulls().first(), separator=": ", ignore_nulls=True)  # fmt: skip
    grouped = low.group_by("customer_id", "answer_row", "answered", maintain_order=True)
    return grouped.agg(said.alias("matter"), pl.col("score").min().alias("lowest")).select(
        "customer_id",
        pl.lit("满意度").alias("voice"),
        pl.col("answer_row").alias("voice_row"),
        pl.col("answered").alias("noticed"),
        "matter",
        "lowest",
        *(pl.lit(False).alias(c) for c in ("negative", "trouble", "followed")),
    )


@fact(
    SERVICE, scope="subject", ahead=True,
    after=(TIER, LEVEL, CLOSED, "complaints.is_open", "customers.visit_hours", "customers.profit"),
)  # fmt: skip
def service(complaints: Rows, customers: Rows, period: tuple[dt.date, dt.date]) -> Rows:
    """Return how many complaints of each customer are open or unconfirmed, and the hours it took."""
    inside = pl.col("received_at").dt.date().is_between(*period)
    waits = pl.col(CLOSED.key).is_in(["待客户确认", "催客户确认"])
    of_complaints = complaints.group_by("customer_id").agg(
        pl.col("is_open").sum().cast(pl.Float64).alias("open_complaints"),
        waits.sum().cast(pl.Float64).alias("unconfirmed"),
        pl.col("handling_hours").filter(inside).drop_nulls().alias("#hours"),
    )
    # Added up in a list, in the order of the rows: groups are added up in any.
    told = pl.col("#hours").list
    of_complaints = of_complaints.with_columns(pl.when(told.len() > 0).then(told.sum()))
    known = customers.select("customer_id", "visit_hours", gained="profit").unique(
        "customer_id", keep="first", maintain_order=True
    )
    rows = leveled(customers)
    for part in (known, of_complaints):
        rows = rows.join(part, on="customer_id", how="left", maintain_order="left")
    counts = pl.col("open_complaints", "unconfirmed").fill_null(0)
    spent = pl.sum_horizontal("visit_hours", "#hours")
    recorded = pl.any_horizontal(pl.col("visit_hours", "#hours").is_not_null())
    rows = rows.with_columns(counts, pl.when(recorded).then(spent).alias("service_hours"))
    return rows.select(c.key for c in SERVICE.columns)


@fact(REGISTER, after="crisis_steps.step_state", ahead=True)
def register(crisis_steps: Rows, escalations: Rows, complaints: Rows) -> Rows:
    """Return a row for each crisis: what was complained of, and how many of its steps are past due."""
    about = complaints.select(
        "complaint_id",
        complaint_type="type",
        in_public=pl.col("public").fill_null(False),
    ).unique("complaint_id", keep="first", maintain_order=True)
    late = (pl.col("step_state") == "已到期").sum().cast(pl.Float64)
    done = crisis_steps.group_by("complaint_id").agg(
        pl.col("closed_at").first(), late.alias("steps_late")
    )
    log = escalations.filter(pl.col("level") == CRISIS_LEVEL)
    rows = log.select("complaint_id", "customer_id", "customer_name", crisis_at="at")
    for part in (about, done):
        rows = rows.join(part, on="complaint_id", how="left", maintain_order="left")
    return rows.sort("crisis_at", "complaint_id").select(c.key for c in REGISTER.columns)


# Sheets


def _voices(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    return "implicit_complaints", frame_of(result, "implicit_complaints"), [
        ("noticed", "date"), ("customer_id", "text"), ("customer_name", "text"),
        ("owner", "text"), ("customer_tier", "text"), ("voice", "text"), ("voice_row", "int"),
        ("matter", "text"), ("lowest", "percent"), ("negative", "text"), ("隐性投诉", "text"),
    ]  # fmt: skip


def _register(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    return "crisis_register", frame_of(result, "crisis_register"), [
        ("complaint_id", "text"), ("customer_id", "text"), ("customer_name", "text"),
        ("crisis_at", "datetime"), ("closed_at", "datetime"), ("complaint_type", "text"),
        ("危机类型", "text"), ("危机要点", "text"), ("steps_late", "int"),
    ]  # fmt: skip


def _effort(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    frame = frame_of(result, "customer_service")
    if frame is not None and (state := column_of(frame, "服务投入")):
        over = frame.filter(pl.col(state).is_in(["超出上限", "超出上限且亏损"]))
        frame = over.sort("service_hours", "customer_id", descending=[True, False])
    return "customer_service", frame, [
        ("customer_id", "text"), ("customer_name", "text"), ("owner", "text"),
        ("customer_tier", "text"), ("service_hours", "number"), ("工时上限", "number"),
        ("gained", "money"), ("服务投入", "text"), ("open_complaints", "int"),
    ]  # fmt: skip
