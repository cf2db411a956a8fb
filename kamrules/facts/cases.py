"""What facts are given of case rules: those in force, and the rows they look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any, cast

import polars as pl

from kamrules.engine.cases.caserules import CaseRules, encoded
from kamrules.engine.cases.caserun import Engine
from kamrules.facts.declare import Awaited, Fact
from kamrules.rules.cell.sfeel import fold
from kamrules.sheets.column import ROW, Column
from kamrules.sheets.sheet import Data, Sheet
from kamrules.words.names import aliases

Record = tuple[str, str, dict[str, str | int]]


@dataclass(frozen=True, slots=True)
class CasesInForce:
    """The rules over several records that are in force, what decides them, and what is known."""

    data: Data

    @property
    def engine(self) -> Engine:
        """Return the engine that was asked for."""
        return cast(Engine, self.data.case_engine)

    def about(self, sheet: str) -> CaseRules:
        """Return the case rules about a sheet that is a source of the fact: ``cases.sheet``."""
        return next(r for r in self.data.cases if r.table.for_each == sheet)

    def records(self, rules: CaseRules, sheet: str, subject: str) -> Iterator[Record]:
        """Yield id, subject and properties of each row of a sheet, as engines compare them."""
        found = self.data.sheets.get(sheet)
        if found is None or subject not in found.frame.columns:
            return
        frame = found.frame
        labels = {label: rules.properties[label] for key, label in rules.labels if key == sheet}
        columns = {p: c for label, p in labels.items() if (c := _named(found, label))}
        rows = zip(*(_encoded(frame[c]) for c in columns.values()), strict=True)
        ids, subjects = frame[found.spec.unique or ROW], frame[subject]
        for id_, of, row in zip(ids, subjects, rows if columns else repeat(()), strict=False):
            if id_ is not None and of is not None:
                known = zip(columns, row, strict=True)
                yield str(id_), of, {p: v for p, v in known if v is not None}


def looked_at(fact: Fact, data: Data) -> Iterator[Awaited]:
    """Yield what the case rules look at that a fact has for its source."""
    for rules in data.cases:
        if source(rules) in fact.source:
            for (sheet, _), label in sorted(rules.labels.items()):
                yield Awaited(sheet, Column(label, label, label, "any"), optional=True)


def source(rules: CaseRules) -> str:
    """Return what a fact names as its source that is worked out from case rules."""
    return f"cases.{rules.table.for_each}"


def _named(sheet: Sheet, label: str) -> str | None:
    """Return the column of a sheet that a folded name stands for, None where there is none."""
    columns = sheet.frame.columns
    if found := next((c for c in columns if "#" not in c and label in aliases(c)), None):
        return found
    known = (*sheet.facts, *sheet.spec.columns)
    keys = (c.key for c in known if label in map(fold, (c.key, *c.name)))
    return next((key for key in keys if key in columns), None)


def _encoded(values: pl.Series) -> list[Any]:
    """Return values as engines compare them; each that is different is made once."""
    distinct = {value: encoded(value) for value in values.unique().to_list()}
    return [distinct[value] for value in values.to_list()]
