"""A small result: five customers, one tier empty, one customer undecided, one problem."""

from __future__ import annotations

import datetime as dt

import polars as pl
from kamrules_plugins.accounts.headline import HEADLINE
from kamrules_plugins.accounts.home import home

from kamrules.engine.decision import MISSING, RULE, Decision
from kamrules.messages.problem import Cell, Problem
from kamrules.page.compose import compose
from kamrules.page.page import Page
from kamrules.rules.decision_table import DecisionTable, Entry, Input, Output, Rule
from kamrules.run.result import Result
from kamrules.sheets.column import ROW, SheetSpec
from kamrules.sheets.sheet import Data, Sheet
from kamrules.words.text import Text

BOOK = "book.xlsx"
TIERS = ("铂金", "黄金", "铁质")
LABELLED = {
    "铂金": Text("铂金", "Platinum"),
    "黄金": Text("黄金", "Gold"),
    "铁质": Text("铁质", "Iron"),
    "全部": Text("全部", "Everything"),
    "占比": Text("占比", "Share"),
}
# row, id, name, sales, tier, rule, previous, change
ROWS = (
    (2, "K1", "华东机电", 6_000_000.0, "铂金", "R1", "铂金", "same"),
    (3, "K2", "=cmd|' /C calc'!A0", 2_000_000.0, "黄金", "R2", "铂金", "down"),
    (4, "K3", "<script>alert(1)</script>", 1_500_000.0, "黄金", "R2", "铁质", "up"),
    (5, "K4", "东辰物流", None, None, None, "黄金", None),
    (6, "K5", "新科医药", 500_000.0, "黄金", "默认", None, "new"),
)


def customers(rows=ROWS) -> pl.DataFrame:
    total = sum(row[3] or 0 for row in rows)
    return pl.DataFrame(
        [
            {
                ROW: row, "id": id_, "name": name, "measure": sales,
                "share": None if sales is None else sales / total,
                "grade": tier, "table": "分级" if tier else None, "rule": rule,
                "why_zh": f"销售占比 {row}" if tier else "缺 年销售额",
                "why_en": f"share of sales {row}" if tier else "no annual sales",
                "missing": None if tier else "年销售额 Annual sales",
                "previous": previous, "change": change, "effective": tier, "outcome": None,
            }
            for row, id_, name, sales, tier, rule, previous, change in rows
        ],
        schema_overrides={"previous": pl.String, "change": pl.String, "missing": pl.String, "outcome": pl.String},
        infer_schema_length=None,
    )  # fmt: skip


def table(name: str, outputs: tuple[Output, ...], *rules: tuple[str, str, str]) -> DecisionTable:
    where = Cell("tiering.xlsx", "分级", "A1")
    made = []
    for id_, when, then in rules:
        outs = tuple(Entry(text, None, where) for text in then.split(";"))
        made.append(Rule(id_, (Entry(when, None, where),), outs, {"理由 Reason": f"{id_}?"}, where))
    default = made.pop() if made[-1].id == "默认" else None
    inputs = (Input("年销售额 Annual sales", "money", where),)
    title = Text(name, f"{name} table" if name.isascii() else "Tiering")
    return DecisionTable(name, title, "F", inputs, outputs, tuple(made), default, {}, where,
                         source="tiering.xlsx")  # fmt: skip


def decisions(frame: pl.DataFrame) -> tuple[Decision, ...]:
    where = Cell("tiering.xlsx", "分级", "B2")
    tiering = table(
        "分级", (Output("等级 Tier", "text", where),),
        ("R1", ">=500万", "铂金"), ("R2", "=1+1", "黄金"), ("默认", "-", "黄金"),
    )  # fmt: skip
    care = table(
        "care", (Output("折扣 Discount", "percent", where), Output("范围 Scope", "text", where)),
        ("R1", "-", "5%;全部"),
    )  # fmt: skip
    given = frame.select(ROW, pl.col("grade").alias("等级 Tier"), pl.col("rule").alias(RULE))
    cared = frame.select(
        ROW,
        pl.lit(0.05).alias("折扣 Discount"),
        pl.lit("全部").alias("范围 Scope"),
        pl.lit("R1").alias(RULE),
    )
    return (
        Decision(tiering, given.with_columns(pl.lit(None).alias(MISSING)),
                 {"R1": 1, "R2": 2, "默认": 1}),
        Decision(care, cared.with_columns(pl.lit(None).alias(MISSING)), {"R1": frame.height}),
    )  # fmt: skip


UNREADABLE = Problem(
    "E101", "error", Cell(BOOK, "客户", "C5"), Text("年销售额 要数字", "Sales should be a number"),
    Text("含字母 O", "it holds the letter O"), Text("改成 1200", "type 1200"),
    Text("K4 未判定", "K4 is not decided"), "=1,2OO", "东辰物流",
)  # fmt: skip


def a_result(rows=ROWS, problems=(UNREADABLE,), title="客户") -> Result:
    """Return a run over five customers: one tier empty, one customer undecided."""
    frame = customers(rows)
    sheet = Sheet(SheetSpec("customers", "客户", "Customers", (), headline=HEADLINE), title, frame.select(ROW), 1, {},
                  {}, 3)  # fmt: skip
    return Result(
        Data(BOOK, {"customers": sheet}), dt.date(2025, 9, 24),
        (dt.date(2025, 1, 1), dt.date(2025, 12, 31)), "占比", TIERS, frame, decisions(frame),
        tuple(problems), LABELLED, {"kamrules": "0.1.0", "rules tiering.xlsx": "分级"},
    )  # fmt: skip


def page(result: Result, lang: str) -> Page:
    """Return the page of a run with the sections of key accounts."""
    return compose(result, lang, [home(result, lang)])


def unchanged(rows=ROWS):
    return [(*row[:6], None, None) for row in rows]
