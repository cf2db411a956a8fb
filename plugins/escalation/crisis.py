"""Crises: their steps, when each is due, whose it is, and where it stands."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from kamrules.plugin import (
    ROW,
    Rows,
    SheetSpec,
    columns,
    fact,
    fold,
    given,
    parameter,
    result,
    worktime,
)

from ..company import Calendars, ReportingLine, calendars, staff_line
from ..complaints.clocks import HOUR, limit
from ..complaints.times import Times, times_of
from ..shared.people import TIER, end_of, graded
from .told import person_for

CRISIS = SheetSpec(
    "crisis_steps",
    "危机处置",
    "Crisis Steps",
    columns("""
    complaint_id | 投诉编号 | Complaint ID | text
    customer_id | 客户编号 | Customer ID | text
    customer_name | 客户名称 | Customer Name | text
    customer_tier | 客户等级 | Customer Tier | text
    crisis_at | 触发时间 | Triggered | datetime
    closed_at | 结束时间 | Closed | datetime
    step | 步骤号 | Step No | int
    """),
    derived=True,
)
CRISIS_LEVEL = "危机"
WITHIN = result("crisis_steps", "步骤时限", "Step Within")
ROLE = result("crisis_steps", "责任岗位", "Owner Role")


@fact(CRISIS, after=TIER)
def crises(
    escalations: Rows, customers: Rows, times: Times = given(times_of, ahead=True),
    steps: int = parameter("危机步骤数", "Crisis Steps", 8),
) -> Rows:  # fmt: skip
    """Return the steps of each complaint that became a crisis."""
    log = escalations.filter(pl.col("level") == CRISIS_LEVEL)
    closed = times.rows.select("complaint_id", closed_at="resolved_at")
    tier = graded(customers).select("customer_id", customer_tier="tier")
    numbers = pl.DataFrame({"step": [float(n) for n in range(1, steps + 1)]})
    rows = (
        log.select("complaint_id", "customer_id", "customer_name", crisis_at="at")
        .join(closed, on="complaint_id", how="left")
        .join(tier, on="customer_id", how="left")
        .join(numbers, how="cross")
        .sort("crisis_at", "complaint_id", "step")
    )
    return rows.select(c.key for c in CRISIS.columns)


@fact(
    "crisis_steps", each="row", after=(WITHIN, ROLE, TIER),
    columns=columns("""
    step_due | 步骤期限 | Step Due | datetime
    step_owner | 步骤责任人 | Step Owner | text
    step_state | 步骤状态 | Step State | text
    """),
)  # fmt: skip
def steps_due(
    crisis_steps: Rows, customers: Rows, as_of: dt.date,
    work_until: Calendars = given(calendars), line: ReportingLine = given(staff_line),
) -> pl.LazyFrame:  # fmt: skip
    """Return when each step of a crisis is due, whose it is, and where it stands."""
    work, now = work_until(None), end_of(as_of)
    owners = dict(graded(customers).select("customer_id", "owner").iter_rows())
    minutes = work.hours[""].minutes
    rows = crisis_steps.select(ROW, "customer_id", "crisis_at", "closed_at", WITHIN.key, ROLE.key)
    found = []
    for row, customer, start, closed, within, role in rows.iter_rows():
        due = _step_due(fold(within or ""), start, closed, now, work.line, minutes)
        person, _, _ = person_for(line, owners.get(customer), role)
        state = "按需" if due is None else "已到期" if due < now else "待办"
        if due is None and "结束后" in (within or ""):
            state = "危机结束后"
        found.append((row, due, person or role, state))
    schema: dict[str, Any] = {
        ROW: pl.UInt32,
        "step_due": pl.Datetime("us"),
        "step_owner": pl.String,
        "step_state": pl.String,
    }
    return pl.LazyFrame(found, schema=schema, orient="row")


def _step_due(
    within: str, start: dt.datetime, closed: dt.datetime | None, now: dt.datetime,
    line: pl.DataFrame, minutes: int,
) -> dt.datetime | None:  # fmt: skip
    """Return when a step is due: ``2小时``, ``每24小时``, ``5工作日``, ``结束后7天``; else None."""
    after, every = within.startswith("结束后"), within.startswith("每")
    begin = closed if after else start
    amount = limit(within.removeprefix("结束后").removeprefix("每"))
    if begin is None or amount is None:
        return None
    number, unit = amount
    if unit == "natural":
        length = dt.timedelta(hours=number)
        if not every:
            return begin + length
        until = closed or now
        return begin + length * max(1, -((begin - until) // length))
    spent = number * (minutes / 60 if unit == "day" else 1) * HOUR
    at = pl.Series([begin], dtype=pl.Datetime("us"))
    due = worktime.add(line, pl.Series([""]), at, pl.Series([round(spent)]))[0]
    return due if isinstance(due, dt.datetime) else None
