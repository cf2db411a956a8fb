"""Service recovery: closing, voices nobody filed, crises, internal tickets, effort; ids begin names."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from kamrules.annotate import write
from kamrules.hooks import plugins
from kamrules.run import pipeline
from kamrules.run.result import Result
from kamrules.words.names import both
from tests.conftest import write_book

AS_OF = dt.date(2026, 6, 30)
CUSTOMERS = """
    | 客户编号 | 客户名称 | 负责人 | 战略意义 | 批准人 | 发展潜力 |
    | A | 甲公司 | 陈晓 | 重大 | 总 | 90 |
    | B | 乙公司 | 陈晓 | 无 | | 90 |
    | C | 丙公司 | 李航 | 无 | | |
"""
ORDERS = """
    | 订单编号 | 客户编号 | 订单日期 | 金额 | 利润 |
    | 1 | X | 2026-01-05 | 999900 | 1 |
    | 2 | B | 2026-01-05 | 100 | 10 |
    | 3 | C | 2026-01-05 | 100 | -10 |
"""
COMPLAINTS = """
    | 投诉编号 | 客户编号 | 受理时间 | 类别 | 影响 | 严重度 | 公开 | 首次响应时间 | 解决时间 | 状态 | 客户确认 | 处理工时 |
    | T1 | A | '2026-06-01 09:00 | 交期 | 小 | 危机 | 是 | '2026-06-01 09:10 | '2026-06-02 09:00 | 已关闭 | 是 | 6 |
    | T2 | A | '2026-06-10 09:00 | 质量 | 小 | 危机 | 否 | '2026-06-10 09:10 | '2026-06-20 09:00 | 已解决 | | 10 |
    | T3 | A | '2026-06-24 09:00 | 服务 | 小 | 一般 | 否 | '2026-06-24 09:10 | '2026-06-26 09:00 | 已解决 | | |
    | T4 | A | '2026-06-24 09:00 | 服务 | 小 | 一般 | 否 | '2026-06-24 09:10 | '2026-06-25 09:00 | 已解决 | 否 | |
    | T5 | A | '2026-06-29 09:00 | 服务 | 小 | 一般 | 否 | '2026-06-29 09:10 | | 处理中 | | |
    | T6 | C | '2026-05-29 09:00 | 合同 | 小 | 危机 | 否 | '2026-05-29 09:10 | '2026-05-30 09:00 | 已关闭 | 是 | 25 |
    | T7 | B | '2026-02-01 09:00 | 服务 | 小 | 一般 | 否 | '2026-02-01 09:10 | '2026-02-02 09:00 | 已关闭 | 是 | 25 |
"""
VISITS = """
    | 记录编号 | 客户编号 | 拜访日期 | 方式 | 类型 | 拜访人 | 主题 | 问题 | 客户反馈 | 跟进完成 | 工程质量 | 施工进度 |
    | V1 | B | '2026-06-01 10:00 | 上门 | 拜访 | 陈晓 | 走访 | | 对交货很不满 | | | |
    | V2 | B | '2026-06-05 10:00 | 上门 | 拜访 | 陈晓 | 走访 | 缺备件 | | 2026-06-07 | | |
    | V3 | B | '2026-06-06 10:00 | 上门 | 拜访 | 陈晓 | 走访 | 缺图纸 | | | | |
    | V4 | B | '2026-06-08 10:00 | 上门 | 月度回访 | 陈晓 | 回访 | | | | 9 | 6 |
    | V5 | B | '2026-06-09 10:00 | 上门 | 月度回访 | 陈晓 | 回访 | | 很好 | | 9 | 9 |
    | V6 | A | '2026-06-09 10:00 | 上门 | 拜访 | 陈晓 | 走访 | | 多次投诉, 失望 | | | |
    | V7 | B | '2026-01-09 10:00 | 上门 | 拜访 | 陈晓 | 走访 | | 很不满 | | | |
"""
SURVEYS = """
    | 客户编号 | 调查日期 | 项目 | 得分 | 意见 |
    | B | 2026-06-12 | 交期 | 60 | 又晚了 |
    | B | 2026-06-13 | 质量 | 100 | |
"""
TICKETS = """
    | 内部工单编号 | 提出部门 | 受理时间 | 处理部门 | 事项 | 解决时间 |
    | N1 | 销售 | '2026-06-20 09:00 | 信息 | 报表打不开 | |
    | N2 | 销售 | '2026-06-28 09:00 | 信息 | 账号 | |
    | N3 | 财务 | '2026-06-01 09:00 | 信息 | 打印机 | '2026-06-05 09:00 |
    | N4 | 财务 | '2026-06-01 09:00 | 信息 | 打印机 | '2026-06-02 09:00 |
"""
SHEETS = {"投诉": COMPLAINTS, "拜访": VISITS, "满意度": SURVEYS, "内部工单": TICKETS}


def applied(folder: Path, **sheets: str) -> Result:
    path = write_book(folder / "b.xlsx", 客户=CUSTOMERS, 销售=ORDERS, **sheets)
    return pipeline.apply(path, pipeline.Run(plugins.load(), as_of=AS_OF))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recovery")


@pytest.fixture(scope="module")
def result(folder: Path) -> Result:
    return applied(folder, **SHEETS)


def rows(result: Result, sheet: str) -> list[dict[str, Any]]:
    """Return the rows of a sheet, results of tables by their Chinese name."""
    frame = result.data.sheets[sheet].frame
    own = [c for c in frame.columns if "#" not in c]
    return [{both(k).zh: v for k, v in row.items()} for row in frame.select(own).to_dicts()]


def test_x05_a_complaint_is_closed_once_the_customer_confirms(result: Result) -> None:
    states = {r["complaint_id"]: r["结案状态"] for r in rows(result, "complaints")}

    assert states == {
        "T1": "已结案", "T2": "催客户确认", "T3": "待客户确认", "T4": "客户不认可, 重开",
        "T5": "未解决", "T6": "已结案", "T7": "已结案",
    }  # fmt: skip
    (ours,) = (r for r in rows(result, "customer_service") if r["customer_id"] == "A")
    assert (ours["open_complaints"], ours["unconfirmed"]) == (1, 2)


def test_a_book_that_records_no_confirmation_closes_what_is_solved(tmp_path: Path) -> None:
    plain = applied(tmp_path, 投诉=COMPLAINTS.replace("客户确认", "谁知道"))

    states = {r["complaint_id"]: r["结案状态"] for r in rows(plain, "complaints")}
    assert (states["T3"], states["T5"]) == ("已结案", "未解决")


def test_x06_bad_words_and_low_scores_are_complaints_that_nobody_filed(result: Result) -> None:
    found = [(f"{r['noticed']:%m-%d}", r["customer_id"], r["voice"], r["matter"], r["隐性投诉"]) for r in rows(result, "implicit_complaints")]  # fmt: skip

    assert found == [
        ("06-12", "B", "满意度", "交期: 又晚了", "建议立案"),
        ("06-09", "A", "拜访", "多次投诉, 失望", "已有投诉"),
        ("06-08", "B", "月度回访", "回访", "建议立案"),
        ("06-06", "B", "拜访", "缺图纸", "跟进"),
        ("06-05", "B", "拜访", "缺备件", "已跟进"),
        ("06-01", "B", "拜访", "对交货很不满", "建议立案"),
    ]


def test_x14_each_crisis_has_a_type_and_what_to_mind(result: Result) -> None:
    found = {r["complaint_id"]: (r["危机类型"], r["危机要点"]) for r in rows(result, "crisis_register")}  # fmt: skip

    assert found["T1"] == ("舆情", "统一口径, 公开回应, 第三方证明")
    assert found["T2"][0] == "质量"
    assert found["T6"] == ("法律", "法务接手, 保全证据")


def test_x15_internal_tickets_have_a_queue_of_their_own(result: Result) -> None:
    states = {r["ticket_id"]: (r["ticket_days"], r["工单状态"]) for r in rows(result, "internal_tickets")}  # fmt: skip

    assert states == {"N1": (10, "超时"), "N2": (2, "处理中"), "N3": (4, "超时完成"), "N4": (1, "按时完成")}  # fmt: skip


def test_x17_hours_of_small_customers_are_capped_with_a_warning(result: Result) -> None:
    found = {r["customer_id"]: (r["service_hours"], r["服务投入"]) for r in rows(result, "customer_service")}  # fmt: skip

    assert found == {"A": (16, "无上限"), "B": (25, "上限内"), "C": (25, "超出上限且亏损")}


def test_owners_are_told_of_voices_in_their_digest(result: Result, folder: Path) -> None:
    write.write(result, folder / "b.xlsx", write.Targets(), "zh", plugins.load())

    text = (folder / "b.kam.digests" / "陈晓.md").read_text("utf-8")
    assert "## 隐性投诉 · 3" in text
    assert "- 2026-06-12 乙公司: 交期: 又晚了" in text
