"""What plugins work out from the data, as columns beside the data; what rules may name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

import pluggy
import polars as pl

from kamrules.engine.decide import DTYPES
from kamrules.facts.fact import Fact
from kamrules.hooks import plugins
from kamrules.messages.problem import PluginError, Problem
from kamrules.messages.text import problem
from kamrules.rules.cell.sfeel import fold
from kamrules.rules.link import LinkedTable, by_name
from kamrules.sheets.column import ROW, Column, SheetSpec
from kamrules.sheets.sheet import Data, Sheet
from kamrules.words.names import aliases


def with_facts(
    data: Data, as_of: dt.date, manager: pluggy.PluginManager
) -> tuple[Data, list[Fact]]:
    """Return *data* with the facts of all plugins as columns of their sheets, and the facts.

    Those that come after decisions are not worked out yet.
    """
    facts = all_facts(data, as_of, manager)
    data = told(data, facts)
    frames = [(f, f.frame) for f in facts if not callable(f.frame)]
    return joined(data, [(f, f.across(x) if f.across else x) for f, x in frames]), facts


def told(data: Data, facts: Sequence[Fact]) -> Data:
    """Return *data* whose sheets know their facts; a derived sheet that no fact fills is gone."""
    filled = {f.sheet for f in facts if not f.key}
    sheets = {
        key: replace(sheet, facts=tuple(c for f in facts if f.sheet == key for c in f.columns))
        for key, sheet in data.sheets.items()
        if not sheet.spec.derived or key in filled
    }
    return replace(data, sheets=sheets)


def all_facts(data: Data, as_of: dt.date, manager: pluggy.PluginManager) -> list[Fact]:
    """Return the facts of all plugins, not yet worked out."""
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
        facts.append(_named(fact, name))
    return facts


def joined(data: Data, frames: Iterable[tuple[Fact, pl.LazyFrame]]) -> Data:
    """Return *data* with facts as columns of their sheets; no sheet is scanned twice."""
    plans: dict[str, pl.LazyFrame] = {}
    for fact, frame in frames:
        if fact.sheet in data.sheets:
            plan = plans.get(fact.sheet, data.sheets[fact.sheet].frame.lazy())
            plans[fact.sheet] = _with(plan, fact, frame)
    found = zip(plans, pl.collect_all(list(plans.values())), strict=True)
    widened = {key: replace(data.sheets[key], frame=frame) for key, frame in found}
    return replace(data, sheets={**data.sheets, **widened})


def _named(fact: Fact, plugin: str) -> Fact:
    """Return a fact that names its plugin when it fails later."""
    work = fact.frame
    if not callable(work):
        return fact

    def later(data: Data) -> tuple[pl.LazyFrame, Sequence[Problem]]:
        try:
            found = work(data)
            frame, problems = found if isinstance(found, tuple) else (found, ())
            return frame.collect().lazy(), problems
        except Exception as error:
            name = fact.columns[0].key if fact.columns else fact.sheet
            raise PluginError(f"plugin {plugin!r} failed in the fact {name!r}: {error}") from error

    return replace(fact, frame=later)


def worked_out(fact: Fact, data: Data, seen: Data) -> tuple[Data, list[Problem]]:
    """Return *data* with a fact that had to wait, worked out from the data as *seen* by it."""
    sheet = data.sheets.get(fact.sheet)
    if sheet is None or not callable(fact.frame):
        return data, []
    found = fact.frame(seen)
    frame, problems = found if isinstance(found, tuple) else (found, ())
    widened = replace(sheet, frame=_with(sheet.frame.lazy(), fact, frame).collect())
    return replace(data, sheets={**data.sheets, fact.sheet: widened}), list(problems)


def _with(sheet: pl.LazyFrame, fact: Fact, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return a sheet with a fact; rows of its own where the fact has no key."""
    if fact.key:
        return sheet.join(frame, on=fact.key, how="left", maintain_order="left")
    return frame.with_row_index(ROW, _FIRST_ROW)


# The row below the header, where a derived sheet begins when it is written.
_FIRST_ROW = 2


def derived(specs: Iterable[SheetSpec]) -> Iterator[tuple[str, Sheet]]:
    """Yield the sheets whose rows come from facts, still empty."""
    for spec in specs:
        if spec.derived:
            types = {c.key: DTYPES[c.type] for c in spec.columns}
            names = {c.key: c.zh for c in spec.columns}
            frame = pl.DataFrame(schema={ROW: pl.UInt32, **types})
            yield spec.key, Sheet(spec, spec.zh, frame, 1, {}, names, len(names))


def in_order(
    linked: Sequence[LinkedTable], facts: Sequence[Fact]
) -> tuple[list[LinkedTable | Fact], list[Problem]]:
    """Return tables and the facts that come after decisions in the order they run."""
    late = {f"{f.sheet}.{f.columns[0].key}": f for f in facts if f.after}
    tables = {t.table.name: t for t in linked}
    givers: dict[str, set[str]] = {}
    columns: dict[tuple[str, str], str] = {}
    for name, fact in late.items():
        for column in fact.columns:
            columns[fact.sheet, column.key] = name
            for alias in map(fold, (column.key, *column.name)):
                givers.setdefault(alias, set()).add(name)
    for name, table in tables.items():
        for output in table.table.outputs:
            for alias in aliases(output.label):
                givers.setdefault(alias, set()).add(name)
    needs: dict[str, list[str]] = {}
    for name, table in tables.items():
        used = (*table.inputs, *(column for column, _ in table.names.values()))
        facts_ = {columns.get((table.table.for_each, c)) for c in used} - {None}
        needs[name] = sorted(table.needs | {f for f in facts_ if f})
    for name, fact in late.items():
        wanted = set().union(*(givers.get(fold(n), set()) for n in fact.after))
        needs[name] = sorted(wanted - {name})
    steps: Mapping[str, LinkedTable | Fact] = {**tables, **late}
    try:
        return [steps[name] for name in TopologicalSorter(needs).static_order()], []
    except CycleError as error:
        circle: list[str] = error.args[1]
        first = next(tables[name].table for name in circle if name in tables)
        named = " <- ".join(_shown(name, late) for name in reversed(circle))
        label = first.outputs[0].label
        return [], [problem("E308", first.where, cycle=named, name=label)]


def _shown(step: str, late: Mapping[str, Fact]) -> str:
    return late[step].columns[0].zh if step in late else step


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
