"""Cells as a worksheet part writes them: addresses, typed values, and how rows spell them."""

from __future__ import annotations

import datetime as dt
import html
import math
import re
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from kamrules.words.address import column_number, letters

MOST_TEXT = 32_767
MOST_COLUMNS, MOST_ROWS = 16_384, 1_048_576
# Control characters, lone surrogates and the two non-characters, which XML cannot hold.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile("[^\t\n -%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|_x")
_CODED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_REF = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
DATA = re.compile(rb"<(?:([\w.-]+):)?sheetData(?:\s[^>]*?)?(/?)>")


def clean(text: str) -> str:
    """Return a text that a cell can hold."""
    return _ILLEGAL.sub("", text)[:MOST_TEXT]


def text_xml(text: str) -> str:
    """Return a text as it stands in a part; what looks like an escape of Excel's is none."""
    if len(text) <= MOST_TEXT and not _SPECIAL.search(text):
        return text
    plain = clean(text).replace("\r\n", "\n").replace("\r", "\n")
    return escape(_CODED.sub("_x005F_", plain))


def bounds(ref: str) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom of a reference, None where it is no range of cells."""
    first, _, last = ref.partition(":")
    start, end = _REF.fullmatch(first), _REF.fullmatch(last or first)
    if not start or not end:
        return None
    (left, top), (right, bottom) = ((column_number(m[1].upper()), int(m[2])) for m in (start, end))
    return min(left, right), min(top, bottom), max(left, right), max(top, bottom)


def reference(left: int, top: int, right: int, bottom: int) -> str:
    """Return a range of cells by name."""
    return f"{letters(left)}{top}:{letters(right)}{bottom}"


def serial(value: dt.date, is_1904: bool) -> float | int:
    """Return a date as the number of days that a workbook counts."""
    epoch = dt.datetime(1904, 1, 1) if is_1904 else dt.datetime(1899, 12, 30)
    moment = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    days = (moment.replace(tzinfo=None) - epoch) / dt.timedelta(days=1)
    return int(days) if days.is_integer() else days


class Grid(NamedTuple):
    """How a workbook writes cells: the prefix of its elements, and where its dates begin."""

    prefix: str = ""
    is_1904: bool = False

    def cell(self, ref: str, value: Any, style: int) -> str:
        """Return a cell; a text is never a formula."""
        return f'<{self.prefix}c r="{ref}"{self.rest(value, style)}'

    def rest(self, value: Any, style: int) -> str:
        """Return what follows the address of a cell."""
        p, s = self.prefix, f' s="{style}"' if style else ""
        if isinstance(value, str):
            space = ' xml:space="preserve"' if value != value.strip() or "\n" in value else ""
            text = text_xml(value)
            return f'{s} t="inlineStr"><{p}is><{p}t{space}>{text}</{p}t></{p}is></{p}c>'
        if isinstance(value, bool):
            return f'{s} t="b"><{p}v>{int(value)}</{p}v></{p}c>'
        if isinstance(value, dt.date):
            value = serial(value, self.is_1904)
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return f"{s}/>"
        return f"{s}><{p}v>{value!r}</{p}v></{p}c>"


class CellXml(NamedTuple):
    """A cell as written: where in its row, its column, its tag's attributes, what is inside."""

    start: int
    end: int
    column: int
    attributes: bytes
    inside: bytes


class Syntax:
    """How a worksheet part spells rows and cells."""

    def __init__(self, prefix: bytes) -> None:
        p = re.escape(prefix)
        self.prefix = prefix
        self.row_start, self.row_end = b"<" + prefix + b"row", b"</" + prefix + b"row>"
        self.cell_start = b"<" + prefix + b'c r="'
        self.data_end = b"</" + prefix + b"sheetData"
        self.row = re.compile(rb"<" + p + rb"row(?=[\s/>])")
        self.row_number = re.compile(
            rb"(?:\s|\x01\d+\x02)*<" + p + rb"row\s(?:[^>]*?\s)?r\s*=\s*[\"'](\d{1,7})[\"']"
        )
        self.cell = re.compile(
            rb"<" + p + rb"c((?:\s[^>]*?)?)(?:/>|>(.*?)</" + p + rb"c\s*>)", re.DOTALL
        )
        self.row_list = re.compile(rb"<" + p + rb"extLst[\s/>]")
        self.any_cell = re.compile(rb"<" + p + rb"c[\s/>]")
        self.said_column = re.compile(re.escape(self.cell_start) + rb"([A-Z]{1,3})\d")
        self.formula = re.compile(rb"<" + p + rb"f[\s/>]")
        self.value = re.compile(rb"<" + p + rb"v(?:\s[^>]*)?>([^<]*)<")
        self.text = re.compile(rb"<" + p + rb"t(?:\s[^>]*)?>([^<]*)<")

    def cells(self, row: bytes) -> Iterator[CellXml]:
        """Yield the cells of a row; one without an address stands right of the one before."""
        column = 0
        for found in self.cell.finditer(row):
            said = CELL_REF.search(found[1])
            column = column_number(said[1].decode()) if said else column + 1
            yield CellXml(found.start(), found.end(), column, found[1], found[2] or b"")

    def last_said(self, row: bytes) -> int | None:
        """Return the column of a row's last cell, 0 for none, None where it does not say it."""
        at = row.rfind(self.cell_start)
        if at < 0:
            return None if self.any_cell.search(row) else 0
        said = _COLUMN.match(row, at + len(self.cell_start))
        if not said or self.any_cell.search(row, at + 1):
            return None
        return column_number(said[0].decode())

    def last_said_of(self, rows: Sequence[bytes]) -> int | None:
        """Return the greatest of the columns that ``last_said`` has for rows, None if for one."""
        starts = map(max, map(bytes.rfind, rows, repeat(self.cell_start)), repeat(0))
        tails = b"".join(map(bytes.__getitem__, rows, map(slice, starts, repeat(None))))
        said = self.said_column.findall(tails)
        if len(said) < len(self.any_cell.findall(tails)):
            return None
        return max(map(column_number, map(bytes.decode, set(said))), default=0)

    def last_column(self, row: bytes) -> int:
        """Return the last column of a row in which a cell stands."""
        said = self.last_said(row)
        return max((c.column for c in self.cells(row)), default=0) if said is None else said

    def last_column_of(self, rows: Sequence[bytes]) -> int:
        """Return the last column in which a cell of one of the rows stands."""
        said = self.last_said_of(rows)
        return max(map(self.last_column, rows), default=0) if said is None else said


_COLUMN = re.compile(rb"[A-Z]{1,3}")
CELL_REF = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,3})\d+[\"']")
CELL_STYLE = re.compile(rb"\ss\s*=\s*[\"'](\d+)[\"']")
CELL_TYPE = re.compile(rb"\st\s*=\s*[\"'](\w+)[\"']")


def style_of(attributes: bytes) -> int:
    """Return the cell format that the attributes of a cell name."""
    said = CELL_STYLE.search(attributes)
    return int(said[1]) if said else 0


def plain_text(xml: bytes) -> str:
    """Return the text that stands in XML, its escapes resolved."""
    text = html.unescape(xml.decode())
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda code: chr(int(code[1], 16)), text)
