"""The run, stage by stage: read, rules in force, facts worked out, tables decided, result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from kamrules.facts.collect import ready
from kamrules.facts.join import told, with_derived, with_early
from kamrules.intake.read import read
from kamrules.intake.sources import Read, source_at
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW, NO_RUN
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.rules.catalogue import merged_specs
from kamrules.run import in_force
from kamrules.run.decisions import decide_all
from kamrules.run.outcome import outcome
from kamrules.run.result import Result
from kamrules.run.stages import Decided, Known, Ruled, Run, Workings
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
    effect=("不比较等级变化", "tiers are not compared"),
    example={"name": "客户-2024.xlsx"}, place=IN_ROW)
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
    found = decided(prepare(path, run).usable())
    known_, ruled_ = found.known, found.known.ruled
    result = outcome(found, run)
    return Workings(
        result, run, ruled_.data, found.data, tuple(known_.facts), known_.linked,
        tuple(found.tables), ruled_.labels, ruled_.parameters,
    )  # fmt: skip


def prepare(path: Path, run: Run) -> Known:
    """Return what a run knows before it decides, with everything that is wrong."""
    specs = merged_specs(run.manager)
    return known(ruled(source_at(path).read(specs), specs, run), run)


def ruled(
    found: Read, specs: Sequence[SheetSpec], run: Run,
    latest: Callable[[Data], dt.date] | None = None,
) -> Ruled:  # fmt: skip
    """Return what was read with the rules in force; *latest* finds the as-of date in the data."""
    rulebooks, wrong = in_force.load(found.data, run.manager, run.rules, found.package)
    parameters = in_force.parameters(rulebooks)
    data = replace(found.data, parameters=parameters)
    problems = [*found.problems, *wrong]
    if run.previous:
        data, wrong = _with_history(data, run.previous, specs)
        problems += wrong
    as_of = run.as_of or (latest or as_of_date)(data)
    problems += check_period(data, as_of)
    cases, wrong = in_force.case_rules(rulebooks, parameters, specs, as_of)
    problems += wrong
    data = replace(with_derived(data, specs), cases=cases, case_engine=run.case_engine)
    tables, notices = in_force.on(rulebooks, as_of)
    return Ruled(
        data, specs, rulebooks, parameters, as_of, tables, cases, [*problems, *notices],
        found.origin,
    )  # fmt: skip


def known(ruled_: Ruled, run: Run) -> Known:
    """Return the sheets with their facts, and the tables joined to them."""
    found = named(ruled_, run)
    data, wrong = with_early(found.data, found.facts)
    return replace(found, data=data, problems=[*ruled_.problems, *wrong, *found.problems])


def named(ruled_: Ruled, run: Run) -> Known:
    """Return the tables joined to the sheets and the names of facts, of which none is worked out.

    Its problems are those of the joining alone.
    """
    facts = ready(ruled_.data, ruled_.as_of, run.manager)
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
    last: list[dt.date] = []
    for sheet in data.sheets.values():
        for column in sheet.spec.columns:
            if column.event and column.key in sheet.frame.columns:
                found = sheet.frame[column.key].drop_nulls().cast(pl.Date).max()
                if isinstance(found, dt.date):
                    last.append(found)
    if not last:
        raise UsageError([NO_AS_OF_DATE.at(Cell(data.book))])
    return max(last)
