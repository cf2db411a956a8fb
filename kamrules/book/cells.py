"""Cells as a worksheet part writes them: addresses, typed values, and how rows are told apart."""

from __future__ import annotations

import datetime as dt
import html
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from kamrules.book.guard import letters
from kamrules.book.splice import MalformedError

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


@lru_cache(maxsize=4096)
def column_number(name: str) -> int:
    """Return the number of a column, counted from 1."""
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number


def bounds(ref: str) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom of a reference, None where it is no range of cells."""
    first, _, last = ref.partition(":")
    start, end = _REF.fullmatch(first), _REF.fullmatch(last or first)
    if not start or not end:
        return None
    (left, top), (right, bottom) = ((column_number(m[1]), int(m[2])) for m in (start, end))
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


class Row(NamedTuple):
    """A row as written: what stands before its end tag, and its end tag (none where empty)."""

    number: int
    source: bytes
    end: bytes


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

    def last_column(self, row: bytes) -> int:
        """Return the last column of a row in which a cell stands."""
        said = self.last_said(row)
        return max((c.column for c in self.cells(row)), default=0) if said is None else said


_COLUMN = re.compile(rb"[A-Z]{1,3}")
CELL_REF = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,3})\d+[\"']")
CELL_STYLE = re.compile(rb"\ss\s*=\s*[\"'](\d+)[\"']")
CELL_TYPE = re.compile(rb"\st\s*=\s*[\"'](\w+)[\"']")


def style_of(attributes: bytes) -> int:
    """Return the cell format that the attributes of a cell name."""
    said = CELL_STYLE.search(attributes)
    return int(said[1]) if said else 0


# Comments, CDATA and processing instructions: nobody looks for cells in them.
_ASIDE = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
# What stands for one of them, by its number, in characters that XML cannot hold.
_STAND_IN = re.compile(rb"\x01(\d+)\x02")


class Reader:
    """A worksheet part from its first byte to its last: head, rows, tail.

    What is no element among the rows is set aside; ``whole`` puts it back.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        start = b""
        for chunk in chunks:
            start += chunk
            if found := DATA.search(start):
                break
        else:
            raise MalformedError("no sheetData")
        self.syntax = Syntax(found[1] + b":" if found[1] else b"")
        self.head, self.tag = start[: found.start()], found[0]
        if self.head.rfind(b"<!--") > self.head.rfind(b"-->"):
            raise MalformedError("sheetData in a comment")
        self._asides: list[bytes] = []
        self._is_empty = found[2] == b"/"
        self._rest = start[found.end() :]
        self.tail = self.space = b""

    def rows(self) -> Iterator[Row]:
        """Yield the rows as they come; the tail is known after the last."""
        if self._is_empty:
            self.tail = self._rest + b"".join(self._chunks)
            return
        number, end, said = 0, self.syntax.row_end, self.syntax.row_number.match
        for pieces in self._batches():
            for piece in pieces:
                found = said(piece)
                if found and piece.count(self.syntax.row_start) == 1:
                    number = int(found[1])
                    yield Row(number, piece, end)
                    continue
                for part, its_end in self._split(piece, end):
                    found = said(part)
                    number = int(found[1]) if found else number + 1
                    yield Row(number, part, its_end)
        for part, its_end in self._split(self.space, b""):
            found = said(part)
            number = int(found[1]) if found else number + 1
            yield Row(number, part, its_end)

    def _batches(self) -> Iterator[list[bytes]]:
        """Yield what stands before the end tags of rows; what follows the last is left over."""
        end, stop, kept = self.syntax.row_end, self.syntax.data_end, self._rest
        while True:
            if b"<!" in kept or b"<?" in kept:
                kept = self._set_aside(kept + b"".join(self._chunks))
            if (at := kept.find(stop)) >= 0:
                break
            yield self._pieces(kept, end)
            chunk = next(self._chunks, b"")
            if not chunk:
                raise MalformedError("cut off")
            kept = self.space + chunk
        yield self._pieces(kept[:at], end)
        tail = kept[at:] + b"".join(self._chunks)
        self.tail = self.whole(tail[tail.index(b">") + 1 :])

    def _set_aside(self, source: bytes) -> bytes:
        def stand_in(aside: re.Match[bytes]) -> bytes:
            self._asides.append(aside[0])
            return b"\x01%d\x02" % (len(self._asides) - 1)

        found = _ASIDE.sub(stand_in, source)
        if b"<!" in found:
            raise MalformedError("a comment without an end")
        return found

    def whole(self, source: bytes) -> bytes:
        """Return what was read with all that was set aside."""
        if not self._asides:
            return source
        return _STAND_IN.sub(lambda number: self._asides[int(number[1])], source)

    def _pieces(self, source: bytes, end: bytes) -> list[bytes]:
        *pieces, self.space = source.split(end)
        return pieces

    def _split(self, source: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the rows of a piece: those without cells may have no end tag."""
        starts = [found.start() for found in self.syntax.row.finditer(source)]
        if not starts:
            if _STAND_IN.sub(b"", source).strip():
                raise MalformedError("cells outside rows")
            return
        if not end:
            if self.syntax.any_cell.search(source):
                raise MalformedError("a row without an end")
            self.space = b""
        pieces = [source[a:b] for a, b in pairwise([0, *starts[1:], len(source)])]
        yield from ((piece, b"") for piece in pieces[:-1])
        yield pieces[-1], end


def plain_text(xml: bytes) -> str:
    """Return the text that stands in XML, its escapes resolved."""
    text = html.unescape(xml.decode())
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda code: chr(int(code[1], 16)), text)
