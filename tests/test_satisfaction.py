"""Surveys: satisfaction by tier, measures, checks, satisfied beside loyal; tests begin with the id."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from kamrules.annotate import write
from kamrules.hooks import plugins
from kamrules.run import pipeline
from kamrules.run.result import Result
from kamrules.words.names import both
from tests.conftest import write_book

AS_OF = dt.date(2026, 6, 30)
# A is strategic, B key, C and D are ordinary; A and B have paid every month for years.
CUSTOMERS = """
    | 客户编号 | 客户名称 | 负责人 | 战略意义 | 批准人 | 首次合作日期 | 行业竞争 | 发展潜力 |
    | A | 甲公司 | 陈晓 | 重大 | 总 | 2015-01-01 | 低 | 90 |
    | B | 乙公司 | 陈晓 | 重要 | 总 | 2015-01-01 | 高 | 90 |
    | C | 丙公司 | 李航 | 无 | | 2026-01-01 | 低 | 90 |
    | D | 丁公司 | 李航 | 重要 | 总 | 2026-01-01 | 低 | 10 |
"""
ORDERS = "| 订单编号 | 客户编号 | 订单日期 | 金额 | 利润 |\n| X | X | 2026-01-05 | 999900 | 1 |\n" + "".join(
    f"| {c}{m} | {c} | 2026-{m:02}-05 | 10 | {gain} |\n"
    for c, gain in (("A", -5), ("B", 5))
    for m in range(1, 7)
) + "".join(f"| {c}{m} | {c} | 2025-{m:02}-05 | 10 | 1 |\n" for c in "AB" for m in range(7, 13))  # fmt: skip
SURVEYS = """
    | 客户编号 | 调查日期 | 联系人 | 性质 | 项目 | 得分 | 意见 | 留下原因 | 改进措施 | 措施责任人 | 措施期限 | 措施完成 |
    | A | 2026-05-10 | 张总 | | 产品质量 | 100 | | 建议 | | | | |
    | A | 2026-05-10 | 张总 | | 服务态度 | 很满意 | | 建议 | | | | |
    | A | 2026-05-12 | 刘工 | | 产品质量 | 80 | | 关系 | | | | |
    | A | 2026-05-12 | 刘工 | | 服务态度 | 满意 | | | | | | |
    | A | 2025-11-10 | 张总 | | 产品质量 | 97 | | | | | | |
    | A | 2026-06-01 | 张总 | 抽查 | 整体 | 75 | | | | | | |
    | B | 2025-10-10 | 王五 | | 产品质量 | 40 | 常坏 | 价格 | 换供应商 | 孙倩 | 2026-06-20 | |
    | B | 2025-10-10 | 王五 | | 服务态度 | 50 | | | 培训 | 周静 | 2026-03-01 | 2026-02-01 |
    | B | 2025-10-10 | 王五 | | 交期 | 55 | | | | | | |
    | B | 2025-10-10 | 王五 | | 礼仪 | 59 | | | 培训 | | | |
    | C | 2026-06-20 | 赵六 | | 整体 | 101 | | | | | | |
    | C | 2026-07-20 | 赵六 | | 整体 | 90 | | | | | | |
"""
VISITS = """
    | 记录编号 | 客户编号 | 拜访日期 | 方式 | 类型 | 拜访人 | 满意度评分 |
    | V1 | D | '2026-06-01 10:00 | 上门 | 拜访 | 李航 | 3 |
    | V2 | D | '2026-06-11 10:00 | 上门 | 拜访 | 李航 | 2 |
    | V3 | D | '2025-06-11 10:00 | 上门 | 拜访 | 李航 | 5 |
"""


def applied(folder: Path, **sheets: str) -> Result:
    path = write_book(folder / "b.xlsx", 客户=CUSTOMERS, 销售=ORDERS, **sheets)
    return pipeline.apply(path, pipeline.Run(plugins.load(), as_of=AS_OF))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("satisfaction")


@pytest.fixture(scope="module")
def result(folder: Path) -> Result:
    return applied(folder, 满意度=SURVEYS, 拜访=VISITS)


def rows(result: Result, sheet: str) -> list[dict[str, Any]]:
    """Return the rows of a sheet, results of tables by their Chinese name."""
    frame = result.data.sheets[sheet].frame
    own = [c for c in frame.columns if "#" not in c]
    return [{both(k).zh: v for k, v in row.items()} for row in frame.select(own).to_dicts()]


def by_customer(result: Result, *names: str) -> dict[str, Any]:
    found = {r["customer_id"]: tuple(r[n] for n in names) for r in rows(result, "customer_satisfaction")}  # fmt: skip
    return {k: v[0] if len(v) == 1 else v for k, v in found.items()}


def test_s01_the_last_survey_of_a_year_counts_each_contact_once(result: Result) -> None:
    found = by_customer(result, "satisfaction", "调查状态")

    # Mean of 100 and 80 by contact; service counts 1.5 for a strategic customer, which changes nothing here.
    assert found["A"] == (pytest.approx(0.9), "按期")
    assert found["B"][1] == "到期"
    assert found["C"] == (None, "从未调查")
    assert by_customer(result, "满意度评级", "满意度动作")["C"] == ("未调查", "无")


def test_s02_products_and_service_are_two_blocks(result: Result) -> None:
    found = by_customer(result, "satisfaction_product", "satisfaction_service")

    assert found["B"] == (pytest.approx((0.4 + 0.55) / 2), pytest.approx((0.5 + 0.59) / 2))


def test_s06_a_strategic_customer_and_hard_competition_want_more(result: Result) -> None:
    assert by_customer(result, "满意度达标线") == {"A": 0.95, "B": 0.95, "C": 0.9, "D": 0.9}
    assert by_customer(result, "满意度评级")["A"] == "黄"
    # Service counts 1.2 of what products count for a key customer.
    expected = (0.4 + 0.55 + 1.2 * (0.5 + 0.59)) / 4.4
    assert by_customer(result, "satisfaction", "满意度评级")["B"] == (pytest.approx(expected), "红")


def test_s07_satisfied_and_loyal_stand_side_by_side(result: Result) -> None:
    assert by_customer(result, "满意与忠诚") == {
        "A": "满意且忠诚", "B": "不满但忠诚", "C": "无评分", "D": "无评分",
    }  # fmt: skip


def test_s09_a_satisfied_customer_may_bring_no_profit(result: Result) -> None:
    assert by_customer(result, "满意与利润")["A"] == "满意但不盈利"
    assert by_customer(result, "满意与利润")["B"] == "不满但盈利"


def test_s05_what_was_reported_is_compared_with_the_check(result: Result) -> None:
    found = by_customer(result, "reported_less_checked", "满意度核对")

    assert found["A"] == (pytest.approx(0.15), "自报偏高")
    assert found["B"] == (None, "未抽查")


def test_s10_every_low_item_wants_a_measure_with_an_owner_and_a_date(result: Result) -> None:
    states = {r["item"]: r["措施状态"] for r in rows(result, "survey_answers") if r["customer_id"] == "B"}  # fmt: skip

    assert states == {"产品质量": "逾期", "服务态度": "完成", "交期": "缺措施", "礼仪": "缺责任人或期限"}  # fmt: skip
    assert by_customer(result, "low_items")["B"] == "产品质量、服务态度、交期、礼仪"


def test_s12_satisfaction_that_falls_asks_for_another_service(result: Result) -> None:
    found = by_customer(result, "satisfaction_change", "满意度趋势")

    assert found["A"] == (pytest.approx(0.9 - 0.97), "下降, 调整服务")
    assert found["B"] == (None, "无对比")


def test_v21_scores_of_visits_roll_over_half_a_year(result: Result) -> None:
    found = by_customer(result, "satisfaction_contacts", "接触预警")

    assert found["D"] == (0.5, "不满意")
    assert found["A"] == (None, "无评分")


@pytest.fixture(scope="module")
def written(result: Result, folder: Path) -> dict[str, list[Any]]:
    """Return the rows of each sheet of the English result."""
    write.write(result, folder / "b.xlsx", write.Targets(), "en", plugins.load())
    book = load_workbook(folder / "b.kam.xlsx")
    return {s.title: [[c for c in r if c is not None] for r in s.iter_rows(values_only=True)] for s in book}  # fmt: skip


def test_s11_reasons_to_stay_are_ranked(written: dict[str, list[Any]]) -> None:
    reasons = [r[:2] for r in written["Satisfaction"] if r and str(r[0]).startswith("Reason")]

    assert reasons == [
        ["Reason to stay: Good advice", "2"],
        ["Reason to stay: Lower price", "1"],
        ["Reason to stay: Close relation", "1"],
    ]


def test_s13_items_of_service_are_a_set_of_their_own(
    written: dict[str, list[Any]], tmp_path: Path
) -> None:
    form = """
    | 客户编号 | 调查日期 | 礼仪 | 服务流程 | 渠道选择 | 优惠措施 | 服务先进性 | 工程质量 |
    | A | 2026-06-10 | 5 | 4 | 3 | 2 | 1 | 5 |
    """
    wide = applied(tmp_path, 问卷=form)

    found = rows(wide, "survey_answers")
    assert {r["item"]: r["score"] for r in found} == pytest.approx(
        {
            "礼仪": 1,
            "服务流程": 0.8,
            "渠道选择": 0.6,
            "优惠措施": 0.4,
            "服务先进性": 0.2,
            "工程质量": 1,
        }
    )
    assert {r["item"] for r in found if r["项目类别"] == "产品"} == {"工程质量"}
    assert by_customer(wide, "satisfaction_service")["A"] == pytest.approx(0.6)
    assert ["礼仪", "Service", 1, 0.59, 1] in written["Survey items"]


def test_a_score_beyond_the_scale_and_a_survey_to_come_are_problems(result: Result) -> None:
    places = {p.code: (p.where.local, p.found) for p in result.problems}

    assert places["W731"] == ("满意度!F12", "101")
    assert places["W704"] == ("满意度!B13", "2026-07-20")


def test_a_form_says_which_of_its_items_is_beyond_the_scale(tmp_path: Path) -> None:
    form = """
    | 客户编号 | 调查日期 | 礼仪 | 服务流程 |
    | A | 2026-06-10 | 5 | 50 |
    | A | 2026-06-10 | 4 | 4 |
    """
    scale = "| 参数 | 值 |\n| 满意度满分 | 5 |"
    wide = applied(tmp_path, 问卷=form, 参数=scale)

    assert [p.where.local for p in wide.problems if p.code == "W731"] == ["问卷!D2"]
    assert by_customer(wide, "satisfaction")["A"] == pytest.approx((1 + 0.8 + 0.8) / 3)


def test_a_book_without_surveys_has_no_sheets_about_them(tmp_path: Path) -> None:
    plain = applied(tmp_path)

    assert not {"survey_answers", "customer_satisfaction"} & plain.data.sheets.keys()
    assert plain.data.sheets["customers"].frame["satisfaction"].null_count() == 4
