"""Checks a worksheet, so that every reader of it sees the same cells: plain rows by a pattern."""

from __future__ import annotations

import math
import re
from array import array
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from operator import itemgetter

from kamrules.guard.cell_check import ROWS, CellChecks, Spent
from kamrules.guard.package_check import MB, Parts, too_large
from kamrules.guard.plain_rows import (
    VALUES,
    WIDEST,
    Columns,
    Kind,
    Shape,
    finder,
    is_text,
    row_pattern,
)
from kamrules.guard.xml_check import Skim
from kamrules.words.address import letters

# Rows of each sheet among which a header is looked for.
TOP_ROWS, TOP_BYTES = 30, 64 * MB
# A pattern pays for sheets with so many bytes for each of its columns; it is made when so many
# rows were not matched by the last, then when twice as many were not.
SKIMMED_COLUMN, LEARNED = MB // 128, 100
# A pattern that captures leaves out the values that one in so many cells of a column has; more
# styles are any.
RARE, FEW_STYLES = 20, 20
# So many bytes of rows may wait for a pattern that matches them.
MISSED = 4 * MB
# So many bytes of rows are matched at once.
RUN = MB // 16

# Readers do not resolve references in the attributes of rows and cells.
_REFERRING = re.compile(rb"<(?:[\w.-]+:)?(?:c|row)\s[^<>]*&")
_ROOT = re.compile(rb"<([\w.-]+:)?worksheet[\s>]")
_ROW_END = re.compile(rb"</(?:[\w.-]+:)?row\s*>")
_STYLE = re.compile("[0-9]{0,5}", re.ASCII)
_ROW_NUMBER = re.compile(rb'<[^<>]*? r="(\d+)"')
_NAME = rb"(?:[\w.-]+:)?"
_ERROR = re.compile(
    rb"""(<%(n)sc\s[^<>]*\bt=["']e["'][^<>]*>(?:\s*<%(n)sf\b[^<>]*(?:/>|>[^<]*</[^<>]*>))?"""
    rb"""\s*<%(n)sv[^<>]*>)[^<]*""" % {b"n": _NAME}
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a worksheet, by the addresses of its cells.

    *booleans* are those among numbers, where readers make numbers of them. *top* is the XML of the
    first rows. *used* is false where no cell holds a value; *plain* is false where something is in
    it that Excel does not write. *columns* are the values of a large sheet whose columns hold one
    kind of value each.
    """

    errors: Mapping[str, str]
    uncached: tuple[str, ...]
    booleans: Mapping[str, str]
    top: bytes
    used: bool
    plain: bool
    columns: Columns | None
    last_column: int


def check_sheet(parts: Parts, name: str, title: str, strings: array[int], spent: Spent) -> Checked:
    """Return what a worksheet holds, or refuse it; *strings* are the lengths of shared strings."""
    sheet = _Sheet(parts, name, title, strings, spent)
    sheet.read()
    return sheet.checked()


def with_known_errors(xml: bytes) -> bytes:
    """Return a worksheet with errors that every reader knows; they show them as blank anyway."""
    return _ERROR.sub(rb"\1#VALUE!", xml)


class _Sheet:
    """A worksheet being checked: by a pattern where rows are plain, by expat where they are not."""

    def __init__(
        self, parts: Parts, name: str, title: str, strings: array[int], spent: Spent
    ) -> None:
        self.parts, self.name, self.limits = parts, name, parts.limits
        self.strings, self.spent = strings, spent
        self.checks = CellChecks(parts, name, title, strings, spent)
        self.cells = self.checks.cells
        self.head, self.head_rows, self.head_end = bytearray(), 0, 0
        self.skim = Skim(self.checks.xml, "row", self._plain, self._learn)
        self.prefix = b""  # of the names of elements, as the root has it
        self.pattern: re.Pattern[bytes] | None = None
        self.shapes: Mapping[int, Shape] = {}  # what the pattern matches
        self.kinds: frozenset[Kind] = frozenset()  # of all columns of it
        self.unmatched, self.due = 0, LEARNED  # rows since it was made, and until the next is
        self.columns: Columns | None = Columns({})
        self.missed: list[bytes] = []  # rows that are not in them, and may yet be
        self.missed_size = 0
        self.unlisted: set[int] = set()  # columns with booleans that patterns have matched

    def read(self) -> None:
        """Check the whole sheet."""
        self.skim.read(self._keep)
        if self.columns and self.missed and self.pattern:
            self._make_pattern(self._shapes())
        self._check_area()
        self._find_booleans([c for c in self.unlisted if Kind.NUMBER in self.cells.kinds[c]])

    def checked(self) -> Checked:
        """Return what was found."""
        cells = self.cells
        booleans = {
            f"{letters(column)}{row}": value
            for column, values in cells.booleans.items()
            if Kind.NUMBER in cells.kinds[column]
            for row, value in values.items()
        }
        columns = self.columns if self.pattern else None
        return Checked(
            cells.errors, tuple(cells.uncached), booleans, self._top(), cells.last_row > 0,
            self.checks.plain, columns, cells.last_column,
        )  # fmt: skip

    def _keep(self, block: bytes) -> None:
        """Keep what belongs to the first rows."""
        if self.head_rows < TOP_ROWS and len(self.head) < TOP_BYTES:
            self.head += block
            root = _ROOT.search(self.head)
            self.prefix = (root[1] or b"") if root else b""
            while self.head_rows < TOP_ROWS and (end := _ROW_END.search(self.head, self.head_end)):
                self.head_rows, self.head_end = self.head_rows + 1, end.end()

    def _top(self) -> bytes:
        """Return the first rows as a sheet of their own."""
        if self.head_rows < TOP_ROWS and len(self.head) < TOP_BYTES:
            return bytes(self.head)
        end = b"</%(p)ssheetData></%(p)sworksheet>" % {b"p": self.prefix}
        return bytes(self.head[: self.head_end]) + end

    def _check_area(self) -> None:
        cells, limits = self.cells, self.limits
        if cells.area <= limits.sparse:
            return
        count = sum(self._valued(block) for block in self.parts.blocks(self.name))
        allowed = min(limits.area, max(limits.sparse, limits.spread * count))
        if cells.area > allowed:
            raise too_large(
                replace(self.checks.place, ref=cells.farthest),
                f"单元格散布在 {cells.area:,} 格里, 上限 {allowed:,}; "
                f"看看远处的 {cells.farthest} 是不是多余的",
                f"its cells are spread over {cells.area:,}, the limit is {allowed:,}; "
                f"see whether {cells.farthest}, far off, is wanted",
            )

    # Rows by a pattern

    def _learn(self, rows: bytes) -> None:
        """Make a pattern of the rows so far, when enough of them were not matched by the last."""
        if _REFERRING.search(rows):
            raise self.parts.damaged(self.name, "的单元格属性里有引用", "has references in a cell")
        if self.columns and self.checks.inside:
            self.columns = self._missing(self.columns, rows)
        self.unmatched += 1
        if not self.skim.on or self.unmatched < self.due:
            return
        self.unmatched, self.due = 0, 2 * self.due
        shapes = self._shapes()
        worth = len(shapes) * SKIMMED_COLUMN < self.parts.size(self.name)
        self.skim.on = worth and len(shapes) <= WIDEST and bool(self.checks.inside)
        if self.skim.on and shapes != self.shapes:
            self._make_pattern(shapes)

    def _missing(self, columns: Columns, row: bytes) -> Columns | None:
        """Keep a row for the next pattern; return None when they become too many."""
        columns.others.add(self.checks.row)
        self.missed.append(row)
        self.missed_size += len(row)
        return columns if self.skim.on and self.missed_size < MISSED else None

    def _shapes(self) -> Mapping[int, Shape]:
        """Return what the columns look like, while frames may be made of them in the main."""
        shapes, rare = {}, RARE if self.columns else math.inf
        for column, kinds in self.cells.kinds.items():
            least = kinds.total() // rare
            many = {kind for kind in kinds if kinds[kind] > least or kind not in VALUES}
            styles = self.cells.styles[column]
            few = len(styles) <= FEW_STYLES and all(map(_STYLE.fullmatch, styles))
            shapes[column] = Shape(frozenset(many), frozenset(styles if few else ()))
        return shapes

    def _make_pattern(self, shapes: Mapping[int, Shape]) -> None:
        captured = self.columns is not None and all(map(_is_column, shapes.values()))
        self.pattern = row_pattern(self.prefix, shapes, len(self.strings), captured)
        self.shapes = shapes
        self.kinds = frozenset[Kind]().union(*(shape.kinds for shape in shapes.values()))
        self.unlisted |= {c for c in shapes if Kind.BOOL in shapes[c].kinds}
        if self.columns:
            self.columns = replace(self.columns, shapes=shapes) if captured else None
        missed, self.missed, self.missed_size = self.missed, [], 0
        rows = map(self.pattern.findall, missed)
        found = [row[0] for row in rows if len(row) == 1 and not row[0][-1]]
        if self.columns and found:
            self.columns.add(found)
            self.columns.others.difference_update(int(row[0]) for row in found)

    def _plain(self, buffer: bytes, at: int) -> int:
        """Check the rows of the pattern that come next, return where they end."""
        if not self.pattern or not self.checks.between_rows:
            return at
        start, first, rows = at, ROWS, list[Sequence[bytes]]()
        while True:
            found, end = self._next(self.pattern, buffer, at)
            # As a whole: a call for each row would take as long as the match.
            numbers = list(map(int, map(itemgetter(0), found)))
            if not numbers or not self._are_new(numbers):
                break
            first, at = min(first, *numbers), end
            rows += found
        if rows:
            self.checks.row = int(rows[-1][0])
            self.spent.rows += len(rows)
            if self.columns:
                self.columns.add(rows)
            self._count(buffer[start:at], first)
        return at

    def _next(
        self, pattern: re.Pattern[bytes], buffer: bytes, at: int
    ) -> tuple[list[Sequence[bytes]], int]:
        """Return what the pattern captured of the rows that come next, and where they end."""
        first = pattern.match(buffer, at)
        if not first or first.lastindex == pattern.groups:
            return [], at
        end = min(at + RUN, len(buffer))
        found: list[Sequence[bytes]] = pattern.findall(buffer, at, end)
        rest = found.pop()[-1] if found[-1][-1] else b""
        return (found, end - len(rest)) if found else ([first.groups(b"")], first.end())

    def _are_new(self, numbers: Sequence[int]) -> bool:
        """Return whether rows can be and were not seen before; then they are seen."""
        seen = self.checks.seen
        twice = len(set(numbers)) < len(numbers)
        if twice or max(numbers) > ROWS or any(map(seen.__getitem__, numbers)):
            return False  # expat refuses one of them
        deque(map(seen.__setitem__, numbers, repeat(True)), maxlen=0)
        return True

    def _count(self, rows: bytes, first: int) -> None:
        """Note what is in rows of the pattern."""
        if not is_text(rows):
            raise self.parts.damaged(self.name, "不是有效的 XML", "is not valid XML")
        cells, spent, kinds = self.cells, self.spent, self.kinds
        if Kind.ERROR in kinds:
            found = finder(self.prefix, Kind.ERROR).findall(rows)
            cells.errors.update((ref.decode(), value.decode()) for ref, value in found)
        if Kind.UNCACHED in kinds:
            found = finder(self.prefix, Kind.UNCACHED).findall(rows)
            cells.uncached += [ref.decode() for ref in found]
        if Kind.SHARED in kinds and spent.much_text:
            found = finder(self.prefix, Kind.SHARED).findall(rows)
            spent.texts += sum(self.strings[int(index)] for index in found)
        for kind in kinds & {Kind.INLINE, Kind.TEXT} if spent.much_text else ():
            spent.texts += sum(map(len, finder(self.prefix, kind).findall(rows)))
        if Kind.EMPTY in kinds:
            spent.empty += len(finder(self.prefix, Kind.EMPTY).findall(rows))
        if spent.many_cells:
            spent.cells += self._valued(rows)
        self.checks.check_spent()
        last = rows.rfind(b"</%(p)sc>" % {b"p": self.prefix})
        if last >= 0:
            start = rows.rfind(b"<%(p)srow" % {b"p": self.prefix}, 0, last)
            number = _ROW_NUMBER.match(rows, start)
            for row in (first, int(number[1]) if number else ROWS):
                cells.span(row, cells.first_column, cells.first_column)

    def _valued(self, xml: bytes) -> int:
        names = {b"p": self.prefix}
        return xml.count(b"</%(p)sv>" % names) + xml.count(b"</%(p)sis>" % names)

    def _find_booleans(self, columns: Iterable[int]) -> None:
        """List the booleans of columns that turned out to hold numbers too."""
        names = "|".join(letters(column) for column in columns)
        if not names:
            return
        pattern, rest = finder(self.prefix, Kind.BOOL, f"(?:{names})"), b""
        for block in self.parts.blocks(self.name):
            rest += block
            for ref, value in pattern.findall(rest):
                row, column = self.checks.position(ref.decode())
                self.cells.hide(row, column, Kind.BOOL, value.decode())
            cut = rest.rfind(b"<%(p)sc " % {b"p": self.prefix})
            rest = rest[cut:] if 0 <= len(rest) - cut < MB and cut >= 0 else b""


def _is_column(shape: Shape) -> bool:
    """Return whether the values of a column are of one kind, and their styles known."""
    kinds = shape.values
    return not kinds or (len(kinds) == 1 and (Kind.NUMBER not in kinds or bool(shape.styles)))
