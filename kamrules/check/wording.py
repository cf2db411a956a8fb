"""Regions of a column as people write them in a rule cell."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from kamrules.engine.axis import Axis
from kamrules.words.types import TEXTUAL, Type
from kamrules.words.units import POWERS

BLANK = "空"
_WAN = 10 ** POWERS["万"]
_PLAIN_WORD = re.compile(
    r"[^\s,，、;；\"“”()（）\[\]<>=!{}@?≤≥≠-][^,，、;；\"“”()（）\[\]<>=!{}≤≥≠]*"
)


def constant_text(value: Any, type_: Type, scale: int = 0) -> str:
    """Return a constant as it is written in a rule cell of a type and unit."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        if type_ == "percent":
            return f"{_digits(value * 100)}%"
        number = value.scaleb(-scale)
        if type_ == "money" and not scale and number and number % _WAN == 0:
            return f"{_digits(number / _WAN)}万"
        return _digits(number)
    if isinstance(value, dt.datetime):
        return f'date and time("{value.isoformat()}")'
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return f'time("{value.isoformat()}")'
    if isinstance(value, dt.timedelta):
        return f'duration("PT{value.total_seconds():.15g}S")'
    if isinstance(value, str):
        return value if _PLAIN_WORD.fullmatch(value) else f'"{value}"'
    return str(value.count) if hasattr(value, "count") else str(value)


def _digits(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def cell_text(
    axis: Axis, regions: Sequence[int], possible: Sequence[int], words: Mapping[Any, str]
) -> list[str]:
    """Return cells that name some regions of a column; several where one cell cannot.

    *possible* are the regions that values can have, *words* the constants by class or cut.
    """
    values = [r for r in regions if r < axis.size]
    blank = axis.blank in regions
    if not values:
        return [BLANK]
    everything = [r for r in possible if r < axis.size]
    if values == everything:
        return [f"not({BLANK})"]
    if axis.type in TEXTUAL or axis.type == "bool":
        if 0 in values and 0 not in words:
            left = [words[r] for r in everything if r not in values]
            # A list of words may join 空, a negation may not.
            return [f"not({', '.join(left)})", *([BLANK] if blank else [])]
        return [", ".join([*(words[r] for r in values), *([BLANK] if blank else [])])]
    tests = [_interval(axis, run, words) for run in _runs(values, everything)]
    return [", ".join([*tests, *([BLANK] if blank else [])])]


def _runs(values: Sequence[int], everything: Sequence[int]) -> list[tuple[int, int]]:
    """Return first and last of the regions that stand beside each other."""
    places = {region: n for n, region in enumerate(everything)}
    runs: list[tuple[int, int]] = []
    for region in values:
        if runs and places[region] == places[runs[-1][1]] + 1:
            runs[-1] = (runs[-1][0], region)
        else:
            runs.append((region, region))
    return runs


def _interval(axis: Axis, run: tuple[int, int], words: Mapping[Any, str]) -> str:
    """Return the cell of a run of regions: ``>=5``, ``[1..5)``, ``5``."""
    low = _end(axis.cuts[run[0] - 1], words) if run[0] else None
    high = _end(axis.cuts[run[1]], words) if run[1] < len(axis.cuts) else None
    if low and high:
        # A cut above 5 begins just after 5; a cut at 5 ends just before 5.
        if low[0] == high[0]:
            return low[0]
        return f"{'(' if low[1] else '['}{low[0]}..{high[0]}{']' if high[1] else ')'}"
    if low:
        return f"{'>' if low[1] else '>='}{low[0]}"
    return f"{'<=' if high[1] else '<'}{high[0]}" if high else "-"


def _end(edge: Any, words: Mapping[Any, str]) -> tuple[str, bool]:
    """Return the constant at a cut, and whether the cut lies above it."""
    for above in (False, True):
        if (edge, above) in words:
            return words[edge, above], above
    raise KeyError(edge)
