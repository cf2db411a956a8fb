"""What the cuts of every scheme of grades lead to: subjects, sales and profit of each, moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl

from kamrules.ask.explain.trace import deciding
from kamrules.engine.decide import Decided, decide
from kamrules.engine.decision import Decision
from kamrules.page.shown import BULK
from kamrules.rules.cell.ast import AnyOf, Compare, Interval, Lit, Name, Not, Test, operands
from kamrules.rules.decision_table import Input
from kamrules.rules.link import LinkedTable
from kamrules.run.headline import word
from kamrules.run.result import Result
from kamrules.run.stages import Workings
from kamrules.sheets.column import ROW
from kamrules.words.names import aliases, both
from kamrules.words.shown import fmt
from kamrules.words.text import Text, say
from kamrules.words.types import NUMERIC, TEXTUAL, Type

# fmt: off
CALIBRATE_NEAR = Text("{count} 户离门槛 {column} {value} 不到 {band}: {keys}",
                      "Within {band} of the cut {column} {value}: {count} ({keys})")
# fmt: on


# What a cut is multiplied by to see what another value would do.
FACTORS = tuple(map(Decimal, ("0.5", "0.6", "0.7", "0.8", "0.9", "1", "1.1", "1.25", "1.5", "2")))
# A subject whose value is this near to a cut, as part of the cut, is borderline.
BAND = 0.1


@dataclass(frozen=True, slots=True)
class Group:
    """The subjects of a grade, with their part of all sales and of all profit where known."""

    grade: str | None
    count: int
    sales: float | None
    profit: float | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a value of a cut leads to: *moved* counts the grades that differ from now.

    *up* and *down* are against last period, None where its grades are not those of the scheme.
    """

    value: Any
    current: bool
    groups: tuple[Group, ...]
    moved: int
    up: int | None
    down: int | None


@dataclass(frozen=True, slots=True)
class Cut:
    """A constant of a scheme's conditions: the rules that have it, and what others would do."""

    column: Text
    type: Type
    value: Any
    rules: tuple[str, ...]
    trials: tuple[Trial, ...]
    borderline: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A table that gives grades: its subjects now, its cuts, and what is odd about it."""

    table: str
    output: Text
    official: bool
    groups: tuple[Group, ...]
    cuts: tuple[Cut, ...]
    warnings: tuple[Text, ...]


def calibrate(workings: Workings) -> tuple[Scheme, ...]:
    """Return what every cut of every scheme of grades leads to."""
    money = _money(workings.result)
    return tuple(_Scheme(workings, d, x, money).scheme() for d, x in _schemes(workings))


def _money(result: Result) -> pl.DataFrame:
    """Return id, sales and profit of every subject, null where nobody knows."""
    found, sheet = result.subjects.select(ROW, "id", sales="measure"), result.data.subjects
    if sheet is None or "profit" not in sheet.frame.columns:
        return found.with_columns(pl.lit(None, pl.Float64).alias("profit"))
    profit = sheet.frame.select(ROW, pl.col("profit").cast(pl.Float64))
    return found.join(profit, on=ROW, how="left", maintain_order="left")


def _schemes(workings: Workings) -> Iterator[tuple[Decided, Decision]]:
    """Yield the tables that give grades by a cut, in the order the official table names them."""
    by_name = {d.table.name: (d, x) for d, x in workings.decided}
    names = deciding(workings, every=True)
    referred = _referred(by_name[name][0] for name in names)
    for name in names:
        decided, decision = by_name[name]
        grades = [o for o in decided.table.outputs if o.type in TEXTUAL]
        given = not referred or any(set(aliases(o.label)) & referred for o in grades)
        cuts = any(_constants(decided.table.rules, n) for n in _ordered(decided))
        if grades and given and cuts and decided.table.policy.gives == "one":
            yield decided, decision


def _referred(tables: Iterable[Decided]) -> set[str]:
    """Return the results that results of some tables refer to, as ``{初评}``."""
    return {
        a for d in tables for r in d.table.rules for e in r.outputs
        if isinstance(e.meaning, Name) for a in aliases(e.meaning.name)
    }  # fmt: skip


def _ordered(decided: Decided) -> list[int]:
    """Return the places of the input columns whose values have an order."""
    inputs: Sequence[Input] = decided.table.inputs
    return [n for n, i in enumerate(inputs) if i.type in NUMERIC]


def _constants(rules: Iterable[Any], column: int) -> list[Decimal]:
    found = {
        e.value for r in rules for e in operands(r.inputs[column].meaning)
        if isinstance(e, Lit) and isinstance(e.value, Decimal)
    }  # fmt: skip
    return sorted(found)


def _ends(column: Input) -> set[Decimal]:
    """Return the least and the greatest value of a Values row, which divide nothing."""
    bounds = {
        e.value for t in column.values for e in operands(t)
        if isinstance(e, Lit) and isinstance(e.value, Decimal)
    }  # fmt: skip
    return {min(bounds), max(bounds)} if bounds else set()


class _Scheme:
    """One scheme, decided again with other cuts."""

    def __init__(
        self, workings: Workings, decided: Decided, decision: Decision, money: pl.DataFrame
    ) -> None:
        self.workings, self.decided, self.decision = workings, decided, decision
        self.output = self._output()
        rows = decided.frame.select(ROW)
        self.money = rows.join(money, on=ROW, how="left", maintain_order="left")
        previous = workings.result.subjects.select(ROW, "previous")
        self.previous = rows.join(previous, on=ROW, how="left", maintain_order="left")["previous"]
        self.now: pl.Series = decision.frame[self.output]
        self.grades = self._grades()

    def _output(self) -> str:
        """Return the output that gives the grade: the one others refer to, else the first."""
        outputs = [o.label for o in self.decided.table.outputs if o.type in TEXTUAL]
        referred = _referred(d for d, _ in self.workings.decided)
        return next((o for o in outputs if set(aliases(o)) & referred), outputs[0])

    def _grades(self) -> list[str]:
        place = next(n for n, o in enumerate(self.decided.table.outputs) if o.label == self.output)
        values = self.decided.table.outputs[place].values
        listed = [e.value for t in values for e in operands(t) if isinstance(e, Lit)]
        given = [r.outputs[place].meaning for r in self.decided.table.rules]
        found = listed or [e.value for e in given if isinstance(e, Lit)]
        return [str(t) for t in dict.fromkeys(found) if t is not None]

    def scheme(self) -> Scheme:
        """Return the scheme with all its cuts."""
        table = self.decided.table
        used = self.workings.result.subjects["table"].drop_nulls()
        cuts = tuple(
            self._cut(n, value, values)
            for n in _ordered(self.decided)
            for values in [_constants(table.rules, n)]
            for value in values
            if value not in _ends(table.inputs[n]) and not self.now.is_null().all()
        )
        groups = self.groups(self.now)
        return Scheme(
            table.name, both(self.output), table.name in used, groups, cuts,
            tuple(self._warnings(groups, cuts)),
        )  # fmt: skip

    def groups(self, grades: pl.Series) -> tuple[Group, ...]:
        """Return the subjects of each grade with their parts of sales and profit."""
        frame = self.money.with_columns(grades.alias("grade"))
        sums = {k: float(frame[k].sum() or 0) for k in ("sales", "profit")}
        found = {
            t: (count, sales, profit)
            for t, count, sales, profit in frame.group_by("grade")
            .agg(pl.len(), "sales", "profit")
            .with_columns(pl.col("sales", "profit").list.sum())
            .iter_rows()
        }
        known = not frame["profit"].is_null().all()
        names = [*self.grades, *sorted(t for t in found if t is not None and t not in self.grades)]
        undecided = [None] if None in found else []
        groups = []
        for name in (*names, *undecided):
            count, sales, profit = found.get(name, (0, 0.0, 0.0))
            part = sales / sums["sales"] if sums["sales"] > 0 else None
            gain = profit / sums["profit"] if known and sums["profit"] > 0 else None
            groups.append(Group(name, count, part, gain))
        return tuple(groups)

    def _cut(self, n: int, value: Decimal, values: Sequence[Decimal]) -> Cut:
        table, column = self.decided.table, self.decided.table.inputs[n]
        mine = [
            r.id for r in table.rules
            if value in [e.value for e in operands(r.inputs[n].meaning) if isinstance(e, Lit)]
        ]  # fmt: skip
        below = [v for v in values if v < value]
        above = [v for v in values if v > value]
        trials = [
            self._trial(n, value, v)
            for v in _others(value, column.type)
            if (not below or v > below[-1]) and (not above or v < above[0])
        ]
        near = self._near(n, value)
        return Cut(both(column.label), column.type, value, tuple(mine), tuple(trials), near)

    def _trial(self, n: int, old: Decimal, new: Decimal) -> Trial:
        compiled = self.decided.compiled
        grades = self.now
        if new != old:
            linked = _with_cut(compiled.linked, n, old, new)
            again = decide(linked, self.decided.frame, compiled.synonyms).decision()
            grades = again.frame[self.output]
        moved = int(grades.ne_missing(self.now).sum())
        rank = {t: place for place, t in enumerate(self.grades)}
        before, now = (
            s.replace_strict(rank, default=None, return_dtype=pl.Int32)
            for s in (self.previous, grades)
        )
        compared = (before.is_not_null() & now.is_not_null()).any()
        up = int((now < before).sum()) if compared else None
        down = int((now > before).sum()) if compared else None
        return Trial(new, new == old, self.groups(grades), moved, up, down)

    def _near(self, n: int, value: Decimal) -> tuple[str, ...]:
        """Return the ids of the subjects whose value is close to a cut."""
        column = self.decided.compiled.linked.inputs[n]
        band = abs(float(value)) * BAND
        near = (self.decided.frame[column] - float(value)).abs() <= band
        # A count is at a cut or one beside it; nothing is near.
        if not band or (self.decided.table.inputs[n].type == "int" and band < 1):
            return ()
        return tuple(self.money.filter(near.fill_null(False))["id"].drop_nulls())

    def _warnings(self, groups: Sequence[Group], cuts: Sequence[Cut]) -> Iterator[Text]:
        total = sum(g.count for g in groups)
        names = self.workings.result.labels
        headline = self.workings.result.headline
        for group in groups:
            if group.grade is None or not self.now.count():
                continue
            grade = names.get(group.grade, Text(group.grade, group.grade))
            part = group.count / total
            if not group.count:
                yield say(word(headline, "says_empty"), grade=grade)
            elif part > BULK:
                parts = Text(fmt(part, "percent"), fmt(part, "percent"))
                yield say(word(headline, "says_bulk"), grade=grade, part=parts, count=group.count)
        for cut in cuts:
            if cut.borderline:
                value, ids = fmt(cut.value, cut.type), cut.borderline
                listed = ", ".join(ids[:10]) + (" ..." if len(ids) > 10 else "")
                yield say(
                    CALIBRATE_NEAR, count=len(ids), value=value, column=cut.column,
                    band=fmt(BAND, "percent"), keys=listed,
                )  # fmt: skip


def _others(value: Decimal, type_: Type) -> list[Decimal]:
    """Return the values to try for a cut, in two digits, the cut itself among them."""
    found = {value}
    whole = type_ == "int" and value == int(value)
    for factor in FACTORS:
        tried = value * factor
        if tried:
            digits = Decimal(1).scaleb(tried.adjusted() - 1)
            found.add(tried.quantize(max(digits, Decimal(1)) if whole else digits, ROUND_HALF_UP))
    return sorted(found)


def _with_cut(linked: LinkedTable, column: int, old: Decimal, new: Decimal) -> LinkedTable:
    """Return a table with one constant of an input column replaced wherever it stands."""
    rules = []
    for rule in linked.table.rules:
        entry = rule.inputs[column]
        changed = replace(entry, meaning=_replaced(entry.meaning, old, new))
        entries = (*rule.inputs[:column], changed, *rule.inputs[column + 1 :])
        rules.append(replace(rule, inputs=entries))
    return replace(linked, table=replace(linked.table, rules=tuple(rules)))


def _replaced(test: Test, old: Decimal, new: Decimal) -> Test:
    def value(expr: Any) -> Any:
        return replace(expr, value=new) if isinstance(expr, Lit) and expr.value == old else expr

    if isinstance(test, Compare):
        return replace(test, value=value(test.value))
    if isinstance(test, Interval):
        return replace(test, low=value(test.low), high=value(test.high))
    if isinstance(test, AnyOf):
        return AnyOf(tuple(_replaced(t, old, new) for t in test.tests))
    if isinstance(test, Not):
        return Not(_replaced(test.test, old, new))
    return test
