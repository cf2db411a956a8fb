"""Facts beside the data: checked as they come back, joined to their sheets, blank where not run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pluggy
import polars as pl

from kamrules.facts.cases import Ruling
from kamrules.facts.collect import failed, ready
from kamrules.facts.declare import Fact, Rows
from kamrules.messages.problem import Problem
from kamrules.sheets.column import ROW, UNREADABLE, Column, SheetSpec
from kamrules.sheets.sheet import Data, Sheet
from kamrules.words.dtypes import DTYPES
from kamrules.words.text import Text
from kamrules.words.types import NUMERIC, TEXTUAL

# The row below the header, where a derived sheet begins when it is written.
_FIRST_ROW = 2


def with_facts(
    data: Data, as_of: dt.date, manager: pluggy.PluginManager, ruling: Ruling
) -> tuple[Data, list[Fact], list[Problem]]:
    """Return *data* with facts as columns of their sheets, all facts, and what is wrong.

    Those that wait for decisions are not worked out yet.
    """
    facts = ready(data, as_of, manager, ruling)
    data, problems = with_early(told(data, facts), facts)
    return data, facts, problems


def with_early(data: Data, facts: Sequence[Fact]) -> tuple[Data, list[Problem]]:
    """Return *data* with the facts that wait for no decision, and what is wrong."""
    early = [f for f in facts if not f.waits and f.runs and f.sheet in data.sheets]
    worked = [f.work(data) for f in early]
    problems = [p for _, wrong in worked for p in wrong]
    given = [(f, rows) for f, (rows, _) in zip(early, worked, strict=True) if f.columns]
    whole = [(f, f.across(rows) if f.across else rows) for f, rows in given]
    return joined(data, collected(whole)), problems


def told(data: Data, facts: Sequence[Fact]) -> Data:
    """Return *data* whose sheets know their facts; a derived sheet that no fact fills is gone.

    Facts that cannot be worked out for lack of their sheets are blank.
    """
    filled = {f.sheet for f in facts if not f.key and f.runs}
    sheets = {}
    for key, sheet in data.sheets.items():
        if sheet.spec.derived and key not in filled:
            continue
        mine = [f for f in facts if f.sheet == key]
        lost = [c for f in mine if not f.runs for c in f.columns]
        blank = (pl.lit(None, DTYPES[c.type]).alias(c.key) for c in lost)
        known = tuple(c for f in mine for c in f.columns)
        frame = sheet.frame.with_columns(blank) if lost else sheet.frame
        sheets[key] = replace(sheet, facts=known, frame=frame)
    return replace(data, sheets=sheets)


def collected(plans: Sequence[tuple[Fact, pl.LazyFrame]]) -> Iterator[tuple[Fact, Rows]]:
    """Yield the rows of facts, checked; all are worked out at once."""
    try:
        frames = pl.collect_all([plan for _, plan in plans])
    except KeyboardInterrupt:
        raise
    except BaseException:  # a panic of Polars is no Exception
        # One at a time, to name the one that fails.
        frames = [_collected(fact, plan) for fact, plan in plans]
    for (fact, _), frame in zip(plans, frames, strict=True):
        yield fact, checked(fact, frame)


def _collected(fact: Fact, plan: pl.LazyFrame) -> Rows:
    try:
        return plan.collect()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise failed(fact, error) from error


def joined(data: Data, frames: Iterable[tuple[Fact, Rows]]) -> Data:
    """Return *data* with facts as columns of their sheets; no sheet is scanned twice."""
    plans: dict[str, pl.LazyFrame] = {}
    for fact, frame in frames:
        if fact.sheet in data.sheets:
            plan = plans.get(fact.sheet, data.sheets[fact.sheet].frame.lazy())
            plans[fact.sheet] = _with(plan, fact, frame.lazy())
    found = zip(plans, pl.collect_all(list(plans.values())), strict=True)
    widened = {key: replace(data.sheets[key], frame=frame) for key, frame in found}
    return replace(data, sheets={**data.sheets, **widened})


def worked_out(fact: Fact, data: Data) -> tuple[Data, list[Problem]]:
    """Return *data* with a fact that had to wait."""
    if not fact.runs or fact.sheet not in data.sheets:
        return data, []
    rows, problems = fact.work(data)
    return joined(data, [(fact, checked(fact, _collected(fact, rows)))]), list(problems)


def _with(sheet: pl.LazyFrame, fact: Fact, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return a sheet with a fact; rows of its own where the fact has no key."""
    if fact.key:
        return sheet.join(frame, on=fact.key, how="left", maintain_order="left")
    return frame.with_row_index(ROW, _FIRST_ROW)


def checked(fact: Fact, rows: Rows) -> Rows:
    """Return the rows of a fact if they are as it declares, else raise a PluginError."""
    key = [fact.key] if fact.key else []
    wanted = {*key, *(c.key for c in fact.columns)}
    flags = {c.key + UNREADABLE for c in fact.columns}
    missing = [c for c in (*key, *(c.key for c in fact.columns)) if c not in rows.columns]
    if missing:
        named = repr(missing[0])
        raise failed(fact, Text(f"缺少列 {named}", f"its rows lack the column {named}"))
    extra = [c for c in rows.columns if c not in wanted | flags]
    if extra:
        named = repr(extra[0])
        said = f"its rows have the column {named}, which it does not declare"
        raise failed(fact, Text(f"有没声明的列 {named}", said))
    if key:
        again = rows[fact.key].drop_nulls()
        if again.n_unique() < len(again):
            twice = again.filter(again.is_duplicated())[0]
            said = f"its rows have {fact.key} {twice!r} more than once"
            raise failed(fact, Text(f"{fact.key} {twice!r} 不止一行", said))
    return rows.with_columns(_fitting(fact, rows, c) for c in fact.columns)


def _fitting(fact: Fact, rows: Rows, column: Column) -> pl.Series:
    """Return a column in its type, or raise a PluginError where its values are of another."""
    found, dtype = rows[column.key], DTYPES[column.type]
    if found.dtype == pl.Null:
        return found.cast(dtype)
    fits = column.type == "any" or found.dtype == dtype or (
        (column.type in NUMERIC and found.dtype.is_numeric())
        or (column.type in TEXTUAL and found.dtype in (pl.Enum, pl.Categorical))
        or (found.dtype in (pl.Date, pl.Datetime) and dtype in (pl.Date, pl.Datetime))
        or (column.type == "months" and found.dtype.is_integer())
    )  # fmt: skip
    if not fits:
        named = repr(column.key)
        said = f"its column {named} is {found.dtype}, declared as {column.type}"
        raise failed(fact, Text(f"列 {named} 是 {found.dtype}, 声明的是 {column.type}", said))
    return found


def with_derived(data: Data, specs: Iterable[SheetSpec]) -> Data:
    """Return *data* with the sheets whose rows come from facts, still empty."""
    return replace(data, sheets={**data.sheets, **dict(_derived(specs))})


def _derived(specs: Iterable[SheetSpec]) -> Iterator[tuple[str, Sheet]]:
    for spec in specs:
        if spec.derived:
            types = {c.key: DTYPES[c.type] for c in spec.columns}
            names = {c.key: c.zh for c in spec.columns}
            frame = pl.DataFrame(schema={ROW: pl.UInt32, **types})
            yield spec.key, Sheet(spec, spec.zh, frame, 1, {}, names, len(names))
