"""Working time against a minute-by-minute count, and the Chinese make-up days of 2024 to 2026."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamrules.sheets.worktime import (
    ROUND_THE_CLOCK,
    Days,
    Hours,
    add,
    between,
    derivations,
    hours,
    in_english,
    public_days,
    timeline,
)

FIRST, LAST = dt.date(2026, 2, 1), dt.date(2026, 3, 31)
OFFICE = Hours(((540, 1080),))
MINUTE = 60_000_000


def series(*values: Any) -> pl.Series:
    return pl.Series(values, dtype=pl.Datetime("us"))


def names(name: str, count: int = 1) -> pl.Series:
    return pl.Series([name] * count)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Days, Hours]:
    """Return a random calendar: spans, weekend, days off and make-up days."""
    cuts = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=6)))
    cuts = cuts[: len(cuts) // 2 * 2]
    dates = st.dates(FIRST, LAST)
    days = Days(
        draw(st.frozensets(dates, max_size=12)),
        draw(st.frozensets(dates, max_size=12)),
        draw(st.frozensets(st.integers(0, 6), max_size=4)),
    )
    return days, Hours(tuple(zip(cuts[::2], cuts[1::2], strict=True)), draw(st.booleans()))


def minutes_worked(days: Days, its: Hours, start: dt.datetime, end: dt.datetime) -> list[bool]:
    """Return for each minute from start to end whether it is worked, counted one by one."""
    found = []
    at = start
    while at < end:
        minute = at.hour * 60 + at.minute
        inside = any(s <= minute < e for s, e in its.spans)
        found.append(inside and (its.every_day or days.works(at.date())))
        at += dt.timedelta(minutes=1)
    return found


@settings(max_examples=40, deadline=None)
@given(calendars(), st.integers(0, 40 * 1440), st.integers(1, 3000))
def test_adding_and_measuring_agree_with_counting_minutes(
    calendar: tuple[Days, Hours], offset: int, wanted: int
) -> None:
    days, its = calendar
    line = timeline(FIRST, LAST, days, {"c": its})
    start = dt.datetime.combine(FIRST, dt.time()) + dt.timedelta(minutes=offset)
    worked = minutes_worked(days, its, start, dt.datetime(2026, 4, 1))
    places = [n for n, w in enumerate(worked) if w]

    (end,) = add(line, names("c"), series(start), pl.Series([wanted * MINUTE]))

    if len(places) < wanted:
        assert end is None
        return
    assert end == start + dt.timedelta(minutes=places[wanted - 1] + 1)
    assert between(line, names("c"), series(start), series(end)).to_list() == [wanted * MINUTE]
    (back,) = add(line, names("c"), series(end), pl.Series([-wanted * MINUTE]))
    assert back == start + dt.timedelta(minutes=places[0])


MADE_UP = [
    "2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14", "2024-09-29", "2024-10-12",
    "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
    "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
]  # fmt: skip
OFF = ["2024-02-12", "2024-10-07", "2025-01-28", "2025-05-05", "2026-02-23", "2026-10-07"]


def test_the_chinese_days_of_2024_to_2026_are_those_announced() -> None:
    days = public_days("CN", range(2024, 2027))

    made_up = {str(day) for day in days.on if day.year >= 2024}
    assert made_up == set(MADE_UP)
    assert all(days.works(dt.date.fromisoformat(day)) for day in MADE_UP)
    assert not any(days.works(dt.date.fromisoformat(day)) for day in OFF)
    assert days.announced == 2026


def test_a_make_up_saturday_counts_and_the_derivation_says_so() -> None:
    line = timeline(FIRST, LAST, public_days("CN", [2026]), {"": OFFICE})
    start = series(dt.datetime(2026, 2, 13, 16, 20))

    end = add(line, names(""), start, pl.Series([8 * 60 * MINUTE]))

    opening = pl.Series(["受理 02-13 16:20 + 8 工时"])
    assert derivations(line, names(""), start, end, opening).to_list() == [
        "受理 02-13 16:20 + 8 工时: 02-13 1.67h, 02-14 上班(调休) 6.33h -> 02-14 15:20"
    ]


def test_time_off_is_passed_over_and_each_calendar_has_its_own() -> None:
    days = public_days("CN", [2026])
    line = timeline(FIRST, LAST, days, {"": OFFICE, "7x24": ROUND_THE_CLOCK})
    start = series(*[dt.datetime(2026, 2, 14, 17)] * 2)
    amount = pl.Series([2 * 60 * MINUTE] * 2)

    ends = add(line, pl.Series(["", "7x24"]), start, amount)

    assert ends.to_list() == [dt.datetime(2026, 2, 24, 10), dt.datetime(2026, 2, 14, 19)]


def test_a_long_derivation_is_cut_short() -> None:
    line = timeline(FIRST, LAST, Days(), {"": OFFICE})
    start = series(dt.datetime(2026, 2, 2, 9))
    end = add(line, names(""), start, pl.Series([20 * 9 * 60 * MINUTE]))

    (said,) = derivations(line, names(""), start, end, pl.Series(["受理"]))

    assert said == (
        "受理: 02-02 9h, 02-03 9h, 02-04 9h, 02-05 9h, … (20 天), 02-27 9h -> 02-27 18:00"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09:00-12:00, 13:00-18:00", Hours(((540, 720), (780, 1080)))),
        ("9：00-18：00", OFFICE),
        ("7×24", ROUND_THE_CLOCK),
        ("7x24小时", ROUND_THE_CLOCK),
        ("每天 08:00-20:00", Hours(((480, 1200),), every_day=True)),
        ("22:00-06:00", Hours(((0, 360), (1320, 1440)))),
        ("上午", None),
        ("09:00-12:00, 11:00-18:00", None),
        ("25:00-26:00", None),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, expected: Hours | None) -> None:
    assert hours(text) == expected


def test_a_derivation_can_be_read_in_english() -> None:
    said = [
        "响应: 受理 02-13 16:20 + 1工作日 + 暂停 2h: 02-13 1.67h, 02-14 上班(调休) 9h -> 02-14 18:00; "
        "反馈: 受理 02-13 16:20 + 8 工时: … (11 天), 02-14 1h -> 02-14 15:20; "
        "解决: 受理 02-13 16:20 + 0.5小时: 02-13 0.5h -> 02-13 16:50",
        None,
    ]

    words = {"响应": "response", "反馈": "feedback", "解决": "resolution", "受理": "received", "暂停": "paused"}  # fmt: skip

    assert in_english(pl.Series(said), words).to_list() == [
        "response: received 02-13 16:20 + 1 working day + paused 2h: 02-13 1.67h, 02-14 make-up day 9h -> 02-14 18:00; "
        "feedback: received 02-13 16:20 + 8 working hours: … (11 days), 02-14 1h -> 02-14 15:20; "
        "resolution: received 02-13 16:20 + 0.5 hours: 02-13 0.5h -> 02-13 16:50",
        None,
    ]
