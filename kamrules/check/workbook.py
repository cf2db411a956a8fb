"""A workbook checked: its data, its rules one by one, and what they do together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import pluggy

from kamrules.check.cases import run_cases
from kamrules.check.data import check_data
from kamrules.check.entries import check_entries, check_values
from kamrules.check.finding import Finding, finding
from kamrules.check.governance import check_governance
from kamrules.check.regions import regions_of
from kamrules.check.tables import Rows, check_table
from kamrules.engine.usable import unusable
from kamrules.facts.collect import declared
from kamrules.facts.order import in_vain, known_of_subjects
from kamrules.guard.workbook import Package, inspect
from kamrules.intake.claims import NO_HEADER_ROW, NO_SHEET
from kamrules.intake.headers import NO_COLUMN
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_RULE, TABLE
from kamrules.messages.problem import Problem, UsageError
from kamrules.rules.about import about, about_others, described
from kamrules.rules.catalogue import load_decisions, load_rules, merged_specs, packaged, vocabulary
from kamrules.rules.cell.ast import Compare, Lit
from kamrules.rules.decision_table import DecisionTable, Input, Output, RuleBook
from kamrules.rules.link import LinkedTable, by_name, link
from kamrules.rules.messages import UNKNOWN_COLUMN, UNKNOWN_WORD
from kamrules.run import pipeline
from kamrules.run.decisions import decide_all
from kamrules.run.stages import Known, Run
from kamrules.sheets.column import Column
from kamrules.sheets.sheet import Parameter
from kamrules.words.fold import fold
from kamrules.words.names import aliases, both, closest
from kamrules.words.text import Text

# fmt: off
COLUMN_OF_NOBODY = message("W420", kind="column",
    what=("规则表 {table} 的条件列 “{column}” 不认识",
          "table {table}: its condition column '{column}' is not known"),
    why=("已知的工作表, 事实, 词表和其他规则表里都没有它{suggest}",
         "no known sheet, fact, glossary or other table has it{suggest}"),
    fix=("改正列名, 或写进词表; 工作簿里自己的列不用改",
         "correct the name or add it to the Glossary; a column of your own book is fine"),
    effect=("用到它的工作簿要有这一列", "a workbook must have this column"),
    example={"table": TABLE, "column": "年采购",
             "suggest": Text("; 是不是 年采购额", "; did you mean 年采购额")}, place=IN_RULE)
# fmt: on


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found about one workbook, and what it looked at."""

    name: str
    tables: int
    rules: int
    cases: int
    subjects: int | None  # None for a workbook of rules only
    findings: Sequence[Finding]
    unusable: bool  # whether apply would refuse its rules

    @property
    def exit_code(self) -> int:
        """Return 2 where rules cannot be used, 1 where there is another error, else 0."""
        if self.unusable:
            return 2
        return 1 if any(f.problem.severity == "error" for f in self.findings) else 0


def check(path: Path, run: Run) -> Checked:
    """Return what is wrong with a workbook of data or of rules; decides nothing."""
    known = vocabulary(merged_specs(run.manager))
    try:
        ready = pipeline.prepare(path, run)
    except UsageError as error:
        rulebook, problems = _own(path, known, error)
        return _check_rules(path, rulebook, problems, run)
    return _check_book(inspect(path), ready, run)


def _own(
    path: Path, known: Mapping[str, Column], error: UsageError
) -> tuple[RuleBook, list[Problem]]:
    """Return the rules of a workbook that is no workbook of data, else raise why it is none."""
    if not {p.code for p in error.problems} & {NO_SHEET.code, NO_HEADER_ROW.code, NO_COLUMN.code}:
        raise error
    rulebook, problems = load_rules(path, known)
    if not (rulebook.tables or rulebook.broken or problems):
        raise error
    return rulebook, problems


# workbooks of data


def _check_book(package: Package, ready: Known, run: Run) -> Checked:
    findings = [finding(p) for p in ready.problems]
    rows: dict[str, Rows] = {}
    if ready.is_usable:
        decided, *_ = decide_all(ready.data, ready.steps, ready.ruled.labels)
        for found, _ in decided:
            sheet = ready.data.sheets[found.table.for_each]
            key = sheet.spec.unique or sheet.spec.references
            if key in found.frame.columns:
                rows[found.table.name] = Rows(found.frame, key)
    findings += check_data(ready.data, package)
    synonyms = {fold(label.en): fold(label.zh) for label in ready.ruled.labels}
    tables = [t.table for t in ready.linked]
    for linked in ready.linked:
        columns = {
            **_choices(tables, ready.ruled.rulebooks),
            **ready.columns[linked.table.for_each],
        }
        findings += _check_linked(linked, columns, synonyms, rows.get(linked.table.name))
        findings += check_governance(linked.table, ready.ruled.as_of)
    known = by_name(c for its in ready.columns.values() for c in its.values())
    # The cases of plugins are for their own parameters and columns, not for those of this book.
    given = ready.ruled.rulebooks[len(list(packaged(run.manager))) :]
    books = [_with(rulebook, ready.ruled.parameters) for rulebook in given]
    trials = [trial for rulebook in books for trial in run_cases(rulebook, known)]
    findings += [finding(p, "test") for t in trials for p in t.problems]
    subjects = ready.data.subjects
    height = subjects.frame.height if subjects else 0
    counts = (len(tables), sum(len(t.rules) for t in tables), len(trials))
    return Checked(package.book, *counts, height, _unique(findings), not ready.is_usable)


def _check_linked(
    linked: LinkedTable,
    columns: Mapping[str, Column],
    synonyms: Mapping[str, str],
    rows: Rows | None,
) -> Iterator[Finding]:
    regions = regions_of(linked, columns, synonyms)
    yield from check_entries(linked.table)
    yield from check_values(regions)
    yield from check_table(regions, rows)


def _choices(tables: Iterable[DecisionTable], rulebooks: Iterable[RuleBook]) -> dict[str, Column]:
    """Return the columns whose values the rules themselves limit: results and the glossary."""
    columns = [c for book in rulebooks for c in book.glossary]
    for table in tables:
        for output in table.outputs:
            columns.append(_column(output, allowed=_listed(output)))
    return by_name(columns)


def _listed(output: Output) -> tuple[str, ...]:
    """Return the texts of the Values row of a result."""
    tests = (t.value for t in output.values if isinstance(t, Compare))
    return tuple(e.value for e in tests if isinstance(e, Lit) and isinstance(e.value, str))


def _column(spec: Input | Output, **more: Any) -> Column:
    label = spec.label
    return Column(label, *both(label), spec.type, synonyms=aliases(label), **more)


def _with(rulebook: RuleBook, parameters: Mapping[str, Parameter]) -> RuleBook:
    return replace(rulebook, parameters={**parameters, **rulebook.parameters})


def _unique(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, each once, errors first."""
    order = {"error": 0, "warning": 1, "notice": 2}
    found = {(f.problem, f.kind): f for f in findings}
    return sorted(found.values(), key=lambda f: order[f.problem.severity])


# workbooks of rules


@dataclass(frozen=True, slots=True)
class Rules:
    """The tables of a rule workbook, joined to what is known without a workbook of data."""

    rulebook: RuleBook  # with the parameters of all
    linked: Sequence[LinkedTable]
    columns: Mapping[str, Column]
    synonyms: Mapping[str, str]
    problems: Sequence[Problem]


def joined(rulebook: RuleBook, manager: pluggy.PluginManager) -> Rules:
    """Return the tables of a rule workbook, joined as far as can be without data."""
    specs, facts = merged_specs(manager), declared(manager)
    known_ = known_of_subjects(specs, facts)
    (rulebook,) = about_others([rulebook], known_, Path(rulebook.name).stem)
    specs += described([rulebook], specs)
    others = [book for book in _packaged(manager) if book.name != rulebook.name]
    parameters = {k: v for book in (*others, rulebook) for k, v in book.parameters.items()}
    readable = [t for t in rulebook.broken if _is_readable(t)]
    tables = about([*rulebook.tables, *readable], specs)
    choices = _choices([*(t for b in others for t in b.tables), *tables], [*others, rulebook])
    known: Mapping[str, Column] = {**choices, **vocabulary(specs)}
    linked, wrong, known = _linked(tables, known, parameters, rulebook, manager)
    replaced = {alias for t in tables for alias in aliases(t.name)}
    kept = [t for b in others for t in b.tables if not replaced & {*aliases(t.name)}]
    sheets = {spec.key: spec.name for spec in specs}
    wrong += in_vain([*about(kept, specs), *tables], facts, sheets, rulebook.name)
    labels = [label for book in (*others, rulebook) for label in book.labels]
    synonyms = {fold(label.en): fold(label.zh) for label in labels}
    return Rules(_with(rulebook, parameters), linked, {**known, **choices}, synonyms, wrong)


def _check_rules(path: Path, rulebook: RuleBook, problems: Sequence[Problem], run: Run) -> Checked:
    rules = joined(rulebook, run.manager)
    faults = [*problems, *rules.problems]
    findings = [finding(p) for p in faults]
    for table in rules.linked:
        findings += _check_linked(table, rules.columns, rules.synonyms, None)
        findings += check_governance(table.table, run.as_of)
    trials = run_cases(rules.rulebook, rules.columns)
    findings += [finding(p, "test") for t in trials for p in t.problems]
    count = sum(len(t.table.rules) for t in rules.linked)
    broken = any(p.severity == "error" for p in faults)
    return Checked(
        path.name, len(rules.linked), count, len(trials), None, _unique(findings), broken
    )


def _packaged(manager: pluggy.PluginManager) -> Iterator[RuleBook]:
    known = vocabulary(merged_specs(manager))
    for _, source in packaged(manager):
        with as_file(source) as path:
            yield load_decisions(path, known)[0]


def _is_readable(table: DecisionTable) -> bool:
    """Return whether every cell of a table with faults can be understood all the same."""
    rules = (*table.rules, *([table.default] if table.default else []))
    return all(e.meaning is not None for r in rules for e in (*r.inputs, *r.outputs))


def _linked(
    tables: Sequence[DecisionTable],
    known: Mapping[str, Column],
    parameters: Mapping[str, Parameter],
    rulebook: RuleBook,
    manager: pluggy.PluginManager,
) -> tuple[list[LinkedTable], list[Problem], Mapping[str, Column]]:
    """Return the tables linked as far as can be without a workbook of data."""
    linked, wrong = link(tables, {t.for_each: known for t in tables}, parameters)
    if any(p.code in (UNKNOWN_WORD.code, UNKNOWN_COLUMN.code) for p in wrong):
        headers = [h for block in rulebook.cases for h in block.columns]
        given = by_name(Column(h, *both(h), "any", synonyms=aliases(h)) for h in headers)
        known = {**given, **_facts(manager), **known}
        linked, wrong = link(tables, {t.for_each: known for t in tables}, parameters)
    missing = [p for p in wrong if p.code == UNKNOWN_COLUMN.code]
    if missing:
        own = {i.label: i for t in tables for i in t.inputs}
        named = by_name(_column(own[p.found]) for p in missing if p.found in own)
        linked, wrong = link(tables, {t.for_each: {**named, **known} for t in tables}, parameters)
        names = [n for c in known.values() for n in (c.zh, c.en)]
        wrong += [_unknown(p, tables, names) for p in missing]
        known = {**named, **known}
    if not any(p.severity == "error" for p in wrong):
        wrong += [p for t in linked for p in unusable(t)]
    return linked, wrong, known


def _unknown(found: Problem, tables: Sequence[DecisionTable], names: Sequence[str]) -> Problem:
    """Return the warning that a rule workbook names a column nobody knows."""
    table = next(t.name for t in tables for i in t.inputs if i.where == found.where)
    label, near = found.found, closest(found.found, names)
    return COLUMN_OF_NOBODY.at(
        found.where, found=label, column=both(label), suggest=near, table=table
    )


@lru_cache(maxsize=4)
def _facts(manager: pluggy.PluginManager) -> Mapping[str, Column]:
    """Return the columns that the plugins describe and work out."""
    known = by_name(c for spec in merged_specs(manager) for c in spec.columns)
    return {**known, **by_name(c for fact in declared(manager) for c in fact.columns)}
