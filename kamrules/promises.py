"""What the seeds promise of customers and money, beside what a book says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any

import polars as pl

from kamrules.model import Result, Text
from kamrules.text import fmt, label, say


@dataclass(frozen=True, slots=True)
class Promise:
    """A figure of the seeds, and the book's own; *found* is empty where the book cannot say."""

    source: str
    promised: Text
    found: Text


def kept(result: Result, money: pl.DataFrame) -> Iterator[Promise]:
    """Yield every promise; *money* has sales and profit by id, profit null where unknown."""
    sold = money.filter(pl.col("sales") > 0).sort("sales", "id", descending=[True, False])
    by_profit = money.drop_nulls("profit").sort("profit", "id", descending=[True, False])
    sales, profit = sold["sales"].to_list(), by_profit["profit"].to_list()
    for source, text, values, figures, found in (
        ("000 L120", "promise_80", sales, lambda v: {"part": _top(v, 0.2)}, "found_sales"),
        ("003 L16", "promise_20", sales, lambda v: {"part": _needed(v, 0.8)}, "found_80"),
        ("002 L15", "promise_90", profit, lambda v: {"part": _top(v, 0.19)}, "found_profit"),
        ("000 L401", "promise_150", profit, lambda v: {"part": _top(v, 0.2)}, "found_profit"),
        ("000 L401", "promise_50", profit, lambda v: {"part": _last(v, 0.3)}, "found_profit"),
        ("000 L401", "promise_times", profit, _times, "found_times"),
        ("001 L5", "promise_nothing", profit, _nothing, "found_nothing"),
    ):
        yield Promise(source, label(text), _said(values, figures, found))
    yield Promise("003 L26", label("promise_pyramid"), _said(sales, _layers, "found_layers"))
    shares = result.customers["share"].drop_nulls()
    counts: Mapping[str, Any] = {
        "five": int((shares >= 0.05).sum()),
        "one": int(((shares >= 0.01) & (shares < 0.05)).sum()),
        "rest": int((shares < 0.01).sum()),
    }
    said = say(label("found_shares"), **counts) if len(shares) else Text("", "")
    yield Promise("001 L16-L18", label("promise_shares"), said)


def _said(
    values: Sequence[float], figures: Callable[[Sequence[float]], Mapping[str, str]], name: str
) -> Text:
    """Return a sentence with figures, empty where there is nothing to reckon with."""
    if not values or sum(values) <= 0:
        return Text("", "")
    return say(label(name), **figures(values))


def _percent(part: float) -> str:
    return fmt(round(part, 3), "percent")


def _top(values: Sequence[float], part: float) -> str:
    """Return the part of the sum that the largest bring."""
    return _percent(sum(values[: ceil(len(values) * part - 1e-9)]) / sum(values))


def _last(values: Sequence[float], part: float) -> str:
    return _percent(sum(values[len(values) - ceil(len(values) * part - 1e-9) :]) / sum(values))


def _needed(values: Sequence[float], part: float) -> str:
    """Return the part of the customers that bring *part* of the sum."""
    total, so_far = sum(values), 0.0
    for count, value in enumerate(values, 1):
        so_far += value
        if so_far >= part * total - 1e-9 * total:
            return _percent(count / len(values))
    return _percent(1.0)


def _nothing(values: Sequence[float]) -> Mapping[str, str]:
    return {"part": _percent(sum(v <= 0 for v in values) / len(values))}


def _times(values: Sequence[float]) -> Mapping[str, str]:
    tenth = ceil(len(values) / 10 - 1e-9)
    best, least = sum(values[:tenth]), sum(values[-tenth:])
    return {"times": fmt(round(best / least, 1)) if least > 0 else "-"}


def _layers(values: Sequence[float]) -> Mapping[str, str]:
    """Return the part of sales of the layers 1%, 19%, 30% and 50%, by rank position."""
    count, total = len(values), sum(values)
    ends, found = (0, 0.01, 0.2, 0.5, 1.0), {}
    for n, (low, high) in enumerate(pairwise(ends), 1):
        part = [v for k, v in enumerate(values) if low <= k / count < high]
        found[f"part{n}"] = _percent(sum(part) / total)
    return found
