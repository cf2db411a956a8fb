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
    """A table ready to meet frames: its regions, its hit policy, and what outcomes give.

    Outcomes are worked out when the first row comes to them, and kept in *outcomes*.
    """

    def __init__(self, linked: LinkedTable, synonyms: Mapping[str, str]) -> None:
        self.linked, self.table, self.synonyms = linked, linked.table, synonyms
        self.regions = Regions(linked, synonyms)
        self.policy = Policy(self.table)
        self.outcomes: list[tuple[Outcome, tuple[str, ...]]] = []
        self._places: dict[tuple[Outcome, tuple[str, ...]], int] = {}
        self._known: dict[State, int] = {}
        self._results = pl.DataFrame(schema=self._schema())
        self._lookup = Lookup(self.regions, self._outcome)

    def decide(self, frame: pl.DataFrame) -> Decided:
        """Return what the table decides for each row of *frame*."""
        inputs = Inputs(self.linked, self.regions, frame)
        at = self._lookup.places(inputs)
        return Decided(self, inputs, tuple(self.outcomes), at)

    def _outcome(self, state: State) -> int:
        """Return the place of the outcome of what is left of the rules."""
        place = self._known.get(state)
        if place is None:
            outcome = self.policy.resolve(state.true, state.true | state.open)
            found = outcome, self.regions.open_inputs(state, outcome.blockers)
            place = self._places.setdefault(found, len(self.outcomes))
            if place == len(self.outcomes):
                self.outcomes.append(found)
            self._known[state] = place
        return place

    def results(self) -> pl.DataFrame:
        """Return what each outcome gives: outputs that are constants, RULE and MISSING."""
        new = self.outcomes[self._results.height :]
        if new:
            columns: dict[str, list[Any]] = {
                output.label: [self._constant(o, n, output.type) for o, _ in new]
                for n, output in enumerate(self.table.outputs)
            }
            columns[RULE] = [self._ids(o) for o, _ in new]
            columns[MISSING] = [", ".join(blamed) or None for _, blamed in new]
            more = pl.DataFrame(columns, schema=self._schema(), strict=False)
            self._results = self._results.vstack(more).rechunk()
        return self._results

    def _schema(self) -> dict[str, Any]:
        dtypes = {o.label: DTYPES[o.type] for o in self.table.outputs}
        if self.table.policy in COLLECTING:
            dtypes = {label: pl.List(dtype) for label, dtype in dtypes.items()}
        elif self.table.policy in AGGREGATING:
            dtypes = dict.fromkeys(dtypes, pl.Float64)
        return {**dtypes, RULE: pl.String, MISSING: pl.String}

    def rule_id(self, place: int) -> str:
        """Return the id of a rule, of the default row for -1."""
        return DEFAULT if place < 0 else self.table.rules[place].id

    def _ids(self, outcome: Outcome) -> str | None:
        return ",".join(map(self.rule_id, outcome.counted)) or None

    def entry(self, rule: int, n: int) -> Expr:
        """Return what a rule, or the default row for -1, has in an output column."""
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
        entries = [self.entry(r, n) for r in outcome.rules]
        found = [e.value for e in entries if isinstance(e, Lit)]
        if len(found) < len(entries):
            return None
        if policy in COLLECTING:
            return [plain(v) for v in found]
        if policy in AGGREGATES and outcome.rules != (-1,):
            numbers = [v for v in found if v is not None]
            return float(AGGREGATES[policy](numbers)) if numbers else None
        value = plain(found[0])
        return str(value) if type_ in TEXTUAL and value is not None else value


@dataclass(frozen=True, slots=True)
class Decided:
    """The outcome of each row: *at* is its place in *outcomes*, not all of which need occur."""

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
        results = self.compiled.results()
        # A column without a value need not be gathered.
        given = [c for c in results.columns if results[c].null_count() < results.height]
        found = results.select(given)[self.at] if given else self.frame.select()
        nothing = [pl.lit(None, dtype).alias(c) for c, dtype in results.schema.items()]
        found = self.frame.select(ROW).with_columns(nothing).with_columns(found)
        for n, output in enumerate(self.table.outputs):
            found = self._with_formulas(found, n, output)
        return Decision(self.table, found, self._hits())

    def violations(self) -> list[tuple[Outcome, pl.Series]]:
        """Return each U or A violation with the ROW numbers it concerns."""
        violated = [(n, o) for n, (o, _) in enumerate(self.outcomes) if o.violation]
        found = [(outcome, self.frame[ROW].filter(self.at == n)) for n, outcome in violated]
        return [(outcome, rows) for outcome, rows in found if len(rows)]

    def rule_id(self, place: int) -> str:
        """Return the id of a rule, of the default row for -1."""
        return self.compiled.rule_id(place)

    def _hits(self) -> dict[str, int]:
        # The default row is at -1, the last place.
        counts = [0] * (len(self.table.rules) + 1)
        for place, count in _histogram(self.at, len(self.outcomes)):
            for rule in self.outcomes[place][0].counted:
                counts[rule] += count
        found = dict(zip((r.id for r in self.table.rules), counts, strict=False))
        return found | ({DEFAULT: counts[-1]} if self.table.default is not None else {})

    def _with_formulas(self, found: pl.DataFrame, n: int, output: Output) -> pl.DataFrame:
        """Return the outputs with what formulas give, each worked out for its rows alone."""
        default = [self.table.default] if self.table.default else []
        if all(isinstance(r.outputs[n].meaning, Lit) for r in (*self.table.rules, *default)):
            return found
        formulas: dict[Expr, list[int]] = {}
        for place, (outcome, _) in enumerate(self.outcomes):
            for rule in outcome.counted[:1]:
                meaning = self.compiled.entry(rule, n)
                if not isinstance(meaning, Lit):
                    formulas.setdefault(meaning, []).append(place)
        column, known = found[output.label], self.compiled.linked.names
        for formula, places in formulas.items():
            rows = self.at.is_in(places).arg_true()
            read = dict(known[fold(x.name)] for x in names(formula))
            value = value_expr(formula, Scope(known)).cast(column.dtype).alias("#value")
            part = self.inputs.rows(rows).reading(read).with_columns(value)["#value"]
            column = column.scatter(rows, part)
        return found.with_columns(column)


def _histogram(at: pl.Series, bound: int) -> Iterable[tuple[int, int]]:
    """Return each number below *bound* with how often it occurs."""
    if bound <= FEW_OUTCOMES:
        return ((n, int((at == n).sum())) for n in range(bound))
    return at.value_counts().iter_rows()


def decide(linked: LinkedTable, frame: pl.DataFrame, synonyms: Mapping[str, str]) -> Decided:
    """Return what a table decides for the rows of a frame that holds its input columns."""
    return CompiledTable(linked, synonyms).decide(frame)
