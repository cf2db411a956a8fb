"""What a run over key accounts adds up to, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from kamrules.page.compose import is_idle
from kamrules.page.page import Bar, Chip, Finding, Matrix, Move, Target, Tile
from kamrules.page.shown import (
    BULK,
    LAST,
    grade_chips,
    heading,
    other_chip,
    rule_name,
    shown,
    undecided_chip,
    unit_of,
)
from kamrules.run.governance import on_trial
from kamrules.run.headline import word
from kamrules.run.result import Result
from kamrules.sheets.column import ROW
from kamrules.words.look import Tone
from kamrules.words.names import aliases, both
from kamrules.words.shown import fmt
from kamrules.words.text import Lang, say

from . import spread
from .spread import Benchmark, Whale

_BORDERLINE = {"临界", "borderline"}
MOST_LISTED = 1_000
TOP_LISTED = 200
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
class CustomerLine:
    """One customer; *change* is up, down, same, new or empty."""

    row: int
    id: str
    name: str
    sales: float | None
    share: float | None
    tier: Chip
    rule: str
    why: str
    previous: Chip | None
    change: str


@dataclass(frozen=True, slots=True)
class Pareto:
    """Customers by falling sales, thinned out when many; the first *needed* bring 80%.

    *customers* are those with sales.
    """

    bars: tuple[Bar, ...]
    needed: int
    customers: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Plain data for one reader: strings in one language, numbers as numbers.

    *sales_unit* and *sales_scale* say how to show sales: divided by the scale, with the unit in the
    header. *listing* says which customers are listed where not all are.
    """

    sales_unit: str
    sales_scale: float
    tiles: tuple[Tile, ...]
    tiers: tuple[TierLine, ...]
    findings: tuple[Finding, ...]
    changes: tuple[CustomerLine, ...]  # the largest; *changed* counts all
    changed: int
    moves: Matrix | None
    customers: tuple[CustomerLine, ...]
    listing: str
    pareto: Pareto | None
    whale: Whale | None
    benchmarks: tuple[Benchmark, ...]
    borderline: tuple[CustomerLine, ...]


def summarise(result: Result, lang: Lang) -> Summary:
    """Return what a run adds up to, in one language."""
    return _Reader(result, lang).summary()


class _Reader:
    """A result read in one language."""

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

    def summary(self) -> Summary:
        unit, scale = unit_of(self.frame["sales"].max(), self.lang)
        return Summary(
            sales_unit=unit,
            sales_scale=scale,
            tiles=tuple(self._tiles()),
            tiers=self.tiers,
            findings=tuple(self._findings()),
            changes=tuple(self._lines(self.frame.filter(_moved()).head(MOST_LISTED))),
            changed=self.changed,
            moves=self._moves(),
            customers=tuple(self._lines(self.listed)),
            listing=self._listing(),
            pareto=self.pareto,
            whale=self.whale,
            benchmarks=tuple(spread.benchmarks(self.result, self.lang)),
            borderline=tuple(self._lines(self.near.head(MOST_LISTED))),
        )

    # words

    def _word(self, name: str, **params: Any) -> str:
        return say(word(self.result.headline, name), **params).of(self.lang)

    def _number(self, value: float, percent: bool = False) -> str:
        return fmt(value, "percent" if percent else "number", self.lang)

    def _chip(self, key: str | None) -> Chip:
        if not key:
            return self.undecided
        return self.chips.get(key) or other_chip(key, shown(self.result, key, self.lang))

    # figures

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
            Bar(rank, name or "", sales, cumulative, self._chip(tier).ink)
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

    def _tiles(self) -> Iterator[Tile]:
        problems = self.result.problems
        worst: Tone = "plain"
        if any(p.severity == "error" for p in problems):
            worst = "error"
        elif any(p.severity == "warning" for p in problems):
            worst = "warning"
        tiles: Sequence[tuple[str, int, Tone]] = (
            ("customers", self.frame.height, "plain"),
            ("decided", self.frame.height - self.no_tier, "plain"),
            ("changed", self.changed, "note" if self.changed else "plain"),
            ("undecided", self.no_tier, "error" if self.no_tier else "plain"),
            ("problems", len(problems), worst),
        )
        for key, count, tone in tiles:
            known = key != "changed" or self.compared
            target: Target = _TARGETS.get(key, "grade")
            yield Tile(key, self._word(key), self._number(count) if known else "—", tone, target)

    @cached_property
    def near(self) -> pl.DataFrame:
        """The customers within reach of a threshold."""
        sheet = self.result.data.subjects
        columns = sheet.frame.columns if sheet else []
        flag = next((c for c in columns if set(aliases(c)) & _BORDERLINE), None)
        if sheet is None or flag is None:
            return self.frame.clear()
        kept = sheet.frame.filter(pl.col(flag).cast(pl.Boolean)).select(ROW)
        return self.frame.join(kept, on=ROW, how="semi", maintain_order="left")

    # findings

    def _findings(self) -> Iterator[Finding]:
        yield from self._about_sales()
        yield from self._about_tiers()
        yield from self._about_changes()
        yield from self._about_gaps()
        yield from self._about_rules()

    def _about_sales(self) -> Iterator[Finding]:
        top = next((line for line in self.tiers if line.tier.key and line.customers), None)
        if top and top.sales_share is not None:
            yield self._finding(
                "plain",
                "says_top",
                count=top.customers,
                tier=top.tier.label,
                customers=self._number(top.customer_share, percent=True),
                sales=self._number(top.sales_share, percent=True),
            )
        if self.pareto:
            share = self.pareto.needed / self.pareto.customers
            yield self._finding(
                "plain",
                "says_pareto",
                count=self.pareto.needed,
                customers=self._number(share, percent=True),
            )

        if self.whale and self.whale.peak.profit > max(self.whale.total, 0):
            peak = self.whale.peak
            yield self._finding(
                "note",
                "says_whale",
                count=peak.customers,
                customers=self._number(peak.customers / self.whale.customers, percent=True),
                peak=fmt(round(peak.profit), "money", self.lang),
                loss=fmt(round(peak.profit - self.whale.total), "money", self.lang),
            )
        profit = spread.buyers(self.result)["profit"].drop_nulls()
        if len(profit) and profit.sum() <= 0:
            total = fmt(round(float(profit.sum())), "money", self.lang)
            yield self._finding("warning", "says_loss", total=total)

    def _about_tiers(self) -> Iterator[Finding]:
        for line in self.tiers:
            if line.tier.key and not line.customers:
                yield self._finding("warning", "says_empty", tier=line.tier.label)
            elif line.tier.key and line.customer_share > BULK:
                yield self._finding(
                    "warning",
                    "says_bulk",
                    count=line.customers,
                    tier=line.tier.label,
                    customers=self._number(line.customer_share, percent=True),
                )

    def _about_changes(self) -> Iterator[Finding]:
        up, down, new = (self.counts.get(change, 0) for change in ("up", "down", "new"))
        if not self.compared:
            return
        if up or down:
            yield self._finding("note", "says_moves", up=up, down=down)
        else:
            yield self._finding("plain", "says_still")
        if new:
            yield self._finding("plain", "says_new", count=new)
        held = self.frame.filter(pl.col("effective") != pl.col("tier")).height
        if held:
            yield self._finding("note", "says_held", count=held)

    def _about_gaps(self) -> Iterator[Finding]:
        missing = _missing(self.frame.filter(pl.col("tier").is_null()))
        if self.no_tier and missing:
            columns = ", ".join(
                f"{heading(self.result, name, self.lang)} ({count})" for name, count in missing
            )
            yield self._finding("error", "says_missing", count=self.no_tier, columns=columns)
        elif self.no_tier:
            yield self._finding("error", "says_undecided", count=self.no_tier)
        unsold = self.frame["sales"].null_count()
        if unsold:
            yield self._finding("warning", "says_unsold", count=unsold)
        tones: Sequence[tuple[Tone, str]] = (
            ("error", "says_errors"),
            ("warning", "says_warnings"),
        )
        for tone, name in tones:
            count = sum(p.severity == tone for p in self.result.problems)
            if count:
                yield self._finding(tone, name, count=count)

    def _about_rules(self) -> Iterator[Finding]:
        idle = [d.table for d in self.result.decisions if is_idle(d)]
        if idle:
            names = ", ".join(t.title.of(self.lang) or t.name for t in idle)
            yield self._finding("plain", "says_idle", count=len(idle), tables=names)
        trial = {d.table.name: on_trial(d.table) for d in self.result.decisions}
        if any(trial.values()):
            count, lines = sum(map(bool, trial.values())), sum(trial.values())
            yield self._finding("note", "says_unapproved", count=count, rules=lines)
        changed = [f"{both(t).of(self.lang)} {r}" for t, r in self.result.rule_changes]
        if changed:
            some = ", ".join(changed[:10]) + (", ..." if len(changed) > 10 else "")
            yield self._finding("note", "says_rules_changed", count=len(changed), rules=some)

    def _finding(self, tone: Tone, name: str, **params: Any) -> Finding:
        shown_params = {k: self._number(v) if isinstance(v, int) else v for k, v in params.items()}
        return Finding(self._word(name, **shown_params), tone)

    # customers

    @cached_property
    def listed(self) -> pl.DataFrame:
        """The customers that are shown one by one."""
        if self.frame.height <= MOST_LISTED:
            return self.frame
        rank = pl.int_range(pl.len())
        notable = _moved().fill_null(False) | pl.col("tier").is_null()
        largest = notable & (notable.cum_sum() <= MOST_LISTED)
        return self.frame.filter((rank < TOP_LISTED) | largest)

    def _listing(self) -> str:
        if self.listed.height == self.frame.height:
            return ""
        return self._word(
            "listed",
            total=self._number(self.frame.height),
            top=TOP_LISTED,
            most=self._number(MOST_LISTED),
            count=self._number(self.listed.height),
        )

    def _lines(self, frame: pl.DataFrame) -> Iterator[CustomerLine]:
        why = f"why_{self.lang}"
        for row in frame.iter_rows(named=True):
            yield CustomerLine(
                row[ROW],
                row["id"] or "",
                row["name"] or "",
                row["sales"],
                row["share"],
                self._chip(row["tier"]),
                rule_name(row["rule"] or "", self.lang),
                row[why] or "",
                self._chip(row["previous"]) if row["previous"] else None,
                row["change"] or "",
            )

    def _moves(self) -> Matrix | None:
        if not self.compared:
            return None
        grouped = self.frame.group_by("previous", "tier").len()
        counts = {(before or "", now or ""): n for before, now, n in grouped.iter_rows()}
        others = sorted({before for before, _ in counts} - self.chips.keys() - {""})
        rows = [*self.chips.values(), *(self._chip(before) for before in others)]
        if any(not before for before, _ in counts):
            rows.append(other_chip("", self._word("new")))
        columns = list(self.chips.values())
        if self.no_tier:
            columns.append(self.undecided)
        cells = tuple(
            tuple(Move(counts.get((row.key, now.key), 0), _change(row, now)) for now in columns)
            for row in rows
        )
        return Matrix(self._word("changes"), tuple(rows), tuple(columns), cells)


_TARGETS: Mapping[str, Target] = {"changed": "change", "problems": "problems"}


def _moved() -> pl.Expr:
    return pl.col("change").is_in(["up", "down"])


def _total(frame: pl.DataFrame) -> float:
    return float(frame["sales"].sum())


def _change(before: Chip, now: Chip) -> str:
    if LAST in (before.rank, now.rank):
        return ""
    if before.rank == now.rank:
        return "same"
    return "up" if now.rank < before.rank else "down"


def _missing(frame: pl.DataFrame) -> Sequence[tuple[str, int]]:
    """Return the inputs that keep rows undecided, the most frequent first."""
    column = frame["missing"]
    if column.dtype != pl.List:
        column = column.cast(pl.String).str.split(",")
    names = column.drop_nulls().explode().str.strip_chars().rename("name")
    names = names.filter(names != "")
    return list(names.value_counts().sort("count", "name", descending=[True, False]).iter_rows())
