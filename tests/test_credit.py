"""Ratios from customers' accounts, and the grades that follow."""

from __future__ import annotations

import pytest

from kamrules.hooks import plugins
from kamrules.run import pipeline
from kamrules.run.result import Result

from .conftest import by_id, write_book

CUSTOMERS = "客户编号 | 客户名称\nA | 甲\nB | 乙\nC | 丙\nD | 丁"
ORDERS = "客户编号 | 日期 | 销售额\nA | 2024-12-31 | 900\nB | 2024-03-01 | 10\nC | 2024-03-01 | 5\nD | 2024-03-01 | 1"
FINANCIALS = """
客户编号 | 年度 | 营业收入 | 净利润 | 总资产 | 流动资产 | 流动负债 | 应收账款 | 逾期天数 | 存货 | 营业成本
A | 2023 | 1000 | -50 | 500 | 100 | 200 | 500 | 0 | 100 | 800
A | 2024 | 1000 | 100 | 500 | 300 | 200 | 100 | 0 | 100 | 800
A | 2025 | 1000 | -100 | 500 | 10 | 200 | 900 | 0 | 100 | 800
B | 2024 | 1000 | -10 | 500 | 100 | 200 | 400 | 200 | 700 | 800
C | 2024 | 0 | 0 | 500 | 240 | 200 | | | |
"""
CONTRACTS = """
合同编号 | 客户编号 | 合同金额 | 结束日期
1 | A | 100 | 2025-06-30
2 | A | 900 | 2024-06-30
3 | B | 300 | 2024-12-31
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    path = tmp_path_factory.mktemp("small") / "b.xlsx"
    write_book(path, 客户=CUSTOMERS, 销售=ORDERS, 财务=FINANCIALS, 合同=CONTRACTS)
    return pipeline.apply(path, pipeline.Run(plugins.load()))


def test_P18_P22_the_five_ratios_are_those_of_the_latest_year_that_has_begun(
    result: Result,
) -> None:
    ratios = (
        "current_ratio",
        "net_margin",
        "return_on_assets",
        "collection_days",
        "inventory_days",
    )

    assert by_id(result, *ratios)["A"] == (1.5, 0.1, 0.2, 36.5, 45.625)
    assert by_id(result, *ratios)["D"] == (None,) * 5


def test_a_ratio_over_zero_is_blank(result: Result) -> None:
    assert by_id(result, "current_ratio", "net_margin", "collection_days")["C"] == (1.2, None, None)


def test_P23_lights_add_up_to_a_grade_and_no_accounts_are_no_grade(result: Result) -> None:
    assert by_id(result, "红灯数", "黄灯数", "有数据的灯数", "信用评级") == {
        "A": (0, 0, 5, "A"),
        "B": (5, 0, 5, "D"),
        "C": (0, 2, 2, "B"),
        "D": (0, 0, 0, "无资料"),
    }


def test_T11_small_customers_of_bad_credit_are_told_apart(result: Result) -> None:
    assert by_id(result, "金字塔层", "小客户类型")["D"] == ("小客户", "小客户")


def test_T37_contracts_in_force_are_ranked(result: Result) -> None:
    assert by_id(result, "contract_amount", "contract_position") == {
        "A": (100.0, 0.5), "B": (300.0, 0.0), "C": (None, None), "D": (None, None),
    }  # fmt: skip


def test_a_figure_nobody_can_read_leaves_its_ratio_open(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("small") / "b.xlsx"
    financials = "客户编号 | 年度 | 流动资产 | 流动负债\nA | 2024 | 很多 | 5\nB | 2024 | 10 | 5"
    write_book(path, 客户=CUSTOMERS, 销售=ORDERS, 财务=financials)

    result = pipeline.apply(path, pipeline.Run(plugins.load()))

    assert by_id(result, "流动比率灯")["A"] is None
    assert by_id(result, "流动比率灯")["B"] == "绿"
