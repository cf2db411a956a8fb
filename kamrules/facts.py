"""What plugins work out from the data, as columns beside the data; what rules may name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import pluggy

from kamrules import plugins
from kamrules.model import Column, Data, Fact, PluginError, Sheet
from kamrules.rules.link import by_name


def with_facts(
    data: Data, as_of: dt.date, manager: pluggy.PluginManager
) -> tuple[Data, list[Fact]]:
    """Return *data* with the facts of all plugins as columns of their sheets."""
    facts: list[Fact] = []
    given: dict[tuple[str, str], str] = {}
    for name, fact in plugins.call_each(manager, "facts", data=data, as_of=as_of):
        if not isinstance(fact, Fact):
            raise PluginError(f"plugin {name!r}: facts() gave {fact!r}, not a Fact")
        for column in fact.columns:
            other = given.setdefault((fact.sheet, column.key), name)
            if other != name:
                raise PluginError(
                    f"plugins {other!r} and {name!r} both give the fact {column.key!r}"
                )
        facts.append(fact)
    sheets = dict(data.sheets)
    for key, sheet in data.sheets.items():
        mine = [f for f in facts if f.sheet == key]
        if not mine:
            continue
        frame = sheet.frame.lazy()
        for fact in mine:
            frame = frame.join(fact.frame, on=fact.key, how="left", maintain_order="left")
        sheets[key] = replace(sheet, frame=frame.collect())
    return replace(data, sheets=sheets), facts


def sheet_columns(sheet: Sheet) -> list[Column]:
    """Return the columns a sheet has: known ones under every name, others by their header."""
    by_key = {c.key: c for c in sheet.spec.columns}
    found = []
    for key, header in sheet.headers.items():
        known = by_key.get(key)
        if known:
            found.append(replace(known, synonyms=(*known.synonyms, header)))
        else:
            found.append(Column(key, header, header, "any"))
    return found


def columns_of(sheet: Sheet, facts: Sequence[Fact]) -> dict[str, Column]:
    """Return what rules about a sheet may name: facts first, then columns, by folded name."""
    given = [c for f in facts if f.sheet == sheet.spec.key for c in f.columns]
    present = sheet_columns(sheet)
    keys = {c.key for c in present}
    absent = [c for c in sheet.spec.columns if c.key not in keys]
    return by_name([*given, *present, *absent])
