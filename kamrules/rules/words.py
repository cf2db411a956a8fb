"""The words of the layout: labels of rows and columns, types, hit policies, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kamrules.rules.decision_table import HIT_POLICIES
from kamrules.words.fold import fold
from kamrules.words.names import both
from kamrules.words.types import Type

WORDS: Mapping[str, tuple[str, ...]] = {
    "decision": ("决策表", "decision", "decision table"),
    "crosstab": ("交叉表", "crosstab"),
    "case rules": ("关联规则", "关联规则表", "case rules"),
    "policy": ("命中策略", "命中方式", "hit policy"),
    "for each": ("对象", "for each"),
    "from": ("生效", "生效日期", "from"),
    "to": ("失效", "失效日期", "to"),
    "owner": ("负责人", "owner"),
    "approved": ("批准", "批准人", "approved"),
    "version": ("版本", "version"),
    "source": ("依据", "source"),
    "rule": ("规则", "rule", "编号"),
    "column": ("列", "column"),
    "type": ("类型", "type"),
    "values": ("取值", "values", "allowed values"),
    "default": ("默认", "default", "否则", "otherwise"),
    "in": ("条件", "in", "如果", "if"),
    "out": ("结果", "out", "那么", "then"),
    "note": ("备注", "note", "说明", "依据", "source"),
    "rows": ("行", "rows"),
    "columns": ("列", "columns"),
    # columns of a Tests sheet
    "case": ("用例", "case", "test case"),
    "table": ("表", "规则表", "table"),
    "expected rule": ("期望规则", "expected rule"),
    "got": ("得到", "got"),
    "result": ("结果", "result"),
}
# No label is longer than this, both languages and blanks included.
LONGEST = 40
PROPERTIES = ("policy", "for each", "from", "to", "owner", "approved", "version", "source")
PARAMETER_SHEETS = ("参数", "parameters", "规则参数", "设置")
GLOSSARY_SHEETS = ("词表", "glossary")
TEST_SHEETS = ("测试", "tests", "test")
# First characters of the words that start a table.
_ANCHORS = frozenset("决交关dDcCｄＤｃＣ")
_TYPES: Mapping[str, Type] = {
    "任意": "any", "any": "any",
    "文本": "text", "文字": "text", "text": "text", "string": "text", "字符串": "text",
    "整数": "int", "int": "int", "integer": "int", "whole number": "int", "天": "int",
    "数字": "number", "数值": "number", "小数": "number", "number": "number", "decimal": "number",
    "金额": "money", "money": "money", "amount": "money",
    "百分比": "percent", "比例": "percent", "percent": "percent", "percentage": "percent",
    "日期": "date", "date": "date",
    "日期时间": "datetime", "datetime": "datetime", "date and time": "datetime",
    "时间": "time", "time": "time",
    "时长": "duration", "duration": "duration", "days and time duration": "duration",
    "月数": "months", "years and months duration": "months",
    "是否": "bool", "布尔": "bool", "boolean": "bool", "bool": "bool", "yes/no": "bool",
    "选项": "enum", "选一个": "enum", "enum": "enum", "choice": "enum",
}  # fmt: skip
_SCALES = {"千元": 3, "万元": 4, "万": 4, "百万元": 6, "亿元": 8, "亿": 8, "k": 3, "m": 6}
_UNIT = re.compile(r"(.*?)\s*[(（]([^)）]*)[)）]\s*", re.DOTALL)
_POLICY = re.compile(r"\s*(C[+<>#]|[UAPFROC])(?![A-Z+<>#])")
_FULL_WIDTH = str.maketrans("＋＜＞＃", "+<>#")


def is_word(cell: Any, *keys: str) -> bool:
    """Return whether a cell is one of the layout's words, in Chinese, English or both."""
    if not isinstance(cell, str) or len(cell) > LONGEST:
        return False
    plain = cell.strip().rstrip(":：")
    zh, en = both(plain)
    for key in keys:
        if fold(plain) in WORDS[key] or (fold(zh) in WORDS[key] and fold(en) in WORDS[key]):
            return True
    return False


def is_anchor(cell: Any) -> bool:
    """Return whether a cell starts a table; asked of every cell, so most are sorted out early."""
    likely = isinstance(cell, str) and cell.lstrip()[:1] in _ANCHORS
    return likely and is_word(cell, "decision", "crosstab", "case rules")


def is_sheet(title: str, names: tuple[str, ...]) -> bool:
    """Return whether a sheet's title is one of *names*, in Chinese, English or both."""
    return any(fold(part) in names for part in both(title))


def is_tests(title: str) -> bool:
    """Return whether a sheet holds test cases: its title is or begins with 测试 or Tests."""
    return is_sheet(title, TEST_SHEETS) or fold(title).split(" ")[0] in TEST_SHEETS


def type_of(text: str) -> tuple[Type, int] | None:
    """Return a type and the power of ten of its unit: ``金额(万元)`` -> money, 4."""
    plain, unit = text, ""
    if found := _UNIT.fullmatch(text):
        plain, unit = found[1], found[2]
    for part in (plain, *both(plain)):
        if type_ := _TYPES.get(fold(part)):
            return type_, _SCALES.get(fold(unit), 0)
    return None


def policy_of(text: str) -> str | None:
    """Return the letter of a hit policy: ``U 唯一``, ``C+``, ``First`` -> U, C+, F."""
    if letter := _POLICY.match(text.translate(_FULL_WIDTH).upper()):
        return letter[1]
    named = (p for p, name in HIT_POLICIES.items() if fold(text) in map(fold, name))
    return next(named, None)
