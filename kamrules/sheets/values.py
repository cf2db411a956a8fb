"""What a person typed in a cell, as the value it means; refused with a reason where unclear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from kamrules.messages.message import Refusal
from kamrules.sheets.dates import BARE_TIME, FIRST_YEAR, date, duration, moment, time_of_day
from kamrules.sheets.numbers import LARGEST, integer, months, number, percent
from kamrules.sheets.typed import BLANK, NO_MOMENT, NO_TIME, NO_YES_OR_NO, half_width, refusal
from kamrules.words.dtypes import DTYPES
from kamrules.words.text import Text
from kamrules.words.types import NUMERIC, Type

_YES = {"是", "有", "对", "真", "y", "yes", "true", "t", "1", "√", "✓", "✔"}
_NO = {"否", "无", "错", "假", "n", "no", "false", "f", "0", "×", "✗", "✘"}


def boolean(text: str) -> bool | Refusal:
    """Return whether a text says yes."""
    typed = half_width(text)
    word = typed.casefold()
    return word in _YES if word in _YES | _NO else refusal(NO_YES_OR_NO, typed)


_READERS: Mapping[Type, Callable[[str], Any]] = {
    "int": integer, "number": number, "money": number, "percent": percent,
    "date": date, "datetime": moment, "time": time_of_day, "duration": duration,
    "months": months, "bool": boolean,
}  # fmt: skip
# A whole number is kept as one until it is decided about.
_DTYPES = {**{type_: DTYPES[type_] for type_ in _READERS}, "int": pl.Int64()}


def read(text: str, type_: Type) -> Any | Refusal:
    """Return the value of a type that a text says; for text types the stripped text."""
    reader = _READERS.get(type_)
    return reader(text) if reader else text.strip(BLANK)


def read_column(
    raw: pl.Series, type_: Type, scale: float = 1.0
) -> tuple[pl.Series, dict[int, Refusal]]:
    """Return a column as typed values, and by row position why a cell is refused.

    Numbers are multiplied by *scale*: 1e4 where the header says 万元.
    """
    if type_ not in _DTYPES:
        clean = raw.fill_nan(None) if raw.dtype.is_float() else raw
        return (clean if type_ == "any" and raw.dtype != pl.String else _texts(clean)), {}
    cells = _texts(raw) if raw.dtype == pl.String else raw
    column = _cast(cells, type_, scale)
    unread = (column.is_null() & cells.is_not_null()).arg_true()
    if unread.is_empty():
        return column, {}
    texts = _texts(cells.gather(unread))
    readings = {text: _read_cell(text, type_, scale) for text in texts.unique()}
    good = {text: value for text, value in readings.items() if not isinstance(value, Refusal)}
    values = texts.replace_strict(
        pl.Series(list(good), dtype=pl.String),
        pl.Series(list(good.values()), dtype=_DTYPES[type_]),
        default=None,
        return_dtype=_DTYPES[type_],
    )
    bad = values.is_null()
    refused = zip(unread.filter(bad), texts.filter(bad), strict=True)
    return column.scatter(unread, values), {row: readings[text] for row, text in refused}


def _texts(raw: pl.Series) -> pl.Series:
    """Return cells as the text people see in them, null where there is none."""
    if raw.dtype == pl.String:
        stripped = raw.str.strip_chars(BLANK)
        return stripped.set(stripped == "", None)
    if raw.dtype.is_float():
        whole = (raw == raw.floor()) & (raw.abs() < LARGEST)
        return raw.cast(pl.Int64, strict=False).cast(pl.String).zip_with(whole, raw.cast(pl.String))
    if isinstance(raw.dtype, pl.Datetime):
        return raw.dt.to_string("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    if isinstance(raw.dtype, pl.Duration):
        return raw.dt.to_string()
    return raw.cast(pl.String)


def _cast(cells: pl.Series, type_: Type, scale: float) -> pl.Series:
    """Return the values of the cells that need no parsing, null for the others."""
    wanted, is_text = _DTYPES[type_], cells.dtype == pl.String
    if wanted.is_numeric() and (is_text or cells.dtype.is_numeric()):
        numbers = cells.cast(pl.Float64, strict=False)
        if scale != 1.0 and type_ in NUMERIC:
            numbers = (numbers * scale).round_sig_figs(15)
        bad = ~numbers.is_finite()
        if wanted.is_integer():
            bad |= (numbers != numbers.floor()) | (numbers.abs() > LARGEST)
        return numbers.set(bad, None).cast(wanted)
    if is_text and type_ in {"date", "datetime"}:
        # What calamine prints among texts has 19 characters; 24-3-1 must not be the year 24.
        printed = cells.set(cells.str.len_bytes() != 19, None)
        cells = printed.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    if type_ in {"date", "datetime"} and isinstance(cells.dtype, pl.Date | pl.Datetime):
        return cells.set(cells.dt.year() < FIRST_YEAR, None).cast(wanted)
    if type_ == "time" and isinstance(cells.dtype, pl.Datetime):
        return cells.set(cells.dt.date() != BARE_TIME, None).dt.time()
    if type(cells.dtype) is type(wanted):
        return cells.cast(wanted)
    return pl.Series(cells.name, [None], dtype=wanted).new_from_index(0, len(cells))


def _read_cell(text: str, type_: Type, scale: float) -> Any | Refusal:
    if type_ in NUMERIC:
        return integer(text, scale) if type_ == "int" else number(text, scale)
    value = read(text, type_)
    if isinstance(value, dt.datetime | dt.time) and value.tzinfo:
        # Beside local times, the only ones Excel knows, this one would be hours off.
        local = str(value.replace(tzinfo=None))
        why = Text("{}带时区", "{} names a time zone")
        fix = Text(f"写当地时间, 例如 {local}", f"type the local time, such as {local}")
        return refusal(NO_MOMENT if type_ == "datetime" else NO_TIME, text, why, fix)
    return value
