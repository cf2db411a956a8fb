"""Where a column is cut: thresholds that mean what Excel shows, for every type of column."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from kamrules.rules.cell.ast import Months
from kamrules.words.types import NUMERIC, Type

_EPOCH = dt.date(1970, 1, 1)
_MICROSECOND = dt.timedelta(microseconds=1)
# Residues of sums stay below this; Excel shows them as 0.
NEAR_ZERO = 1e-15


def _ordinal(x: float) -> int:
    """Return the position of a double in the order of all doubles."""
    n: int = struct.unpack("<q", struct.pack("<d", x))[0]
    return n if n >= 0 else -(n & 0x7FFFFFFFFFFFFFFF)


def _double(n: int) -> float:
    bits = n if n >= 0 else (-n) | -0x8000000000000000
    x: float = struct.unpack("<d", struct.pack("<q", bits))[0]
    return x


@lru_cache(maxsize=100_000)
def number_cut(threshold: float, above: bool) -> float:
    """Return the smallest double that counts as ``>= threshold``, or ``> threshold`` if *above*.

    A double counts by its first 15 digits, as Excel shows it: 0.07 less a rounding error is 7%.
    """
    if threshold == 0:
        return _double(_ordinal(NEAR_ZERO) + 1) if above else -NEAR_ZERO
    counts: Callable[[float], bool] = (
        (lambda x: float(f"{x:.15g}") > threshold)
        if above
        else (lambda x: float(f"{x:.15g}") >= threshold)
    )
    digits, _, exponent = f"{threshold:.14e}".partition("e")
    threshold = float(f"{digits}e{exponent}")
    # Half a unit of the last digit away, or next to it.
    half = 10.0 ** (int(exponent) - 14) / 2
    near = _ordinal(threshold + half if above else threshold - half)
    low, high = near - 2, near + 2
    while counts(_double(low)):
        low -= 1 << 12
    while not counts(_double(high)):
        high += 1 << 12
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if counts(_double(middle)) else (middle, high)
    return _double(high)


def cut(value: Any, type_: Type, above: bool) -> float | int:
    """Return the smallest physical value of a column of *type_* that is ``>= value`` (or ``>``).

    Physical values: doubles for numbers, days for dates, microseconds for date-times and
    durations, nanoseconds for times, months for months.
    """
    if type_ in NUMERIC:
        return number_cut(float(value), above)
    if type_ == "datetime" and type(value) is dt.date:
        # A day in a date-time column is the whole day.
        days = (value - _EPOCH).days + above
        return days * 86_400_000_000
    return physical(value) + above


def physical(value: Any) -> int:
    """Return a date, time, duration or month count as the integer Polars stores."""
    if isinstance(value, dt.datetime):
        plain = value.replace(tzinfo=None)
        return (plain - dt.datetime(1970, 1, 1)) // _MICROSECOND
    if isinstance(value, dt.date):
        return (value - _EPOCH).days
    if isinstance(value, dt.time):
        seconds = (value.hour * 60 + value.minute) * 60 + value.second
        return (seconds * 1_000_000 + value.microsecond) * 1000
    if isinstance(value, dt.timedelta):
        return value // _MICROSECOND
    if isinstance(value, Months):
        return value.count
    if isinstance(value, Decimal):
        return int(value)
    raise TypeError(value)
