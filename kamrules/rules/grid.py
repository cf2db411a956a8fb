"""A rule workbook as cells: native values, errors and formulas without a value at their address."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from kamrules.guard import workbook as guard
from kamrules.guard.readers import reading
from kamrules.messages.problem import Cell
from kamrules.words.address import column_number, letters


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a sheet, row 0 being Excel's row 1; *bad* holds errors and uncached formulas."""

    book: str
    sheet: str
    rows: Sequence[Sequence[Any]]
    bad: Mapping[tuple[int, int], str]

    def at(self, row: int, col: int) -> Any:
        """Return a cell's value, None where it is blank."""
        if row >= len(self.rows) or col >= len(self.rows[row]):
            return None
        value = self.rows[row][col]
        if isinstance(value, str) and not value.strip():
            return None
        return value

    def text(self, row: int, col: int) -> str:
        """Return a cell as text, numbers without ``.0``."""
        value = self.at(row, col)
        return "" if value is None else shown(value)

    def cell(self, row: int, col: int) -> Cell:
        """Return the address of a cell."""
        return Cell(self.book, self.sheet, f"{letters(col + 1)}{row + 1}")

    def blank(self, row: int, first: int, last: int) -> bool:
        """Return whether a row holds nothing between two columns."""
        columns = range(first, last + 1)
        return all(self.at(row, c) is None and (row, c) not in self.bad for c in columns)

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return max((len(r) for r in self.rows), default=0)


def shown(value: Any) -> str:
    """Return a native cell value as the text of a rule cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, dt.datetime) and value.time() == dt.time(0):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, dt.date) else str(value).strip()


def read_grids(source: Path | guard.Package, skip: frozenset[str] = frozenset()) -> list[Grid]:
    """Return the sheets of a workbook, without those of the titles to skip."""
    package = guard.inspect(source)
    with reading(package.book):
        book = CalamineWorkbook.from_filelike(io.BytesIO(package.content))
    grids = []
    for sheet in package.sheets:
        if sheet.title not in skip:
            with reading(package.book):
                rows = book.get_sheet_by_name(sheet.title).to_python(skip_empty_area=False)
            lost = dict(sheet.errors) | dict.fromkeys(sheet.uncached, "=...")
            bad = {_position(ref): text for ref, text in lost.items()}
            grids.append(Grid(package.book, sheet.title, rows, bad))
    return grids


def _position(ref: str) -> tuple[int, int]:
    column = ref.rstrip("0123456789")
    return int(ref[len(column) :]) - 1, column_number(column) - 1
