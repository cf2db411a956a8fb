"""Sheet columns written as a table, as people write them down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast, get_args

from kamrules.sheets.column import Column
from kamrules.words.text import Text
from kamrules.words.types import Type


def columns(table: str) -> tuple[Column, ...]:
    """Return the columns of a text table: key | 中文 | English | type | synonyms.

    The type may be followed by its unit, ``required``, ``event``, choices as ``高/中/低``, what a
    blank means as ``blank=无``, and words that stand for numbers as ``高=80``.
    """
    lines = (line.strip() for line in table.strip().splitlines())
    return tuple(_column([part.strip() for part in line.split("|")]) for line in lines if line)


def _column(parts: list[str]) -> Column:
    key, zh, en, type_, *synonyms = parts
    kind, *marks = type_.split()
    if kind not in get_args(Type):
        raise ValueError(f"column {key!r}: there is no type {kind!r}")
    said: dict[str, Any] = {"words": tuple(w for m in marks if (w := _word(m)))}
    for mark in marks:
        if mark in ("required", "event"):
            said[mark] = True
        elif mark.startswith("blank="):
            said["blank"] = mark.removeprefix("blank=")
        elif "/" in mark:
            said["allowed"] = tuple(mark.split("/"))
        elif "=" not in mark:
            said["unit"] = mark
    named = tuple(s.strip() for part in synonyms for s in part.split(",") if s.strip())
    return Column(key, zh, en, cast(Type, kind), synonyms=named, **said)


def _word(mark: str) -> tuple[str, float] | None:
    word, equals, number = mark.partition("=")
    return (word, float(number)) if equals and word != "blank" else None


def fact_columns(table: str) -> tuple[Column, ...]:
    """Return the columns of facts: key | 中文 | English | type and unit | 含义 | meaning."""
    lines = (line.strip() for line in table.strip().splitlines())
    found = []
    for line in filter(None, lines):
        *parts, zh, en = (part.strip() for part in line.split("|"))
        found.append(replace(_column(parts), meaning=Text(zh, en)))
    return tuple(found)
