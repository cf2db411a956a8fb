"""The run, stage by stage: read, rules in force, facts worked out, tables decided, result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from kamrules.facts.cases import Ruling
from kamrules.facts.collect import ready
from kamrules.facts.join import told, with_derived, with_early
from kamrules.intake.read import read
from kamrules.intake.sources import source_at
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW, NO_RUN
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.rules.catalogue import merged_specs
from kamrules.rules.decision_table import DecisionTable
from kamrules.run import in_force
from kamrules.run.decisions import decide_all
from kamrules.run.outcome import outcome
from kamrules.run.result import UNDATED, Result
from kamrules.run.stages import Decided, Known, Ruled, Run, Workings
from kamrules.run.subjects import Found, found
from kamrules.sheets.column import SheetSpec
from kamrules.sheets.period import check_period
from kamrules.sheets.sheet import Data

# fmt: off
NO_AS_OF_DATE = message("E211", kind="header",
    what=("找不到基准日", "there is no as-of date"),
    why=("数据里没有任何日期", "the data holds no date"),
    fix=("用 --as-of 2024-12-31 指定, 或在 参数 表里写 基准日",
         "give one with --as-of 2024-12-31, or write as-of date in the Parameters sheet"),
    effect=NO_RUN, example={}, place=IN_ROW)
NO_HISTORY = message("W213", kind="header",
    what=("{name} 里没有 历史 表", "{name} has no History sheet"),
    why=("它不是 kamrules 写出的结果, 或历史表被删了",
         "it is not a result of kamrules, or the sheet was removed"),
    fix=("用上一期的 .kam.xlsx", "use the .kam.xlsx of the last period"),
    effect=("不比较与上期的变化", "changes since the last period are not shown"),
    example={"name": "供应商-2024.xlsx"}, place=IN_ROW)
# fmt: on


__all__ = [
    "Run", "Workings", "apply", "as_of_date", "decided", "known", "named", "prepare", "ruled",
    "workings",
]  # fmt: skip


def apply(path: Path, run: Run) -> Result:
    """Return every decision about a workbook or tables, or raise UsageError with all reasons."""
    return workings(path, run).result


def workings(path: Path, run: Run) -> Workings:
    """Return a run with all that led to its result."""
    last = decided(prepare(path, run).usable())
    known_, ruled_ = last.known, last.known.ruled
    result = outcome(last, run)
    return Workings(
        result, run, ruled_.data, last.data, tuple(known_.facts), known_.linked,
        tuple(last.tables), ruled_.labels, ruled_.parameters, ruled_.cases,
    )  # fmt: skip


def prepare(path: Path, run: Run) -> Known:
    """Return what a run knows before it decides, with everything that is wrong."""
    specs = merged_specs(run.manager)
    return known(ruled(found(source_at(path), specs, run), run), run)


def ruled(found_: Found, run: Run, latest: Callable[[Data], dt.date] | None = None) -> Ruled:
    """Return what was read with the rules in force; *latest* finds the as-of date in the data."""
    read_, specs = found_.read, found_.specs
    loaded = in_force.load(read_.data, run.manager, found_.own)
    rulebooks = [book for book, _ in loaded]
    parameters = in_force.parameters(rulebooks)
    data = replace(read_.data, parameters=parameters)
    problems = [*read_.problems, *(p for _, wrong in loaded for p in wrong)]
    if run.previous:
        data, wrong = _with_history(data, run.previous, specs)
        problems += wrong
    as_of = run.as_of or (latest(data) if latest else _as_of(found_, data))
    problems += check_period(data, as_of)
    cases, wrong = in_force.case_rules(rulebooks, parameters, specs, as_of)
    problems += wrong
    data = with_derived(data, specs)
    tables, notices = in_force.on(rulebooks, as_of)
    ruling = Ruling(tuple(cases), run.case_engine)
    return Ruled(
        data, specs, rulebooks, parameters, as_of, tables, ruling, [*problems, *notices],
        read_.origin,
    )  # fmt: skip


def known(ruled_: Ruled, run: Run) -> Known:
    """Return the sheets with their facts, and the tables joined to them."""
    joined = named(ruled_, run)
    data, wrong = with_early(joined.data, joined.facts)
    return replace(joined, data=data, problems=[*ruled_.problems, *wrong, *joined.problems])


def named(ruled_: Ruled, run: Run) -> Known:
    """Return the tables joined to the sheets and the names of facts, of which none is worked out.

    Its problems are those of the joining alone.
    """
    facts = ready(ruled_.data, ruled_.as_of, run.manager, ruled_.cases)
    data = told(ruled_.data, facts)
    steps, faults = in_force.linked(data, facts, ruled_.tables, ruled_.specs, ruled_.parameters)
    return Known(ruled_, data, facts, steps, faults)


def decided(known_: Known) -> Decided:
    """Return what every table decided."""
    tables, data, wrong = decide_all(known_.data, known_.steps, known_.ruled.labels)
    return Decided(known_, data, tables, [*known_.problems, *wrong])


def _with_history(
    data: Data, previous: Path, specs: Sequence[SheetSpec]
) -> tuple[Data, list[Problem]]:
    """Return *data* with the History sheet of an earlier result."""
    old, wrong = read(previous, specs)
    data = replace(data, record=old.record)
    if "history" not in old.sheets:
        return data, [NO_HISTORY.at(Cell(previous.name), name=previous.name)]
    history = old.sheets["history"]
    mine = [p for p in wrong if p.where.sheet == history.title]
    return replace(data, sheets={**data.sheets, "history": history}), mine


def as_of_date(data: Data) -> dt.date:
    """Return parameter 基准日, or the last date at which something happened in the data."""
    for name in ("基准日", "as-of date", "as of"):
        value = data.parameter(name, None)
        if isinstance(value, dt.date):
            return value
    last = _last_date(data, events=True)
    if last is None and data.subjects is None:
        last = _last_date(data, events=False)
    if last is None:
        raise UsageError([NO_AS_OF_DATE.at(Cell(data.book))])
    return last


def _last_date(data: Data, *, events: bool) -> dt.date | None:
    """Return the last date in columns of events, or in all columns of dates."""
    found = [
        sheet.frame[column.key].drop_nulls().cast(pl.Date).max()
        for sheet in data.sheets.values()
        for column in sheet.spec.columns
        if column.key in sheet.frame.columns
        and (column.event if events else column.type in ("date", "datetime"))
    ]
    return max((day for day in found if isinstance(day, dt.date)), default=None)


def _as_of(found_: Found, data: Data) -> dt.date:
    """Return the as-of date; of a book without subjects none is asked for that no rule needs."""
    try:
        return as_of_date(data)
    except UsageError:
        tables = [table for book, _ in found_.own for table in book.tables]
        if data.subjects is not None or any(_needs_date(table) for table in tables):
            raise
        return UNDATED


def _needs_date(table: DecisionTable) -> bool:
    """Return whether a table counts for a time only, or asks for the as-of date."""
    cells = (e.text for r in table.rules for e in (*r.inputs, *r.outputs))
    labels = (column.label for column in table.inputs)
    asked = any("基准日" in text or "as-of date" in text for text in (*cells, *labels))
    return asked or any(table.properties.get(name) for name in ("from", "to"))
