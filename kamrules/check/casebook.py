"""The 测试 Tests sheet of a workbook written: results beside the cases, generated cases below."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from kamrules.check.boundaries import Boundary, boundaries
from kamrules.check.cases import Trial, run_cases
from kamrules.check.comparisons import combined, telling
from kamrules.check.regions import regions_of
from kamrules.check.wording import BLANK, constant_text
from kamrules.check.workbook import Rules
from kamrules.guard.workbook import inspect
from kamrules.page.look import add_styles
from kamrules.rules.decision_table import Case, CaseBlock, DecisionTable, Given, Output
from kamrules.rules.words import is_tests
from kamrules.words.address import letters
from kamrules.words.names import both
from kamrules.words.text import Lang, Text
from kamrules.xlsx.graft import Graft
from kamrules.xlsx.workbook import Workbook, opened

_GOT, _RESULT = Text("得到", "Got"), Text("结果", "Result")
_PASSED, _FAILED = Text("通过", "passed"), Text("失败", "failed")
_MADE = "生成 generated"
_TITLE = "测试 Tests"
_WIDTHS = (28.0, 10.0)

Row = Sequence[str]


# results beside the cases


def with_results(
    path: Path, trials: Sequence[Trial], blocks: Sequence[CaseBlock], lang: Lang
) -> bytes:
    """Return a rule workbook with what every case gave beside it, in colour."""
    inspect(path)
    by_row = {(t.case.where.sheet, t.case.row): t for t in trials}
    with opened(path, path.name) as book:
        graft = Graft(book, _styles(book, lang))
        for block in blocks:
            _put_results(book, graft, block, by_row, lang)
        return book.save()


def _put_results(
    book: Workbook,
    graft: Graft,
    block: CaseBlock,
    trials: Mapping[tuple[str, int], Trial],
    lang: Lang,
) -> None:
    sheet = book.worksheet(block.sheet)
    got = block.columns.get("got", block.width + 1)

    def put(row: int, column: int, text: str, style: str) -> None:
        cell = sheet.grid.cell(f"{letters(column)}{row}", text, graft.style(style))
        sheet.edits.put(row, column, cell)

    put(block.header_row, got, _GOT.of(lang), "head")
    put(block.header_row, got + 1, _RESULT.of(lang), "head")
    for case in block.cases:
        trial = trials[block.sheet, case.row]
        result = (_PASSED if trial.passed else _FAILED).of(lang)
        put(case.row, got, trial.shown(lang), "fix" if trial.passed else "error")
        put(case.row, got + 1, result, "fix" if trial.passed else "error")
    sheet.set_widths(dict(zip((got, got + 1), _WIDTHS, strict=True)))


def _styles(book: Workbook, lang: Lang, rows: Sequence[Row] = ()) -> bytes:
    """Return a workbook of ours with the styles, and a sheet of rows to graft in."""
    made, saved = openpyxl.Workbook(), io.BytesIO()
    add_styles(made, lang)
    sheet = made.worksheets[0]
    sheet.title = _TITLE
    for row in rows:
        sheet.append([text or None for text in row])
    for cells in sheet.iter_rows():
        for cell in cells:
            if cell.value is not None:
                cell.data_type = "s"
                cell.style = "kam.head" if cells[0].value == _CASE else "kam.text"
                cell.number_format = "@"
    for column in range(1, sheet.max_column + 1):
        sheet.column_dimensions[letters(column)].width = 18
    made.save(saved)
    return saved.getvalue()


# generated cases

_CASE = "用例 Case"


def generated(rules: Rules) -> list[list[Row]]:
    """Return a block of rows for each table: cases for its cuts that no case has yet."""
    known = run_cases(rules.rulebook, rules.columns)
    blocks = []
    for linked in rules.linked:
        regions = regions_of(linked, rules.columns, rules.synonyms)
        table = linked.table
        if any(t.name == table.name for t in rules.rulebook.tables):
            have = {_signature(t.case, table) for t in known if t.table == table.name}
            found = _tried(rules, table, boundaries(regions))
            if any(d.axis is None for d in regions.dimensions):
                found = telling(_tried(rules, table, combined(regions)))
            new = [(b, t) for b, t in found if _signature(t.case, table) not in have]
            if new:
                blocks.append(_block(table, new))
    return blocks


def _signature(case: Case, table: DecisionTable) -> tuple[str, ...]:
    """Return the inputs of a case as text, so that the same case is not made twice."""
    said = {both(g.label).zh: _plain(g.value) for g in case.inputs}
    return tuple(said.get(both(i.label).zh, BLANK) for i in table.inputs)


def _plain(value: Any) -> str:
    return (
        constant_text(Decimal(f"{value:.15g}"), "number")
        if isinstance(value, float)
        else str(value)
    )


def _tried(
    rules: Rules, table: DecisionTable, found: Sequence[Boundary]
) -> list[tuple[Boundary, Trial]]:
    """Return the cases with what the table gives for them, but for conflicts."""
    where = table.where
    cases = tuple(
        Case(
            "", table.name, tuple(Given(k, v, where) for k, v in b.inputs.items()), (),
            Given("", "R", where), where, n,
        )
        for n, b in enumerate(found)
    )  # fmt: skip
    columns = dict.fromkeys((k for b in found for k in b.inputs), 0)
    block = CaseBlock("", 0, 0, columns, cases)
    trials = run_cases(replace(rules.rulebook, cases=(block,)), rules.columns)
    pairs = zip(found, trials, strict=True)
    return [(b, t) for b, t in pairs if t.outcome != "clash" and t.got]


def _block(table: DecisionTable, cases: Sequence[tuple[Boundary, Trial]]) -> list[Row]:
    labels = list(dict.fromkeys(k for b, _ in cases for k in b.inputs))
    expected = [_expected_label(o) for o in table.outputs]
    rows: list[Row] = [
        [_CASE, "表 Table", *labels, *expected, "期望规则 Expected rule", "备注 Note"]
    ]
    for boundary, trial in cases:
        column = both(boundary.column).zh
        name = " ".join(p for p in (boundary.rule, column, boundary.value) if p)
        outputs = [
            "" if trial.outcome else _text(trial.got[o.label], o, table) for o in table.outputs
        ]
        cells = [boundary.inputs.get(label, "") for label in labels]
        rows.append([name, table.name, *cells, *outputs, trial.rule("zh"), _MADE])
    return rows


def _expected_label(output: Output) -> str:
    zh, en = both(output.label)
    return f"期望 {zh}" if zh == en else f"期望 {zh} Expected {en}"


def _text(value: Any, output: Output, table: DecisionTable) -> str:
    """Return a result as a cell that expects it."""
    if value is None:
        return BLANK
    if isinstance(value, list):
        return ", ".join(_text(v, output, table) for v in value)
    if isinstance(value, float):
        type_ = "number" if table.policy.aggregate == "COUNT" else output.type
        scale = 0 if table.policy.aggregate == "COUNT" else output.scale
        return constant_text(Decimal(f"{value:.15g}"), type_, scale)
    return value if isinstance(value, str) else constant_text(value, output.type)


def with_cases(path: Path, blocks: Sequence[Sequence[Row]], lang: Lang) -> bytes:
    """Return a rule workbook with blocks of cases at the end of its Tests sheet."""
    inspect(path)
    with opened(path, path.name) as book:
        title = next((t for t in book.worksheet_titles if is_tests(t)), "")
        rows = [row for block in blocks for row in ([], *block)][1:]
        graft = Graft(book, _styles(book, lang, rows))
        if not title:
            graft.put()
            return book.save()
        sheet = book.worksheet(title)
        first = max(sheet.numbers, default=0) + 2
        for n, row in enumerate(rows):
            style = graft.style("head" if row and row[0] == _CASE else "text")
            for column, text in enumerate(row, 1):
                if text:
                    ref = f"{letters(column)}{first + n}"
                    sheet.edits.put(first + n, column, sheet.grid.cell(ref, text, style))
        return book.save()
