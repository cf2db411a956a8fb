"""Tables joined to what their names mean: columns, facts, parameters, outputs of other tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from kamrules.messages.message import Reason, reason
from kamrules.messages.problem import Problem
from kamrules.rules.cell.ast import (
    AnyOf,
    Arith,
    Call,
    Compare,
    Expr,
    Holds,
    Interval,
    ListOf,
    Lit,
    Logic,
    Name,
    Not,
    Relation,
    Test,
    Within,
)
from kamrules.rules.decision_table import DecisionTable, Entry, Input, Rule
from kamrules.rules.messages import (
    CIRCLE,
    LIST_OF_RESULTS,
    NOT_WORKED_OUT,
    RESULT_TWICE,
    TABLE_TWICE,
    TWO_TYPES,
    UNKNOWN_COLUMN,
    UNKNOWN_WORD,
)
from kamrules.sheets.column import Column
from kamrules.sheets.sheet import Parameter
from kamrules.words.fold import fold
from kamrules.words.names import aliases, closest
from kamrules.words.types import NUMERIC, TEXTUAL, TYPES, Type

_REASONS: Mapping[str, Reason] = {
    "constants only": reason(
        why=("多条命中的表只能给出常量", "a table that collects gives constants only"),
        fix=("写常量, 或改用 U F P A 策略", "write constants, or use policy U, F, P or A"),
    ),
    "numbers only": reason(
        why=("求和, 最小, 最大只能用于数", "sums, least and greatest are of numbers"),
        fix=("写数, 或改用策略 C", "write numbers, or use policy C"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LinkedTable:
    """A table whose parameters are constants and whose names are frame columns.

    *inputs* are the frame columns of the inputs, *names* the column and type of every other name
    in its cells, *constants* the columns that are parameters, *needs* the tables that come before.
    """

    table: DecisionTable
    inputs: tuple[str, ...]
    names: Mapping[str, tuple[str, Type]]
    constants: Mapping[str, Any]
    types: Mapping[str, Type]
    needs: frozenset[str] = frozenset()


def link(
    tables: Sequence[DecisionTable],
    columns: Mapping[str, Mapping[str, Column]],
    parameters: Mapping[str, Parameter],
) -> tuple[list[LinkedTable], list[Problem]]:
    """Return the tables in the order they run, and every name that means nothing.

    *columns* gives, for each sheet, the columns and facts its rows have, by folded name.
    """
    problems = _twice(tables)
    outputs = _outputs(tables, problems)
    linked: list[LinkedTable] = []
    needs: dict[str, set[str]] = {}
    for table in tables:
        linker = _Linker(table, columns.get(table.for_each, {}), outputs, parameters)
        linked.append(linker.link())
        problems += linker.problems
        needs[table.name] = linker.needs
    try:
        order = list(
            TopologicalSorter({t.name: sorted(needs[t.name]) for t in tables}).static_order()
        )
    except CycleError as error:
        problems.append(_cycle(error.args[1], tables))
        return linked, problems
    return sorted(linked, key=lambda t: order.index(t.table.name)), problems


def _twice(tables: Sequence[DecisionTable]) -> list[Problem]:
    problems: list[Problem] = []
    seen: dict[str, DecisionTable] = {}
    for table in tables:
        first = seen.setdefault(fold(table.name), table)
        if first is not table:
            problems.append(TABLE_TWICE.at(table.where, table=table.name, first=str(first.where)))
    return problems


def _outputs(
    tables: Sequence[DecisionTable], problems: list[Problem]
) -> dict[tuple[str, str], tuple[DecisionTable, str, Type]]:
    """Return every output by sheet and folded name: its table, label and type."""
    found: dict[tuple[str, str], tuple[DecisionTable, str, Type]] = {}
    for table in tables:
        for output in table.outputs:
            for alias in aliases(output.label):
                other = found.setdefault(
                    (table.for_each, alias), (table, output.label, output.type)
                )
                if other[0] is not table and alias == fold(output.label):
                    first, second = other[0].where.local, table.where.local
                    problems.append(
                        RESULT_TWICE.at(
                            output.where,
                            column=output.label,
                            first=first,
                            second=second,
                            table=table.name,
                        )
                    )
    return found


def _cycle(names_: Sequence[str], tables: Sequence[DecisionTable]) -> Problem:
    by_name = {t.name: t for t in tables}
    steps = []
    for name, following in pairwise(names_):
        outputs = {a for o in by_name[name].outputs for a in aliases(o.label)}
        used = [i.label for i in by_name[following].inputs if set(aliases(i.label)) & outputs]
        steps.append(f"{following} ({', '.join(used)})" if used else following)
    first = by_name[names_[0]]
    label = first.outputs[0].label
    return CIRCLE.at(first.where, cycle=" <- ".join((*steps, steps[0])), name=label)


class _Linker:
    """Finds out what the names of one table mean."""

    def __init__(
        self,
        table: DecisionTable,
        columns: Mapping[str, Column],
        outputs: Mapping[tuple[str, str], tuple[DecisionTable, str, Type]],
        parameters: Mapping[str, Parameter],
    ) -> None:
        self.table, self.columns, self.outputs, self.parameters = (
            table,
            columns,
            outputs,
            parameters,
        )
        self.problems: list[Problem] = []
        self.needs: set[str] = set()
        self.names: dict[str, tuple[str, Type]] = {}
        self.constants: dict[str, Any] = {}

    def link(self) -> LinkedTable:
        """Return the table with its names resolved as far as they mean something."""
        inputs, found = [], []
        types: dict[str, Type] = {}
        for spec in self.table.inputs:
            column, type_ = self._input(spec)
            found.append(column)
            inputs.append(replace(spec, type=spec.type if spec.type != "any" else type_))
            if types.setdefault(column, inputs[-1].type) != inputs[-1].type:
                name, its = spec.label, self.table.name
                self.problems.append(TWO_TYPES.at(spec.where, found=name, column=name, table=its))
        rules = tuple(self._rule(r, inputs) for r in self.table.rules)
        default = self._rule(self.table.default, inputs) if self.table.default else None
        table = replace(self.table, inputs=tuple(inputs), rules=rules, default=default)
        needs = frozenset(self.needs)
        return LinkedTable(table, tuple(found), self.names, self.constants, types, needs)

    def _lookup(self, name: str) -> tuple[str, Type] | Parameter | None:
        """Return the column a name stands for, or the parameter."""
        for alias in aliases(name):
            if output := self.outputs.get((self.table.for_each, alias)):
                table, label, type_ = output
                if table is not self.table:
                    self.needs.add(table.name)
                    return label, type_
            if column := self.columns.get(alias):
                return column.key, column.type
            if parameter := self.parameters.get(alias):
                return parameter
        return None

    def _input(self, spec: Input) -> tuple[str, Type]:
        found = self._lookup(spec.label)
        if isinstance(found, Parameter):
            column = f"#parameter {found.name}"
            self.constants[column] = found.value
            return column, _type_of(found.value)
        if found is None:
            known = [c.zh for c in self.columns.values()] + [c.en for c in self.columns.values()]
            known += [o[1] for o in self.outputs.values()]
            suggest = closest(spec.label, known)
            self.problems.append(
                UNKNOWN_COLUMN.at(
                    spec.where,
                    found=spec.label,
                    column=spec.label,
                    table=self.table.name,
                    suggest=suggest,
                )
            )
            return spec.label, "text"
        self._no_list(spec.label, spec)
        return found[0], "text" if found[1] == "any" else found[1]

    def _no_list(self, name: str, spec: Input) -> None:
        for alias in aliases(name):
            output = self.outputs.get((self.table.for_each, alias))
            if output and output[0].policy.gives == "list" and output[0] is not self.table:
                self.problems.append(
                    LIST_OF_RESULTS.at(spec.where, found=name, column=name, table=self.table.name)
                )
                return

    def _rule(self, rule: Rule, inputs: Sequence[Input]) -> Rule:
        tests = tuple(
            replace(e, meaning=self._test(e.meaning, e, i.type))
            for e, i in zip(rule.inputs, inputs, strict=False)
        )
        outputs = tuple(
            replace(e, meaning=self._expr(e.meaning, e, o.type))
            for e, o in zip(rule.outputs, self.table.outputs, strict=True)
        )
        for entry in outputs:
            reason = self._not_collected(entry.meaning)
            if reason:
                found = {"found": entry.text, "table": self.table.name, **_REASONS[reason]}
                self.problems.append(NOT_WORKED_OUT.at(entry.where, **found))
        return replace(rule, inputs=tests, outputs=outputs)

    def _not_collected(self, result: Any) -> str:
        """Return why a table of this hit policy cannot have such a result, empty where it can."""
        if self.table.policy.gives == "one":
            return ""
        if not isinstance(result, Lit):
            return "constants only"
        number = result.value is None or isinstance(result.value, Decimal)
        any_fits = self.table.policy.aggregate in ("", "COUNT")
        return "" if number or any_fits else "numbers only"

    def _test(self, test: Test, entry: Entry, type_: Type) -> Test:
        if isinstance(test, Compare):
            return replace(test, value=self._expr(test.value, entry, type_))
        if isinstance(test, Interval):
            low, high = (self._expr(e, entry, type_) for e in (test.low, test.high))
            return replace(test, low=low, high=high)
        if isinstance(test, Holds):
            return Holds(self._expr(test.condition, entry, type_))
        if isinstance(test, AnyOf):
            return AnyOf(tuple(self._test(t, entry, type_) for t in test.tests))
        if isinstance(test, Not):
            return Not(self._test(test.test, entry, type_))
        return test

    def _expr(self, expr: Expr, entry: Entry, type_: Type) -> Expr:
        """Return *expr* with parameters as constants and constant arithmetic worked out."""
        if isinstance(expr, Name):
            return self._name(expr, entry, type_)
        if isinstance(expr, Arith):
            return folded_arithmetic(
                replace(
                    expr,
                    left=self._expr(expr.left, entry, type_),
                    right=self._expr(expr.right, entry, type_),
                )
            )
        if isinstance(expr, Relation):
            return replace(
                expr,
                left=self._expr(expr.left, entry, type_),
                right=self._expr(expr.right, entry, type_),
            )
        if isinstance(expr, ListOf | Logic):
            return replace(expr, items=tuple(self._expr(i, entry, type_) for i in expr.items))
        if isinstance(expr, Call):
            return replace(expr, args=tuple(self._expr(a, entry, type_) for a in expr.args))
        if isinstance(expr, Within):
            return Within(self._expr(expr.value, entry, type_), self._test(expr.test, entry, type_))
        return expr

    def _name(self, name: Name, entry: Entry, type_: Type) -> Expr:
        found = self._lookup(name.name)
        if isinstance(found, Parameter):
            return Lit(
                Decimal(f"{found.value:.15g}") if _is_number(found.value) else found.value, name.pos
            )
        if found is None:
            known = [p.name for p in self.parameters.values()] + [
                c.zh for c in self.columns.values()
            ]
            known += [o[1] for o in self.outputs.values()]
            self.problems.append(
                UNKNOWN_WORD.at(
                    entry.where,
                    found=entry.text,
                    word=name.name,
                    column=entry.text,
                    type=TYPES[type_],
                    table=self.table.name,
                    suggest=closest(name.name, known),
                )
            )
            return Lit(None)
        self.names[fold(name.name)] = found
        return name


def folded_arithmetic(expr: Arith) -> Expr:
    """Return the constant an operation on constants gives, else the operation."""
    left, right = expr.left, expr.right
    if not (isinstance(left, Lit) and isinstance(right, Lit)):
        return expr
    a, b = left.value, right.value
    if a is None or b is None:
        return Lit(None, left.pos)
    try:
        value = {
            "+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b,
        }[expr.op]()  # fmt: skip
    except (TypeError, ArithmeticError):
        return expr
    return Lit(value, left.pos)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _type_of(value: Any) -> Type:
    if isinstance(value, bool):
        return "bool"
    if _is_number(value):
        return "number"
    if isinstance(value, dt.datetime):
        return "datetime"
    return "date" if isinstance(value, dt.date) else "text"


def by_name(columns: Iterable[Column]) -> dict[str, Column]:
    """Return columns by every folded name; synonyms count where no proper name is the same."""
    found: dict[str, Column] = {}
    columns = list(columns)
    for column in columns:
        for name in (column.zh, column.en, column.key):
            found.setdefault(fold(name), column)
    for column in columns:
        for name in column.synonyms:
            found.setdefault(fold(name), column)
    return found


def compatible(have: Type, want: Type) -> bool:
    """Return whether a column read as one type needs no reading as another."""
    return have == want or {have, want} <= NUMERIC or {have, want} <= TEXTUAL
