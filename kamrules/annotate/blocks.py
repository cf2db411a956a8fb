"""Blocks of result columns, beside the rows of a sheet or as a list of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import polars as pl

from kamrules.annotate.earlier import Earlier
from kamrules.annotate.sheets.listing import HEADS
from kamrules.intake.mark import Added
from kamrules.page import look
from kamrules.page.columns import header
from kamrules.page.reports import ResultColumn
from kamrules.sheets.sheet import Sheet
from kamrules.words.address import column_number, letters
from kamrules.words.look import BAR
from kamrules.words.text import Text
from kamrules.xlsx.added import Column
from kamrules.xlsx.cells import MOST_COLUMNS, style_of
from kamrules.xlsx.graft import Graft
from kamrules.xlsx.workbook import Workbook, refusal
from kamrules.xlsx.worksheet import Worksheet

# Excel drops all links of a sheet that has more than 65,530.
MOST_LINKS = 65_000
HEADER_HEIGHT = 32
_FORMATTED = 50
# The first of many columns stay in sight; the others can be folded away.
_MAIN, _FEW = 5, 12
_WIDE = 20  # a column wider than this holds sentences
_HEIGHT = re.compile(rb"[^<]*<[^>]*?\sht\s*=\s*[\"']([\d.]+)")


class Block(NamedTuple):
    """Result columns of one sheet, and the number of the first."""

    sheet: Sheet
    first: int
    columns: Sequence[ResultColumn]

    def added(self) -> Added:
        """Return what the record says of the columns."""
        return Added(self.sheet.title, letters(self.first), tuple(map(header, self.columns)))


def first_column(book: Workbook, spec: Sheet, count: int, earlier: Earlier) -> int:
    """Return where result columns begin: where they were if there is room, else right of all."""
    sheet = book.worksheet(spec.title)
    first, top = earlier.first.get(spec.title), spec.header_row
    if first is None:
        areas = [*sheet.merges(), *sheet.tables()]
        ends = [right for _, _, right, bottom in areas if bottom >= top]
        first = 1 + max([spec.last_column, *ends])
        # Cells that are formatted to be filled in are theirs; a row that is formatted to the last
        # column of the sheet is not.
        formatted = sheet.used(first, {}, even_empty=True)
        if max(formatted, default=0) < first + _FORMATTED:
            first = max([first - 1, *formatted]) + 1
    else:
        used = sheet.used(first, sheet.edits.cleared)
        if any(column < first + count for column in used):
            first = max(used) + 1
    if first + count - 1 > MOST_COLUMNS:
        reason = Text(
            f"“{spec.title}” 表右边没有空列了", f"the sheet “{spec.title}” has no free columns left"
        )
        raise refusal(book.name, reason)
    return first


def put_columns(book: Workbook, block: Block, graft: Graft) -> None:
    """Put result columns beside the rows they are about."""
    sheet, top = book.worksheet(block.sheet.title), block.sheet.header_row
    for number, column in enumerate(block.columns, block.first):
        ref = f"{letters(number)}{top}"
        sheet.edits.put(top, number, sheet.grid.cell(ref, header(column), graft.style("head")))
        _put_values(sheet, number, column, graft, _BESIDE)
    widths = {number: column.width for number, column in enumerate(block.columns, block.first)}
    details = range(block.first + _MAIN, block.first + len(block.columns))
    sheet.set_widths(widths, details if len(block.columns) > _FEW else ())
    said = _HEIGHT.match(sheet.row(top)[0])
    height = float(said[1]) if said else _needed_height(book, block.sheet)
    if not said or height < HEADER_HEIGHT:
        sheet.edits.heights[top] = max(height, HEADER_HEIGHT)


def _needed_height(book: Workbook, spec: Sheet) -> float:
    """Return the height of a header row that nobody set, now that we set it."""
    sheet = book.worksheet(spec.title)
    texts = {column_number(place): spec.headers[name] for name, place in spec.letters.items()}
    tall = 1
    for cell in sheet.row(spec.header_row)[1]:
        if cell.column in texts and book.styles.wraps(style_of(cell.attributes)):
            wide = sheet.width(cell.column) or 8
            tall = max(tall, look.lines(texts[cell.column], wide))
    return 15.0 * tall


def put_list(book: Workbook, title: str, columns: Sequence[ResultColumn], graft: Graft) -> None:
    """Fill the rows of a list; its headers are there."""
    sheet = book.worksheet(title)
    for number, column in enumerate(columns, 1):
        rows = pl.int_range(HEADS + 1, HEADS + 1 + len(column.values), dtype=pl.UInt32, eager=True)
        _put_values(sheet, number, replace(column, rows=rows), graft, _LISTED)
    sheet.edits.heights.update(_heights(columns))


def _heights(columns: Sequence[ResultColumn]) -> dict[int, float]:
    """Return the heights of the rows of a list whose texts take several lines."""
    lines = [
        _lines(column.values, column.width).alias(str(number))
        for number, column in enumerate(columns)
        if column.values.dtype == pl.String
    ]
    if not lines:
        return {}
    most = pl.DataFrame(lines).max_horizontal()
    rows = pl.DataFrame({"lines": most}).with_row_index("row", HEADS + 1)
    return {row: 15.0 * count for count, row in rows.filter(most > 1).select("lines", "row").rows()}


def _lines(texts: pl.Series, width: float) -> pl.Series:
    """Return about how many lines each text takes: what takes three bytes is as wide as two."""
    characters = texts.str.len_chars().cast(pl.Float64)
    wide = characters + (texts.str.len_bytes() - characters) / 2
    return (wide / (width - 1)).ceil().fill_null(0)


class _Plain(NamedTuple):
    """The styles of values that have none of their own."""

    figure: str
    text: str
    link: str


_BESIDE = _Plain("result", "result.text", "result.link")
_LISTED = _Plain("cell", "text", "link")


def _put_values(
    sheet: Worksheet, number: int, column: ResultColumn, graft: Graft, plain: _Plain
) -> None:
    usual = plain.text if column.width > _WIDE else plain.figure
    values, rows = column.values, column.rows
    assert rows is not None
    links = column.links if len(values) <= MOST_LINKS - sheet.count_links() else {}

    def style(value: Any) -> int:
        name = usual
        if isinstance(value, str):
            name = column.styles.get(value, plain.link if value in links else usual)
        return graft.style(name, look.number_format(value, column.type))

    own = {**column.styles, **links}
    sheet.edits.columns.append(Column(number, rows, values, style, sheet.grid, own))
    if links:
        cells = pl.DataFrame({"row": rows, "text": values.cast(pl.String)})
        linked = cells.filter(pl.col("text").is_in(list(links)))
        places = linked["text"].replace_strict(links, return_dtype=pl.String)
        sheet.add_links(number, linked["row"], places)
    if column.bar and len(rows):
        ends = rows.sort()[[0, -1]]
        sheet.add_data_bar(":".join(f"{letters(number)}{row}" for row in ends), BAR)
