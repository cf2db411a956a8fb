"""Workbooks from text, for tests: what a test is about stands in the test itself."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

from openpyxl import Workbook

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ERROR = re.compile(r"#(N/A|REF!|NAME\?|NUM!|NULL!|VALUE!|DIV/0!)")


def write_book(path: Path, **sheets: str) -> Path:
    """Return *path*, a workbook with a sheet for each text table; row 1 is its first line.

    Cells are text unless they look like a number, an ISO date, TRUE or FALSE, a formula or an
    error; an apostrophe before a cell makes it text, and an empty line an empty row.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, table in sheets.items():
        sheet = book.create_sheet(title)
        for r, line in enumerate(table.removeprefix("\n").rstrip().splitlines(), 1):
            cells = line.strip().removeprefix("|").removesuffix("|").split("|")
            for c, text in enumerate(cells, 1):
                _put(sheet.cell(r, c), text.strip())
    book.save(path)
    return path


def _put(cell: Any, text: str) -> None:
    if _NUMBER.fullmatch(text):
        cell.value = float(text) if "." in text else int(text)
    elif _is_date(text):
        cell.value = dt.date.fromisoformat(text)
        cell.number_format = "yyyy-mm-dd"
    elif text in ("TRUE", "FALSE"):
        cell.value = text == "TRUE"
    elif text.startswith("=") or _ERROR.fullmatch(text):
        cell.value = text
    elif text:
        cell.value = text.removeprefix("'").replace(r"\n", "\n")
        cell.data_type = "s"


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True
