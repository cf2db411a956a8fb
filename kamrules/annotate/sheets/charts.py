"""The charts of a page as native charts, drawn by Excel from the cells of a data sheet."""

from __future__ import annotations

from typing import Any

from openpyxl.chart import BarChart, LineChart, Reference, ScatterChart, Series
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.label import DataLabel, DataLabelList
from openpyxl.chart.marker import DataPoint
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.chart.text import Text as ChartText
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import (
    CharacterProperties,
    Font,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
)
from openpyxl.worksheet.worksheet import Worksheet

from kamrules.annotate.sheets.page import put_row
from kamrules.page.page import Chart, Columns, Curve, Pyramid
from kamrules.page.svg import label_step
from kamrules.words.look import AXIS, BAR, COUNT, FRAME, GRID, INK, RED, SUB, TEAL, WHITE


def native(data: Worksheet, chart: Chart, font: str) -> Any:
    """Return a chart whose cells are put into *data*, None where there is nothing to draw."""
    if isinstance(chart, Pyramid):
        return _pyramid(data, chart, font) if chart.slabs else None
    if isinstance(chart, Columns):
        return _columns(data, chart, font) if chart.bars else None
    return _curve(data, chart, font) if chart.points else None


def _pyramid(data: Worksheet, its: Pyramid, font: str) -> Any:
    """Return centred bars from columns A to C of *data*: label, half the rest, count."""
    most = max(slab.count for slab in its.slabs)
    for row, slab in enumerate(its.slabs, 2):
        put_row(data, row, "ABC", (slab.label, (most - slab.count) / 2, slab.count))
    chart: Any = BarChart()
    chart.type, chart.grouping, chart.overlap, chart.gapWidth = "bar", "stacked", 100, 14
    chart.title, chart.legend = _title(its.title, font), None
    count = _series(data, 3, len(its.slabs), its.counted)
    for i, slab in enumerate(its.slabs):
        look = GraphicalProperties(solidFill=slab.ink, ln=LineProperties(noFill=True))
        count.dPt.append(DataPoint(idx=i, spPr=look))
    count.dLbls = DataLabelList(
        dLblPos="ctr", showVal=True, showSerName=False, showCatName=False, showLegendKey=False,
        showPercent=False, txPr=_words(1100, WHITE, font, bold=True),
    )  # fmt: skip
    # The first series only pushes the second to the middle.
    unseen = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
    chart.append(_series(data, 2, len(its.slabs), "", unseen))
    chart.append(count)
    chart.set_categories(Reference(data, min_col=1, min_row=2, max_row=1 + len(its.slabs)))
    _axis(chart.x_axis, font)
    _axis(chart.y_axis, font)
    chart.y_axis.delete = True
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    chart.x_axis.txPr = _words(1000, INK, font, bold=True)
    return _framed(chart)


def _columns(data: Worksheet, its: Columns, font: str) -> Any:
    """Return columns and two lines from columns E, G, H, I: rank, value, cumulative share, mark."""
    bars = len(its.bars)
    for row, bar in enumerate(its.bars, 2):
        # Only Excel leaves out ranks that have no room, so the others get no more than fit.
        rank = bar.rank if (row - 2) % label_step(bars) == 0 else None
        values = (rank, bar.name, bar.value / its.scale, bar.cumulative, its.level)
        put_row(data, row, "EFGHI", values)
    chart: Any = BarChart()
    chart.type, chart.gapWidth = "col", 12
    chart.title = _title(its.title, font)
    fill = GraphicalProperties(solidFill=BAR, ln=LineProperties(noFill=True))
    chart.append(_series(data, 7, bars, its.names[0] + _in(its.unit), fill))
    chart.set_categories(Reference(data, min_col=5, min_row=2, max_row=1 + bars))
    _axis(chart.x_axis, font)
    chart.x_axis.tickLblSkip = chart.x_axis.tickMarkSkip = label_step(bars)
    _axis(chart.y_axis, font, number_format="#,##0")
    pale = GraphicalProperties(ln=LineProperties(solidFill=GRID, w=6_350))
    chart.y_axis.majorGridlines = ChartLines(spPr=pale)
    chart += _cumulative(data, its, font)
    chart.legend.position, chart.legend.txPr = "b", _words(900, SUB, font)
    return _framed(chart)


def _curve(data: Worksheet, its: Curve, font: str) -> Any:
    """Return a line from columns K, L: place and value; N, O: its end and its peak."""
    peak, last = its.peak, its.points[-1]
    put_row(data, 2, "KL", (0, 0))
    for row, point in enumerate(its.points, 3):
        put_row(data, row, "KL", (point.at, point.value / its.scale))
    for row, point in enumerate((last, peak), 2):
        put_row(data, row, "NO", (point.at, point.value / its.scale))
        data[f"O{row}"].number_format = COUNT
    chart: Any = ScatterChart()
    chart.style, chart.scatterStyle, chart.legend = None, "lineMarker", None
    chart.title = _title(its.title + _in(its.unit), font)
    # The line begins where nobody has brought anything yet.
    line = _points(data, 11, 1 + len(its.points), its.title)
    line.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=TEAL, w=22_225))
    line.smooth, line.marker.symbol = False, "none"
    ends = _points(data, 14, 1 if peak == last else 2, "")
    ends.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    ends.marker.symbol, ends.marker.size = "circle", 7
    ends.marker.graphicalProperties = GraphicalProperties(
        solidFill=RED, ln=LineProperties(solidFill=RED)
    )
    said: dict[str, Any] = {
        "showVal": True, "showSerName": False, "showCatName": False, "showLegendKey": False,
        "showPercent": False, "txPr": _words(900, INK, font, bold=True),
    }  # fmt: skip
    end = DataLabel(idx=0, dLblPos="b" if last.value > 0 else "l", **said)
    ends.dLbls = DataLabelList(dLbl=[end], dLblPos="t", **said)
    chart.series += [line, ends]
    _axis(chart.x_axis, font, number_format="#,##0")
    _axis(chart.y_axis, font, number_format="#,##0")
    # Places stand below the curve even where it falls under zero.
    chart.x_axis.tickLblPos = "low"
    pale = GraphicalProperties(ln=LineProperties(solidFill=GRID, w=6_350))
    chart.y_axis.majorGridlines = ChartLines(spPr=pale)
    chart.x_axis.scaling.min, chart.x_axis.scaling.max = 0, last.at
    return _framed(chart)


def _in(unit: str) -> str:
    return f" ({unit})" if unit else ""


def _points(data: Worksheet, column: int, rows: int, title: str) -> Any:
    x, y = (Reference(data, min_col=column + n, min_row=2, max_row=1 + rows) for n in range(2))
    return Series(y, x, title=title)


def _cumulative(data: Worksheet, its: Columns, font: str) -> Any:
    chart: Any = LineChart()
    strokes = {
        8: (its.names[1], LineProperties(solidFill=TEAL, w=22_225)),
        9: (f"{its.level:.0%}", LineProperties(solidFill=RED, w=9_525, prstDash="dash")),
    }
    for column, (title, stroke) in strokes.items():
        series = _series(data, column, len(its.bars), title, GraphicalProperties(ln=stroke))
        series.smooth, series.marker.symbol = False, "none"
        chart.append(series)
    _axis(chart.y_axis, font, number_format="0%")
    chart.y_axis.axId, chart.y_axis.crosses, chart.y_axis.majorUnit = 200, "max", 0.2
    chart.y_axis.scaling.min, chart.y_axis.scaling.max = 0, 1
    return chart


def _series(
    data: Worksheet, column: int, rows: int, title: str, look: GraphicalProperties | None = None
) -> Any:
    cells = Reference(data, min_col=column, min_row=2, max_row=1 + rows)
    series: Any = Series(cells, title=title)
    if look:
        series.graphicalProperties = look
    return series


def _axis(axis: Any, font: str, number_format: str = "") -> None:
    axis.delete, axis.title, axis.majorGridlines = False, None, None
    axis.txPr = _words(900, SUB, font)
    axis.majorTickMark = axis.minorTickMark = "none"
    axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=AXIS, w=6_350))
    if number_format:
        axis.number_format = number_format


def _framed(chart: Any) -> Any:
    frame = LineProperties(solidFill=FRAME, w=9_525)
    chart.graphical_properties = GraphicalProperties(solidFill=WHITE, ln=frame)
    chart.roundedCorners = False
    return chart


def _title(words: str, font: str) -> Title:
    look = _look(1100, INK, font, bold=True)
    run = RegularTextRun(rPr=look, t=words)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=look), r=[run])
    return Title(tx=ChartText(rich=RichText(p=[paragraph])), overlay=False)


def _words(size: int, ink: str, font: str, bold: bool = False) -> RichText:
    look = _look(size, ink, font, bold)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=look), endParaRPr=look)
    return RichText(p=[paragraph])


def _look(size: int, ink: str, font: str, bold: bool) -> CharacterProperties:
    face = Font(typeface=font)
    return CharacterProperties(sz=size, b=bold, solidFill=ink, latin=face, ea=face)
