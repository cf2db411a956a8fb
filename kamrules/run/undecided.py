"""Why rows have no result: violations of the hit policy, missing data, no rule; as problems."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl

from kamrules.engine.decide import Decided
from kamrules.engine.policy import Outcome
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW, KEY_UNDECIDED, TABLE
from kamrules.messages.problem import Cell, Problem
from kamrules.sheets.column import ROW, UNREADABLE
from kamrules.sheets.sheet import Sheet
from kamrules.words.text import Text

# fmt: off
RULES_CLASH = message("E401", kind="data",
    what=("{key}: 规则表 {table} 有 {count} 条规则同时命中: {rules}",
          "{key}: {count} rules of table {table} hit: {rules}"),
    why=("命中策略 U 只允许一条", "hit policy U allows only one"),
    fix=("改正 {cells}, 使条件不重叠", "correct {cells} so that they do not overlap"),
    effect=KEY_UNDECIDED,
    example={"key": "S1001", "count": 2, "rules": "R2, R4", "cells": "分级!A9, 分级!A11",
             "table": TABLE}, place=IN_ROW)
RESULTS_DIFFER = message("E402", kind="data",
    what=("{key}: 规则表 {table} 的规则 {rules} 给出不同结果",
          "{key}: rules {rules} of table {table} give different results"),
    why=("命中策略 A 要求结果一致", "hit policy A wants the same result from all"),
    fix=("改正 {cells}, 使结果相同或条件不重叠", "correct {cells}: same results, or no overlap"),
    effect=KEY_UNDECIDED,
    example={"key": "S1001", "rules": "R2, R4", "cells": "分级!A9, 分级!A11",
             "table": TABLE}, place=IN_ROW)
LACKS_DATA = message("W403", kind="data",
    what=("{count} 行在 {table} 中缺数据: {columns}",
          "{table} lacks data for {count} rows: {columns}"),
    why=("空白或读不懂的值既不算满足也不算不满足",
         "a blank or unreadable value neither meets nor fails a condition"),
    fix=("补上 {columns}, 或在规则里用 空 说明空白时怎么办",
         "fill in {columns}, or say in the rules what 空/null means"),
    effect=("这些行在 {table} 中未判定: {keys}", "{table} does not decide these rows: {keys}"),
    example={"count": 2, "columns": Text("年采购额", "年采购额"), "keys": "S1007, S1011",
             "table": TABLE}, place=IN_ROW)
NO_RULE_HITS = message("W404", kind="data",
    what=("{count} 行在 {table} 中没有规则命中", "no rule of {table} hits for {count} rows"),
    why=("规则没有覆盖这些情况", "the rules do not cover their case"),
    fix=("补一条规则, 或加 默认 行", "add a rule, or a Default row"),
    effect=("这些行没有结果: {keys}", "these rows have no result: {keys}"),
    example={"count": 1, "keys": "S1007", "table": TABLE}, place=IN_ROW)
# fmt: on


# Subjects with the same violation that are told one by one.
SINGLES = 20
# Messages of hits that may not be together, by what the hit policy says of overlaps.
CLASH = {"error": RULES_CLASH, "same": RESULTS_DIFFER}


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
            problems.append(LACKS_DATA.at(found.span(rows), table=table, columns=columns, **params))
    if nothing is not None and decided.table.policy.gives == "one":
        problems.append(NO_RULE_HITS.at(found.span(nothing), table=table, **found.params(nothing)))
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
    fault = CLASH[table.policy.overlap]
    return fault.at(
        found.span(rows),
        found=ids,
        key=found.listed(rows),
        table=table.name,
        count=len(outcome.rules),
        rules=ids,
        cells=cells,
    )
