"""Escalation: complaints that stay open go up level by level; crises get their steps and owners."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules.plugin import (
    ROW,
    Book,
    CasesInForce,
    Problem,
    Rows,
    SheetSpec,
    caserun,
    columns,
    fact,
    given,
    hookimpl,
)

from ..company import Calendars, ReportingLine, calendars, staff_line
from ..complaints.clocks import LIMITS, clocks
from ..complaints.times import Times, times_of
from .crisis import CRISIS, crises, steps_due
from .happened import cases_of, shares_due
from .told import addressed, noticed, said, steps

requires = ("company", "complaints")


__all__ = ["crises", "steps_due"]
LEVELS = columns("""
    level | 升级级别 | Level | text
    level_at | 升级时间 | Level Since | datetime
    notified | 应通知 | To Notify | text
    next_level_at | 下次升级时间 | Next Level At | datetime
    """)
ESCALATIONS = SheetSpec(
    "escalations",
    "投诉升级",
    "Escalations",
    columns("""
    complaint_id | 投诉编号 | Complaint ID | text
    customer_id | 客户编号 | Customer ID | text
    customer_name | 客户名称 | Customer Name | text
    at | 时间 | Time | datetime
    before | 原级别 | From Level | text
    level | 级别 | Level | text
    rule | 规则 | Rule | text
    reason | 理由 | Reason | text
    because | 相关记录 | Other Records | text
    role | 通知岗位 | Role | text
    person | 通知 | Notify | text
    email | 邮箱 | Email | text
    direction | 方向 | Direction | enum 上报/告知
    action | 动作 | Action | text
    sent | 已通知 | Sent | bool
    derivation | 期限推导 | How Deadlines Follow | text
    """),
    derived=True,
    reserved=True,
)
# Without case rules about complaints there are no levels.
RULES = "cases.complaints"


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    return [ESCALATIONS, CRISIS]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "escalation.xlsx"]


@fact(
    ESCALATIONS, after=(*LIMITS, "complaints.derivation"), source=RULES, ahead=True, optional=True
)
def log(
    complaints: Rows, customers: Rows, cases: CasesInForce, book: Book,
    times: Times = given(times_of, ahead=True), work: Calendars = given(calendars),
    line: ReportingLine = given(staff_line),
) -> tuple[Rows, list[Problem]]:  # fmt: skip
    """Return every level that a complaint reached, each once, and who is told."""
    rules = cases.about("complaints")
    found = clocks(complaints, times, work, book)
    each = cases_of(found, times, rules, cases, book)
    outcome = caserun.decide(rules.rules, rules.levels, each, cases.engine)
    rows = (
        steps(outcome, rules)
        .join(noticed(rules), on="rule", how="left")
        .join(_first(complaints, "complaint_id", "customer_id", "derivation"), on="complaint_id", how="left")
        .join(_first(customers, "customer_id", "customer_name", "owner"), on="customer_id", how="left")
        .sort("at", "complaint_id", "rank")
    )  # fmt: skip
    notified, wrong = addressed(rows, line, book)
    sent = times.events.filter(pl.col("state") == "通知").select("complaint_id", "level")
    sent = sent.drop_nulls().unique().with_columns(pl.lit(True).alias("sent"))
    rows = rows.hstack(notified).join(
        sent, on=["complaint_id", "level"], how="left", maintain_order="left"
    )
    rows = rows.with_columns(pl.col("sent").fill_null(False))
    problems = [*said(outcome, cases.engine, rules), *wrong]
    return rows.select(c.key for c in ESCALATIONS.columns), problems


def _first(rows: Rows, key: str, *names: str) -> Rows:
    return rows.select(key, *names).unique(key, keep="first", maintain_order=True)


@fact(
    "complaints", each="row", after=LIMITS, source=RULES, ahead=True, optional=True, columns=LEVELS
)
def levels(
    escalations: Rows, complaints: Rows, cases: CasesInForce, book: Book,
    times: Times = given(times_of, ahead=True), work: Calendars = given(calendars),
) -> Rows:  # fmt: skip
    """Return the level of each complaint, since when, who was told, and when it rises next."""
    reached = escalations.group_by("complaint_id", maintain_order=True).agg(
        pl.col("level").last(),
        pl.col("at").last().alias("level_at"),
        pl.col("person").drop_nulls().unique(maintain_order=True).str.join(", ").alias("notified"),
    )
    found = clocks(complaints, times, work, book)
    shares = shares_due(found, cases.about("complaints"))
    ahead = [
        pl.when(pl.col(target.done).is_null() & (due > times.now)).then(due)
        for target, _, due in shares
    ]
    soonest = pl.min_horizontal(pl.lit(None, pl.Datetime("us")), *ahead)
    next_ = pl.when(pl.col("resolved_at").is_null()).then(soonest).alias("next_level_at")
    rows = found.rows.select(ROW, "complaint_id", next_)
    joined = rows.join(reached, on="complaint_id", how="left", maintain_order="left")
    wanted = joined.select(ROW, *(c.key for c in LEVELS))
    return wanted.with_columns(pl.col("level").fill_null(""))
