"""A worksheet part: what stands around its rows as a document, the rows as a stream."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

import polars as pl

from kamrules.words.address import letters
from kamrules.xlsx.cells import (
    CELL_TYPE,
    DATA,
    MOST_ROWS,
    CellXml,
    Grid,
    Syntax,
    bounds,
    plain_text,
    reference,
    style_of,
)
from kamrules.xlsx.package import Package, Packer, Relationships
from kamrules.xlsx.row_reader import Reader, Row
from kamrules.xlsx.rows import Edits, Rewriter
from kamrules.xlsx.splice import Document, Element, attribute
from kamrules.xlsx.styles import Styles

# What may stand below <worksheet>, in the order in which it must.
ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr",
    "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState",
    "dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting",
    "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter",
    "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags",
    "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects",
    "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
_RANK = {tag: rank for rank, tag in enumerate(ORDER)}


class Found(NamedTuple):
    """A cell that was looked for."""

    row: int
    column: int
    text: str


class Strings:
    """The shared strings of a workbook, read when first asked for."""

    def __init__(self, package: Package, part: str) -> None:
        self._package, self._part = package, part

    @cached_property
    def _texts(self) -> list[str]:
        if self._part not in self._package:
            return []
        document = self._package.document(self._part)
        return [_text(document, entry) for entry in document.root.every("si")]

    def of(self, syntax: Syntax, cell: CellXml) -> str:
        """Return the text of a cell, or its value as written."""
        value = syntax.value.search(cell.inside)
        kind = CELL_TYPE.search(cell.attributes)
        if kind and kind[1] == b"inlineStr":
            return plain_text(b"".join(syntax.text.findall(cell.inside)))
        if not value:
            return ""
        if kind and kind[1] == b"s":
            index = int(value[1])
            return self._texts[index] if index < len(self._texts) else ""
        return plain_text(value[1])


def _text(document: Document, entry: Element) -> str:
    """Return the text of a shared string, without its phonetic hints."""
    runs = [entry, *entry.every("r")]
    found = (child for run in runs for child in run.every("t"))
    return plain_text("".join(document.inner(child) for child in found).encode())


class Worksheet:
    """A worksheet to be changed: ``edits`` and ``shell`` are written by ``save``."""

    def __init__(self, package: Package, part: str, is_1904: bool = False) -> None:
        self._package, self.part = package, part
        reader = Reader(package.chunks(part))
        self.syntax: Syntax = reader.syntax
        numbers, last = set[int](), 0
        for run in reader.runs():
            numbers.update(run.numbers)
            last = max(last, self.syntax.last_column_of(run.sources))
        self.numbers, self.last_column = frozenset(numbers), last  # even an empty cell counts
        # The rows stay out of the document, an empty element stands for them.
        rows = self.syntax.data_end.replace(b"/", b"", 1) + b"/>"
        self.shell = Document(reader.head + rows + reader.tail)
        self.grid = Grid(reader.syntax.prefix.decode(), is_1904)
        self.edits = Edits()
        self._links: list[str] = []

    # what stands around the rows

    def child(self, tag: str) -> Element | None:
        """Return an element right below the worksheet, None where there is none."""
        return self.shell.root.find(tag)

    def insert(self, tag: str, xml: str) -> None:
        """Put a new element among those below the worksheet, where its name belongs."""
        above = [e for e in self.shell.root.children if self._rank(e) <= _RANK[tag]]
        if above:
            above[-1].after.append(xml)
        else:
            self.shell.root.children[0].before.append(xml)

    def _rank(self, element: Element) -> int:
        """Return the place of an element; that of mc:AlternateContent is that of its content."""
        ranks = (_RANK[e.tag] for e in element.walk() if e.tag in _RANK)
        return next(ranks, len(ORDER))

    def add_links(self, column: int, rows: pl.Series, places: pl.Series) -> None:
        """Let the cells of a column in some rows lead to places in the workbook."""
        name, distinct = self.shell.qualified("hyperlink"), places.unique()
        said = places.replace_strict(distinct, [attribute(place) for place in distinct])
        link = f'<{name} ref="{letters(column)}{{}}" location="{{}}"/>'
        self._links += pl.select(pl.format(link, rows, said)).to_series().to_list()

    def count_links(self) -> int:
        """Return how many links the sheet has, those to be added included."""
        links = self.child("hyperlinks")
        old = [e for e in links.children if not e.gone] if links else []
        return len(old) + len(self._links)

    def add_data_bar(self, ref: str, colour: str) -> None:
        """Show the figures of some cells as bars that start at zero."""
        root, p = self.shell.root, self.shell.qualified("")
        formats = (e for e in root.every("conditionalFormatting") if not e.gone)
        known = [int(rule.get("priority", "0")) for e in formats for rule in e.every("cfRule")]
        self.insert(
            "conditionalFormatting",
            f'<{p}conditionalFormatting sqref="{ref}">'
            f'<{p}cfRule type="dataBar" priority="{max(known, default=0) + 1}">'
            f'<{p}dataBar minLength="0" maxLength="100"><{p}cfvo type="num" val="0"/>'
            f'<{p}cfvo type="max"/><{p}color rgb="FF{colour}"/></{p}dataBar></{p}cfRule>'
            f"</{p}conditionalFormatting>",
        )

    def remove_ranges(self, tops: Mapping[int, int]) -> None:
        """Remove links and conditional formats that lie in columns, below their tops."""
        links = self.child("hyperlinks")
        for element in [
            *self.shell.root.every("conditionalFormatting"),
            *(links.children if links else []),
        ]:
            refs = (element.get("sqref") or element.get("ref")).split()
            element.gone = all(_is_within(ref, tops) for ref in refs)

    def merges(self) -> list[tuple[int, int, int, int]]:
        """Return left, top, right and bottom of merged cells."""
        merged = self.child("mergeCells")
        found = [bounds(e.get("ref")) for e in merged.children] if merged else []
        return [its for its in found if its]

    def tables(self) -> list[tuple[int, int, int, int]]:
        """Return left, top, right and bottom of the sheet's tables."""
        parts = Relationships(self._package, self.part).of_kind("table")
        roots = [self._package.document(part).root for _, part in parts if part in self._package]
        return [its for root in roots if (its := bounds(root.get("ref")))]

    def width(self, column: int) -> float | None:
        """Return the width that somebody gave a column."""
        for element in self._sizes():
            if int(element.get("min")) <= column <= int(element.get("max")):
                return float(element.get("width", "0")) or None
        return None

    def _column_style(self, column: int) -> int:
        for element in self._sizes():
            if int(element.get("min")) <= column <= int(element.get("max")):
                return int(element.get("style", "0"))
        return 0

    def _sizes(self) -> list[Element]:
        sizes = self.child("cols")
        return sizes.children if sizes else []

    def set_widths(self, widths: Mapping[int, float], details: Collection[int] = ()) -> None:
        """Set the widths of columns; a setting that spans them and others is split.

        Those with *details* become a group that can be folded away.
        """
        name, level = self.shell.qualified("col"), ' outlineLevel="1"'
        found = {
            column: f'<{name} min="{column}" max="{column}" width="{width:g}" customWidth="1"'
            f"{level if column in details else ''}/>"
            for column, width in widths.items()
        }
        if details:
            self._say_outline()
        for element in self._sizes():
            source, low = self.shell.source(element), int(element.get("min"))
            high = int(element.get("max"))
            for column in [*sorted(c for c in widths if low <= c <= high), high + 1]:
                if low < column:
                    found[low] = _between(source, low, column - 1)
                low = column + 1
        sizes = self.child("cols")
        outer = self.shell.qualified("cols")
        body = "".join(xml for _, xml in sorted(found.items()))
        if sizes:
            sizes.gone = True
            sizes.after.append(f"<{outer}>{body}</{outer}>")
        else:
            self.insert("cols", f"<{outer}>{body}</{outer}>")

    def _say_outline(self) -> None:
        """Let the sheet say that columns are grouped: Excel shows no buttons without it."""
        format_ = self.child("sheetFormatPr")
        if format_ is None:
            name = self.shell.qualified("sheetFormatPr")
            self.insert("sheetFormatPr", f'<{name} defaultRowHeight="15" outlineLevelCol="1"/>')
        elif not format_.get("outlineLevelCol"):
            format_.changed["outlineLevelCol"] = "1"

    # what stands in the rows

    def rows(self) -> Iterator[Row]:
        """Yield the rows as written."""
        yield from Reader(self._package.chunks(self.part)).rows()

    def find(self, styles: frozenset[int], strings: Strings) -> list[Found]:
        """Return the cells of some formats with their texts."""
        if not styles:
            return []
        some = b"|".join(b"%d" % style for style in styles)
        sought = re.compile(rb"\ss\s*=\s*[\"'](?:" + some + rb")[\"']")
        return [
            Found(row.number, cell.column, strings.of(self.syntax, cell))
            for row in self.rows()
            if sought.search(row.source)
            for cell in self.syntax.cells(row.source)
            if style_of(cell.attributes) in styles
        ]

    def used(self, first: int, cleared: Mapping[int, int], *, even_empty: bool = False) -> set[int]:
        """Return the columns from *first* on that hold values, but for what is to be cleared.

        With *even_empty* those of empty cells count that have a format of their own.
        """
        if self.last_column < first:
            return set()
        found: set[int] = set()
        start = self.syntax.cell_start + letters(first).encode()
        for row in self.rows():
            if self.syntax.last_column(row.source) < first:
                continue
            at = max(row.source.find(start + b'%d"' % row.number), 0)
            for cell in self.syntax.cells(row.source[at:]):
                kept = row.number < cleared.get(cell.column, row.number + 1)
                counts = cell.inside or (even_empty and style_of(cell.attributes))
                if kept and counts and cell.column >= first:
                    found.add(cell.column)
        return found

    def row(self, number: int) -> tuple[bytes, list[CellXml]]:
        """Return a row as written, and its cells."""
        for row in self.rows():
            if row.number == number:
                return row.source, list(self.syntax.cells(row.source))
        return b"", []

    # writing

    def save(self, styles: Styles) -> list[tuple[int, int, int]]:
        """Write the part; return row and column of framed cells, and the formats they had."""
        writer = Rewriter(self.syntax, self.grid, self.edits, styles, self._column_style)
        self._extend()
        self._write_links()
        edited = self.shell.bytes()
        if not (self.edits.is_needed() or edited != self.shell.content):
            return []
        rows = DATA.search(edited)
        assert rows
        source = Reader(self._package.chunks(self.part))
        opening = re.sub(rb"\s*/>$", b">", source.tag)
        packer = Packer()
        packer.write(edited[: rows.start()] + opening)
        for written in writer.rows(source.runs(), self.numbers):
            packer.write(source.whole(written))
        end = source.whole(source.space) + self.syntax.data_end + b">"
        packer.write(end + edited[rows.end() :])
        self._package.put(self.part, packer.close())
        return sorted(writer.framed)

    def _write_links(self) -> None:
        links, new = self.child("hyperlinks"), "".join(self._links)
        if links:
            links.inside.append(new)
            links.gone = not new and all(element.gone for element in links.children)
        elif new:
            name = self.shell.qualified("hyperlinks")
            self.insert("hyperlinks", f"<{name}>{new}</{name}>")

    def _extend(self) -> None:
        """Make the dimension, where the sheet says one, cover what is new."""
        element, rows = self.child("dimension"), self.edits.rows()
        its = bounds(element.get("ref")) if element else None
        if element and its and rows:
            left, top, right, bottom = its
            ends = (max(right, self.edits.last_column()), max(bottom, *rows))
            new = (left, min(top, *rows), *ends)
            if its != new:
                element.changed["ref"] = reference(*new)


def _is_within(ref: str, tops: Mapping[int, int]) -> bool:
    its = bounds(ref)
    return its is not None and all(
        its[1] > tops.get(column, MOST_ROWS) for column in range(its[0], its[2] + 1)
    )


def _between(source: str, low: int, high: int) -> str:
    """Return a column setting for some of the columns it spans."""
    for name, value in (("min", low), ("max", high)):
        source = re.sub(rf"(\s{name}\s*=\s*)([\"'])\d+\2", rf"\g<1>\g<2>{value}\2", source, count=1)
    return source
