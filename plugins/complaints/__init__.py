"""Complaints: their sheets, how often they come, and their clocks with every deadline derived."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import polars as pl

from kamrules.plugin import ROW, Problem, Rows, SheetSpec, columns, fact, given, hookimpl

from ..shared.people import TIER, UNDECIDED, graded
from .clocks import deadlines
from .times import Times, times_of

requires = ("company",)


__all__ = ["deadlines"]
COMPLAINTS = SheetSpec(
    "complaints",
    "投诉",
    "Complaints",
    columns("""
    complaint_id | 投诉编号 | Complaint ID | text required | 工单号, 单号
    customer_id | 客户编号 | Customer ID | text required | 客户ID, 客户编码, Account ID
    received_at | 受理时间 | Received | datetime required event | 投诉时间, 提交时间, 创建时间, opened_at
    type | 类别 | Type | text | 投诉类型, 问题类型
    product | 产品 | Product | text
    impact | 影响 | Impact | enum 小/中/大/停产/安全 blank=小
    severity | 严重度 | Severity | enum 一般/重大/紧急/危机 | 紧急程度, 优先级, priority
    public | 公开 | Public | bool | 媒体, 舆情
    responded_at | 首次响应时间 | Responded | datetime | 响应时间
    feedback_at | 首次反馈时间 | Feedback | datetime
    resolved_at | 解决时间 | Resolved | datetime | 完成时间, 关闭时间
    status | 状态 | Status | enum 新建/处理中/等客户/等供应商/已解决/已关闭 | 处理状态
    paused_hours | 暂停时长 | Paused | number 小时 | 挂起时长
    handler | 处理人 | Handler | text | 责任人
    cause | 原因 | Cause | text
    measure | 措施 | Measure | text | 整改措施
    confirmed | 客户确认 | Confirmed | bool
    reopen | 重开次数 | Reopened | int
    """),
    ("客诉", "投诉记录", "Tickets", "Cases"),
    unique="complaint_id",
    references="customer_id",
)
EVENTS = SheetSpec(
    "complaint_events",
    "投诉事件",
    "Complaint Events",
    columns("""
    complaint_id | 投诉编号 | Complaint ID | text required | 工单号, 单号
    at | 时间 | Time | datetime required | 发生时间
    state | 状态 | State | enum 受理/响应/反馈/处理中/等客户/等供应商/已解决/已关闭/重开/通知 required | 事件
    level | 级别 | Level | text
    by | 操作人 | By | text
    note | 说明 | Note | text | 备注
    """),
    ("投诉状态", "工单事件"),
)
COUNTS = columns("""
    is_open | 未结 | Open | bool
    is_public | 公开或媒体 | In Public | bool
    same_type_30 | 同类投诉_30天 | Same Type in 30 Days | int
    any_90 | 投诉_90天 | Complaints in 90 Days | int
    customers_7 | 同类客户数_7天 | Customers with Same Defect in 7 Days | int
    reopened | 重开 | Reopenings | int
    typed_severity | 登记严重度 | Severity as Entered | text
    """)


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    return [COMPLAINTS, EVENTS]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "complaints.xlsx"]


def column(frame: pl.DataFrame, name: str, dtype: Any) -> pl.Expr:
    """Return a column, nulls where the frame has none."""
    return pl.col(name) if name in frame.columns else pl.lit(None, dtype).alias(name)


@fact(COMPLAINTS, each="row", columns=COUNTS)
def counts(times: Times = given(times_of, ahead=True)) -> tuple[Rows, Sequence[Problem]]:
    """Return how often complaints came, by row: windows end with the complaint itself."""
    known = times.rows
    rows = known.filter(pl.col("received_at").is_not_null()).sort("received_at", "complaint_id")
    one = pl.lit(1).alias("one")
    rows = rows.with_columns(one, pl.col("type").fill_null("").alias("#type"))
    counts = rows.with_columns(
        pl.col("one")
        .rolling_sum_by("received_at", "30d", closed="both")
        .over("customer_id", "#type")
        .alias("same_type_30"),
        pl.col("one")
        .rolling_sum_by("received_at", "90d", closed="both")
        .over("customer_id")
        .alias("any_90"),
    )
    defects = (
        rows.filter(pl.col("type").is_not_null())
        .with_columns(pl.col("product").fill_null(""))
        .rolling("received_at", period="7d", closed="both", group_by=["type", "product"])
        .agg(pl.col("customer_id").n_unique().alias("customers_7"))
        .unique(["type", "product", "received_at"])
    )
    counts = counts.with_columns(pl.col("product").fill_null("")).join(
        defects, on=["type", "product", "received_at"], how="left"
    )
    typed = pl.when(pl.col("type").is_null()).then(0).otherwise("same_type_30")
    counts = counts.select(ROW, typed.alias("same_type_30"), "any_90", "customers_7")
    joined = known.join(counts, on=ROW, how="left", maintain_order="left")
    return joined.select(
        ROW,
        pl.col("resolved_at").is_null().alias("is_open"),
        pl.col("public").fill_null(False).alias("is_public"),
        *(pl.col(c).fill_null(0) for c in ("same_type_30", "any_90", "customers_7")),
        pl.col("reopen").alias("reopened"),
        pl.col("severity").fill_null("未填").alias("typed_severity"),
    ), times.problems


@fact(
    COMPLAINTS, each="row", after=TIER, scope="subject", ahead=True,
    columns=columns("customer_tier | 客户等级 | Customer Tier | text"),
)  # fmt: skip
def tiers(complaints: Rows, customers: Rows) -> Rows:
    """Return the tier of the customer of each complaint."""
    tier = graded(customers).select("customer_id", pl.col("tier").alias("customer_tier"))
    joined = complaints.join(tier, on="customer_id", how="left", maintain_order="left")
    return joined.select(ROW, pl.col("customer_tier").fill_null(UNDECIDED))
