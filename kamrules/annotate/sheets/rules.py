"""The 规则 Rules sheet: the tables as they ran, with how often each rule hit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from kamrules.annotate.sheets.page import both, data_bar, link, put, put_title, set_up
from kamrules.messages.text import label
from kamrules.page.look import LINE, grade_style, lines
from kamrules.page.page import Page, RuleLine, TableLines
from kamrules.words.look import COUNT, GREY
from kamrules.words.text import Lang, Text
from kamrules.words.width import width

# fmt: off
FIRST_HIT = Text("转到命中的第一行", "go to the first row it hit")
RULES_HINT = Text("本次运行所用的规则, 原样抄录; 改规则请改规则工作簿.",
                  "The rules of this run, as they were typed; change them in the rule workbook.")
# fmt: on


def add_rules(
    workbook: Workbook, page: Page, title: str, examples: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], str]:
    """Add the 规则 sheet; return where each rule stands, by table and id.

    *examples* are links to a row for which a rule hit.
    """
    sheet, lang = workbook.create_sheet(title), page.lang
    set_up(sheet, page, GREY)
    put_title(sheet, "A", both(label("sheet_rules"), lang), RULES_HINT.of(lang))
    for i, wide in enumerate(_rule_widths(page.tables), 1):
        sheet.column_dimensions[get_column_letter(i)].width = wide
    places: dict[tuple[str, str], str] = {}
    tip = FIRST_HIT.of(lang)
    top = 4
    for table in page.tables:
        _table(sheet, table, top, lang)
        for row, rule in enumerate(table.rules, top + 3):
            if place := examples.get((table.name, rule.id)):
                link(put(sheet.cell(row, 2), rule.hits, "link", COUNT), place, tip)
        places |= {(table.name, r.id): f"A{top + 3 + i}" for i, r in enumerate(table.rules)}
        top += len(table.rules) + 4
    return places


def _rule_widths(tables: Sequence[TableLines]) -> list[float]:
    """Return column widths that suit all tables: they stand one below the other."""
    widths: dict[int, float] = {0: 9, 1: 10}
    for table in tables:
        rows = [(*table.inputs, *table.outputs, *table.notes), *map(_cells_of, table.rules)]
        for row in rows:
            for i, text in enumerate(row, 2):
                widths[i] = max(widths.get(i, 12), min(36, width(text) + 4))
    return [widths[i] for i in sorted(widths)]


def _cells_of(rule: RuleLine) -> tuple[str, ...]:
    return (*rule.inputs, *rule.outputs, *rule.notes)


def _table(sheet: Any, table: TableLines, top: int, lang: Lang) -> None:
    put(sheet.cell(top, 1), table.title, "section")
    parts = (table.policy, table.source, table.state)
    put(sheet.cell(top + 1, 1), " · ".join(part for part in parts if part), "sub")
    heads = [
        *((label(name).of(lang), "head") for name in ("rule", "hits")),
        *((name, "head.plain") for name in table.inputs),
        *((f"→ {name}", "head") for name in table.outputs),
        *((name, "head.plain") for name in table.notes),
    ]
    for i, (words, style) in enumerate(heads, 1):
        put(sheet.cell(top + 2, i), words, style)
    sheet.row_dimensions[top + 2].height = 24
    for row, rule in enumerate(table.rules, top + 3):
        _rule(sheet, row, rule)
    if table.rules:
        sheet.conditional_formatting.add(f"B{top + 3}:B{row}", data_bar())


def _rule(sheet: Any, row: int, rule: RuleLine) -> None:
    name = f"{rule.label} ({rule.change})" if rule.change else rule.label
    put(sheet.cell(row, 1), name, "strong")
    put(sheet.cell(row, 2), rule.hits, "cell", COUNT)
    styles = [
        *("cell" for _ in rule.inputs),
        *(grade_style(chip) if chip else "cell" for chip in rule.grades),
        *("text" for _ in rule.notes),
    ]
    tall = 1
    for i, (text, style) in enumerate(zip(_cells_of(rule), styles, strict=True), 3):
        put(sheet.cell(row, i), text, style)
        tall = max(tall, lines(text, sheet.column_dimensions[get_column_letter(i)].width))
    sheet.row_dimensions[row].height = max(22, LINE * tall + 4)
