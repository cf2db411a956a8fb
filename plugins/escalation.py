"""Escalation: complaints that stay open go up level by level; crises get their steps and owners."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import polars as pl

from kamrules import hookimpl
from kamrules.engine.cases import caserun
from kamrules.engine.cases.caserules import CaseRules, encoded
from kamrules.engine.cases.cases import Case, Step, Subject
from kamrules.facts.fact import Fact
from kamrules.messages.problem import Cell, Problem
from kamrules.rules.cell.sfeel import fold
from kamrules.sheets import worktime
from kamrules.sheets.column import SheetSpec
from kamrules.sheets.sheet import Data
from kamrules.sheets.specs import columns
from kamrules.words.text import Text

from .company import ReportingLine, calendar, line_of
from .complaints import SOLVED, TARGETS, Clocks, clocks, end_of, named, states, tiers
from .escalation_messages import (
    BUILT_IN_DECIDED,
    ENGINES_DISAGREE,
    NO_DURABLE_RULES,
    NOBODY_IN_ROLE,
)

requires = ("company", "complaints")

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
)
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
DUE = columns("""
    step_due | 步骤期限 | Step Due | datetime
    step_owner | 步骤责任人 | Step Owner | text
    step_state | 步骤状态 | Step State | text
    """)
CRISIS_LEVEL = "危机"
STEPS = 8
_SECOND = dt.timedelta(seconds=1)
_EPOCH = dt.datetime(1970, 1, 1)


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    return [ESCALATIONS, CRISIS]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "escalation.xlsx"]


@hookimpl
def facts(data: Data, as_of: dt.date) -> Iterator[Fact]:
    rules = next((r for r in data.cases if r.table.for_each == "complaints"), None)
    if "complaints" not in data.sheets or rules is None:
        return
    wanted = tuple(label for _, label in sorted(rules.labels.items()))
    limits = tuple(limit for *_, limit in TARGETS)
    after = tuple(dict.fromkeys((*limits, "等级", "derivation", "visit_due", *wanted)))
    log = partial(_log, rules, as_of)
    yield Fact("escalations", "", ESCALATIONS.columns, log, after=after)
    yield Fact(
        "complaints", "#row", LEVELS, partial(_levels, rules, as_of), after=(*limits, "because")
    )
    yield Fact(
        "crisis_steps", "", CRISIS.columns, partial(_crises, as_of), after=("because", "等级")
    )
    yield Fact("crisis_steps", "#row", DUE, partial(_due, as_of), after=("步骤时限", "责任岗位"))


def _seconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _SECOND


def _shares_due(
    found: Clocks, rules: CaseRules
) -> Iterator[tuple[tuple[str, str, float], pl.Series]]:
    """Yield each share of a target that rules ask for, with when it is used up: target, met, share."""
    wanted = [
        ((zh, done, share), (target, share))
        for zh, done, target, _ in TARGETS
        for share in rules.shares.get(zh, ())
    ]
    dues = found.dues([pair for _, pair in wanted])
    return zip((said for said, _ in wanted), dues, strict=True)


def _happenings(found: Clocks, rules: CaseRules, data: Data, as_of: dt.date) -> pl.DataFrame:
    """Return what happened to complaints: complaint, at, event; nothing after it was met or now."""
    rows, now = found.rows, end_of(as_of)
    parts = [
        rows.select(
            "complaint_id", pl.col("received_at").alias("at"), pl.lit("受理").alias("event")
        )
    ]
    for (zh, done, share), due in _shares_due(found, rules):
        event = pl.lit(f"{zh} {share * 100:g}%").alias("event")
        # A target is missed after the instant it falls due, not at it.
        part = rows.select("complaint_id", due.alias("at"), event, done=done)
        open_ = pl.col("done").is_null() | (pl.col("done") > pl.col("at"))
        parts.append(part.filter(open_).drop("done"))
    again, _ = states(data, as_of)
    again = again.filter(pl.col("state") == "重开")
    parts.append(again.select("complaint_id", "at", pl.lit("重开").alias("event")))
    happened = pl.concat(parts).drop_nulls().filter(pl.col("at") <= now)
    return happened.sort("complaint_id", "at", "event")


def _spells(found: Clocks, data: Data, as_of: dt.date) -> dict[str, list[tuple[int, int | None]]]:
    """Return when each complaint was open, in seconds."""
    events, _ = states(data, as_of)
    turns = events.filter(pl.col("state").is_in([*SOLVED, "重开"]))
    by_complaint: dict[str, list[tuple[int, bool]]] = {}
    for complaint, at, state in turns.select("complaint_id", "at", "state").iter_rows():
        by_complaint.setdefault(complaint, []).append((_seconds(at), state == "重开"))
    spells: dict[str, list[tuple[int, int | None]]] = {}
    times = found.rows.select("complaint_id", "received_at", "resolved_at").drop_nulls(
        ["complaint_id", "received_at"]
    )
    for complaint, received, resolved in times.iter_rows():
        start: int | None = _seconds(received)
        mine: list[tuple[int, int | None]] = []
        for at, opens in by_complaint.get(complaint, ()):
            if opens and start is None:
                start = at
            elif not opens and start is not None and at >= start:
                mine.append((start, at))
                start = None
        if start is not None:
            mine.append((start, _seconds(resolved) if resolved else None))
        spells[complaint] = mine
    return spells


def _cases(
    found: Clocks, rules: CaseRules, data: Data, happened: pl.DataFrame, as_of: dt.date
) -> list[Case]:
    """Return the case of every customer with complaints."""
    events: dict[str, list[tuple[int, str]]] = {}
    for complaint, at, event in happened.iter_rows():
        events.setdefault(complaint, []).append((_seconds(at), event))
    spells = _spells(found, data, as_of)
    subjects: dict[str, list[Subject]] = {}
    frame = data.sheets["complaints"].frame.filter(pl.col("customer_id").is_not_null())
    for complaint, customer, values in _records(frame, "complaint_id", rules, data, "complaints"):
        if spells.get(complaint):
            subject = Subject(
                complaint, values, tuple(spells[complaint]), tuple(events.get(complaint, ()))
            )
            subjects.setdefault(customer, []).append(subject)
    records: dict[str, list[tuple[str, str, Any]]] = {}
    for key in sorted({k for k, _ in rules.labels} - {"complaints"}):
        if key in data.sheets and "customer_id" in data.sheets[key].frame.columns:
            others = data.sheets[key].frame
            id_ = data.sheets[key].spec.unique or "#row"
            for number, customer, values in _records(others, id_, rules, data, key):
                name = f"{data.sheets[key].title} {number}"
                records.setdefault(customer, []).append((key, name, values))
    return [
        Case(customer, tuple(mine), tuple(records.get(customer, ())))
        for customer, mine in sorted(subjects.items())
    ]


def _records(
    frame: pl.DataFrame, id_: str, rules: CaseRules, data: Data, key: str
) -> Iterator[tuple[str, str, dict[str, str | int]]]:
    """Yield id, customer and properties of each row, the properties as engines compare them."""
    wanted = {label: rules.properties[label] for k, label in rules.labels if k == key}
    columns_ = {p: c for label, p in wanted.items() if (c := named(data, key, label))}
    known = {p: _encoded(frame[c]) for p, c in columns_.items()}
    names = list(known)
    values = zip(*known.values(), strict=True) if known else iter([()] * frame.height)
    ids, customers = frame[id_].to_list(), frame["customer_id"].to_list()
    for number, customer, row in zip(ids, customers, values, strict=True):
        if number is not None and customer is not None:
            yield (
                str(number),
                customer,
                {p: v for p, v in zip(names, row, strict=True) if v is not None},
            )


def _encoded(series: pl.Series) -> list[str | int | None]:
    distinct = {value: encoded(value) for value in series.unique().to_list()}
    return [distinct[value] for value in series.to_list()]


def _log(rules: CaseRules, as_of: dt.date, data: Data) -> tuple[pl.LazyFrame, list[Problem]]:
    """Return every level that a complaint reached, each once, and who is told."""
    found = clocks(data, as_of)
    happened = _happenings(found, rules, data, as_of)
    cases = _cases(found, rules, data, happened, as_of)
    engine: Any = data.case_engine
    outcome = caserun.decide(rules.rules, rules.levels, cases, engine)
    problems = _said(outcome, data, rules)
    steps = [
        (step.subject, *_step(step, rules)) for steps in outcome.steps.values() for step in steps
    ]
    schema = ("complaint_id", "at", "before", "level", "rule", "because", "rank")
    types = (pl.String, pl.Datetime("us"), pl.String, pl.String, pl.String, pl.String, pl.Int64)
    log = pl.DataFrame(steps, schema=dict(zip(schema, types, strict=True)), orient="row")
    said = pl.DataFrame(
        [
            (rule.id, rules.said[rule.id].get("通知"), rules.said[rule.id].get("动作"),
             rule.notes.get("理由") or next(iter(rule.notes.values()), ""))
            for rule in rules.table.rules
        ],
        schema={"rule": pl.String, "role": pl.String, "action": pl.String, "reason": pl.String},
        orient="row",
    )  # fmt: skip
    complaints = data.sheets["complaints"].frame
    known = complaints.select("complaint_id", "customer_id", "derivation").unique(
        "complaint_id", keep="first", maintain_order=True
    )
    people = tiers(data).select("customer_id", "customer_name", "owner")
    rows = (
        log.join(said, on="rule", how="left")
        .join(known, on="complaint_id", how="left")
        .join(people, on="customer_id", how="left")
        .sort("at", "complaint_id", "rank")
    )
    addressed, wrong = _addressed(rows, data)
    rows = rows.drop("owner").hstack(addressed)
    events, _ = states(data, as_of)
    told = events.filter(pl.col("state") == "通知").select("complaint_id", "level").drop_nulls()
    told = told.unique().with_columns(pl.lit(True).alias("sent"))
    rows = rows.join(told, on=["complaint_id", "level"], how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("sent").fill_null(False))
    return rows.select(c.key for c in ESCALATIONS.columns).lazy(), [*problems, *wrong]


def _step(step: Step, rules: CaseRules) -> tuple[Any, ...]:
    before = rules.levels[step.before] if step.before >= 0 else ""
    others = ", ".join(step.because)
    at = _EPOCH + step.at * _SECOND
    return at, before, rules.levels[step.level], step.rule, others, step.level


def _said(outcome: caserun.Outcome, data: Data, rules: CaseRules) -> list[Problem]:
    """Return what there is to say about how the case rules were decided."""
    problems = []
    where = rules.table.where
    if data.case_engine in ("durable", "both") and not caserun.available():
        problems.append(NO_DURABLE_RULES.at(where, found=data.case_engine))
    if outcome.left:
        customer, why = next(iter(sorted(outcome.left.items())))
        found, count = f"{customer}: {why}", len(outcome.left)
        problems.append(BUILT_IN_DECIDED.at(where, found=found, count=count))
    if outcome.different:
        customer, theirs, ours = outcome.different
        durable, builtin = _told(theirs, rules), _told(ours, rules)
        problems.append(
            ENGINES_DISAGREE.at(where, found=customer, durable=durable, builtin=builtin)
        )
    return problems


def _told(step: Step | None, rules: CaseRules) -> Text:
    if step is None:
        return Text("没有升级", "no level")
    at, _, level, rule, *_ = _step(step, rules)
    return Text(*(f"{step.subject} {at:%Y-%m-%d %H:%M} -> {level} ({rule})",) * 2)


def _addressed(rows: pl.DataFrame, data: Data) -> tuple[pl.DataFrame, list[Problem]]:
    """Return who gets each notice: the person, the address, and the direction it goes."""
    line, _ = line_of(data)
    pairs = rows.select("owner", "role").unique(maintain_order=True)
    found = {pair: _person(line, *pair) for pair in pairs.iter_rows()}
    each = [found[pair] for pair in rows.select("owner", "role").iter_rows()]
    schema = {"person": pl.String, "email": pl.String, "direction": pl.String}
    addressed = pl.DataFrame(each, schema=schema, orient="row")
    problems = []
    lost = rows.select("owner", "role").hstack(addressed).filter(pl.col("person").is_null())
    if "staff" in data.sheets:
        for (role,), part in lost.drop_nulls("role").group_by(["role"], maintain_order=True):
            where = Cell(data.book, data.sheets["staff"].title)
            owners = ", ".join(part["owner"].fill_null("-").unique(maintain_order=True).head(5))
            params = {"role": role, "count": part.height}
            problems.append(NOBODY_IN_ROLE.at(where, found=owners, **params))
    return addressed, problems


def _person(line: ReportingLine, owner: str | None, role: str | None) -> tuple[Any, ...]:
    if role is None:
        return None, None, None
    own = role in ("负责人", "owner", "Owner")
    person = line.addressee(owner, role)
    name = person.name if person else (owner if own else None)
    return name, person.email if person else None, "告知" if own else "上报"


def _levels(rules: CaseRules, as_of: dt.date, data: Data) -> pl.LazyFrame:
    """Return the level of each complaint, since when, who was told, and when it rises next."""
    log = data.sheets["escalations"].frame
    reached = log.group_by("complaint_id", maintain_order=True).agg(
        pl.col("level").last(),
        pl.col("at").last().alias("level_at"),
        pl.col("person").drop_nulls().unique(maintain_order=True).str.join(", ").alias("notified"),
    )
    found = clocks(data, as_of)
    now = end_of(as_of)
    ahead = [
        found.rows.select(pl.when(pl.col(done).is_null()).then(due))
        .to_series()
        .alias(f"{zh} {share}")
        for (zh, done, share), due in _shares_due(found, rules)
    ]
    later = (
        pl.DataFrame(ahead).with_columns(pl.when(pl.all() > now).then(pl.all()))
        if ahead
        else pl.DataFrame()
    )
    soonest = (
        later.select(pl.min_horizontal(pl.all())).to_series()
        if ahead
        else pl.Series([None] * found.rows.height, dtype=pl.Datetime("us"))
    )
    still = found.rows["resolved_at"].is_null()
    next_ = pl.select(pl.when(still).then(soonest)).to_series().alias("next_level_at")
    rows = found.rows.select("#row", "complaint_id").with_columns(next_)
    joined = rows.join(reached, on="complaint_id", how="left", maintain_order="left")
    wanted = joined.select("#row", *(c.key for c in LEVELS))
    return wanted.with_columns(pl.col("level").fill_null("")).lazy()


def _crises(as_of: dt.date, data: Data) -> pl.LazyFrame:
    """Return eight steps for each complaint that became a crisis."""
    log = data.sheets["escalations"].frame.filter(pl.col("level") == CRISIS_LEVEL)
    closed = clocks(data, as_of).rows.select(
        "complaint_id", pl.col("resolved_at").alias("closed_at")
    )
    known = tiers(data).select("customer_id", pl.col("tier").alias("customer_tier"))
    steps = int(data.parameter("危机步骤数", STEPS))
    numbers = pl.DataFrame({"step": [float(n) for n in range(1, steps + 1)]})
    rows = (
        log.select("complaint_id", "customer_id", "customer_name", pl.col("at").alias("crisis_at"))
        .join(closed, on="complaint_id", how="left")
        .join(known, on="customer_id", how="left")
        .join(numbers, how="cross")
        .sort("crisis_at", "complaint_id", "step")
    )
    return rows.select(c.key for c in CRISIS.columns).lazy()


def _due(as_of: dt.date, data: Data) -> pl.LazyFrame:
    """Return when each step of a crisis is due, whose it is, and where it stands."""
    frame = data.sheets["crisis_steps"].frame
    work, now = calendar(data, as_of), end_of(as_of)
    line, _ = line_of(data)
    owners = dict(tiers(data).select("customer_id", "owner").iter_rows())
    minutes = work.hours[""].minutes
    found = []
    limits = frame["步骤时限"] if "步骤时限" in frame.columns else [None] * frame.height
    roles = frame["责任岗位"] if "责任岗位" in frame.columns else [None] * frame.height
    rows = zip(
        frame["#row"], frame["customer_id"], frame["crisis_at"], frame["closed_at"], limits, roles,
        strict=True,
    )  # fmt: skip
    for row, customer, start, closed, limit, role in rows:
        due = _step_due(fold(limit or ""), start, closed, now, work.line, minutes)
        person, _, _ = _person(line, owners.get(customer), role)
        state = "按需" if due is None else "已到期" if due < now else "待办"
        if due is None and "结束后" in (limit or ""):
            state = "危机结束后"
        found.append((row, due, person or role, state))
    schema = {
        "#row": pl.UInt32(),
        "step_due": pl.Datetime("us"),
        "step_owner": pl.String(),
        "step_state": pl.String(),
    }
    return pl.LazyFrame(found, schema=schema, orient="row")


def _step_due(
    limit: str, start: dt.datetime, closed: dt.datetime | None, now: dt.datetime,
    line: pl.DataFrame, minutes: int,
) -> dt.datetime | None:  # fmt: skip
    """Return when a step is due: ``2小时``, ``每24小时``, ``5工作日``, ``结束后7天``; else None."""
    from .complaints import _limit

    after, every = limit.startswith("结束后"), limit.startswith("每")
    begin = closed if after else start
    amount = _limit(limit.removeprefix("结束后").removeprefix("每"))
    if begin is None or amount is None:
        return None
    number, unit = amount
    if unit == "natural":
        length = dt.timedelta(hours=number)
        if not every:
            return begin + length
        until = closed or now
        return begin + length * max(1, -((begin - until) // length))
    spent = number * (minutes / 60 if unit == "day" else 1) * 3_600_000_000
    at = pl.Series([begin], dtype=pl.Datetime("us"))
    due = worktime.add(line, pl.Series([""]), at, pl.Series([round(spent)]))[0]
    return due if isinstance(due, dt.datetime) else None
