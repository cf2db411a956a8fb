"""The 汇总 Summary sheet: figures, native charts, tables and sentences of a page on one sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.utils import column_index_from_string
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kamrules.annotate.sheets.charts import native
from kamrules.annotate.sheets.page import link, put, put_band, put_row, put_title, set_up
from kamrules.page.look import LINE, grade_style, lines
from kamrules.page.page import Chart, Chip, Page, Sentences, Table, Target, Tiles
from kamrules.page.shown import place_link
from kamrules.words.look import COUNT, FONTS, MEASURE, PERCENT, TEAL

CHARTS = "_kam_charts"


class Places(NamedTuple):
    """Where things stand in the workbook being written: sheet titles, and two result columns."""

    titles: Mapping[str, str]
    sheet: str = ""
    header_row: int = 1
    grade: str = "A"
    change: str = "A"

    def link(self, target: Target) -> str:
        """Return the place a figure leads to, empty where the workbook has none."""
        if target == "problems":
            return place_link(self.titles["problems"], "A1")
        column = self.change if target == "change" else self.grade
        return place_link(self.sheet, f"{column}{self.header_row}") if self.sheet else ""


class _Placed(NamedTuple):
    """A cell of a table: its letter, how its column is drawn, its head, and its last letter."""

    letter: str
    kind: str
    head: str
    last: str


_PAIRS = ("BC", "EF", "HI", "KL", "NO")
_ALL, _LEFT, _RIGHT = "BCDEFGHIJKLMNO", "BCDEFGHI", "KLMNO"
_CHARTS_FROM, _CHARTS_TO, _TABLE = 7, 23, 25
_TWO, _THREE = ("B:F", "H:O"), ("B:C", "E:I", "K:O")
_FINDING_WIDTH, _WHY_WIDTH, _ROW = 60, 82, 19
ONE_PAGE = 12
_HEADS = {"text": "head.left", "sentence": "head.left"}
_STYLES = {"word": "cell", "sentence": "text"}


def add_summary(workbook: Workbook, page: Page, places: Places) -> None:
    """Add the 汇总 sheet in front, and the hidden one its charts are drawn from."""
    sheet = workbook.create_sheet(places.titles["summary"], 0)
    set_up(sheet, page, TEAL)
    sheet.column_dimensions["A"].width = 1.5
    for letter in _ALL:
        sheet.column_dimensions[letter].width = 12 if letter in "".join(_PAIRS) else 2
    put_title(sheet, "B", page.title, page.subtitle)
    for tiles in (s for s in page.sections if isinstance(s, Tiles)):
        _tiles(sheet, tiles, places)
    data = workbook.create_sheet(places.titles["charts"])
    data.sheet_state = "hidden"
    _charts(sheet, data, page)
    tables, end = [s for s in page.sections if isinstance(s, Table) and s.book], _TABLE
    for table in tables[:1]:
        end = _table(sheet, table, _LEFT, _TABLE, places)
    for sentences in (s for s in page.sections if isinstance(s, Sentences)):
        end = max(end, _sentences(sheet, sentences))
    for table in tables[1:]:
        put(sheet[f"B{end + 2}"], table.title, "section")
        end = _table(sheet, table, _ALL, end + 3, places)
    below = max((len(table.rows) for table in tables[1:]), default=0)
    sheet.page_setup.fitToHeight = 1 if below <= ONE_PAGE else 0


def _tiles(sheet: Worksheet, section: Tiles, places: Places) -> None:
    for tile, pair in zip(section.tiles, _PAIRS, strict=False):
        left, right = pair[0], pair[1]
        put_band(sheet, pair, 4, f"tile.label.{tile.tone}")
        put_band(sheet, pair, 5, f"tile.{tile.tone}")
        figure = tile.value.replace(",", "")
        put(sheet[f"{left}4"], tile.label)
        put(sheet[f"{left}5"], int(figure) if figure.isdigit() else figure, number_format=COUNT)
        if figure.isdigit() and (place := places.link(tile.target)):
            link(sheet[f"{left}5"], place)
        for row in (4, 5):
            sheet.merge_cells(f"{left}{row}:{right}{row}")
    sheet.row_dimensions[4].height, sheet.row_dimensions[5].height = 20, 34


def _charts(sheet: Worksheet, data: Worksheet, page: Page) -> None:
    charts = [native(data, s, FONTS[page.lang]) for s in page.sections if isinstance(s, Chart)]
    drawn = [chart for chart in charts if chart]
    for chart, columns in zip(drawn, _TWO if len(drawn) < len(_THREE) else _THREE, strict=False):
        # An anchor in centimetres would let the charts overlap where fonts differ.
        left, right = columns.split(":")
        first = AnchorMarker(col=column_index_from_string(left) - 1, row=_CHARTS_FROM - 1)
        last = AnchorMarker(col=column_index_from_string(right), row=_CHARTS_TO)
        chart.anchor = TwoCellAnchor(editAs="oneCell", _from=first, to=last)
        sheet.add_chart(chart)


def _sentences(sheet: Worksheet, section: Sentences) -> int:
    """Add sentences right of the first table and return their last row."""
    put_band(sheet, _RIGHT, _TABLE, "head.left")
    put(sheet[f"K{_TABLE}"], section.title)
    for row, finding in enumerate(section.lines, _TABLE + 1):
        put(sheet[f"K{row}"], f"· {finding.text}", f"finding.{finding.tone}")
        sheet.merge_cells(f"K{row}:O{row}")
        needed = LINE * lines(finding.text, _FINDING_WIDTH)
        sheet.row_dimensions[row].height = max(_ROW, needed)
    return _TABLE + len(section.lines)


def _table(sheet: Worksheet, table: Table, letters: str, top: int, places: Places) -> int:
    """Add a table and return its last row."""
    placed = list(_placed(table, letters))
    worded = any(column.kind in _HEADS for column in placed)
    put_band(sheet, letters, top, "head.plain")
    put_row(sheet, top, "".join(c.letter for c in placed), [column.head for column in placed])
    for column in placed:
        if column.kind in _HEADS:
            put(sheet[f"{column.letter}{top}"], column.head, _HEADS[column.kind])
    for row, line in enumerate(table.rows, top + 1):
        put_band(sheet, letters, row, "text" if worded else "cell")
        tall = _row(sheet, row, placed, line.cells, table)
        if line.number and places.sheet:
            first = put(sheet[f"{letters[0]}{row}"], line.cells[0], "link.text")
            link(first, place_link(places.sheet, f"{places.grade}{line.number}"))
        sheet.row_dimensions[row].height = max(_ROW, LINE * tall)
    if table.rest:
        put(sheet[f"B{top + 1 + len(table.rows)}"], table.rest, "sub")
    return top + len(table.rows)


def _placed(table: Table, letters: str) -> Iterator[_Placed]:
    at = 0
    for head in table.heads:
        yield _Placed(letters[at], head.kind, head.label, letters[at + head.span - 1])
        at += head.span


def _row(
    sheet: Worksheet, row: int, placed: Sequence[_Placed], cells: Sequence[Any], table: Table
) -> int:
    """Put the cells of a row and return how many lines its sentences take."""
    measure = MEASURE if table.unit else COUNT
    formats = {"count": COUNT, "percent": PERCENT, "measure": measure}
    tall = 1
    for column, value in zip(placed, cells, strict=True):
        cell = sheet[f"{column.letter}{row}"]
        if isinstance(value, Chip):
            put(cell, value.label, grade_style(value))
            continue
        shown = value / table.scale if column.kind == "measure" and value is not None else value
        put(cell, shown, _STYLES.get(column.kind, ""), formats.get(column.kind, ""))
        if column.kind == "sentence":
            sheet.merge_cells(f"{column.letter}{row}:{column.last}{row}")
            tall = max(tall, lines(value, _WHY_WIDTH))
    return tall
