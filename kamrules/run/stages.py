"""What there is after each stage of a run: no more than exists by then, and what is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pluggy

from kamrules.engine.cases.caserun import Engine
from kamrules.engine.decide import Decided as DecidedTable
from kamrules.engine.decision import Decision
from kamrules.facts.cases import Ruling
from kamrules.facts.declare import Fact
from kamrules.facts.order import columns_of
from kamrules.messages.problem import Problem, UsageError
from kamrules.rules.decision_table import DecisionTable, RuleBook
from kamrules.rules.link import LinkedTable
from kamrules.run.result import Result
from kamrules.sheets.column import Column, SheetSpec
from kamrules.sheets.sheet import Data, Parameter
from kamrules.words.text import Text


@dataclass(frozen=True, slots=True)
class Run:
    """What a run is made of, beside its source: rules, plugins, as-of date."""

    manager: pluggy.PluginManager
    rules: tuple[Path, ...] = ()
    as_of: dt.date | None = None
    previous: Path | None = None
    case_engine: Engine = "auto"


@dataclass(frozen=True, slots=True)
class Ruled:
    """What was read, and the rules for it: *tables* and *cases* are those in force on *as_of*."""

    data: Data
    specs: Sequence[SheetSpec]
    rulebooks: Sequence[RuleBook]
    parameters: Mapping[str, Parameter]
    as_of: dt.date
    tables: Sequence[DecisionTable]
    cases: Ruling
    problems: Sequence[Problem]
    origin: Mapping[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[Text, ...]:
        """Return the values with a name in both languages."""
        return tuple(label for book in self.rulebooks for label in book.labels)


@dataclass(frozen=True, slots=True)
class Known:
    """The sheets with their facts, and the tables joined to them.

    *steps* are the tables, and the facts that wait for them, in the order they run.
    """

    ruled: Ruled
    data: Data
    facts: Sequence[Fact]
    steps: Sequence[LinkedTable | Fact]
    problems: Sequence[Problem]

    @property
    def linked(self) -> tuple[LinkedTable, ...]:
        """Return the tables in the order they run."""
        return tuple(step for step in self.steps if isinstance(step, LinkedTable))

    @property
    def columns(self) -> Mapping[str, Mapping[str, Column]]:
        """Return what rules may name, by sheet and folded name."""
        return {key: columns_of(sheet, self.facts) for key, sheet in self.data.sheets.items()}

    @property
    def is_usable(self) -> bool:
        """Return whether all rules can be used."""
        return not any(p.stops for p in self.problems)

    def usable(self) -> Known:
        """Return itself; UsageError with all reasons where a rule or parameter cannot be used."""
        if not self.is_usable:
            raise UsageError(self.problems)
        return self


@dataclass(frozen=True, slots=True)
class Decided:
    """What every table decided, and the sheets with all results as columns."""

    known: Known
    data: Data
    tables: Sequence[tuple[DecidedTable, Decision]]
    problems: Sequence[Problem]


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
    decided: tuple[tuple[DecidedTable, Decision], ...]
    labels: tuple[Text, ...]
    parameters: Mapping[str, Parameter]
    cases: Ruling
