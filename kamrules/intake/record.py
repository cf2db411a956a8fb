"""What an earlier run added to a workbook, as its hidden record sheet says."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import NamedTuple

from python_calamine import CalamineWorkbook

from kamrules.words.address import column_number

RECORD = "_kamrules"


class Record(NamedTuple):
    """What an earlier run said of itself, its sheets, and its columns by sheet, counted from 1."""

    said: dict[str, str]
    sheets: frozenset[str]
    columns: Mapping[str, frozenset[int]]


def record_of(content: bytes) -> Record:
    """Return what the hidden record sheet of a workbook says."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(RECORD).to_python()
    columns: dict[str, frozenset[int]] = {}
    for kind, *said in rows:
        if kind == "#columns":
            sheet, letters, count = str(said[0]), str(said[1]), int(float(str(said[2])))
            first = column_number(letters)
            columns[sheet] = columns.get(sheet, frozenset()) | set(range(first, first + count))
    sheets = frozenset(str(said[1]) for kind, *said in rows if kind == "#sheet")
    own = {str(kind): str(said[0]) for kind, *said in rows if kind and str(kind)[0] != "#"}
    return Record(own, sheets, columns)
