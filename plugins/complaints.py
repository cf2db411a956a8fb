"""Complaints: their sheets, how often they come, and their clocks with every deadline derived."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules import hookimpl
from kamrules.facts.fact import Fact
from kamrules.messages.problem import Cell, Problem
from kamrules.rules.cell.sfeel import fold
from kamrules.sheets import worktime
from kamrules.sheets.column import Column, SheetSpec
from kamrules.sheets.sheet import Data, Sheet
from kamrules.sheets.specs import columns
from kamrules.words.text import Text

from .company import NATURAL, WorkCalendar, calendar, unannounced
from .complaints_messages import (
    AFTER_AS_OF,
    BEFORE_RECEIVED,
    INCOMPLETE_EVENT,
    NEGATIVE_PAUSE,
    TOO_MANY_TO_COMPARE,
    UNCLEAR_LIMIT,
    WAITING_SINCE_UNKNOWN,
)

requires = ("company",)

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
TARGETS = (
    ("响应", "responded_at", "response", "响应时限"),
    ("反馈", "feedback_at", "feedback", "反馈时限"),
    ("解决", "resolved_at", "resolution", "解决时限"),
)
SOLVED = ("已解决", "已关闭")
_HOUR = 3_600_000_000
_LIMIT = re.compile(
    r"(\d+(?:\.\d+)?)\s*(小时|工时|工作日|天|分钟|h|hours?|working hours?|working days?|days?)"
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
TIER = columns("customer_tier | 客户等级 | Customer Tier | text")
CLOCKS = columns("""
    response_due | 响应截止 | Response Due | datetime
    response_used | 响应已用 | Response Used | percent
    feedback_due | 反馈截止 | Feedback Due | datetime
    feedback_used | 反馈已用 | Feedback Used | percent
    resolution_due | 解决截止 | Resolution Due | datetime
    resolution_used | 解决已用 | Resolution Used | percent
    paused_time | 已暂停_小时 | Paused Hours | number
    derivation | 期限推导 | How Deadlines Follow | text
    """)
UNDECIDED = "未判定"


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    return [COMPLAINTS, EVENTS]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "complaints.xlsx"]


@hookimpl
def facts(data: Data, as_of: dt.date) -> Iterator[Fact]:
    if "complaints" not in data.sheets:
        return
    known, problems = timed(data, as_of)
    yield Fact("complaints", "#row", COUNTS, counted(known, as_of).lazy(), problems=problems)
    yield Fact("complaints", "#row", TIER, partial(_tiers, as_of), "customer", after=("等级",))
    limits = tuple(limit for *_, limit in TARGETS)
    yield Fact("complaints", "#row", CLOCKS, partial(_clocks, as_of), "customer", after=limits)


def end_of(as_of: dt.date) -> dt.datetime:
    """Return the instant a run counts up to: the end of the as-of date."""
    return dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time())


def column(frame: pl.DataFrame, name: str, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """Return a column, nulls where the frame has none."""
    return pl.col(name) if name in frame.columns else pl.lit(None, dtype).alias(name)


def timed(data: Data, as_of: dt.date) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """Return the complaints with the times that count, from both sheets, and what is wrong."""
    sheet = data.sheets["complaints"]
    frame = sheet.frame
    moment = pl.Datetime("us")
    known = frame.select(
        "#row", "complaint_id", "customer_id", "received_at",
        *(column(frame, c, moment) for c in ("responded_at", "feedback_at", "resolved_at")),
        *(column(frame, c, pl.String) for c in ("type", "product", "severity", "status", "handler")),
        column(frame, "public", pl.Boolean),
        column(frame, "paused_hours", pl.Float64),
        column(frame, "reopen", pl.Float64),
    )  # fmt: skip
    problems: list[Problem] = []
    events, wrong = states(data, as_of)
    problems += wrong
    known = _with_events(known, events)
    now = end_of(as_of)
    ahead = known.filter(pl.col("received_at") >= now)
    problems += _future(data, sheet, "received_at", ahead["received_at"], as_of)
    known = known.with_columns(
        pl.when(pl.col("received_at") < now).then("received_at").alias("received_at"),
        *(pl.when(pl.col(c) < now).then(c).alias(c) for c in _TIMES),
    )
    for name in _TIMES:
        early = known.filter(pl.col(name) < pl.col("received_at"))
        if early.height:
            text, where = f"{early['complaint_id'][0]}", _at(data, sheet, name, early["#row"][0])
            header = _name(sheet, name)
            said = BEFORE_RECEIVED.at(where, found=text, count=early.height, column=header)
            problems.append(said)
            late_enough = pl.col(name) >= pl.col("received_at")
            known = known.with_columns(pl.when(late_enough).then(name).alias(name))
    negative = known.filter(pl.col("paused_hours") < 0)
    if negative.height:
        where = _at(data, sheet, "paused_hours", negative["#row"][0])
        found = negative["complaint_id"][0]
        problems.append(NEGATIVE_PAUSE.at(where, found=found, count=negative.height))
        kept = pl.when(pl.col("paused_hours") >= 0).then("paused_hours")
        known = known.with_columns(kept.alias("paused_hours"))
    known = known.with_columns(
        pl.coalesce("responded_at", "feedback_at", "resolved_at").alias("responded_at"),
        pl.coalesce("feedback_at", "resolved_at").alias("feedback_at"),
    )
    waiting = events.filter(pl.col("state") == "等客户")["complaint_id"].implode()
    unknown = known.filter(
        (pl.col("status") == "等客户")
        & ~pl.col("complaint_id").is_in(waiting)
        & pl.col("paused_hours").is_null()
    )
    if unknown.height:
        where = _at(data, sheet, "status", unknown["#row"][0])
        listed = ", ".join(unknown["complaint_id"].head(5))
        problems.append(WAITING_SINCE_UNKNOWN.at(where, found=listed, count=unknown.height))
    crowds = known["customer_id"].value_counts().filter(pl.col("count") > _MOST)
    for customer, count in crowds.sort("customer_id").iter_rows():
        row = known.filter(pl.col("customer_id") == customer)["#row"][0]
        where = _at(data, sheet, "customer_id", row)
        problems.append(
            TOO_MANY_TO_COMPARE.at(where, key=customer, found=count, count=count, most=_MOST)
        )
    return known, tuple(problems)


_TIMES = ("responded_at", "feedback_at", "resolved_at")
_MOST = 2000


def _at(data: Data, sheet: Sheet, name: str, row: int) -> Cell:
    return Cell(data.book, sheet.title, f"{sheet.letters.get(name, 'A')}{row}")


def _name(sheet: Sheet, name: str) -> Text:
    return next(c.name for c in sheet.spec.columns if c.key == name)


def _future(
    data: Data, sheet: Sheet, name: str, ahead: pl.Series, as_of: dt.date
) -> Iterator[Problem]:
    if len(ahead):
        row = sheet.frame.filter(pl.col(name).is_in(ahead.implode()))["#row"][0]
        yield AFTER_AS_OF.at(_at(data, sheet, name, row), found=ahead.min(), count=len(ahead),
            column=_name(sheet, name), as_of=as_of,
        )  # fmt: skip


def states(data: Data, as_of: dt.date) -> tuple[pl.DataFrame, list[Problem]]:
    """Return the complaint events that count, in the order of time: complaint, at, state, level."""
    sheet = data.sheets.get("complaint_events")
    schema = {"complaint_id": pl.String(), "at": pl.Datetime("us"), "state": pl.String()}
    if sheet is None:
        return pl.DataFrame(schema={**schema, "level": pl.String()}), []
    frame = sheet.frame.select("#row", *schema, column(sheet.frame, "level", pl.String))
    ids = data.sheets["complaints"].frame["complaint_id"].drop_nulls().implode()
    whole = pl.all_horizontal(pl.col(c).is_not_null() for c in schema)
    good = whole & pl.col("complaint_id").is_in(ids)
    bad = frame.filter(~good.fill_null(False))
    problems = []
    if bad.height:
        where = _at(data, sheet, "complaint_id", bad["#row"][0])
        found = bad["complaint_id"][0] or "-"
        problems.append(INCOMPLETE_EVENT.at(where, found=found, count=bad.height))
    kept = frame.filter(good)
    ahead = kept.filter(pl.col("at") >= end_of(as_of))
    problems += _future(data, sheet, "at", ahead["at"], as_of)
    kept = kept.filter(pl.col("at") < end_of(as_of)).drop("#row")
    return kept.sort("complaint_id", "at", "state"), problems


def _with_events(known: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Return complaints with the times their events give, where their own columns are blank."""

    def at(*names: str) -> pl.Expr:
        return pl.col("at").filter(pl.col("state").is_in(names))

    last = pl.col("state").filter(pl.col("state").is_in([*SOLVED, "重开"])).last()
    found = events.group_by("complaint_id").agg(
        at("响应").min().alias("#responded"),
        at("反馈").min().alias("#feedback"),
        at(*SOLVED).last().alias("#resolved"),
        pl.when((last == "重开").fill_null(False)).then(at("重开").last()).alias("#again"),
        at("重开").len().cast(pl.Float64).alias("#reopened"),
    )
    joined = known.join(found, on="complaint_id", how="left", maintain_order="left")
    # A time in the complaint's own row counts when it is later than the last reopening.
    own = (pl.col("resolved_at") > pl.col("#again")).fill_null(False)
    solved = pl.when(pl.col("#again").is_null()).then(pl.coalesce("#resolved", "resolved_at"))
    return joined.with_columns(
        pl.coalesce("responded_at", "#responded").alias("responded_at"),
        pl.coalesce("feedback_at", "#feedback").alias("feedback_at"),
        solved.when(own).then("resolved_at").alias("resolved_at"),
        pl.max_horizontal("reopen", "#reopened").fill_null(0).alias("reopen"),
    ).drop("^#(responded|feedback|resolved|again|reopened)$")


def counted(known: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Return how often complaints came, by row: windows end with the complaint itself."""
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
    counts = counts.select("#row", typed.alias("same_type_30"), "any_90", "customers_7")
    joined = known.join(counts, on="#row", how="left", maintain_order="left")
    return joined.select(
        "#row",
        pl.col("resolved_at").is_null().alias("is_open"),
        pl.col("public").fill_null(False).alias("is_public"),
        *(pl.col(c).fill_null(0) for c in ("same_type_30", "any_90", "customers_7")),
        pl.col("reopen").alias("reopened"),
        pl.col("severity").fill_null("未填").alias("typed_severity"),
    )


def tiers(data: Data) -> pl.DataFrame:
    """Return id, name, owner, branch and tier of every customer, where they are known."""
    frame = data.sheets["customers"].frame
    return frame.select(
        "customer_id",
        column(frame, "customer_name", pl.String),
        column(frame, "owner", pl.String),
        column(frame, "branch", pl.String),
        column(frame, "等级", pl.String).fill_null(UNDECIDED).alias("tier"),
    ).unique("customer_id", keep="first", maintain_order=True)


def graded(customers: pl.DataFrame) -> pl.DataFrame:
    """Return id, name, owner, branch and tier of every customer, of rows that wait for its tier."""
    return customers.select(
        "customer_id", "customer_name", "owner", "branch",
        pl.col("等级").fill_null(UNDECIDED).alias("tier"),
    ).unique("customer_id", keep="first", maintain_order=True)  # fmt: skip


def _tiers(as_of: dt.date, data: Data) -> pl.LazyFrame:
    rows = data.sheets["complaints"].frame.select("#row", "customer_id").lazy()
    known = tiers(data).lazy().select("customer_id", pl.col("tier").alias("customer_tier"))
    joined = rows.join(known, on="customer_id", how="left", maintain_order="left")
    return joined.select("#row", pl.col("customer_tier").fill_null(UNDECIDED))


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of all complaints: *rows* has times, calendars and targets; pauses beside it."""

    rows: pl.DataFrame
    pauses: pl.DataFrame
    calendar: WorkCalendar
    problems: tuple[Problem, ...]

    def dues(self, wanted: Sequence[tuple[str, float]]) -> list[pl.Series]:
        """Return when each share of a target is used up, pauses left out; null without a target."""
        parts = [
            self.rows.select(
                "#row",
                pl.col("received_at").alias("start"),
                pl.col(f"{target}_calendar").alias("calendar"),
                (pl.col(f"{target}_amount") * share).round().cast(pl.Int64).alias("amount")
                + pl.col("extra").fill_null(0),
            )
            for target, share in wanted
        ]
        if not parts:
            return []
        line, asked = self.calendar.line, pl.concat(parts)
        ends = worktime.add(line, asked["calendar"], asked["start"], asked["amount"])
        for pauses in self._rounds():
            joined = asked.select("#row", "calendar", ends.alias("end"))
            joined = joined.join(pauses, on="#row", how="left", maintain_order="left")
            lost = worktime.between(line, joined["calendar"], joined["from"], joined["to"])
            hit = joined.select((pl.col("from") < pl.col("end")).fill_null(False)).to_series()
            later = worktime.add(line, joined["calendar"], joined["end"], lost)
            ends = pl.select(pl.when(hit).then(later).otherwise(ends)).to_series()
        height = self.rows.height
        return [ends.slice(n * height, height).alias("due") for n in range(len(wanted))]

    def used(self, target: str, done: str, now: dt.datetime) -> pl.Series:
        """Return the share of a target used until it was met, or until now."""
        rows = self.rows.with_columns(pl.col(done).fill_null(now).alias("stop"))
        its = rows[f"{target}_calendar"]
        spent = worktime.between(self.calendar.line, its, rows["received_at"], rows["stop"])
        net = spent - self.paused(its, rows["stop"]) - rows["extra"].fill_null(0)
        share = pl.max_horizontal(net, 0) / rows[f"{target}_amount"]
        return pl.select(share.alias("used")).to_series()

    def paused(self, calendars: pl.Series, stop: pl.Series) -> pl.Series:
        """Return the time each complaint was paused until it stopped, in microseconds."""
        limits = self.rows.select("#row", calendar=calendars, stop=stop)
        parts = self.pauses.join(limits, on="#row").with_columns(
            pl.min_horizontal("to", "stop").alias("to")
        )
        parts = parts.filter(pl.col("to") > pl.col("from"))
        lost = worktime.between(self.calendar.line, parts["calendar"], parts["from"], parts["to"])
        sums = parts.select("#row", lost=lost).group_by("#row").agg(pl.col("lost").sum())
        joined = self.rows.select("#row").join(sums, on="#row", how="left", maintain_order="left")
        return joined["lost"].fill_null(0)

    def _rounds(self) -> Iterator[pl.DataFrame]:
        """Yield the first pause of every complaint, then the second, and so on."""
        numbered = self.pauses.with_columns(pl.int_range(pl.len()).over("#row").alias("n"))
        for n in numbered["n"].unique().sort().to_list():
            yield numbered.filter(pl.col("n") == n).drop("n")


def clocks(data: Data, as_of: dt.date) -> Clocks:
    """Return the clocks of all complaints, with the targets that the tables gave them."""
    known, _ = timed(data, as_of)
    events, _ = states(data, as_of)
    frame = data.sheets["complaints"].frame
    limits = frame.select("#row", *(column(frame, limit, pl.String) for *_, limit in TARGETS))
    rows = known.join(limits, on="#row", how="left", maintain_order="left")
    last = rows["received_at"].max()
    work = calendar(data, as_of, last.date() if isinstance(last, dt.datetime) else None)
    problems: list[Problem] = list(work.problems)
    rows = rows.with_columns(work.of(rows["customer_id"]))
    day = work.minutes(rows["calendar"]) * 60_000_000
    for zh, done, target, limit in TARGETS:
        never = done not in frame.columns and zh not in events["state"]
        if never and target != "resolution":
            # A book that never says when it responded cannot be late with it.
            rows = rows.with_columns(pl.lit(None, pl.String).alias(limit))
        read = {text: _limit(text) for text in rows[limit].drop_nulls().unique()}
        for text in sorted(t for t, found in read.items() if found is None and fold(t) != "-"):
            count = rows.filter(pl.col(limit) == text).height
            where = Cell(data.book, data.sheets["complaints"].title)
            problems.append(UNCLEAR_LIMIT.at(where, found=text, count=count))
        good = {text: found for text, found in read.items() if found}
        number = {t: amount for t, (amount, _) in good.items()}
        unit = {t: unit for t, (_, unit) in good.items()}
        amount = rows[limit].replace_strict(number, default=None, return_dtype=pl.Float64)
        units = rows[limit].replace_strict(unit, default=None, return_dtype=pl.String)
        made = pl.DataFrame({"a": amount, "u": units, "d": day, "c": rows["calendar"]}).select(
            pl.when(pl.col("u") == "day").then(pl.col("a") * pl.col("d"))
            .otherwise(pl.col("a") * _HOUR).round().cast(pl.Int64).alias(f"{target}_amount"),
            pl.when(pl.col("u") == "natural").then(pl.lit(NATURAL)).otherwise("c")
            .alias(f"{target}_calendar"),
        )  # fmt: skip
        rows = rows.hstack(made)
    pauses = _pauses(rows, events, end_of(as_of))
    lone = ~pl.col("#row").is_in(pauses["#row"].implode())
    extra = pl.when(lone).then((pl.col("paused_hours") * _HOUR).round().cast(pl.Int64))
    return Clocks(rows.with_columns(extra.alias("extra")), pauses, work, tuple(problems))


def _limit(text: str) -> tuple[float, str] | None:
    """Return number and unit of a time limit: natural, working (hours) or day (working days)."""
    found = _LIMIT.fullmatch(fold(text))
    if not found or float(found[1]) <= 0:
        return None
    number, unit = float(found[1]), found[2]
    if unit == "分钟":
        return number / 60, "natural"
    if unit in ("天", "day", "days"):
        return number * 24, "natural"
    if unit in ("小时", "h", "hour", "hours"):
        return number, "natural"
    return number, "day" if unit in ("工作日", "working day", "working days") else "working"


def _pauses(rows: pl.DataFrame, events: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """Return when each complaint waited for the customer or was taken for solved: #row, from, to."""
    states_ = events.filter(pl.col("state") != "通知").with_columns(
        pl.col("at").shift(-1).over("complaint_id").alias("next"),
        pl.col("state").shift(-1).over("complaint_id").alias("then"),
    )
    waits = states_.filter(pl.col("state") == "等客户")
    solved = states_.filter(pl.col("state").is_in(SOLVED) & (pl.col("then") == "重开"))
    found = pl.concat([waits, solved]).join(
        rows.select("#row", "complaint_id", "received_at", "resolved_at"), on="complaint_id"
    )
    end = pl.coalesce("next", "resolved_at", pl.lit(now))
    return (
        found.select(
            "#row",
            pl.max_horizontal("at", "received_at").alias("from"),
            pl.min_horizontal(end, pl.lit(now)).alias("to"),
        )
        .filter(pl.col("to") > pl.col("from"))
        .sort("#row", "from")
    )


def _clocks(as_of: dt.date, data: Data) -> tuple[pl.LazyFrame, list[Problem]]:
    """Return deadlines, shares used and derivations by row."""
    found = clocks(data, as_of)
    rows, now = found.rows, end_of(as_of)
    made = rows.select("#row")
    texts, used_dates = [], []
    pause = found.paused(
        rows["calendar"], pl.select(pl.lit(now)).to_series().new_from_index(0, rows.height)
    )
    dues = found.dues([(target, 1.0) for _, _, target, _ in TARGETS])
    for (zh, done, target, limit), due in zip(TARGETS, dues, strict=True):
        made = made.with_columns(
            due.alias(f"{target}_due"), found.used(target, done, now).alias(f"{target}_used")
        )
        opening = rows.select(
            pl.format(
                f"{zh}: 受理 {{}} + {{}}", pl.col("received_at").dt.strftime("%m-%d %H:%M"), limit
            )
        ).to_series()
        waited = (
            worktime.between(
                found.calendar.line, rows[f"{target}_calendar"], rows["received_at"], due
            )
            - rows[f"{target}_amount"]
        )
        hours = (waited / _HOUR).round(2)
        said = (
            pl.DataFrame({"o": opening, "h": hours})
            .select(
                pl.when(pl.col("h") > 0)
                .then(pl.format("{} + 暂停 {}h", "o", worktime.figure(pl.col("h"))))
                .otherwise("o")
            )
            .to_series()
        )
        texts.append(
            worktime.derivations(
                found.calendar.line, rows[f"{target}_calendar"], rows["received_at"], due, said
            )
        )
        used_dates.append(due.dt.date())
    joined = pl.select(pl.concat_str(*texts, separator="; ", ignore_nulls=True)).to_series()
    made = made.with_columns(
        ((pause + rows["extra"].fill_null(0)) / _HOUR).round(2).alias("paused_time"),
        pl.when(joined != "").then(joined).alias("derivation"),
    )
    problems = [*found.problems, *unannounced(data, found.calendar.days, pl.concat(used_dates))]
    return made.lazy(), problems


def named(data: Data, key: str, label: str) -> str | None:
    """Return the frame column of a sheet that a folded name stands for, None where there is none."""
    sheet = data.sheets[key]
    every: list[Column] = [*sheet.facts, *sheet.spec.columns]
    for name in sheet.frame.columns:
        if "#" not in name and (fold(name) == label or label in map(fold, name.split())):
            return name
    known = {fold(n): c.key for c in reversed(every) for n in (c.key, c.en, c.zh)}
    found = known.get(label)
    return found if found in sheet.frame.columns else None
