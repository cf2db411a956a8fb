"""What an earlier run added to a workbook, as its hidden record sheet says."""

from __future__ import annotations

import io
from collections.abc import Mapping

from python_calamine import CalamineWorkbook

RECORD = "_kamrules"


def own_columns(content: bytes) -> Mapping[str, frozenset[int]]:
    """Return the columns (counted from 1) that an earlier run added, by sheet."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(RECORD).to_python()
    found: dict[str, frozenset[int]] = {}
    for kind, *said in rows:
        if kind == "#columns":
            sheet, letters, count = str(said[0]), str(said[1]), int(float(str(said[2])))
            first = 0
            for letter in letters:
                first = first * 26 + ord(letter) - 64
            found[sheet] = found.get(sheet, frozenset()) | set(range(first, first + count))
    return found


def record_of(content: bytes) -> dict[str, str]:
    """Return what an earlier run said of itself."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(RECORD).to_python()
    return {str(kind): str(said[0]) for kind, *said in rows if kind and str(kind)[0] != "#"}
