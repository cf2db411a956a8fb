"""Text of a rule cell -> a test or expression of its type, or why not and the fix."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from lark import UnexpectedCharacters, UnexpectedInput

from kamrules.messages.message import Refusal, message
from kamrules.messages.phrases import IN_RULE, TABLE, TABLE_STOPS
from kamrules.rules.cell.ast import (
    AnyOf,
    AnyValue,
    Arith,
    Compare,
    Expr,
    Interval,
    ListOf,
    Lit,
    Months,
    Name,
    Not,
    Test,
)
from kamrules.rules.cell.grammar import LARK, SCALES
from kamrules.rules.cell.written import ambiguous, half_width, quoted_words, spelled
from kamrules.sheets import values
from kamrules.words.fold import fold
from kamrules.words.text import Text
from kamrules.words.types import NUMERIC, TEXTUAL, TYPES, Type

# fmt: off
UNCLEAR_CELL = message("E301", kind="syntax", stops=True,
    what=("看不懂规则单元格 “{found}”", "cannot read the rule cell '{found}'"),
    why=("从 “{near}” 开始读不懂", "it makes no sense from '{near}' on"),
    fix=('写成如 >=5%   [1%..5%)   "战略","重点"   -  ',
         'write e.g. >=5%   [1%..5%)   "A","B"   - '),
    effect=TABLE_STOPS, example={"found": ">=", "near": ">=", "table": TABLE}, place=IN_RULE)
WRONG_TYPE = message("E310", kind="type", stops=True,
    what=("规则单元格 “{found}” 与列的类型不符",
          "the rule cell '{found}' does not fit the type of its column"),
    why=("列是 {type}, 而 “{literal}” 不是", "the column is of type {type}, '{literal}' is not"),
    fix=("改成 {type} 的值, 或改正类型行", "write a value of type {type}, or correct the Type row"),
    effect=TABLE_STOPS,
    example={"found": '"100"', "literal": '"100"', "type": Text("数字", "number"),
             "table": TABLE}, place=IN_RULE)
# fmt: on


MAX_LENGTH = 4000
MAX_DEPTH = 60


@lru_cache(maxsize=50_000)
def parse_test(text: str, type_: Type = "any", scale: int = 0) -> Test | Refusal:
    """Return the test of an input cell, or why it is not one.

    *scale* is the power of ten of the column's unit (4 for 万元), for numbers that name none.
    """
    plain = spelled(half_width(text).strip(), type_)
    if plain in ("", "-"):
        return AnyValue()
    if type_ not in TEXTUAL and (found := ambiguous(plain)):
        return found
    parsed = _parse(text, quoted_words(plain) if type_ in TEXTUAL else plain)
    return parsed if isinstance(parsed, Refusal) else _typed(parsed, type_, scale, text)


@lru_cache(maxsize=50_000)
def parse_output(text: str, type_: Type = "any", scale: int = 0) -> Expr | Refusal:
    """Return the expression of an output cell, or why it is not one.

    In a text column the cell is the text itself, unless it is quoted, 空, or {a name}.
    """
    plain = spelled(half_width(text).strip(), type_)
    if plain in ("", "-"):
        return Lit(None)
    if type_ in TEXTUAL:
        if re.fullmatch(r'"[^"]*"', plain):
            return Lit(text.strip()[1:-1])
        if re.fullmatch(r"\{[^{}]+\}", plain):
            return Name(plain[1:-1].strip())
        return Lit(None) if fold(plain) in ("空", "null") else Lit(text.strip())
    if found := ambiguous(plain):
        return found
    parsed = _parse(text, plain)
    if isinstance(parsed, Refusal):
        return parsed
    typed = _typed(parsed, type_, scale, text)
    if isinstance(typed, Compare) and typed.op == "=":
        return typed.value
    return typed if isinstance(typed, Refusal) else UNCLEAR_CELL.refusal(found=text, near=plain)


def _parse(text: str, plain: str) -> Test | Refusal:
    if len(plain) > MAX_LENGTH:
        return UNCLEAR_CELL.refusal(found=text[:40] + "...", near=plain[:12])
    try:
        parsed: Test = LARK.parse(plain)  # type: ignore[assignment]
    except UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
        return UNCLEAR_CELL.refusal(at, found=text, near=plain[at : at + 12])
    except UnexpectedInput as error:
        at = error.pos_in_stream if error.pos_in_stream is not None else len(plain)
        at = at if at >= 0 else len(plain)
        return UNCLEAR_CELL.refusal(at, found=text, near=plain[at : at + 12] or plain[-6:])
    except ValueError as error:
        return UNCLEAR_CELL.refusal(found=text, near=str(error))
    if _depth(parsed) > MAX_DEPTH:
        return UNCLEAR_CELL.refusal(found=text[:40], near=plain[:12])
    return parsed


_FITS: dict[type, frozenset[Type]] = {
    Decimal: NUMERIC,
    bool: frozenset({"bool"}),
    str: frozenset({"text", "enum"}),
    dt.datetime: frozenset({"datetime"}),
    dt.date: frozenset({"date", "datetime"}),
    dt.time: frozenset({"time"}),
    dt.timedelta: frozenset({"duration"}),
    Months: frozenset({"months"}),
}


def _typed(test: Test, type_: Type, scale: int, text: str) -> Test | Refusal:
    """Return *test* with its direct constants as the column's type, or which one does not fit."""
    wrong: list[Lit] = []

    def constant(expr: Expr) -> Expr:
        if isinstance(expr, ListOf):
            return ListOf(tuple(constant(item) for item in expr.items))
        if isinstance(expr, Arith):
            return replace(expr, left=constant(expr.left), right=constant(expr.right))
        if not isinstance(expr, Lit):
            return expr
        return _as_type(expr)

    def _as_type(lit: Lit) -> Lit:
        value = lit.value
        if type_ == "any" or value is None:
            return lit
        if type_ in NUMERIC and isinstance(value, Decimal):
            unscaled = scale and not lit.raw.endswith(tuple(SCALES))
            return replace(lit, value=value.scaleb(scale)) if unscaled else lit
        if isinstance(value, str) and type_ not in NUMERIC:
            read = values.read(value, type_)
            if not isinstance(read, Refusal):
                return replace(lit, value=Months(read) if type_ == "months" else read)
        if (type_ == "date" and isinstance(value, dt.datetime)) or type_ not in _FITS.get(
            type(value), frozenset()
        ):
            wrong.append(lit)
        return lit

    def walk(node: Test) -> Test:
        if isinstance(node, Compare):
            return Compare(node.op, constant(node.value))
        if isinstance(node, Interval):
            return replace(node, low=constant(node.low), high=constant(node.high))
        if isinstance(node, AnyOf):
            return AnyOf(tuple(walk(t) for t in node.tests))
        if isinstance(node, Not):
            return Not(walk(node.test))
        return node

    typed = walk(test)
    if wrong:
        lit = wrong[0]
        shown = lit.raw or str(lit.value)
        return WRONG_TYPE.refusal(
            lit.pos, found=text, literal=shown, type=TYPES.get(type_, Text(type_, type_))
        )
    return typed


def _depth(node: Any) -> int:
    """Return how deeply a parsed cell nests, counted without recursion."""
    deepest, todo = 0, [(node, 1)]
    while todo:
        current, depth = todo.pop()
        deepest = max(deepest, depth)
        if isinstance(current, tuple):
            todo.extend((item, depth) for item in current)
        elif hasattr(current, "__dataclass_fields__"):
            todo.extend((getattr(current, name), depth + 1) for name in current.__slots__)
    return deepest
