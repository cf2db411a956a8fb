"""Every message people see, in Chinese and English, and the one way numbers are shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from kamrules.model import Cell, Lang, Problem, Refusal, Severity, Text, Type


class Message(NamedTuple):
    """The sentences of one code; an empty why or fix is filled from a Refusal."""

    severity: Severity
    what: Text
    why: Text
    fix: Text
    effect: Text


_NONE = Text("", "")
_NO_RUN = Text("未判定, 未写出任何文件", "nothing was decided, nothing was written")
_TABLE = Text(
    "规则表 {table} 不能运行; 未写出任何文件", "table {table} cannot run; nothing was written"
)
_ROW = Text(
    "用到此值的规则对该行不判定; 其他客户照常",
    "rules that need it do not decide this row; other customers are not affected",
)
_DECIDE = Text(
    "{key} 在 {table} 中未判定; 其他客户照常",
    "{table} does not decide {key}; other customers are not affected",
)

# fmt: off
MESSAGES: Mapping[str, Message] = {
    # E0xx file, lock, format
    # E1xx cell values
    # E2xx sheets and headers
    # E3xx rule syntax
    # E4xx decisions and rule quality
    # E5xx plugins
}
# fmt: on


def problem(
    code: str,
    where: Cell,
    *,
    found: Any = "",
    key: str = "",
    severity: Severity | None = None,
    **params: Any,
) -> Problem:
    """Return the Problem of a code, its sentences filled with *params* (Text values by language)."""
    message = MESSAGES[code]
    params = {"key": key, "found": found, **params}
    what, why, fix, effect = (_fill(t, params) for t in message[1:])
    return Problem(
        code, severity or message.severity, where, what, why, fix, effect, str(found), key
    )


def refuse(code: str, position: int = 0, **params: Any) -> Refusal:
    """Return a Refusal with the why and the fix of a code."""
    message = MESSAGES[code]
    return Refusal(code, _fill(message.why, params), _fill(message.fix, params), position)


def refused(
    refusal: Refusal,
    where: Cell,
    *,
    found: Any = "",
    key: str = "",
    severity: Severity | None = None,
    **params: Any,
) -> Problem:
    """Return the Problem that a Refusal is at *where*."""
    message = MESSAGES[refusal.code]
    params = {"key": key, "found": found, **params}
    what, effect = _fill(message.what, params), _fill(message.effect, params)
    return Problem(
        refusal.code,
        severity or message.severity,
        where,
        what,
        refusal.why,
        refusal.fix,
        effect,
        str(found),
        key,
    )


def say(template: Text, **params: Any) -> Text:
    """Return *template* filled with *params* (Text values by language)."""
    return _fill(template, params)


def _fill(template: Text, params: Mapping[str, Any]) -> Text:
    def of(lang: Lang) -> str:
        chosen = {k: v.of(lang) if isinstance(v, Text) else v for k, v in params.items()}
        return template.of(lang).format_map(chosen)

    return Text(of("zh"), of("en"))


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
            return f"{_round(number * 100, 2)}%"
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
