"""Rows as Excel and its like write them, as a regular expression: expat takes ten times as long.

A row that it matches is well-formed, its cells are of known kinds, stand in the row that they
name, and come in the order of their columns; no text of a cell can look like a cell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from kamrules.words.address import letters

# Errors as Excel and other programs have them; of these all that readers know.
ANY_ERROR = re.compile(r"#[A-Z0-9_/]{1,30}[!?]?")
ERRORS = r"#(?:N/A|DIV/0!|NAME\?|NULL!|NUM!|REF!|VALUE!)"
# Between values in one piece: no XML holds it.
SEPARATOR = b"\x01"
ROW_NUMBER = 0  # stands for the column of row numbers
# Columns of a pattern, which takes 0.2 ms to compile for each.
WIDEST = 1000


class Kind(StrEnum):
    """What a cell holds, as its XML says it."""

    NUMBER = "number"
    SHARED = "shared"
    TEXT = "text"
    INLINE = "inline"
    BOOL = "bool"
    ERROR = "error"
    UNCACHED = "uncached"
    DATE = "date"
    EMPTY = "empty"


# Of these a column has one where it is as it should be; the others show no value.
VALUES = {Kind.NUMBER, Kind.SHARED, Kind.TEXT, Kind.INLINE, Kind.BOOL}


@dataclass(frozen=True, slots=True)
class Shape:
    """What the cells of a column look like: their kinds, and the styles of its numbers, if few."""

    kinds: frozenset[Kind]
    styles: frozenset[str] = frozenset()

    @property
    def values(self) -> frozenset[Kind]:
        """Return the kinds of values in it."""
        return self.kinds & VALUES


_STYLE = rb'(?: s="\d{1,5}"|)'
_NAMES = rb"(?:amp|lt|gt|quot|apos|#10|#13|#9|#xA|#xD|#x9)"
_CHARACTERS = rb"[^<&\x00-\x08\x0b\x0c\x0e-\x1f]"
TEXT = rb"%(c)s{0,99999}(?:&%(n)s;%(c)s{0,9999}){0,999}" % {b"c": _CHARACTERS, b"n": _NAMES}
# Any attributes but r, which says where a row or a cell stands.
_ATTRIBUTES = rb'(?: (?!r=)[A-Za-z][\w:.]*="[^"<&\x00-\x1f]*")*'
_FORMULA = rb"<%(p)sf" + _ATTRIBUTES + rb"(?:>" + TEXT + rb"</%(p)sf>|/>)"
_VALUE = rb"(?:<%(p)sv>|(?:" + _FORMULA + rb")<%(p)sv>)%(value)s</%(p)sv></%(p)sc>"
_TYPED = _STYLE + rb' t="%(type)s"' + _STYLE + rb">" + _VALUE
_CELLS = {
    Kind.NUMBER: rb'%(style)s(?:>| t="n">)' + _VALUE,
    Kind.SHARED: _TYPED,
    Kind.TEXT: _TYPED,
    Kind.BOOL: _TYPED,
    Kind.ERROR: _TYPED,
    Kind.INLINE: _STYLE + rb' t="inlineStr"' + _STYLE + rb">"
    rb"<%(p)sis><%(p)st%(value)s</%(p)st></%(p)sis></%(p)sc>",
    Kind.UNCACHED: _STYLE + rb"(?: t=\"n\"|)>(?:" + _FORMULA + rb")"
    rb"(?:<%(p)sv ?/>|<%(p)sv></%(p)sv>|)</%(p)sc>",
    Kind.EMPTY: _STYLE + rb"(?: ?/>|></%(p)sc>)",
}
_TYPES = {Kind.SHARED: b"s", Kind.TEXT: b"str", Kind.BOOL: b"b", Kind.ERROR: b"e"}
_VALUES = {
    Kind.NUMBER: rb"-?\d{1,40}(?:\.\d{1,40}|)(?:[eE][-+]?\d{1,2}|)",
    Kind.TEXT: TEXT,
    Kind.INLINE: rb'(?: xml:space="preserve"|)>' + TEXT,
    Kind.BOOL: rb"[01]",
    Kind.ERROR: ERRORS.encode(),
}
_START = rb'<%(p)sc r="(%(column)s\d+)"'
_HELD = rb"[^<>]*>(?:" + _FORMULA + rb"|)<%(p)sv>([^<]*)<"
_FOUND = {
    Kind.ERROR: _START + rb'[^<>]* t="e"' + _HELD,
    Kind.BOOL: _START + rb'[^<>]* t="b"' + _HELD,
    Kind.SHARED: rb' t="s"[^<>]*><%(p)sv>(\d+)<',
    Kind.TEXT: rb' t="str"[^<>]*>(?:' + _FORMULA + rb"|)<%(p)sv>([^<]*)<",
    Kind.INLINE: rb"<%(p)sis><%(p)st[^<>]*>([^<]*)<",
    Kind.UNCACHED: _START + rb'(?:(?! t="str")[^<>])*>(?:' + _FORMULA + rb")"
    rb"(?:<%(p)sv ?/>|<%(p)sv></%(p)sv>|)</%(p)sc>",
    Kind.EMPTY: _START + rb"[^<>]*?(?:/>|></%(p)sc>)",
}
_SPACE = rb"[ \t\r\n]*"
# The number of the row is group 1.
_ROW = _SPACE + rb'<%(p)srow%(a)s r="([1-9]\d{0,6})"%(a)s ?(?:/>|>%(cells)s</%(p)srow>)'


@dataclass(slots=True)
class Columns:
    """The values of plain rows, as the XML has them; *others* are the rows not among them."""

    shapes: Mapping[int, Shape]
    others: set[int] = field(default_factory=set)
    _blocks: list[tuple[int, Mapping[int, bytes]]] = field(default_factory=list)

    def add(self, found: Sequence[Sequence[bytes]]) -> None:
        """Add what a pattern of these shapes has captured of some rows, and nothing else."""
        numbers = [column for column in sorted(self.shapes) if self.shapes[column].values]
        *values, _ = zip(*found, strict=True)
        pieces = map(SEPARATOR.join, values)
        self._blocks.append((len(found), dict(zip((ROW_NUMBER, *numbers), pieces, strict=True))))

    def piece(self, column: int) -> bytes:
        """Return all values of a column, those that are blank being empty."""
        blocks = self._blocks
        return SEPARATOR.join(held.get(column) or SEPARATOR * (n - 1) for n, held in blocks)


def row_pattern(
    prefix: bytes, columns: Mapping[int, Shape], strings: int, captured: bool = False
) -> re.Pattern[bytes]:
    """Return the pattern of rows with cells of these shapes in these columns, each optional.

    *prefix* stands before the names of elements, *strings* is how many shared strings there are.
    Group 1 is the number of the row; if values are *captured*, those of the columns that have any
    follow, as the XML has them; of text in cells from the end of its tag's name. The last group is
    all that follows the last such row.
    """
    cells = [_cell(prefix, at, columns[at], strings, captured) for at in sorted(columns)]
    row = _ROW % {b"p": prefix, b"a": _ATTRIBUTES, b"cells": b"".join([*cells, _SPACE])}
    return re.compile(row + rb"|(?s:(.+))")


@lru_cache(64)
def finder(prefix: bytes, kind: Kind, column: str = "[A-Z]+") -> re.Pattern[bytes]:
    """Return the pattern that finds the cells of a kind in rows that a row pattern matches.

    Its groups are the address and the value, one of them where one is enough.
    """
    return re.compile(_FOUND[kind] % {b"p": prefix, b"column": column.encode()})


def _cell(prefix: bytes, column: int, shape: Shape, strings: int, captured: bool) -> bytes:
    styles = [f' s="{style}"' if style else "" for style in sorted(shape.styles, reverse=True)]
    style = f"(?:{'|'.join(styles)})".encode() if styles else _STYLE
    names = {b"p": prefix, b"style": style}
    alternatives = []
    for kind in (kind for kind in _CELLS if kind in shape.kinds):
        value = _below(strings) if kind == Kind.SHARED else _VALUES.get(kind, b"")
        value = b"(" + value + b")" if captured and kind in VALUES else value
        alternatives.append(
            _CELLS[kind] % {**names, b"type": _TYPES.get(kind, b""), b"value": value}
        )
    reference = letters(column).encode()
    found = rb"%s<%sc r=\"%s\1\"(?:%s)" % (_SPACE, prefix, reference, b"|".join(alternatives))
    return rb"(?>" + found + rb"|)"  # atomic: a row that fails at its end fails at once


def _below(limit: int) -> bytes:
    """Return the pattern of the whole numbers from 0 up to *limit*, without it."""
    if limit <= 0:
        return rb"(?!)"
    digits = str(limit - 1)
    ways = [digits]
    for at in reversed(range(len(digits))):
        lower = int(digits[at]) - 1
        if lower >= (1 if at == 0 and len(digits) > 1 else 0):
            least = 1 if at == 0 and len(digits) > 1 else 0
            rest = len(digits) - at - 1
            ways.append(rf"{digits[:at]}[{least}-{lower}]" + (rf"\d{{{rest}}}" if rest else ""))
    if len(digits) > 1:
        ways.append(rf"\d{{1,{len(digits) - 1}}}")
    return f"(?:{'|'.join(reversed(ways))})".encode()


def is_text(content: bytes) -> bool:
    """Return whether a pattern may match *content*: it is UTF-8, of the characters XML allows."""
    if content.isascii():
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\xef\xbf\xbe" not in content and b"\xef\xbf\xbf" not in content
