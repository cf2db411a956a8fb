"""The one way numbers and dates are shown."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from kamrules.words.text import Lang
from kamrules.words.types import Type


def fmt(value: Any, type_: Type = "any", lang: Lang = "zh") -> str:
    """Return a value as people read it; rounds half up, percent with up to two decimals."""
    if value is None:
        return "空" if lang == "zh" else "blank"
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        number = Decimal(f"{value:.15g}") if isinstance(value, float) else Decimal(value)
        if type_ == "percent":
            return f"{_round(number * 100, 2):,}%"
        return f"{_round(number, 2 if type_ == 'money' else 6):,}"
    if isinstance(value, list | tuple):
        return (
            "、".join(fmt(v, type_, lang) for v in value)
            if lang == "zh"
            else ", ".join(fmt(v, type_, lang) for v in value)
        )
    return str(value)


def _round(number: Decimal, places: int) -> Decimal:
    rounded = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    plain = rounded.normalize()
    return plain if plain.as_tuple().exponent <= 0 else plain.quantize(Decimal(1))  # type: ignore[operator]
