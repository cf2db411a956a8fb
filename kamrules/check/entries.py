"""Single cells of a table: words outside the values of a column, and what Excel or a slip did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from kamrules.check.data import DIGITS_LOST
from kamrules.check.finding import Finding, finding
from kamrules.check.regions import Regions
from kamrules.check.wording import constant_text
from kamrules.engine.axis import constants, is_constant
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_RULE, TABLE
from kamrules.rules.cell.ast import (
    AnyOf,
    AnyValue,
    Compare,
    Interval,
    ListOf,
    Lit,
    Not,
    Test,
    literals,
)
from kamrules.rules.decision_table import DecisionTable, Entry, Input, Output
from kamrules.words.fold import fold
from kamrules.words.names import both, closest
from kamrules.words.text import Text
from kamrules.words.types import NUMERIC, TEXTUAL, Type

# fmt: off
NOT_AMONG_VALUES = message("W418", kind="value",
    what=("“{found}” 不在 {column} 的取值里", "'{found}' is not among the values of {column}"),
    why=("{column} 只能是 {allowed}", "{column} can only be {allowed}"),
    fix=("改成其中之一{suggest}, 或补到取值里",
         "write one of them{suggest}, or add it to the values"),
    effect=("这个条件不会命中", "this condition never hits"),
    example={"found": "战咯", "column": "评级", "allowed": "战略, 重点, 普通",
             "suggest": Text(": 是不是 战略", ": did you mean 战略")}, place=IN_RULE)
UNUSED_COLUMN = message("W419", kind="unused", severity="notice",
    what=("规则表 {table} 没有用到条件列 “{column}”",
          "table {table} does not use its condition column '{column}'"),
    why=("这一列的单元格都是 -", "all its cells are -"),
    fix=("删去这一列, 或写上条件", "delete the column, or write conditions"),
    effect=("判定不变", "decisions stay the same"),
    example={"table": TABLE, "column": "年采购额"}, place=IN_RULE)
PERHAPS_A_DATE = message("W430", kind="trap",
    what=("“{found}” 可能是 Excel 改成日期的",
          "'{found}' may be what Excel made of something else"),
    why=("输入 1-5 这样的文字, Excel 会变成日期", "Excel turns a text such as 1-5 into a date"),
    fix=("若本意是 1 到 5, 写 [1..5]; 先把单元格格式设为文本",
         "if 1 to 5 was meant, write [1..5]; format the cell as text first"),
    effect=("按日期的文字比较", "it is compared as the text of a date"),
    example={"found": "2024-01-05"}, place=IN_RULE)
ZEROS_LOST = message("W431", kind="trap",
    what=("“{found}” 前面的 0 可能被 Excel 去掉了",
          "Excel may have removed zeros before '{found}'"),
    why=("同一列的其他值是 {others}", "other values of the column are {others}"),
    fix=("把单元格格式设为文本, 再输入 {fixed}", "format the cell as text and type {fixed}"),
    effect=("{found} 和 {fixed} 是两个值", "{found} and {fixed} are two values"),
    example={"found": "12", "fixed": "012", "others": "001, 007"}, place=IN_RULE)
PERCENT_BEYOND_100 = message("W433", kind="trap",
    what=("百分比列 {column} 里的 “{found}” 是 {percent}",
          "'{found}' in the percent column {column} is {percent}"),
    why=("百分比列里 5 就是 500%", "in a percent column 5 means 500%"),
    fix=("若本意是 {fixed}, 写 {fixed}", "if {fixed} was meant, write {fixed}"),
    effect=("按 {percent} 判定", "it counts as {percent}"),
    example={"found": ">=5", "column": "折扣", "percent": ">=500%", "fixed": ">=5%"}, place=IN_RULE)
TWO_VALUES_NO_RANGE = message("W434", kind="trap",
    what=("“{found}” 是 {low} 或 {high}, 不是 {low} 到 {high}",
          "'{found}' means {low} or {high}, not {low} to {high}"),
    why=("逗号表示 “或”", "a comma means 'or'"),
    fix=("要区间就写 [{low}..{high}]; 要两个值就写 {low}, {high}",
         "for a range write [{low}..{high}], for two values {low}, {high}"),
    effect=("{low} 和 {high} 之间的值不算满足", "values between {low} and {high} do not meet it"),
    example={"found": "1,5", "low": "1", "high": "5"}, place=IN_RULE)
# fmt: on


_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LOST = re.compile(r"\d(?:\.\d+)?e\+1[5-9]|\d(?:\.\d+)?e\+[2-9]\d", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
# A share above this is written with a percent sign by people who mean it.
_ALL = Decimal(1)


def check_entries(table: DecisionTable) -> Iterator[Finding]:
    """Yield what Excel or a slip of the pen may have made of the cells of a table."""
    rules = (*table.rules, *([table.default] if table.default else []))
    columns: list[tuple[Input | Output, list[Entry]]] = [
        *((s, [r.inputs[n] for r in table.rules]) for n, s in enumerate(table.inputs)),
        *((s, [r.outputs[n] for r in rules]) for n, s in enumerate(table.outputs)),
    ]
    for spec, entries in columns:
        for entry in entries:
            yield from _slips(spec, entry)
        if spec.type in TEXTUAL:
            yield from _zeros(entries)
    for spec in table.inputs:
        at = table.inputs.index(spec)
        if table.rules and all(isinstance(r.inputs[at].meaning, AnyValue) for r in table.rules):
            yield finding(UNUSED_COLUMN.at(spec.where, table=table.name, column=both(spec.label)))


def _slips(spec: Input | Output, entry: Entry) -> Iterator[Finding]:
    texts = [str(x.value) for x in literals(entry.meaning) if isinstance(x.value, str)]
    if spec.type in TEXTUAL:
        for text in texts:
            if _DAY.fullmatch(text):
                yield finding(PERHAPS_A_DATE.at(entry.where, found=text))
            elif _LOST.fullmatch(text):
                yield finding(DIGITS_LOST.at(entry.where, found=text))
    if spec.type == "percent":
        for lit in _direct(entry.meaning):
            if isinstance(lit.value, Decimal) and abs(lit.value) > _ALL and is_bare(lit):
                plain = constant_text(lit.value, "number")
                yield finding(
                    PERCENT_BEYOND_100.at(entry.where, found=entry.text, column=both(spec.label),
                        percent=f"{constant_text(lit.value, 'percent')}", fixed=f"{plain}%",
                    )
                )  # fmt: skip
                break
    if spec.type in NUMERIC and (pair := _pair(entry.meaning)):
        low, high = (constant_text(v, spec.type, spec.scale) for v in pair)
        yield finding(TWO_VALUES_NO_RANGE.at(entry.where, found=entry.text, low=low, high=high))


def _direct(node: Any) -> Iterator[Lit]:
    """Yield the constants that stand for values of the column itself, not parts of a formula."""
    if isinstance(node, Lit):
        yield node
    elif isinstance(node, Compare):
        yield from _direct(node.value)
    elif isinstance(node, Interval):
        yield from (*_direct(node.low), *_direct(node.high))
    elif isinstance(node, ListOf):
        yield from (lit for item in node.items for lit in _direct(item))
    elif isinstance(node, AnyOf):
        yield from (lit for test in node.tests for lit in _direct(test))
    elif isinstance(node, Not):
        yield from _direct(node.test)


def is_bare(lit: Lit) -> bool:
    """Return whether a number was typed without a percent sign."""
    return bool(lit.raw) and not set(lit.raw) & set("%‰％")


def _pair(test: Test) -> tuple[Decimal, Decimal] | None:
    """Return the two numbers of ``[1,5]``, which people write for a range."""
    if isinstance(test, Compare) and isinstance(test.value, ListOf) and len(test.value.items) == 2:
        low, high = test.value.items
        if isinstance(low, Lit) and isinstance(high, Lit) and isinstance(low.value, Decimal):
            return (low.value, high.value) if isinstance(high.value, Decimal) else None
    return None


def _zeros(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield the codes that seem to have lost their zeros: 1 among 002 and 003."""
    codes = [
        (entry, str(x.value))
        for entry in entries
        for x in literals(entry.meaning)
        if isinstance(x.value, str) and _DIGITS.fullmatch(x.value)
    ]
    padded = [code for _, code in codes if code.startswith("0") and len(code) > 1]
    width = max(map(len, padded), default=0)
    for entry, code in codes:
        if len(code) < width:
            fixed, others = code.zfill(width), ", ".join(dict.fromkeys(padded[:3]))
            yield finding(ZEROS_LOST.at(entry.where, found=code, fixed=fixed, others=others))


def check_values(regions: Regions) -> Iterator[Finding]:
    """Yield the words and numbers of conditions that their column cannot have."""
    table = regions.linked.table
    for dimension in regions.dimensions:
        axis, spec = dimension.axis, dimension.spec
        if axis is None:
            continue
        possible = set(dimension.regions)
        allowed = [dimension.words[r] for r in dimension.regions if r in dimension.words]
        for rule in table.rules:
            entry = rule.inputs[dimension.place]
            if not is_constant(entry.meaning, spec.type):
                continue
            for word in _outside(axis.classes, possible, entry.meaning, spec.type, axis.synonyms):
                yield finding(
                    NOT_AMONG_VALUES.at(entry.where, found=word, column=both(spec.label),
                        allowed=", ".join(allowed), suggest=closest(word, allowed),
                    )
                )  # fmt: skip


def _outside(
    classes: Mapping[Any, int],
    possible: set[int],
    test: Test,
    type_: Type,
    synonyms: Mapping[str, str],
) -> Iterable[str]:
    if type_ not in TEXTUAL:
        return []
    found = dict.fromkeys(str(value) for value, _ in constants(test))
    return [w for w in found if classes[synonyms.get(fold(w), fold(w))] not in possible]
