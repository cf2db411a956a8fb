"""The grammar of a rule cell: plain text -> AST with positions."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from lark import Lark, Token, Transformer, v_args

from kamrules.messages.message import Refusal
from kamrules.rules.cell.ast import (
    AnyOf,
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
    Months,
    Name,
    Not,
    Relation,
    Test,
    Within,
    about_itself,
)
from kamrules.rules.cell.functions import FUNCTIONS
from kamrules.sheets import dates, numbers
from kamrules.words.units import POWERS, SHARES, alternatives

_GRAMMAR = r"""
start: NOT "(" tests ")" -> negation
     | tests
tests: test ("," test)*
?test: CMP sum -> compare
     | interval
     | disjunction -> plain
interval: LSQB sum ".." sum close
        | LPAR sum ".." sum close
        | RSQB sum ".." sum close
close: RSQB | RPAR | LSQB
?disjunction: conjunction (OR conjunction)*
?conjunction: relation (AND relation)*
?relation: sum
     | sum CMP sum -> relate
     | sum IN within -> within
     | sum BETWEEN sum AND sum -> between
?within: interval
     | CMP sum -> compare
     | sum -> plain
     | "(" tests ")"
?sum: product
    | sum (PLUS|MINUS) product -> arith
?product: unary
    | product FACTOR unary -> arith
?unary: MINUS unary -> negative
    | atom
?atom: NUMBER -> number
     | DATE -> date
     | WORD -> word
     | FUNCTION "(" arguments ")" -> call
     | LSQB arguments RSQB -> list_of
     | LPAR disjunction RPAR -> paren
arguments: disjunction ("," disjunction)*

NOT.9: /(?:not|非|不是|不属于)(?=\s*\()/i
FUNCTION.8: /(?:%(functions)s)(?=\s*\()/i
DATE.7: /\d{4}-\d{1,2}-\d{1,2}(?:T\d{2}:\d{2}(?::\d{2})?)?(?![\w-])/
NUMBER.6: /(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?\s*(?:%(units)s)?/
AND.5: /(?:and|并且|且)(?!\w)/i
OR.5: /(?:or|或者|或)(?!\w)/i
IN.5: /in(?!\w)/i
BETWEEN.5: /between(?!\w)/i
CMP.4: /<=|>=|!=|<>|==|[<>=≤≥≠]|%(words)s/
WORD.1: /@?\s*"(?:\\.|[^"\\])*"|\{[^{}]+\}|\?|%(bare)s/
LSQB: "["
RSQB: "]"
LPAR: "("
RPAR: ")"
PLUS: "+"
MINUS: "-"
FACTOR: "*" | "/"
%%ignore /\s+/
"""

_COMPARE_WORDS = {
    ">=": ("大于等于", "不低于", "不少于", "不小于", "不早于", "至少"),
    "<=": ("小于等于", "不超过", "不高于", "不大于", "不多于", "不晚于", "至多"),
    "!=": ("不等于",),
    ">": ("大于", "高于", "超过", "多于", "晚于"),
    "<": ("小于", "低于", "少于", "早于", "不足", "不到"),
    "=": ("等于",),
}
_OPERATORS = {"≥": ">=", "≤": "<=", "≠": "!=", "<>": "!=", "==": "="} | {
    word: op for op, words in _COMPARE_WORDS.items() for word in words
}
_CHINESE_NAMES = {"匹配": "matches", **{f.zh: f.name for f in FUNCTIONS.values() if f.zh}}
SCALES = {**POWERS, "%": SHARES["%"], "‰": SHARES["‰"]}
UNITS = alternatives(SCALES)
_NUMBER_PARTS = re.compile(rf"(.*?)\s*({UNITS})?")
_CONSTANTS = {"true": True, "是": True, "false": False, "否": False, "null": None, "空": None}
_KEYWORD = r"(?!(?:and|or|in|between)\b)"
_WORDS = "|".join(sorted((w for ws in _COMPARE_WORDS.values() for w in ws), key=len)[::-1])
_FUNCTION_NAMES = (
    "date and time", "date", "time", "duration", "years and months duration", "matches",
    *FUNCTIONS, *_CHINESE_NAMES,
)  # fmt: skip
_PATTERNS = {
    "functions": "|".join(_FUNCTION_NAMES),
    "words": _WORDS,
    "units": UNITS,
    "bare": rf"[^\W\d_](?:[\w·.]|(?<=\w) {_KEYWORD}(?=[^\W\d]))*",
}


class _Build(Transformer[Token, Any]):
    """Builds the AST while lark parses; one method for each rule of the grammar."""

    def start(self, children: list[Any]) -> Test:
        return children[0]  # type: ignore[no-any-return]

    def negation(self, children: list[Any]) -> Test:
        return Not(children[1])

    def tests(self, children: list[Any]) -> Test:
        return children[0] if len(children) == 1 else AnyOf(tuple(children))

    @v_args(inline=True)
    def compare(self, op: Token, value: Expr) -> Test:
        return Compare(_operator(op), value)

    @v_args(inline=True)
    def plain(self, value: Expr) -> Test:
        return Holds(value) if about_itself(value) else Compare("=", value)

    @v_args(inline=True)
    def interval(self, left: Token, low: Expr, high: Expr, right: Token) -> Test:
        return Interval(low, left == "[", high, right == "]")

    def disjunction(self, children: list[Any]) -> Expr:
        return Logic("or", tuple(children[::2]))

    def conjunction(self, children: list[Any]) -> Expr:
        return Logic("and", tuple(children[::2]))

    @v_args(inline=True)
    def relate(self, left: Expr, op: Token, right: Expr) -> Expr:
        return Relation(_operator(op), left, right)

    @v_args(inline=True)
    def within(self, value: Expr, _in: Token, test: Test) -> Expr:
        return Within(value, test)

    @v_args(inline=True)
    def between(self, value: Expr, _between: Token, low: Expr, _and: Token, high: Expr) -> Expr:
        return Within(value, Interval(low, True, high, True))

    @v_args(inline=True)
    def arith(self, left: Expr, op: Token, right: Expr) -> Expr:
        return Arith(str(op), left, right)

    @v_args(inline=True)
    def negative(self, minus: Token, value: Expr) -> Expr:
        if isinstance(value, Lit) and isinstance(value.value, Decimal):
            return Lit(-value.value, minus.start_pos or 0, "-" + value.raw)
        return Arith("-", Lit(Decimal(0)), value)

    @v_args(inline=True)
    def number(self, token: Token) -> Expr:
        digits, scale = _NUMBER_PARTS.fullmatch(token).groups()  # type: ignore[union-attr]
        value = Decimal(digits).scaleb(SCALES[scale] if scale else 0)
        return Lit(value, token.start_pos or 0, digits + (scale or ""))

    @v_args(inline=True)
    def word(self, token: Token) -> Expr:
        text, pos = token.strip(), token.start_pos or 0
        if text == "?":
            return Ask()
        if text.startswith("{"):
            return Name(text[1:-1].strip(), pos)
        if text.startswith("@"):
            return Lit(_literal("@", text[1:].strip()[1:-1]), pos)
        if text.startswith('"'):
            return Lit(re.sub(r"\\(.)", r"\1", text[1:-1]), pos)
        if text.casefold() in _CONSTANTS:
            return Lit(_CONSTANTS[text.casefold()], pos, text)
        return Name(text, pos)

    @v_args(inline=True)
    def date(self, text: Token) -> Expr:
        kind = "date and time" if "T" in text else "date"
        return Lit(_literal(kind, str(text)), text.start_pos or 0, str(text))

    @v_args(inline=True)
    def call(self, token: Token, args: tuple[Expr, ...]) -> Expr:
        name = _CHINESE_NAMES.get(str(token), str(token).lower())
        given = [a.value for a in args if isinstance(a, Lit)]
        if name in _LITERAL_FUNCTIONS and args and len(given) == len(args):
            return Lit(_made(name, given), token.start_pos or 0)
        return Call(name, args, token.start_pos or 0)

    def arguments(self, children: list[Any]) -> tuple[Expr, ...]:
        return tuple(children)

    @v_args(inline=True)
    def list_of(self, _left: Token, items: tuple[Expr, ...], _right: Token) -> Expr:
        return ListOf(items)

    @v_args(inline=True)
    def close(self, bracket: Token) -> Token:
        return bracket

    @v_args(inline=True)
    def paren(self, _left: Token, inner: Expr, _right: Token) -> Expr:
        return inner


def _operator(token: Token) -> str:
    return _OPERATORS.get(str(token), str(token))


_LITERAL_FUNCTIONS: dict[str, tuple[Callable[[str], Any], ...]] = {
    "date": (dates.date,),
    "time": (dates.time_of_day,),
    "date and time": (dates.moment,),
    "duration": (dates.duration, numbers.months),
    "years and months duration": (numbers.months,),
}


def _made(kind: str, given: Sequence[Any]) -> Any:
    """Return the date, time or duration that a function makes of constants."""
    plain = [int(v) if isinstance(v, Decimal) else v for v in given]
    match kind, plain:
        case "date", [int(year), int(month), int(day)]:
            return dt.date(year, month, day)
        case "date", [dt.datetime() as moment]:
            return moment.date()
        case "date", [dt.date() as day]:
            return day
        case "time", [int(hour), int(minute), int(second), *_]:
            return dt.time(hour, minute, second)
        case "time", [dt.datetime() as moment]:
            return moment.time()
        case "date and time", [dt.date() as day, dt.time() as time]:
            return dt.datetime.combine(day, time.replace(tzinfo=None))
    return _literal(kind, ", ".join(map(str, given)))


def _literal(kind: str, text: str) -> Any:
    readers = _LITERAL_FUNCTIONS.get(kind) or (
        *((dates.moment,) if "T" in text and not text.lstrip("-").startswith("P") else ()),
        dates.date, dates.time_of_day, dates.duration, numbers.months,
    )  # fmt: skip
    for read in readers:
        found = read(text)
        if not isinstance(found, Refusal):
            return Months(found) if read is numbers.months else found
    raise ValueError(text)


LARK = Lark(
    _GRAMMAR % _PATTERNS,
    parser="lalr",
    lexer="contextual",
    transformer=_Build(),
    maybe_placeholders=False,
)
