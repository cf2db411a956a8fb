"""The first page of key accounts: figures, tiers, findings, changes, and the list of customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from kamrules.plugin import (
    Columns,
    Curve,
    Head,
    Kind,
    Lang,
    Part,
    Point,
    Pyramid,
    Result,
    Row,
    Section,
    Sections,
    Sentences,
    Slab,
    Table,
    Tiles,
    fmt,
    say,
    word,
)

from .figures import Pareto
from .spread import Whale
from .summary import CustomerLine, Summary, summarise

MOST_CHANGES = 40


def home(result: Result, lang: Lang) -> Sections:
    """Return what a page says of key accounts, nothing where the book has none."""
    if result.data.subjects is None:
        return Sections(())
    summary = summarise(result, lang)
    values = {field.name: getattr(summary, field.name) for field in fields(summary)}
    return Sections(tuple(_Home(result, lang, summary).parts()), values)


class _Home:
    """A summary as sections, in one language."""

    def __init__(self, result: Result, lang: Lang, summary: Summary) -> None:
        self.words, self.lang, self.summary = result.headline, lang, summary
        unit = summary.sales_unit
        self.unit = self._word("unit", unit=unit) if unit else ""
        self.sheet = result.data.subjects.spec.key if result.data.subjects else ""

    def _word(self, name: str, **params: Any) -> str:
        return say(word(self.words, name), **params).of(self.lang)

    def _heads(self, *columns: tuple[str, Kind, int]) -> tuple[Head, ...]:
        return tuple(
            Head(self._word(name) + (self.unit if name == "sales" else ""), kind, span)
            for name, kind, span in columns
        )

    def parts(self) -> Iterator[Part]:
        """Yield the parts of the page from top to bottom."""
        summary = self.summary
        findings = Sentences(self._word("findings"), summary.findings)
        bands: list[tuple[Section, ...]] = [(Tiles(summary.tiles),)]
        yield Part("", (*bands, *([(findings,)] if summary.findings else [])))
        pareto = [self._pareto(summary.pareto)] if summary.pareto else []
        charts: tuple[Section, ...] = (self._pyramid(), *pareto)
        moves = [summary.moves] if summary.moves else []
        yield Part(self._word("structure"), (charts, (self._tiers(), *moves)))
        if summary.benchmarks:
            whale = [self._whale(summary.whale)] if summary.whale else []
            yield Part(self._word("spread"), ((*whale, self._benchmarks()),))
        if summary.borderline:
            yield Part(self._word("borderline"), ((self._borderline(),),))
        if summary.changes:
            yield Part("", ((self._changes(),),))
        yield Part(self._word("customer_list"), ((self._list(),),), self.sheet)

    def _pyramid(self) -> Pyramid:
        slabs = tuple(
            Slab(line.tier.label, line.customers, line.customer_share, line.tier.ink)
            for line in self.summary.tiers
            if line.tier.key
        )
        title, hint = self._word("pyramid"), self._word("pyramid_hint")
        return Pyramid("pyramid", title, hint, slabs, self._word("customers"))

    def _pareto(self, pareto: Pareto) -> Columns:
        return Columns(
            "pareto",
            self._word("pareto"),
            self._word("pareto_hint", unit=self.unit),
            pareto.bars,
            (self._word("sales"), self._word("cumulative")),
            0.8,
            pareto.needed,
            self._word("pareto_mark", count=fmt(pareto.needed, "int", self.lang)),
            self.summary.sales_unit,
            self.summary.sales_scale,
        )

    def _whale(self, whale: Whale) -> Curve:
        return Curve(
            "whale",
            self._word("whale"),
            self._word("whale_hint", unit=self.unit),
            tuple(Point(point.customers, point.profit) for point in whale.points),
            Point(whale.peak.customers, whale.peak.profit),
            self._word("whale_mark", count=fmt(whale.peak.customers, "int", self.lang)),
            self.summary.sales_unit,
            self.summary.sales_scale,
        )

    def _tiers(self) -> Table:
        compared: Sequence[tuple[str, Kind, int]] = (
            [("previous", "count", 2)] if self.summary.moves else []
        )
        heads: Sequence[tuple[str, Kind, int]] = (
            ("tier", "grade", 1), ("customers", "count", 2),
            ("customer_share", "percent", 1 if compared else 3), *compared,
            ("sales", "measure", 1), ("sales_share", "percent", 1),
        )  # fmt: skip
        rows = tuple(
            Row((
                line.tier, line.customers, line.customer_share,
                *([line.previous] if compared else []), line.sales, line.sales_share,
            ))
            for line in self.summary.tiers
        )  # fmt: skip
        return self._table(self._word("tiers"), heads, rows, book=True)

    def _table(
        self, title: str, heads: Sequence[tuple[str, Kind, int]], rows: Sequence[Row], **more: Any
    ) -> Table:
        unit, scale = self.summary.sales_unit, self.summary.sales_scale
        return Table(title, self._heads(*heads), tuple(rows), unit=unit, scale=scale, **more)

    def _benchmarks(self) -> Table:
        rows = [
            Row(((line.label, line.note), line.quoted, line.own))
            for line in self.summary.benchmarks
        ]
        heads: Sequence[tuple[str, Kind, int]] = (
            ("figure", "noted", 1), ("quoted", "figure", 1), ("own", "figure", 1),
        )  # fmt: skip
        return self._table(
            self._word("spread"), heads, rows, hint=self._word("spread_hint"), quoted=True
        )

    def _borderline(self) -> Table:
        rows = [
            Row((line.id, line.name, line.share, line.tier, line.why))
            for line in self.summary.borderline
        ]
        heads: Sequence[tuple[str, Kind, int]] = (
            ("customer_id", "text", 1), ("customer", "text", 1), ("share", "percent", 1),
            ("tier", "grade", 1), ("why", "sentence", 1),
        )  # fmt: skip
        return self._table("", heads, rows, hint=self._word("borderline_hint"))

    def _changes(self) -> Table:
        rows = [
            Row((line.name or line.id, line.previous, line.tier, line.rule, line.why), line.row)
            for line in self.summary.changes[:MOST_CHANGES]
        ]
        heads: Sequence[tuple[str, Kind, int]] = (
            ("customer", "text", 3), ("previous", "grade", 1), ("now", "grade", 2),
            ("rule", "word", 1), ("why", "sentence", 7),
        )  # fmt: skip
        more = self.summary.changed - MOST_CHANGES
        rest = self._word("more_changes", count=more) if more > 0 else ""
        title = self._word("changes")
        return self._table(title, heads, rows, rest=rest, report=False, book=True)

    def _list(self) -> Table:
        compared: Sequence[tuple[str, Kind, int]] = (
            [("change", "change", 1)] if self.summary.moves else []
        )
        heads: Sequence[tuple[str, Kind, int]] = (
            ("customer_id", "text", 1), ("customer", "text", 1), ("sales", "measure", 1),
            ("share", "bar", 1), ("tier", "grade", 1), *compared, ("why", "reason", 1),
        )  # fmt: skip
        rows = [self._row(line, bool(compared)) for line in self.summary.customers]
        groups = tuple(line.tier.label for line in self.summary.tiers)
        return self._table("", heads, rows, rest=self.summary.listing, list=True, groups=groups)

    def _row(self, line: CustomerLine, compared: bool) -> Row:
        cells = (
            line.id, line.name, line.sales, line.share, line.tier,
            *([(line.previous, line.change)] if compared else []), (line.rule, line.why),
        )  # fmt: skip
        moved = line.change in ("up", "down")
        return Row(cells, line.row, line.tier.label, moved, line.tier.ink)
