"""What happened to complaints, and the cases that rules over several of them decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import polars as pl

from kamrules.plugin import Book, Case, CaseRules, CasesInForce, Rows, Subject

from ..complaints.clocks import TARGETS, Clocks, Target
from ..complaints.times import SOLVED, Times

SECOND = dt.timedelta(seconds=1)
EPOCH = dt.datetime(1970, 1, 1)
Spell = tuple[int, int | None]


def cases_of(
    found: Clocks, times: Times, rules: CaseRules, cases: CasesInForce, book: Book
) -> list[Case]:
    """Return the case of every customer with complaints."""
    events: dict[str, list[tuple[int, str]]] = {}
    for complaint, at, event in _happenings(found, times, rules).iter_rows():
        events.setdefault(complaint, []).append((_seconds(at), event))
    spells = _spells(times)
    subjects: dict[str, list[Subject]] = {}
    for complaint, customer, values in cases.records(rules, "complaints", "customer_id"):
        if spells.get(complaint):
            open_, its = tuple(spells[complaint]), tuple(events.get(complaint, ()))
            subjects.setdefault(customer, []).append(Subject(complaint, values, open_, its))
    records: dict[str, list[tuple[str, str, Any]]] = {}
    for sheet in sorted({key for key, _ in rules.labels} - {"complaints"}):
        for number, customer, values in cases.records(rules, sheet, "customer_id"):
            name = f"{book.title(sheet)} {number}"
            records.setdefault(customer, []).append((sheet, name, values))
    return [
        Case(customer, tuple(mine), tuple(records.get(customer, ())))
        for customer, mine in sorted(subjects.items())
    ]


def shares_due(found: Clocks, rules: CaseRules) -> Iterator[tuple[Target, float, pl.Series]]:
    """Yield each share of a target that rules ask for, with when it is used up."""
    wanted = [(target, share) for target in TARGETS for share in rules.shares.get(target.zh, ())]
    dues = found.dues([(target.key, share) for target, share in wanted])
    return ((*asked, due) for asked, due in zip(wanted, dues, strict=True))


def _seconds(moment: dt.datetime) -> int:
    return (moment - EPOCH) // SECOND


def _happenings(found: Clocks, times: Times, rules: CaseRules) -> Rows:
    """Return what happened to complaints: complaint, at, event; nothing after it was met or now."""
    rows, again = found.rows, times.events.filter(pl.col("state") == "重开")
    parts = [
        rows.select("complaint_id", at="received_at", event=pl.lit("受理")),
        again.select("complaint_id", "at", event=pl.lit("重开")),
    ]
    for target, share, due in shares_due(found, rules):
        # A target is missed after the instant it falls due, not at it.
        open_ = pl.col(target.done).is_null() | (pl.col(target.done) > pl.col("at"))
        part = rows.with_columns(at=due, event=pl.lit(f"{target.zh} {share * 100:g}%"))
        parts.append(part.filter(open_).select("complaint_id", "at", "event"))
    happened = pl.concat(parts).drop_nulls().filter(pl.col("at") <= times.now)
    return happened.sort("complaint_id", "at", "event")


def _spells(times: Times) -> dict[str, list[Spell]]:
    """Return when each complaint was open, in seconds."""
    turns = times.events.filter(pl.col("state").is_in([*SOLVED, "重开"]))
    by_complaint: dict[str, list[tuple[int, bool]]] = {}
    for complaint, at, state in turns.select("complaint_id", "at", "state").iter_rows():
        by_complaint.setdefault(complaint, []).append((_seconds(at), state == "重开"))
    spells: dict[str, list[Spell]] = {}
    known = times.rows.select("complaint_id", "received_at", "resolved_at").drop_nulls(
        ["complaint_id", "received_at"]
    )
    for complaint, received, resolved in known.iter_rows():
        start: int | None = _seconds(received)
        mine: list[Spell] = []
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
