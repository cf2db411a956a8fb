"""Visits: what counts, when the next is due, returns, spot checks, care; tests begin with the feature."""

from __future__ import annotations

import datetime as dt
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from kamrules_plugins.notices import _event

from kamrules.annotate import write
from kamrules.hooks import plugins
from kamrules.run import pipeline
from kamrules.run.result import Result
from kamrules.words.names import both
from tests.conftest import write_book

AS_OF = dt.date(2026, 2, 24)

CUSTOMERS = """
    | 客户编号 | 客户名称 | 负责人 | 分公司 | 战略意义 | 批准人 | 首次合作日期 | 行业竞争 |
    | A1 | 甲, 公司 | 陈晓 | 华东 | 重大 | 总 | 2020-01-01 | 高 |
    | A2 | 乙公司   | 陈晓 | 华东 | 重要 | 总 | 2020-01-01 | 低 |
    | A3 | 丙公司   | 李航 | 华南 | 无   |    | 2026-02-01 | 低 |
"""
ORDERS = """
    | 订单编号 | 客户编号 | 订单日期 | 金额 |
    | 1 | X1 | 2026-02-05 | 999900 |
    | 2 | A1 | 2026-01-05 | 100 |
"""
STAFF = """
    | 姓名 | 岗位 | 直接上级 | 邮箱 |
    | 陈晓 | 客户经理 | 周主管 | chen@example.com |
    | 李航 | 客户经理 | 周主管 | |
    | 周主管 | 主管 | | zhou@example.com |
"""
VISITS = """
    | 记录编号 | 客户编号 | 联系人 | 拜访日期 | 方式 | 类型 | 拜访人 | 部门 | 主题 | 内容 | 我方层级 | 工程质量 | 施工进度 | 技术管理 | 物资管理 | 安全管理 | 资料管理 | 文明施工 | 服务配合 | 问题 | 报送时间 | 抽查结果 |
    | V1 | A1 | 张总 | '2026-01-05 10:00 | 上门 | 月度回访 | 陈晓 | 销售 | 回访 | | 经理 | 9 | 9 | 9 | 9 | 9 | 9 | 9 | 9 | | 2026-01-25 | |
    | V2 | A1 | 张总 | '2026-02-10 10:00 | 电话 | 拜访 | 陈晓 | 销售 | 交期 | | | | | | | | | | | 交货慢 | | |
    | V3 | A1 | 张总 | '2026-02-10 14:00 | 电话 | 拜访 | 李航 | 服务 | 交期 | | | | | | | | | | | | | |
    | V4 | A1 | 张总 | '2026-02-12 09:00 | 电话 | 拜访 | 王敏 | 质量 | 交期 | | | | | | | | | | | | | |
    | V5 | A2 | 张总 | '2026-01-08 10:00 | 上门 | 月度回访 | 陈晓 | 销售 | 回访 | | 高层 | 8 | 8 | | | | | | | | 2026-01-26 | |
    | V6 | A2 | 张总 | '2026-01-08 10:30 | 会议 | 例会 | 陈晓 | 销售 | 例会 | | | | | | | | | | | | 2026-01-20 | |
    | V7 | A3 | 生人 | '2026-02-18 10:00 | 上门 | 拜访 | 李航 | 销售 | 走访 | 客户对产品总体满意没有其他意见 1 | | | | | | | | | | | | 不符 |
    | V8 | A3 | 刘工 | '2026-01-12 10:00 | 上门 | 拜访 | 李航 | 销售 | 走访 | 客户对产品总体满意, 没有其他意见 2 | | | | | | | | | | | | |
    | V9 | A3 | 刘工 | '2026-03-12 10:00 | 上门 | 拜访 | 某某 | 销售 | 走访 | | | | | | | | | | | | | |
"""
CONTACTS = """
    | 客户编号 | 姓名 | 生日 |
    | A1 | 张总 | 1980-02-28 |
    | A2 | 张总 | 1992-02-29 |
    | A3 | 刘工 | |
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cadence") / "客户.xlsx"
    sheets = {"客户": CUSTOMERS, "销售": ORDERS, "人员": STAFF, "拜访": VISITS, "联系人": CONTACTS}
    return write_book(path, **sheets)


@pytest.fixture(scope="module")
def result(source: Path) -> Result:
    return pipeline.apply(source, pipeline.Run(plugins.load(), as_of=AS_OF))


def rows(result: Result, sheet: str) -> list[dict[str, Any]]:
    """Return the rows of a sheet, results of tables by their Chinese name."""
    frame = result.data.sheets[sheet].frame
    own = [c for c in frame.columns if "#" not in c]
    return [{both(k).zh: v for k, v in row.items()} for row in frame.select(own).to_dicts()]


def plan(result: Result, customer: str, kind: str) -> dict[str, Any]:
    found = rows(result, "visit_plan")
    return next(r for r in found if (r["customer_id"], r["plan_kind"]) == (customer, kind))


def visit(result: Result, id_: str) -> dict[str, Any]:
    return next(r for r in rows(result, "visits") if r["visit_id"] == id_)


def returned(result: Result, customer: str, month: int) -> dict[str, Any]:
    found = rows(result, "monthly_returns")
    return next(r for r in found if r["customer_id"] == customer and r["month"].month == month)


def test_v01_the_next_visit_falls_due_on_a_working_day_after_the_interval_of_the_tier(
    result: Result,
) -> None:
    on_site = plan(result, "A1", "上门")

    # 14 days after 5 January; A1 is strategic.
    assert (on_site["last_visit"], on_site["visit_due"]) == (
        dt.date(2026, 1, 5),
        dt.date(2026, 1, 19),
    )
    assert (on_site["overdue_days"], on_site["拜访状态"]) == (36, "严重逾期")
    # 7 days after 12 February is in the Spring Festival.
    assert plan(result, "A1", "电话")["visit_due"] == dt.date(2026, 2, 24)


def test_e25_important_customers_are_seen_and_the_others_called(result: Result) -> None:
    kinds = {(r["customer_id"], r["plan_kind"]): r["interval"] for r in rows(result, "visit_plan")}

    assert kinds["A1", "上门"] < kinds["A2", "上门"] < kinds["A3", "上门"]
    assert ("A3", "高层") not in kinds


def test_v11_a_strategic_customer_sees_an_executive_every_quarter(result: Result) -> None:
    assert plan(result, "A1", "高层")["interval"] == 90
    assert plan(result, "A1", "高层")["last_visit"] is None
    assert plan(result, "A2", "高层")["last_visit"] == dt.date(2026, 1, 8)


def test_v16_only_a_visit_face_to_face_counts_as_on_site(result: Result) -> None:
    assert [visit(result, v)["计入节奏"] for v in ("V1", "V2", "V5", "V7")] == [
        "上门", "电话", "高层", "不计",
    ]  # fmt: skip


def test_v14_a_follow_up_is_late_seven_days_after_a_problem_was_noted(result: Result) -> None:
    assert visit(result, "V2")["followup_late"] == 7
    assert visit(result, "V3")["followup_late"] is None


def test_v02_a_key_customer_owes_a_return_every_month(result: Result) -> None:
    found = {(r["customer_id"], r["month"].month) for r in rows(result, "monthly_returns")}

    assert found == {("A1", 1), ("A1", 2), ("A2", 1), ("A2", 2)}


def test_v03_the_25th_is_in_time_and_the_26th_is_late(result: Result) -> None:
    assert returned(result, "A1", 1)["回访状态"] == "按时"
    assert returned(result, "A2", 1)["回访状态"] == "迟报"
    assert returned(result, "A1", 2)["回访状态"] == "未到期"  # it is the 24th


def test_v04_s03_all_eight_items_are_needed(result: Result) -> None:
    assert (returned(result, "A1", 1)["complete"], returned(result, "A2", 1)["complete"]) == (
        True,
        False,
    )


def test_s04_ninety_percent_is_green_and_s08_competition_asks_for_more(result: Result) -> None:
    assert (returned(result, "A1", 1)["score"], returned(result, "A1", 1)["满意度灯"]) == (
        0.9,
        "黄",
    )
    assert (returned(result, "A2", 1)["score"], returned(result, "A2", 1)["满意度灯"]) == (
        0.8,
        "黄",
    )


def test_v05_minutes_are_due_where_a_meeting_took_place(result: Result) -> None:
    assert returned(result, "A2", 1)["纪要状态"] == "按时"
    assert returned(result, "A1", 1)["纪要状态"] == "无例会"


def test_k17_branches_are_ranked_by_returns_in_time(result: Result) -> None:
    (east,) = rows(result, "branch_returns")

    assert (east["branch"], east["due_returns"], east["in_time"], east["late"], east["rate"]) == (
        "华东", 2, 1, 1, 0.5,
    )  # fmt: skip


def test_v07_the_same_seed_draws_the_same_visits_and_each_branch_has_one_a_month(
    result: Result, source: Path
) -> None:
    chosen = [r["visit_id"] for r in rows(result, "visits") if r["sampled"]]
    again = pipeline.apply(source, pipeline.Run(plugins.load(), as_of=AS_OF))

    assert [r["visit_id"] for r in rows(again, "visits") if r["sampled"]] == chosen
    assert {"V7", "V8"} <= set(chosen)
    assert {
        visit(result, v)["date"].month for v in chosen if visit(result, v)["customer_id"] != "A3"
    } == {1, 2}


def test_v08_doubtful_visits_are_checked_on_site_the_others_by_phone(result: Result) -> None:
    assert visit(result, "V7")["sampled"] == "现场"
    methods = {r["sampled"] for r in rows(result, "visits")}
    assert methods <= {"现场", "电话", None}


def test_v09_a_false_return_raises_the_rate_of_its_branch(result: Result) -> None:
    assert visit(result, "V8")["抽查率"] >= 0.5
    assert visit(result, "V1")["抽查率"] == 0.2


def test_v10_copied_words_holidays_and_strangers_are_suspicious(result: Result) -> None:
    found = visit(result, "V7")

    assert (found["suspicion"], found["suspicion_why"]) == (80, "内容雷同, 非工作日, 联系人不在册")
    assert visit(result, "V6")["suspicion_why"] is None


def test_c01_three_people_asking_the_same_within_seven_days_is_a_serious_duplicate(
    result: Result,
) -> None:
    assert [visit(result, v)["people_7"] for v in ("V2", "V3", "V4")] == [1, 2, 3]
    assert visit(result, "V4")["重复接触"] == "严重: 停止外联, 由负责人道歉"
    assert visit(result, "V3")["gap_hours"] == 4


def test_c13_birthdays_are_told_a_week_ahead(result: Result) -> None:
    found = {r["customer_id"]: (r["care_date"], r["关怀"]) for r in rows(result, "care")}

    assert found == {
        "A1": (dt.date(2026, 2, 28), "准备生日关怀"),
        "A2": (dt.date(2026, 2, 28), "准备生日关怀"),
    }


def test_a_visitor_who_is_not_staff_and_a_visit_to_come_are_problems(result: Result) -> None:
    places = {p.code: (p.where.local, p.found) for p in result.problems}

    assert places["W704"] == ("拜访!D1", "2026-03-12 10:00:00")
    assert places["W705"] == ("拜访!D1", "王敏")


@pytest.fixture(scope="module")
def written(source: Path, result: Result) -> Path:
    write.write(result, source, write.Targets(), "zh", plugins.load())
    return source.parent


def test_r11_each_owner_has_a_calendar_that_opens_as_all_day_events(
    written: Path, result: Result
) -> None:
    text = (written / "客户.kam.visits" / "陈晓.ics").read_bytes()
    calendar = Calendar.from_ical(text)
    events = list(calendar.walk("VEVENT"))

    mine = [r for r in rows(result, "visit_plan") if r["owner"] == "陈晓" and r["planned"] <= AS_OF + dt.timedelta(weeks=13)]  # fmt: skip
    assert len(events) == len(mine) == len({e["UID"] for e in events})
    assert all(isinstance(e.decoded("DTSTART"), dt.date) for e in events)
    assert "上门 甲, 公司" in {str(e["SUMMARY"]) for e in events}
    assert str(calendar["X-WR-CALNAME"]) == "陈晓"
    assert max(len(line) for line in text.split(b"\r\n")) <= 75


def test_a_long_line_is_event_between_characters(result: Result) -> None:
    row = dict.fromkeys(("customer_tier", "visit_due", "last_visit"))
    row |= {
        "planned": AS_OF,
        "customer_name": "客户" * 60,
        "customer_id": "K1",
        "plan_kind": "上门",
    }

    text = _event(row, result, "zh").to_ical()

    assert max(len(line) for line in text.split(b"\r\n")) <= 75
    assert text.replace(b"\r\n ", b"").decode().count("客户") == 60


def test_files_are_the_same_in_every_run_and_old_ones_go(written: Path, source: Path) -> None:
    folder = written / "客户.kam.digests"
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    (folder / "走了的人.md").write_text("old")

    result = pipeline.apply(source, pipeline.Run(plugins.load(), as_of=AS_OF))
    write.write(result, source, write.Targets(), "zh", plugins.load())

    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert "逾期 36 天" in before["陈晓.md"].decode()


def test_a_notice_is_a_draft_that_mail_programs_read(tmp_path: Path) -> None:
    complaint = """
    | 投诉编号 | 客户编号 | 受理时间 | 类别 | 影响 |
    | T1 | A1 | '2026-02-13 16:20 | 交期 | 大 |
    """
    staff = (
        STAFF.replace("| 主管 | |", "| 主管 | 钱总 |") + "| 钱总 | 总经理 | | qian@example.com |"
    )
    path = write_book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 人员=staff, 投诉=complaint)
    result = pipeline.apply(path, pipeline.Run(plugins.load(), as_of=dt.date(2026, 2, 14)))

    hours = {"zh": "受理 02-13 16:20 + 24小时", "en": "received 02-13 16:20 + 24 hours"}
    for lang, word in (("zh", "升到"), ("en", "rose to")):
        write.write(result, path, write.Targets(), lang, plugins.load())  # type: ignore[arg-type]
        (file,) = (tmp_path / "b.kam.notices").glob("*.eml")
        message = message_from_bytes(file.read_bytes(), policy=default)
        assert message["X-Unsent"] == "1"
        assert message["To"] == "qian@example.com"
        assert "甲, 公司" in message["Subject"]
        assert word in message.get_content()
        assert hours[lang] in message.get_content()
