"""Conditions and results that are not constants, as SQL that gives what the engine gives."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from kamrules.engine.cuts import NEAR_ZERO
from kamrules.engine.expressions import Scope, UnsupportedError, kind_of, plain
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
    Name,
    Not,
    Relation,
    Test,
    Within,
)
from kamrules.rules.cell.functions import FUNCTIONS
from kamrules.sql.syntax import Values, all_of, any_of, case, double
from kamrules.words.fold import fold
from kamrules.words.types import Type

# Numbers are compared by 15 digits where they are of this size; others as they are.
_SMALLEST, _LARGEST = -12, 20
_DIGITS = 15
_WORD = re.compile(r"\w+")
_UNKNOWN = "CAST(NULL AS BOOLEAN)"


@dataclass(frozen=True, slots=True)
class Number:
    """A number that is cut to 15 digits: its names in the SQL, and what must come before it."""

    place: int
    level: int

    @property
    def name(self) -> str:
        """Return the name of the number as it is."""
        return f"n{self.place}"

    @property
    def scale(self) -> str:
        """Return the name of what makes it a number of 15 digits before its point."""
        return f"scale{self.place}"

    @property
    def shown(self) -> str:
        """Return the name of the number as 15 digits show it."""
        return f"x{self.place}"


class Formulas:
    """The conditions and results of a table that are worked out, over columns of its rows.

    *columns* are the columns they read, by their names in the frame: the name in the SQL, and the
    type. *numbers* are those that are cut to 15 digits, by their SQL.
    """

    def __init__(self, values: Values) -> None:
        self.values = values
        self.columns: dict[str, tuple[str, Type]] = {}
        self.numbers: dict[str, Number] = {}

    def condition(self, test: Test, scope: Scope) -> str:
        """Return a test of ``?``, NULL where unknown."""
        if isinstance(test, AnyValue):
            return "TRUE"
        if isinstance(test, Compare):
            if isinstance(test.value, ListOf):
                listed = AnyOf(tuple(Compare("=", item) for item in test.value.items))
                return self.condition(listed if test.op == "=" else Not(listed), scope)
            return self._compare(test.op, Ask(), test.value, scope)
        if isinstance(test, Interval):
            low = self._compare(">=" if test.low_closed else ">", Ask(), test.low, scope)
            high = self._compare("<=" if test.high_closed else "<", Ask(), test.high, scope)
            return f"({low} AND {high})"
        if isinstance(test, AnyOf):
            return any_of(self.condition(t, scope) for t in test.tests)
        if isinstance(test, Not):
            return f"(NOT {self.condition(test.test, scope)})"
        return self.value(test.condition, scope)

    def value(self, node: Expr, scope: Scope) -> str:
        """Return the value of an expression; text as it is compared."""
        if isinstance(node, Lit):
            value = fold(node.value) if isinstance(node.value, str) else plain(node.value)
            return self.values.literal(value, "any" if isinstance(value, str) else "number")
        if isinstance(node, Name | Ask):
            return self._column(node, scope)[0]
        if isinstance(node, Arith):
            self._only("number", node.op, (node.left, node.right), scope)
            left, right = self.value(node.left, scope), self.value(node.right, scope)
            if node.op == "/":
                return case([(f"{right} <> 0", f"{left} / {right}")])
            return f"({left} {node.op} {right})"
        if isinstance(node, Relation):
            return self._compare(node.op, node.left, node.right, scope)
        if isinstance(node, Logic):
            parts = [self.value(item, scope) for item in node.items]
            return any_of(parts) if node.op == "or" else f"({all_of(parts)})"
        if isinstance(node, Within) and isinstance(node.value, Name | Ask):
            about = (_key(node.value, scope), self._column(node.value, scope)[1])
            return self.condition(node.test, Scope(scope.columns, about))
        if isinstance(node, Call):
            return self._call(node, scope)
        raise UnsupportedError("in")

    def _call(self, node: Call, scope: Scope) -> str:
        if node.function == "round":
            return self._round(node, scope)
        function = FUNCTIONS.get(node.function)
        if function is None or function.sql is None:
            raise UnsupportedError(node.function)
        if (function.count or len(node.args)) != len(node.args):
            raise UnsupportedError(node.function)
        self._only(function.takes, node.function, node.args, scope)
        value = self._shown if function.exact else self.value
        return function.sql(*(value(a, scope) for a in node.args))

    def _round(self, node: Call, scope: Scope) -> str:
        """Return a number rounded half away from zero, to a constant number of places."""
        number, *places = node.args
        self._only("number", "round", node.args, scope)
        constant = [float(p.value) for p in places if isinstance(p, Lit)]
        if len(places) > 1 or len(constant) < len(places):
            raise UnsupportedError("round")
        scale = double(10.0 ** sum(constant))
        return _rounded(self._cut(f"({self.value(number, scope)} * {scale})"), "1e0", scale)

    def _only(self, kind: str, of: str, args: tuple[Expr, ...], scope: Scope) -> None:
        if any(kind_of(a, scope) != kind for a in args):
            raise UnsupportedError(of)

    def _column(self, node: Name | Ask, scope: Scope) -> tuple[str, Type]:
        column = _key(node, scope)
        type_ = scope.columns[fold(node.name)][1] if isinstance(node, Name) else _asked(scope)[1]
        if type_ == "duration":
            raise UnsupportedError("duration")
        return self.columns.setdefault(column, (f"c{len(self.columns) + 1}", type_))

    def _compare(self, op: str, left: Expr, right: Expr, scope: Scope) -> str:
        for one, other in ((left, right), (right, left)):
            if isinstance(other, Lit) and other.value is None:
                blank = f"({self.value(one, scope)} IS {'NOT ' if op == '!=' else ''}NULL)"
                return blank if op in ("=", "!=") else _UNKNOWN
        kind, other_kind = kind_of(left, scope), kind_of(right, scope)
        if kind != other_kind or (kind == "truth" and op not in ("=", "!=")):
            raise UnsupportedError(f"{kind} {op} {other_kind}")
        if kind == "number":
            a, b = self._shown(left, scope), self._shown(right, scope)
            residue = f"{b} = {double(0.0)} AND ABS({a}) <= {double(NEAR_ZERO)}"
            a = f"CASE WHEN {residue} THEN {double(0.0)} ELSE {a} END"
        elif kind == "date":
            a, b = (self._date(n, m, scope) for n, m in ((left, right), (right, left)))
        else:
            a, b = self.value(left, scope), self.value(right, scope)
        return f"({a} {'<>' if op == '!=' else op} {b})"

    def _date(self, node: Expr, beside: Expr, scope: Scope) -> str:
        """Return a date; one that stands beside a date with a time as its first moment."""
        types = [self._column(n, scope)[1] for n in (node, beside) if isinstance(n, Name | Ask)]
        if len(set(types)) > 1:
            raise UnsupportedError(" ? ".join(types))
        if isinstance(node, Lit) and types == ["datetime"] and type(node.value) is dt.date:
            return self.values.literal(dt.datetime.combine(node.value, dt.time()), "datetime")
        return self.value(node, scope)

    def _shown(self, node: Expr, scope: Scope) -> str:
        """Return a number as 15 digits show it."""
        if isinstance(node, Lit):
            number = pl.Series([float(node.value)]).round_sig_figs(_DIGITS).item()
            return double(number)
        return self._cut(self.value(node, scope))

    def _cut(self, written: str) -> str:
        """Return the name of a number as 15 digits show it, which a step works out beforehand."""
        within = [one for one in self.numbers.values() if one.shown in _WORD.findall(written)]
        level = 1 + max((one.level for one in within), default=0)
        return self.numbers.setdefault(written, Number(len(self.numbers) + 1, level)).shown

    def steps(self, first: str) -> tuple[dict[str, str], str]:
        """Return the steps that add the numbers that are compared to those of *first*."""
        steps: dict[str, str] = {}
        before = first
        for level in sorted({one.level for one in self.numbers.values()}):
            mine = [(w, one) for w, one in self.numbers.items() if one.level == level]
            for step, added in (
                ("numbered", [f"{w} AS {one.name}" for w, one in mine]),
                ("scaled", [f"{_scale(one.name)} AS {one.scale}" for _, one in mine]),
                ("shown", [f"{_rounded(one.name, one.scale)} AS {one.shown}" for _, one in mine]),
            ):
                steps[f"{step}{level}"] = f"SELECT {before}.*, {', '.join(added)} FROM {before}"
                before = f"{step}{level}"
        return steps, before


def _key(node: Name | Ask, scope: Scope) -> str:
    return scope.columns[fold(node.name)][0] if isinstance(node, Name) else _asked(scope)[0]


def _asked(scope: Scope) -> tuple[str, Type]:
    if scope.ask is None:
        raise UnsupportedError("?")
    return scope.ask


def _scale(number: str) -> str:
    """Return what makes a number one of 15 digits before its point, NULL where it stays as is."""
    size = f"ABS({number})"
    sizes = range(_SMALLEST, _LARGEST)
    whens = [(f"{size} < {double(_least(_SMALLEST))}", "NULL")]
    whens += [(f"{size} < {double(_least(e + 1))}", f"1e{_DIGITS - 1 - e}") for e in sizes]
    return case(whens)


def _rounded(number: str, scale: str, down: str = "") -> str:
    """Return a number times a scale, rounded half away from zero, and scaled *down* again."""
    whole = f"FLOOR(ABS({number}) * {scale} + 0.5e0) / {down or scale}"
    return case([(f"{scale} IS NULL", number), (f"{number} < 0", f"-({whole})")], whole)


@lru_cache
def _least(exponent: int) -> float:
    """Return the smallest number whose logarithm Polars, too, takes for *exponent* or more."""
    number = float(f"1e{exponent}")
    while math.floor(math.log10(math.nextafter(number, 0))) >= exponent:
        number = math.nextafter(number, 0)
    return number
