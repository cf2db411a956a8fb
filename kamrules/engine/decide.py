"""Decision tables meet rows: the rules that hit, by hit policy, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from kamrules.engine.expressions import Scope, plain, value_expr
from kamrules.engine.inputs import Inputs
from kamrules.engine.lookup import Lookup
from kamrules.engine.policy import AGGREGATES, AGGREGATING, COLLECTING, Outcome, Policy
from kamrules.engine.regions import Regions, State
from kamrules.model import (
    MISSING,
    ROW,
    RULE,
    TEXTUAL,
    Decision,
    DecisionTable,
    Output,
    Type,
)
from kamrules.rules.link import LinkedTable
from kamrules.sfeel import Expr, Lit, fold, names

DTYPES: Mapping[Type, Any] = {
    "any": pl.String, "text": pl.String, "enum": pl.String, "int": pl.Float64, "number": pl.Float64,
    "money": pl.Float64, "percent": pl.Float64, "date": pl.Date, "datetime": pl.Datetime("us"),
    "time": pl.Time, "duration": pl.Duration("us"), "months": pl.Int64, "bool": pl.Boolean,
}  # fmt: skip
DEFAULT = "默认"
# Up to this many outcomes are counted one by one.
FEW_OUTCOMES = 32


class CompiledTable:
    """A table ready to meet frames: its regions, and its hit policy."""

    def __init__(self, linked: LinkedTable, synonyms: Mapping[str, str]) -> None:
        self.linked, self.table = linked, linked.table
        self.regions = Regions(linked, synonyms)
        self.policy = Policy(self.table)
        self.outcomes: dict[tuple[Outcome, tuple[str, ...]], int] = {}
        self.known: dict[State, int] = {}
        self.lookup = Lookup(self.regions, self._outcome)

    def _outcome(self, state: State) -> int:
        """Return the place of the outcome of what is left of the rules."""
        place = self.known.get(state)
        if place is None:
            outcome = self.policy.resolve(state.true, state.true | state.open)
            blamed = self.regions.open_inputs(state, outcome.blockers)
            place = self.outcomes.setdefault((outcome, blamed), len(self.outcomes))
            self.known[state] = place
        return place

    def decide(self, frame: pl.DataFrame) -> Decided:
        """Return what the table decides for each row of *frame*."""
        inputs = Inputs(self.linked, self.regions, frame)
        at = self.lookup.places(inputs)
        return Decided(self, inputs, list(self.outcomes), at)


@dataclass(frozen=True, slots=True)
class Decided:
    """The outcome of each row: *outcomes* are the distinct ones, *at* each row's place in them."""

    compiled: CompiledTable
    inputs: Inputs
    outcomes: Sequence[tuple[Outcome, tuple[str, ...]]]
    at: pl.Series

    @property
    def table(self) -> DecisionTable:
        """Return the table that decided."""
        return self.compiled.table

    @property
    def frame(self) -> pl.DataFrame:
        """Return the rows that were decided."""
        return self.inputs.frame

    def decision(self) -> Decision:
        """Return the outputs, the rule ids and what was missing, as columns."""
        columns = {o.label: self._constants(n, o) for n, o in enumerate(self.table.outputs)}
        columns[RULE] = pl.Series([self._ids(o) for o, _ in self.outcomes], dtype=pl.String)
        missing = [", ".join(blamed) or None for _, blamed in self.outcomes]
        if any(missing):
            columns[MISSING] = pl.Series(missing, dtype=pl.String)
        found = pl.DataFrame(columns)[self.at].with_columns(self.frame[ROW])
        if MISSING not in columns:
            found = found.with_columns(pl.lit(None, pl.String).alias(MISSING))
        for n, output in enumerate(self.table.outputs):
            found = self._with_formulas(found, n, output)
        order = [ROW, *(o.label for o in self.table.outputs), RULE, MISSING]
        return Decision(self.table, found.select(order), self._hits())

    def violations(self) -> list[tuple[Outcome, pl.Series]]:
        """Return each U or A violation with the ROW numbers it concerns."""
        violated = [(n, o) for n, (o, _) in enumerate(self.outcomes) if o.violation]
        found = [(outcome, self.frame[ROW].filter(self.at == n)) for n, outcome in violated]
        return [(outcome, rows) for outcome, rows in found if len(rows)]

    def rule_id(self, place: int) -> str:
        """Return the id of a rule, of the default row for -1."""
        return DEFAULT if place < 0 else self.table.rules[place].id

    def _ids(self, outcome: Outcome) -> str | None:
        counted = _counted(outcome)
        return ",".join(self.rule_id(r) for r in counted) if counted else None

    def _hits(self) -> dict[str, int]:
        counts = dict.fromkeys([r.id for r in self.table.rules], 0)
        if self.table.default is not None:
            counts[DEFAULT] = 0
        for place, count in _histogram(self.at, len(self.outcomes)):
            for rule in _counted(self.outcomes[place][0]):
                counts[self.rule_id(rule)] += count
        return counts

    def _constants(self, n: int, output: Output) -> pl.Series:
        """Return an output for each outcome, null where a formula gives it."""
        found = [self._constant(o, n, output.type) for o, _ in self.outcomes]
        return pl.Series(found, dtype=self._dtype(output), strict=False)

    def _dtype(self, output: Output) -> Any:
        if self.table.policy in COLLECTING:
            return pl.List(DTYPES[output.type])
        return pl.Float64 if self.table.policy in AGGREGATING else DTYPES[output.type]

    def _with_formulas(self, found: pl.DataFrame, n: int, output: Output) -> pl.DataFrame:
        """Return the outputs with what formulas give, each worked out for its rows alone."""
        formulas: dict[Expr, list[int]] = {}
        for place, (outcome, _) in enumerate(self.outcomes):
            counted = _counted(outcome)
            meaning = self._entry(counted[0], n) if counted else Lit(None)
            if not isinstance(meaning, Lit):
                formulas.setdefault(meaning, []).append(place)
        column = found[output.label]
        for formula, places_ in formulas.items():
            rows = self.at.is_in(places_).arg_true()
            read = dict(self.compiled.linked.names[fold(x.name)] for x in names(formula))
            value = value_expr(formula, Scope(self.compiled.linked.names)).cast(column.dtype)
            part = self.inputs.rows(rows).reading(read)
            column = column.scatter(rows, part.with_columns(value.alias("#value"))["#value"])
        return found.with_columns(column) if formulas else found

    def _entry(self, rule: int, n: int) -> Expr:
        chosen = self.table.default if rule < 0 else self.table.rules[rule]
        meaning: Expr = chosen.outputs[n].meaning if chosen else Lit(None)
        return meaning

    def _constant(self, outcome: Outcome, n: int, type_: Type) -> Any:
        policy = self.table.policy
        if outcome.undecided or outcome.violation:
            return None
        if policy == "C#" and outcome.rules != (-1,):
            return float(len(outcome.rules))
        if not outcome.rules:
            return None
        entries = [self._entry(r, n) for r in outcome.rules]
        if not all(isinstance(e, Lit) for e in entries):
            return None
        found = [e.value for e in entries if isinstance(e, Lit)]
        if policy in COLLECTING:
            return [plain(v) for v in found]
        if policy in AGGREGATES and outcome.rules != (-1,):
            numbers = [v for v in found if v is not None]
            return float(AGGREGATES[policy](numbers)) if numbers else None
        value = plain(found[0])
        return str(value) if type_ in TEXTUAL and value is not None else value


def _counted(outcome: Outcome) -> tuple[int, ...]:
    """Return the rules whose outputs a row gets."""
    return () if outcome.undecided or outcome.violation else outcome.rules


def _histogram(at: pl.Series, bound: int) -> Iterable[tuple[int, int]]:
    """Yield each number below *bound* with how often it occurs."""
    if bound <= FEW_OUTCOMES:
        return ((n, int((at == n).sum())) for n in range(bound))
    return at.value_counts().iter_rows()


def decide(linked: LinkedTable, frame: pl.DataFrame, synonyms: Mapping[str, str]) -> Decided:
    """Return what a table decides for the rows of a frame that holds its input columns."""
    return CompiledTable(linked, synonyms).decide(frame)
