"""Sentences about key accounts that are worth reading first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from kamrules.plugin import BULK, Finding, Tone, both, fmt, heading, is_idle, on_trial

from . import spread
from .figures import Figures


class Findings:
    """What the figures say, most telling first."""

    def __init__(self, figures: Figures) -> None:
        self.of = figures

    def all(self) -> Iterator[Finding]:
        """Yield every sentence."""
        yield from self._about_sales()
        yield from self._about_tiers()
        yield from self._about_changes()
        yield from self._about_gaps()
        yield from self._about_rules()

    def _about_sales(self) -> Iterator[Finding]:
        top = next((line for line in self.of.tiers if line.tier.key and line.customers), None)
        if top and top.sales_share is not None:
            yield self._finding(
                "plain",
                "says_top",
                count=top.customers,
                tier=top.tier.label,
                customers=self.of.number(top.customer_share, percent=True),
                sales=self.of.number(top.sales_share, percent=True),
            )
        if self.of.pareto:
            share = self.of.pareto.needed / self.of.pareto.customers
            yield self._finding(
                "plain",
                "says_pareto",
                count=self.of.pareto.needed,
                customers=self.of.number(share, percent=True),
            )

        if self.of.whale and self.of.whale.peak.profit > max(self.of.whale.total, 0):
            peak = self.of.whale.peak
            yield self._finding(
                "note",
                "says_whale",
                count=peak.customers,
                customers=self.of.number(peak.customers / self.of.whale.customers, percent=True),
                peak=fmt(round(peak.profit), "money", self.of.lang),
                loss=fmt(round(peak.profit - self.of.whale.total), "money", self.of.lang),
            )
        profit = spread.buyers(self.of.result)["profit"].drop_nulls()
        if len(profit) and profit.sum() <= 0:
            total = fmt(round(float(profit.sum())), "money", self.of.lang)
            yield self._finding("warning", "says_loss", total=total)

    def _about_tiers(self) -> Iterator[Finding]:
        for line in self.of.tiers:
            if line.tier.key and not line.customers:
                yield self._finding("warning", "says_empty", grade=line.tier.label)
            elif line.tier.key and line.customer_share > BULK:
                yield self._finding(
                    "warning",
                    "says_bulk",
                    count=line.customers,
                    grade=line.tier.label,
                    part=self.of.number(line.customer_share, percent=True),
                )

    def _about_changes(self) -> Iterator[Finding]:
        up, down, new = (self.of.counts.get(change, 0) for change in ("up", "down", "new"))
        if not self.of.compared:
            return
        if up or down:
            yield self._finding("note", "says_moves", up=up, down=down)
        else:
            yield self._finding("plain", "says_still")
        if new:
            yield self._finding("plain", "says_new", count=new)
        held = self.of.frame.filter(pl.col("effective") != pl.col("tier")).height
        if held:
            yield self._finding("note", "says_held", count=held)

    def _about_gaps(self) -> Iterator[Finding]:
        missing = _missing(self.of.frame.filter(pl.col("tier").is_null()))
        if self.of.no_tier and missing:
            columns = ", ".join(
                f"{heading(self.of.result, name, self.of.lang)} ({count})"
                for name, count in missing
            )
            yield self._finding("error", "says_missing", count=self.of.no_tier, columns=columns)
        elif self.of.no_tier:
            yield self._finding("error", "says_undecided", count=self.of.no_tier)
        unsold = self.of.frame["sales"].null_count()
        if unsold:
            yield self._finding("warning", "says_unsold", count=unsold)
        tones: Sequence[tuple[Tone, str]] = (
            ("error", "says_errors"),
            ("warning", "says_warnings"),
        )
        for tone, name in tones:
            count = sum(p.severity == tone for p in self.of.result.problems)
            if count:
                yield self._finding(tone, name, count=count)

    def _about_rules(self) -> Iterator[Finding]:
        idle = [d.table for d in self.of.result.decisions if is_idle(d)]
        if idle:
            names = ", ".join(t.title.of(self.of.lang) or t.name for t in idle)
            yield self._finding("plain", "says_idle", count=len(idle), tables=names)
        trial = {d.table.name: on_trial(d.table) for d in self.of.result.decisions}
        if any(trial.values()):
            count, lines = sum(map(bool, trial.values())), sum(trial.values())
            yield self._finding("note", "says_unapproved", count=count, rules=lines)
        changed = [f"{both(t).of(self.of.lang)} {r}" for t, r in self.of.result.rule_changes]
        if changed:
            some = ", ".join(changed[:10]) + (", ..." if len(changed) > 10 else "")
            yield self._finding("note", "says_rules_changed", count=len(changed), rules=some)

    def _finding(self, tone: Tone, name: str, **params: Any) -> Finding:
        shown_params = {
            k: self.of.number(v) if isinstance(v, int) else v for k, v in params.items()
        }
        return Finding(self.of.word(name, **shown_params), tone)


def _missing(frame: pl.DataFrame) -> Sequence[tuple[str, int]]:
    """Return the inputs that keep rows undecided, the most frequent first."""
    column = frame["missing"]
    if column.dtype != pl.List:
        column = column.cast(pl.String).str.split(",")
    names = column.drop_nulls().explode().str.strip_chars().rename("name")
    names = names.filter(names != "")
    return list(names.value_counts().sort("count", "name", descending=[True, False]).iter_rows())
