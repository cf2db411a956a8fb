"""Why rows have no result: violations of the hit policy, missing data, no rule; as problems."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl

from kamrules.engine.decide import Decided
from kamrules.engine.policy import Outcome
from kamrules.model import MISSING, ROW, RULE, UNREADABLE, Cell, Decision, Problem, Sheet
from kamrules.rules.link import SINGLE
from kamrules.text import problem

# Customers with the same violation that are told one by one.
SINGLES = 20


def undecided(
    decided: Decided,
    decision: Decision,
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
    violated: list[int] = []
    for outcome, concerned in decided.violations():
        violated += concerned.to_list()
        groups = [concerned] if len(concerned) > SINGLES else [pl.Series([r]) for r in concerned]
        problems += [_violation(decided, outcome, found, rows) for rows in groups]
    open_rows = decision.frame.filter(pl.col(RULE).is_null() & ~pl.col(ROW).is_in(violated))
    lacking = open_rows.drop_nulls(MISSING)
    silent = set() if whole_columns else _blank(decided)
    for (columns,), part in lacking.group_by([MISSING], maintain_order=True):
        rows, params = part[ROW], found.params(part[ROW])
        missing = set(str(columns).split(", "))
        if not missing.issubset(passed_on) and not missing & silent:
            problems.append(
                problem("W403", found.span(rows), table=table, columns=columns, **params)
            )
    nothing = open_rows.filter(pl.col(MISSING).is_null())[ROW]
    if len(nothing) and decided.table.policy in SINGLE:
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
        column = sheet.spec.unique or sheet.spec.references
        self.letter = sheet.letters.get(column, "A")
        rows = sheet.frame[ROW].to_list()
        named = sheet.frame[column].fill_null("") if column in sheet.frame.columns else rows
        self.keys = dict(zip(rows, map(str, named), strict=True))

    def span(self, rows: pl.Series) -> Cell:
        """Return the key cells of some rows as one range."""
        ends = rows.sort().to_list()
        first, last = f"{self.letter}{ends[0]}", f"{self.letter}{ends[-1]}"
        return Cell(self.book, self.sheet.title, first if first == last else f"{first}:{last}")

    def listed(self, rows: pl.Series) -> str:
        """Return the first ten keys of some rows."""
        shown = ", ".join(self.keys[r] for r in rows.head(10).to_list())
        return shown + (" ..." if len(rows) > 10 else "")

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
