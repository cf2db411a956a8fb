"""What a change of rules does: cells old and new, customers who move, totals, other results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from kamrules.ask.diff import impact
from kamrules.ask.diff import text as impact_text
from kamrules.hooks import plugins
from kamrules.run import pipeline
from kamrules.words.width import width
from tests.kit.books import CUSTOMERS, ORDERS, SHARE
from tests.kit.command import run
from tests.kit.kept import same

Book = Callable[..., Path]

STRICTER = SHARE.replace(">=5%", ">=4%").replace("[1%..5%)", "[1.5%..4%)").replace("<1%", "<1.5%")
DISCOUNT = """
    | 决策表   | 折扣 |
    | 命中策略 | F |
    | 规则     | 条件 IN | 结果 OUT |
    | 列       | 等级    | 折扣率   |
    | 类型     | 文本    | 百分比   |
    | R1       | 战略    | 8%       |
    | R2       | 重点    | 5%       |
    | R3       | -       | 0        |
"""


def sides(path: Path, old: Path, new: Path) -> impact.Impact:
    others = tuple(p.name for p in plugins.describe() if p.name != "tiering")
    manager = plugins.load((), others)
    one, other = (
        impact.of_workings(pipeline.workings(path, pipeline.Run(manager, (p,))), p.name)
        for p in (old, new)
    )
    return impact.compare(one, other)


def compared(tmp_path: Path, book: Book, before: dict[str, str], now: dict[str, str]) -> Any:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    old, new = book(tmp_path / "old.xlsx", **before), book(tmp_path / "new.xlsx", **now)
    return sides(source, old, new)


def told(found: impact.Impact) -> list[tuple[str, ...]]:
    return [(c.kind, c.table.split(" ")[0], c.rule, c.column, c.old, c.new) for c in found.changes]


def test_a_cell_that_changed_is_shown_old_and_new_with_its_place(
    tmp_path: Path, book: Book
) -> None:
    found = compared(tmp_path, book, {"分级": SHARE}, {"分级": STRICTER})

    assert told(found) == [
        ("cell", "占比分级", "R2", "销售额占比", ">=5%", ">=4%"),
        ("cell", "占比分级", "R4", "销售额占比", "[1%..5%)", "[1.5%..4%)"),
        ("cell", "占比分级", "R5", "销售额占比", "<1%", "<1.5%"),
        ("cell", "占比分级", "R6", "销售额占比", "<1%", "<1.5%"),
    ]
    places = (found.changes[0].old_where, found.changes[0].new_where)
    assert [str(p) for p in places] == ["'[old.xlsx]分级'!C8", "'[new.xlsx]分级'!C8"]


def test_tables_and_columns_are_the_same_by_either_name(tmp_path: Path, book: Book) -> None:
    english = SHARE.replace("占比分级 tier_share", "tier_share").replace(
        "销售额占比 |", "Share of Sales |", 1
    )
    both = SHARE.replace("| 销售额占比 |", "| 销售额占比 Share of Sales |")

    assert told(compared(tmp_path, book, {"分级": both}, {"分级": english})) == []


def test_rules_come_go_and_change_places(tmp_path: Path, book: Book) -> None:
    lines = SHARE.rstrip().splitlines()
    swapped = "\n".join([*lines[:-3], lines[-2], "    | R7 | - | - | - | 重点 | |"])

    found = compared(tmp_path, book, {"分级": SHARE}, {"分级": swapped})
    assert told(found) == [
        ("rule removed", "占比分级", "R4", "", "- | [1%..5%) | - | 重点", ""),
        ("rule removed", "占比分级", "R6", "", "- | <1% | <60, 空 | 非大客户", ""),
        ("rule added", "占比分级", "R7", "", "", "- | - | - | 重点"),
    ]

    moved = "\n".join([*lines[:-4], lines[-1], lines[-4], lines[-3], lines[-2]])
    assert [c.kind for c in compared(tmp_path, book, {"分级": SHARE}, {"分级": moved}).changes] == [
        "order"
    ]


def test_policy_values_columns_tables_and_parameters_are_compared(
    tmp_path: Path, book: Book
) -> None:
    new = SHARE.replace("| F |", "| P |").replace(
        "战略,重点,普通,非大客户", "重点,战略,普通,非大客户"
    )
    parameters = "| 参数 | 值 |\n| 门槛 | {} |"

    found = compared(
        tmp_path, book,
        {"分级": SHARE, "参数": parameters.format(5)},
        {"分级": new, "参数": parameters.format(6), "折扣": DISCOUNT},
    )  # fmt: skip

    assert told(found) == [
        ("policy", "占比分级", "", "", "F", "P"),
        ("values", "占比分级", "", "占比等级", "战略, 重点, 普通, 非大客户", "重点, 战略, 普通, 非大客户"),
        ("table added", "折扣", "", "", "", "折扣"),
        ("parameter", "", "门槛", "", "5", "6"),
    ]  # fmt: skip


def test_customers_who_move_have_rules_reason_and_sales(tmp_path: Path, book: Book) -> None:
    new = SHARE.replace("| 重要      | -          | -        | 重点", "| 重要 | - | - | 普通")

    found = compared(tmp_path, book, {"分级": SHARE}, {"分级": new})

    (move,) = found.moves
    assert (move.id, move.old, move.new, move.direction) == ("A002", "重点", "普通", "down")
    assert (move.old_rule, move.new_rule, move.measure) == ("R3", "R3", 15000.0)
    assert move.why.zh == "战略意义 重要"
    assert [(t.grade, t.old_count, t.new_count, t.new_measure) for t in found.totals] == [
        ("战略", 1, 1, 980000.0), ("重点", 1, 0, 0.0), ("普通", 0, 1, 15000.0), ("非大客户", 1, 1, 5000.0),
    ]  # fmt: skip


def test_a_tier_kept_by_another_rule_is_counted(tmp_path: Path, book: Book) -> None:
    new = SHARE.replace("R2       | -         | >=5%", "R2       | -         | >=99%").replace(
        "[1%..5%)   | -        | 重点", "[1%..99%) | - | 战略"
    )

    found = compared(tmp_path, book, {"分级": SHARE}, {"分级": new})

    assert (len(found.moves), found.other_rule) == (0, 1)


def test_other_results_that_differ_are_listed(tmp_path: Path, book: Book) -> None:
    found = compared(
        tmp_path, book, {"分级": SHARE, "折扣": DISCOUNT},
        {"分级": SHARE, "折扣": DISCOUNT.replace("5%", "6%")},
    )  # fmt: skip

    assert [(r.sheet, r.key, r.column, r.old, r.new) for r in found.results] == [
        ("客户", "A002", "折扣率", 0.05, 0.06)
    ]
    assert found.moves == ()
    assert "A002: 5% → 6%" in impact_text.as_text(found, "zh")


def test_rows_without_a_key_are_told_apart_by_their_cell(tmp_path: Path, book: Book) -> None:
    visits = """
    | 客户编号 | 拜访日期   | 费用 |
    | A001    | 2024-03-01 | 90   |
    | A002    | 2024-03-02 | 300  |
    """
    rules = """
    | 决策表   | 费用 cost |
    | 对象     | 拜访      |
    | 规则     | 条件      | 结果     |
    | 列       | 费用      | 费用评价 |
    | 类型     | 金额      | 选项     |
    | R1       | >=200     | 高       |
    | R2       | <200      | 低       |
    """
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 拜访=visits)
    old = book(tmp_path / "old.xlsx", 费用=rules)
    new = book(tmp_path / "new.xlsx", 费用=rules.replace("200", "400"))

    found = sides(source, old, new)

    assert [(r.key, r.old, r.new) for r in found.results] == [("拜访!A3", "高", "低")]


def test_tests_that_change_are_named(tmp_path: Path, book: Book) -> None:
    cases = """
    | 用例     | 表       | 销售额占比 | 战略意义 | 发展潜力 | 期望 占比等级 |
    | 边界 5%  | 占比分级 | 5%         | 无       |          | 战略          |
    | 边界 4%  | 占比分级 | 4%         | 无       |          | 战略          |
    | 小       | 占比分级 | 0.1%       | 无       | 80       | 普通          |
    """
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    old = book(tmp_path / "old.xlsx", 分级=SHARE, 测试=cases)
    later = cases.replace("| 0.1%       | 无       | 80 ", "| 0.1% | 无 | 10 ")
    new = book(tmp_path / "new.xlsx", 分级=STRICTER, 测试=later)

    arguments = ("diff", source, "--rules", new, "--against", old)
    answer = json.loads(run(*arguments, "--format", "json").stdout)

    told = {c["case"]: (c["old"], c["new"]) for c in answer["tests"]}
    assert told == {"边界 4%": (False, True), "小": (True, False)}
    said = run(*arguments, "--lang", "zh").stdout
    assert "现在不通过: 占比等级 期望" in said
    assert "现在通过" in said


def test_two_results_are_compared_in_either_language(tmp_path: Path, book: Book) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    sold = ORDERS + "    | 4 | A003 | 2024-06-30 | 8 |\n"
    later = book(tmp_path / "下期.xlsx", 客户=CUSTOMERS + "    | A004 | 丁公司 | | |\n", 销售=sold)
    run("apply", source, "--lang", "zh", "--no-report")
    run("apply", later, "--lang", "en", "--no-report")

    answer = json.loads(
        run(
            "diff", tmp_path / "客户.kam.xlsx", tmp_path / "下期.kam.xlsx", "--format", "json"
        ).stdout
    )

    moves = {c["id"]: (c["old"], c["new"], c["direction"]) for c in answer["customers"]}
    assert moves == {
        "A003": ("非大客户", "战略", "up"),
        "A004": (None, "非大客户", "came"),
    }
    a003 = next(c for c in answer["customers"] if c["id"] == "A003")
    assert (a003["old_sales"], a003["sales"]) == (5000.0, 85000.0)


def test_rules_of_two_results_are_compared(tmp_path: Path, book: Book) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    for name, table in (("a", SHARE), ("b", STRICTER)):
        used = book(tmp_path / f"{name}.rules.xlsx", 分级=table)
        run("apply", source, "-r", used, "-o", tmp_path / f"{name}.kam.xlsx", "--no-report")

    answer = json.loads(
        run("diff", tmp_path / "a.kam.xlsx", tmp_path / "b.kam.xlsx", "--format", "json").stdout
    )

    assert [(c["rule"], c["old"], c["new"]) for c in answer["rules"]][:2] == [
        ("R2", ">=5%", ">=4%"), ("R4", "[1%..5%)", "[1.5%..4%)"),
    ]  # fmt: skip


def test_a_workbook_that_is_no_result_is_refused(tmp_path: Path, book: Book) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)

    result = run("diff", source, source)

    assert result.exit_code == 2
    assert "E217" in result.stderr


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_northwind_under_stricter_rules_is_as_kept(
    tmp_path: Path, book: Book, shared: Path, lang: Any
) -> None:
    old, new = book(tmp_path / "old.xlsx", 分级=SHARE), book(tmp_path / "new.xlsx", 分级=STRICTER)

    found = sides(shared / "data" / "northwind_kam.xlsx", old, new)
    text = impact_text.as_text(found, lang) + "\n"

    assert same(f"diff_northwind_{lang}.txt", text)
    assert max(width(line) for line in text.splitlines()) <= 80


def test_the_exit_code_says_whether_somebody_moves_only_where_asked(
    tmp_path: Path, book: Book
) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    new = book(tmp_path / "new.xlsx", 分级=SHARE.replace(">=5%", ">=99%").replace("5%)", "99%)"))
    arguments = ("diff", source, "--rules", new)

    assert run(*arguments).exit_code == 0
    assert run(*arguments, "--exit-code").exit_code == 1
    assert run("diff", source, "--rules", new, "--against", new, "--exit-code").exit_code == 0
    assert run("diff", source).exit_code == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_comparison_is_written_as_a_workbook(tmp_path: Path, book: Book, lang: str) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    new = book(tmp_path / "new.xlsx", 分级=SHARE.replace(">=5%", ">=99%").replace("5%)", "99%)"))
    target = tmp_path / "diff.xlsx"

    run("diff", source, "--rules", new, "-o", target, "--lang", lang)
    first = target.read_bytes()
    run("diff", source, "--rules", new, "-o", target, "--lang", lang)

    assert target.read_bytes() == first
    moves = list(load_workbook(target).worksheets[2].iter_rows(values_only=True))
    assert moves[1][:5] == (
        ("A001", "甲公司", "降", "战略", "重点") if lang == "zh"
        else ("A001", "甲公司", "down", "Strategic", "Key")
    )  # fmt: skip
