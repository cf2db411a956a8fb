"""The hidden record of a run: what it added to a workbook, and whose data that holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from kamrules.intake.record import RECORD
from kamrules.messages.problem import UsageError
from kamrules.words.address import letters
from kamrules.xlsx.cells import style_of
from kamrules.xlsx.package import Package
from kamrules.xlsx.workbook import Workbook, opened

INPUT, EDITED = "input", "edited result of"  # lines of the record
_CHECKSUM = " sha256 "


class Added(NamedTuple):
    """Result columns a run added: sheet, letter of the first, headers from left to right."""

    sheet: str
    first: str
    headers: tuple[str, ...]


class Mark(NamedTuple):
    """What an earlier run says about itself.

    *sheets* are titles by kind; *framed* are sheet, reference, and the format the cell had before;
    *seal* is the part of the hidden sheet, and a checksum of all other parts.
    """

    record: Mapping[str, str] = {}
    sheets: Mapping[str, str] = {}
    columns: tuple[Added, ...] = ()
    framed: tuple[tuple[str, str, int], ...] = ()
    seal: tuple[str, str] = ("", "")


class Origin(NamedTuple):
    """Where data comes from: the user's own workbook, by its name and checksum.

    A result that was changed since it was written is an input of its own; *edited* then names the
    workbook that it was the result of.
    """

    name: str
    checksum: str
    edited: str = ""
    is_result: bool = False

    def lines(self) -> dict[str, str]:
        """Return what the record says of it."""
        lines = {INPUT: f"{self.name}{_CHECKSUM}{self.checksum}"}
        return lines | ({EDITED: self.edited} if self.edited else {})


def read_mark(book: Workbook) -> Mark:
    """Return what an earlier run says about itself, an empty mark where there was none."""
    if RECORD not in book.worksheet_titles:
        return Mark()
    record: dict[str, str] = {}
    titles: dict[str, str] = {}
    columns: list[Added] = []
    framed: list[tuple[str, str, int]] = []
    sealed, sheet = ("", ""), book.worksheet(RECORD)
    for row in sheet.rows():
        cells = list(sheet.syntax.cells(row.source))
        texts = {cell.column: book.strings.of(sheet.syntax, cell) for cell in cells}
        kind, *values = (texts.get(i, "") for i in range(1, max(4, *texts, 4) + 1))
        if kind == "#columns":
            columns.append(Added(values[0], values[1], tuple(filter(None, values[3:]))))
        elif kind == "#sheet":
            titles[values[0]] = values[1]
        elif kind == "#framed":
            style = next((style_of(c.attributes) for c in cells if c.column == 4), 0)
            framed.append((values[0], values[1], style))
        elif kind == "#seal":
            sealed = (values[0], values[1])
        elif kind:
            record[kind] = values[0]
    return Mark(record, titles, tuple(columns), tuple(framed), sealed)


def save_marked(book: Workbook, mark: Mark) -> bytes:
    """Return the workbook as a file, its hidden sheet filled for a later run to read."""
    book.finish()
    sheet = book.worksheet(RECORD)
    rows: list[tuple[int, Sequence[object]]] = [
        *((0, pair) for pair in mark.record.items()),
        (0, ("#seal", sheet.part, _seal(book.package, sheet.part))),
        *((0, ("#sheet", *pair)) for pair in mark.sheets.items()),
        *((0, ("#columns", c.sheet, c.first, len(c.headers), *c.headers)) for c in mark.columns),
        # The cell right of a reference has the format that the framed cell had.
        *((style, ("#framed", title, ref, None)) for title, ref, style in mark.framed),
    ]
    for i, (style, values) in enumerate(rows, 1):
        for j, value in enumerate(values, 1):
            cell = sheet.grid.cell(f"{letters(j)}{i}", value, style if value is None else 0)
            sheet.edits.put(i, j, cell)
    book.save_worksheets()
    return book.package.save()


def origin(path: Path) -> Origin:
    """Return where the data of a workbook comes from."""
    mark, is_sealed = _mark(path)
    said = mark.record.get(INPUT, "")
    name, _, checksum = said.rpartition(_CHECKSUM)
    if name and is_sealed:
        return Origin(name, checksum, mark.record.get(EDITED, ""), is_result=True)
    return Origin(path.name, checksum_of(path), said if name else "", bool(mark.sheets))


def _mark(path: Path) -> tuple[Mark, bool]:
    """Return the mark of a workbook, and whether the workbook still is what was written."""
    try:
        with opened(path, path.name) as book:
            mark = read_mark(book)
            return mark, _seal(book.package, mark.seal[0]) == mark.seal[1]
    except UsageError:  # it cannot be changed, so it is no result of ours
        return Mark(), False


def _seal(package: Package, part: str) -> str:
    """Return a checksum of all parts but one."""
    listed = sorted(entry for entry in package.checksums() if entry[0] != part)
    return hashlib.sha256(repr(listed).encode()).hexdigest()[:16]


def checksum_of(path: Path) -> str:
    """Return the checksum of a file as the record has it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
