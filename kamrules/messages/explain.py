"""What a code of a message means: what, why, fix and effect, and an example with its cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.messages.shown import as_dict, shown
from kamrules.messages.text import MESSAGES, Message, because, label, problem
from kamrules.words.names import closest
from kamrules.words.text import Lang, Text

_TABLE = "客户分级 tiering"
_DAMAGED = Text("内容的校验和不对", "a checksum does not fit its content")
_SALES, _DATE = Text("销售额", "Amount"), Text("订单日期", "Order Date")
_SHEET = Text("客户", "Customers")
_NEED = Text("客户编号, 客户名称", "Customer ID, Customer Name")


def _cell(why: Text, fix: Text, column: Text = _SALES) -> dict[str, Any]:
    return {"column": column, "why": why, "fix": fix}


# What fills the places of a message in its example.
EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "E001": {"name": "客户.xlsx", "path": "D:\\大客户\\客户.xlsx"},
    "E002": {
        "name": "客户.kam.xlsx",
        "reason": Text("它正在 Excel 中打开", "it is open in Excel"),
    },
    "E003": {"name": "客户.xlsx", "kind": Text(" CSV 文本", "CSV text")},
    "E004": {"name": "客户.xlsx"},
    "E005": {
        "name": "客户.xls",
        "kind": Text("旧版 Excel 工作簿 (.xls)", "an old Excel workbook (.xls)"),
    },
    "E006": {"name": "客户.xlsx", "reason": _DAMAGED},
    "E007": {"name": "客户.xlsx"},
    "E008": {
        "name": "客户.xlsx",
        "reason": Text("展开后超过 2 GB", "it unpacks to more than 2 GB"),
    },
    "E009": {"name": "~$客户.xlsx", "workbook": "客户.xlsx"},
    "E010": {"name": "rules/tiering.xlsx"},
    "E020": {
        "name": "客户.xlsx",
        "reason": Text("它带有数字签名", "it carries a digital signature"),
    },
    "E101": {
        "found": "约300",
        **_cell(
            Text("“约300”不是一个确定的数", "“约300” is not one definite number"),
            Text("改成 300", "type 300"),
        ),
    },
    "E102": {
        "found": "2024-02-30",
        **_cell(
            Text("2024 年 2 月只有 29 天", "February 2024 has 29 days"),
            Text("改成如 2024-02-29 的日期", "type a date such as 2024-02-29"),
            _DATE,
        ),
    },
    "E103": {
        "found": "大概",
        **_cell(
            Text("“大概”既不是 是 也不是 否", "“大概” is neither yes nor no"),
            Text("改成 是 或 否", "type yes or no"),
            Text("创新型", "Innovative"),
        ),
    },
    "E104": {
        "found": "2.5",
        **_cell(
            Text("2.5 不是整数", "2.5 is no whole number"),
            Text("改成 2 或 3", "type 2 or 3"),
            Text("行业排名", "Industry Rank"),
        ),
    },
    "E109": {"found": "1,200万", "column": _SALES, "typed": "1,200万", "plain": "1200"},
    "E110": {"found": "#REF!", "column": _SALES},
    "E111": {"found": "=SUM(B2:B9)", "column": _SALES},
    "W112": {
        "found": "500%",
        "column": Text("折扣", "Discount"),
        "typed": "5",
        "percent": "500%",
    },
    "E201": {
        "name": "客户.xlsx",
        "sheet": _SHEET,
        "present": "Sheet1, 汇总",
        "hint": "",
        "columns": _NEED,
    },
    "E202": {
        "sheet": "客户",
        "rows": 20,
        "columns": _NEED,
        "effect": Text("未判定, 未写出任何文件", "nothing was decided, nothing was written"),
    },
    "E203": {
        "sheet": "客户",
        "column": Text("客户编号", "Customer ID"),
        "hint": "",
        "effect": Text("未判定, 未写出任何文件", "nothing was decided, nothing was written"),
    },
    "W204": {"found": "销售金额合计", "near": "销售额"},
    "E205": {
        "found": "KA1001",
        "column": Text("客户编号", "Customer ID"),
        "first": "客户!A3",
    },
    "W206": {
        "found": "KA9999",
        "column": Text("客户编号", "Customer ID"),
        "count": 3,
    },
    "W207": {"found": "客户代码", "taken": "客户!A1"},
    "W208": {
        "found": "很重大",
        "column": Text("战略意义", "Strategic"),
        "allowed": "重大, 重要, 无",
    },
    "E209": {"column": Text("客户编号", "Customer ID")},
    "W210": {"column": Text("客户编号", "Customer ID")},
    "E211": {},
    "E212": {"found": "[1, 2]"},
    "E214": {
        "found": "KA10O1",
        "sheet": "客户",
        "count": 48,
        "hint": Text("; 是不是 KA1001", "; did you mean KA1001"),
    },
    "E215": {"found": "安捷物流", "count": 2, "keys": "KA1022, KA1031"},
    "E216": {"found": "E999", "hint": ""},
    "E217": {"name": "客户.xlsx"},
    "W213": {"name": "客户-2024.xlsx"},
    "E301": {"found": ">=", "near": ">=", "table": _TABLE},
    "E302": {
        "found": ">=1,000,000",
        "fixed": ">=1000000",
        "spaced": ">=1, 0, 0",
        "table": _TABLE,
    },
    "E303": {
        "found": ">=白银门槛",
        "word": "白银门槛",
        "column": "年采购额",
        "type": Text("金额", "money"),
        "suggest": Text("; 是不是 白金门槛", "; did you mean 白金门槛"),
        "table": _TABLE,
    },
    "E304": {"found": "60以内", "word": "以内", "fixed": "<=60", "table": _TABLE},
    "E305": {"found": "1%~5%", "low": "1%", "high": "5%", "close": ")", "table": _TABLE},
    "E306": {"found": "X", "table": _TABLE},
    "E307": {"table": _TABLE, **because("no output")},
    "E308": {"cycle": "等级 <- 服务 (等级) <- 等级", "name": "等级"},
    "E309": {"found": "R3", "first": "分级!A10", "table": _TABLE},
    "E310": {
        "found": '"100"',
        "literal": '"100"',
        "type": Text("数字", "number"),
        "table": _TABLE,
    },
    "E311": {
        "found": "战咯",
        "allowed": "战略, 重点, 普通",
        "suggest": Text(": 是不是 战略", ": did you mean 战略"),
        "table": _TABLE,
    },
    "E312": {
        "found": "年采购",
        "column": "年采购",
        "suggest": Text("; 是不是 年采购额", "; did you mean 年采购额"),
        "table": _TABLE,
    },
    "E313": {"table": _TABLE, "first": "分级!A1"},
    "E314": {"column": "等级", "first": "分级!A1", "second": "金字塔!A1", "table": _TABLE},
    "E315": {"found": "元", "column": "年采购额", "table": _TABLE},
    "E316": {"name": "白金门槛", **because("no value")},
    "E317": {"table": "tier_shore", "tables": "占比分级 tier_share, 金字塔分级 tier_pyramid"},
    "E318": {"found": "#N/A", "table": _TABLE},
    "E319": {"found": "标签", "column": "标签", "table": _TABLE},
    "E320": {
        "found": "lower(?) = 5",
        "why": Text("没有函数 lower", "there is no function lower"),
        "table": _TABLE,
    },
    "W321": {"table": _TABLE, "winner": "我的规则.xlsx", "loser": "tiering.xlsx"},
    "W322": {"table": _TABLE, "as_of": "2024-12-31", "period": "2025-01-01 - ..."},
    "E323": {"found": "<=30天", "word": "天", "fixed": "<=30", "table": _TABLE},
    "E324": {"found": "销售额占比", "column": "销售额占比", "table": _TABLE},
    "E401": {
        "key": "KA1001",
        "count": 2,
        "rules": "R2, R4",
        "cells": "分级!A9, 分级!A11",
        "table": _TABLE,
    },
    "E402": {
        "key": "KA1001",
        "rules": "R2, R4",
        "cells": "分级!A9, 分级!A11",
        "table": _TABLE,
    },
    "W403": {
        "count": 2,
        "columns": Text("年采购额", "年采购额"),
        "keys": "KA1007, KA1011",
        "table": _TABLE,
    },
    "W404": {"count": 1, "keys": "KA1007", "table": _TABLE},
    "W323": {
        "column": Text("上门间隔", "On-site Every"),
        "fact": Text("拜访计划", "Visit Plan"),
        "suggest": Text("; 是不是 上门周期", "; did you mean 上门周期"),
    },
    "W405": {
        "sheet": Text("销售", "Orders"),
        "facts": Text("销售额占比", "Share of Sales"),
    },
    "W406": {
        "count": 1,
        "sheet": "销售",
        "columns": Text("销售额或日期", "amount or date"),
    },
}
_PLACES = {
    "0": Cell("客户.xlsx"),
    "1": Cell("客户.xlsx", "客户", "F11"),
    "2": Cell("客户.xlsx", "客户", "A11"),
    "3": Cell("tiering.xlsx", "分级", "C9"),
    "4": Cell("客户.xlsx", "客户", "A11"),
}


@dataclass(frozen=True, slots=True)
class Code:
    """A code, its message with places to fill, and an example of it where there is one."""

    code: str
    message: Message
    example: Problem | None

    def as_text(self, lang: Lang) -> str:
        """Return the meaning for a terminal."""
        return "\n".join(self._lines(lang))

    def _lines(self, lang: Lang) -> Iterator[str]:
        severity = label(self.message.severity).of(lang)
        yield f"{self.code} {severity}: {_open(self.message.what.of(lang))}"
        if self.example is not None:
            yield ""
            yield label("example").of(lang)
            yield shown(self.example, lang)
            return
        for name, field in _FIELDS.items():
            if said := getattr(self.message, name).of(lang):
                yield f"   {field.of(lang)}: {_open(said)}"

    def as_dict(self, lang: Lang) -> dict[str, Any]:
        """Return the meaning for ``--format json``."""
        said = {name: getattr(self.message, name).of(lang) for name in ("what", *_FIELDS)}
        example = as_dict(self.example, lang) if self.example else None
        return {
            "code": self.code, "severity": self.message.severity,
            **{name: _open(text) for name, text in said.items()}, "example": example,
        }  # fmt: skip


_FIELDS = {
    "why": Text("原因", "why"),
    "fix": Text("改法", "fix"),
    "effect": Text("影响", "effect"),
}


def explain(code: str) -> Code:
    """Return what a code means; UsageError where there is none of that name."""
    if code not in MESSAGES:
        hint = closest(code, MESSAGES)
        raise UsageError([problem("E216", Cell("kamrules explain"), found=code, hint=hint)])
    params = EXAMPLES.get(code)
    place = _PLACES.get(code[1], Cell("客户.xlsx"))
    example = None if params is None else problem(code, place, **params)
    return Code(code, MESSAGES[code], example)


def _open(template: str) -> str:
    """Return a sentence with ``...`` where a message names something."""
    parts = Formatter().parse(template)
    return "".join(text + ("..." if field is not None else "") for text, field, *_ in parts)
