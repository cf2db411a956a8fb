"""Where sheets come from: a workbook, or tables in Parquet files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from kamrules.guard.workbook import Package, inspect
from kamrules.intake.mark import INPUT, origin
from kamrules.intake.read import fitting, read
from kamrules.intake.tables import fitting_table, is_tables, places, read_tables, scanned
from kamrules.messages.problem import Problem
from kamrules.sheets.column import Column, SheetSpec
from kamrules.sheets.sheet import Data


@dataclass(frozen=True, slots=True)
class Read:
    """What a source holds: sheets, and what is wrong with them.

    *origin* is what the record of a run says of the source, *package* the workbook that may hold
    rules of its own, *record* that of an earlier run.
    """

    data: Data
    problems: tuple[Problem, ...]
    origin: Mapping[str, str]
    package: Package | None = None

    @property
    def record(self) -> Mapping[str, str]:
        """Return the record of the run that made the workbook, empty where none did."""
        return self.data.record


class Source(Protocol):
    """What sheets are read from."""

    def read(self, specs: Sequence[SheetSpec]) -> Read:
        """Return its sheets of some kinds; UsageError where a required one is not there."""

    def fitting(self, columns: Sequence[Column], rules: Collection[str]) -> str:
        """Return the name of the sheet that has most of some columns, empty where none has two.

        The titles *rules* are those of sheets that hold decision tables.
        """


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook; a result of an earlier run goes by the name of the workbook it is of."""

    path: Path

    def read(self, specs: Sequence[SheetSpec]) -> Read:
        """Return the sheets of the workbook."""
        package = inspect(self.path)
        found = origin(self.path)
        package = replace(package, book=found.name)
        data, problems = read(package, specs)
        return Read(data, tuple(problems), found.lines(), package)

    def fitting(self, columns: Sequence[Column], rules: Collection[str]) -> str:
        """Return the title of the sheet whose headers name most of some columns."""
        return fitting(inspect(self.path), columns, rules)


@dataclass(frozen=True, slots=True)
class Tables:
    """A folder of Parquet files, or a TOML file that says where they are."""

    path: Path

    def read(self, specs: Sequence[SheetSpec]) -> Read:
        """Return the tables as sheets."""
        by_key = {spec.key: spec for spec in specs}
        found = {key: scanned(by_key[key], at) for key, at in places(self.path, specs).items()}
        data, problems = read_tables(self.path.name, found, specs)
        return Read(data, tuple(problems), {INPUT: self.path.name})

    def fitting(self, columns: Sequence[Column], rules: Collection[str]) -> str:
        """Return the name of the table that has most of some columns."""
        return fitting_table(self.path, columns)


def source_at(path: Path) -> Source:
    """Return what a path names: a workbook, or tables."""
    return Tables(path) if is_tables(path) else Book(path)
