"""Which rules count in a run: the rule books, and of them the tables, case rules and parameters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path

import pluggy

from kamrules.engine.cases import caserules
from kamrules.engine.cases.caserules import CaseRules
from kamrules.engine.usable import unusable
from kamrules.facts.declare import Fact
from kamrules.facts.order import columns_of, in_order, in_vain, left_blank, sheet_columns
from kamrules.guard.workbook import Package
from kamrules.messages.message import Refusal, message
from kamrules.messages.phrases import IN_RULE, TABLE
from kamrules.messages.problem import Problem
from kamrules.rules.about import about
from kamrules.rules.catalogue import load_decisions, load_rules, packaged
from kamrules.rules.decision_table import DecisionTable, RuleBook
from kamrules.rules.link import LinkedTable, by_name, link
from kamrules.rules.messages import TABLE_TWICE
from kamrules.sheets import dates
from kamrules.sheets.column import Column, SheetSpec
from kamrules.sheets.sheet import Data, Parameter
from kamrules.words.names import aliases

# fmt: off
TABLE_REPLACED = message("W321", kind="replaced", severity="notice",
    what=("规则表 {table} 用的是 {winner} 里的", "table {table} is taken from {winner}"),
    why=("{loser} 里也有同名的表", "{loser} has a table of that name too"),
    fix=("不想替换时, 给表改名", "rename it if it should not replace the other"),
    effect=("判定以 {winner} 为准", "decisions follow {winner}"),
    example={"table": TABLE, "winner": "我的规则.xlsx", "loser": "rating.xlsx"}, place=IN_RULE)
NOT_IN_FORCE = message("W322", kind="effective", severity="notice",
    what=("规则表 {table} 在 {as_of} 不生效", "table {table} is not in force on {as_of}"),
    why=("生效期为 {period}", "it is in force {period}"),
    fix=("要用它时改生效和失效日期", "change its From and To dates to use it"),
    effect=("这张表未参加判定", "the table took no part"),
    example={"table": TABLE, "as_of": "2024-12-31", "period": "2025-01-01 - ..."}, place=IN_RULE)
# fmt: on


def load(data: Data, manager: pluggy.PluginManager, run: Loaded) -> Loaded:
    """Return the rule books of plugins and those of a run, which take precedence."""
    known = _columns(data)
    with ExitStack() as stack:
        paths = [stack.enter_context(as_file(source)) for _, source in packaged(manager)]
        return [*(load_decisions(path, known) for path in paths), *run]


def own(data: Data, files: Sequence[Path], package: Package | None) -> Loaded:
    """Return the rule books of a run: those named, and the workbook's own."""
    known = _columns(data)
    found = [load_decisions(path, known) for path in files]
    if package is not None:
        titles = frozenset(s.title for s in data.sheets.values())
        found.append(load_rules(package, known, titles))
    return found


Loaded = list[tuple[RuleBook, list[Problem]]]


def _columns(data: Data) -> dict[str, Column]:
    return by_name(c for sheet in data.sheets.values() for c in sheet_columns(sheet))


def parameters(rulebooks: Iterable[RuleBook]) -> dict[str, Parameter]:
    """Return the parameters in force, by every name."""
    found: dict[str, Parameter] = {}
    for rulebook in rulebooks:
        found = overridden(found, rulebook.parameters)
    return found


def overridden(
    parameters: Mapping[str, Parameter], by: Mapping[str, Parameter]
) -> dict[str, Parameter]:
    """Return the parameters with those of a later rule book instead, under all their names."""
    replaced = {id(parameters[alias]): new for alias, new in by.items() if alias in parameters}
    kept = {alias: replaced.get(id(old), old) for alias, old in parameters.items()}
    return {**kept, **by}


def on(rulebooks: Sequence[RuleBook], as_of: dt.date) -> tuple[list[DecisionTable], list[Problem]]:
    """Return the tables that count on *as_of*; of one name, that of the last rule book."""
    problems: list[Problem] = []
    found: list[DecisionTable] = []
    for rulebook in rulebooks:
        mine: list[DecisionTable] = []
        for table in rulebook.tables:
            if not _is_in_force(table, as_of):
                start, end = (table.properties.get(k, "") or "..." for k in ("from", "to"))
                period_ = f"{start} - {end}"
                problems.append(
                    NOT_IN_FORCE.at(table.where, table=table.name, as_of=as_of, period=period_)
                )
                continue
            twice = [t for t in mine if _same_name(t, table)]
            for first in twice:
                problems.append(
                    TABLE_TWICE.at(table.where, table=table.name, first=str(first.where))
                )
            for loser in [t for t in found if _same_name(t, table)]:
                found.remove(loser)
                winner, beaten = table.where.book, loser.where.book
                problems.append(
                    TABLE_REPLACED.at(table.where, table=table.name, winner=winner, loser=beaten)
                )
            mine.append(table)
        found += mine
    return found, problems


def case_rules(
    rulebooks: Sequence[RuleBook],
    given: Mapping[str, Parameter],
    specs: Sequence[SheetSpec],
    as_of: dt.date,
) -> tuple[list[CaseRules], list[Problem]]:
    """Return the case rules that count on *as_of*, and what is wrong with them."""
    books = [replace(book, tables=book.case_rules) for book in rulebooks]
    tables, problems = on(books, as_of)
    found = []
    for table in about(tables, specs):
        rules, wrong = caserules.compiled(table, given, specs)
        problems += wrong
        found += [rules] if rules else []
    return found, problems


def _same_name(one: DecisionTable, other: DecisionTable) -> bool:
    """Return whether two tables have the same name in either language."""
    return bool(set(aliases(one.name)) & set(aliases(other.name)))


def _is_in_force(table: DecisionTable, as_of: dt.date) -> bool:
    start, end = (dates.date(table.properties.get(k, "")) for k in ("from", "to"))
    after = isinstance(start, Refusal) or start <= as_of
    return after and (isinstance(end, Refusal) or as_of <= end)


def _for_sheets(
    tables: Sequence[DecisionTable], specs: Sequence[SheetSpec], data: Data
) -> list[DecisionTable]:
    """Return the tables with 对象 For each as the key of the sheet it names.

    Tables about sheets that this book does not have are left out.
    """
    absent = {spec.key for spec in specs} - data.sheets.keys()
    return [table for table in about(tables, specs) if table.for_each not in absent]


def linked(
    data: Data,
    facts: Sequence[Fact],
    tables: Sequence[DecisionTable],
    specs: Sequence[SheetSpec],
    given: Mapping[str, Parameter],
) -> tuple[list[LinkedTable | Fact], list[Problem]]:
    """Return tables and late facts in the order they run, and what is wrong with the tables."""
    columns = {key: columns_of(sheet, facts) for key, sheet in data.sheets.items()}
    joined, wrong = link(_for_sheets(tables, specs, data), columns, given)
    steps, circles = in_order(joined, facts) if not wrong else ([*joined], [])
    if wrong or circles:
        return steps, wrong or circles
    told = [p for table in joined for p in unusable(table)]
    named = {key: sheet.spec.name for key, sheet in data.sheets.items()}
    told += in_vain([t.table for t in joined], facts, named, data.book)
    return steps, told + list(left_blank(joined, facts, specs, data.book))
