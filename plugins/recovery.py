"""Service recovery: closing complaints, voices nobody filed, internal tickets, crises, the effort."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules import hookimpl
from kamrules.facts.fact import Fact
from kamrules.page.reports import ColumnsReport, SheetReport
from kamrules.run.result import Result
from kamrules.sheets.column import SheetSpec
from kamrules.sheets.period import period
from kamrules.sheets.sheet import Data
from kamrules.sheets.specs import columns
from kamrules.words.text import Text

from .cadence import ITEMS, visits
from .complaints import column, end_of
from .escalation import CRISIS_LEVEL
from .notices import Table, beside_customers, column_of, frame_of, listed
from .surveys import customer_levels

requires = ("cadence", "complaints", "escalation")

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


@hookimpl
def facts(data: Data, as_of: dt.date) -> Iterator[Fact]:
    if "internal_tickets" in data.sheets:
        known = _tickets(data, as_of)
        yield Fact("internal_tickets", "#row", TICKET_FACTS, known, source="internal_tickets")
    level = ("等级", "服务等级")
    if {"visits", "surveys"} & data.sheets.keys():
        heard = (*level, "answer_row")
        yield Fact("implicit_complaints", "", IMPLICIT.columns, partial(_implicit, as_of), "customer", after=heard)  # fmt: skip
    if "complaints" not in data.sheets:
        return
    # What others found out about complaints is there once decisions begin.
    closing = partial(_closing, as_of)
    yield Fact("complaints", "#row", CLOSING, closing, "customer", after=("is_open",))
    closed = (*level, "结案状态")
    yield Fact(
        "customer_service", "", SERVICE.columns, partial(_service, as_of), "customer", after=closed
    )
    if any(rules.table.for_each == "complaints" for rules in data.cases):
        steps = ("because", "step_due")
        yield Fact("crisis_register", "", REGISTER.columns, _crises, after=steps)


def _tickets(data: Data, as_of: dt.date) -> pl.LazyFrame:
    """Return which internal tickets are open, and the days they took until they were solved or now."""
    frame = data.sheets["internal_tickets"].frame
    solved = column(frame, "resolved_at", pl.Datetime("us"))
    is_open = solved.is_null() | (solved >= end_of(as_of))
    end = pl.when(is_open).then(pl.lit(as_of)).otherwise(solved.dt.date())
    days = (end - pl.col("received_at").dt.date()).dt.total_days().cast(pl.Float64)
    return frame.lazy().select(
        "#row",
        is_open.alias("ticket_open"),
        pl.when(days >= 0).then(days).alias("ticket_days"),
    )


def _closing(as_of: dt.date, data: Data) -> pl.LazyFrame:
    """Return what the customer says of the solution of each complaint, and for how long it has not."""
    frame = data.sheets["complaints"].frame
    kept = pl.lit("confirmed" in frame.columns)
    said = column(frame, "confirmed", pl.Boolean)
    answer = (
        pl.when(~kept).then(pl.lit("不记录"))
        .when(said).then(pl.lit("已确认"))
        .when(~said).then(pl.lit("不认可"))
        .otherwise(pl.lit("未答复"))
    )  # fmt: skip
    solved = column(frame, "resolved_at", pl.Datetime("us")).dt.date()
    days = (pl.lit(as_of) - solved).dt.total_days().cast(pl.Float64)
    waits = kept & said.is_null() & ~pl.col("is_open") & (days >= 0)
    return frame.lazy().select(
        "#row", answer.alias("answer"), pl.when(waits).then(days).alias("waiting")
    )


def _implicit(as_of: dt.date, data: Data) -> pl.LazyFrame:
    """Return what customers said in visits and surveys of the last days that no one filed."""
    days = int(
        data.parameter("隐性投诉天数", data.parameter("days of implicit complaints", WINDOW))
    )
    since = as_of - dt.timedelta(days=days)
    parts = [*_of_visits(data, as_of, since), *_of_surveys(data, since)]
    rows = pl.concat(parts) if parts else pl.DataFrame(schema=_VOICE)
    complaints = data.frame("complaints")
    filed = pl.lit(False).alias("complained")
    if complaints is not None:
        last = complaints.group_by("customer_id").agg(pl.col("received_at").max().alias("#filed"))
        rows = rows.join(last, on="customer_id", how="left", maintain_order="left")
        # A complaint that came later, or shortly before, is about the same matter as far as we know.
        near = pl.col("#filed").dt.date() >= pl.col("noticed") - pl.duration(days=7)
        filed = near.fill_null(False).alias("complained")
    people = customer_levels(data)
    rows = rows.with_columns(filed).join(people, on="customer_id", how="left", maintain_order="left")  # fmt: skip
    rows = rows.sort("noticed", "customer_id", "voice", "voice_row", descending=[True, False, False, False])  # fmt: skip
    return rows.select(c.key for c in IMPLICIT.columns).lazy()


_VOICE = {
    "customer_id": pl.String, "voice": pl.String, "voice_row": pl.Float64, "noticed": pl.Date,
    "matter": pl.String, "lowest": pl.Float64, "negative": pl.Boolean, "trouble": pl.Boolean,
    "followed": pl.Boolean,
}  # fmt: skip


def _of_visits(data: Data, as_of: dt.date, since: dt.date) -> Iterator[pl.DataFrame]:
    if "visits" not in data.sheets:
        return
    words = str(data.parameter("负面词", data.parameter("negative words", NEGATIVE)))
    listed_ = [w for w in words.replace("、", ",").replace("，", ",").split(",") if w.strip()]
    told = pl.concat_str("feedback", "problems", separator="; ", ignore_nulls=True)
    lowest = pl.min_horizontal(pl.col(c) for c in ITEMS) / 10
    returned = pl.col("kind") == "月度回访"
    rows = visits(data, as_of).filter(pl.col("date") >= since).drop_nulls("customer_id")
    found = rows.select(
        "customer_id",
        pl.when(returned).then(pl.lit("月度回访")).otherwise(pl.lit("拜访")).alias("voice"),
        pl.col("#row").cast(pl.Float64).alias("voice_row"),
        pl.col("date").dt.date().alias("noticed"),
        pl.coalesce(pl.when(told != "").then(told), "topic").alias("matter"),
        pl.when(returned).then(lowest).alias("lowest"),
        told.str.contains_any([w.strip() for w in listed_]).fill_null(False).alias("negative"),
        pl.col("problems").is_not_null().alias("trouble"),
        pl.col("followup_done").is_not_null().alias("followed"),
    )
    sign = pl.col("negative") | pl.col("trouble") | (pl.col("lowest") <= _LOW)
    yield found.filter(sign.fill_null(False))


# Scores above this are no sign at all; the table says which of the others are a complaint.
_LOW = 0.7


def _of_surveys(data: Data, since: dt.date) -> Iterator[pl.DataFrame]:
    answers = data.frame("survey_answers")
    if answers is None:
        return
    low = answers.filter(pl.col("answered") >= since, pl.col("score") <= _LOW)
    item = pl.col("item").sort_by("score", "item").first()
    said = pl.concat_str(item, pl.col("comment").drop_nulls().first(), separator=": ", ignore_nulls=True)  # fmt: skip
    grouped = low.group_by("customer_id", "answer_row", "answered", maintain_order=True)
    yield grouped.agg(said.alias("matter"), pl.col("score").min().alias("lowest")).select(
        "customer_id",
        pl.lit("满意度").alias("voice"),
        pl.col("answer_row").alias("voice_row"),
        pl.col("answered").alias("noticed"),
        "matter",
        "lowest",
        pl.lit(False).alias("negative"),
        pl.lit(False).alias("trouble"),
        pl.lit(False).alias("followed"),
    )


def _service(as_of: dt.date, data: Data) -> pl.LazyFrame:
    """Return how many complaints of each customer are open or unconfirmed, and the hours it took."""
    frame = data.sheets["complaints"].frame
    start, end = period(data, as_of)
    inside = pl.col("received_at").dt.date().is_between(start, end)
    hours = column(frame, "handling_hours", pl.Float64).filter(inside)
    state = column(frame, "结案状态", pl.String)
    of_complaints = frame.group_by("customer_id").agg(
        pl.col("is_open").sum().cast(pl.Float64).alias("open_complaints"),
        state.is_in(["待客户确认", "催客户确认"]).sum().cast(pl.Float64).alias("unconfirmed"),
        hours.drop_nulls().alias("#hours"),
    )
    # Added up in a list, in the order of the rows: groups are added up in any.
    told = pl.col("#hours").list
    of_complaints = of_complaints.with_columns(pl.when(told.len() > 0).then(told.sum()))
    customers = data.sheets["customers"].frame
    known = customers.select(
        "customer_id",
        column(customers, "visit_hours", pl.Float64),
        column(customers, "profit", pl.Float64).alias("gained"),
    ).unique("customer_id", keep="first", maintain_order=True)
    rows = customer_levels(data)
    for part in (known, of_complaints):
        rows = rows.join(part, on="customer_id", how="left", maintain_order="left")
    counts = pl.col("open_complaints", "unconfirmed").fill_null(0)
    spent = pl.sum_horizontal("visit_hours", "#hours")
    recorded = pl.any_horizontal(pl.col("visit_hours", "#hours").is_not_null())
    rows = rows.with_columns(counts, pl.when(recorded).then(spent).alias("service_hours"))
    return rows.select(c.key for c in SERVICE.columns).lazy()


def _crises(data: Data) -> pl.LazyFrame:
    """Return a row for each crisis: what was complained of, and how many of its steps are past due."""
    log = data.sheets["escalations"].frame.filter(pl.col("level") == CRISIS_LEVEL)
    complaints = data.sheets["complaints"].frame
    about = complaints.select(
        "complaint_id",
        column(complaints, "type", pl.String).alias("complaint_type"),
        column(complaints, "public", pl.Boolean).fill_null(False).alias("in_public"),
    ).unique("complaint_id", keep="first", maintain_order=True)
    steps = data.sheets["crisis_steps"].frame
    late = (column(steps, "step_state", pl.String) == "已到期").sum().cast(pl.Float64)
    done = steps.group_by("complaint_id").agg(pl.col("closed_at").first(), late.alias("steps_late"))
    named = log.select("complaint_id", "customer_id", "customer_name", pl.col("at").alias("crisis_at"))  # fmt: skip
    for part in (about, done):
        named = named.join(part, on="complaint_id", how="left", maintain_order="left")
    return named.sort("crisis_at", "complaint_id").select(c.key for c in REGISTER.columns).lazy()


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
