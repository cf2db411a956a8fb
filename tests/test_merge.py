"""Sheets that several plugins describe: what each says counts, and what contradicts is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kamrules.hooks import plugins
from kamrules.messages.problem import PluginError
from kamrules.rules.catalogue import merged_specs
from kamrules.run import pipeline
from kamrules.sheets.column import Column, SheetSpec
from kamrules.sheets.merge import merged, uses
from tests.conftest import by_id

Book = Callable[..., Path]

CUSTOMERS = """
    | 客户编号 | 客户名称 | 战略重要性 |
    | A1 | 甲 | 重大 |
    | A2 | 乙 |      |
"""
ORDERS = """
    | 客户编号 | 订单日期   | 金额 |
    | A1      | 2024-03-01 | 100 |
    | A2      | 2024-06-01 | 900 |
"""
ONE = Column("amount", "金额", "Amount", "money", "元", ("销售额",), allowed=("a", "b"), blank="0")


def put_together(*columns: Column) -> Column:
    """Return one column of what several plugins say of it."""
    said = [
        (f"p{n}", SheetSpec("s", "表", "S", (c,)), f"p{n}.py:{n}") for n, c in enumerate(columns)
    ]
    ((found,),) = [spec.columns for spec in merged(said)]
    return found


def test_synonyms_choices_and_words_of_all_plugins_count() -> None:
    other = Column(
        "amount", "成交额", "Amount", "money", synonyms=("销售额", "货款"), required=True,
        allowed=("c", "b"), event=True, words=(("多", 9.0),),
    )  # fmt: skip

    assert put_together(ONE, other) == replace(
        ONE, synonyms=("销售额", "成交额", "货款"), required=True, allowed=("a", "b", "c"),
        event=True, words=(("多", 9.0),),
    )  # fmt: skip


def test_the_first_plugin_describes_what_the_others_leave_unsaid() -> None:
    bare = Column("amount", "金额", "Amount", "money")

    assert put_together(bare, ONE) == put_together(ONE, bare) == ONE


def test_text_with_choices_is_text() -> None:
    text = Column("level", "级", "Level", "text")
    choices = replace(text, type="enum", allowed=("高", "低"))

    assert put_together(text, choices) == put_together(choices, text) == choices


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"type": "text"}, "type money / type text"),
        ({"unit": "美元"}, "unit 元 / unit 美元"),
        ({"blank": "1"}, "blank 0 / blank 1"),
    ],
)
def test_what_contradicts_names_both_plugins_sheet_and_column(
    changed: dict[str, Any], said: str
) -> None:
    both = r"plugins 'p0' \(p0.py:0\) and 'p1' \(p1.py:1\) contradict each other"
    with pytest.raises(PluginError, match=f"{both} about the column amount of the sheet s: {said}"):
        put_together(ONE, replace(ONE, **changed))


def test_a_word_that_stands_for_two_numbers_names_both_plugins() -> None:
    with pytest.raises(PluginError, match=r"'p0'.*'p1'.*: 高=80.0 / 高=90.0"):
        put_together(
            replace(ONE, words=(("高", 80.0),)), replace(ONE, words=(("高", 90.0),))
        )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unique": "b"}, "unique a / unique b"),
        ({"references": "b"}, "references a / references b"),
        ({"derived": True}, "derived False / derived True"),
    ],
)
def test_sheets_that_contradict_name_both_plugins(changed: dict[str, Any], said: str) -> None:
    spec = SheetSpec("s", "表", "S", (ONE,), unique="a", references="a")

    with pytest.raises(PluginError, match=f"'p'.*'q'.* about the sheet s: {said}"):
        merged([("p", spec, "p.py:1"), ("q", replace(spec, **changed), "q.py:1")])


def test_two_columns_of_a_sheet_that_claim_one_name_name_both_plugins() -> None:
    mine = SheetSpec(
        "s", "表", "S", (Column("turnover", "营业额", "Turnover", "money", "", ("ＡＭＯＵＮＴ",)),)
    )
    theirs = SheetSpec("s", "表", "S", (ONE,))

    with pytest.raises(PluginError, match=r"'p' .* and 'q' .*amount, turnover|amount / turnover"):
        merged([("p", theirs, "p.py:1"), ("q", mine, "q.py:1")])


def test_a_plugin_may_use_what_another_describes_whichever_comes_first() -> None:
    spec = SheetSpec("s", "表", "S", (ONE,))

    used = merged([("p", uses("s", "amount"), "p.py:1"), ("q", spec, "q.py:1")])

    assert used == merged([("q", spec, "q.py:1")]) == [spec]


@pytest.mark.parametrize(
    ("used", "said"),
    [
        (uses("ss", "amount"), r"plugin 'p' \(p.py:1\) uses the sheet 'ss', .*; did you mean s;"),
        (
            uses("s", "amont"),
            "uses the column of s 'amont', which no plugin describes; did you mean amount",
        ),
    ],
)
def test_a_sheet_or_column_that_nobody_describes_cannot_be_used(used: Any, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        merged([("p", used, "p.py:1"), ("q", SheetSpec("s", "表", "S", (ONE,)), "q.py:1")])


def test_one_more_synonym_of_a_plugin_takes_nothing_away(tmp_path: Path, book: Book) -> None:
    source = book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    file = tmp_path / "p_flag.py"
    file.write_text(
        "from kamrules.plugin import SheetSpec, columns, hookimpl\n"
        "@hookimpl\ndef sheets():\n"
        "    flag = columns('strategic_flag | 战略意义 | Strategic | text | 战略标记')\n"
        "    paid = columns('amount | 销售额 | Amount | money 元 | 回款额')\n"
        "    return [SheetSpec('customers', '客户', 'Customers', flag),\n"
        "            SheetSpec('orders', '销售', 'Orders', paid)]\n",
        "utf-8",
    )

    with_it = pipeline.apply(source, pipeline.Run(plugins.load([file])))
    without = pipeline.apply(source, pipeline.Run(plugins.load()))

    wanted = ("strategic_flag", "sales")
    assert (
        by_id(with_it, *wanted)
        == by_id(without, *wanted)
        == {"A1": ("重大", 100), "A2": ("无", 900)}
    )


def test_a_visit_may_name_its_customer_by_any_name_that_a_plugin_knows(
    tmp_path: Path, book: Book
) -> None:
    visits = "| 客户名称 | 拜访日期 | 方式 |\n| 甲 | 2024-05-01 | 上门 |"

    result = pipeline.apply(
        book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 拜访=visits),
        pipeline.Run(plugins.load()),
    )

    assert "E203" not in {p.code for p in result.problems}
    assert "customer_id" in result.data.sheets["visits"].headers


def test_no_column_of_ours_is_described_by_two_plugins_in_other_words() -> None:
    described: dict[tuple[str, str], set[Column]] = {}
    for _, spec, _ in plugins.call_each(plugins.load(), "sheets", (object,)):
        for column in getattr(spec, "columns", ()):
            if isinstance(column, Column):
                described.setdefault((spec.key, column.key), set()).add(column)

    assert {at: len(said) for at, said in described.items() if len(said) > 1} == {}
    assert len(merged_specs(plugins.load())) > 20
