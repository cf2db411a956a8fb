"""What a rule cell says: tests and expressions, and walks through them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Months:
    """A years-and-months duration."""

    count: int


@dataclass(frozen=True, slots=True)
class Lit:
    """A constant: Decimal, str, bool, None, date, datetime, time, timedelta or Months."""

    value: Any
    pos: int = 0
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter or a column."""

    name: str
    pos: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """The ``?`` of a cell: the value of the column itself."""


@dataclass(frozen=True, slots=True)
class Arith:
    """``+ - * /`` of two expressions."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """A built-in function and its arguments."""

    function: str
    args: tuple[Expr, ...]
    pos: int = 0


@dataclass(frozen=True, slots=True)
class ListOf:
    """``[a, b, ...]``: one of these."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A comparison of two expressions."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Within:
    """``expr in test``."""

    value: Expr
    test: Test


@dataclass(frozen=True, slots=True)
class Logic:
    """``and`` / ``or`` of boolean expressions."""

    op: str
    items: tuple[Expr, ...]


Expr = Lit | Name | Ask | Arith | Call | ListOf | Relation | Within | Logic


@dataclass(frozen=True, slots=True)
class AnyValue:
    """``-``: no condition."""


@dataclass(frozen=True, slots=True)
class Compare:
    """``>= expr`` and its like; ``=`` for a plain value."""

    op: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Interval:
    """``[low..high)``."""

    low: Expr
    low_closed: bool
    high: Expr
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Holds:
    """A boolean expression about ``?``."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Tests joined by commas: one of them is enough."""

    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """``not(...)``."""

    test: Test


Test = AnyValue | Compare | Interval | Holds | AnyOf | Not


def about_itself(expr: Expr) -> bool:
    """Return whether a boolean expression stands for the whole test (uses ? or compares)."""
    return isinstance(expr, Relation | Within | Logic) or any(
        isinstance(e, Ask) for e in expressions(expr)
    )


def expressions(expr: Expr) -> Iterator[Expr]:
    """Yield *expr* and every expression inside it."""
    yield expr
    if isinstance(expr, Arith | Relation):
        yield from expressions(expr.left)
        yield from expressions(expr.right)
    elif isinstance(expr, Call):
        for arg in expr.args:
            yield from expressions(arg)
    elif isinstance(expr, ListOf | Logic):
        for item in expr.items:
            yield from expressions(item)
    elif isinstance(expr, Within):
        yield from expressions(expr.value)
        yield from operands(expr.test)


def operands(test: Test) -> Iterator[Expr]:
    """Yield every expression inside a test."""
    if isinstance(test, Compare):
        yield from expressions(test.value)
    elif isinstance(test, Interval):
        yield from expressions(test.low)
        yield from expressions(test.high)
    elif isinstance(test, Holds):
        yield from expressions(test.condition)
    elif isinstance(test, AnyOf):
        for item in test.tests:
            yield from operands(item)
    elif isinstance(test, Not):
        yield from operands(test.test)


def names(node: Test | Expr) -> Iterator[Name]:
    """Yield the parameters and columns a test or an expression mentions."""
    return (e for e in _parts(node) if isinstance(e, Name))


def literals(node: Test | Expr) -> Iterator[Lit]:
    """Yield the constants a test or an expression mentions."""
    return (e for e in _parts(node) if isinstance(e, Lit))


def _parts(node: Test | Expr) -> Iterator[Expr]:
    tests = AnyValue | Compare | Interval | Holds | AnyOf | Not
    return operands(node) if isinstance(node, tests) else expressions(node)
