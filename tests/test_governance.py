"""Who answers for rules, what changed in them, and what a run leaves on record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kamrules_plugins.accounts.summary import summarise

from kamrules.annotate.annotate import annotate
from kamrules.hooks import plugins
from kamrules.page.compose import compose
from kamrules.run import pipeline
from kamrules.run.governance import changes, on_trial, rows
from kamrules.run.result import Result

from .conftest import write_book

CUSTOMERS = "客户编号 | 客户名称\nA | 甲\nB | 乙"
ORDERS = "客户编号 | 日期 | 销售额\nA | 2024-12-31 | 900\nB | 2024-03-01 | 100"
TABLE = """
决策表 | 规模 size
命中策略 | F
批准 | {approved}
版本 | 3
生效 | 2024-12-01
规则 | 条件 | 结果 | 备注
列 | 销售额占比 | 规模 | 状态
R1 | >={cut} | 大 |
R2 | - | 小 | {status}
"""


def applied(path: Path, cut: str = "50%", approved: str = "何总 2024-11-30", status: str = "", **options: Any) -> Result:  # fmt: skip
    rules = TABLE.format(cut=cut, approved=approved, status=status)
    write_book(path, 客户=CUSTOMERS, 销售=ORDERS, 规则=rules)
    return pipeline.apply(path, pipeline.Run(plugins.load(), **options))


def table(result: Result) -> Any:
    return next(d.table for d in result.decisions if d.table.name == "规模 size")


def test_G02_a_table_that_nobody_approved_is_on_trial(tmp_path: Path) -> None:
    assert on_trial(table(applied(tmp_path / "a.xlsx"))) == 0
    assert on_trial(table(applied(tmp_path / "b.xlsx", approved="待批准"))) == 2
    assert on_trial(table(applied(tmp_path / "c.xlsx", status="试运行"))) == 1


def test_G02_reports_say_what_is_on_trial_and_who_approved_the_rest(tmp_path: Path) -> None:
    result = applied(tmp_path / "a.xlsx")
    tables, findings = compose(result, "zh").tables, summarise(result, "zh").findings

    mine = next(t for t in tables if t.name == "规模 size")
    assert mine.state == "批准 何总 2024-11-30 · 版本 3 · 生效 2024-12-01"
    shipped = next(t for t in tables if "tier_share" in t.name)
    assert shipped.state.endswith("试运行")
    assert any("未批准" in f.text for f in findings)


def test_G04_a_table_before_its_date_takes_no_part(tmp_path: Path) -> None:
    import datetime as dt

    result = applied(tmp_path / "a.xlsx", as_of=dt.date(2024, 11, 30))

    assert [p.code for p in result.problems] == ["W322"]
    assert "规模 size" not in [d.table.name for d in result.decisions]


def test_changed_rows_are_told_against_an_earlier_result(tmp_path: Path) -> None:
    first = applied(tmp_path / "a.xlsx")
    annotate(tmp_path / "a.xlsx", tmp_path / "old.xlsx", first, compose(first, "zh"))

    same = applied(tmp_path / "b.xlsx", previous=tmp_path / "old.xlsx")
    other = applied(tmp_path / "c.xlsx", cut="40%", previous=tmp_path / "old.xlsx")

    assert first.rule_changes == same.rule_changes == {}
    assert other.rule_changes == {("规模 size", "R1"): "changed"}
    findings = summarise(other, "zh").findings
    assert any("规则改动 1 行: 规模 R1" in f.text for f in findings)
    assert [
        r.change for t in compose(other, "zh").tables if t.name == "规模 size" for r in t.rules
    ] == [
        "改动",
        "",
    ]


def test_new_and_removed_rows_are_changes_too() -> None:
    before = {"rows t": "R1=a · R2=b", "as-of": "2024-12-31"}

    found = changes(before, {"rows t": "R2=b · R3=c"})

    assert found == {("t", "R1"): "removed", ("t", "R3"): "new"}
    assert changes({"as-of": "2024-12-31"}, before) == {}


def test_the_record_is_enough_to_repeat_the_run(tmp_path: Path) -> None:
    result = applied(tmp_path / "a.xlsx")

    assert {
        "kamrules",
        "as-of",
        "input",
        "plugin tiering",
        "parameter 采用方案 Scheme",
    } <= result.record.keys()
    assert rows([table(result)]).items() <= result.record.items()


def test_hits_are_counted_for_every_row(tmp_path: Path) -> None:
    result = applied(tmp_path / "a.xlsx")

    assert next(d.hits for d in result.decisions if d.table.name == "规模 size") == {
        "R1": 1,
        "R2": 1,
    }
