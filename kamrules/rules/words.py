"""The words of the layout: labels of rows and columns, types, hit policies, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kamrules.messages.message import message
from kamrules.messages.phrases import IN_RULE
from kamrules.messages.problem import Cell, Problem
from kamrules.rules.hit_policy import HITS, HitPolicy
from kamrules.words.fold import fold
from kamrules.words.names import both
from kamrules.words.text import Text, say
from kamrules.words.types import TYPES, Type
from kamrules.words.units import CURRENCY, LISTED, is_unit

# fmt: off
CANNOT_BE_USED = message("E325", kind="type", stops=True,
    what=("“{column}” 的单位 “{found}” 用不了", "the unit '{found}' of '{column}' cannot be used"),
    fix=("单位可以是: {units}; 别的币种先换算成元",
         "units are {units}; convert other currencies to yuan first"),
    effect=("用到它的规则不能运行; 未写出任何文件",
            "rules that use it cannot run; nothing was written"),
    example={"found": "公斤", "column": "年采购额",
             "units": Text("十 百 千 万 十万 百万 千万 亿 十亿 百亿 千亿 万亿 (可加 元); 元 美元 "
                           "欧元 港元 日元 英镑 % 天 小时 分钟 秒 工作日 工时 周 月 季度 年 岁 "
                           "分 次 倍 件 台 吨 公斤 个 箱 套 人 户 家 单 笔 张 份 批 项 盒 瓶 辆 "
                           "升 米 公里 平方米",
                           "k thousand 10k m million bn billion; rmb, cny, yuan, usd, eur, hkd, "
                           "jpy, gbp, day, days, hour, hours, min, minutes, second, seconds, "
                           "workdays, week, weeks, month, months, quarter, quarters, year, years,"
                           " points, times, pcs"),
             "why": Text("这里的数是元, 换不成 “公斤”",
                         "numbers here are 元, which '公斤' is not")}, place=IN_RULE)
# fmt: on


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
# The rule id of a default row.
DEFAULT = WORDS["default"][0]
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
_UNKNOWN = Text("没有这个单位, 不知道一个是多少", "no such unit is known, nor how much one is")
_UNFIT = Text("这里的数是{own}, 换不成 “{found}”", "numbers here are {own}, which '{found}' is not")
_UNIT = re.compile(r"(.*?)\s*[(（]([^)）]*)[)）]\s*", re.DOTALL)
_LETTERS = "|".join(map(re.escape, sorted(HITS, key=len, reverse=True)))
_POLICY = re.compile(rf"\s*({_LETTERS})(?![A-Z+<>#])")
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


def type_of(text: str) -> tuple[Type, str] | None:
    """Return a type and the unit in brackets behind it: ``金额(万元)`` -> money, 万元."""
    plain, unit = text, ""
    if found := _UNIT.fullmatch(text):
        plain, unit = found[1], found[2]
    for part in (plain, *both(plain)):
        if type_ := _TYPES.get(fold(part)):
            return type_, unit.strip()
    return None


def unit_refused(
    unit: str, where: Cell, column: str, type_: Type = "number", stored: str = ""
) -> Problem:
    """Return what is wrong with a unit that numbers of a column cannot be in."""
    own = stored or (CURRENCY if type_ == "money" else "%" if type_ == "percent" else TYPES[type_])
    why = say(_UNFIT, own=own, found=unit) if is_unit(unit) else _UNKNOWN
    return CANNOT_BE_USED.at(where, found=unit, column=column, why=why, units=LISTED)


def policy_of(text: str) -> HitPolicy | None:
    """Return the hit policy that is written as ``U 唯一``, ``C+`` or ``First``."""
    if letter := _POLICY.match(text.translate(_FULL_WIDTH).upper()):
        return HITS[letter[1]]
    named = (policy for policy in HITS.values() if fold(text) in map(fold, policy.name))
    return next(named, None)
