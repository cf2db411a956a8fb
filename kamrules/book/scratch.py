"""Workbooks of ours made by openpyxl, as bytes: no clock, and nothing in temporary files."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.workbook import Workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

_EPOCH = (1980, 1, 1, 0, 0, 0)


class _Archive(zipfile.ZipFile):
    def writestr(self, name: Any, data: Any, *_: Any) -> None:
        """Write a part, whenever that is."""
        entry = zipfile.ZipInfo(name, _EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        super().writestr(entry, data)


class _Writer(ExcelWriter):
    def write_worksheet(self, ws: Any) -> None:
        """Write a sheet in memory: a run that is killed leaves nothing of a customer behind."""
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        content = io.BytesIO()
        writer: Any = WorksheetWriter(ws, content)
        writer.write()
        ws._rels = writer._rels
        its: Any = self
        its._archive.writestr(ws.path[1:], content.getvalue())
        its.manifest.append(ws)


def saved(workbook: Workbook) -> io.BytesIO:
    """Return a workbook as a file."""
    file = io.BytesIO()
    workbook.properties.created = dt.datetime(*_EPOCH)
    _Writer(workbook, _Archive(file, "w")).save()
    file.seek(0)
    return file
