"""Workbooks that are ours from the start: sheets of a header and rows, saved without the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from kamrules.words.look import FONTS, INK, MADE_HEAD, MADE_LINE, TEAL
from kamrules.xlsx.scratch import saved

FONT = FONTS["zh"]
_HEAD = PatternFill("solid", fgColor=MADE_HEAD)
LINE = Border(bottom=Side(style="thin", color=MADE_LINE))
_EDGE = Border(bottom=Side(style="medium", color=TEAL))


class Heading(NamedTuple):
    """A header, the width of its column, and how its values are shown."""

    header: str
    width: float = 13
    look: str = "General"
    at: str = "left"
    wrap: bool = False


def fill(sheet: Worksheet, columns: Sequence[Heading], rows: Iterable[Sequence[Any]]) -> None:
    """Write a sheet: a header row that stays in sight, and the rows; text is never a formula."""
    for n, column in enumerate(columns, 1):
        head = sheet.cell(1, n, column.header.replace(" ", "\n", 1))
        head.font = Font(name=FONT, size=10, bold=True, color=TEAL)
        head.fill, head.border = _HEAD, _EDGE
        head.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(n)].width = column.width
    looks: dict[int, StyleArray] = {}
    for r, row in enumerate(rows, 2):
        for n, value in enumerate(row, 1):
            cell: Any = sheet.cell(r, n, value)
            if isinstance(value, str):
                cell.data_type = "s"
            if n not in looks:
                looks[n] = _look(cell, columns[n - 1])
            # To say what a cell looks like in parts takes most of the time of a sheet.
            cell._style = copy(looks[n])
    sheet.row_dimensions[1].height = 34
    sheet.freeze_panes = "C2" if len(columns) > 4 else "A2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def _look(cell: Any, column: Heading) -> StyleArray:
    """Return how a cell of a column looks, for it and all below it."""
    cell.font = Font(name=FONT, size=10, color=INK)
    cell.alignment = Alignment(
        horizontal=column.at, vertical="center", wrap_text=column.wrap or None
    )
    cell.number_format, cell.border = column.look, LINE
    found: StyleArray = cell._style
    return found


def choices(sheet: Worksheet, ref: str, listed: str) -> None:
    """Offer a list of values in some cells."""
    validation = DataValidation("list", formula1=f'"{listed}"', allow_blank=True)
    validation.add(ref)
    sheet.add_data_validation(validation)


def content(book: Workbook, day: dt.date) -> bytes:
    """Return the file of a workbook, as if it had been saved on *day*."""
    return saved(book, day).getvalue()
