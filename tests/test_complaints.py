"""Complaints: severity, clocks, escalation and crises; tests begin with the feature they show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kamrules_plugins.company import HOLIDAYS, Person, ReportingLine
from kamrules_plugins.complaints import COMPLAINTS as COMPLAINT_SHEET
from kamrules_plugins.complaints import EVENTS as EVENT_SHEET
from kamrules_plugins.complaints import deadlines
from kamrules_plugins.complaints.clocks import clocks

from kamrules.engine.cases import caserun
from kamrules.facts.inputs import Inputs
from kamrules.hooks import plugins
from kamrules.messages.problem import Cell
from kamrules.rules.catalogue import merged_specs
from kamrules.run import pipeline
from kamrules.run.result import Result
from kamrules.sheets.sheet import Data, Parameter, Sheet
from kamrules.sheets.worktime import Days
from kamrules.words.names import both
from tests.conftest import write_book

Book = Callable[..., Path]
AS_OF = dt.date(2026, 3, 2)
SPECS = {spec.key: spec for spec in merged_specs(plugins.load())}

CUSTOMERS = """
    | 客户编号 | 客户名称 | 负责人 | 战略意义 | 服务时间 | 批准人 |
    | A1 | 甲 | 陈晓 | 重大 |       | 总 |
    | A2 | 乙 | 李航 | 无   | 7x24  | |
    | A3 | 丙 | 王敏 | 无   |       | |
    | A4 | 丁 | 王敏 | 无   |       | |
    | A5 | 戊 | 陈晓 | 重大 |       | 总 |
"""
ORDERS = """
    | 订单编号 | 客户编号 | 订单日期 | 金额 |
    | 1 | A5 | 2026-01-05 | 9900 |
    | 2 | A1 | 2026-01-05 | 1000 |
"""
STAFF = """
    | 姓名 | 工号 | 岗位 | 直接上级 | 邮箱 | 在职 |
    | 陈晓 | S1 | 客户经理 | 周主管 | chen@example.com | 是 |
    | 李航 | S2 | 客户经理 | 周主管 | | 是 |
    | 王敏 | S3 | 客户经理 | 周主管 | | 是 |
    | 周主管 | S4 | 主管 | S5 | | 否 |
    | 王经理 | S5 | 部门经理 | 赵总监 | wang@example.com | 是 |
    | 赵总监 | S6 | 分管总监 | 钱总 | | 是 |
    | 钱总 | S7 | 总经理 | | | 是 |
"""
COMPLAINTS = """
    | 投诉编号 | 客户编号 | 受理时间 | 类别 | 产品 | 影响 | 严重度 | 公开 | 首次响应时间 | 解决时间 | 状态 | 暂停时长 |
    | T1 | A1 | '2026-02-13 16:20 | 交期 | 泵 | 小 | | | '2026-02-13 17:00 | | 处理中 | |
    | T2 | A3 | '2026-02-10 09:00 | 质量 | 阀 | 小 | | 否 | '2026-02-10 10:00 | '2026-02-11 10:00 | 已解决 | |
    | T3 | A2 | '2026-02-12 09:00 | 质量 | 泵 | 小 | | | '2026-02-12 09:30 | | 处理中 | |
    | T4 | A1 | '2026-02-24 09:00 | 质量 | 轴 | 大 | | | '2026-02-24 09:10 | | 处理中 | |
    | T5 | A3 | '2026-02-20 09:00 | 质量 | 阀 | 小 | | 是 | '2026-02-20 10:00 | '2026-02-24 09:30 | 已解决 | |
    | T6 | A4 | '2026-02-24 10:00 | 服务 | | 小 | 危机 | | '2026-02-24 10:05 | '2026-02-25 10:00 | 已关闭 | |
"""
EVENTS = """
    | 投诉编号 | 时间 | 状态 | 级别 |
    | T3 | '2026-02-12 12:00 | 等客户 | |
    | T3 | '2026-02-13 12:00 | 处理中 | |
    | T1 | '2026-02-26 18:00 | 通知 | L1 |
    | T2 | '2026-02-11 10:00 | 已解决 | |
    | T2 | '2026-02-25 10:00 | 重开 | |
"""


def applied(path: Path, engine: Any = "auto", **changes: str) -> Result:
    sheets = {
        "客户": CUSTOMERS,
        "销售": ORDERS,
        "人员": STAFF,
        "投诉": COMPLAINTS,
        "投诉事件": EVENTS,
    }
    book = write_book(path / "b.xlsx", **(sheets | changes))
    return pipeline.apply(book, pipeline.Run(plugins.load(), as_of=AS_OF, case_engine=engine))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return applied(tmp_path_factory.mktemp("complaints"))


def column(result: Result, sheet: str, name: str) -> list[Any]:
    frame = result.data.sheets[sheet].frame
    return frame[next(c for c in frame.columns if c == name or name in both(c))].to_list()


def of(result: Result, name: str) -> dict[str, Any]:
    """Return a column of the complaints by complaint."""
    ids = column(result, "complaints", "complaint_id")
    return dict(zip(ids, column(result, "complaints", name), strict=True))


def steps(result: Result) -> list[tuple[str, str, str, str]]:
    frame = result.data.sheets["escalations"].frame
    return frame.select(
        "complaint_id", pl.col("at").dt.strftime("%m-%d %H:%M"), "level", "rule"
    ).rows()


def codes(result: Result) -> list[str]:
    return [p.code for p in result.problems]


def test_x01_every_complaint_has_deadlines_by_severity_and_clock(result: Result) -> None:
    due = {k: f"{v:%m-%d %H:%M}" for k, v in of(result, "resolution_due").items()}

    assert of(result, "有效严重度")["T5"] == "重大"
    assert due["T1"] == "02-27 16:20"  # 5 days of 9 hours from Friday 16:20, Saturday is made up
    assert due["T3"] == "02-16 09:00"  # 3 days round the clock, 24 hours of waiting left out
    assert due["T4"] == "02-25 09:00"  # 24 hours as they pass
    assert of(result, "derivation")["T1"] == (
        "响应: 受理 02-13 16:20 + 12工时: 02-13 1.67h, 02-14 上班(调休) 9h, 02-24 1.33h -> 02-24 10:20; "
        "解决: 受理 02-13 16:20 + 5工作日: 02-13 1.67h, 02-14 上班(调休) 9h, 02-24 9h, 02-25 9h, "
        "02-26 9h, 02-27 7.33h -> 02-27 16:20"
    )
    assert of(result, "时限状态") == {
        "T1": "超时", "T2": "超时", "T3": "超时", "T4": "超时", "T5": "按时完成", "T6": "按时完成",
    }  # fmt: skip


def test_x02_strategic_customers_are_handled_one_step_higher(result: Result) -> None:
    assert of(result, "customer_tier")["T1"] == "战略"
    assert of(result, "有效严重度")["T1"] == "重大"
    assert of(result, "有效严重度")["T2"] == "一般"


def test_x18_a_public_complaint_is_at_least_major(result: Result) -> None:
    assert of(result, "is_public")["T5"] is True
    assert of(result, "有效严重度")["T5"] == "重大"


def test_x03_a_complaint_rises_while_it_stays_open_each_level_once(result: Result) -> None:
    mine = [s[1:] for s in steps(result) if s[0] == "T1"]

    assert mine == [
        ("02-25 11:50", "L0", "E01"),
        ("02-26 14:05", "L1", "E02"),
        ("02-27 16:20", "L2", "E03"),
    ]
    frame = result.data.sheets["escalations"].frame
    assert frame.select("complaint_id", "level").is_duplicated().sum() == 0
    assert of(result, "next_level_at")["T1"] == dt.datetime(2026, 3, 3, 11, 50)
    sent = {(c, lv): s for c, lv, s in frame.select("complaint_id", "level", "sent").iter_rows()}
    assert (sent["T1", "L1"], sent["T1", "L2"]) == (True, False)


def test_x03_notices_go_up_the_reporting_line_past_who_is_absent(result: Result) -> None:
    frame = result.data.sheets["escalations"].frame.filter(pl.col("complaint_id") == "T1")

    # The supervisor is not in office, so the next above is told.
    assert frame["person"].to_list() == ["陈晓", "王经理", "王经理"]
    assert frame["email"].to_list() == ["chen@example.com", "wang@example.com", "wang@example.com"]


def test_g14_a_notice_says_whether_it_goes_up_or_informs(result: Result) -> None:
    frame = result.data.sheets["escalations"].frame

    pairs = set(frame.select("role", "direction").iter_rows())
    assert ("负责人", "告知") in pairs
    assert ("部门经理", "上报") in pairs


def test_x04_a_repeated_complaint_rises_at_once(result: Result) -> None:
    assert of(result, "same_type_30")["T5"] == 2
    assert ("T5", "02-20 09:00", "L1", "E11") in steps(result)


def test_x04_a_reopened_complaint_rises_and_its_clock_stood_still(result: Result) -> None:
    assert ("T2", "02-25 10:00", "L1", "E13") in steps(result)
    assert of(result, "is_open")["T2"] is True
    # 27 hours of work: 10 before it was taken for solved, 17 after it was reopened.
    assert of(result, "resolution_due")["T2"] == dt.datetime(2026, 2, 26, 18)
    assert of(result, "resolution_used")["T2"] == pytest.approx((10 + 8 + 4 * 9) / 27)


def test_x07_an_urgent_overdue_complaint_of_a_strategic_customer_is_a_crisis(
    result: Result,
) -> None:
    mine = [s for s in steps(result) if s[0] == "T4"]

    assert mine[-2:] == [
        ("T4", "02-25 09:00", "L2", "E03"),
        ("T4", "02-25 09:00", "危机", "E22"),
    ]
    assert ("T6", "02-24 10:00", "危机", "E21") in steps(result)


def crisis(result: Result, complaint: str) -> dict[int, dict[str, Any]]:
    frame = result.data.sheets["crisis_steps"].frame.filter(pl.col("complaint_id") == complaint)
    return {int(row["step"]): row for row in frame.to_dicts()}


def test_x07_a_crisis_has_eight_steps_with_owners(result: Result) -> None:
    found = crisis(result, "T4")

    assert list(found) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found[1]["step_due"] == dt.datetime(2026, 2, 25, 11)
    assert found[1]["step_owner"] == "赵总监"


def test_x08_progress_is_reported_every_four_hours_to_a_strategic_customer(result: Result) -> None:
    assert crisis(result, "T4")[2]["step_due"] == dt.datetime(2026, 3, 3, 1)
    assert crisis(result, "T6")[2]["step_due"] == dt.datetime(2026, 2, 25, 10)


def test_x09_the_director_apologises_within_a_day(result: Result) -> None:
    step = crisis(result, "T4")[3]
    assert (step["step_due"], step["step_owner"]) == (dt.datetime(2026, 2, 26, 9), "赵总监")


def test_x10_third_party_proof_is_asked_for_when_needed(result: Result) -> None:
    step = crisis(result, "T4")[4]
    assert (step["step_due"], step["step_owner"], step["step_state"]) == (None, "质量部", "按需")


def test_x11_cause_and_measures_follow_in_working_days(result: Result) -> None:
    assert crisis(result, "T4")[5]["step_due"] == dt.datetime(2026, 3, 2, 18)
    assert crisis(result, "T6")[5]["step_due"] == dt.datetime(2026, 3, 2, 10)
    assert crisis(result, "T4")[6]["step_due"] > crisis(result, "T4")[5]["step_due"]


def test_x12_the_customer_is_asked_seven_days_after_the_end(result: Result) -> None:
    assert crisis(result, "T6")[7]["step_due"] == dt.datetime(2026, 3, 4, 10)
    assert crisis(result, "T4")[7]["step_state"] == "危机结束后"


def test_x13_lessons_are_shown_thirty_days_after_the_end(result: Result) -> None:
    assert crisis(result, "T6")[8]["step_due"] == dt.datetime(2026, 3, 27, 10)


def test_a_good_book_has_no_problems(result: Result) -> None:
    assert codes(result) == []


def test_both_case_engines_give_the_same_steps(result: Result, tmp_path: Path) -> None:
    other = applied(tmp_path, "both")

    assert steps(other) == steps(result)
    assert set(codes(other)) <= {"W722"}


def test_engines_that_differ_are_told_with_customer_level_and_time(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(rules: Any, levels: Any, cases: Any, engine: Any) -> caserun.Outcome:
        found = caserun.builtin(rules, levels, cases)
        return caserun.Outcome(found, different=("A1", None, found["A1"][0]))

    monkeypatch.setattr(caserun, "decide", other)
    (said,) = (p for p in applied(tmp_path, "both").problems if p.code == "E721")

    first = next(f"{s[0]} 2026-{s[1]} -> {s[2]} ({s[3]})" for s in steps(result) if s[0] in ("T1", "T4"))  # fmt: skip
    assert said.what.en == "the two engines disagree about case rules: customer A1"
    assert said.why.en == f"durable-rules: no level; the built-in matcher: {first}"


def test_the_order_of_rows_changes_no_step(result: Result, tmp_path: Path) -> None:
    head, *rows = COMPLAINTS.strip().splitlines()
    mixed = "\n".join([head, *reversed(rows)])

    assert steps(applied(tmp_path, 投诉=mixed)) == steps(result)


def test_bad_input_is_a_problem_at_its_cell_and_the_rest_goes_on(tmp_path: Path) -> None:
    complaints = COMPLAINTS + """
    | B1 | A3 | '2026-02-24 10:00 | 交期 | | 小 | 很急 | | '2026-02-01 10:00 | '2026-02-02 10:00 | | |
    | B2 | X9 | '2026-02-24 10:00 | 价格 | | 小 | | | | '下午 | 等客户 | -3 |
    | B3 | A3 | '2027-02-24 10:00 | 交期 | | 小 | | | | | 等客户 | |
    """.rstrip()  # fmt: skip
    found = applied(
        tmp_path,
        客户=CUSTOMERS.replace("7x24 ", "随时  "),
        人员=STAFF.replace("| 总经理 | |", "| 总经理 | 赵总监 |"),
        投诉=complaints,
        投诉事件=EVENTS + "    | T9 | '2026-02-12 12:00 | 等客户 | |\n    | T1 | | 等客户 | |\n",
    )

    places = {p.code: p.where.local for p in found.problems}
    assert places | {
        "W711": "投诉!J9", "W712": "投诉!L10", "W208": "投诉!G9", "W206": "投诉!B10",
        "W704": "投诉!C11", "W714": "投诉!K10", "W713": "投诉事件!A7", "W703": "人员!D1",
        "W702": "客户!E3", "E105": "投诉!J10",
    } == places  # fmt: skip
    assert {s[0] for s in steps(found)} >= {"T1", "T3", "T4", "T6"}


def test_a_year_that_was_not_announced_is_a_warning_unless_the_book_says_more(
    tmp_path: Path,
) -> None:
    later = COMPLAINTS.replace("'2026-02-24 09:00 | 质量 | 轴", "'2029-02-26 09:00 | 质量 | 轴")
    book = write_book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 投诉=later)
    said = write_book(
        tmp_path / "c.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 投诉=later,
        节假日="| 日期 | 类别 | 名称 |\n| 2029-02-26 | 放假 | 春节 |",
    )  # fmt: skip

    run = pipeline.Run(plugins.load(), as_of=dt.date(2029, 3, 1))
    first, second = pipeline.apply(book, run), pipeline.apply(said, run)

    assert "W701" in codes(first)
    assert "W701" not in codes(second)
    due = of(second, "response_due")["T4"]
    assert due > dt.datetime(2029, 2, 26)


def test_thousands_of_complaints_of_one_customer_are_named_and_decided(tmp_path: Path) -> None:
    rows = [
        f"| T{n:05} | A3 | '2026-02-{1 + n % 28:02} 09:{n % 60:02} | 质量{n % 50} |"
        for n in range(2_500)
    ]
    many = "\n".join(["| 投诉编号 | 客户编号 | 受理时间 | 类别 |", *rows])

    found = applied(tmp_path, 投诉=many, 投诉事件="| 投诉编号 | 时间 | 状态 |\n| T00001 | | |")

    problem = next(p for p in found.problems if p.code == "W716")
    assert (problem.where.ref, problem.key) == ("B2", "A3")
    assert len(steps(found)) >= 2_500


def test_a_case_rule_that_cannot_be_used_is_a_problem_at_its_cell(
    tmp_path: Path, book: Book
) -> None:
    rules = book(tmp_path / "r.xlsx", 规则="""
    | 关联规则 Case rules | 投诉升级 escalation |
    | 对象 For each | 投诉 |
    | 规则 Rule | 条件 IN | 条件 IN | 结果 OUT |
    | 列 Column | 事件 Event | 类别 | 升至 Level |
    | 类型 Type | 文本 | 文本 | 选项 |
    | 取值 Values | | | L1,L2 |
    | E1 | 受理 | contains(?, "急") | L1 |
    | E2 | 到达 L9 | - | L1 |
    | E3 | - | - | L2 |
    """)  # fmt: skip
    from kamrules.messages.problem import UsageError

    source = write_book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 投诉=COMPLAINTS)
    with pytest.raises(UsageError) as stopped:
        pipeline.apply(source, pipeline.Run(plugins.load(), (rules,), AS_OF))

    refs = [p.where.ref for p in stopped.value.problems if p.code == "E340"]
    assert refs == ["C7", "B8", "D9"]


def test_who_is_above_whom() -> None:
    people = [
        Person("甲", "客户经理", "乙", "", True), Person("乙", "主管", "丙", "", False),
        Person("丙", "总监", "甲", "", True),
    ]  # fmt: skip
    line = ReportingLine(people, {"S1": "甲"})

    assert [p.name for p in line.above("S1")] == ["乙", "丙"]
    assert line.addressee("甲", "主管") == people[2]
    assert line.addressee("甲", "总经理") is None
    assert line.addressee("某人", "主管") is None


MINUTE = dt.timedelta(minutes=1)
DAYS = Days(frozenset({dt.date(2026, 2, 18)}), frozenset({dt.date(2026, 2, 14)}))


def frame(*rows: tuple[Any, ...], **schema: Any) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row").with_row_index("#row", 2)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 20 * 1440),
    st.lists(st.tuples(st.integers(0, 25 * 1440), st.integers(1, 3000)), max_size=3),
    st.integers(1, 40),
)
def test_deadlines_with_pauses_agree_with_counting_minutes(
    offset: int, pauses: list[tuple[int, int]], hours: int
) -> None:
    first, moment = dt.datetime(2026, 2, 1), pl.Datetime("us")
    received = first + offset * MINUTE
    spans, until, events = [], received, []
    for start, length in sorted(pauses):
        begin = max(first + start * MINUTE, until + MINUTE)
        until = begin + length * MINUTE
        spans.append((begin, until))
        events += [("T1", begin, "等客户"), ("T1", until, "处理中")]
    complaints = frame(
        ("T1", "A", received, f"{hours}工时"), complaint_id=pl.String, customer_id=pl.String,
        received_at=moment, 解决时限=pl.String,
    ).with_columns(pl.lit(None, moment).alias("resolved_at"))  # fmt: skip
    happened = frame(*events, complaint_id=pl.String, at=moment, state=pl.String)
    days = frame(*[(d, "放假") for d in DAYS.off], *[(d, "上班(调休)") for d in DAYS.on], date=pl.Date, kind=pl.String)  # fmt: skip
    sheets = {
        spec.key: Sheet(spec, spec.zh, rows, 1, {}, {}, 9)
        for spec, rows in ((COMPLAINT_SHEET, complaints), (EVENT_SHEET, happened), (HOLIDAYS, days))
    }
    data = Data("b", sheets, {"节假日国家": Parameter("节假日国家", "无", Cell("b"))})
    made = Inputs(data, dt.date(2026, 4, 30), SPECS).of(deadlines, data)

    found = clocks(**made).dues([("resolution", 1.0)])[0]

    left, at = hours * 60, received
    while left:
        open_ = DAYS.works(at.date()) and 9 <= at.hour < 18
        if open_ and not any(a <= at < b for a, b in spans):
            left -= 1
        at += MINUTE
    assert found.to_list() == [at]
