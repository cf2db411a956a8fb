"""Rows of a worksheet written anew: cells added, cleared and framed, the rest byte for byte."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain, repeat
from operator import contains, itemgetter, methodcaller
from typing import NamedTuple

from kamrules.words.address import letters
from kamrules.xlsx.added import Batch, Cells, Column
from kamrules.xlsx.cells import CELL_REF, CELL_STYLE, CellXml, Grid, Syntax, style_of
from kamrules.xlsx.row_reader import Row, Run
from kamrules.xlsx.styles import Styles

_SPANS = re.compile(rb"(\sspans\s*=\s*[\"']\d+:)(\d+)")
_SAID_SPANS = re.compile(rb'(\s*<[\w.:-]+ r="\d+" spans="\d+:)(\d+)')
_ROW_STYLE = re.compile(rb"\ss\s*=\s*[\"'](\d+)[\"']")
MOST = 1 << 15  # right of all columns
_BATCH = 2_000


class Restore(NamedTuple):
    """What framed cells looked like: *frames* are the formats of frames, the rest what was."""

    frames: frozenset[int] = frozenset()
    by_cell: Mapping[tuple[int, int], int] = {}
    by_column: Mapping[int, int] = {}

    def of(self, row: int, column: int, style: int) -> int:
        """Return the format of a cell without its frame."""
        if style not in self.frames:
            return style
        return self.by_cell.get((row, column), self.by_column.get(column, style))


@dataclass(slots=True)
class Edits:
    """What is to change among the rows; *cleared* gives by column the first row to clear."""

    columns: list[Column] = field(default_factory=list)
    cells: dict[int, dict[int, str]] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    cleared: dict[int, int] = field(default_factory=dict)
    frames: dict[int, dict[int, str]] = field(default_factory=dict)
    restore: Restore = field(default_factory=Restore)

    def put(self, row: int, column: int, cell: str) -> None:
        """Put a cell into a row."""
        self.cells.setdefault(row, {})[column] = cell

    def frame(self, row: int, column: int, style: str) -> None:
        """Frame a cell, unless it is framed already."""
        self.frames.setdefault(row, {}).setdefault(column, style)

    def is_needed(self) -> bool:
        """Return whether the rows change at all."""
        return bool(self.rows() or self.heights or self.cleared or self.restore.frames)

    def rows(self) -> set[int]:
        """Return the rows that hold something new."""
        distinct = {id(column.rows): column.rows for column in self.columns}.values()
        return set().union(self.cells, self.frames, *(rows.to_list() for rows in distinct))

    def last_column(self) -> int:
        """Return the last column that holds something new."""
        single = (column for cells in self.cells.values() for column in cells)
        framed = (column for cells in self.frames.values() for column in cells)
        return max(*(column.number for column in self.columns), *single, *framed, 0, 0)


class Rewriter:
    """The rows of one worksheet with its edits; *framed* gives the formats framed cells had."""

    def __init__(
        self,
        syntax: Syntax,
        grid: Grid,
        edits: Edits,
        styles: Styles,
        column_style: Callable[[int], int],
    ) -> None:
        self._syntax, self._grid, self._edits = syntax, grid, edits
        self._styles, self._column_style = styles, column_style
        self._cells = Cells(edits.columns)
        self._first = min((column.number for column in edits.columns), default=MOST)
        self._last = max((column.number for column in edits.columns), default=0)
        self._cleared = sorted(edits.cleared)
        self._top = max(edits.cleared.values(), default=0)
        self._alone = edits.cells.keys() | edits.frames.keys() | edits.heights.keys()
        frames = b"|".join(b"%d" % style for style in sorted(edits.restore.frames))
        self._was_framed = re.compile(rb"\ss\s*=\s*[\"'](?:" + frames + rb")[\"']")
        self.framed: list[tuple[int, int, int]] = []

    def rows(self, source: Iterator[Run], known: frozenset[int]) -> Iterator[bytes]:
        """Yield the rows as they are to be written; *known* are the rows the source has."""
        missing = sorted((self._edits.rows() | self._edits.heights.keys()) - known)
        at = 0
        for run in source:
            before, at = at, bisect_right(missing, max(run.numbers, default=0), at)
            new = self._empty_rows(missing[before:at])
            rows = merge(run.rows(), new.rows(), key=lambda row: row.number)
            yield self._run(Run.of(rows) if new.numbers else run)
        for first in range(at, len(missing), _BATCH):
            yield self._run(self._empty_rows(missing[first : first + _BATCH]))

    def _run(self, run: Run) -> bytes:
        """Return rows as they are to be written, at once but for those with edits of their own."""
        added = self._cells.of(run.numbers)
        alone = self._alone.intersection(run.numbers)
        written, at = list[bytes](), 0
        for n in [n for n, row in enumerate(run.numbers) if row in alone] if alone else []:
            row = Row(run.numbers[n], run.sources[n], run.ends[n])
            written += [*self._alike(run, added, at, n), self._row(row, added, n)]
            at = n + 1
        return b"".join([*written, *self._alike(run, added, at, len(run.numbers))])

    def _alike(self, run: Run, added: Batch, first: int, end: int) -> Iterable[bytes]:
        """Return the rows from *first* to before *end*, none of which has edits of its own."""
        if first == end:
            return ()
        part, new = run.part(first, end), list(map(str.encode, added.joined[first:end]))
        only_adds = not (self._cleared or self._edits.restore.frames)
        if only_adds and not any(new):
            return chain.from_iterable(zip(part.sources, part.ends, strict=True))
        sources = self._open(part, adds=any(new))
        sources = self._all_spanned(sources, new) if sources and any(new) else sources
        if sources:
            return chain.from_iterable(zip(sources, new, part.ends, strict=True))
        return (
            row.source + row.end if only_adds and not its_new else self._row(row, added, n)
            for n, (row, its_new) in enumerate(zip(part.rows(), new, strict=True), first)
        )

    def _open(self, part: Run, *, adds: bool) -> Sequence[bytes] | None:
        """Return the rows as they stand before new cells; None if one needs a look of its own."""
        sources = part.sources
        if not all(part.ends) or any(map(contains, sources, repeat(b"extLst"))):
            return None
        if self._edits.restore.frames and any(map(self._was_framed.search, sources)):
            return None
        if self._cleared:
            first, last = self._cleared[0], self._cleared[-1]
            said = self._syntax.last_said_of(sources)
            is_block = last - first + 1 == len(self._cleared) and self._top <= min(part.numbers)
            if said is None or said > last or not is_block:
                return None
            start = self._syntax.cell_start + letters(first).encode() + b'%d"'
            cut = map(bytes.partition, sources, map(start.__mod__, part.numbers))
            sources = list(map(itemgetter(0), cut))
        said = self._syntax.last_said_of(sources)
        limit = min(self._first if adds else MOST, *self._cleared[:1], MOST)
        return sources if said is not None and said < limit else None

    def _all_spanned(
        self, sources: Sequence[bytes], new: Sequence[bytes]
    ) -> Sequence[bytes] | None:
        """Return rows whose spans reach as far as new cells; None if only some need it."""
        if not any(map(contains, sources, repeat(b"spans"))):
            return sources
        said = list(filter(None, map(_SAID_SPANS.match, sources)))
        if len(said) < len(sources) or not all(new):
            return None
        if max(map(int, map(itemgetter(2), said))) >= self._last:
            return None
        rests = map(
            bytes.__getitem__, sources, map(slice, map(methodcaller("end"), said), repeat(None))
        )
        starts = map(bytes.__add__, map(itemgetter(1), said), repeat(b"%d" % self._last))
        return list(map(bytes.__add__, starts, rests))

    def _empty_rows(self, numbers: Sequence[int]) -> Run:
        starts = map((self._syntax.row_start + b' r="%d">').__mod__, numbers)
        return Run(numbers, list(starts), [self._syntax.row_end] * len(numbers))

    def _row(self, row: Row, batch: Batch, n: int) -> bytes:
        (number, source, end), added = row, batch.joined[n]
        edits, last = self._edits, self._last if added else 0
        frames = edits.frames.get(number, {})
        if not end and (added or frames or number in edits.cells):
            tag, _, rest = source.partition(b">")
            source = tag.rstrip().removesuffix(b"/").rstrip() + b">"
            end = self._syntax.row_end + rest
        if b"extLst" in source:
            source, end = self._without_list(source, end)
        if self._cleared:
            source = self._cut(number, source)
        was_framed = edits.restore.frames and self._was_framed.search(source)
        if number in edits.cells or frames or was_framed or not self._is_plain(source, added):
            new = {**batch.cells(n), **edits.cells.get(number, {})}
            last = max(new, default=0)
            source = self._merged(number, source, sorted(new.items()), frames)
        else:
            source += added.encode()
        if last:
            source = _spanned(source, last)
        if number in edits.heights:
            source = _set_height(source, edits.heights[number])
        return source + end

    def _without_list(self, source: bytes, end: bytes) -> tuple[bytes, bytes]:
        """Return a row without the list of extensions behind its cells, and that with its end."""
        last = max((cell.end for cell in self._syntax.cells(source)), default=0)
        found = self._syntax.row_list.search(source, last)
        return (source[: found.start()], source[found.start() :] + end) if found else (source, end)

    def _cut(self, number: int, source: bytes) -> bytes:
        """Return a row without the cells to clear, where it ends with all of them in a block."""
        first, last = self._cleared[0], self._cleared[-1]
        at = source.find(self._syntax.cell_start + f'{letters(first)}{number}"'.encode())
        if at < 0 or last - first + 1 != len(self._cleared) or self._top > number:
            return source
        end = self._syntax.last_said(source)
        return source[:at] if end is not None and end <= last else source

    def _is_plain(self, source: bytes, added: str) -> bool:
        """Return whether the row's last cell stands left of all that is to be put or cleared."""
        last = self._syntax.last_said(source)
        return last is not None and last < min(
            self._first if added else MOST, *self._cleared[:1], MOST
        )

    def _merged(
        self, number: int, source: bytes, new: list[tuple[int, str]], frames: Mapping[int, str]
    ) -> bytes:
        """Return a row with cells put where they belong, cleared, framed and restored."""
        old = list(self._syntax.cells(source))
        implied = not all(CELL_REF.search(cell.attributes) for cell in old)
        pieces, at = [], 0
        present = {cell.column for cell in old} | {column for column, _ in new}
        blanks = {column: name for column, name in frames.items() if column not in present}
        pending = sorted([*new, *self._framed_blanks(number, source, blanks)])
        for cell in old:
            while pending and pending[0][0] < cell.column:
                pieces += [source[at : cell.start], pending.pop(0)[1].encode()]
                at = cell.start
            pieces.append(source[at : cell.start])
            at = cell.end
            if pending and pending[0][0] == cell.column:
                pieces.append(pending.pop(0)[1].encode())
            elif number < self._edits.cleared.get(cell.column, number + 1):
                xml = source[cell.start : cell.end]
                if implied and not CELL_REF.search(cell.attributes):
                    xml = self._addressed(xml, number, cell.column)
                pieces.append(self._styled(number, cell, xml, frames.get(cell.column)))
        return b"".join([*pieces, source[at:], *(xml.encode() for _, xml in pending)])

    def _addressed(self, xml: bytes, number: int, column: int) -> bytes:
        at = len(self._syntax.prefix) + 2
        return xml[:at] + f' r="{letters(column)}{number}"'.encode() + xml[at:]

    def _framed_blanks(
        self, number: int, source: bytes, frames: Mapping[int, str]
    ) -> Iterator[tuple[int, str]]:
        """Yield cells for the frames where there are none, as the row or column looks."""
        said = _ROW_STYLE.search(source, 0, source.find(b">") + 1)
        for column, name in frames.items():
            style = int(said[1]) if said else self._column_style(column)
            self.framed.append((number, column, style))
            framed = self._styles.frame(style, name)
            yield column, self._grid.cell(f"{letters(column)}{number}", None, framed)

    def _styled(self, number: int, cell: CellXml, xml: bytes, frame: str | None) -> bytes:
        """Return a cell without the frame of an earlier run, and with that of this one."""
        style = style_of(cell.attributes)
        plain = new = self._edits.restore.of(number, cell.column, style)
        if frame:
            self.framed.append((number, cell.column, plain))
            new = self._styles.frame(plain, frame)
        if new == style:
            return xml
        tag = xml[: xml.index(b">")]
        if CELL_STYLE.search(tag):
            changed = CELL_STYLE.sub(b' s="%d"' % new if new else b"", tag, count=1)
        else:
            # Behind the address, as in a cell of ours: a frame taken off and put on looks the same.
            said = CELL_REF.search(tag)
            at = said.end() if said else len(self._syntax.prefix) + 2
            changed = tag[:at] + b' s="%d"' % new + tag[at:]
        return changed + xml[len(tag) :]


def _spanned(source: bytes, column: int) -> bytes:
    """Return a row whose spans, where it says them, reach as far as its cells."""
    said = _SPANS.search(source, 0, source.find(b">") + 1)
    if not said or int(said[2]) >= column:
        return source
    return source[: said.start(2)] + b"%d" % column + source[said.end(2) :]


def _set_height(source: bytes, height: float) -> bytes:
    """Return a row with a height of its own."""
    end = source.index(b">")
    tag = re.sub(rb"\s(?:ht|customHeight)\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", source[:end])
    close = b"/" if tag.endswith(b"/") else b""
    tag = tag.removesuffix(b"/").rstrip()
    return tag + f' ht="{height:g}" customHeight="1"'.encode() + close + source[end:]
