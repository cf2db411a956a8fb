"""The words of SQL that every database reads alike: names, values, conditions put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kamrules.engine.expressions import plain
from kamrules.words.types import NUMERIC, TEXTUAL, Type

# What the SQL is written in before it is translated.
NATIVE = "duckdb"
# Databases without types for dates: dates are texts there.
TEXT_DATES = frozenset({"sqlite"})
# Databases that write a step out wherever a later one names it, over and over, unless told not to.
KEEPS_STEPS = frozenset({"sqlite"})
TYPES: Mapping[Type, str] = {
    "date": "DATE", "datetime": "TIMESTAMP", "time": "TIME", "bool": "BOOLEAN", "months": "BIGINT",
    **dict.fromkeys(NUMERIC, "DOUBLE"),
}  # fmt: skip
_EPOCH = dt.datetime(1970, 1, 1)
# Lines of one INSERT.
LINES = 500


class Values:
    """How a database writes values and types."""

    def __init__(self, dialect: str) -> None:
        self.text_dates = dialect in TEXT_DATES
        self.keeps_steps = dialect in KEEPS_STEPS

    def literal(self, value: Any, type_: Type) -> str:
        """Return a constant of a rule cell."""
        value = plain(value)
        if value is None:
            return "NULL"
        if type_ in TEXTUAL or isinstance(value, str):
            return quoted(str(value))
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, dt.datetime):
            return self._moment("TIMESTAMP", value.replace(tzinfo=None).isoformat(" "))
        if isinstance(value, dt.date):
            return self._moment("DATE", value.isoformat())
        if isinstance(value, dt.time):
            return self._moment("TIME", value.isoformat())
        return double(float(value))

    def cut(self, at: Any, type_: Type) -> str:
        """Return a cut of an ordered column, which is a physical value."""
        if type_ in NUMERIC:
            return double(at)
        if type_ == "months":
            return str(at)
        if type_ == "date":
            return self._moment("DATE", (_EPOCH + dt.timedelta(days=at)).date().isoformat())
        if type_ == "datetime":
            moment = _EPOCH + dt.timedelta(microseconds=at)
            return self._moment("TIMESTAMP", moment.isoformat(" "))
        # Databases keep microseconds of times, frames keep nanoseconds.
        time = (_EPOCH + dt.timedelta(microseconds=-(-at // 1000))).time()
        return self._moment("TIME", time.isoformat())

    def type(self, type_: Type) -> str:
        """Return the type of a column."""
        name = TYPES.get(type_, "TEXT")
        return "TEXT" if self.text_dates and name in ("DATE", "TIMESTAMP", "TIME") else name

    def _moment(self, type_: str, text: str) -> str:
        return quoted(text) if self.text_dates else f"{type_} {quoted(text)}"


def name(text: str) -> str:
    """Return a name of a column, table or view."""
    return '"' + text.replace('"', '""') + '"'


def quoted(text: str) -> str:
    """Return a text."""
    return "'" + text.replace("'", "''") + "'"


def double(number: float) -> str:
    """Return a number so that every database reads it as the same double."""
    text = repr(number)
    return text if "e" in text else text + "e0"


def any_of(parts: Iterable[str]) -> str:
    """Return the condition that one of some conditions holds."""
    listed = list(parts)
    if not listed:
        return "1 = 0"
    return listed[0] if len(listed) == 1 else f"({' OR '.join(listed)})"


def all_of(parts: Iterable[str]) -> str:
    """Return the condition that all of some conditions hold; "" always does."""
    return " AND ".join(p for p in parts if p) or "1 = 1"


def case(whens: Iterable[tuple[str, str]], other: str = "", of: str = "") -> str:
    """Return the value beside the first condition (or value of *of*) that holds, else *other*."""
    listed = "".join(f" WHEN {when} THEN {then}" for when, then in whens)
    if not listed:
        return other or "NULL"
    return f"CASE{' ' + of if of else ''}{listed}{' ELSE ' + other if other else ''} END"


def one_if(condition: str) -> str:
    """Return 1 where a condition holds, else 0."""
    return case([(condition, "1")], "0")


def query(steps: Mapping[str, str], last: str, *, kept: bool) -> str:
    """Return a query of named steps, each reading those before it, worked out once if *kept*."""
    as_ = "AS MATERIALIZED" if kept else "AS"
    named = ",\n".join(f"{step} {as_} (\n  {text}\n)" for step, text in steps.items())
    return f"WITH {named}\n{last}"


def filled(table: str, columns: Sequence[str], lines: Sequence[str]) -> Iterator[str]:
    """Yield the statements that make a table with some lines."""
    yield f"CREATE TABLE {name(table)} ({', '.join(columns)})"
    for start in range(0, len(lines), LINES):
        listed = ",\n".join(lines[start : start + LINES])
        yield f"INSERT INTO {name(table)} VALUES\n{listed}"


def runs(bits: int) -> Iterator[tuple[int, int]]:
    """Yield the begin and end of each run of set bits."""
    start = 0
    while bits:
        skip = (bits & -bits).bit_length() - 1
        bits >>= skip
        length = (~bits & (bits + 1)).bit_length() - 1
        bits >>= length
        yield start + skip, start + skip + length
        start += skip + length
