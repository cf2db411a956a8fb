"""The period that sales are counted in, from the parameters and the as-of date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from kamrules.messages.message import Reason, message, reason
from kamrules.messages.phrases import IN_RULE
from kamrules.messages.problem import Problem
from kamrules.sheets.sheet import Data, Parameter
from kamrules.words.fold import fold
from kamrules.words.text import Text

# fmt: off
UNUSABLE_PARAMETER = message("E316", kind="syntax", stops=True,
    what=("参数 “{name}” 的值用不了", "the value of parameter '{name}' cannot be used"),
    effect=("用到它的规则不能运行; 未写出任何文件",
            "rules that use it cannot run; nothing was written"),
    example={"name": "白金门槛",
             "why": Text("单元格里是错误值或没有缓存值的公式",
                         "the cell holds an error or a formula without a value"),
             "fix": Text("直接写出值", "write the value itself")}, place=IN_RULE)
# fmt: on
_REASONS: Mapping[str, Reason] = {
    "period kind": reason(
        why=("期间只有三种写法", "there are three kinds of period"),
        fix=("写 滚动12月, 上一年度 或 自定义", "write rolling 12 months, last year or custom"),
    ),
    "period ends": reason(
        why=(
            "自定义期间要有 期间开始 和 期间结束 两个日期",
            "a custom period needs the dates period start and period end",
        ),
        fix=(
            "例如 期间开始 2024-01-01, 期间结束 2024-12-31",
            "e.g. period start 2024-01-01, period end 2024-12-31",
        ),
    ),
}  # fmt: skip


_ROLLING = {"", "滚动12月", "滚动12个月", "rolling 12 months", "rolling"}
_LAST_YEAR = {"上一年度", "上年", "last year", "previous year"}
_CUSTOM = {"自定义", "custom"}


def period(data: Data, as_of: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and last day that count; the 12 months up to *as_of* by default.

    Parameter 期间 Period: 滚动12月, 上一年度 (the calendar year before), or 自定义 with 期间开始
    and 期间结束.
    """
    return _period(data, as_of)[0]


def before(start: dt.date, end: dt.date) -> tuple[dt.date, dt.date]:
    """Return the period of the same length just before: calendar years where both are years."""
    last = start - dt.timedelta(days=1)
    first = _a_year_before(start) if end == _a_year_after(start) else start - (end - last)
    return first, last


def check_period(data: Data, as_of: dt.date) -> list[Problem]:
    """Return what is wrong with the parameters of the period."""
    return _period(data, as_of)[1]


def _period(data: Data, as_of: dt.date) -> tuple[tuple[dt.date, dt.date], list[Problem]]:
    rolling = (_a_year_before(as_of) + dt.timedelta(days=1), as_of)
    kind = _parameter(data, "期间", "period")
    if kind is None:
        return rolling, []
    name = fold(str(kind.value or ""))
    if name in _ROLLING:
        return rolling, []
    if name in _LAST_YEAR:
        return (dt.date(as_of.year - 1, 1, 1), dt.date(as_of.year - 1, 12, 31)), []
    if name not in _CUSTOM:
        return rolling, [_wrong(kind, "period kind")]
    start = _parameter(data, "期间开始", "period start")
    end = _parameter(data, "期间结束", "period end")
    ends = [p.value for p in (start, end) if p is not None and isinstance(p.value, dt.date)]
    if len(ends) < 2:
        return rolling, [_wrong(start or end or kind, "period ends")]
    return (ends[0], ends[1]), []


def _parameter(data: Data, zh: str, en: str) -> Parameter | None:
    return data.parameters.get(zh) or data.parameters.get(en)


def _wrong(parameter: Parameter, reason: str) -> Problem:
    where, found = parameter.where, parameter.value
    return UNUSABLE_PARAMETER.at(where, found=found, name=parameter.name, **_REASONS[reason])


def _a_year_before(day: dt.date) -> dt.date:
    last_of_february = day.month == 2 and day.day == 29
    return day.replace(year=day.year - 1, day=28 if last_of_february else day.day)


def _a_year_after(day: dt.date) -> dt.date:
    """Return the last day of the year that begins on *day*."""
    leap = day.month == 2 and day.day == 29
    return day.replace(year=day.year + 1, day=28 if leap else day.day) - dt.timedelta(days=1)
