"""Contacts by channel, after a sale, by person and department; tests begin with the feature."""

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
# A and B are to have a partnership, C somebody who is accountable.
CUSTOMERS = """
    | 客户编号 | 客户名称 | 负责人 | 分公司 | 战略意义 | 批准人 | 首次合作日期 |
    | A | 甲公司 | 陈晓 | 华东 | 重大 | 总 | 2020-01-01 |
    | B | 乙公司 | 李航 | 华南 | 重要 | 总 | 2020-01-01 |
    | C | 丙公司 | 李航 | 华南 | 无 | | 2020-01-01 |
"""
ORDERS = """
    | 订单编号 | 客户编号 | 订单日期 | 发货日期 | 金额 | 利润 |
    | X | X | 2026-01-05 | 2026-01-05 | 999900 | 1 |
    | S0 | A | 2026-03-01 | 2026-03-02 | 1000 | 500 |
    | S1 | A | 2026-06-01 | 2026-06-02 | 1000 | 500 |
    | S2 | A | 2026-06-10 | 2026-06-12 | 1000 | 500 |
    | S3 | B | 2026-06-09 | 2026-06-10 | 1000 | 500 |
    | S4 | B | 2026-06-25 | 2026-06-26 | 1000 | 500 |
    | S5 | B | 2026-06-25 | | 1000 | 500 |
    | S6 | C | 2026-06-02 | 2026-06-03 | 1 | 0 |
"""
VISITS = """
    | 记录编号 | 客户编号 | 拜访日期 | 方式 | 类型 | 拜访人 | 部门 | 主题 | 正式性 | 自检 | 市场信息 | 抽查结果 |
    | V1 | A | '2026-06-05 10:00 | 上门 | 拜访 | 陈晓 | 销售部 | 走访 | 正式 | 目光接触, 集中精神, 反问澄清, 记录信息, 坐姿好 | 对手降价 5% | |
    | V2 | A | '2026-06-24 10:00 | 电话 | 拜访 | 陈晓 | 质量部 | 交期 | 非正式 | 记录信息; 打断对方 | | |
    | V3 | A | '2026-04-24 10:00 | 网站 | 外联 | 周静 | 市场部 | 询价 | | 忘了 | | |
    | V4 | B | '2026-04-20 10:00 | 视频 | 拜访 | 李航 | 技术部 | 方案 | 正式 | | 新厂在建 | |
    | V5 | B | '2026-06-20 10:00 | 上门 | 拜访 | 李航 | 销售部 | 走访 | | | | 不符 |
    | V6 | A | '2026-07-20 10:00 | 上门 | 拜访 | 陈晓 | 销售部 | 走访 | | | | |
"""
CONTACTS = """
    | 客户编号 | 姓名 | 职务 | 联系电话 |
    | A | 张总 | 总经理 | 138 |
    | B | 王五 | | 139 |
    | B | 赵六 | 科长 | |
    | C | 钱七 | | |
"""
SHEETS = {"拜访": VISITS, "联系人": CONTACTS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("contacts")


@pytest.fixture(scope="module")
def result(folder: Path) -> Result:
    path = write_book(folder / "b.xlsx", 客户=CUSTOMERS, 销售=ORDERS, **SHEETS)
    return pipeline.apply(path, pipeline.Run(plugins.load(), as_of=AS_OF))


@pytest.fixture(scope="module")
def written(result: Result, folder: Path) -> dict[str, list[Any]]:
    """Return the rows of each sheet of the Chinese result."""
    write.write(result, folder / "b.xlsx", write.Targets(), "zh", plugins.load())
    book = load_workbook(folder / "b.kam.xlsx")
    return {s.title: [list(r) for r in s.iter_rows(values_only=True)] for s in book}


def rows(result: Result, sheet: str) -> list[dict[str, Any]]:
    """Return the rows of a sheet, results of tables by their Chinese name."""
    frame = result.data.sheets[sheet].frame
    own = [c for c in frame.columns if "#" not in c]
    return [{both(k).zh: v for k, v in row.items()} for row in frame.select(own).to_dicts()]


def customer(result: Result, id_: str) -> dict[str, Any]:
    return next(r for r in rows(result, "customer_contacts") if r["customer_id"] == id_)


def test_v15_contacts_count_by_the_weight_of_their_channel(result: Result) -> None:
    assert customer(result, "A")["points"] == pytest.approx(1 + 0.3 + 0.1)
    assert (customer(result, "A")["接触评价"], customer(result, "C")["接触评价"]) == (
        "不足",
        "不要求",
    )
    # A visit that was found to be invented is no contact.
    assert customer(result, "B")["points"] == pytest.approx(0.5)


def test_c19_contacts_are_counted_by_channel(result: Result) -> None:
    found = {r["channel"]: (r["contacts"], r["reached"]) for r in rows(result, "channels")}

    assert found == {"上门": (1, 1), "电话": (1, 1), "网站": (1, 1), "视频": (1, 1)}
    assert customer(result, "A")["channels_used"] == 3


def test_v16_the_share_of_contacts_face_to_face_is_known(result: Result) -> None:
    assert customer(result, "A")["face_share"] == pytest.approx(1 / 3)
    assert customer(result, "C")["face_share"] is None


def test_c02_the_last_contact_stands_beside_the_customer(
    result: Result, written: dict[str, list[Any]]
) -> None:
    assert customer(result, "A")["last_contact"] == "2026-06-24 电话 陈晓 交期"
    assert customer(result, "C")["last_contact"] is None
    assert "2026-06-24 电话 陈晓 交期" in written["客户"][1]


def test_v22_formal_and_informal_contacts_are_counted(result: Result) -> None:
    assert (customer(result, "A")["formal"], customer(result, "A")["informal"]) == (1, 1)


def test_v19_a_proactive_relationship_wants_a_contact_a_month(result: Result) -> None:
    related = {id_: customer(result, id_)["relationship"] for id_ in "ABC"}

    assert related == {"A": "伙伴型", "B": "伙伴型", "C": "负责型"}
    assert [customer(result, id_)["关系接触"] for id_ in "ABC"] == [
        "按期", "到期, 联系并问建议", "不要求",
    ]  # fmt: skip


def test_v18_a_delivery_is_followed_by_a_call_within_seven_days(result: Result) -> None:
    found = {r["order_id"]: (r["called_after"], r["售后电话"]) for r in rows(result, "after_sale")}

    assert found == {
        "S1": (3, "按时"), "S2": (12, "晚打"), "S3": (None, "逾期未打"), "S4": (None, "待打"),
        "S6": (None, "逾期未打"),
    }  # fmt: skip


def test_v13_each_person_has_a_rate_of_visits_on_plan(result: Result) -> None:
    found = {r["owner"]: (r["customers"], r["due_visits"], r["人员拜访评价"]) for r in rows(result, "people")}  # fmt: skip
    late = {r["owner"]: r["late_visits"] for r in rows(result, "people")}

    assert found["陈晓"] == (1, 3, "红")
    plan = [r for r in rows(result, "visit_plan") if r["owner"] == "陈晓"]
    assert late["陈晓"] == sum(r["拜访状态"] in ("从未拜访", "严重逾期", "逾期") for r in plan) > 0


def test_v23_a_visit_is_scored_by_what_its_visitor_ticked(result: Result) -> None:
    found = {r["visit_row"]: (r["自检分"], r["拜访质量"]) for r in rows(result, "self_checks")}

    assert found == {2: (100, "好"), 3: (0, "待改进"), 4: (None, "看不懂")}


def test_v12_departments_check_key_customers_every_month(
    result: Result, written: dict[str, list[Any]]
) -> None:
    found = {(r["month"].month, r["customer_id"], r["department"]): r["部门检查"] for r in rows(result, "department_checks")}  # fmt: skip

    assert len(found) == 3 * 2 * 4  # from April on, two key customers, four departments
    assert found[4, "A", "市场"] == "已检查"
    assert found[4, "A", "质量"] == "未检查"
    assert found[6, "A", "质量"] == "已检查"
    assert found[6, "B", "技术"] == "未到期"
    assert written["部门检查"][3][4:] == ["质量", "市场", "造价", "技术"]
    assert written["部门检查"][4][4:] == ["未检查", "已检查", "未检查", "未检查"]


def test_v06_each_branch_sends_a_complete_contact_of_every_key_customer(result: Result) -> None:
    assert [r["联系人资料"] for r in rows(result, "contacts")] == ["齐全", "缺职务", "缺电话", "缺职务和电话"]  # fmt: skip
    found = {r["branch"]: (r["key_customers"], r["listed"], r["unlisted"]) for r in rows(result, "branch_contacts")}  # fmt: skip

    assert found == {"华东": (1, 1, ""), "华南": (1, 0, "乙公司")}


def test_v20_what_visits_say_of_the_market_is_listed(written: dict[str, list[Any]]) -> None:
    assert [r[1:] for r in written["市场信息"][4:]] == [
        ["A", "陈晓", "对手降价 5%"],
        ["B", "李航", "新厂在建"],
    ]
