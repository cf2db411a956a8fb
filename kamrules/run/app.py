"""The verbs in order: read, work out facts, load rules, decide, explain, write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pluggy
import polars as pl

import kamrules
from kamrules.engine.cases.caserun import Engine
from kamrules.engine.decide import Decided
from kamrules.engine.decision import Decision
from kamrules.facts.declare import Fact
from kamrules.facts.join import derived, with_facts
from kamrules.facts.order import columns_of
from kamrules.guard.workbook import inspect
from kamrules.hooks import plugins
from kamrules.intake.mark import checksum_of, origin
from kamrules.intake.read import read
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW, NO_RUN
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.rules.catalogue import merged_specs
from kamrules.rules.decision_table import RuleBook
from kamrules.rules.link import LinkedTable
from kamrules.run import governance, headline, in_force
from kamrules.run.decisions import decide_all
from kamrules.run.result import Result
from kamrules.run.undecided import undecided
from kamrules.sheets.column import Column, SheetSpec
from kamrules.sheets.period import check_period, period
from kamrules.sheets.sheet import Data, Parameter
from kamrules.words.text import Text

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
        return not any(p.stops for p in self.problems)


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
    data, rulebooks, parameters, wrong = in_force.load(data, run.manager, run.rules, package)
    problems += wrong
    if run.previous:
        data, wrong = _with_history(data, run.previous, specs)
        problems += wrong
    as_of = run.as_of or as_of_date(data)
    problems += check_period(data, as_of)
    cases, wrong = in_force.case_rules(rulebooks, parameters, specs, as_of)
    problems += wrong
    sheets = {**data.sheets, **dict(derived(specs))}
    data = replace(data, sheets=sheets, cases=cases, case_engine=run.case_engine)
    read_ = data
    data, facts, wrong = with_facts(data, as_of, run.manager)
    problems += wrong
    columns = {key: columns_of(sheet, facts) for key, sheet in data.sheets.items()}
    tables, notices = in_force.on(rulebooks, as_of)
    steps, wrong = in_force.linked(data, facts, tables, specs, parameters)
    problems += notices + wrong
    labels = [label for book_ in rulebooks for label in book_.labels]
    return Prepared(
        read_, data, as_of, rulebooks, parameters, facts, columns, steps, labels, problems
    )


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
    names = headline.labels_of_columns(data)
    subjects, grades, scheme = headline.subjects(data, decided, names)
    open_tables = set(subjects.filter(pl.col("grade").is_null())["table"])
    for table, _ in decided:
        if table.table.name in open_tables:
            sheet = data.sheets[table.table.for_each]
            told = undecided(table, sheet, data.book, whole_columns=True)
            problems = [*problems, *(p for p in told if p not in problems)]
    record = {
        "kamrules": kamrules.__version__,
        "as-of": as_of.isoformat(),
        **headline.grades_line(data, grades),
        **origin(book).lines(),
        **{f"rules {b.name}": ", ".join(t.name for t in b.tables) for b in rulebooks if b.tables},
        **{f"rules file {p.name}": f"sha256 {checksum_of(p)}" for p in run.rules},
        **{f"plugin {name}": origin for name, origin in plugins.origins(run.manager).items()},
        **{f"parameter {p.name}": str(p.value) for p in dict.fromkeys(data.parameters.values())},
        **{f"previous {p.name}": f"sha256 {checksum_of(p)}" for p in [run.previous] if p},
        **governance.rows(d.table for _, d in decided),
    }
    return Result(
        data, as_of, period(data, as_of), scheme, tuple(grades), subjects,
        tuple(d for _, d in decided), tuple(problems),
        {label.zh: label for label in labels}, record, governance.changes(data.record, record),
    )  # fmt: skip
