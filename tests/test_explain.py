"""Every decision becomes a sentence with the values that met the conditions."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamrules.engine.decide import decide
from kamrules.run.why import number_text, sentences, shown
from kamrules.words.shown import fmt
from kamrules.words.text import Text
from tests.kit.tables import VALUES, frame, linked

NAMES = {
    "share": Text("占比", "Share"),
    "amount": Text("金额", "Amount"),
    "city": Text("城市", "City"),
}


def whys(
    policy: str, rules: list[list[Any]], rows: list[dict[str, Any]], lang: Any = "zh"
) -> list[str]:
    table = linked([
        ["决策表", "t"], ["命中策略", policy],
        ["规则", "条件 IN", "条件 IN", "结果 OUT", "备注"],
        ["列", "占比", "金额", "等级", "理由"], *rules,
    ])  # fmt: skip
    decided = decide(table, frame([dict.fromkeys(VALUES) | r for r in rows]), {})
    return sentences(decided, decided.decision(), NAMES, lang).to_list()


RULES = [
    ["R1", ">=5%", "-", "大", "占比够大"],
    ["R2", "-", "[1..100), 空", "中", None],
    ["R3", "-", ">=100", "小", None],
]


def test_a_sentence_names_column_value_and_condition() -> None:
    rows = [{"share": 0.0935, "amount": 1.0}, {"share": 0.01, "amount": 12.5}, {"share": 0.0}]

    assert whys("F", RULES, rows) == [
        "占比够大: 占比 9.35% >=5%",
        "金额 12.5 [1..100), 空",
        "金额 空 [1..100), 空",
    ]
    assert whys("F", RULES, rows, "en")[2] == "Amount blank [1..100), null"


def test_a_sentence_says_what_is_missing_what_clashes_and_what_nobody_covers() -> None:
    rows = [{"amount": 5.0}, {"share": 0.01, "amount": 0.5}, {"share": 0.06, "amount": 500.0}]

    assert whys("F", RULES, rows)[:2] == ["缺数据: 占比", "没有规则命中"]
    assert whys("U", RULES, rows)[2] == "规则 R1, R3 同时命中, 见 问题 表"
    assert whys("C", RULES, rows)[2] == "命中 R1, R3"


def test_a_reason_may_name_the_columns_it_is_about() -> None:
    rules = [["R1", ">=5%", "-", "大", "占比 {占比} 达到门槛, 见 {别处}"]]

    assert whys("F", rules, [{"share": 0.0935}]) == [
        "占比 9.35% 达到门槛, 见 别处: 占比 9.35% >=5%"
    ]


@given(st.floats(-1e9, 1e9), st.sampled_from(["number", "money", "percent"]))
def test_columns_show_numbers_as_single_values_are_shown(value: float, type_: Any) -> None:
    value = float(f"{value:.9g}")
    column = pl.DataFrame({"x": [value]}).select(shown(pl.col("x"), type_, "zh")).item()

    single = fmt(value, type_, "zh")
    assert column.lstrip("-") == single.lstrip("-")
    assert column == single or float(single.replace(",", "").rstrip("%")) == 0


@pytest.mark.parametrize("value", [0.0, 999.0, 1000.0, 123456.0, 1234567.0])
def test_thousands_are_separated(value: float) -> None:
    column = pl.DataFrame({"x": [value]}).select(number_text(pl.col("x"), 2)).item()

    assert column == f"{value:,.0f}"


def test_dates_and_truth_are_shown_in_the_language_of_the_reader() -> None:
    data = pl.DataFrame({"d": [dt.date(2024, 1, 31)], "b": [True]})

    assert data.select(shown(pl.col("d"), "date", "en"), shown(pl.col("b"), "bool", "zh")).row(
        0
    ) == (
        "2024-01-31",
        "是",
    )
