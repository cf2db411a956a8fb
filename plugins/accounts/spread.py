"""How sales and profit are spread over customers, beside what is commonly said of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from kamrules.plugin import ROW, Lang, Result, fmt, say

from .words import label

MOST_POINTS = 200


@dataclass(frozen=True, slots=True)
class WhalePoint:
    """A place on the whale curve: so many customers, best first, bring so much profit together."""

    customers: int
    profit: float


@dataclass(frozen=True, slots=True)
class Whale:
    """Cumulative profit by falling profit, thinned out when many; *peak* is its highest point.

    *total* is where it ends; where that is not above zero, parts of it mean nothing.
    """

    points: tuple[WhalePoint, ...]
    peak: WhalePoint
    customers: int
    total: float


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A figure commonly quoted, and the book's own; *own* says n/a where it has no meaning."""

    key: str
    label: str
    quoted: str
    own: str
    note: str


def money(result: Result) -> pl.DataFrame:
    """Return id, sales, profit, value and orders of every customer, null where nobody knows."""
    customers = result.subjects.select(ROW, "id", sales="measure")
    sheet = result.data.subjects
    frame = customers.select(ROW) if sheet is None else sheet.frame
    names = ("profit", "lifetime_value", "order_count")
    columns = (
        pl.col(n).cast(pl.Float64) if n in frame.columns else pl.lit(None, pl.Float64).alias(n)
        for n in names
    )
    return customers.join(frame.select(ROW, *columns), on=ROW, how="left", maintain_order="left")


def buyers(result: Result) -> pl.DataFrame:
    """Return the money of the customers with sales."""
    return money(result).filter(pl.col("sales") > 0)


def whale(frame: pl.DataFrame) -> Whale | None:
    """Return the whale curve, None where the profit of a customer is not known."""
    if frame.is_empty() or frame["profit"].null_count():
        return None
    summed = frame["profit"].sort(descending=True).cum_sum()
    points = [WhalePoint(n, value) for n, value in enumerate(summed, 1)]
    peak = max(points, key=lambda point: point.profit)
    step = max(1.0, (len(points) - 1) / (MOST_POINTS - 1))
    kept = {round(i * step) for i in range(min(len(points), MOST_POINTS))}
    kept |= {peak.customers - 1, len(points) - 1}
    chosen = tuple(points[i] for i in sorted(kept) if i < len(points))
    return Whale(chosen, peak, len(points), points[-1].profit)


def part(values: pl.Series, fraction: float, *, last: bool = False) -> float | None:
    """Return the part of a total that the largest (or *last*) *fraction* of customers brings.

    None where the total is not above zero.
    """
    total = float(values.sum())
    return brought(values, fraction, last=last) / total if total > 0 else None


def brought(values: pl.Series, fraction: float, *, last: bool = False) -> float:
    """Return what the largest (or *last*) *fraction* of customers brings together."""
    count = math.ceil(len(values) * fraction - 1e-9)
    falling = values.sort(descending=True)
    return float((falling.tail(count) if last else falling.head(count)).sum())


def decile_ratio(profit: pl.Series) -> float | None:
    """Return mean profit of the best tenth / that of the worst, None where that is not above 0."""
    tenth = math.ceil(len(profit) / 10)
    falling = profit.sort(descending=True)
    best, worst = (float(s.sum()) for s in (falling.head(tenth), falling.tail(tenth)))
    return best / worst if worst > 0 else None


def benchmarks(result: Result, lang: Lang) -> list[Benchmark]:
    """Return the figures that are commonly quoted, each beside the book's own."""
    frame = buyers(result)
    if frame.is_empty():
        return []
    return [*_of_sales(frame, lang), *_of_profit(frame, lang)]


def _of_sales(frame: pl.DataFrame, lang: Lang) -> list[Benchmark]:
    sales = frame["sales"]
    falling = sales.sort(descending=True).cum_sum() / float(sales.sum())
    needed = int((falling < 0.8 - 1e-12).sum()) + 1
    repeat = float((frame["order_count"] >= 2).mean() or 0)  # type: ignore[arg-type]
    return [
        _line("bench_sales", "80%", _percent(part(sales, 0.2), lang), lang),
        _line("bench_needed", "20%", _percent(needed / len(sales), lang), lang),
        _line("bench_largest", "-", _percent(float(falling[0]), lang), lang),
        _line("bench_repeat", "-", _percent(repeat, lang), lang),
    ]


def _of_profit(frame: pl.DataFrame, lang: Lang) -> list[Benchmark]:
    profit = frame["profit"]
    if profit.null_count() == len(profit):
        return [_line("bench_no_profit", "-", label("not_known").of(lang), lang)]
    known = profit.drop_nulls()
    total, loss = float(known.sum()), float((known <= 0).mean())  # type: ignore[arg-type]
    curve = whale(frame)
    # Parts of a total that is not above zero would read as success where there is loss.
    note = "" if total > 0 else say(label("note_loss"), total=fmt(total, "money", lang)).of(lang)
    if len(known) < len(profit):
        count = len(profit) - len(known)
        note = " ".join([note, say(label("note_unknown"), count=count).of(lang)]).strip()
    ratio = decile_ratio(known)
    tenth = math.ceil(len(known) / 10)
    worst = fmt(round(float(known.sort().head(tenth).mean() or 0)), "money", lang)  # type: ignore[arg-type]
    lines = [
        ("bench_profit", "80%", _of_total(known, 0.2, lang), note),
        ("bench_bank", "90%", _of_total(known, 0.19, lang), note),
        ("bench_first", "150%", _of_total(known, 0.2, lang), note),
        ("bench_last", "-50%", _of_total(known, 0.3, lang, last=True), note),
        ("bench_nothing", "20%-40%", _percent(loss, lang), ""),
        (
            "bench_decile", "5-10",
            label("not_meaningful").of(lang) if ratio is None else fmt(round(ratio, 1), lang=lang),
            say(label("note_decile"), worst=worst).of(lang) if ratio is None else "",
        ),
    ]  # fmt: skip
    if curve:
        peak = curve.peak.profit / total if total > 0 else None
        at = fmt(curve.peak.customers / curve.customers, "percent", lang)
        money = fmt(round(curve.peak.profit), "money", lang)
        own = _percent(peak, lang) if peak is not None else money
        lines.append(("bench_peak", "-", say(label("peak_at"), peak=own, at=at).of(lang), note))
    value = frame["lifetime_value"].sum()
    lines.append(("bench_value", "-", fmt(round(value), "money", lang), ""))
    return [_line(key, quoted, own, lang, said) for key, quoted, own, said in lines]


def _of_total(values: pl.Series, fraction: float, lang: Lang, *, last: bool = False) -> str:
    """Return what some customers bring as a part of the total, as money where that is a loss."""
    share = part(values, fraction, last=last)
    if share is not None:
        return _percent(share, lang)
    amount = fmt(round(brought(values, fraction, last=last)), "money", lang)
    return say(label("only_money"), money=amount).of(lang)


def _percent(value: float | None, lang: Lang) -> str:
    return label("not_meaningful").of(lang) if value is None else fmt(value, "percent", lang)


def _line(key: str, quoted: str, own: str, lang: Lang, note: str = "") -> Benchmark:
    return Benchmark(key, label(key).of(lang), quoted, own, note)
