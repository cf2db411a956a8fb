"""What a run over key accounts adds up to, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from kamrules.plugin import (
    LAST,
    ROW,
    Chip,
    Finding,
    Lang,
    Matrix,
    Move,
    Result,
    Target,
    Tile,
    Tone,
    aliases,
    other_chip,
    rule_name,
    unit_of,
)

from . import spread
from .figures import Figures, Pareto, TierLine
from .findings import Findings
from .spread import Benchmark, Whale

_BORDERLINE = {"临界", "borderline"}
MOST_LISTED = 1_000
TOP_LISTED = 200


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
        self.of = Figures(result, lang)

    def summary(self) -> Summary:
        unit, scale = unit_of(self.of.frame["sales"].max(), self.of.lang)
        return Summary(
            sales_unit=unit,
            sales_scale=scale,
            tiles=tuple(self._tiles()),
            tiers=self.of.tiers,
            findings=tuple(Findings(self.of).all()),
            changes=tuple(self._lines(self.of.frame.filter(_moved()).head(MOST_LISTED))),
            changed=self.of.changed,
            moves=self._moves(),
            customers=tuple(self._lines(self.listed)),
            listing=self._listing(),
            pareto=self.of.pareto,
            whale=self.of.whale,
            benchmarks=tuple(spread.benchmarks(self.of.result, self.of.lang)),
            borderline=tuple(self._lines(self.near.head(MOST_LISTED))),
        )

    def _tiles(self) -> Iterator[Tile]:
        problems = self.of.result.problems
        worst: Tone = "plain"
        if any(p.severity == "error" for p in problems):
            worst = "error"
        elif any(p.severity == "warning" for p in problems):
            worst = "warning"
        tiles: Sequence[tuple[str, int, Tone]] = (
            ("customers", self.of.frame.height, "plain"),
            ("decided", self.of.frame.height - self.of.no_tier, "plain"),
            ("changed", self.of.changed, "note" if self.of.changed else "plain"),
            ("undecided", self.of.no_tier, "error" if self.of.no_tier else "plain"),
            ("problems", len(problems), worst),
        )
        for key, count, tone in tiles:
            known = key != "changed" or self.of.compared
            target: Target = _TARGETS.get(key, "grade")
            yield Tile(
                key, self.of.word(key), self.of.number(count) if known else "—", tone, target
            )

    @cached_property
    def near(self) -> pl.DataFrame:
        """The customers within reach of a threshold."""
        sheet = self.of.result.data.subjects
        columns = sheet.frame.columns if sheet else []
        flag = next((c for c in columns if set(aliases(c)) & _BORDERLINE), None)
        if sheet is None or flag is None:
            return self.of.frame.clear()
        kept = sheet.frame.filter(pl.col(flag).cast(pl.Boolean)).select(ROW)
        return self.of.frame.join(kept, on=ROW, how="semi", maintain_order="left")

    @cached_property
    def listed(self) -> pl.DataFrame:
        """The customers that are shown one by one."""
        if self.of.frame.height <= MOST_LISTED:
            return self.of.frame
        rank = pl.int_range(pl.len())
        notable = _moved().fill_null(False) | pl.col("tier").is_null()
        largest = notable & (notable.cum_sum() <= MOST_LISTED)
        return self.of.frame.filter((rank < TOP_LISTED) | largest)

    def _listing(self) -> str:
        if self.listed.height == self.of.frame.height:
            return ""
        return self.of.word(
            "listed",
            total=self.of.number(self.of.frame.height),
            top=TOP_LISTED,
            most=self.of.number(MOST_LISTED),
            count=self.of.number(self.listed.height),
        )

    def _lines(self, frame: pl.DataFrame) -> Iterator[CustomerLine]:
        why = f"why_{self.of.lang}"
        for row in frame.iter_rows(named=True):
            yield CustomerLine(
                row[ROW],
                row["id"] or "",
                row["name"] or "",
                row["sales"],
                row["share"],
                self.of.chip(row["tier"]),
                rule_name(row["rule"] or "", self.of.lang),
                row[why] or "",
                self.of.chip(row["previous"]) if row["previous"] else None,
                row["change"] or "",
            )

    def _moves(self) -> Matrix | None:
        if not self.of.compared:
            return None
        grouped = self.of.frame.group_by("previous", "tier").len()
        counts = {(before or "", now or ""): n for before, now, n in grouped.iter_rows()}
        others = sorted({before for before, _ in counts} - self.of.chips.keys() - {""})
        rows = [*self.of.chips.values(), *(self.of.chip(before) for before in others)]
        if any(not before for before, _ in counts):
            rows.append(other_chip("", self.of.word("new")))
        columns = list(self.of.chips.values())
        if self.of.no_tier:
            columns.append(self.of.undecided)
        cells = tuple(
            tuple(Move(counts.get((row.key, now.key), 0), _change(row, now)) for now in columns)
            for row in rows
        )
        return Matrix(self.of.word("changes"), tuple(rows), tuple(columns), cells)


_TARGETS: Mapping[str, Target] = {"changed": "change", "problems": "problems"}


def _moved() -> pl.Expr:
    return pl.col("change").is_in(["up", "down"])


def _change(before: Chip, now: Chip) -> str:
    if LAST in (before.rank, now.rank):
        return ""
    if before.rank == now.rank:
        return "same"
    return "up" if now.rank < before.rank else "down"
