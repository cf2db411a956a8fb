"""What is missing, old, double or contradictory, told at its cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kamrules.hooks import plugins
from kamrules.messages.problem import Problem
from kamrules.run import pipeline
from kamrules.run.result import Result

from .conftest import by_id, write_book

CUSTOMERS = """
客户编号 | 客户名称 | 负责人 | 电话 | 地址 | 法定代表人 | 行业 | 地区 | 首次合作日期 | 更新日期 | 战略意义 | 批准人
A | 甲 | 王 | 1 | x | y | z | 东 | 2020-01-01 | 2024-12-01 | 重大 | 何总
B | 乙 | | | | | | | | 2023-12-01 | 重要 |
C | 乙 | 李 | 2 | | | | | | | |
"""
ORDERS = """
订单编号 | 客户编号 | 日期 | 发货日期 | 产品名称 | 销售额
S1 | A | 2024-03-01 | 2024-02-01 | p | 900
S1 | B | 2024-12-31 | | p | 100
S2 | A | 2024-04-01 | 2024-04-02 | p | 50
S2 | A | 2024-04-01 | 2024-04-02 | p | 50
"""
VISITS = """
客户编号 | 拜访日期 | 方式 | 部门 | 客户反馈
A | 2024-11-01 | 上门 | 销售 | 好
A | 2024-12-01 | 电话 | 技术 |
B | 2024-12-01 | 电话 | 技术 |
"""
CONTACTS = "客户编号 | 姓名 | 职务\nA | 张三 | 经理"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    path = tmp_path_factory.mktemp("small") / "b.xlsx"
    write_book(path, 客户=CUSTOMERS, 销售=ORDERS, 拜访=VISITS, 联系人=CONTACTS)
    return pipeline.apply(path, pipeline.Run(plugins.load()))


def told(result: Result, code: str) -> list[tuple[str, str]]:
    problems: list[Problem] = [p for p in result.problems if p.code == code]
    return [(p.where.local, p.found) for p in problems]


def test_C05_C12_completeness_weighs_the_fields_that_are_filled(result: Result) -> None:
    said = by_id(result, "completeness", "missing_fields", "archive_blocks")

    assert said["A"] == (pytest.approx(16 / 17), "合同", 3)
    assert said["B"][0] == pytest.approx(2 / 17)
    assert said["B"][1].split("、")[:3] == ["负责人", "电话", "地址"]
    assert said["C"][2] == 1


def test_C04_C03_age_and_departments_of_what_is_known(result: Result) -> None:
    assert by_id(result, "资料新旧", "部门更新") == {
        "A": ("新", "两个部门以上"), "B": ("陈旧", "只有一个部门"), "C": ("没有更新日期", "没有部门"),
    }  # fmt: skip


def test_C20_visits_without_feedback_are_counted(result: Result) -> None:
    assert by_id(result, "visits_without_feedback") == {"A": 1, "B": 1, "C": 0}


def test_one_name_with_two_keys_is_told_at_its_cells(result: Result) -> None:
    assert told(result, "W231") == [("客户!B3:B4", "乙")]


def test_a_strategic_mark_wants_an_approver(result: Result) -> None:
    assert told(result, "W232") == [("客户!K3", "重要")]


def test_shipped_before_ordered_is_a_contradiction(result: Result) -> None:
    assert told(result, "W233") == [("销售!D2", "2024-02-01 < 2024-03-01")]


def test_an_order_line_that_stands_twice_is_told(result: Result) -> None:
    assert told(result, "W234") == [("销售!A5", "S2")]


def test_an_order_number_of_two_customers_is_a_notice(result: Result) -> None:
    assert told(result, "W235") == [("销售!A2", "S1")]
    assert [p.severity for p in result.problems if p.code == "W235"] == ["notice"]


def test_C16_contacts_are_counted_by_channel(result: Result) -> None:
    from kamrules_plugins.quality import _channels

    columns: Any = _channels(result, "zh")

    assert [c.values.to_list() for c in columns] == [["电话", "上门"], [2, 1], [2, 1]]


def test_C11_contacts_and_contracts_belong_to_a_customer_that_is_there(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "b.xlsx",
        客户="客户编号 | 客户名称\nA | 甲",
        销售="客户编号 | 日期 | 销售额\nA | 2024-03-01 | 100",
        联系人="客户编号 | 姓名\nA | 张三\nX | 李四",
        合同="合同编号 | 客户编号 | 合同金额\nH1 | A | 100\nH2 | Y | 100",
    )

    result = pipeline.apply(path, pipeline.Run(plugins.load()))

    assert {(p.where.sheet, p.where.ref) for p in result.problems if p.code == "W206"} == {
        ("联系人", "A3"),
        ("合同", "B3"),
    }
