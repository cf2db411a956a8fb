"""What customers may expect, what they used of it, and how close the relationship is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kamrules.hooks import plugins
from kamrules.run import pipeline
from kamrules.run.result import Result

from .conftest import by_id, write_book

CUSTOMERS = """
客户编号 | 客户名称 | 负责人 | 现关系类型
A | 甲 | 王 | 伙伴
B | 乙 | |
C | 丙 | 李 |
"""
ORDERS = """
客户编号 | 日期 | 销售额 | 成本 | 折扣
A | 2024-03-01 | 900 | 500 | 0.12
B | 2024-12-31 | 100 | 50 | 0.02
"""
VISITS = """
客户编号 | 拜访日期 | 方式 | 类型 | 拜访人 | 耗时
A | 2024-02-01 | 上门 | 培训 | 王 | 12
A | 2024-03-01 | 上门 | 交流会 | 赵 | 3
A | 2024-11-01 | 电话 | 拜访 | 孙 | 1
B | 2024-10-01 | 电话 | 来电 | 李 | 0.5
B | 2025-01-10 | 电话 | 拜访 | 周 | 0.5
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    path = tmp_path_factory.mktemp("small") / "b.xlsx"
    parameters = "参数 | 值\n基准日 | 2024-12-31"
    write_book(path, 客户=CUSTOMERS, 销售=ORDERS, 拜访=VISITS, 参数=parameters)
    return pipeline.apply(path, pipeline.Run(plugins.load()))


def test_E08_E12_what_was_used_is_taken_off_what_may_be_expected(result: Result) -> None:
    used = by_id(result, "training_used", "exchange_used", "培训剩余天数", "交流剩余次数")

    assert used["A"] == (1.5, 1, 2.5, 1)
    assert used["C"] == (0.0, 0, 0.0, 0)


def test_E05_a_discount_above_the_ceiling_is_marked(result: Result) -> None:
    assert by_id(result, "折扣上限", "折扣核对") == {
        "A": (0.1, "超限"), "B": (0.1, "未超限"), "C": (0.0, "未超限"),
    }  # fmt: skip


def test_E03_E04_key_accounts_want_an_owner_and_a_team(result: Result) -> None:
    assert by_id(result, "专人负责") == {"A": "齐备", "B": "缺负责人", "C": "不要求"}


def test_E23_the_last_visitor_up_to_the_as_of_date_is_suggested(result: Result) -> None:
    assert by_id(result, "建议接待人") == {"A": "孙", "B": "李", "C": "李"}


def test_M09_M10_the_target_relationship_stands_beside_the_actual_one(result: Result) -> None:
    assert by_id(result, "目标关系类型", "实际关系类型", "关系差距", "关系深化") == {
        "A": ("伙伴型", "伙伴型", "相符", "合作型"),
        "B": ("伙伴型", "被动型", "不足", "交易型"),
        "C": ("基本型", "基本型", "相符", "交易型"),
    }


def test_without_visits_nobody_is_said_to_have_no_contact(tmp_path: Path) -> None:
    customers = "客户编号 | 客户名称\nA | 甲"
    path: Any = write_book(tmp_path / "b.xlsx", 客户=customers, 销售=ORDERS)

    result = pipeline.apply(path, pipeline.Run(plugins.load()))

    assert by_id(result, "实际关系类型", "培训剩余天数") == {"A": (None, None)}
