"""What parts of the subjects need to be decided apart, and which tables they can decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pluggy
import polars as pl

from kamrules.facts.cases import Ruling
from kamrules.facts.collect import ready
from kamrules.facts.declare import Fact
from kamrules.facts.join import with_derived
from kamrules.hooks import plugins
from kamrules.intake.mark import INPUT
from kamrules.intake.sources import Read
from kamrules.intake.tables import read_tables
from kamrules.messages.problem import Problem
from kamrules.rules.catalogue import merged_specs
from kamrules.rules.link import LinkedTable
from kamrules.run.in_force import own as own_rules
from kamrules.run.pipeline import named, ruled
from kamrules.run.stages import Run
from kamrules.run.subjects import Found
from kamrules.sheets.sheet import Data, Parameter, Sheet
from kamrules.words.names import both
from kamrules.words.text import Text


@dataclass(frozen=True, slots=True)
class Plan:
    """What each part needs to be decided; sent to the executors.

    *columns* are the columns of each dealt-out table, *common* the sheets that name no subject,
    *empty* is the data of a part without rows. Parts decide the tables *linked*, one task with the
    rows of all parts the others of *every* table.
    """

    book: str
    empty: Data
    columns: Mapping[str, tuple[str, ...]]
    common: Mapping[str, Sheet]
    files: tuple[str, ...]
    without: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    as_of: dt.date
    linked: tuple[LinkedTable, ...]
    labels: tuple[Text, ...]
    cases: Ruling
    every: tuple[LinkedTable, ...] = ()

    @property
    def manager(self) -> pluggy.PluginManager:
        """Return the plugins, loaded once in each process."""
        return _manager(self.files, self.without)

    def data(self, tables: Mapping[str, pl.DataFrame]) -> tuple[Data, list[Problem]]:
        """Return a part's tables as sheets, beside those that are the same everywhere."""
        data, problems = read_tables(self.book, tables, merged_specs(self.manager))
        data = with_derived(data, merged_specs(self.manager))
        sheets = {**self.common, **data.sheets}
        return replace(data, sheets=sheets, parameters=self.parameters), problems

    def facts(self, data: Data) -> list[Fact]:
        """Return the facts that can be worked out for a part."""
        # A fact without columns is only there to say what is wrong.
        return [f for f in self.all_facts(data) if f.columns and _divisible(f)]

    def all_facts(self, data: Data) -> list[Fact]:
        """Return the facts of all plugins, ready for some data."""
        return ready(data, self.as_of, self.manager, self.cases)


@lru_cache(maxsize=1)
def _manager(files: tuple[str, ...], without: tuple[str, ...]) -> pluggy.PluginManager:
    from pyspark import SparkFiles

    return plugins.load([Path(SparkFiles.get(name)) for name in files], without)


def _divisible(fact: Fact) -> bool:
    """Return whether the rows of a part can get a fact: from the part, or from the whole."""
    return not fact.runs or fact.scope == "subject" or in_steps(fact) or of_whole(fact)


def in_steps(fact: Fact) -> bool:
    """Return whether a fact is made of what all parts add to it."""
    return fact.across is not None and fact.runs and not fact.waits


def of_whole(fact: Fact) -> bool:
    """Return whether a fact needs the whole data at once, before any decision."""
    early = bool(fact.key) and not fact.waits
    return fact.scope == "portfolio" and early and fact.runs and fact.across is None


def planned(
    book: str,
    tables: Mapping[str, pl.DataFrame],
    dealt: Container[str],
    run: Run,
    latest: Callable[[Data], dt.date],
) -> tuple[Plan, list[Fact], list[Problem]]:
    """Return what the parts need, the facts, and what is wrong.

    *tables* are without rows where they are *dealt* out; *latest* finds the as-of date in them.
    """
    specs = merged_specs(run.manager)
    read, wrong = read_tables(book, tables, specs)
    own = own_rules(read, run.rules, None)
    in_force = ruled(Found(Read(read, tuple(wrong), {INPUT: book}), specs, own), run, latest)
    known = named(in_force, run)
    problems = [*in_force.problems, *known.problems]
    replace(known, problems=problems).usable()
    empty, facts, steps = known.data, known.facts, known.steps
    here = {s.key for s in specs if s.derived or s.key in dealt}
    linked = _divided(steps, facts, here)
    every = tuple(step for step in steps if isinstance(step, LinkedTable))
    common = {k: s for k, s in empty.sheets.items() if k not in here}
    columns = {k: tuple(t.columns) for k, t in tables.items() if k in here and k in empty.sheets}
    plan = Plan(
        book, empty, columns, common, (), (), in_force.parameters, in_force.as_of, tuple(linked),
        in_force.labels, in_force.cases, every,
    )  # fmt: skip
    whole = [f for f in facts if f.sheet in common and f.runs and not f.waits]
    problems += [p for fact in whole for p in fact.work(empty)[1]]
    return plan, [f for f in facts if f.columns], problems


def _divided(
    steps: Iterable[LinkedTable | Fact], facts: Sequence[Fact], dealt: Container[str]
) -> list[LinkedTable]:
    """Return the tables that parts of the subjects can decide; others need everybody's rows."""
    found: list[LinkedTable] = []
    lost = {(f.sheet, c.key) for f in facts if not _divisible(f) for c in f.columns}
    gone = {f.sheet for f in facts if not f.key and not _divisible(f)}
    waiting: set[str] = set()
    for step in steps:
        if isinstance(step, Fact):
            if {a.column.zh for a in step.after} & waiting or gone & set(step.inputs):
                lost |= {(step.sheet, c.key) for c in step.columns}
                gone |= set() if step.key else {step.sheet}
            continue
        table, sheet = step.table, step.table.for_each
        used = {*step.inputs, *(column for column, _ in step.names.values())}
        missing = any(of == sheet and key in used for of, key in lost)
        if sheet in dealt and not missing:
            found.append(step)
            continue
        for output in table.outputs:
            lost.add((sheet, output.label))
            waiting |= {*both(output.label), output.label}
    return found
