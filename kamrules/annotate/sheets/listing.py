"""A sheet of a plugin: a list under its title; its rows are filled in by the writer."""

from __future__ import annotations

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from kamrules.annotate.sheets.page import both, header, put_heads, put_title, set_up
from kamrules.page.columns import ListSheet
from kamrules.page.page import Page
from kamrules.words.look import TEAL

HEADS = 4  # the row of the headers


def add_listing(workbook: Workbook, page: Page, title: str, its: ListSheet) -> None:
    """Add the sheet without its rows."""
    sheet, lang = workbook.create_sheet(title), page.lang
    count = max((len(column.values) for column in its.columns), default=0)
    set_up(sheet, page, TEAL)
    put_title(sheet, "A", f"{both(its.title, lang)} · {count}", its.hint.of(lang))
    put_heads(sheet, HEADS, [(header(column.header, lang), column.width) for column in its.columns])
    if count:
        last = get_column_letter(len(its.columns))
        sheet.auto_filter.ref = f"A{HEADS}:{last}{HEADS + count}"
    sheet.print_title_rows = f"{HEADS}:{HEADS}"
    sheet.freeze_panes = f"A{HEADS + 1}"
