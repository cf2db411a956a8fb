"""The charts of a run, as SVG text for reports and as native charts for workbooks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup
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

from kamrules.messages.text import label
from kamrules.page.spread import Whale
from kamrules.page.summary import Bar, Pareto, TierLine
from kamrules.words.shown import fmt
from kamrules.words.text import Lang, Text, say

# fmt: off
PARETO_MARK = Text("前 {count} 户 = 80%", "top {count} = 80%")
WHALE_MARK = Text("最高点: {count} 户", "peak: {count} customers")
# fmt: on


INK, SUB, GRID, LINE, MARK, BAR = "1F2933", "66727F", "E8ECF0", "0F4C5C", "D92D20", "9CC5CF"
WIDTH, HEIGHT, GAP = 460, 270, 6


# SVG: presentation attributes only, because not every engine applies styles inside a drawing


def pyramid_svg(tiers: Sequence[TierLine], lang: Lang) -> Markup:
    """Return one centred slab for each tier, as wide as it has customers."""
    lines = [line for line in tiers if line.tier.key]
    if not lines:
        return Markup("")
    most = max(1, *(line.customers for line in lines))
    tall = (HEIGHT - GAP * (len(lines) - 1)) / len(lines)
    slabs = (_slab(line, line.customers / most, tall, i, lang) for i, line in enumerate(lines))
    return _svg(Markup("").join(slabs), label("pyramid").of(lang))


def _slab(line: TierLine, size: float, tall: float, i: int, lang: Lang) -> Markup:
    middle, half = WIDTH * 0.55, WIDTH * 0.27 * size
    y = i * (tall + GAP)
    centre = y + tall / 2
    count = fmt(line.customers, "int", lang)
    inside = 2 * half > 12 * len(count) + 8
    figure = {"font_size": min(19, tall * 0.7), "font_weight": 700}
    return Markup("").join((
        _text(line.tier.label, 0, centre, font_size=14, font_weight=700, fill=f"#{INK}"),
        _tag("rect", x=middle - half, y=y, width=max(2 * half, 2), height=tall, rx=3,
             fill=f"#{line.tier.ink}"),
        _text(count, middle, centre, text_anchor="middle", fill="#FFFFFF", **figure)
        if inside
        else _text(count, middle + half + 8, centre, fill=f"#{line.tier.ink}", **figure),
        _text(fmt(line.customer_share, "percent", lang), WIDTH, centre, text_anchor="end",
              font_size=13),
    ))  # fmt: skip


def pareto_svg(data: Pareto, unit: str, scale: float, lang: Lang) -> Markup:
    """Return sales as columns in tier colours, and their cumulative share as a line."""
    plot = _Plot(data.bars, scale, lang)
    words = say(PARETO_MARK, count=fmt(data.needed, "int", lang)).of(lang)
    columns = (plot.column(i, bar, unit) for i, bar in enumerate(data.bars))
    marked = next(i for i, bar in enumerate(data.bars) if bar.rank == data.needed)
    parts = [*plot.grid(), *columns, plot.line(), *plot.mark(marked, words), *plot.ranks()]
    return _svg(Markup("").join(parts), label("pareto").of(lang))


class _Plot:
    """Where things stand in the Pareto chart."""

    left, right, top, bottom = 48.0, WIDTH - 44.0, 12.0, HEIGHT - 26.0

    def __init__(self, bars: Sequence[Bar], scale: float, lang: Lang) -> None:
        self.bars, self.scale, self.lang = bars, scale, lang
        self.step = (self.right - self.left) / len(bars)
        self.largest = _round_up(max(bar.sales for bar in bars) / scale)

    def x(self, i: int) -> float:
        return self.left + (i + 0.5) * self.step

    def y(self, share: float) -> float:
        return self.bottom - (self.bottom - self.top) * share

    def column(self, i: int, bar: Bar, unit: str) -> Markup:
        sales = bar.sales / self.scale
        wide = self.step * 0.84 if self.step > 2 else self.step
        y = self.y(max(sales, 0) / self.largest)
        tip = _tag("title", f"{bar.name}: {fmt(sales, 'money', self.lang)}{unit}")
        return _tag(
            "rect", tip, x=self.x(i) - wide / 2, y=y, width=wide, height=self.bottom - y,
            fill=f"#{bar.ink}",
        )  # fmt: skip

    def line(self) -> Markup:
        points = (f"{_n(self.x(i))},{_n(self.y(b.cumulative))}" for i, b in enumerate(self.bars))
        return _tag(
            "polyline", points=" ".join(points), fill="none", stroke=f"#{LINE}", stroke_width=2.2
        )

    def grid(self) -> Iterator[Markup]:
        for fifth in range(6):
            y, sales = self.y(fifth / 5), fmt(self.largest * fifth / 5, "money", self.lang)
            yield _tag("line", x1=self.left, y1=y, x2=self.right, y2=y, stroke=f"#{GRID}")
            yield _text(sales, self.left - 6, y, text_anchor="end")
            yield _text(f"{fifth * 20}%", self.right + 6, y)

    def mark(self, i: int, words: str) -> Iterator[Markup]:
        x, y = self.x(i), self.y(0.8)
        dashed = {"stroke": f"#{MARK}", "stroke_dasharray": "4 3"}
        late = x > self.left + (self.right - self.left) * 0.6
        yield _tag("line", x1=self.left, y1=y, x2=self.right, y2=y, **dashed)
        yield _tag("line", x1=x, y1=y, x2=x, y2=self.bottom, **dashed)
        yield _tag("circle", cx=x, cy=y, r=3.5, fill="#FFFFFF", stroke=f"#{MARK}", stroke_width=2)
        yield _text(
            words, x - 8 if late else x + 8, y + 16, text_anchor="end" if late else "start",
            font_size=13, font_weight=700, fill=f"#{INK}",
        )  # fmt: skip

    def ranks(self) -> Iterator[Markup]:
        for i in range(0, len(self.bars), label_step(len(self.bars))):
            rank = fmt(self.bars[i].rank, "int", self.lang)
            yield _text(rank, self.x(i), HEIGHT - 12, text_anchor="middle")


def whale_svg(data: Whale, unit: str, scale: float, lang: Lang) -> Markup:
    """Return cumulative profit as a line over the customers, its peak and its end marked."""
    left, right, top, bottom = 64.0, WIDTH - 20.0, 22.0, HEIGHT - 26.0
    profits = [0.0, *(p.profit / scale for p in data.points)]
    high, low = max(profits), min(profits)
    span = (high - low) or 1.0

    def x(customers: int) -> float:
        return left + (right - left) * customers / data.customers

    def y(profit: float) -> float:
        return bottom - (bottom - top) * (profit - low) / span

    places = [(0, 0.0), *((p.customers, p.profit / scale) for p in data.points)]
    points = " ".join(f"{_n(x(n))},{_n(y(profit))}" for n, profit in places)
    peak, end = data.peak, data.points[-1]
    late = x(peak.customers) > left + (right - left) * 0.6
    mark = say(WHALE_MARK, count=fmt(peak.customers, "int", lang)).of(lang)
    parts = [
        _tag("line", x1=left, y1=y(0), x2=right, y2=y(0), stroke=f"#{SUB}"),
        _tag("polyline", points=points, fill="none", stroke=f"#{LINE}", stroke_width=2.2),
        *(
            _tag("circle", cx=x(p.customers), cy=y(p.profit / scale), r=3.5, fill="#FFFFFF",
                 stroke=f"#{MARK}", stroke_width=2)
            for p in (peak, end)
        ),
        *(
            _text(fmt(round(value, 1), "money", lang), left - 6, y(value), text_anchor="end")
            for value in dict.fromkeys((high, 0.0, profits[-1], low))
        ),
        _text(mark, x(peak.customers) + (-8 if late else 8), y(high) - 10, font_size=13,
              text_anchor="end" if late else "start", font_weight=700, fill=f"#{INK}"),
        _text(fmt(data.customers, "int", lang), right, HEIGHT - 12, text_anchor="end"),
    ]  # fmt: skip
    return _svg(Markup("").join(parts), label("whale").of(lang) + unit)


def _round_up(value: float) -> float:
    size = 10 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(k * size for k in (1, 2, 2.5, 5, 10) if k * size >= value)


def label_step(bars: int) -> int:
    """Return at which bars a rank is written: at every so many of them."""
    return max(1, math.ceil(bars / 8))


def _svg(body: Markup, title: str) -> Markup:
    return _tag(
        "svg", body, viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, height=HEIGHT, role="img",
        aria_label=title,
    )  # fmt: skip


def _text(words: str, x: float, y: float, **attributes: str | float) -> Markup:
    look: dict[str, str | float] = {"font_size": 11, "fill": f"#{SUB}", **attributes}
    return _tag("text", words, **look, x=x, y=y, dy=".35em")


def _tag(name: str, body: str = "", /, **attributes: str | float) -> Markup:
    """Return an element; *body* and attributes are escaped unless they are Markup."""
    shown = (
        Markup(' {}="{}"').format(
            key.replace("_", "-"), value if isinstance(value, str) else _n(value)
        )
        for key, value in attributes.items()
    )
    return Markup("<{}{}>{}</{}>").format(name, Markup("").join(shown), body, name)


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


# native: drawn by Excel from the cells of a data sheet


def pyramid_chart(data: Worksheet, tiers: Sequence[TierLine], lang: Lang, font: str) -> Any:
    """Return centred bars from columns A to C of *data*: label, half the rest, customers."""
    chart: Any = BarChart()
    chart.type, chart.grouping, chart.overlap, chart.gapWidth = "bar", "stacked", 100, 14
    chart.title, chart.legend = _title(label("pyramid").of(lang), font), None
    count = _series(data, 3, len(tiers), label("customers").of(lang))
    for i, line in enumerate(tiers):
        look = GraphicalProperties(solidFill=line.tier.ink, ln=LineProperties(noFill=True))
        count.dPt.append(DataPoint(idx=i, spPr=look))
    count.dLbls = DataLabelList(
        dLblPos="ctr", showVal=True, showSerName=False, showCatName=False, showLegendKey=False,
        showPercent=False, txPr=_words(1100, "FFFFFF", font, bold=True),
    )  # fmt: skip
    # The first series only pushes the second to the middle.
    unseen = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
    chart.append(_series(data, 2, len(tiers), "", unseen))
    chart.append(count)
    chart.set_categories(Reference(data, min_col=1, min_row=2, max_row=1 + len(tiers)))
    _axis(chart.x_axis, font)
    _axis(chart.y_axis, font)
    chart.y_axis.delete = True
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    chart.x_axis.txPr = _words(1000, INK, font, bold=True)
    return _framed(chart)


def pareto_chart(data: Worksheet, bars: int, unit: str, lang: Lang, font: str) -> Any:
    """Return columns and two lines from columns E, G, H, I: rank, sales, cumulative share, 80%."""
    chart: Any = BarChart()
    chart.type, chart.gapWidth = "col", 12
    chart.title = _title(label("pareto").of(lang), font)
    fill = GraphicalProperties(solidFill=BAR, ln=LineProperties(noFill=True))
    chart.append(_series(data, 7, bars, label("sales").of(lang) + unit, fill))
    chart.set_categories(Reference(data, min_col=5, min_row=2, max_row=1 + bars))
    _axis(chart.x_axis, font)
    chart.x_axis.tickLblSkip = chart.x_axis.tickMarkSkip = label_step(bars)
    _axis(chart.y_axis, font, number_format="#,##0")
    pale = GraphicalProperties(ln=LineProperties(solidFill=GRID, w=6_350))
    chart.y_axis.majorGridlines = ChartLines(spPr=pale)
    chart += _cumulative(data, bars, lang, font)
    chart.legend.position, chart.legend.txPr = "b", _words(900, SUB, font)
    return _framed(chart)


def whale_chart(data: Worksheet, whale: Whale, unit: str, lang: Lang, font: str) -> Any:
    """Return a line from columns K, L: customers, cumulative profit; N, O: its end and its peak."""
    chart: Any = ScatterChart()
    chart.style, chart.scatterStyle, chart.legend = None, "lineMarker", None
    chart.title = _title(label("whale").of(lang) + unit, font)
    # The line begins where nobody has brought anything yet.
    line = _points(data, 11, 1 + len(whale.points), label("whale").of(lang))
    line.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=LINE, w=22_225))
    line.smooth, line.marker.symbol = False, "none"
    ends = _points(data, 14, 1 if whale.peak == whale.points[-1] else 2, "")
    ends.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    ends.marker.symbol, ends.marker.size = "circle", 7
    ends.marker.graphicalProperties = GraphicalProperties(
        solidFill=MARK, ln=LineProperties(solidFill=MARK)
    )
    said: dict[str, Any] = {
        "showVal": True, "showSerName": False, "showCatName": False, "showLegendKey": False,
        "showPercent": False, "txPr": _words(900, INK, font, bold=True),
    }  # fmt: skip
    end = DataLabel(idx=0, dLblPos="b" if whale.total > 0 else "l", **said)
    ends.dLbls = DataLabelList(dLbl=[end], dLblPos="t", **said)
    chart.series += [line, ends]
    _axis(chart.x_axis, font, number_format="#,##0")
    _axis(chart.y_axis, font, number_format="#,##0")
    # Customers stand below the curve even where it falls under zero.
    chart.x_axis.tickLblPos = "low"
    pale = GraphicalProperties(ln=LineProperties(solidFill=GRID, w=6_350))
    chart.y_axis.majorGridlines = ChartLines(spPr=pale)
    chart.x_axis.scaling.min, chart.x_axis.scaling.max = 0, whale.customers
    return _framed(chart)


def _points(data: Worksheet, column: int, rows: int, title: str) -> Any:
    x, y = (Reference(data, min_col=column + n, min_row=2, max_row=1 + rows) for n in range(2))
    return Series(y, x, title=title)


def _cumulative(data: Worksheet, bars: int, lang: Lang, font: str) -> Any:
    chart: Any = LineChart()
    strokes = {
        8: (label("cumulative").of(lang), LineProperties(solidFill=LINE, w=22_225)),
        9: ("80%", LineProperties(solidFill=MARK, w=9_525, prstDash="dash")),
    }
    for column, (title, stroke) in strokes.items():
        series = _series(data, column, bars, title, GraphicalProperties(ln=stroke))
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
    axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill="C5CED6", w=6_350))
    if number_format:
        axis.number_format = number_format


def _framed(chart: Any) -> Any:
    frame = LineProperties(solidFill="E1E6EB", w=9_525)
    chart.graphical_properties = GraphicalProperties(solidFill="FFFFFF", ln=frame)
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
