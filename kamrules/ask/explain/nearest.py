"""The nearest better outcome of a subject: the smallest change of one input, tried for real."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from typing import Any, Literal

import polars as pl

from kamrules.ask.explain.trace import deciding
from kamrules.engine.decide import Decided
from kamrules.engine.decision import Decision
from kamrules.facts.join import with_facts
from kamrules.intake.body import DUPLICATE
from kamrules.messages.problem import Cell
from kamrules.rules.cell.ast import Lit, Name, operands
from kamrules.rules.link import LinkedTable
from kamrules.run.decisions import decide_all
from kamrules.run.headline import is_named, subjects
from kamrules.run.stages import Workings
from kamrules.sheets.column import ROW, UNREADABLE, Column
from kamrules.sheets.sheet import Data, Sheet
from kamrules.words.dtypes import DTYPES
from kamrules.words.fold import fold
from kamrules.words.names import both
from kamrules.words.text import Text
from kamrules.words.types import NUMERIC, Type

CENT = Decimal("0.01")
# What comes on top is looked for up to this multiple of the whole.
FURTHEST = 99


@dataclass(frozen=True, slots=True)
class Better:
    """A change that gives a better grade: of the measure, of a cell, or of a fact nobody types.

    *extra* is what must come on top of the measure in the period; totals grow with it, and *then*
    is the value of the column after it.
    """

    kind: Literal["measure", "cell", "fact"]
    column: str
    name: Text
    type: Type
    now: Any
    then: Any
    where: Cell | None
    grade: str
    table: str
    rule: str
    extra: float | None = None


def nearest(workings: Workings, row: Mapping[str, Any]) -> list[Better]:
    """Return for each input that can move the smallest change that gives a better grade.

    *row* is a row of ``Result.subjects``. Every change is decided again with all tables before it
    is returned; nothing is returned for a subject that is undecided or has the best grade.
    """
    grades, sheet = workings.result.grades, workings.data.subjects
    if sheet is None or row["grade"] not in grades or row["grade"] == grades[0]:
        return []
    search = _Search(workings, sheet, row)
    by_measure = search.by_measure()
    found = [*by_measure, *search.by_value()]
    order = {"measure": 0, "cell": 1, "fact": 2}
    return sorted(found, key=lambda b: (order[b.kind], grades.index(b.grade)))


class _Search:
    """One subject's row, decided again with something changed."""

    def __init__(self, workings: Workings, sheet: Sheet, row: Mapping[str, Any]) -> None:
        self.workings, self.row, self.sheet = workings, row, sheet
        self.headline = workings.result.headline
        self.mine = self._with_absent(self.sheet.frame.filter(pl.col(ROW) == row[ROW]))
        chain = set(deciding(workings))
        self.tables = [t for t in workings.linked if t.table.name in chain]
        self.rank = {t: n for n, t in enumerate(workings.result.grades)}
        self.driven: frozenset[str] = frozenset()

    def _with_absent(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a frame with the known columns that the sheet does not have, as blanks."""
        known = [c for c in self.sheet.spec.columns if c.key not in frame.columns]
        return frame.with_columns(pl.lit(c.blank, DTYPES[c.type]).alias(c.key) for c in known)

    def decided(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return what ``Result.subjects`` would hold for some rows of the sheet of subjects."""
        data, found = self._decide(frame)
        return subjects(data, found, {})[0]

    def _grade(self, frame: pl.DataFrame) -> str | None:
        """Return the grade of one row, without the reasons."""
        data, found = self._decide(frame)
        graded = self.workings.result.headline.grade
        given = data.sheets[self.sheet.spec.key].frame
        official = (o.label for d, _ in found for o in d.table.outputs if is_named(o.label, graded))
        value: str | None = given[next(official)][0]
        return value

    def _decide(self, frame: pl.DataFrame) -> tuple[Data, list[tuple[Decided, Decision]]]:
        outputs = {o.label for t in self.tables for o in t.table.outputs}
        plain = frame.drop([c for c in frame.columns if c in outputs or c == DUPLICATE])
        data = self._with(self.workings.data, replace(self.sheet, frame=plain))
        found, data, _ = decide_all(data, self.tables, self.workings.labels)
        return data, found

    @staticmethod
    def _with(data: Data, sheet: Sheet) -> Data:
        return replace(data, sheets={**data.sheets, sheet.spec.key: sheet})

    def better(self, grade: str | None) -> bool:
        """Return whether a grade is better than the subject's."""
        return grade in self.rank and self.rank[grade] < self.rank[self.row["grade"]]

    def inputs(self) -> Iterator[tuple[LinkedTable, int, str, Type]]:
        """Yield the inputs of the deciding tables that are neither results nor parameters."""
        outputs = {o.label for t in self.tables for o in t.table.outputs}
        for table in self.tables:
            for n, column in enumerate(table.inputs):
                if column not in outputs and column not in table.constants:
                    yield table, n, column, table.table.inputs[n].type

    # a cell or a fact

    def by_value(self) -> list[Better]:
        """Return the nearest change of each cell or fact, all tried in one go."""
        tries: dict[tuple[str, Any], tuple[Type, str]] = {}
        for table, n, column, type_ in self.inputs():
            if self._can_move(column, type_):
                for value in self._candidates(table, n, column, type_):
                    tries.setdefault((column, value), (type_, table.table.inputs[n].label))
        if not tries:
            return []
        rows = [
            self._changed(column, value, type_).with_columns(pl.lit(n, pl.UInt32).alias(ROW))
            for n, ((column, value), (type_, _)) in enumerate(tries.items())
        ]
        after = self.decided(pl.concat(rows, how="diagonal_relaxed"))
        nearest_: dict[str, tuple[Any, Better]] = {}
        for ((column, value), (type_, label)), new in zip(
            tries.items(), after.iter_rows(named=True), strict=True
        ):
            if not self.better(new["grade"]):
                continue
            now = self._now(column)
            far = (_distance(now, value), -self.rank[new["grade"]])
            if column not in nearest_ or far < nearest_[column][0]:
                nearest_[column] = (far, self._better(column, label, type_, now, value, new))
        return [b for _, b in nearest_.values()]

    def _better(
        self, column: str, label: str, type_: Type, now: Any, then: Any, new: Mapping[str, Any]
    ) -> Better:
        letter = self.sheet.letters.get(column)
        book, title = self.workings.data.book, self.sheet.title
        where = Cell(book, title, f"{letter}{self.row[ROW]}") if letter else None
        kind: Literal["cell", "fact"] = "fact" if self._fact(column) else "cell"
        given = (new["grade"], new["table"], new["rule"])
        return Better(kind, column, both(label), type_, now, then, where, *given)

    def _fact(self, column: str) -> Column | None:
        given = (
            c for f in self.workings.facts if f.sheet == self.sheet.spec.key for c in f.columns
        )
        return next((c for c in given if c.key == column), None)

    def _can_move(self, column: str, type_: Type) -> bool:
        """Return whether staff or business can change a value, beside by raising the measure."""
        if column in self.driven or column == self.sheet.spec.unique or type_ == "text":
            return False
        fact = self._fact(column)
        if fact is not None:
            return fact.type in NUMERIC or fact.type in ("date", "bool", "duration")
        return True

    def _now(self, column: str) -> Any:
        return self.mine[column][0] if column in self.mine.columns else None

    def _changed(self, column: str, value: Any, type_: Type) -> pl.DataFrame:
        """Return the subject's row with another value, as if it had been typed."""
        dtype = self.mine.schema.get(column, DTYPES[type_])
        if dtype == pl.String and not isinstance(value, str):
            value = f"{value:.15g}" if isinstance(value, float) else str(value)
        frame = self.mine.with_columns(pl.lit(value).cast(dtype).alias(column))
        flag = column + UNREADABLE
        return frame.with_columns(pl.lit(False).alias(flag)) if flag in frame.columns else frame

    def _candidates(self, table: LinkedTable, n: int, column: str, type_: Type) -> Iterator[Any]:
        """Yield the values at and beside each cut of a column, and each of its choices."""
        spec = next((c for c in self.sheet.spec.columns if c.key == column), None)
        if type_ == "enum":
            yield from spec.allowed if spec else ()
        if type_ == "bool":
            yield from (True, False)
        for rule in table.table.rules:
            for value in self._constants(table, rule.inputs[n].meaning):
                yield from _beside(value, type_)

    def _constants(self, table: LinkedTable, test: Any) -> Iterator[Any]:
        for expr in operands(test):
            if isinstance(expr, Lit) and expr.value is not None:
                yield expr.value
            elif isinstance(expr, Name):
                column, _ = table.names.get(fold(expr.name), ("", ""))
                value = self._now(column)
                if value is not None:
                    yield value

    # more of the measure

    def by_measure(self) -> list[Better]:
        """Return the least on top that gives a better grade, by the column it acts through."""
        summed, measure, total = self._summed(), self.row["measure"], self._total()
        if summed is None or measure is None or total is None or self.mine.is_empty():
            return []
        steps = self._steps(Decimal(f"{measure:.15g}"), total)
        furthest = self._raised(summed, steps[-1])
        self.driven = frozenset(
            c for c in furthest.columns
            if c in self.mine.columns and not furthest[c].equals(self.mine[c])
        )  # fmt: skip
        if not self.better(self._grade(furthest)):
            return []
        at = bisect_left(steps, True, key=lambda x: self._is_better_with(summed, x))
        low, extra = (steps[at - 1] if at else Decimal(0)), steps[at]
        while extra - low > CENT:
            middle = ((low + extra) / 2).quantize(CENT)
            if self._is_better_with(summed, middle):
                extra = middle
            else:
                low = middle
        return [self._by_raising(summed, extra)]

    def _summed(self) -> Sheet | None:
        """Return the sheet whose rows add up to the measure, None where the book has none."""
        sheets, summed = self.workings.read.sheets, self.headline.summed
        return sheets.get(summed[0]) if summed else None

    def _total(self) -> Decimal | None:
        """Return the whole of the measure, from any subject whose share of it is known."""
        known = self.workings.result.subjects.filter(pl.col("share") > 0)
        if known.is_empty():
            return None
        largest = known.sort("measure", descending=True).row(0, named=True)
        return Decimal(f"{largest['measure'] / largest['share']:.4f}")

    def _steps(self, measure: Decimal, total: Decimal) -> list[Decimal]:
        """Return, in order, the amounts on top at which a share, a sum or a rank can change.

        A share of c needs x with (measure + x) / (total + x) = c, as the total grows by x too.
        """
        exact = {total * FURTHEST}
        for table, n, column, _ in self.inputs():
            for rule in table.table.rules:
                for cut in self._constants(table, rule.inputs[n].meaning):
                    if not isinstance(cut, Decimal):
                        continue
                    if column == self.headline.share and 0 < cut < 1:
                        exact.add((cut * total - measure) / (1 - cut))
                    elif column == self.headline.measure:
                        exact.add(cut - measure)
        others = self.workings.result.subjects["measure"].drop_nulls().unique()
        exact |= {Decimal(f"{o:.15g}") - measure for o in others}
        cents = {x.quantize(CENT, ROUND_CEILING) for x in exact if x > 0}
        around = {x + step for x in cents for step in (-CENT, Decimal(0), CENT)}
        return sorted(x for x in around if x > 0)

    def _raised(self, summed: Sheet, extra: Decimal) -> pl.DataFrame:
        """Return the subject's row with all facts, had *extra* been added on the as-of date."""
        frame = summed.frame
        _, amount, date = self.headline.summed or ("", "", "")
        line = dict.fromkeys(frame.columns) | {
            ROW: int(frame[ROW].max() or 1) + 1,  # type: ignore[arg-type]
            summed.spec.references: self.row["id"],
            date: self.workings.result.as_of,
            amount: float(extra),
        }
        line |= {c: False for c in frame.columns if c.endswith(UNREADABLE)}
        added = pl.concat([frame, pl.DataFrame([line], schema=frame.schema)])
        data = self._with(self.workings.read, replace(summed, frame=added))
        data, *_ = self._with_facts(data)
        mine = data.sheets[self.sheet.spec.key].frame.filter(pl.col(ROW) == self.row[ROW])
        # What is worked out after decisions stays as it is.
        late = self.mine.select(c for c in self.mine.columns if c not in mine.columns)
        return self._with_absent(pl.concat([mine, late], how="horizontal"))

    def _with_facts(self, data: Data) -> tuple[Data, Any, Any]:
        known = self.workings
        return with_facts(data, known.result.as_of, known.run.manager, known.cases)

    def _is_better_with(self, summed: Sheet, extra: Decimal) -> bool:
        return self.better(self._grade(self._raised(summed, extra)))

    def _by_raising(self, summed: Sheet, extra: Decimal) -> Better:
        after = self._raised(summed, extra)
        new = self.decided(after).row(0, named=True)
        by_rule = {t.table.name: t for t in self.tables}[new["table"]]
        columns = self._looked_at(by_rule, new["rule"])
        measure = self.headline.measure
        column, name, type_ = next(
            ((c, both(spec), t) for c, spec, t in columns if c in self.driven),
            (measure, fact.name if (fact := self._fact(measure)) else both(measure), "money"),
        )
        now, then = self._now(column), after[column][0]
        given = (new["grade"], new["table"], new["rule"])
        return Better("measure", column, name, type_, now, then, None, *given, float(extra))

    def _looked_at(self, table: LinkedTable, rule: str) -> Iterable[tuple[str, str, Type]]:
        """Return the columns that a rule, or else any rule of its table, puts a condition on."""
        specs = list(zip(table.inputs, table.table.inputs, strict=True))
        chosen = [r for r in table.table.rules if r.id == rule]
        for entries in (r.inputs for r in (*chosen, *table.table.rules)):
            for (column, spec), entry in zip(specs, entries, strict=True):
                if entry.text != "-":
                    yield column, spec.label, spec.type


_STEPS: Mapping[Type, float] = {"int": 1, "money": 0.01, "percent": 0.0001}


def _beside(value: Any, type_: Type) -> Sequence[Any]:
    """Return a cut and the values just below and above it that people would type."""
    if isinstance(value, Decimal | float | int) and not isinstance(value, bool):
        number = Decimal(str(value))
        places = -int(number.as_tuple().exponent)
        step = Decimal(str(_STEPS.get(type_, min(1.0, 10.0**-places))))
        return [float(number), float(number - step), float(number + step)]
    if type(value) is dt.date:
        return [value, value - dt.timedelta(1), value + dt.timedelta(1)]
    return [value]


def _distance(now: Any, then: Any) -> float:
    """Return how far a value moves; from a blank or between words every way is as far."""
    if isinstance(now, dt.date) and isinstance(then, dt.date):
        return abs((then - now).days)
    numbers = isinstance(now, int | float) and isinstance(then, int | float)
    return abs(float(then) - float(now)) if numbers else 0.0
