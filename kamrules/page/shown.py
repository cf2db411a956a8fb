"""How grades, values, rules, places and periods are shown in the language of a reader."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from kamrules.messages.text import label
from kamrules.page.page import Chip
from kamrules.run.result import Result
from kamrules.words.look import NEUTRAL, PALETTE, UNDECIDED
from kamrules.words.names import both
from kamrules.words.text import Lang, Text

# fmt: off
DEFAULT = Text("默认", "Default")
# fmt: on


LAST = 999  # rank of what is no grade of the scheme
# A grade that holds more than this part of all subjects tells little apart.
BULK = 0.6
DEFAULT_RULE = "默认"

# Figures from this size on are shown in this unit.
_UNITS: Mapping[Lang, Sequence[tuple[float, float, str]]] = {
    "zh": ((1e10, 1e8, "亿"), (1e6, 1e4, "万")),
    "en": ((1e9, 1e6, "m"), (1e6, 1e3, "k")),
}


def grade_chips(result: Result, lang: Lang) -> dict[str, Chip]:
    """Return every grade by its value, best first, values outside the scheme after it."""
    found = result.subjects["grade"].cast(pl.String).drop_nulls().unique().sort().to_list()
    keys = [*result.grades, *(grade for grade in found if grade not in result.grades)]
    return {
        key: Chip(key, shown(result, key, lang), rank, *PALETTE[rank % len(PALETTE)])
        for rank, key in enumerate(keys)
    }


def undecided_chip(lang: Lang) -> Chip:
    """Return what stands where no grade was decided."""
    return Chip("", label("undecided").of(lang), LAST, *UNDECIDED)


def other_chip(key: str, words: str) -> Chip:
    """Return what stands for a value that is no grade of the scheme."""
    return Chip(key, words, LAST, *NEUTRAL)


def shown(result: Result, value: str, lang: Lang) -> str:
    """Return a value in the language of the reader, as it is where no glossary names it."""
    return result.labels[value].of(lang) if value in result.labels else value


def heading(result: Result, name: str, lang: Lang) -> str:
    """Return the name of a column of a rule table, typed in one language or in both."""
    return result.labels.get(name, both(name)).of(lang)


def rule_name(rule: str, lang: Lang) -> str:
    """Return a rule id as shown."""
    return DEFAULT.of(lang) if rule == DEFAULT_RULE else rule


def place_link(sheet: str, ref: str) -> str:
    """Return a place of the same workbook as a link names it, such as ``'Sheet1'!F11``."""
    return "'" + sheet.replace("'", "''") + f"'!{ref}"


def unit_of(largest: object, lang: Lang) -> tuple[str, float]:
    """Return the unit that figures up to the largest are shown in, and what they are divided by."""
    for size, scale, unit in _UNITS[lang]:
        if isinstance(largest, float) and largest >= size:
            return unit, scale
    return "", 1.0


def period_name(period: tuple[dt.date, dt.date]) -> str:
    """Return 2025, 2025Q3 or 2025-09 for a whole year, quarter or month, else both ends."""
    start, end = period
    whole = start.day == 1 and end.day == calendar.monthrange(end.year, end.month)[1]
    months = (start.month, end.month)
    if whole and start.year == end.year:
        if months == (1, 12):
            return f"{start.year}"
        if months in {(1, 3), (4, 6), (7, 9), (10, 12)}:
            return f"{start.year}Q{end.month // 3}"
        if start.month == end.month:
            return f"{start:%Y-%m}"
    return f"{start.isoformat()}..{end.isoformat()}"
