"""A unit says the same wherever it is written: one table, and no unit that nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from kamrules.intake.headers import find_layout
from kamrules.intake.read import read_table
from kamrules.messages.message import Refusal
from kamrules.messages.problem import Problem
from kamrules.rules.cell.ast import Compare, Lit
from kamrules.rules.cell.parse import parse_test
from kamrules.rules.decision_table import RuleBook
from kamrules.rules.grid import read_grids
from kamrules.rules.load import load
from kamrules.sheets import numbers
from kamrules.sheets.column import Column, SheetSpec
from kamrules.words.units import POWERS, SHARES, read_unit

SALES = SheetSpec(
    "sales", "销售", "Sales",
    (
        Column("id", "编号", "ID", "text", required=True),
        Column("amount", "金额", "Amount", "money", "元"),
        Column("days", "账期", "Days", "int", "天"),
        Column("weight", "重量", "Weight", "number"),
    ),
)  # fmt: skip
KNOWN = {column.zh: column for column in SALES.columns}
LATIN = ("k", "thousand", "10k", "m", "million", "bn", "billion")
Rules = Callable[..., tuple[RuleBook, list[Problem]]]


@pytest.fixture
def rules(tmp_path: Path, book: Callable[..., Path]) -> Rules:
    """Return the function that loads rule sheets written as text."""

    def loaded(**sheets: str) -> tuple[RuleBook, list[Problem]]:
        path = book(tmp_path / "rules.xlsx", **sheets)
        return load(read_grids(path), path.name, KNOWN)

    return loaded


def of_header(header: str) -> float | None:
    """Return what numbers below a header are multiplied by, None where it names no column."""
    layout = find_layout([["编号", header], ["1", "3"]], 1, SALES)
    found = layout.headers[1] if layout else None
    return found.scale if found and found.column else None


def of_table(header: str) -> float | None:
    """Return what 1 below a header of a Parquet file is read as."""
    frame = pl.DataFrame({"编号": ["a"], header: [1.0]})
    sheet, _ = read_table("tables", "sales", frame, SALES)
    assert sheet
    return sheet.frame["amount"][0] if "amount" in sheet.frame.columns else None


def of_rule(text: str) -> float | None:
    test = parse_test(text, "money")
    known = isinstance(test, Compare) and isinstance(test.value, Lit)
    return float(test.value.value) if known else None  # type: ignore[union-attr]


def of_type_row(rules: Rules, type_: str, column: str = "金额") -> tuple[float, list[Problem]]:
    """Return what 1 in a rule cell of a type stands for, and what is wrong."""
    found, problems = rules(
        规则=f"""
        | 决策表 | 表 |
        | 规则 | 条件 IN | 结果 OUT |
        | 列 | {column} | 等级 |
        | 类型 | {type_} | 文本 |
        | R1 | >=1 | 大 |
    """
    )
    return float(
        found.tables[0].rules[0].inputs[0].meaning.value.value
    ) if not problems else 0, problems


def of_parameter(rules: Rules, value: str, unit: str) -> tuple[object, list[Problem]]:
    """Return what a parameter with a unit is, and what is wrong."""
    found, problems = rules(
        参数=f"""
        | 参数 | 值 | 单位 |
        | 门槛 | {value} | {unit} |
    """
    )
    return found.parameters["门槛"].value if not problems else None, problems


@pytest.mark.parametrize("word", POWERS)
def test_a_power_of_ten_says_the_same_at_every_door(rules: Rules, word: str) -> None:
    said = 10.0 ** POWERS[word]

    assert numbers.number(f"1{word}") == numbers.number(f"1{word}元") == said
    assert of_rule(f">=1{word}") == said
    for unit in (word, f"{word}元"):
        assert of_header(f"金额({unit})") == of_table(f"金额({unit})") == said
        assert of_type_row(rules, f"金额({unit})") == (said, [])
        assert of_parameter(rules, "1", unit) == (said, [])


@pytest.mark.parametrize("word", LATIN)
def test_one_in_latin_letters_says_the_same_where_only_a_unit_stands(
    rules: Rules, word: str
) -> None:
    unit = read_unit(word)

    assert unit
    assert of_header(f"金额({word})") == of_table(f"金额({word})") == unit.scale
    assert of_type_row(rules, f"金额({word})") == (unit.scale, [])
    assert of_parameter(rules, "1", word) == (unit.scale, [])
    assert isinstance(numbers.number(f"1{word}"), Refusal)
    assert of_rule(f">=1{word}") is None


@pytest.mark.parametrize("sign", ["%", "‰"])
def test_a_share_says_the_same_in_a_cell_and_in_a_rule(sign: str) -> None:
    assert numbers.number(f"5{sign}") == of_rule(f">=5{sign}") == float(f"5e{SHARES[sign]}")


@pytest.mark.parametrize("unit", ["万美元", "USD", "公斤", "万公斤", "天", "%", "打", "仟元元"])
def test_money_is_in_no_other_unit_than_yuan(rules: Rules, unit: str) -> None:
    assert of_header(f"金额({unit})") is None
    assert of_table(f"金额({unit})") is None
    (problem,) = of_type_row(rules, f"金额({unit})")[1]
    assert (problem.code, problem.where.ref, problem.found) == ("E325", "B4", unit)
    assert "万" in problem.fix.zh
    assert "million" in problem.fix.en


@pytest.mark.parametrize("unit", ["打", "万打", "每家", "元/打"])
def test_a_unit_that_nobody_knows_counts_as_nothing(rules: Rules, unit: str) -> None:
    (of_type,) = of_type_row(rules, f"数字({unit})", "重量")[1]
    (of_value,) = of_parameter(rules, "3", unit)[1]
    _, found = rules(词表=f"| 中文 | 类型 | 单位 |\n| 库存 | 数字 | {unit} |")

    assert (of_type.code, of_type.where.ref) == ("E325", "B4")
    assert (of_value.code, of_value.where.ref) == ("E325", "C2")
    assert [(p.code, p.where.ref) for p in found] == [("E325", "C2")]
    assert of_header(f"重量({unit})") is None
    assert isinstance(numbers.number(f"3{unit}"), Refusal)
    assert isinstance(parse_test(f">=3{unit}", "number"), Refusal)


@pytest.mark.parametrize("unit", ["公斤", "户", "次", "人", "天", "元/小时", "必填"])
def test_what_is_only_counted_is_a_unit_of_numbers(rules: Rules, unit: str) -> None:
    assert of_type_row(rules, f"数字({unit})", "重量") == (1.0, [])
    if unit != "必填":
        assert of_parameter(rules, "3", unit) == (3.0, [])


def test_a_type_row_knows_the_unit_in_which_values_are_stored(rules: Rules) -> None:
    assert of_type_row(rules, "整数(天)", "账期") == (1.0, [])
    (problem,) = of_type_row(rules, "整数(小时)", "账期")[1]
    assert (problem.code, problem.why.zh) == ("E325", "这里的数是天, 换不成 “小时”")


def test_a_crosstab_knows_units_too(rules: Rules) -> None:
    sheet = """
        | 交叉表 | 表 | |
        | 行 | 金额 | 金额({unit}) |
        | 列 | 等级 | 文本 |
        | 结果 | 折扣 | 百分比 |
        | | 甲 | 乙 |
        | >=2 | 1% | 2% |
    """
    found, problems = rules(规则=sheet.format(unit="千万元"))
    _, wrong = rules(规则=sheet.format(unit="箩筐"))

    assert problems == []
    assert found.tables[0].rules[0].inputs[0].meaning.value.value == 20_000_000
    assert [(p.code, p.where.ref) for p in wrong] == [("E325", "C2")]


def test_a_parameter_is_not_scaled_twice(rules: Rules) -> None:
    assert of_parameter(rules, "500万", "元") == (5_000_000.0, [])
    (problem,) = of_parameter(rules, "500万", "万元")[1]
    assert (problem.code, problem.where.ref) == ("E316", "B2")
    assert "500" in problem.fix.zh


def test_a_share_beside_its_sign_is_a_share_already(rules: Rules) -> None:
    assert of_parameter(rules, "5%", "%") == (0.05, [])
    assert of_parameter(rules, "0.05", "%") == (0.05, [])


def test_words_beside_a_date_or_a_text_are_no_unit(rules: Rules) -> None:
    assert of_parameter(rules, "占比", "见说明") == ("占比", [])
    assert of_type_row(rules, "选项(单选)", "等级")[1] == []
