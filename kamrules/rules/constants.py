"""Constants of rule cells: native cells of Excel, and what the Values row admits."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from kamrules.messages.message import Refusal
from kamrules.rules.cell.ast import Compare, Interval, Lit, Test
from kamrules.rules.cell.parse import WRONG_TYPE
from kamrules.rules.grid import shown
from kamrules.words.fold import fold
from kamrules.words.types import NUMERIC, TEXTUAL, TYPES, Type


def native(value: Any, type_: Type, scale: int) -> Lit | Refusal:
    """Return a native cell as a constant of a column's type, or why it is none."""
    lit = literal(value)
    if type_ in TEXTUAL:
        return Lit(shown(value))
    if type_ == "date" and isinstance(lit.value, dt.datetime) and lit.value.time() == dt.time(0):
        return Lit(lit.value.date())
    if type_ == "date" and type(lit.value) is dt.date:
        return lit
    if type_ in NUMERIC and isinstance(lit.value, Decimal):
        return Lit(lit.value.scaleb(scale))
    fits = {"bool": bool, "datetime": dt.date, "time": dt.time, "duration": dt.timedelta}
    if type_ == "any" or (type_ in fits and isinstance(lit.value, fits[type_])):
        return lit
    return WRONG_TYPE.refusal(found=shown(value), literal=shown(value), type=TYPES[type_])


def literal(value: Any) -> Lit:
    """Return a native cell value as a constant."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return Lit(Decimal(f"{value:.15g}"), raw=shown(value))
    return Lit(value)


def admits(test: Test, value: Any) -> bool:
    """Return whether a Values entry made of constants admits a constant."""
    if isinstance(test, Compare) and isinstance(test.value, Lit):
        return _holds(test.op, value, test.value.value)
    if isinstance(test, Interval) and isinstance(test.low, Lit) and isinstance(test.high, Lit):
        above = _holds(">=" if test.low_closed else ">", value, test.low.value)
        return above and _holds("<=" if test.high_closed else "<", value, test.high.value)
    return True


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip


def _holds(op: str, value: Any, other: Any) -> bool:
    if isinstance(value, str) and isinstance(other, str):
        value, other = fold(value), fold(other)
    try:
        return bool(_COMPARE[op](value, other))
    except TypeError:
        return False


def said(test: Test) -> str:
    """Return a Values entry as messages name it."""
    if isinstance(test, Compare) and isinstance(test.value, Lit):
        return ("" if test.op == "=" else test.op) + str(test.value.value)
    return "..."


INFERRED: Mapping[type, Type] = {
    Decimal: "number", bool: "bool", str: "text", dt.date: "date", dt.datetime: "datetime",
    dt.time: "time", dt.timedelta: "duration",
}  # fmt: skip
