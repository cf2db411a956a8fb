"""The charts of a page as SVG text: presentation attributes only, no styles.

Not every engine applies styles inside a drawing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from markupsafe import Markup

from kamrules.page.page import Bar, Chart, Columns, Curve, Pyramid, Slab
from kamrules.words.look import GRID, INK, RED, SUB, TEAL
from kamrules.words.shown import fmt
from kamrules.words.text import Lang

WIDTH, HEIGHT, GAP = 460, 270, 6


def svg(chart: Chart, lang: Lang) -> Markup:
    """Return a chart as SVG, empty where there is nothing to draw."""
    if isinstance(chart, Pyramid):
        return _pyramid(chart, lang) if chart.slabs else Markup("")
    if isinstance(chart, Columns):
        return _columns(chart, lang) if chart.bars else Markup("")
    return _curve(chart, lang) if chart.points else Markup("")


def _pyramid(chart: Pyramid, lang: Lang) -> Markup:
    """Return one centred slab for each line, as wide as its count."""
    most = max(1, *(slab.count for slab in chart.slabs))
    tall = (HEIGHT - GAP * (len(chart.slabs) - 1)) / len(chart.slabs)
    slabs = (_slab(slab, slab.count / most, tall, i, lang) for i, slab in enumerate(chart.slabs))
    return _svg(Markup("").join(slabs), chart.title)


def _slab(slab: Slab, size: float, tall: float, i: int, lang: Lang) -> Markup:
    middle, half = WIDTH * 0.55, WIDTH * 0.27 * size
    y = i * (tall + GAP)
    centre = y + tall / 2
    count = fmt(slab.count, "int", lang)
    inside = 2 * half > 12 * len(count) + 8
    figure = {"font_size": min(19, tall * 0.7), "font_weight": 700}
    return Markup("").join((
        _text(slab.label, 0, centre, font_size=14, font_weight=700, fill=f"#{INK}"),
        _tag("rect", x=middle - half, y=y, width=max(2 * half, 2), height=tall, rx=3,
             fill=f"#{slab.ink}"),
        _text(count, middle, centre, text_anchor="middle", fill="#FFFFFF", **figure)
        if inside
        else _text(count, middle + half + 8, centre, fill=f"#{slab.ink}", **figure),
        _text(fmt(slab.share, "percent", lang), WIDTH, centre, text_anchor="end",
              font_size=13),
    ))  # fmt: skip


def _columns(chart: Columns, lang: Lang) -> Markup:
    """Return values as columns in the colours of their grades, their cumulative share as a line."""
    plot = _Plot(chart, lang)
    columns = (plot.column(i, bar, chart.unit) for i, bar in enumerate(chart.bars))
    marked = next(i for i, bar in enumerate(chart.bars) if bar.rank == chart.marked)
    parts = [*plot.grid(), *columns, plot.line(), *plot.mark(marked), *plot.ranks()]
    return _svg(Markup("").join(parts), chart.title)


class _Plot:
    """Where things stand in a chart of columns."""

    left, right, top, bottom = 48.0, WIDTH - 44.0, 12.0, HEIGHT - 26.0

    def __init__(self, chart: Columns, lang: Lang) -> None:
        self.chart, self.bars, self.scale, self.lang = chart, chart.bars, chart.scale, lang
        self.step = (self.right - self.left) / len(self.bars)
        self.largest = _round_up(max(bar.value for bar in self.bars) / self.scale)

    def x(self, i: int) -> float:
        return self.left + (i + 0.5) * self.step

    def y(self, share: float) -> float:
        return self.bottom - (self.bottom - self.top) * share

    def column(self, i: int, bar: Bar, unit: str) -> Markup:
        value = bar.value / self.scale
        wide = self.step * 0.84 if self.step > 2 else self.step
        y = self.y(max(value, 0) / self.largest)
        tip = _tag("title", f"{bar.name}: {fmt(value, 'money', self.lang)}{unit}")
        return _tag(
            "rect", tip, x=self.x(i) - wide / 2, y=y, width=wide, height=self.bottom - y,
            fill=f"#{bar.ink}",
        )  # fmt: skip

    def line(self) -> Markup:
        points = (f"{_n(self.x(i))},{_n(self.y(b.cumulative))}" for i, b in enumerate(self.bars))
        return _tag(
            "polyline", points=" ".join(points), fill="none", stroke=f"#{TEAL}", stroke_width=2.2
        )

    def grid(self) -> Iterator[Markup]:
        for fifth in range(6):
            y, value = self.y(fifth / 5), fmt(self.largest * fifth / 5, "money", self.lang)
            yield _tag("line", x1=self.left, y1=y, x2=self.right, y2=y, stroke=f"#{GRID}")
            yield _text(value, self.left - 6, y, text_anchor="end")
            yield _text(f"{fifth * 20}%", self.right + 6, y)

    def mark(self, i: int) -> Iterator[Markup]:
        x, y = self.x(i), self.y(self.chart.level)
        dashed = {"stroke": f"#{RED}", "stroke_dasharray": "4 3"}
        late = x > self.left + (self.right - self.left) * 0.6
        yield _tag("line", x1=self.left, y1=y, x2=self.right, y2=y, **dashed)
        yield _tag("line", x1=x, y1=y, x2=x, y2=self.bottom, **dashed)
        yield _tag("circle", cx=x, cy=y, r=3.5, fill="#FFFFFF", stroke=f"#{RED}", stroke_width=2)
        yield _text(
            self.chart.mark, x - 8 if late else x + 8, y + 16,
            text_anchor="end" if late else "start", font_size=13, font_weight=700, fill=f"#{INK}",
        )  # fmt: skip

    def ranks(self) -> Iterator[Markup]:
        for i in range(0, len(self.bars), label_step(len(self.bars))):
            rank = fmt(self.bars[i].rank, "int", self.lang)
            yield _text(rank, self.x(i), HEIGHT - 12, text_anchor="middle")


def _curve(chart: Curve, lang: Lang) -> Markup:
    """Return a line from nothing on, its peak and its end marked."""
    left, right, top, bottom = 64.0, WIDTH - 20.0, 22.0, HEIGHT - 26.0
    peak, end, scale = chart.peak, chart.points[-1], chart.scale
    values = [0.0, *(p.value / scale for p in chart.points)]
    high, low = max(values), min(values)
    span = (high - low) or 1.0

    def x(at: int) -> float:
        return left + (right - left) * at / end.at

    def y(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / span

    places = [(0, 0.0), *((p.at, p.value / scale) for p in chart.points)]
    points = " ".join(f"{_n(x(at))},{_n(y(value))}" for at, value in places)
    late = x(peak.at) > left + (right - left) * 0.6
    parts = [
        _tag("line", x1=left, y1=y(0), x2=right, y2=y(0), stroke=f"#{SUB}"),
        _tag("polyline", points=points, fill="none", stroke=f"#{TEAL}", stroke_width=2.2),
        *(
            _tag("circle", cx=x(p.at), cy=y(p.value / scale), r=3.5, fill="#FFFFFF",
                 stroke=f"#{RED}", stroke_width=2)
            for p in (peak, end)
        ),
        *(
            _text(fmt(round(value, 1), "money", lang), left - 6, y(value), text_anchor="end")
            for value in dict.fromkeys((high, 0.0, values[-1], low))
        ),
        _text(chart.mark, x(peak.at) + (-8 if late else 8), y(high) - 10, font_size=13,
              text_anchor="end" if late else "start", font_weight=700, fill=f"#{INK}"),
        _text(fmt(end.at, "int", lang), right, HEIGHT - 12, text_anchor="end"),
    ]  # fmt: skip
    return _svg(Markup("").join(parts), chart.title + chart.unit)


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
