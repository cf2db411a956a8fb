"""测试 Tests sheets: every row below a header is a case for one decision table."""

from __future__ import annotations

import re
from typing import Any

from kamrules.rules.decision_table import Case, CaseBlock, Given
from kamrules.rules.grid import Grid
from kamrules.rules.words import is_word
from kamrules.words.names import both

_EXPECTED = re.compile(r"(?:期望|expected\b)\s*[:：]?\s*(.+)", re.I | re.S)
_ENGLISH = re.compile(r"\bexpected\s*[:：]?\s+", re.I)
_MARKS = {"case": "case", "table": "table", "rule": "expected rule", "note": "note", "got": "got"}


def read_cases(grid: Grid) -> list[CaseBlock]:
    """Return the blocks of cases on a sheet; whatever stands outside them is a comment."""
    heads = [r for r in range(len(grid.rows)) if _start(grid, r) is not None]
    return [_block(grid, row, heads) for row in heads]


def _start(grid: Grid, row: int) -> int | None:
    """Return the column of the header 用例 Case, where a row begins with it."""
    first = next((c for c in range(len(grid.rows[row])) if grid.at(row, c) is not None), None)
    return first if first is not None and is_word(grid.at(row, first), "case") else None


def _block(grid: Grid, head: int, heads: list[int]) -> CaseBlock:
    start = _start(grid, head) or 0
    columns: dict[str, int] = {}
    inputs: dict[int, str] = {}
    expected: dict[int, str] = {}
    for col in range(start, len(grid.rows[head])):
        label = grid.text(head, col)
        if not label:
            continue
        mark = next((m for m, word in _MARKS.items() if is_word(label, word)), "")
        if not mark and columns.get("got") == col and is_word(label, "result"):
            mark = "result"
        columns[mark or label] = col + 1
        if not mark:
            found = _EXPECTED.fullmatch(label)
            if found:
                expected[col] = _ENGLISH.sub("", found[1])
            else:
                inputs[col] = label
    width = max(columns.values())
    end = head + 1
    while end < len(grid.rows) and end not in heads and not grid.blank(end, start, width - 1):
        end += 1

    def given(row: int, labels: dict[int, str]) -> tuple[Given, ...]:
        cells = ((c, label, _value(grid, row, c)) for c, label in labels.items())
        return tuple(Given(x, v, grid.cell(row, c)) for c, x, v in cells if v is not None)

    cases = []
    for row in range(head + 1, end):
        said = {m: grid.text(row, columns[m] - 1) if m in columns else "" for m in _MARKS}
        rule = said["rule"] and Given("rule", said["rule"], grid.cell(row, columns["rule"] - 1))
        cases.append(
            Case(
                said["case"], said["table"] or _named(grid.sheet), given(row, inputs),
                given(row, expected), rule or None, grid.cell(row, start), row + 1,
            )
        )  # fmt: skip
    rows = grid.rows[head:end]
    used = max((c + 1 for r in rows for c, v in enumerate(r) if v not in (None, "")), default=width)
    return CaseBlock(grid.sheet, head + 1, max(used, width), columns, tuple(cases))


def _value(grid: Grid, row: int, col: int) -> Any:
    return grid.bad.get((row, col)) or grid.at(row, col)


def _named(title: str) -> str:
    """Return the table that the title of a sheet names: ``测试 分级`` -> 分级."""
    first, _, rest = both(title).zh.partition(" ")
    return rest.strip() if first else ""
