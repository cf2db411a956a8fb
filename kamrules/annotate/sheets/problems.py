"""The 问题 Problems sheet: every problem with a link to its cell, and what people chose to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from kamrules.annotate.sheets.page import both, header, link, put, put_heads, put_title, set_up
from kamrules.messages.text import label
from kamrules.page.look import LINE, lines
from kamrules.page.page import Page, ProblemLine
from kamrules.run.headline import word
from kamrules.sheets.column import Headline
from kamrules.words.look import RED, TEAL
from kamrules.words.text import Lang, Text

# fmt: off
SHEET_PROBLEMS = Text("问题", "Problems")
JUMP = Text("跳到这个单元格", "Go to this cell")
# fmt: on


STATUSES = ("status_open", "status_done", "status_ignored")
_PROBLEMS = 4
_PROBLEM_COLUMNS = (
    ("number", 5, "cell"), ("severity", 8, ""), ("code", 8, "cell"), ("place", 15, "cell"),
    ("subject", 18, "text"), ("problem", 30, "text"), ("found", 15, "cell"),
    ("reason", 32, "text"), ("fix", 34, "fix"), ("effect", 30, "text"), ("status", 9, "cell"),
)  # fmt: skip


def statuses(rows: Iterable[Sequence[Any]]) -> dict[tuple[str, str], str]:
    """Return what people chose under 处理, by code and place, from the rows of a 问题 sheet."""
    listed = (row for row in rows if len(row) >= len(_PROBLEM_COLUMNS))
    found = [(str(row[2]), str(row[3]), str(row[10])) for row in islice(listed, _PROBLEMS, None)]
    return {(code, place): status for code, place, status in found if code and status}


def add_problems(
    workbook: Workbook,
    page: Page,
    title: str,
    statuses: Mapping[tuple[str, str], str],
    headline: Headline,
) -> None:
    """Add the 问题 sheet; *statuses* by code and place are those of an earlier run."""
    sheet, lang, count = workbook.create_sheet(title), page.lang, len(page.problems)
    set_up(sheet, page, RED if count else TEAL)
    hint = label("problems_hint" if count else "no_problems").of(lang)
    put_title(sheet, "A", f"{both(SHEET_PROBLEMS, lang)} · {count}", hint)
    heads = [(header(word(headline, name), lang), wide) for name, wide, _ in _PROBLEM_COLUMNS]
    put_heads(sheet, _PROBLEMS, heads)
    chosen = {text: name for name in STATUSES for text in label(name)}
    for row, problem in enumerate(page.problems, _PROBLEMS + 1):
        status = statuses.get((problem.code, problem.place), label("status_open").zh)
        shown = label(chosen[status]).of(lang) if status in chosen else status
        _problem(sheet, row, problem, shown, lang)
    if count:
        choices = ",".join(label(name).of(lang) for name in STATUSES)
        choice = DataValidation("list", formula1=f'"{choices}"', allow_blank=True)
        choice.add(f"K{_PROBLEMS + 1}:K{_PROBLEMS + count}")
        sheet.add_data_validation(choice)
        sheet.auto_filter.ref = f"A{_PROBLEMS}:K{_PROBLEMS + count}"
    sheet.print_title_rows = f"{_PROBLEMS}:{_PROBLEMS}"
    first = f"A{_PROBLEMS + 1}"
    sheet.freeze_panes = f"E{_PROBLEMS + 1}"
    sheet.sheet_view.pane.activePane = "bottomLeft"
    for selection in sheet.sheet_view.selection:
        if selection.pane == "bottomLeft":
            selection.activeCell = selection.sqref = first


def _problem(sheet: Worksheet, row: int, problem: ProblemLine, status: str, lang: Lang) -> None:
    values = (
        row - _PROBLEMS, problem.level, problem.code, problem.place, problem.subject,
        problem.what, problem.found or label("empty").of(lang), problem.why, problem.fix,
        problem.effect, status,
    )  # fmt: skip
    tone = "plain" if problem.severity == "notice" else problem.severity
    styles = {"severity": f"level.{tone}"}
    if problem.severity == "error":
        styles["found"] = "error"
    if problem.link:
        styles["place"] = "link"
        link(sheet[f"D{row}"], problem.link, JUMP.of(lang))
    tall = 1
    for i, (value, column) in enumerate(zip(values, _PROBLEM_COLUMNS, strict=True), 1):
        name, wide, style = column
        put(sheet.cell(row, i), value, styles.get(name, style))
        tall = max(tall, lines(str(value), wide))
    sheet.row_dimensions[row].height = max(24, LINE * tall + 4)
