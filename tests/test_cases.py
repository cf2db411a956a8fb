"""Test cases in rule workbooks: what passes, what fails, and how a failure reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from kamrules.check import trials
from kamrules.hooks import plugins
from kamrules.rules.catalogue import load_rules
from kamrules.rules.link import by_name
from kamrules.run.evaluate import decide_objects
from kamrules.sheets.column import Column
from tests.kit.books import RULES


def tried(path: Path) -> trials.Tested:
    return trials.run(path, plugins.load())


def lines(found: trials.Tested, lang: str = "zh") -> list[str]:
    return [line for t in found.failed for line in trials.failure(t, lang)]


def test_cases_pass_that_give_what_is_expected(tmp_path: Path, book: Callable[..., Path]) -> None:
    found = tried(book(tmp_path / "r.xlsx", 规则=RULES, 测试="""
        用例 | 表   | 占比 | 潜力 | 期望 等级 | 期望 折扣 | 期望规则
        大   | 分级 | 5%   |      | 黄金      | 8%        | R1
        中   | tier | 0.01 | 60   | 白银      | 0.05      | r2
        小   | 分级 | 0    | 0    | 铁质      |           | 默认
        缺   | 分级 | 2%   |      | 空        |           | 缺数据
    """))  # fmt: skip

    assert [t.passed for t in found.trials] == [True] * 4
    assert found.coverage() == {"分级 tier": {"R1": 1, "R2": 1, "默认": 1}}
    assert found.exit_code == 0


def test_a_failing_case_says_cell_expectation_result_and_rule(
    tmp_path: Path, book: Callable[..., Path]
) -> None:
    found = tried(book(tmp_path / "r.xlsx", **{"规则": RULES, "测试 分级": """
        说明: 这一行不是用例

        用例 | 占比 | 潜力 | 期望 等级 Expected Tier | 期望规则
        错   | 4.9% | 60   | 黄金                    | R1
    """}))  # fmt: skip

    assert lines(found) == [
        "测试 分级!D4  等级 期望 '黄金', 得到 '白银' (规则 R2)",
        "测试 分级!E4  期望规则 R1, 得到 R2",
    ]
    assert lines(found, "en")[0] == "测试 分级!D4  Tier: expected '黄金', got '白银' (rule R2)"
    assert found.exit_code == 1


def test_a_case_that_cannot_run_says_why(tmp_path: Path, book: Callable[..., Path]) -> None:
    found = tried(book(tmp_path / "r.xlsx", 规则=RULES, Tests="""
        Case | Table | Share | 国家 | Expected Tier | Expected Grade | Expected rule
        a    | tiers | 5%    |      | 黄金          |                |
        b    | tier  | 5%    | CN   | 黄金          |                |
        c    | tier  | 5%    |      |               | 黄金           |
        d    | tier  | 5%    |      |               |                |
        e    | tier  | many  |      | 黄金          |                |
    """))  # fmt: skip

    assert [[p.code for p in t.problems] for t in found.trials] == [
        ["E317"], ["E422"], ["E422"], ["E422"], ["E422", "E421"],
    ]  # fmt: skip
    assert [t.problems[0].where.ref for t in found.trials] == ["A2", "D3", "F4", "A5", "C6"]


def test_lists_conflicts_and_units_are_compared(tmp_path: Path, book: Callable[..., Path]) -> None:
    found = tried(book(tmp_path / "r.xlsx", 规则="""
        决策表   | 标签
        命中策略 | C
        规则     | 条件         | 结果
        列       | 销售额       | 标签
        类型     | 金额(万元)   | 文本
        R1       | >=100        | 大
        R2       | >=10         | 中

        决策表   | 区
        命中策略 | U
        规则     | 条件         | 结果
        列       | 城市         | 区
        R1       | 上海, 杭州   | 东
        R2       | 杭州, 广州   | 南
    """, 测试="""
        用例 | 表   | 销售额 | 城市 | 期望 标签 | 期望规则
        两个 | 标签 | 100    |      | 中, 大    | R2, R1
        一个 | 标签 | 99.9万 |      | 中        | R2
        没有 | 标签 | 9      |      |           | 无
        重叠 | 区   |        | 杭州 |           | 冲突
    """))  # fmt: skip

    assert lines(found) == []
    assert [t.rules for t in found.trials] == [("R1", "R2"), ("R2",), (), ()]


def test_a_parameter_and_a_name_in_a_result_can_be_given(
    tmp_path: Path, book: Callable[..., Path]
) -> None:
    found = tried(book(tmp_path / "r.xlsx", 规则="""
        决策表 | 正式
        规则   | 条件 | 结果
        列     | 方案 | 等级
        类型   | 选项 | 文本
        R1     | 占比 | {占比等级}
        R2     | 排名 | {金字塔层}
    """, 参数="""
        参数 | 值
        方案 | 占比
    """, 测试="""
        用例 | 占比等级 | 金字塔层 | 期望 等级
        参数 | 战略     | 小客户   | 战略

        用例 | 方案 | 占比等级 | 金字塔层 | 期望 等级
        给出 | 排名 | 战略     | 小客户   | 小客户
    """))  # fmt: skip

    assert lines(found) == []
    assert [t.rules for t in found.trials] == [("R1",), ("R2",)]


def test_a_table_that_sums_words_cannot_be_used(tmp_path: Path, book: Callable[..., Path]) -> None:
    path = book(tmp_path / "r.xlsx", 规则="""
        决策表   | 加分 bonus
        命中策略 | C+
        规则     | 条件   | 结果
        列       | 逾期天 | 加分
        类型     | 整数   | 文本
        R1       | >=5    | 5
        R2       | >=10   | 很多
    """, 测试="""
        用例 | 逾期天 | 期望 加分
        一   | 20     | 5
    """)  # fmt: skip

    problems = [p for t in tried(path).trials for p in t.problems]
    assert {p.code for p in problems} == {"E320"}
    assert problems[0].why.en == "sums, least and greatest are of numbers"


def test_a_date_for_a_name_that_is_a_number_is_refused(
    tmp_path: Path, book: Callable[..., Path]
) -> None:
    path = book(tmp_path / "r.xlsx", 规则="""
        决策表 | 余额 rest
        规则   | 条件   | 结果
        列     | 天数   | 余额
        类型   | 整数   | 数字
        R1     | >=0    | 天数 * 限额
    """)  # fmt: skip
    rulebook, _ = load_rules(path, {})
    known = by_name([Column("限额", "限额", "Limit", "number")])

    _, unread = decide_objects(
        rulebook.tables[0], [{"天数": 1, "限额": dt.date(2024, 1, 1)}], rulebook, known, "r.xlsx"
    )

    assert [p.code for p in unread[0]] == ["E101"]


def test_a_column_that_a_table_reads_as_two_types_is_refused(
    tmp_path: Path, book: Callable[..., Path]
) -> None:
    path = book(tmp_path / "r.xlsx", 规则="""
        决策表 | 分级 tier
        规则   | 条件   | 条件     | 结果
        列     | 占比   | 占比     | 等级
        类型   | 百分比 | 选项     | 选项
        R1     | >=5%   | -        | 高
        R2     | <5%    | 高, 低   | 低
    """, 测试="""
        用例 | 占比 | 期望 等级
        一   | 8%   | 高
    """)  # fmt: skip

    assert {p.code for t in tried(path).trials for p in t.problems} == {"E324"}
