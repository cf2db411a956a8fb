"""The types of values, and their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from kamrules.words.text import Text

Type = Literal[
    "any", "text", "int", "number", "money", "percent", "date", "datetime", "time", "duration",
    "months", "bool", "enum",
]  # fmt: skip


NUMERIC: frozenset[Type] = frozenset({"int", "number", "money", "percent"})


TEXTUAL: frozenset[Type] = frozenset({"text", "enum"})


TYPES: Mapping[Type, Text] = {
    "any": Text("任意", "any"),
    "text": Text("文本", "text"),
    "int": Text("整数", "whole number"),
    "number": Text("数字", "number"),
    "money": Text("金额", "money"),
    "percent": Text("百分比", "percent"),
    "date": Text("日期", "date"),
    "datetime": Text("日期时间", "date and time"),
    "time": Text("时间", "time"),
    "duration": Text("时长", "duration"),
    "months": Text("月数", "months"),
    "bool": Text("是否", "yes/no"),
    "enum": Text("选项", "choice"),
}
