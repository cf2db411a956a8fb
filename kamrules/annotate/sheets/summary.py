"""The 汇总 Summary sheet: tiles, native charts, tiers, findings and changes on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.utils import column_index_from_string
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kamrules.annotate.sheets.page import link, put, put_band, put_row, put_title, set_up
from kamrules.messages.text import label
from kamrules.page.charts import label_step, pareto_chart, pyramid_chart, whale_chart
from kamrules.page.look import COUNT, FONTS, LINE, PERCENT, SALES, TEAL, lines, tier_style
from kamrules.page.spread import Whale
from kamrules.page.summary import CustomerLine, Summary, TierLine, place_link
from kamrules.words.text import Text, say

# fmt: off
MORE_CHANGES = Text("另有 {count} 户变化, 见客户表的 “变化” 列.",
                    "{count} more changed; see the Change column of the customers sheet.")
# fmt: on


CHARTS = "_kam_charts"


class Places(NamedTuple):
    """Where things stand in the workbook being written: sheet titles, and two result columns."""

    titles: Mapping[str, str]
    customers: str = ""
    header_row: int = 1
    tier: str = "A"
    change: str = "A"


_PAIRS = ("BC", "EF", "HI", "KL", "NO")
_ALL, _LEFT, _RIGHT = "BCDEFGHIJKLMNO", "BCDEFGHI", "KLMNO"
_CHARTS_FROM, _CHARTS_TO, _TABLE = 7, 23, 25
_TWO, _THREE = ("B:F", "H:O", ""), ("B:C", "E:I", "K:O")
_FINDING_WIDTH, _WHY_WIDTH, _ROW = 60, 82, 19
MOST_CHANGES, ONE_PAGE = 40, 12


def add_summary(workbook: Workbook, summary: Summary, places: Places) -> None:
    """Add the 汇总 sheet in front, and the hidden one its charts are drawn from."""
    sheet = workbook.create_sheet(places.titles["summary"], 0)
    set_up(sheet, summary, TEAL)
    sheet.column_dimensions["A"].width = 1.5
    for letter in _ALL:
        sheet.column_dimensions[letter].width = 12 if letter in "".join(_PAIRS) else 2
    put_title(sheet, "B", summary.title, summary.subtitle)
    _tiles(sheet, summary, places)
    _charts(workbook, sheet, summary, places)
    end = max(_tier_table(sheet, summary), _findings(sheet, summary))
    if summary.changes:
        _changes(sheet, summary, places, end + 2)
    sheet.page_setup.fitToHeight = 1 if summary.changed <= ONE_PAGE else 0


def _tiles(sheet: Worksheet, summary: Summary, places: Places) -> None:
    tier, change = (
        place_link(places.customers, f"{column}{places.header_row}")
        for column in (places.tier, places.change)
    )
    problems = place_link(places.titles["problems"], "A1")
    targets = {"changed": change, "problems": problems}
    for tile, pair in zip(summary.tiles, _PAIRS, strict=True):
        left, right = pair[0], pair[1]
        put_band(sheet, pair, 4, f"tile.label.{tile.tone}")
        put_band(sheet, pair, 5, f"tile.{tile.tone}")
        figure = tile.value.replace(",", "")
        put(sheet[f"{left}4"], tile.label)
        put(sheet[f"{left}5"], int(figure) if figure.isdigit() else figure, number_format=COUNT)
        if figure.isdigit() and (places.customers or tile.key == "problems"):
            link(sheet[f"{left}5"], targets.get(tile.key, tier))
        for row in (4, 5):
            sheet.merge_cells(f"{left}{row}:{right}{row}")
    sheet.row_dimensions[4].height, sheet.row_dimensions[5].height = 20, 34


def _charts(workbook: Workbook, sheet: Worksheet, summary: Summary, places: Places) -> None:
    data, lang = workbook.create_sheet(places.titles["charts"]), summary.lang
    data.sheet_state = "hidden"
    tiers = [line for line in summary.tiers if line.tier.key]
    most = max((line.customers for line in tiers), default=0)
    for row, line in enumerate(tiers, 2):
        put_row(data, row, "ABC", (line.tier.label, (most - line.customers) / 2, line.customers))
    first, second, third = _THREE if summary.whale else _TWO
    if tiers:
        _place(sheet, pyramid_chart(data, tiers, lang, FONTS[lang]), first)
    if summary.pareto:
        bars, scale = summary.pareto.bars, summary.sales_scale
        for row, bar in enumerate(bars, 2):
            # Only Excel leaves out ranks that have no room, so the others get no more than fit.
            rank = bar.rank if (row - 2) % label_step(len(bars)) == 0 else None
            put_row(data, row, "EFGHI", (rank, bar.name, bar.sales / scale, bar.cumulative, 0.8))
        _place(sheet, pareto_chart(data, len(bars), _unit(summary), lang, FONTS[lang]), second)
    if summary.whale:
        _whale(data, summary.whale, summary.sales_scale)
        chart = whale_chart(data, summary.whale, _unit(summary), lang, FONTS[lang])
        _place(sheet, chart, third)


def _whale(data: Worksheet, whale: Whale, scale: float) -> None:
    put_row(data, 2, "KL", (0, 0))
    for row, point in enumerate(whale.points, 3):
        put_row(data, row, "KL", (point.customers, point.profit / scale))
    for row, point in enumerate((whale.points[-1], whale.peak), 2):
        put_row(data, row, "NO", (point.customers, point.profit / scale))
        data[f"O{row}"].number_format = COUNT


def _place(sheet: Worksheet, chart: Any, columns: str) -> None:
    # An anchor in centimetres would let the charts overlap where fonts differ.
    left, right = columns.split(":")
    first = AnchorMarker(col=column_index_from_string(left) - 1, row=_CHARTS_FROM - 1)
    last = AnchorMarker(col=column_index_from_string(right), row=_CHARTS_TO)
    chart.anchor = TwoCellAnchor(editAs="oneCell", _from=first, to=last)
    sheet.add_chart(chart)


def _tier_table(sheet: Worksheet, summary: Summary) -> int:
    """Add the table and return its last row."""
    compared = any(line.previous is not None for line in summary.tiers)
    names = ("tier", "customers", "customer_share", "previous", "sales", "sales_share")
    heads = [label(name).of(summary.lang) for name in names]
    heads[3], heads[4] = heads[3] if compared else "", heads[4] + _unit(summary)
    put_band(sheet, _LEFT, _TABLE, "head.plain")
    put_row(sheet, _TABLE, "BCEFHI", heads)
    formats = ("", COUNT, PERCENT, COUNT, SALES if summary.sales_unit else COUNT, PERCENT)
    for row, line in enumerate(summary.tiers, _TABLE + 1):
        put_band(sheet, _LEFT, row, "cell")
        values = _tier_values(line, summary.sales_scale)
        for letter, value, number_format in zip("BCEFHI", values, formats, strict=True):
            put(sheet[f"{letter}{row}"], value, number_format=number_format)
        put(sheet[f"B{row}"], line.tier.label, tier_style(line.tier))
        sheet.row_dimensions[row].height = _ROW
    return _TABLE + len(summary.tiers)


def _tier_values(line: TierLine, scale: float) -> Sequence[Any]:
    sales = None if line.sales is None else line.sales / scale
    of_all, of_sales = line.customer_share, line.sales_share
    return (line.tier.label, line.customers, of_all, line.previous, sales, of_sales)


def _findings(sheet: Worksheet, summary: Summary) -> int:
    """Add the findings and return their last row."""
    put_band(sheet, _RIGHT, _TABLE, "head.left")
    put(sheet[f"K{_TABLE}"], label("findings").of(summary.lang))
    for row, finding in enumerate(summary.findings, _TABLE + 1):
        put(sheet[f"K{row}"], f"· {finding.text}", f"finding.{finding.tone}")
        sheet.merge_cells(f"K{row}:O{row}")
        needed = LINE * lines(finding.text, _FINDING_WIDTH)
        sheet.row_dimensions[row].height = max(_ROW, needed)
    return _TABLE + len(summary.findings)


def _changes(sheet: Worksheet, summary: Summary, places: Places, top: int) -> None:
    names = ("customer", "previous", "now", "rule", "why")
    put(sheet[f"B{top}"], label("changes").of(summary.lang), "section")
    put_band(sheet, _ALL, top + 1, "head.plain")
    put_row(sheet, top + 1, "BEFHI", [label(name).of(summary.lang) for name in names])
    for letter in "BI":
        put(sheet[f"{letter}{top + 1}"], sheet[f"{letter}{top + 1}"].value, "head.left")
    for row, change in enumerate(summary.changes[:MOST_CHANGES], top + 2):
        put_band(sheet, _ALL, row, "text")
        _change(sheet, row, change, places)
    if summary.changed > MOST_CHANGES:
        rest = say(MORE_CHANGES, count=summary.changed - MOST_CHANGES)
        put(sheet[f"B{top + 2 + MOST_CHANGES}"], rest.of(summary.lang), "sub")


def _change(sheet: Worksheet, row: int, change: CustomerLine, places: Places) -> None:
    name = put(sheet[f"B{row}"], change.name or change.id, "link.text")
    link(name, place_link(places.customers, f"{places.tier}{change.row}"))
    if change.previous:
        put(sheet[f"E{row}"], change.previous.label, tier_style(change.previous))
    put(sheet[f"F{row}"], change.tier.label, tier_style(change.tier))
    put(sheet[f"H{row}"], change.rule, "cell")
    put(sheet[f"I{row}"], change.why, "text")
    sheet.merge_cells(f"I{row}:O{row}")
    sheet.row_dimensions[row].height = max(_ROW, LINE * lines(change.why, _WHY_WIDTH))


def _unit(summary: Summary) -> str:
    return say(label("unit"), unit=summary.sales_unit).zh if summary.sales_unit else ""
