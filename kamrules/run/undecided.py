"""Why rows have no result: violations of the hit policy, missing data, no rule; as problems."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl

from kamrules.engine.decide import Decided
from kamrules.engine.policy import Outcome
from kamrules.messages.problem import Cell, Problem
from kamrules.messages.text import problem
from kamrules.rules.link import SINGLE
from kamrules.sheets.column import ROW, UNREADABLE
from kamrules.sheets.sheet import Sheet

# Subjects with the same violation that are told one by one.
SINGLES = 20


def undecided(
    decided: Decided,
    sheet: Sheet,
    book: str,
    passed_on: Collection[str] = (),
    *,
    whole_columns: bool = False,
) -> list[Problem]:
    """Return the violations, and how many rows lack data or a rule.

    Of inputs that are *passed_on* by other tables, those tables tell what is missing. A column
    that is blank in every row is told only where *whole_columns* are asked for.
    """
    found = _Rows(sheet, book)
    table = decided.table.name
    problems: list[Problem] = []
    for outcome, concerned in decided.violations():
        groups = [concerned] if len(concerned) > SINGLES else [pl.Series([r]) for r in concerned]
        problems += [_violation(decided, outcome, found, rows) for rows in groups]
    lacking = decided.left_open()
    nothing = lacking.pop((), None)
    silent = set() if whole_columns or not lacking else _blank(decided)
    for missing, rows in sorted(lacking.items(), key=lambda item: item[1][0]):
        if not (set(missing) <= set(passed_on) or silent & set(missing)):
            columns, params = ", ".join(missing), found.params(rows)
            problems.append(
                problem("W403", found.span(rows), table=table, columns=columns, **params)
            )
    if nothing is not None and decided.table.policy in SINGLE:
        problems.append(problem("W404", found.span(nothing), table=table, **found.params(nothing)))
    return problems


def _blank(decided: Decided) -> set[str]:
    """Return the inputs that hold nothing in any row, and nothing that cannot be read."""
    frame, found = decided.frame, set()
    for spec, column in zip(decided.table.inputs, decided.compiled.linked.inputs, strict=True):
        flag = column + UNREADABLE
        unreadable = flag in frame.columns and frame[flag].any()
        if frame[column].null_count() == frame.height and not unreadable:
            found.add(spec.label)
    return found


class _Rows:
    """The rows of a sheet as problems name them: their keys and their cells."""

    def __init__(self, sheet: Sheet, book: str) -> None:
        self.sheet, self.book = sheet, book
        self.key = sheet.spec.unique or sheet.spec.references
        self.letter = sheet.letters.get(self.key, "A")

    def span(self, rows: pl.Series) -> Cell:
        """Return the key cells of some rows as one range."""
        ends = rows.sort().to_list()
        first, last = f"{self.letter}{ends[0]}", f"{self.letter}{ends[-1]}"
        return Cell(self.book, self.sheet.title, first if first == last else f"{first}:{last}")

    def listed(self, rows: pl.Series) -> str:
        """Return the first ten keys of some rows."""
        first, frame = rows.head(10).to_list(), self.sheet.frame
        names = {row: str(row) for row in first}
        if self.key in frame.columns:
            named = frame.select(ROW, self.key).filter(pl.col(ROW).is_in(first))
            names = {row: str(name or "") for row, name in named.iter_rows()}
        return ", ".join(names[r] for r in first) + (" ..." if len(rows) > 10 else "")

    def params(self, rows: pl.Series) -> dict[str, Any]:
        """Return how many rows there are, and their keys."""
        return {"count": len(rows), "keys": self.listed(rows)}


def _violation(decided: Decided, outcome: Outcome, found: _Rows, rows: pl.Series) -> Problem:
    table = decided.table
    ids = ", ".join(decided.rule_id(r) for r in outcome.rules)
    cells = ", ".join(str(table.rules[r].where) for r in outcome.rules)
    code = {"U": "E401", "A": "E402"}[outcome.violation]
    return problem(
        code,
        found.span(rows),
        found=ids,
        key=found.listed(rows),
        table=table.name,
        count=len(outcome.rules),
        rules=ids,
        cells=cells,
    )
