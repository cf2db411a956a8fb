"""What our sheets have in common: cells, titles, headers, print set-up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl.formatting.rule import DataBar, FormatObject, Rule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties

from kamrules.page.page import Page
from kamrules.words.look import BAR
from kamrules.words.text import Lang, Text
from kamrules.xlsx.cells import clean

_MOST_TITLE = 31
_NOT_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def put(cell: Any, value: Any, style: str = "", number_format: str = "") -> Any:
    """Return the cell, holding *value*; a text never becomes a formula."""
    if style:
        cell.style = f"kam.{style}"
    if number_format:
        cell.number_format = number_format
    if isinstance(value, str):
        cell.value = clean(value)
        cell.data_type = "s"
    elif not isinstance(value, float) or math.isfinite(value):
        cell.value = value
    return cell


def put_row(sheet: Any, row: int, letters: str, values: Sequence[Any], style: str = "") -> None:
    """Put values into the columns that *letters* names."""
    for letter, value in zip(letters, values, strict=True):
        put(sheet[f"{letter}{row}"], value, style)


def put_band(sheet: Any, letters: str, row: int, style: str) -> None:
    """Give the cells of a row a style."""
    put_row(sheet, row, letters, [None] * len(letters), style)


def put_title(sheet: Any, column: str, title: str, subtitle: str) -> None:
    """Put the title of a sheet and the line below it."""
    put(sheet[f"{column}1"], title, "title")
    put(sheet[f"{column}2"], subtitle, "sub")
    sheet.row_dimensions[1].height = 34


def put_heads(sheet: Any, row: int, columns: Sequence[tuple[str, float]]) -> None:
    """Put the headers of a list, and set the widths of its columns."""
    for i, (words, wide) in enumerate(columns, 1):
        put(sheet.cell(row, i), words, "head")
        sheet.column_dimensions[get_column_letter(i)].width = wide
    sheet.row_dimensions[row].height = 34 if any("\n" in words for words, _ in columns) else 22


def link(cell: Any, target: str, tip: str = "") -> None:
    """Make a cell lead to a place in the same workbook."""
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=target, tooltip=tip or None)


def header(text: Text, lang: Lang) -> str:
    """Return the header of a column of ours: both languages for a Chinese reader."""
    return text.en if lang == "en" or text.zh == text.en else f"{text.zh}\n{text.en}"


def both(text: Text, lang: Lang) -> str:
    """Return a name in one line: both languages for a Chinese reader."""
    return header(text, lang).replace("\n", " ")


def data_bar() -> Rule:
    """Return the bar that shows a column's figures, starting from zero."""
    ends = [FormatObject("num", 0), FormatObject("max")]
    return Rule("dataBar", dataBar=DataBar(cfvo=ends, color=BAR, minLength=0, maxLength=100))


def free_title(taken: Iterable[str], wanted: str) -> str:
    """Return a sheet title that nobody uses: the wanted one, or it with kam before it."""
    used = {title.casefold() for title in taken}
    wanted = wanted.translate(_NOT_IN_TITLES).strip(" '")
    title, number = wanted[:_MOST_TITLE], 1
    while title.casefold() in used:
        title = f"kam {wanted}" if number == 1 else f"kam {number} {wanted}"
        title, number = title[:_MOST_TITLE], number + 1
    return title


def set_up(sheet: Any, page: Page, tab: str) -> None:
    """Give a sheet its tab colour, and let it print in landscape on pages one sheet wide."""
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = tab
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.print_options.horizontalCentered = True
    margins, footer = sheet.page_margins, sheet.oddFooter
    margins.left, margins.right, margins.top, margins.bottom = 0.35, 0.35, 0.5, 0.75
    words = (f"kamrules · {page.book}".replace("&", "&&"), sheet.title, "&P / &N")
    for part, text in zip((footer.left, footer.center, footer.right), words, strict=True):
        part.text, part.size = text, 8
