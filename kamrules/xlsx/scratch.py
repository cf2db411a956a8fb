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

from kamrules.xlsx.splice import Document

EPOCH = dt.date(1980, 1, 1)
# The properties of a font in the order that the schema wants, which openpyxl does not keep.
_FONT = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color",
    "name", "family", "charset", "scheme",
)  # fmt: skip


class _Archive(zipfile.ZipFile):
    def writestr(self, name: Any, data: Any, *_: Any) -> None:
        """Write a part, whenever that is."""
        entry = zipfile.ZipInfo(name, EPOCH.timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        super().writestr(entry, _in_order(data) if name == "xl/styles.xml" else data)


def _in_order(styles: bytes) -> bytes:
    """Return a style sheet with the properties of its fonts in order."""
    document = Document(styles)
    for font in (element for element in document.root.walk() if element.tag == "font"):
        for element in font.children:
            element.gone = True
        ordered = sorted(font.children, key=lambda element: _FONT.index(element.tag))
        font.inside.append("".join(map(document.source, ordered)))
    return document.bytes()


class _Writer(ExcelWriter):
    def write_worksheet(self, ws: Any) -> None:
        """Write a sheet in memory: a run that is killed leaves nothing of a workbook behind."""
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        content = io.BytesIO()
        writer: Any = WorksheetWriter(ws, content)
        writer.write()
        ws._rels = writer._rels
        its: Any = self
        its._archive.writestr(ws.path[1:], content.getvalue())
        its.manifest.append(ws)


def saved(workbook: Workbook, day: dt.date = EPOCH) -> io.BytesIO:
    """Return a workbook as a file that says it was made on some day."""
    file = io.BytesIO()
    made = dt.datetime.combine(day, dt.time())
    workbook.properties.created = workbook.properties.modified = made
    _Writer(workbook, _Archive(file, "w")).save()
    file.seek(0)
    return file
