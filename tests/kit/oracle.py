"""The row-by-row evaluator that the engine must equal: slow, plain, and written on its own."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from kamrules.rules.cell.sfeel import (
    AnyOf,
    AnyValue,
    Arith,
    Ask,
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
    fold,
)
from kamrules.rules.decision_table import DecisionTable
from kamrules.rules.link import LinkedTable
from kamrules.words.types import NUMERIC

UNREADABLE = object()


def answer(
    linked: LinkedTable, row: dict[str, Any]
) -> tuple[list[Any] | None, list[str], set[str], str]:
    """Return outputs (lists for R O C), rule ids, labels of missing inputs, and the violation."""
    table = linked.table
    truths = [
        [_cell(table, linked, row, r, n) for n in range(len(table.inputs))] for r in table.rules
    ]
    hits = [n for n, t in enumerate(truths) if all(x is True for x in t)]
    unknown = [n for n, t in enumerate(truths) if n not in hits and not any(x is False for x in t)]

    def missing(rules: list[int]) -> set[str]:
        return {
            i.label
            for r in rules
            for i, x in zip(table.inputs, truths[r], strict=True)
            if x is None
        }

    def outputs(rule: int) -> list[Any]:
        return [_plain(_value(e.meaning, None, linked, row)) for e in table.rules[rule].outputs]

    def meanings(rule: int) -> list[Expr]:
        return [e.meaning for e in table.rules[rule].outputs]

    ids = [table.rules[h].id for h in hits]
    if not hits:
        if unknown:
            return None, [], missing(unknown), ""
        if table.default is not None:
            return _default(table, linked, row), ["默认"], set(), ""
        return ([0.0] * len(table.outputs) if table.policy == "C#" else None), [], set(), ""
    if table.policy in ("F", "P"):
        key = _rank(table) if table.policy == "P" else (lambda r: r)
        best = min(hits, key=key)
        before = [u for u in unknown if key(u) < key(best) and meanings(u) != meanings(best)]
        return (
            (None, [], missing(before), "")
            if before
            else (outputs(best), [table.rules[best].id], set(), "")
        )
    if table.policy == "U":
        return (outputs(hits[0]), ids, set(), "") if len(hits) == 1 else (None, [], set(), "U")
    if table.policy == "A":
        same = all(meanings(h) == meanings(hits[0]) for h in hits)
        return (outputs(hits[0]), ids, set(), "") if same else (None, [], set(), "A")
    if table.policy == "O":
        hits.sort(key=_rank(table))
    columns = [list(c) for c in zip(*(outputs(h) for h in hits), strict=True)]
    ids = [table.rules[h].id for h in hits]
    if table.policy == "C#":
        return [float(len(hits))] * len(columns), ids, missing(unknown), ""
    if table.policy in ("C+", "C<", "C>"):
        columns = [_aggregate(table.policy, [v for v in c if v is not None]) for c in columns]
    return columns, ids, missing(unknown), ""


def _default(table: DecisionTable, linked: LinkedTable, row: dict[str, Any]) -> list[Any]:
    found = [_plain(_value(e.meaning, None, linked, row)) for e in table.default.outputs]
    return [[v] for v in found] if table.policy in ("R", "O", "C") else found


def _aggregate(policy: str, found: list[float]) -> float | None:
    if not found:
        return None
    if policy == "C+":
        return float(sum(Decimal(repr(v)) for v in found))
    return min(found) if policy == "C<" else max(found)


def _rank(table: DecisionTable) -> Any:
    def rank(rule: int) -> tuple[int, ...]:
        places = []
        for entry, output in zip(table.rules[rule].outputs, table.outputs, strict=True):
            listed = [t.value.value for t in output.values]
            if listed:
                value = entry.meaning.value
                folded = [fold(v) if isinstance(v, str) else v for v in listed]
                value = fold(value) if isinstance(value, str) else value
                places.append(folded.index(value) if value in folded else len(listed))
        return tuple(places)

    return rank


def _cell(
    table: DecisionTable, linked: LinkedTable, row: dict[str, Any], rule: Any, n: int
) -> bool | None:
    test, column = rule.inputs[n].meaning, linked.inputs[n]
    type_ = table.inputs[n].type
    found = _test(test, row[column], type_, linked, row)
    says_blank = any(_says_blank(r.inputs[n].meaning) for r in table.rules)
    if (
        found is None
        and says_blank
        and row[column] is None
        and not _reads_unreadable(test, linked, row)
    ):
        return False
    return found


def _reads_unreadable(test: Test, linked: LinkedTable, row: dict[str, Any]) -> bool:
    from kamrules.rules.cell.sfeel import names

    return any(row[linked.names[fold(n.name)][0]] is UNREADABLE for n in names(test))


def _says_blank(test: Test) -> bool:
    if isinstance(test, Compare):
        items = test.value.items if isinstance(test.value, ListOf) else (test.value,)
        return any(isinstance(i, Lit) and i.value is None for i in items)
    if isinstance(test, AnyOf):
        return any(_says_blank(t) for t in test.tests)
    return isinstance(test, Not) and _says_blank(test.test)


def _test(
    test: Test, value: Any, type_: str, linked: LinkedTable, row: dict[str, Any]
) -> bool | None:
    def expr(e: Expr) -> Any:
        return _value(e, value, linked, row)

    if isinstance(test, AnyValue):
        return True
    if value is UNREADABLE or _reads_unreadable(test, linked, row):
        return None
    if isinstance(test, Compare):
        if isinstance(test.value, ListOf):
            found = _any([_compare("=", value, expr(i), type_) for i in test.value.items])
            return found if test.op == "=" else _not(found)
        return _compare(test.op, value, expr(test.value), type_, isinstance(test.value, Lit))
    if isinstance(test, Interval):
        low = _compare(">=" if test.low_closed else ">", value, expr(test.low), type_)
        high = _compare("<=" if test.high_closed else "<", value, expr(test.high), type_)
        return _all([low, high])
    if isinstance(test, AnyOf):
        return _any([_test(t, value, type_, linked, row) for t in test.tests])
    if isinstance(test, Not):
        return _not(_test(test.test, value, type_, linked, row))
    assert isinstance(test, Holds)
    return expr(test.condition)


def _value(e: Expr, value: Any, linked: LinkedTable, row: dict[str, Any]) -> Any:
    def inner(x: Expr) -> Any:
        return _value(x, value, linked, row)

    if isinstance(e, Lit):
        return e.value
    if isinstance(e, Ask):
        return value
    if isinstance(e, Name):
        return row[linked.names[fold(e.name)][0]]
    if isinstance(e, Arith):
        a, b = inner(e.left), inner(e.right)
        if a is None or b is None:
            return None
        a, b = float(a), float(b)
        return {"+": a + b, "-": a - b, "*": a * b}[e.op] if e.op != "/" else a / b if b else None
    if isinstance(e, Relation):
        return _compare(e.op, inner(e.left), inner(e.right), "any")
    if isinstance(e, Logic):
        found = [inner(i) for i in e.items]
        return _any(found) if e.op == "or" else _all(found)
    if isinstance(e, Within):
        return _test(e.test, inner(e.value), "any", linked, row)
    assert isinstance(e, Call)
    args = [inner(a) for a in e.args]
    if any(a is None for a in args):
        return None
    if e.function == "abs":
        return abs(args[0])
    if e.function == "string length":
        return len(fold(args[0]))
    text, part = fold(args[0]), fold(args[1])
    return {
        "contains": part in text, "starts with": text.startswith(part),
        "ends with": text.endswith(part),
    }[e.function]  # fmt: skip


def _compare(op: str, a: Any, b: Any, type_: str, constant: bool = True) -> bool | None:
    if b is None or a is None:
        if a is None and b is None and constant:
            return op == "=" if op in ("=", "!=") else None
        if b is None and constant and op in ("=", "!="):
            return op == "!="
        return None
    if isinstance(a, str):
        a, b = fold(a), fold(b)
    elif isinstance(a, int | float | Decimal) and not isinstance(a, bool):
        a, b = float(f"{float(a):.15g}"), float(f"{float(b):.15g}")
        if type_ in NUMERIC and b == 0 and abs(a) <= 1e-15:
            a = 0.0
    elif isinstance(a, dt.datetime) and type(b) is dt.date:
        a = a.date()
    return {
        "=": a == b, "!=": a != b, **({} if isinstance(a, str | bool) else {
            "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b,
        }),
    }[op]  # fmt: skip


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _not(x: bool | None) -> bool | None:
    return None if x is None else not x


def _any(found: list[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


def _all(found: list[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True
