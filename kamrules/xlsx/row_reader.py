"""Rows of a worksheet part as they come: head, runs of rows, tail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise, repeat
from operator import itemgetter
from typing import NamedTuple

from kamrules.xlsx.cells import DATA, Syntax
from kamrules.xlsx.splice import MalformedError


class Row(NamedTuple):
    """A row as written: what stands before its end tag, and its end tag (none where empty)."""

    number: int
    source: bytes
    end: bytes


class Run(NamedTuple):
    """Rows one after the other: their numbers, what stands before their end tags, and these."""

    numbers: Sequence[int]
    sources: Sequence[bytes]
    ends: Sequence[bytes]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Run:
        """Return some rows as a run."""
        numbers, sources, ends = [*zip(*rows, strict=True)] or ((), (), ())
        return cls(numbers, sources, ends)

    def part(self, first: int, end: int) -> Run:
        """Return the rows from one place to before another."""
        return Run(self.numbers[first:end], self.sources[first:end], self.ends[first:end])

    def rows(self) -> Iterator[Row]:
        """Yield them one by one."""
        return map(Row, *self)


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
        return chain.from_iterable(run.rows() for run in self.runs())

    def runs(self) -> Iterator[Run]:
        """Yield the rows as they come, many at a time; the tail is known after the last."""
        if self._is_empty:
            self.tail = self._rest + b"".join(self._chunks)
            return
        number, end, syntax = 0, self.syntax.row_end, self.syntax
        for pieces in self._batches():
            said = list(filter(None, map(syntax.row_number.match, pieces)))
            starts = sum(map(bytes.count, pieces, repeat(syntax.row_start)))
            if len(said) == len(pieces) == starts:
                run = Run(list(map(int, map(itemgetter(1), said))), pieces, [end] * len(pieces))
            else:
                parts = chain.from_iterable(map(self._split, pieces, repeat(end)))
                run = self._numbered(parts, number)
            number = run.numbers[-1] if run.numbers else number
            yield run
        yield self._numbered(self._split(self.space, b""), number)

    def _numbered(self, parts: Iterable[tuple[bytes, bytes]], number: int) -> Run:
        """Return rows by what stands before their ends, and these; *number* is that of the last."""
        rows = list[Row]()
        for source, end in parts:
            found = self.syntax.row_number.match(source)
            number = int(found[1]) if found else number + 1
            rows.append(Row(number, source, end))
        return Run.of(rows)

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
