"""What a run adds up to, in one language: the content of the 汇总 sheet and of reports."""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import polars as pl

from kamrules.engine.decision import MISSING, RULE, Decision
from kamrules.messages.problem import Problem, Severity
from kamrules.messages.text import label
from kamrules.page import spread
from kamrules.page.spread import Benchmark, Whale
from kamrules.rules.decision_table import DecisionTable, Rule
from kamrules.rules.words import DEFAULT
from kamrules.run.governance import on_trial
from kamrules.run.result import Result
from kamrules.sheets.column import ROW
from kamrules.words.names import aliases, both
from kamrules.words.shown import fmt
from kamrules.words.text import Lang, Text, say
from kamrules.words.units import read_unit

# fmt: off
DEFAULT_WORD = Text("默认", "Default")
# fmt: on


_BORDERLINE = {"临界", "borderline"}
Tone = Literal["plain", "note", "warning", "error"]

TONES: Mapping[Tone, str] = {
    "plain": "1F2933",
    "note": "A8690B",
    "warning": "B54708",
    "error": "B42318",
}
# Ink and paper by rank: indigo, amber, slate, brown; then teal, plum, olive, steel, and again.
PALETTE = (
    ("3B4A8C", "E4E8F6"),
    ("A8690B", "FBF0D6"),
    ("5B6B7B", "EBEFF3"),
    ("85604F", "F4EBE6"),
    ("0F766E", "E0F2F0"),
    ("7A3E78", "F3E8F2"),
    ("5F6B1E", "F0F2E0"),
    ("2F6690", "E3EEF6"),
)
UNDECIDED = ("B42318", "FDECEA")
NEUTRAL = ("66727F", "F1F3F5")

MOST_LISTED = 1_000
TOP_LISTED = 200
MOST_BARS = 200
_MOST_NAMED = 4
BULK = 0.6
# Keys of the run record that name a rule workbook begin with this.
_RULES = "rules "
LAST = 999  # rank of what is no tier of the scheme

# Figures from this size on are shown in this unit.
_UNITS: Mapping[Lang, Sequence[tuple[float, str]]] = {
    "zh": ((1e10, "亿"), (1e6, "万")),
    "en": ((1e9, "m"), (1e6, "k")),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A tier as shown; *key* is the value itself, empty for undecided. Rank 0 is the best."""

    key: str
    label: str
    rank: int
    ink: str
    paper: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure at the top; *key* names what it counts."""

    key: str
    label: str
    value: str
    tone: Tone


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
class Finding:
    """A sentence worth reading first."""

    text: str
    tone: Tone


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
class Move:
    """A cell of the moves matrix."""

    customers: int
    change: str


@dataclass(frozen=True, slots=True)
class Moves:
    """Customers by previous tier (down) and tier now (across)."""

    rows: tuple[Chip, ...]
    columns: tuple[Chip, ...]
    cells: tuple[tuple[Move, ...], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One customer of the Pareto chart."""

    rank: int
    name: str
    sales: float
    cumulative: float
    ink: str


@dataclass(frozen=True, slots=True)
class Pareto:
    """Customers by falling sales, thinned out when many; the first *needed* bring 80%.

    *customers* are those with sales.
    """

    bars: tuple[Bar, ...]
    needed: int
    customers: int


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A problem as shown; *link* is the place to go to, empty outside the customer workbook."""

    code: str
    severity: Severity
    level: str
    place: str
    link: str
    customer: str
    what: str
    found: str
    why: str
    fix: str
    effect: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule with its cells as typed; *tiers* says which outputs are tiers."""

    id: str
    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tiers: tuple[Chip | None, ...]
    notes: tuple[str, ...]
    hits: int
    change: str = ""


@dataclass(frozen=True, slots=True)
class TableLines:
    """A decision table as executed; *state* says who answers for it, and whether it decided."""

    name: str
    title: str
    policy: str
    source: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    notes: tuple[str, ...]
    rules: tuple[RuleLine, ...]
    state: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """Plain data for one reader: strings in *lang*, numbers as numbers.

    *sales_unit* and *sales_scale* say how to show sales: divided by the scale, with the unit in the
    header. *listing* says which customers are listed where not all are.
    """

    lang: Lang
    book: str
    title: str
    subtitle: str
    run: str
    sales_unit: str
    sales_scale: float
    tiles: tuple[Tile, ...]
    tiers: tuple[TierLine, ...]
    findings: tuple[Finding, ...]
    changes: tuple[CustomerLine, ...]  # the largest; *changed* counts all
    changed: int
    moves: Moves | None
    customers: tuple[CustomerLine, ...]
    listing: str
    pareto: Pareto | None
    whale: Whale | None
    benchmarks: tuple[Benchmark, ...]
    borderline: tuple[CustomerLine, ...]
    problems: tuple[ProblemLine, ...]
    tables: tuple[TableLines, ...]


def summarise(result: Result, lang: Lang) -> Summary:
    """Return what a run adds up to, in one language."""
    return _Reader(result, lang).summary()


def tier_chips(result: Result, lang: Lang) -> dict[str, Chip]:
    """Return every tier by its value, best first, values outside the scheme after it."""
    found = result.subjects["grade"].cast(pl.String).drop_nulls().unique().sort().to_list()
    keys = [*result.grades, *(tier for tier in found if tier not in result.grades)]
    return {
        key: Chip(key, shown(result, key, lang), rank, *PALETTE[rank % len(PALETTE)])
        for rank, key in enumerate(keys)
    }


def undecided_chip(lang: Lang) -> Chip:
    """Return what stands where no tier was decided."""
    return Chip("", label("undecided").of(lang), LAST, *UNDECIDED)


def shown(result: Result, value: str, lang: Lang) -> str:
    """Return a value in the language of the reader, as it is where no glossary names it."""
    return result.labels[value].of(lang) if value in result.labels else value


def heading(result: Result, name: str, lang: Lang) -> str:
    """Return the name of a column of a rule table, typed in one language or in both."""
    return result.labels.get(name, both(name)).of(lang)


def period_name(period: tuple[dt.date, dt.date]) -> str:
    """Return 2025, 2025Q3 or 2025-09 for a whole year, quarter or month, else both ends."""
    start, end = period
    whole = start.day == 1 and end.day == calendar.monthrange(end.year, end.month)[1]
    months = (start.month, end.month)
    if whole and start.year == end.year:
        if months == (1, 12):
            return f"{start.year}"
        if months in {(1, 3), (4, 6), (7, 9), (10, 12)}:
            return f"{start.year}Q{end.month // 3}"
        if start.month == end.month:
            return f"{start:%Y-%m}"
    return f"{start.isoformat()}..{end.isoformat()}"


def place_link(sheet: str, ref: str) -> str:
    """Return a place of the same workbook as a link names it, such as ``'客户'!F11``."""
    return "'" + sheet.replace("'", "''") + f"'!{ref}"


def rule_name(rule: str, lang: Lang) -> str:
    """Return a rule id as shown."""
    return DEFAULT_WORD.of(lang) if rule == DEFAULT else rule


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
        self.chips = tier_chips(result, lang)
        self.undecided = undecided_chip(lang)

    def summary(self) -> Summary:
        unit, scale = self._unit()
        return Summary(
            lang=self.lang,
            book=self.result.data.book,
            title=self._word("title"),
            subtitle=self._subtitle(),
            run=_digest(self.result.record),
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
            problems=tuple(self._problems()),
            tables=tuple(self._table(decision) for decision in self.result.decisions),
        )

    # words

    def _word(self, name: str, **params: Any) -> str:
        return say(label(name), **params).of(self.lang)

    def _number(self, value: float, percent: bool = False) -> str:
        return fmt(value, "percent" if percent else "number", self.lang)

    def _chip(self, key: str | None) -> Chip:
        if not key:
            return self.undecided
        other = Chip(key, shown(self.result, key, self.lang), LAST, *NEUTRAL)
        return self.chips.get(key, other)

    def _subtitle(self) -> str:
        result, record = self.result, self.result.record
        rules = [key.removeprefix(_RULES) for key in record if key.startswith(_RULES)]
        names = [name for name in rules if not name.startswith("file ")]
        parts = [
            result.data.book,
            self._word("as_of", date=result.as_of.isoformat()),
            self._word("period", period=period_name(result.period)),
        ]
        if result.scheme:
            scheme = shown(result, result.scheme, self.lang)
            parts.append(self._word("scheme", scheme=scheme))
        if names:
            # The record names them all; a line of a page has room for a few.
            more = f" (+{len(names) - _MOST_NAMED})" if len(names) > _MOST_NAMED else ""
            named = ", ".join(names[:_MOST_NAMED]) + more
            parts.append(self._word("rule_sets", names=named))
        if "kamrules" in record:
            parts.append(f"kamrules {record['kamrules']}")
        return " · ".join(parts)

    def _unit(self) -> tuple[str, float]:
        largest = self.frame["sales"].max()
        for size, word in _UNITS[self.lang]:
            unit = read_unit(word)
            if unit and isinstance(largest, float) and largest >= size:
                return word, unit.scale
        return "", 1.0

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
            yield Tile(key, self._word(key), self._number(count) if known else "—", tone)

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
        idle = [d.table for d in self.result.decisions if _is_idle(d)]
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

    def _moves(self) -> Moves | None:
        if not self.compared:
            return None
        grouped = self.frame.group_by("previous", "tier").len()
        counts = {(before or "", now or ""): n for before, now, n in grouped.iter_rows()}
        others = sorted({before for before, _ in counts} - self.chips.keys() - {""})
        rows = [*self.chips.values(), *(self._chip(before) for before in others)]
        if any(not before for before, _ in counts):
            rows.append(Chip("", self._word("new"), LAST, *NEUTRAL))
        columns = list(self.chips.values())
        if self.no_tier:
            columns.append(self.undecided)
        cells = tuple(
            tuple(Move(counts.get((row.key, now.key), 0), _change(row, now)) for now in columns)
            for row in rows
        )
        return Moves(tuple(rows), tuple(columns), cells)

    # problems and rules

    def _problems(self) -> Iterator[ProblemLine]:
        order: Sequence[Severity] = ("error", "warning", "notice")
        for problem in sorted(self.result.problems, key=lambda p: order.index(p.severity)):
            yield self._problem(problem)

    def _problem(self, problem: Problem) -> ProblemLine:
        where = problem.where
        here = where.book == self.result.data.book
        ref = re.split(r"[,;\s]", where.ref)[0] or "A1"
        texts: Sequence[Text] = (problem.what, problem.why, problem.fix, problem.effect)
        what, why, fix, effect = (text.of(self.lang) for text in texts)
        return ProblemLine(
            problem.code,
            problem.severity,
            self._word(problem.severity),
            where.local if here else str(where),
            place_link(where.sheet, ref) if here and where.sheet else "",
            problem.key,
            what,
            problem.found,
            why,
            fix,
            effect,
        )

    def _table(self, decision: Decision) -> TableLines:
        table = decision.table
        notes = tuple(dict.fromkeys(name for rule in _rules(table) for name in rule.notes))
        return TableLines(
            table.name,
            table.title.of(self.lang) or table.name,
            self._word("hit_policy", policy=table.policy.shown),
            table.source,
            tuple(heading(self.result, i.label, self.lang) for i in table.inputs),
            tuple(heading(self.result, o.label, self.lang) for o in table.outputs),
            tuple(heading(self.result, name, self.lang) for name in notes),
            tuple(self._rule(table.name, rule, decision.hits, notes) for rule in _rules(table)),
            self._state(decision),
        )

    def _state(self, decision: Decision) -> str:
        """Return who answers for a table, from when to when it holds, and whether it decided."""
        said = decision.table.properties
        names = ("owner", "approved", "version", "from", "to")
        parts = [f"{self._word(f'table_{n}')} {said[n]}" for n in names if said.get(n)]
        if on_trial(decision.table):
            parts.append(self._word("on_trial"))
        if _is_idle(decision):
            parts.append(self._word("idle"))
        return " · ".join(parts)

    def _rule(
        self, table: str, rule: Rule, hits: Mapping[str, int], notes: Sequence[str]
    ) -> RuleLine:
        outputs = tuple(entry.text for entry in rule.outputs)
        change = self.result.rule_changes.get((table, rule.id), "")
        return RuleLine(
            rule.id,
            rule_name(rule.id, self.lang),
            tuple(entry.text for entry in rule.inputs),
            outputs,
            tuple(self.chips.get(text.strip().strip('"“”')) for text in outputs),
            tuple(rule.notes.get(name, "") for name in notes),
            hits.get(rule.id, 0),
            self._word(f"rule_{change}") if change else "",
        )


def _digest(record: Mapping[str, str]) -> str:
    """Return an id that two runs share only if they had the same input, rules and date."""
    lines = "\n".join(f"{key}={value}" for key, value in record.items())
    return hashlib.sha256(lines.encode()).hexdigest()[:12]


def _is_idle(decision: Decision) -> bool:
    """Return whether a table decided nothing because what it needs is not in the book."""
    frame = decision.frame
    nobody = frame[RULE].null_count() == frame.height
    return nobody and frame[MISSING].null_count() == 0


def _rules(table: DecisionTable) -> Iterable[Rule]:
    return table.rules if table.default is None else (*table.rules, table.default)


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
