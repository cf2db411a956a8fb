"""Checks the cells of a worksheet as expat tells them, one by one."""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kamrules.guard.package_check import MAIN, MB, Parts, check_count, check_size, damaged
from kamrules.guard.plain_rows import ANY_ERROR, ERRORS, Kind
from kamrules.guard.xml_check import Xml
from kamrules.messages.problem import Cell, UsageError
from kamrules.words.address import column_number, letters
from kamrules.words.text import Text

ROWS, COLUMNS = 1_048_576, 16_384
# In sheets up to this size errors that readers do not know are renamed.
RENAMED = 64 * MB

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ROW_NUMBER = re.compile(r"[1-9][0-9]{0,6}")
# What every reader takes for the same value.
_VALUES = {
    "n": re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"),
    "s": re.compile(r"[0-9]{1,9}"),
    "b": re.compile(r"[01]"),
    "e": re.compile(ERRORS),
    "d": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z?)?"),
    "str": re.compile(r"(?s:.*)"),
}
_KINDS = {
    "n": Kind.NUMBER, "s": Kind.SHARED, "b": Kind.BOOL, "e": Kind.ERROR, "d": Kind.DATE,
    "str": Kind.TEXT,
}  # fmt: skip
_HIDDEN = {Kind.BOOL, Kind.ERROR, Kind.UNCACHED}
_WRITTEN = {"r", "s", "t", "cm", "vm", "ph"}  # attributes that Excel gives cells
_RANGES = {"dimension", "mergeCell", "hyperlink"}
_F, _V, _IS = 1, 2, 3  # what a cell is made of, in this order


@dataclass(slots=True)
class Spent:
    """What the sheets of a book hold together, and whether that could be too much at all."""

    many_cells: bool = True
    much_text: bool = True
    rows: int = 0
    cells: int = 0
    empty: int = 0
    texts: int = 0


class Cells:
    """The cells of a sheet: their kinds by column, the area that they span, and what readers hide.

    Booleans are kept by column and row.
    """

    def __init__(self) -> None:
        self.kinds: dict[int, Counter[Kind]] = defaultdict(Counter)
        self.styles: dict[int, set[str]] = defaultdict(set)  # of numbers
        self.errors: dict[str, str] = {}
        self.uncached: list[str] = []
        self.booleans: dict[int, dict[int, str]] = defaultdict(dict)
        self.first_row, self.last_row = ROWS, 0
        self.first_column, self.last_column = COLUMNS, 0
        self.farthest = ""  # the cell that made the area what it is

    def hide(self, row: int, column: int, kind: Kind, value: str) -> None:
        """Note a cell that readers show as something else."""
        if kind == Kind.BOOL:
            self.booleans[column][row] = "FALSE" if value == "0" else "TRUE"
        elif kind == Kind.ERROR:
            self.errors[f"{letters(column)}{row}"] = value or "#VALUE!"
        elif kind == Kind.UNCACHED:
            self.uncached.append(f"{letters(column)}{row}")

    def span(self, row: int, first: int, last: int) -> None:
        """Stretch the area to the cells between two columns of a row."""
        if row > self.last_row or last > self.last_column:
            self.farthest = f"{letters(last)}{row}"
            self.last_row, self.last_column = max(self.last_row, row), max(self.last_column, last)
        self.first_row, self.first_column = min(self.first_row, row), min(self.first_column, first)

    @property
    def area(self) -> int:
        """Return how many cells a table has that holds them all."""
        rows = self.last_row - self.first_row + 1
        return max(0, rows) * (self.last_column - self.first_column + 1)


class CellChecks:
    """The handlers of a worksheet's elements; *between_rows* says that a row may begin."""

    def __init__(self, parts: Parts, name: str, title: str, strings: array[int], spent: Spent):
        self.parts, self.name, self.title = parts, name, title
        self.strings, self.spent, self.limits = strings, spent, parts.limits
        self.cells, self.place = Cells(), Cell(parts.where.book, title)
        self.seen = bytearray(ROWS + 1)  # the rows
        self.plain = True
        renamed = parts.size(name) <= RENAMED
        self._errors = ANY_ERROR if renamed else _VALUES["e"]
        self.row = 0
        self.inside: bool | None = None  # the sheetData; None before it
        self.xml = Xml(parts, name)
        parser = self.xml.parser
        self._handle(self._start_around, self._end_around)
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = parser.ProcessingInstructionHandler = self._aside
        parser.StartCdataSectionHandler = self._aside
        self._space = ""
        self._merges = self._merged = 0
        self._in_row = self._in_cell = False
        self._columns: dict[int, Kind] = {}  # what the row holds
        self._column = 0
        self._row_said = ""
        self._type, self._style = "n", ""
        self._part = self._last_part = 0
        self._has = 0  # a bit for each part of the cell
        self._value: list[str] = []
        self._length = 0
        self._began = self._bytes = 0  # of the value

    def _handle(
        self, start: Callable[[str, Mapping[str, str]], None], end: Callable[[str], None]
    ) -> None:
        self.xml.parser.StartElementHandler, self.xml.parser.EndElementHandler = start, end

    @property
    def between_rows(self) -> bool:
        """Return whether the next element is a row, or the end of all rows."""
        return bool(self.inside) and not self._in_row and self.xml.depth == 2

    def damaged(self, ref: str, zh: str, en: str) -> UsageError:
        """Return the refusal of the book for a place in the sheet."""
        return damaged(self._place(ref), zh, en)

    def _place(self, ref: str) -> Cell:
        return Cell(self.parts.where.book, self.title, ref)

    @property
    def _ref(self) -> str:
        return f"{letters(self._column)}{self.row}"

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        depth = self.xml.depth + 1
        if depth == 4 and self._in_row and tag == self._tag_c:
            self.xml.depth = depth
            self._start_cell(attributes)
        elif depth == 5 and self._in_cell and tag in self._tag_parts:
            self.xml.depth = depth
            self._start_part(self._tag_parts[tag])
        else:
            self._start_other(depth, tag, attributes)

    def _start_other(self, depth: int, tag: str, attributes: Mapping[str, str]) -> None:
        self.xml.open(attributes)
        if depth == 3 and tag == self._tag_row:
            self._start_row(attributes)
        elif not (self._part == _IS and tag.startswith(self._space) and tag != self._tag_is):
            self._start_strange(depth, tag)

    def _start_around(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Check what stands before and behind the rows."""
        self.xml.open(attributes)
        depth, (space, _, local) = self.xml.depth, tag.rpartition(" ")
        if depth == 1:
            if local != "worksheet" or space not in MAIN:
                raise self.parts.damaged(self.name, "不是工作表", "is not a worksheet")
            self._space = space + " "
            self._tag_row, self._tag_c, self._tag_is = (self._space + t for t in ("row", "c", "is"))
            self._tag_parts = {self._space + "f": _F, self._space + "v": _V, self._tag_is: _IS}
        elif local == "sheetData":
            if depth != 2 or tag != f"{self._space}sheetData" or self.inside is not None:
                raise self.parts.damaged(self.name, "有两处数据", "holds two lots of data")
            self.inside = True
            self._handle(self._start, self._end)
        elif local in _RANGES:
            self._start_range(local, attributes.get("ref", ""))

    def _start_range(self, local: str, ref: str) -> None:
        """Check a range off the rows."""
        place, limits, area = self._place(ref), self.limits, self._area(ref)
        if local == "mergeCell":
            self._merges, self._merged = self._merges + 1, self._merged + area
            check_count(place, Text("合并区域", "merged ranges"), self._merges, limits.merges)
            check_count(place, Text("合并的单元格", "merged cells"), self._merged, limits.merged)
        elif local == "hyperlink":
            what = Text("一个超链接所在的单元格", "cells of one hyperlink")
            check_count(place, what, area, limits.linked)

    def _area(self, ref: str) -> int:
        """Return how many cells a range has."""
        corners = [self.position(corner) for corner in ref.split(":")]
        (top, left), (bottom, right) = corners[0], corners[-1]
        if len(corners) > 2 or bottom < top or right < left:
            raise self._off_grid(ref)
        return (bottom - top + 1) * (right - left + 1)

    def position(self, ref: str) -> tuple[int, int]:
        """Return row and column of an address."""
        found = _REFERENCE.fullmatch(ref)
        row, column = (int(found[2]), column_number(found[1])) if found else (0, 0)
        if not 0 < row <= ROWS or column > COLUMNS:
            raise self._off_grid(ref)
        return row, column

    def _off_grid(self, ref: str) -> UsageError:
        shown = _shown(ref)
        return self.damaged(
            "", f"“{shown}” 不是 Excel 里的地址", f"“{shown}” is no address in Excel"
        )

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        said = attributes.get("r")
        if said is not None and not _ROW_NUMBER.fullmatch(said):
            raise self._off_grid(said)
        self.row = self.row + 1 if said is None else int(said)
        if self.row > ROWS:
            raise self._off_grid(str(self.row))
        if self.seen[self.row]:
            raise self.damaged(
                f"A{self.row}", f"第 {self.row} 行出现两次", f"row {self.row} occurs twice"
            )
        self.seen[self.row] = True
        self._row_said = str(self.row)
        self._in_row, self._column = True, 0
        self._columns.clear()

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        ref = attributes.get("r")
        if ref is None:
            self._column += 1
        else:
            self._column = column_number(ref.removesuffix(self._row_said))
            if not self._column and self.position(ref)[0] != self.row:
                raise self.damaged(
                    ref, f"{ref} 写在第 {self.row} 行里", f"{ref} stands in row {self.row}"
                )
        if self._column > COLUMNS:
            raise self._off_grid(self._ref)
        if self._column in self._columns:
            raise self.damaged(self._ref, f"{self._ref} 出现两次", f"{self._ref} occurs twice")
        if not _WRITTEN.issuperset(attributes):
            self.plain = False
            self.xml.check(attributes)
        self._in_cell, self._type = True, attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._last_part = self._has = self._length = 0
        self._value.clear()

    def _start_part(self, part: int) -> None:
        if part <= self._last_part:
            raise self._bad_cell("的内容次序不对", "has its parts out of order")
        self._part = self._last_part = part
        self._has |= 1 << part

    def _start_strange(self, depth: int, tag: str) -> None:
        """Refuse an element that readers could take for a row or a cell, or that stops them."""
        self.plain = False
        if self._in_cell or depth <= 2 or tag.rpartition(" ")[2] in {"row", "c", "sheetData"}:
            what = _shown(tag.rpartition(" ")[2])
            raise self.damaged(
                self._ref if self._in_cell else "",
                f"<{what}> 的位置不对",
                f"<{what}> is out of place",
            )

    def _text(self, text: str) -> None:
        self.xml.text()
        if self._part > _F:
            if not self._length:
                self._began = self.xml.parser.CurrentByteIndex
            self._length += len(text)
            if self._length > self.limits.text:
                raise self._bad_cell("的文字太长", "holds too long a text")
            if self._part == _V:
                self._value.append(text)

    def _aside(self, *_: object) -> None:
        """Refuse comments and the like in a value: readers stop there."""
        self.plain = False
        self.xml.text()
        if self._part == _V:
            raise self._bad_cell("的值里有注释", "has a comment in its value")

    def _end(self, _: str) -> None:
        depth, self.xml.depth = self.xml.depth, self.xml.depth - 1
        if depth == 5 and self._part:
            self._bytes = self.xml.parser.CurrentByteIndex - self._began
            self._part = 0
        elif depth == 4 and self._in_cell:
            self._in_cell = False
            self._end_cell()
        elif depth == 3 and self._in_row:
            self._in_row = False
            self._end_row()
        elif depth == 2:
            self.inside = False
            self._handle(self._start_around, self._end_around)

    def _end_around(self, _: str) -> None:
        self.xml.depth -= 1

    def _end_cell(self) -> None:
        if not self._has and self._type == "n":
            self._columns[self._column] = Kind.EMPTY
            return
        value = "".join(self._value)
        kind = self._columns[self._column] = self._kind(value)
        if kind in _HIDDEN:
            self.cells.hide(self.row, self._column, kind, value)
        elif kind is Kind.NUMBER:
            self.cells.styles[self._column].add(self._style)
        elif kind is Kind.SHARED:
            self.spent.texts += self.strings[int(value)]
        elif kind in {Kind.INLINE, Kind.TEXT}:
            self.spent.texts += self._length

    def _end_row(self) -> None:
        self.spent.rows += 1
        # Counted here and not one by one, which would take longer; a cell is costly to check.
        self.xml.elements += 3 * len(self._columns)
        for column, kind in self._columns.items():
            self.cells.kinds[column][kind] += 1
        valued = [column for column, kind in self._columns.items() if kind is not Kind.EMPTY]
        if valued:
            self.cells.span(self.row, min(valued), max(valued))
        self.spent.cells += len(valued)
        self.spent.empty += len(self._columns) - len(valued)
        self.check_spent()

    def check_spent(self) -> None:
        """Refuse a book whose sheets hold too much."""
        spent, limits, place = self.spent, self.limits, self.place
        if spent.rows > limits.rows:
            check_count(place, Text("行", "rows"), spent.rows, limits.rows)
        if spent.cells > limits.cells:
            check_count(place, Text("单元格", "cells"), spent.cells, limits.cells)
        if spent.empty > limits.empty:
            what = Text("只有格式的空单元格", "blank cells with a format")
            check_count(place, what, spent.empty, limits.empty)
        if spent.texts > limits.texts:
            what = Text("单元格的文字", "the text of all cells")
            check_size(place, what, spent.texts, limits.texts)

    def _kind(self, value: str) -> Kind:
        """Return what the cell holds, or refuse it."""
        type_ = self._type
        if (type_ == "inlineStr") != bool(self._has & 1 << _IS) and (value or self._has & 1 << _IS):
            raise self._bad_cell("的文字不在该在的地方", "has its text where readers do not look")
        if type_ == "inlineStr":
            return Kind.INLINE if self._has & 1 << _IS else Kind.EMPTY
        if type_ not in _KINDS:
            raise self._bad_cell(
                f"的类型 “{_shown(type_)}” 不认识", f"has the type “{_shown(type_)}”"
            )
        if not value:
            if type_ == "e":
                return Kind.ERROR
            if type_ == "str" and self._has:
                return Kind.TEXT
            return Kind.UNCACHED if self._has & 1 << _F else Kind.EMPTY
        known = self._errors if type_ == "e" else _VALUES[type_]
        good = known.fullmatch(value) and (type_ == "str" or self._bytes == len(value))
        if good and type_ == "n":
            good = math.isfinite(float(value))
        if good and type_ == "s":
            good = int(value) < len(self.strings)
        if not good:
            shown = _shown(value)
            raise self._bad_cell(
                f"的值 “{shown}” 读不懂", f"holds “{shown}”, which nobody can read"
            )
        return _KINDS[type_]

    def _bad_cell(self, zh: str, en: str) -> UsageError:
        return self.damaged(self._ref, f"{self._ref} {zh}", f"{self._ref} {en}")


def _shown(text: str) -> str:
    """Return *text* as messages show it: short, and in characters that GBK has."""
    short = text if len(text) <= 30 else text[:29] + "…"
    return (
        "".join(c if c.isprintable() else "?" for c in short).encode("gbk", "replace").decode("gbk")
    )
