"""The times that count of complaints, from their own sheet and that of their events."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from kamrules.plugin import ROW, Book, Problem, Rows

from ..shared.people import end_of
from .messages import (
    AFTER_AS_OF,
    BEFORE_RECEIVED,
    INCOMPLETE_EVENT,
    NEGATIVE_PAUSE,
    TOO_MANY_TO_COMPARE,
    WAITING_SINCE_UNKNOWN,
)

SOLVED = ("已解决", "已关闭")
_TIMES = ("responded_at", "feedback_at", "resolved_at")
# A customer with more complaints than this is named.
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Times:
    """The complaints with the times that count until *now*, their events in order, what is wrong."""

    now: dt.datetime
    rows: Rows
    events: Rows
    problems: tuple[Problem, ...]


def times_of(complaints: Rows, complaint_events: Rows, book: Book, as_of: dt.date) -> Times:
    """Return the times of all complaints as they were known at the end of the as-of date."""
    events, problems = _events(complaint_events, complaints["complaint_id"], book, as_of)
    rows = _with_events(complaints, events)
    now = end_of(as_of)
    problems += _future(rows, "complaints", "received_at", book, as_of)
    every = ("received_at", *_TIMES)
    rows = rows.with_columns(pl.when(pl.col(c) < now).then(c).alias(c) for c in every)
    rows, wrong = _plausible(rows, book)
    rows = rows.with_columns(
        pl.coalesce("responded_at", "feedback_at", "resolved_at").alias("responded_at"),
        pl.coalesce("feedback_at", "resolved_at").alias("feedback_at"),
    )
    problems += [*wrong, *_odd(rows, events, book)]
    return Times(now, rows, events, tuple(problems))


def _events(events: Rows, ids: pl.Series, book: Book, as_of: dt.date) -> tuple[Rows, list[Problem]]:
    """Return the events that count, in the order of time: complaint, at, state, level."""
    whole = pl.all_horizontal(pl.col("complaint_id", "at", "state").is_not_null())
    good = whole & pl.col("complaint_id").is_in(ids.drop_nulls().implode())
    bad = events.filter(~good.fill_null(False))
    problems = []
    if bad.height:
        where = book.at("complaint_events", "complaint_id", bad[ROW][0])
        found = bad["complaint_id"][0] or "-"
        problems.append(INCOMPLETE_EVENT.at(where, found=found, count=bad.height))
    kept = events.filter(good)
    problems += _future(kept, "complaint_events", "at", book, as_of)
    kept = kept.filter(pl.col("at") < end_of(as_of))
    return kept.select("complaint_id", "at", "state", "level").sort(
        "complaint_id", "at", "state"
    ), problems


def _future(rows: Rows, sheet: str, name: str, book: Book, as_of: dt.date) -> list[Problem]:
    """Return a warning about times after the as-of date."""
    later = rows.filter(pl.col(name) >= end_of(as_of))
    if later.is_empty():
        return []
    where, column = book.at(sheet, name, later[ROW][0]), book.label(sheet, name)
    found, count = later[name].min(), later.height
    return [AFTER_AS_OF.at(where, found=found, count=count, column=column, as_of=as_of)]


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


def _plausible(rows: Rows, book: Book) -> tuple[Rows, list[Problem]]:
    """Return complaints without times before they came and pauses below nothing, and what these are."""
    problems = []
    for name in _TIMES:
        early = rows.filter(pl.col(name) < pl.col("received_at"))
        if early.height:
            where, found = book.at("complaints", name, early[ROW][0]), early["complaint_id"][0]
            header = book.label("complaints", name)
            problems.append(
                BEFORE_RECEIVED.at(where, found=f"{found}", count=early.height, column=header)
            )
            late_enough = pl.col(name) >= pl.col("received_at")
            rows = rows.with_columns(pl.when(late_enough).then(name).alias(name))
    negative = rows.filter(pl.col("paused_hours") < 0)
    if negative.height:
        where = book.at("complaints", "paused_hours", negative[ROW][0])
        found = negative["complaint_id"][0]
        problems.append(NEGATIVE_PAUSE.at(where, found=found, count=negative.height))
        kept = pl.when(pl.col("paused_hours") >= 0).then("paused_hours")
        rows = rows.with_columns(kept.alias("paused_hours"))
    return rows, problems


def _odd(rows: Rows, events: Rows, book: Book) -> list[Problem]:
    """Return a warning about pauses that nobody timed, and customers with very many complaints."""
    problems = []
    waiting = events.filter(pl.col("state") == "等客户")["complaint_id"].implode()
    unknown = rows.filter(
        (pl.col("status") == "等客户")
        & ~pl.col("complaint_id").is_in(waiting)
        & pl.col("paused_hours").is_null()
    )
    if unknown.height:
        where = book.at("complaints", "status", unknown[ROW][0])
        listed = ", ".join(unknown["complaint_id"].head(5))
        problems.append(WAITING_SINCE_UNKNOWN.at(where, found=listed, count=unknown.height))
    crowds = rows["customer_id"].value_counts().filter(pl.col("count") > _MOST)
    for customer, count in crowds.sort("customer_id").iter_rows():
        row = rows.filter(pl.col("customer_id") == customer)[ROW][0]
        where = book.at("complaints", "customer_id", row)
        problems.append(
            TOO_MANY_TO_COMPARE.at(where, key=customer, found=count, count=count, most=_MOST)
        )
    return problems
