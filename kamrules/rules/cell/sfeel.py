"""The language of a rule cell: text -> AST with positions, or the reason why not and the fix."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, v_args

from kamrules.messages.message import Refusal
from kamrules.rules.cell.functions import FUNCTIONS
from kamrules.rules.cell.messages import (
    THOUSANDS,
    UNCLEAR_CELL,
    UNCLEAR_RANGE,
    UNCLEAR_WORD,
    UNIT_IN_RULE,
    WRONG_TYPE,
)
from kamrules.sheets import values
from kamrules.words.fold import fold
from kamrules.words.text import Text
from kamrules.words.types import NUMERIC, TEXTUAL, TYPES, Type
from kamrules.words.units import NOUNS, POWERS, SHARES, alternatives

MAX_LENGTH = 4000
MAX_DEPTH = 60


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
_SCALES = {**POWERS, "%": SHARES["%"], "‰": SHARES["‰"]}
_UNITS = alternatives(_SCALES)
_NUMBER_PARTS = re.compile(rf"(.*?)\s*({_UNITS})?")
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
    "units": _UNITS,
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
        value = Decimal(digits).scaleb(_SCALES[scale] if scale else 0)
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
    "date": (values.date,),
    "time": (values.time_of_day,),
    "date and time": (values.moment,),
    "duration": (values.duration, values.months),
    "years and months duration": (values.months,),
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
        *((values.moment,) if "T" in text and not text.lstrip("-").startswith("P") else ()),
        values.date, values.time_of_day, values.duration, values.months,
    )  # fmt: skip
    for read in readers:
        found = read(text)
        if not isinstance(found, Refusal):
            return Months(found) if read is values.months else found
    raise ValueError(text)


_LARK = Lark(
    _GRAMMAR % _PATTERNS,
    parser="lalr",
    lexer="contextual",
    transformer=_Build(),
    maybe_placeholders=False,
)

_QUOTES = '"“”„＂'
_NUMBER = rf"[-+]?\d+(?:\.\d+)?(?:{_UNITS})?"
_NOUNS = alternatives(NOUNS)
_DAY = r"\d{4}-\d{1,2}-\d{1,2}"
_THOUSANDS = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_SPAN = re.compile(rf"({_DAY}|{_NUMBER})\s*(?:~|-|至|到)\s*({_DAY}|{_NUMBER})")
_SUFFIX = re.compile(rf"({_NUMBER})\s*(?:{_NOUNS})?\s*(以上|以下|以内|及以上|及以下)")
_OPEN_SPAN = re.compile(rf"({_DAY}|{_NUMBER})\s*\.\.\s*({_DAY}|{_NUMBER})")
_COUNTED = re.compile(rf"((?:>=|<=|!=|<>|[<>=≤≥≠])?\s*{_NUMBER})\s*({_NOUNS})")
_WRITTEN_DAY = re.compile(r"(?<!\d)(\d{4})\s*[年/.]\s*(\d{1,2})\s*[月/.]\s*(\d{1,2})(?!\d)\s*日?")
_WRITTEN_TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2}))?(?![\d:])")
_SUFFIX_FIX = {"以上": ">={0}", "及以上": ">={0}", "及以下": "<={0}", "以内": "<={0}"}


def _half_width(text: str) -> str:
    """Return *text* with full-width signs as their half-width form, outside quotes, same length."""
    out, quoted = [], False
    for char in text:
        if char in _QUOTES:
            quoted = not quoted
            out.append('"')
        elif quoted:
            out.append(char)
        elif "！" <= char <= "～":
            out.append(chr(ord(char) - 0xFEE0))
        else:
            out.append(_SIGNS.get(char, char))
    return "".join(out)


_SIGNS = {
    "、": ",", "，": ",", "；": ",", "【": "[", "】": "]", "〔": "[", "〕": "]", "—": "-", "–": "-",
    "−": "-", "～": "~", "〜": "~", "\u3000": " ", "\u00a0": " ", "×": "*", "÷": "/", "…": "..",
}  # fmt: skip


def _spelled(plain: str, type_: Type) -> str:
    """Return a cell of a date or time column with its dates and times as the grammar has them."""
    if type_ not in ("date", "datetime", "time") or '"' in plain:
        return plain
    if type_ == "time":
        return _WRITTEN_TIME.sub(lambda m: f'@"{int(m[1]):02}:{m[2]}:{m[3] or "00"}"', plain)
    return _WRITTEN_DAY.sub(lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", plain)


@lru_cache(maxsize=50_000)
def parse_test(text: str, type_: Type = "any", scale: int = 0) -> Test | Refusal:
    """Return the test of an input cell, or why it is not one.

    *scale* is the power of ten of the column's unit (4 for 万元), for numbers that name none.
    """
    plain = _spelled(_half_width(text).strip(), type_)
    if plain in ("", "-"):
        return AnyValue()
    if type_ not in TEXTUAL and (found := _ambiguous(plain)):
        return found
    parsed = _parse(text, _quoted_words(plain) if type_ in TEXTUAL else plain)
    return parsed if isinstance(parsed, Refusal) else _typed(parsed, type_, scale, text)


@lru_cache(maxsize=50_000)
def parse_output(text: str, type_: Type = "any", scale: int = 0) -> Expr | Refusal:
    """Return the expression of an output cell, or why it is not one.

    In a text column the cell is the text itself, unless it is quoted, 空, or {a name}.
    """
    plain = _spelled(_half_width(text).strip(), type_)
    if plain in ("", "-"):
        return Lit(None)
    if type_ in TEXTUAL:
        if re.fullmatch(r'"[^"]*"', plain):
            return Lit(text.strip()[1:-1])
        if re.fullmatch(r"\{[^{}]+\}", plain):
            return Name(plain[1:-1].strip())
        return Lit(None) if fold(plain) in ("空", "null") else Lit(text.strip())
    if found := _ambiguous(plain):
        return found
    parsed = _parse(text, plain)
    if isinstance(parsed, Refusal):
        return parsed
    typed = _typed(parsed, type_, scale, text)
    if isinstance(typed, Compare) and typed.op == "=":
        return typed.value
    return typed if isinstance(typed, Refusal) else UNCLEAR_CELL.refusal(found=text, near=plain)


# A word of a text column is the text itself, so it may hold hyphens and slashes, begin with a digit
# and end in brackets, as in 重要(VIP). A cell about ? quotes its texts.
_WORD = re.compile(
    r"(?P<negation>(?:not|非|不是|不属于)\s*(?=\())"
    r"|[^\s,\"()\[\]<>=!{}@≤≥≠][^,\"()\[\]<>=!{}≤≥≠]*(?:\([^,\"()]*\))?",
    re.IGNORECASE,
)


def _quoted_words(plain: str) -> str:
    """Return the cell of a text column with its bare words in quotes, 空 and null as they are."""

    def quoted(found: re.Match[str]) -> str:
        word = found[0].rstrip()
        return (
            word
            if found["negation"] or word in ("空", "null")
            else '"' + word.replace("\\", "\\\\") + '"'
        )

    pieces = re.split(r'("(?:\\.|[^"\\])*"|\{[^{}]*\})', plain)
    if any("?" in p for p in pieces[::2]):
        return plain
    pieces[::2] = [_WORD.sub(quoted, p) for p in pieces[::2]]
    return "".join(pieces)


def _parse(text: str, plain: str) -> Test | Refusal:
    if len(plain) > MAX_LENGTH:
        return UNCLEAR_CELL.refusal(found=text[:40] + "...", near=plain[:12])
    try:
        parsed: Test = _LARK.parse(plain)  # type: ignore[assignment]
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


def _ambiguous(plain: str) -> Refusal | None:
    """Return the refusal of text that other engines silently read as something else."""
    bare = re.sub(r'"[^"]*"', lambda m: " " * len(m[0]), plain)
    if found := _THOUSANDS.search(bare):
        fixed = _THOUSANDS.sub(lambda m: m[0].replace(",", ""), bare)
        spaced = ", ".join(p.strip() for p in bare.split(","))
        return THOUSANDS.refusal(found.start(), found=plain, fixed=fixed, spaced=spaced)
    at = 0
    for piece in bare.split(","):
        item = piece.strip()
        if (found := _SPAN.fullmatch(item)) and not re.fullmatch(_DAY, item):
            close = "]" if re.fullmatch(_DAY, found[2]) else ")"
            return UNCLEAR_RANGE.refusal(at, found=plain, low=found[1], high=found[2], close=close)
        if found := _OPEN_SPAN.fullmatch(item):
            return UNCLEAR_RANGE.refusal(at, found=plain, low=found[1], high=found[2], close="]")
        if found := _SUFFIX.fullmatch(item):
            fix = _SUFFIX_FIX.get(found[2], "<{0}  /  <={0}").format(found[1])
            return UNCLEAR_WORD.refusal(at, found=plain, fixed=fix, word=found[2])
        if found := _COUNTED.fullmatch(item):
            return UNIT_IN_RULE.refusal(at, found=plain, fixed=found[1], word=found[2])
        at += len(piece) + 1
    return None


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
            unscaled = scale and not lit.raw.endswith(tuple(_SCALES))
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
