"""Decision tables meet rows: the rules that hit, by hit policy, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from kamrules.engine.axis import Axis, Truth, is_constant, mentions_blank, rule_sets
from kamrules.engine.expressions import Scope, folded, plain, test_expr, value_expr
from kamrules.engine.policy import AGGREGATES, AGGREGATING, COLLECTING, Outcome, Policy
from kamrules.model import (
    MISSING,
    ROW,
    RULE,
    TEXTUAL,
    UNREADABLE,
    Decision,
    DecisionTable,
    Output,
    Type,
)
from kamrules.rules.link import LinkedTable
from kamrules.sfeel import Lit, Test, fold, names, operands

DTYPES: Mapping[Type, Any] = {
    "any": pl.String, "text": pl.String, "enum": pl.String, "int": pl.Float64, "number": pl.Float64,
    "money": pl.Float64, "percent": pl.Float64, "date": pl.Date, "datetime": pl.Datetime("us"),
    "time": pl.Time, "duration": pl.Duration("us"), "months": pl.Int64, "bool": pl.Boolean,
}  # fmt: skip
DEFAULT = "默认"
# Up to this many combinations of regions a plain array replaces the join.
DENSE = 1 << 16


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that no constant can cut, as a column of its own: false, true or unknown."""

    column: str
    test: Test


class CompiledTable:
    """A table ready to meet frames: its axes, and the rules that hold in each of their regions."""

    def __init__(self, linked: LinkedTable, synonyms: Mapping[str, str]) -> None:
        self.linked, self.table, self.synonyms = linked, linked.table, dict(synonyms)
        self.policy = Policy(self.table)
        self.axes: list[tuple[str, Axis, list[int], list[int]]] = []
        self.conditions: list[tuple[str, Condition, list[int], list[int], bool]] = []
        for n, (spec, column) in enumerate(zip(self.table.inputs, linked.inputs, strict=True)):
            tests = [r.inputs[n].meaning for r in self.table.rules]
            self._compile(spec.type, column, tests)

    def _compile(self, type_: Type, column: str, tests: Sequence[Test]) -> None:
        knows_blank = any(mentions_blank(t) for t in tests)
        constant = [t for t in tests if is_constant(t, type_)]
        if constant:
            distinct = list(dict.fromkeys(constant))
            axis = Axis(type_, distinct, self.synonyms, knows_blank=knows_blank)
            truth = {t: axis.truth(t) for t in distinct}
            everywhere = Truth(*(((1 << axis.regions) - 1,) * 2))
            rows = [truth.get(t, everywhere) for t in tests]
            if any(r != everywhere for r in rows):
                self.axes.append((column, axis, *rule_sets(axis, rows)))
        full = (1 << len(tests)) - 1
        for test in dict.fromkeys(t for t in tests if not is_constant(t, type_)):
            with_it = sum(1 << n for n, t in enumerate(tests) if t == test)
            # Codes 0 false, 1 true, 2 unknown.
            true, maybe = [full & ~with_it, full, full & ~with_it], [full & ~with_it, full, full]
            self.conditions.append((column, Condition(column, test), true, maybe, knows_blank))

    def decide(self, frame: pl.DataFrame) -> Decided:
        """Return what the table decides for each row of *frame*."""
        axes = [
            (column, true, maybe, axis.codes(frame[column], self._unreadable(frame, column)))
            for column, axis, true, maybe in self.axes
        ]
        folds = self._folded(frame)
        for column, condition, true, maybe, knows_blank in self.conditions:
            codes = self._condition_codes(folds, condition, knows_blank)
            axes.append((column, true, maybe, codes))
        full = (1 << len(self.table.rules)) - 1
        keys, places = _combinations([(len(t), codes) for _, t, _, codes in axes], frame.height)
        outcomes: dict[tuple[Outcome, tuple[str, ...]], int] = {}
        found: list[int] = []
        none = [()] if frame.height else []
        for combination in zip(*places, strict=True) if places else none:
            holding = possible = full
            for (_, holds, may, _), code in zip(axes, combination, strict=True):
                holding &= holds[code]
                possible &= may[code]
            outcome = self.policy.resolve(holding, possible)
            blamed = self._blamed(axes, combination, outcome.blockers) if outcome.blockers else ()
            found.append(outcomes.setdefault((outcome, blamed), len(outcomes)))
        at = keys.replace(found) if places else pl.Series([0] * frame.height, dtype=pl.UInt32)
        return Decided(self, frame, folds, list(outcomes), at)

    def _blamed(
        self, axes: Sequence[Any], combination: Sequence[int], blockers: int
    ) -> tuple[str, ...]:
        """Return the labels of the inputs that leave the blocking rules open."""
        columns = [
            column
            for (column, holds, may, _), code in zip(axes, combination, strict=True)
            if may[code] & ~holds[code] & blockers
        ]
        labels = dict(zip(self.linked.inputs, (i.label for i in self.table.inputs), strict=True))
        return tuple(dict.fromkeys(labels[c] for c in columns))

    def _unreadable(self, frame: pl.DataFrame, column: str) -> pl.Series | None:
        flag = column + UNREADABLE
        return frame[flag] if flag in frame.columns else None

    def _folded(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return *frame* with the compared form of every text column that conditions read."""
        read = {
            self.linked.names[fold(n.name)]
            for _, condition, *_ in self.conditions
            for n in names(condition.test)
        }
        read |= {(c, self._type(c)) for c, *_ in self.conditions}
        for rule in (*self.table.rules, *([self.table.default] if self.table.default else [])):
            for entry in rule.outputs:
                if not isinstance(entry.meaning, Lit):
                    read |= {self.linked.names[fold(n.name)] for n in names(entry.meaning)}
        texts = sorted(c for c, type_ in read if type_ in TEXTUAL)
        return frame.with_columns(self._fold(frame[c]).alias(folded(c)) for c in texts)

    def _fold(self, column: pl.Series) -> pl.Series:
        values = column.unique().drop_nulls()
        if values.is_empty():
            return column.cast(pl.String)
        new = [self.synonyms.get(f, f) for f in map(fold, values.to_list())]
        return column.replace_strict(values, pl.Series(new, dtype=pl.String), default=None)

    def _type(self, column: str) -> Type:
        return next(
            i.type
            for i, c in zip(self.table.inputs, self.linked.inputs, strict=True)
            if c == column
        )

    def _condition_codes(
        self, frame: pl.DataFrame, condition: Condition, knows_blank: bool
    ) -> pl.Series:
        scope = Scope(self.linked.names, (condition.column, self._type(condition.column)))
        holds = test_expr(condition.test, scope)
        mentioned = {condition.column} | {
            self.linked.names[fold(e.name)][0]
            for e in operands(condition.test)
            if hasattr(e, "name")
        }
        if knows_blank:
            # The table says what a blank means, so a blank here meets no other condition.
            holds = (
                pl.when(pl.col(condition.column).is_null())
                .then(holds.fill_null(False))
                .otherwise(holds)
            )
        flags = [
            pl.col(c + UNREADABLE) for c in sorted(mentioned) if c + UNREADABLE in frame.columns
        ]
        if flags:
            holds = pl.when(~pl.any_horizontal(flags)).then(holds)
        return frame.select(holds.cast(pl.UInt32).fill_null(2).alias("code")).to_series()


class _Keys:
    """The combination of regions of each row, as an index into the distinct combinations."""

    def __init__(self, index: pl.Series) -> None:
        self.index = index

    def replace(self, found: Sequence[int]) -> pl.Series:
        """Return for each row what was found for its combination."""
        return pl.Series(found, dtype=pl.UInt32).gather(self.index)


def _combinations(
    axes: Sequence[tuple[int, pl.Series]], height: int
) -> tuple[_Keys, list[list[int]]]:
    """Return each row's combination, and per axis the codes of the distinct combinations."""
    if not axes or not height:
        return _Keys(pl.Series([], dtype=pl.UInt32)), [[] for _ in axes]
    key, bound = axes[0][1].cast(pl.UInt64), axes[0][0]
    for size, codes in axes[1:]:
        if bound * size >= 1 << 62:
            key, bound = key.rank("dense").cast(pl.UInt64), height + 1
        key, bound = key * size + codes, bound * size
    first = key.arg_unique()
    distinct = key.gather(first)
    if bound <= DENSE:
        order = (
            pl.Series([0], dtype=pl.UInt32)
            .new_from_index(0, bound)
            .scatter(distinct, pl.int_range(len(distinct), dtype=pl.UInt32, eager=True))
        )
        index = order.gather(key)
    else:
        index = key.replace_strict(
            distinct, pl.int_range(len(distinct), dtype=pl.UInt32, eager=True)
        )
    return _Keys(index), [codes.gather(first).to_list() for _, codes in axes]


@dataclass(frozen=True, slots=True)
class Decided:
    """The outcome of each row: *outcomes* are the distinct ones, *at* each row's place in them."""

    compiled: CompiledTable
    frame: pl.DataFrame
    folds: pl.DataFrame
    outcomes: Sequence[tuple[Outcome, tuple[str, ...]]]
    at: pl.Series

    @property
    def table(self) -> DecisionTable:
        """Return the table that decided."""
        return self.compiled.table

    def decision(self) -> Decision:
        """Return the outputs, the rule ids and what was missing, as columns."""
        columns = [self._output(n, o).alias(o.label) for n, o in enumerate(self.table.outputs)]
        rules = pl.Series([self._ids(o) for o, _ in self.outcomes], dtype=pl.String).gather(self.at)
        missing = [", ".join(blamed) or None for _, blamed in self.outcomes]
        frame = self.frame.select(ROW).with_columns(
            *columns,
            rules.alias(RULE),
            pl.Series(missing, dtype=pl.String).gather(self.at).alias(MISSING),
        )
        return Decision(self.table, frame, self._hits())

    def violations(self) -> list[tuple[Outcome, pl.Series]]:
        """Return each U or A violation with the ROW numbers it concerns."""
        return [
            (outcome, self.frame[ROW].filter(self.at == n))
            for n, (outcome, _) in enumerate(self.outcomes)
            if outcome.violation and n in self.at
        ]

    def rule_id(self, place: int) -> str:
        """Return the id of a rule, of the default row for -1."""
        return DEFAULT if place < 0 else self.table.rules[place].id

    def _ids(self, outcome: Outcome) -> str | None:
        if outcome.undecided or outcome.violation or not outcome.rules:
            return None
        return ",".join(self.rule_id(r) for r in outcome.rules)

    def _hits(self) -> dict[str, int]:
        counts = dict.fromkeys([r.id for r in self.table.rules], 0)
        if self.table.default is not None:
            counts[DEFAULT] = 0
        for place, count in self.at.value_counts().iter_rows():
            outcome = self.outcomes[place][0]
            if not outcome.undecided and not outcome.violation:
                for rule in outcome.rules:
                    counts[self.rule_id(rule)] += count
        return counts

    def _output(self, n: int, output: Output) -> pl.Series:
        """Return an output column: constants gathered by outcome, formulas by rule."""
        policy = self.table.policy
        dtype = DTYPES[output.type]
        if policy in COLLECTING:
            dtype = pl.List(dtype)
        elif policy in AGGREGATING:
            dtype = pl.Float64
        constants = [self._constant(o, n, output.type) for o, _ in self.outcomes]
        column = pl.Series(constants, dtype=dtype, strict=False).gather(self.at)
        for place, (outcome, _) in enumerate(self.outcomes):
            formula = self._formula(outcome, n)
            if formula is not None:
                scope = Scope(self.compiled.linked.names)
                value = value_expr(formula, scope).cast(dtype)
                column = self.folds.select(
                    pl.when(pl.lit(self.at) == place).then(value).otherwise(pl.lit(column))
                ).to_series()
        return column

    def _formula(self, outcome: Outcome, n: int) -> Any:
        if outcome.undecided or outcome.violation or not outcome.rules:
            return None
        meaning = self._entry(outcome.rules[0], n)
        return None if isinstance(meaning, Lit) else meaning

    def _entry(self, rule: int, n: int) -> Any:
        chosen = self.table.default if rule < 0 else self.table.rules[rule]
        return chosen.outputs[n].meaning if chosen else Lit(None)

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
        found = [e.value for e in entries]
        if policy in COLLECTING:
            return [plain(v) for v in found]
        if policy in AGGREGATES and outcome.rules != (-1,):
            numbers = [v for v in found if v is not None]
            return float(AGGREGATES[policy](numbers)) if numbers else None
        value = plain(found[0])
        return str(value) if type_ in TEXTUAL and value is not None else value


def decide(linked: LinkedTable, frame: pl.DataFrame, synonyms: Mapping[str, str]) -> Decided:
    """Return what a table decides for the rows of a frame that holds its input columns."""
    return CompiledTable(linked, synonyms).decide(frame)
