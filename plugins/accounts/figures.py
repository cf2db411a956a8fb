"""What key accounts add up to: figures by tier, of changes, of how sales and profit spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from kamrules.plugin import (
    ROW,
    Bar,
    Chip,
    Lang,
    Result,
    fmt,
    grade_chips,
    other_chip,
    say,
    shown,
    undecided_chip,
    word,
)

from . import spread
from .spread import Whale

MOST_BARS = 200


@dataclass(frozen=True, slots=True)
class TierLine:
    """What one tier adds up to; None is what is not known: no previous period, no sales."""

    tier: Chip
    customers: int
    customer_share: float
    previous: int | None
    sales: float | None
    sales_share: float | None


@dataclass(frozen=True, slots=True)
class Pareto:
    """Customers by falling sales, thinned out when many; the first *needed* bring 80%.

    *customers* are those with sales.
    """

    bars: tuple[Bar, ...]
    needed: int
    customers: int


class Figures:
    """The figures of a result, in one language."""

    def __init__(self, result: Result, lang: Lang) -> None:
        self.result = result
        self.lang = lang
        self.frame = (
            result.subjects.rename({"grade": "tier", "measure": "sales"})
            .with_columns(
                pl.col("tier", "previous", "change", "rule", "id", "name").cast(pl.String),
                pl.col("sales", "share").cast(pl.Float64),
            )
            .sort("sales", ROW, descending=[True, False], nulls_last=True)
        )
        self.chips = grade_chips(result, lang)
        self.undecided = undecided_chip(lang)

    def word(self, name: str, **params: Any) -> str:
        """Return a word or sentence as the headline has it said."""
        return say(word(self.result.headline, name), **params).of(self.lang)

    def number(self, value: float, percent: bool = False) -> str:
        """Return a figure as shown."""
        return fmt(value, "percent" if percent else "number", self.lang)

    def chip(self, key: str | None) -> Chip:
        """Return a tier as shown."""
        if not key:
            return self.undecided
        return self.chips.get(key) or other_chip(key, shown(self.result, key, self.lang))

    @cached_property
    def compared(self) -> bool:
        """Whether there is a previous period."""
        return self.frame["previous"].null_count() < self.frame.height

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Customers by change."""
        return dict(self.frame.drop_nulls("change")["change"].value_counts().iter_rows())

    @property
    def changed(self) -> int:
        """How many customers rose or fell."""
        return self.counts.get("up", 0) + self.counts.get("down", 0)

    @cached_property
    def no_tier(self) -> int:
        """How many customers are undecided."""
        return self.frame["tier"].null_count()

    @cached_property
    def tiers(self) -> tuple[TierLine, ...]:
        """One line for each tier, best first, and one for the undecided where there are any."""
        total, customers = _total(self.frame), self.frame.height
        # Added up in lists, in the order of the rows: groups are added up in any.
        grouped = self.frame.group_by("tier").agg(pl.len(), pl.col("sales").drop_nulls())
        sold_any = pl.col("sales").list.len() > 0
        grouped = grouped.with_columns(pl.when(sold_any).then(pl.col("sales").list.sum()))
        now = {tier or "": (count, sold) for tier, count, sold in grouped.iter_rows()}
        before = dict(self.frame.drop_nulls("previous")["previous"].value_counts().iter_rows())
        lines = []
        for chip in [*self.chips.values(), self.undecided]:
            count, sold = now.get(chip.key, (0, 0.0))
            if chip.key or count:
                known = self.compared and chip.key
                share = sold / total if total > 0 and sold is not None else None
                previous = before.get(chip.key, 0) if known else None
                of_all = count / max(customers, 1)
                lines.append(TierLine(chip, count, of_all, previous, sold, share))
        return tuple(lines)

    @cached_property
    def pareto(self) -> Pareto | None:
        """The sales of each customer, largest first; None where nothing was sold."""
        sold = self.frame.drop_nulls("sales")
        total = _total(sold)
        if total <= 0:
            return None
        sold = sold.with_row_index("rank", 1).with_columns(
            cumulative=pl.col("sales").cum_sum() / total
        )
        needed = int(sold.filter(pl.col("cumulative") >= 0.8 - 1e-12)["rank"][0])
        step = max(1.0, (sold.height - 1) / (MOST_BARS - 1))
        kept = {round(i * step) + 1 for i in range(min(sold.height, MOST_BARS))} | {needed}
        bars = tuple(
            Bar(rank, name or "", sales, cumulative, self.chip(tier).ink)
            for rank, name, sales, cumulative, tier in sold.filter(
                pl.col("rank").is_in(sorted(kept))
            )
            .select("rank", "name", "sales", "cumulative", "tier")
            .iter_rows()
        )
        return Pareto(bars, needed, sold.filter(pl.col("sales") > 0).height)

    @cached_property
    def whale(self) -> Whale | None:
        """The whale curve, None where the profit of a customer is not known."""
        return spread.whale(spread.buyers(self.result))


def _total(frame: pl.DataFrame) -> float:
    return float(frame["sales"].sum())
