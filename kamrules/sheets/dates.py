"""Dates, times of day and lengths of time as people type them."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from kamrules.messages.message import Message, Refusal
from kamrules.sheets.chinese import DIGITS, SIMPLE, arabic, chinese
from kamrules.sheets.typed import (
    NO_DATE,
    NO_DURATION,
    NO_MOMENT,
    NO_TIME,
    change,
    half_width,
    refusal,
)
from kamrules.words.text import Text

DATE = re.compile(r"(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2})(?!\d)(?: ?[日号])?", re.ASCII)
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?=$|[ T])", re.ASCII)
_CLOCK = re.compile(r"[ T]*(\d{1,2}):(\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(Z|[-+]\d\d:?\d\d)?", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.\d*)?", re.ASCII)
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", re.ASCII)
_YEAR_MONTH = re.compile(r"(\d{4}) ?[-/.年] ?(\d{1,2}) ?月?", re.ASCII)
_SHORT_YEAR = re.compile(r"(\d\d)年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?[日号]?", re.ASCII)
_MONTH_DAY = re.compile(r"(\d{1,2}) ?[-/月] ?(\d{1,2}) ?[日号]?", re.ASCII)
_EPOCH = dt.datetime(1899, 12, 30)  # day 0 of Excel's serial numbers
BARE_TIME = dt.date(1899, 12, 31)  # the day under a time without one, as calamine reads it
FIRST_YEAR = 1900  # of Excel's calendar

_DURATION = re.compile(
    r"""(-?)(?P<iso>P)?(?=.*\d)(?:(N)\ ?(?:D|days?|天))?(?(iso)(?:T|$)|\ ?)
    (?:(N)\ ?(?:H|hours?|个?小时))?\ ?(?:(N)\ ?(?:M(?(iso)|in(?:utes?)?)|分钟?))?
    \ ?(?:(N)\ ?(?:S|seconds?|秒钟?))?""".replace("N", r"\d{1,7}(?:\.\d{1,6})?"),
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def date(text: str) -> dt.date | Refusal:
    """Return the day a text names; a time of day is dropped."""
    value = _moment(text, NO_DATE)
    return value if isinstance(value, Refusal) else value.date()


def moment(text: str) -> dt.datetime | Refusal:
    """Return the day and time a text names, midnight where it names no time."""
    return _moment(text, NO_MOMENT)


def time_of_day(text: str) -> dt.time | Refusal:
    """Return the time of day a text says, with its offset where it has one."""
    typed = half_width(text)
    return _clock(typed.removeprefix(f"{BARE_TIME} ")) or refusal(NO_TIME, typed)


def duration(text: str) -> dt.timedelta | Refusal:
    """Return the length of time a text says: P1DT4H, 3天, 4小时, 30 minutes."""
    typed = half_width(text)
    if not (found := _DURATION.fullmatch(typed)):
        return refusal(NO_DURATION, typed)
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups()[2:])
    length = dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] else length


def _moment(text: str, code: Message) -> dt.datetime | Refusal:
    typed = half_width(text)
    plain = dated(typed)
    if _SERIAL.fullmatch(plain) and 20_000 <= float(plain) <= 80_000:
        # Excel's own clock is good to a millisecond.
        return _EPOCH + dt.timedelta(seconds=round(float(plain) * 86_400, 3))
    if not (found := DATE.match(plain)):
        return refusal(code, typed, *_no_day(plain))
    year, month, day = map(int, found.groups())
    nearest = _nearest(year, month, day)
    if (year, month, day) != (nearest.year, nearest.month, nearest.day):
        return refusal(code, typed, _impossible(year, month), _such_as(nearest))
    rest = plain[found.end() :]
    clock = _clock(rest) if rest else dt.time()
    if clock is None:
        why = Text("{}的日期后面看不懂", "{} is not clear after the date")
        return refusal(code, typed, why, change(str(nearest)))
    return dt.datetime.combine(nearest, clock)


def dated(typed: str) -> str:
    """Return a date with its Chinese numerals and its eight digits set apart: 2024-03-01."""
    if "年" in typed or "月" in typed:
        typed = re.sub(
            f"[{DIGITS}十]+",
            lambda m: str(chinese(m[0])) if "十" in m[0] else arabic(m[0]),
            typed.translate(SIMPLE),
        )
    return _COMPACT.sub(r"\1-\2-\3", typed)


def _clock(typed: str) -> dt.time | None:
    if not (found := _CLOCK.fullmatch(typed)):
        return None
    try:
        return dt.time.fromisoformat(f"{found[1]:0>2}:{found[2]}{found[3] or ''}")
    except ValueError:
        return None


def _nearest(year: int, month: int, day: int) -> dt.date:
    """Return the day of the calendar that is nearest to three typed numbers."""
    year, month = max(year, FIRST_YEAR), min(max(month, 1), 12)
    return dt.date(year, month, min(max(day, 1), calendar.monthrange(year, month)[1]))


def _impossible(year: int, month: int) -> Text:
    if year < FIRST_YEAR:
        return Text("Excel 的日期从 1900 年开始", "dates in Excel begin in 1900")
    if not 1 <= month <= 12:
        return Text(f"没有 {month} 月", f"there is no month {month}")
    days = calendar.monthrange(year, month)[1]
    return Text(f"{year} 年 {month} 月只有 1 日到 {days} 日", f"{year}-{month:02} has {days} days")


def _such_as(day: dt.date) -> Text:
    return Text(f"写全年月日, 例如 {day}", f"type year, month and day, such as {day}")


def _no_day(plain: str) -> tuple[Text | None, Text | None]:
    """Return what keeps a text from naming one day, and what to type instead."""
    if found := _DAY_MONTH_YEAR.fullmatch(plain):
        first, second, year = map(int, found.groups())
        both = {_nearest(year, first, second), _nearest(year, second, first)}
        real = sorted(d for d in both if {d.month, d.day} == {first, second})
        why = Text("{}的顺序不是年月日", "{} is not in the order year, month, day")
        if len(real) > 1:
            why = Text("{}分不清哪个是月, 哪个是日", "{} may have the day or the month first")
        return why, change(*map(str, real)) if real else None
    if found := _YEAR_MONTH.fullmatch(plain):
        year, month = map(int, found.groups())
        return Text("{}缺少日", "{} lacks the day"), _such_as(_nearest(year, month, 1))
    if found := _SHORT_YEAR.fullmatch(plain):
        year, month, day = map(int, found.groups())
        why = Text("{}的年份只有两位", "{} has a year of two digits")
        return why, _such_as(_nearest(2000 + year, month, day))
    if found := _MONTH_DAY.fullmatch(plain):
        why = Text("{}缺少年份", "{} lacks the year")
        return why, _such_as(_nearest(2024, *map(int, found.groups())))
    return None, None
