"""Decision tables meet rows: the rules that hit, by hit policy, as columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from kamrules.engine.decision import MISSING, RULE, Decision
from kamrules.engine.expressions import Scope, plain, value_expr
from kamrules.engine.inputs import Inputs
from kamrules.engine.lookup import PART, Lookup
from kamrules.engine.policy import AGGREGATES, Outcome, Policy
from kamrules.engine.regions import Regions, State
from kamrules.rules.cell.ast import Expr, Lit, names
from kamrules.rules.decision_table import DecisionTable
from kamrules.rules.link import LinkedTable
from kamrules.rules.words import DEFAULT
from kamrules.sheets.column import ROW
from kamrules.words.dtypes import DTYPES
from kamrules.words.fold import fold
from kamrules.words.types import TEXTUAL, Type

# Up to this many outcomes are counted one by one where there are so many rows.
FEW_OUTCOMES, MANY_ROWS = 32, 20_000


class CompiledTable:
    """A table ready to meet frames: its regions, its hit policy, and what outcomes give.

    Outcomes are worked out when the first row comes to them, and kept in *outcomes*.
    """

    def __init__(self, linked: LinkedTable, synonyms: Mapping[str, str]) -> None:
        self.linked, self.table, self.synonyms = linked, linked.table, synonyms
        self.regions = Regions(linked, synonyms)
        self.policy = Policy(self.table)
        self.computed = sorted(
            {
                n
                for rule in (*self.table.rules, *filter(None, [self.table.default]))
                for n, entry in enumerate(rule.outputs)
                if not isinstance(entry.meaning, Lit)
            }
        )
        self.ids = [rule.id for rule in self.table.rules]
        self.outcomes: list[tuple[Outcome, tuple[str, ...]]] = []
        self.counted: list[tuple[int, ...]] = []
        self._places: dict[tuple[Outcome, tuple[str, ...]], int] = {}
        self._known: dict[State, int] = {}
        self._results: dict[str, pl.Series] = {}
        self._lookup = Lookup(self.regions, self._outcome)

    def decide(self, frame: pl.DataFrame) -> Decided:
        """Return what the table decides for each row of *frame*."""
        inputs = Inputs(self.linked, self.regions, frame)
        at = self._lookup.places(inputs)
        return Decided(self, inputs, tuple(self.outcomes), at, _counts(at, len(self.outcomes)))

    def _outcome(self, state: State) -> int:
        """Return the place of the outcome of what is left of the rules."""
        place = self._known.get(state)
        if place is None:
            outcome = self.policy.resolve(state.true, state.true | state.open)
            found = outcome, self.regions.open_inputs(state, outcome.blockers)
            place = self._places.setdefault(found, len(self.outcomes))
            if place == len(self.outcomes):
                self.outcomes.append(found)
                self.counted.append(outcome.counted)
            self._known[state] = place
        return place

    def results(self) -> Mapping[str, pl.Series]:
        """Return what each outcome gives: outputs that are constants, RULE and MISSING."""
        known = len(self._results[RULE]) if self._results else 0
        new = self.outcomes[known:]
        if new or not known:
            columns: dict[str, list[Any]] = {
                output.label: [self._constant(o, n, output.type) for o, _ in new]
                for n, output in enumerate(self.table.outputs)
            }
            columns[RULE] = [self._ids(o) for o, _ in new]
            columns[MISSING] = [", ".join(blamed) or None for _, blamed in new]
            for name, dtype in self._schema().items():
                more = pl.Series(name, columns[name], dtype, strict=False)
                kept = [self._results[name]] if known else []
                self._results[name] = pl.concat([*kept, more], rechunk=True)
        return self._results

    def _schema(self) -> dict[str, Any]:
        dtypes = {o.label: DTYPES[o.type] for o in self.table.outputs}
        if self.table.policy.gives == "list":
            dtypes = {
                o.label: pl.List(self._named(n) if o.type in TEXTUAL else DTYPES[o.type])
                for n, o in enumerate(self.table.outputs)
            }
        elif self.table.policy.gives == "number":
            dtypes = dict.fromkeys(dtypes, DTYPES["number"])
        return {**dtypes, RULE: pl.String, MISSING: pl.String}

    def _named(self, n: int) -> pl.Enum:
        """Return the texts that rules give in an output: a byte each, where texts take sixteen."""
        entries = [self.entry(rule, n) for rule in range(-1, len(self.table.rules))]
        found = (str(e.value) for e in entries if isinstance(e, Lit) and e.value is not None)
        return pl.Enum(list(dict.fromkeys(found)))

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
        if policy.aggregate == "COUNT" and outcome.rules != (-1,):
            return float(len(outcome.rules))
        if not outcome.rules:
            return None
        entries = [self.entry(r, n) for r in outcome.rules]
        found = [e.value for e in entries if isinstance(e, Lit)]
        if len(found) < len(entries):
            return None
        if policy.gives == "list":
            return [_given(v, type_) for v in found]
        if policy.aggregate and outcome.rules != (-1,):
            numbers = [v for v in found if v is not None]
            return float(AGGREGATES[policy.aggregate](numbers)) if numbers else None
        return _given(found[0], type_)


@dataclass(frozen=True, slots=True)
class Decided:
    """The outcome of each row: *at* is its place in *outcomes*, *counts* how often each occurs."""

    compiled: CompiledTable
    inputs: Inputs
    outcomes: Sequence[tuple[Outcome, tuple[str, ...]]]
    at: pl.Series
    counts: Mapping[int, int]

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
        given = self.compiled.results()
        columns = {ROW: self.frame[ROW]} | {c: _spread(given[c], self.at) for c in given}
        for n in self.compiled.computed:
            label = self.table.outputs[n].label
            columns[label] = self._with_formulas(columns[label], n)
        return Decision(self.table, pl.DataFrame(list(columns.values())), self._hits())

    def violations(self) -> list[tuple[Outcome, pl.Series]]:
        """Return each violation of the hit policy with the ROW numbers it concerns."""
        violated = sorted(n for n in self.counts if self.outcomes[n][0].violation)
        return [(self.outcomes[n][0], self.frame[ROW].filter(self.come_to([n]))) for n in violated]

    def left_open(self) -> dict[tuple[str, ...], pl.Series]:
        """Return the ROW numbers that got no rule, for want of the same inputs or of a rule."""
        found: dict[tuple[str, ...], list[int]] = {}
        for n in self.counts:
            outcome, missing = self.outcomes[n]
            if not outcome.counted and not outcome.violation:
                found.setdefault(missing, []).append(n)
        return {m: self.frame[ROW].filter(self.come_to(found[m])) for m in found}

    def come_to(self, places: Collection[int]) -> pl.Series:
        """Return which rows come to some of the outcomes."""
        return pl.Series([n in places for n in range(len(self.outcomes))], dtype=pl.Boolean)[
            self.at
        ]

    def rule_id(self, place: int) -> str:
        """Return the id of a rule, of the default row for -1."""
        return self.compiled.rule_id(place)

    def _hits(self) -> dict[str, int]:
        # The default row is at -1, the last place.
        counts = [0] * (len(self.table.rules) + 1)
        counted = self.compiled.counted
        for place, count in self.counts.items():
            for rule in counted[place]:
                counts[rule] += count
        found = dict(zip(self.compiled.ids, counts, strict=False))
        return found | ({DEFAULT: counts[-1]} if self.table.default is not None else {})

    def _with_formulas(self, column: pl.Series, n: int) -> pl.Series:
        """Return an output with what formulas give, each worked out for its rows alone."""
        formulas: dict[Expr, list[int]] = {}
        for place in self.counts:
            for rule in self.outcomes[place][0].counted[:1]:
                meaning = self.compiled.entry(rule, n)
                if not isinstance(meaning, Lit):
                    formulas.setdefault(meaning, []).append(place)
        known = self.compiled.linked.names
        for formula, places in formulas.items():
            rows = self.come_to(places).arg_true()
            read = dict(known[fold(x.name)] for x in names(formula))
            value = value_expr(formula, Scope(known)).cast(column.dtype)
            column = column.scatter(rows, self.inputs.rows(rows).worked_out(value, read))
        return column


def _given(value: Any, type_: Type) -> Any:
    """Return what a rule gives as its column holds it."""
    given = plain(value)
    return str(given) if type_ in TEXTUAL and given is not None else given


def _spread(column: pl.Series, at: pl.Series) -> pl.Series:
    """Return what each row gets of a column that has one value for each outcome."""
    # A column without a value need not be gathered.
    empty = len(column) and column.null_count() == len(column)
    return column.new_from_index(0, len(at)) if empty else column[at]


def _counts(at: pl.Series, bound: int) -> dict[int, int]:
    """Return how often each number below *bound* occurs, for those that do; in no order."""
    if len(at) < max(MANY_ROWS, bound):
        places, counts = at.value_counts()
        return dict(zip(places.to_list(), counts.to_list(), strict=True))
    if bound <= FEW_OUTCOMES:
        parts = [at.slice(start, PART) for start in range(0, len(at), PART)]
        counted = [sum(int((part == n).sum()) for part in parts) for n in range(bound)]
    else:
        # Numbers that come a thousand times each are sorted faster than counted.
        every = pl.int_range(bound + 1, dtype=pl.UInt32, eager=True)
        starts = at.sort(multithreaded=False).search_sorted(every, side="left")
        counted = starts.diff()[1:].to_list()
    return {n: count for n, count in enumerate(counted) if count}


def decide(linked: LinkedTable, frame: pl.DataFrame, synonyms: Mapping[str, str]) -> Decided:
    """Return what a table decides for the rows of a frame that holds its input columns."""
    return CompiledTable(linked, synonyms).decide(frame)
