"""The clocks of complaints: targets in working time, pauses left out, deadlines and how they follow."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from kamrules.plugin import (
    ROW,
    Awaited,
    Book,
    Problem,
    Rows,
    columns,
    fact,
    fold,
    given,
    result,
    worktime,
)

from ..company import NATURAL, Calendars, WorkCalendar, calendars, unannounced
from .messages import UNCLEAR_LIMIT
from .times import SOLVED, Times, times_of

HOUR = 3_600_000_000
_LIMIT = re.compile(
    r"(\d+(?:\.\d+)?)\s*(小时|工时|工作日|天|分钟|h|hours?|working hours?|working days?|days?)"
)


class Target(NamedTuple):
    """What is promised of a complaint: its name, the time it was met, its key, its time limit."""

    zh: str
    done: str
    key: str
    limit: Awaited


TARGETS = (
    Target("响应", "responded_at", "response", result("complaints", "响应时限", "Response Within")),
    Target("反馈", "feedback_at", "feedback", result("complaints", "反馈时限", "Feedback Within")),
    Target("解决", "resolved_at", "resolution", result("complaints", "解决时限", "Resolution Within")),
)  # fmt: skip
LIMITS = tuple(target.limit for target in TARGETS)
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
                ROW,
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
            joined = asked.select(ROW, "calendar", ends.alias("end"))
            joined = joined.join(pauses, on=ROW, how="left", maintain_order="left")
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
        limits = self.rows.select(ROW, calendar=calendars, stop=stop)
        parts = self.pauses.join(limits, on=ROW).with_columns(
            pl.min_horizontal("to", "stop").alias("to")
        )
        parts = parts.filter(pl.col("to") > pl.col("from"))
        lost = worktime.between(self.calendar.line, parts["calendar"], parts["from"], parts["to"])
        sums = parts.select(ROW, lost=lost).group_by(ROW).agg(pl.col("lost").sum())
        joined = self.rows.select(ROW).join(sums, on=ROW, how="left", maintain_order="left")
        return joined["lost"].fill_null(0)

    def _rounds(self) -> Iterator[pl.DataFrame]:
        """Yield the first pause of every complaint, then the second, and so on."""
        numbered = self.pauses.with_columns(pl.int_range(pl.len()).over(ROW).alias("n"))
        for n in numbered["n"].unique().sort().to_list():
            yield numbered.filter(pl.col("n") == n).drop("n")


def clocks(complaints: Rows, times: Times, work: Calendars, book: Book) -> Clocks:
    """Return the clocks of all complaints, with the targets that the tables gave them."""
    limits = complaints.select(ROW, *(limit.key for limit in LIMITS))
    rows = times.rows.join(limits, on=ROW, how="left", maintain_order="left")
    last = rows["received_at"].max()
    calendar = work(last.date() if isinstance(last, dt.datetime) else None)
    problems: list[Problem] = list(calendar.problems)
    rows = rows.with_columns(calendar.of(rows["customer_id"]))
    day = calendar.minutes(rows["calendar"]) * 60_000_000
    for target in TARGETS:
        never = not book.has("complaints", target.done) and target.zh not in times.events["state"]
        if never and target.key != "resolution":
            # A book that never says when it responded cannot be late with it.
            rows = rows.with_columns(pl.lit(None, pl.String).alias(target.limit.key))
        said = rows[target.limit.key]
        read = {text: limit(text) for text in said.drop_nulls().unique()}
        for text in sorted(t for t, found in read.items() if found is None and fold(t) != "-"):
            count, where = (said == text).sum(), book.at("complaints")
            problems.append(UNCLEAR_LIMIT.at(where, found=text, count=count))
        rows = rows.hstack(_amounts(target.key, said, read, rows["calendar"], day))
    pauses = _pauses(rows, times.events, times.now)
    lone = ~pl.col(ROW).is_in(pauses[ROW].implode())
    extra = pl.when(lone).then((pl.col("paused_hours") * HOUR).round().cast(pl.Int64))
    return Clocks(rows.with_columns(extra.alias("extra")), pauses, calendar, tuple(problems))


Limit = tuple[float, str]


def _amounts(
    target: str, said: pl.Series, read: dict[str, Limit | None], calendar: pl.Series, day: pl.Series
) -> Rows:
    """Return the time that a target allows, in microseconds, and the calendar that counts it."""
    good = {text: found for text, found in read.items() if found}
    number = {text: amount for text, (amount, _) in good.items()}
    unit = {text: unit for text, (_, unit) in good.items()}
    amount = said.replace_strict(number, default=None, return_dtype=pl.Float64)
    units = said.replace_strict(unit, default=None, return_dtype=pl.String)
    return pl.DataFrame({"a": amount, "u": units, "d": day, "c": calendar}).select(
        pl.when(pl.col("u") == "day").then(pl.col("a") * pl.col("d"))
        .otherwise(pl.col("a") * HOUR).round().cast(pl.Int64).alias(f"{target}_amount"),
        pl.when(pl.col("u") == "natural").then(pl.lit(NATURAL)).otherwise("c")
        .alias(f"{target}_calendar"),
    )  # fmt: skip


def limit(text: str) -> tuple[float, str] | None:
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
        rows.select(ROW, "complaint_id", "received_at", "resolved_at"), on="complaint_id"
    )
    end = pl.coalesce("next", "resolved_at", pl.lit(now))
    return (
        found.select(
            ROW,
            pl.max_horizontal("at", "received_at").alias("from"),
            pl.min_horizontal(end, pl.lit(now)).alias("to"),
        )
        .filter(pl.col("to") > pl.col("from"))
        .sort(ROW, "from")
    )


@fact("complaints", each="row", after=LIMITS, scope="subject", ahead=True, columns=CLOCKS)
def deadlines(
    complaints: Rows, book: Book,
    times: Times = given(times_of, ahead=True), work: Calendars = given(calendars),
) -> tuple[Rows, list[Problem]]:  # fmt: skip
    """Return deadlines, shares used and derivations by row."""
    found, now = clocks(complaints, times, work, book), times.now
    rows = found.rows
    pause = found.paused(
        rows["calendar"], pl.select(pl.lit(now)).to_series().new_from_index(0, rows.height)
    )
    dues = found.dues([(target.key, 1.0) for target in TARGETS])
    known = [*zip(TARGETS, dues, strict=True)]
    texts = [_derived(found, target, due) for target, due in known]
    joined = pl.select(pl.concat_str(*texts, separator="; ", ignore_nulls=True)).to_series()
    made = rows.select(ROW).with_columns(
        *(due.alias(f"{t.key}_due") for t, due in known),
        *(found.used(t.key, t.done, now).alias(f"{t.key}_used") for t in TARGETS),
        ((pause + rows["extra"].fill_null(0)) / HOUR).round(2).alias("paused_time"),
        pl.when(joined != "").then(joined).alias("derivation"),
    )
    used = pl.concat([due.dt.date() for due in dues])
    return made, [*found.problems, *unannounced(book, found.calendar.days, used)]


def _derived(found: Clocks, target: Target, due: pl.Series) -> pl.Series:
    """Return how the deadlines of a target follow, in words and figures."""
    rows, line = found.rows, found.calendar.line
    start, its = rows["received_at"], rows[f"{target.key}_calendar"]
    came = start.dt.strftime("%m-%d %H:%M")
    waited = worktime.between(line, its, start, due) - rows[f"{target.key}_amount"]
    hours = (waited / HOUR).round(2)
    opening = pl.format(f"{target.zh}: 受理 {{}} + {{}}", came, rows[target.limit.key])
    known = pl.select(opening.alias("o"), hours.alias("h"))
    paused = pl.format("{} + 暂停 {}h", "o", worktime.figure(pl.col("h")))
    said = known.select(pl.when(pl.col("h") > 0).then(paused).otherwise("o")).to_series()
    return worktime.derivations(line, its, start, due, said)
