"""The verbs in order: read, work out facts, load rules, decide, explain, write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import as_file
from pathlib import Path

import pluggy
import polars as pl

import kamrules
from kamrules import governance, plugins, tier, values
from kamrules.book.guard import Package, inspect
from kamrules.book.mark import checksum_of, origin
from kamrules.book.read import read
from kamrules.catalogue import load_decisions, load_rules, merged_specs, packaged
from kamrules.decisions import decide_all
from kamrules.engine import caserules
from kamrules.engine.caserules import CaseRules
from kamrules.engine.caserun import Engine
from kamrules.engine.decide import Decided
from kamrules.engine.usable import unusable
from kamrules.facts import columns_of, derived, in_order, sheet_columns, with_facts
from kamrules.model import (
    Cell,
    Column,
    Data,
    Decision,
    DecisionTable,
    Fact,
    Parameter,
    Problem,
    Refusal,
    Result,
    RuleBook,
    SheetSpec,
    Text,
    UsageError,
)
from kamrules.period import check_period, period
from kamrules.rules.link import LinkedTable, by_name, link
from kamrules.rules.names import aliases
from kamrules.sfeel import fold
from kamrules.text import problem
from kamrules.undecided import undecided


@dataclass(frozen=True, slots=True)
class Run:
    """What a run is made of, beside the workbook: rules, plugins, as-of date."""

    manager: pluggy.PluginManager
    rules: tuple[Path, ...] = ()
    as_of: dt.date | None = None
    previous: Path | None = None
    case_engine: Engine = "auto"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run has before it decides: data with facts, and the tables joined to them.

    *read* is the data as it stands in the book, *steps* are the tables, and the facts that come
    after them, in the order they run.
    """

    read: Data
    data: Data
    as_of: dt.date
    rulebooks: Sequence[RuleBook]
    parameters: Mapping[str, Parameter]
    facts: Sequence[Fact]
    columns: Mapping[str, Mapping[str, Column]]
    steps: Sequence[LinkedTable | Fact]
    labels: Sequence[Text]
    problems: Sequence[Problem]

    @property
    def linked(self) -> tuple[LinkedTable, ...]:
        """Return the tables in the order they run."""
        return tuple(step for step in self.steps if isinstance(step, LinkedTable))

    @property
    def is_usable(self) -> bool:
        """Return whether all rules can be used."""
        return not any(p.severity == "error" and p.code[1] == "3" for p in self.problems)


@dataclass(frozen=True, slots=True)
class Workings:
    """A result and all that led to it, for those who ask why and what if.

    *read* is the data as it stands in the book, *data* has the facts and the tables' outputs too.
    *linked* are the tables in the order they ran, *parameters* those in force.
    """

    result: Result
    run: Run
    read: Data
    data: Data
    facts: tuple[Fact, ...]
    linked: tuple[LinkedTable, ...]
    decided: tuple[tuple[Decided, Decision], ...]
    labels: tuple[Text, ...]
    parameters: Mapping[str, Parameter]


def apply(book: Path, run: Run) -> Result:
    """Return every decision about a customer workbook, or raise UsageError with all reasons."""
    return workings(book, run).result


def workings(book: Path, run: Run) -> Workings:
    """Return a run with all that led to its result."""
    ready = prepare(book, run)
    if not ready.is_usable:
        raise UsageError(ready.problems)
    decided, data, wrong = decide_all(ready.data, ready.steps, ready.labels)
    problems = [*ready.problems, *wrong]
    result = _result(book, data, ready.as_of, decided, problems, ready.labels, ready.rulebooks, run)
    return Workings(
        result, run, ready.read, data, tuple(ready.facts), ready.linked, tuple(decided),
        tuple(ready.labels), ready.parameters,
    )  # fmt: skip


def prepare(book: Path, run: Run) -> Prepared:
    """Return a customer workbook and all rules for it, with everything that is wrong."""
    specs = merged_specs(run.manager)
    package = inspect(book)
    data, problems = read(package, specs)
    data, rulebooks, parameters, wrong = rules_of(data, run, package)
    problems += wrong
    if run.previous:
        data, wrong = _with_history(data, run.previous, specs)
        problems += wrong
    as_of = run.as_of or as_of_date(data)
    problems += check_period(data, as_of)
    cases, wrong = _cases(rulebooks, parameters, specs, as_of)
    problems += wrong
    sheets = {**data.sheets, **dict(derived(specs))}
    data = replace(data, sheets=sheets, cases=cases, case_engine=run.case_engine)
    read_ = data
    data, facts = with_facts(data, as_of, run.manager)
    problems += [p for f in facts for p in f.problems]
    columns = {key: columns_of(sheet, facts) for key, sheet in data.sheets.items()}
    tables, notices = in_force(rulebooks, as_of)
    steps, wrong = tables_in_order(data, facts, for_sheets(tables, specs, data), parameters)
    problems += notices + wrong
    labels = [label for book_ in rulebooks for label in book_.labels]
    return Prepared(
        read_, data, as_of, rulebooks, parameters, facts, columns, steps, labels, problems
    )


def tables_in_order(
    data: Data,
    facts: Sequence[Fact],
    tables: Sequence[DecisionTable],
    parameters: Mapping[str, Parameter],
) -> tuple[list[LinkedTable | Fact], list[Problem]]:
    """Return tables and late facts in the order they run, and what is wrong with the tables."""
    columns = {key: columns_of(sheet, facts) for key, sheet in data.sheets.items()}
    linked, wrong = link(tables, columns, parameters)
    steps, circles = in_order(linked, facts) if not wrong else ([*linked], [])
    return steps, wrong or circles or [p for table in linked for p in unusable(table)]


def rules_of(
    data: Data, run: Run, package: Package | None = None
) -> tuple[Data, list[RuleBook], dict[str, Parameter], list[Problem]]:
    """Return the rule books, those that take precedence last, and the parameters in force.

    The *package* of a workbook with data may hold tables and parameters of its own.
    """
    known = by_name(c for sheet in data.sheets.values() for c in sheet_columns(sheet))
    problems: list[Problem] = []
    found: list[RuleBook] = []
    for _, source in packaged(run.manager):
        with as_file(source) as path:
            rulebook, wrong = load_decisions(path, known)
        found.append(rulebook)
        problems += wrong
    for path in run.rules:
        rulebook, wrong = load_decisions(path, known)
        found.append(rulebook)
        problems += wrong
    if package is not None:
        own, wrong = load_rules(package, known, frozenset(s.title for s in data.sheets.values()))
        found.append(own)
        problems += wrong
    parameters: dict[str, Parameter] = {}
    for rulebook in found:
        parameters = overridden(parameters, rulebook.parameters)
    return replace(data, parameters=parameters), found, parameters, problems


def overridden(
    parameters: Mapping[str, Parameter], by: Mapping[str, Parameter]
) -> dict[str, Parameter]:
    """Return the parameters with those of a later rule book instead, under all their names."""
    replaced = {id(parameters[alias]): new for alias, new in by.items() if alias in parameters}
    kept = {alias: replaced.get(id(old), old) for alias, old in parameters.items()}
    return {**kept, **by}


def _with_history(
    data: Data, previous: Path, specs: Sequence[SheetSpec]
) -> tuple[Data, list[Problem]]:
    """Return *data* with the History sheet of an earlier result."""
    old, wrong = read(previous, specs)
    data = replace(data, record=old.record)
    if "history" not in old.sheets:
        return data, [problem("W213", Cell(previous.name), name=previous.name)]
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
        raise UsageError([problem("E211", Cell(data.book))])
    return max(last)


def in_force(
    rulebooks: Sequence[RuleBook], as_of: dt.date
) -> tuple[list[DecisionTable], list[Problem]]:
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
                    problem("W322", table.where, table=table.name, as_of=as_of, period=period_)
                )
                continue
            twice = [t for t in mine if _same_name(t, table)]
            for first in twice:
                problems.append(
                    problem("E313", table.where, table=table.name, first=str(first.where))
                )
            for loser in [t for t in found if _same_name(t, table)]:
                found.remove(loser)
                winner, beaten = table.where.book, loser.where.book
                problems.append(
                    problem("W321", table.where, table=table.name, winner=winner, loser=beaten)
                )
            mine.append(table)
        found += mine
    return found, problems


def _cases(
    rulebooks: Sequence[RuleBook],
    parameters: Mapping[str, Parameter],
    specs: Sequence[SheetSpec],
    as_of: dt.date,
) -> tuple[list[CaseRules], list[Problem]]:
    """Return the case rules that count on *as_of*, and what is wrong with them."""
    books = [replace(book, tables=book.case_rules) for book in rulebooks]
    tables, problems = in_force(books, as_of)
    found = []
    for table in _keyed(tables, specs):
        rules, wrong = caserules.compiled(table, parameters, specs)
        problems += wrong
        found += [rules] if rules else []
    return found, problems


def _same_name(one: DecisionTable, other: DecisionTable) -> bool:
    """Return whether two tables have the same name in either language."""
    return bool(set(aliases(one.name)) & set(aliases(other.name)))


def _is_in_force(table: DecisionTable, as_of: dt.date) -> bool:
    start, end = (values.date(table.properties.get(k, "")) for k in ("from", "to"))
    after = isinstance(start, Refusal) or start <= as_of
    return after and (isinstance(end, Refusal) or as_of <= end)


def for_sheets(
    tables: Sequence[DecisionTable], specs: Sequence[SheetSpec], data: Data
) -> list[DecisionTable]:
    """Return the tables with 对象 For each as the key of the sheet it names.

    Tables about sheets that this book does not have are left out.
    """
    absent = {spec.key for spec in specs} - data.sheets.keys()
    return [table for table in _keyed(tables, specs) if table.for_each not in absent]


def _keyed(tables: Sequence[DecisionTable], specs: Sequence[SheetSpec]) -> list[DecisionTable]:
    names = {fold(n): s.key for s in specs for n in (s.zh, s.en, s.key, *s.synonyms)}
    found = []
    for table in tables:
        keys = [names[a] for a in aliases(table.for_each) if a in names]
        found.append(replace(table, for_each=keys[0] if keys else table.for_each))
    return found


def _result(
    book: Path,
    data: Data,
    as_of: dt.date,
    decided: Sequence[tuple[Decided, Decision]],
    problems: Sequence[Problem],
    labels: Sequence[Text],
    rulebooks: Sequence[RuleBook],
    run: Run,
) -> Result:
    names = tier.labels_of_columns(data)
    customers, tiers, scheme = tier.customers(data, decided, names)
    open_tables = set(customers.filter(pl.col("tier").is_null())["table"])
    for table, _ in decided:
        if table.table.name in open_tables:
            sheet = data.sheets[table.table.for_each]
            told = undecided(table, sheet, data.book, whole_columns=True)
            problems = [*problems, *(p for p in told if p not in problems)]
    record = {
        "kamrules": kamrules.__version__,
        "as-of": as_of.isoformat(),
        "tiers": ", ".join(tiers),
        **origin(book).lines(),
        **{f"rules {b.name}": ", ".join(t.name for t in b.tables) for b in rulebooks if b.tables},
        **{f"rules file {p.name}": f"sha256 {checksum_of(p)}" for p in run.rules},
        **{f"plugin {name}": origin for name, origin in plugins.origins(run.manager).items()},
        **{f"parameter {p.name}": str(p.value) for p in dict.fromkeys(data.parameters.values())},
        **{f"previous {p.name}": f"sha256 {checksum_of(p)}" for p in [run.previous] if p},
        **governance.rows(d.table for _, d in decided),
    }
    return Result(
        data, as_of, period(data, as_of), scheme, tuple(tiers), customers,
        tuple(d for _, d in decided), tuple(problems),
        {label.zh: label for label in labels}, record, governance.changes(data.record, record),
    )  # fmt: skip
