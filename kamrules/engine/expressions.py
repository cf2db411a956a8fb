"""Conditions and results that are not constants, as Polars expressions with three truth values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from kamrules.engine.cuts import NEAR_ZERO
from kamrules.rules.cell.ast import (
    AnyOf,
    AnyValue,
    Arith,
    Ask,
    Call,
    Compare,
    Expr,
    Interval,
    ListOf,
    Lit,
    Logic,
    Months,
    Name,
    Not,
    Relation,
    Test,
    Within,
)
from kamrules.rules.cell.functions import FUNCTIONS
from kamrules.words.fold import fold
from kamrules.words.quotient import divided
from kamrules.words.types import NUMERIC, TEXTUAL, Type

FOLDED = "#folded"


class UnsupportedError(Exception):
    """A function or a combination that the engine does not know; the argument names it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean: frame column and type by folded name; *ask* is the column of ``?``."""

    columns: Mapping[str, tuple[str, Type]]
    ask: tuple[str, Type] | None = None


def folded(column: str) -> str:
    """Return the name of the column that holds a text column as it is compared."""
    return column + FOLDED


def test_expr(test: Test, scope: Scope) -> pl.Expr:
    """Return a test of ``?`` as a Boolean expression, null where unknown."""
    if isinstance(test, AnyValue):
        return pl.lit(True)
    if isinstance(test, Compare):
        if isinstance(test.value, ListOf):
            tests = tuple(Compare("=", item) for item in test.value.items)
            inner = test_expr(AnyOf(tests), scope)
            return inner if test.op == "=" else ~inner
        return _compare(test.op, Ask(), test.value, scope)
    if isinstance(test, Interval):
        low = _compare(">=" if test.low_closed else ">", Ask(), test.low, scope)
        high = _compare("<=" if test.high_closed else "<", Ask(), test.high, scope)
        return low & high
    if isinstance(test, AnyOf):
        return pl.any_horizontal([test_expr(t, scope) for t in test.tests])
    if isinstance(test, Not):
        return ~test_expr(test.test, scope)
    return expr(test.condition, scope)


def expr(node: Expr, scope: Scope) -> pl.Expr:
    """Return an expression's value; text as it is compared."""
    if isinstance(node, Lit):
        return _literal(node.value)
    if isinstance(node, Name | Ask):
        column, type_ = _column(node, scope)
        return pl.col(folded(column) if type_ in TEXTUAL else column)
    if isinstance(node, Arith):
        if kind_of(node.left, scope) != "number" or kind_of(node.right, scope) != "number":
            raise UnsupportedError(node.op)
        left, right = expr(node.left, scope), expr(node.right, scope)
        if node.op == "/":
            return pl.when(right != 0).then(divided(left, right))
        return {"+": left + right, "-": left - right, "*": left * right}[node.op]
    if isinstance(node, Relation):
        return _compare(node.op, node.left, node.right, scope)
    if isinstance(node, Logic):
        parts = [expr(item, scope) for item in node.items]
        return pl.any_horizontal(parts) if node.op == "or" else pl.all_horizontal(parts)
    if isinstance(node, Within):
        if not isinstance(node.value, Name | Ask):
            raise UnsupportedError("in")
        return test_expr(node.test, Scope(scope.columns, _column(node.value, scope)))
    if isinstance(node, Call):
        return _call(node, scope)
    raise UnsupportedError("[...]")


def value_expr(node: Expr, scope: Scope) -> pl.Expr:
    """Return the value of an output entry; text as typed."""
    if isinstance(node, Name):
        return pl.col(_column(node, scope)[0])
    if isinstance(node, Lit):
        return pl.lit(plain(node.value))
    return expr(node, scope)


def plain(value: Any) -> Any:
    """Return a constant as the Python value a frame holds."""
    if isinstance(value, Decimal):
        return float(value)
    return value.count if isinstance(value, Months) else value


_KINDS: Mapping[Any, str] = {
    Decimal: "number", str: "text", bool: "truth", dt.date: "date", dt.datetime: "date",
    dt.time: "time", dt.timedelta: "duration", Months: "months",
}  # fmt: skip


def kind_of(node: Expr, scope: Scope) -> str:
    """Return what a value is: number, text, truth, date, time, duration or months."""
    if isinstance(node, Lit):
        return _KINDS.get(type(node.value), "")
    if isinstance(node, Name | Ask):
        type_ = _column(node, scope)[1]
        if type_ in NUMERIC:
            return "number"
        return "text" if type_ in TEXTUAL else _OTHER_KINDS.get(type_, type_)
    if isinstance(node, Arith):
        return kind_of(node.left, scope)
    if isinstance(node, Call):
        return FUNCTIONS[node.function].gives if node.function in FUNCTIONS else "truth"
    return "truth"


_OTHER_KINDS: Mapping[Type, str] = {"bool": "truth", "datetime": "date"}


def _column(node: Name | Ask, scope: Scope) -> tuple[str, Type]:
    if isinstance(node, Ask):
        if scope.ask is None:
            raise UnsupportedError("?")
        return scope.ask
    return scope.columns[fold(node.name)]


def _literal(value: Any) -> pl.Expr:
    if isinstance(value, str):
        return pl.lit(fold(value))
    return pl.lit(plain(value))


def _compare(op: str, left: Expr, right: Expr, scope: Scope) -> pl.Expr:
    for one, other in ((left, right), (right, left)):
        if isinstance(other, Lit) and other.value is None:
            blank = expr(one, scope).is_null()
            if op not in ("=", "!="):
                return pl.lit(None, pl.Boolean)
            return blank if op == "=" else ~blank
    kind, right_kind = kind_of(left, scope), kind_of(right, scope)
    if kind != right_kind or (kind == "truth" and op not in ("=", "!=")):
        raise UnsupportedError(f"{kind} {op} {right_kind}")
    a, b = expr(left, scope), expr(right, scope)
    if kind == "number":
        # 15 digits, as Excel shows them: a computed 7% meets >=7%.
        a, b = a.cast(pl.Float64).round_sig_figs(15), b.cast(pl.Float64).round_sig_figs(15)
        # A residue beside zero is zero, as it is at a constant.
        a = pl.when((b == 0) & (a.abs() <= NEAR_ZERO)).then(0.0).otherwise(a)
    return {
        "=": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b,
    }[op]  # fmt: skip


def _call(node: Call, scope: Scope) -> pl.Expr:
    args = node.args
    if node.function == "matches" and len(args) == 2 and isinstance(args[1], Lit):
        if isinstance(args[0], Name | Ask) and kind_of(args[0], scope) == "text":
            return pl.col(_column(args[0], scope)[0]).str.contains(str(args[1].value))
        raise UnsupportedError("matches")
    function = FUNCTIONS.get(node.function)
    if function is None or (function.count or len(args)) != len(args):
        raise UnsupportedError(node.function)
    if any(kind_of(a, scope) != function.takes for a in args):
        raise UnsupportedError(node.function)
    values = (expr(a, scope) for a in args)
    return function.works(*(v.round_sig_figs(15) if function.exact else v for v in values))
