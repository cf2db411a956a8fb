"""Rule sheets become decision tables; every fault is a problem at its cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from kamrules.messages.problem import Problem
from kamrules.rules.cell.ast import AnyOf, AnyValue, Compare, Lit
from kamrules.rules.decision_table import DecisionTable, RuleBook
from kamrules.rules.grid import read_grids
from kamrules.rules.link import by_name, link
from kamrules.rules.load import load
from kamrules.sheets.column import Column
from kamrules.words.text import Text

Book = Callable[..., Path]
KNOWN = by_name(
    [
        Column("share", "销售额占比", "Share of Sales", "percent"),
        Column("city", "城市", "City", "text"),
    ]
)


@pytest.fixture
def rules(tmp_path: Path, book: Book) -> Callable[..., tuple[RuleBook, list[Problem]]]:
    """Return the function that loads rule sheets written as text."""

    def loaded(**sheets: str) -> tuple[RuleBook, list[Problem]]:
        path = book(tmp_path / "rules.xlsx", **sheets)
        return load(read_grids(path), path.name, KNOWN)

    return loaded


Rules = Callable[..., tuple[RuleBook, list[Problem]]]

TIERING = """
    | 决策表 Decision | 客户分级 Tiering |
    | 命中策略 Hit policy | P 优先 |
    | 负责人 Owner | 王敏 |
    | 生效 From | 2024-01-01 |
    | 规则 Rule | 条件 IN | | 条件 IN | 结果 OUT | 结果 OUT | 备注 NOTE |
    | 列 Column | 年采购额 | 私人笔记 | 城市 | 客户等级 | 折扣 | 理由 |
    | 类型 Type | 金额(万元) | | | 等级 | 百分比 | |
    | 取值 Values | >=0 | | | 白金,黄金,白银 | [0..30%] | |
    | R1 | >=100 | 别忘了 | 上海,北京 | 白金 | 8% | 年采购额达到门槛 |
    | R2 | [10..100) | | - | 黄金 | 0.05 | |
    | 默认 Default | | | | 白银 | 0 | |

    这一行是注释, 不属于任何表
"""


def test_a_table_is_read_in_the_layout_of_the_design(rules: Rules) -> None:
    rulebook, problems = rules(规则=TIERING)

    assert problems == []
    (table,) = rulebook.tables
    assert (table.title, table.policy.letter) == (Text("客户分级", "Tiering"), "P")
    assert table.properties["owner"] == "王敏"
    assert table.properties["from"] == "2024-01-01"
    assert [(i.label, i.type) for i in table.inputs] == [("年采购额", "money"), ("城市", "text")]
    assert [(o.label, o.type) for o in table.outputs] == [("客户等级", "enum"), ("折扣", "percent")]
    assert [r.id for r in table.rules] == ["R1", "R2"]
    assert table.rules[0].inputs[0].meaning == Compare(">=", Lit(Decimal(1_000_000), 2, "100"))
    assert isinstance(table.rules[0].inputs[1].meaning, AnyOf)
    assert isinstance(table.rules[1].inputs[1].meaning, AnyValue)
    assert table.rules[0].notes == {"理由": "年采购额达到门槛"}
    assert table.rules[0].outputs[1].meaning.value == Decimal("0.08")
    assert table.default is not None
    assert table.default.outputs[0].meaning.value == "白银"
    assert str(table.rules[1].where) == "'[rules.xlsx]规则'!A10"


def test_several_tables_stand_on_a_sheet_below_and_beside_each_other(rules: Rules) -> None:
    rulebook, problems = rules(规则="""
        | 决策表 | 甲 | | 决策表 | 乙 |
        | 规则 | 条件 IN | 结果 OUT | 规则 | 结果 OUT |
        | 列 | 城市 | a | 列 | b |
        | R1 | 上海 | 1 | R1 | 2 |

        | Decision | 丙 |
        | Rule | IN | OUT |
        | Column | City | c |
        | 1 | 上海 | TRUE |
    """)  # fmt: skip

    assert problems == []
    assert [t.name for t in rulebook.tables] == ["甲", "乙", "丙"]
    assert [o.type for t in rulebook.tables for o in t.outputs] == ["number", "number", "bool"]
    assert rulebook.tables[2].rules[0].id == "1"


def test_a_crosstab_gives_a_rule_for_each_of_its_cells(rules: Rules) -> None:
    rulebook, problems = rules(规则="""
        | 交叉表 Crosstab | 折扣表 |
        | 命中策略 | F |
        | 行 Rows | 销售额占比 |
        | 列 Columns | 城市 |
        | 结果 OUT | 折扣 | 百分比 |
        | | 上海,北京 | - |
        | >=5% | 10% | 8% |
        | - | 5% | 0 |
    """)  # fmt: skip

    assert problems == []
    (table,) = rulebook.tables
    assert [i.label for i in table.inputs] == ["销售额占比", "城市"]
    assert [(r.id, r.outputs[0].meaning.value) for r in table.rules] == [
        (">=5%/上海,北京", Decimal("0.1")),
        (">=5%/-", Decimal("0.08")),
        ("-/上海,北京", Decimal("0.05")),
        ("-/-", Decimal(0)),
    ]


def test_parameters_and_glossary_are_read_in_either_language(rules: Rules) -> None:
    rulebook, problems = rules(
        参数="""
            | 参数 Name | 值 Value | 单位 Unit |
            | 白金门槛 Platinum | 1,200万 | 元 |
            | 基准日 | 2024年6月30日 | |
            | 采用方案 | 占比 | |
        """,
        Glossary="""
            | 中文 | 英文 | 技术名 | 类型 | 取值 |
            | 客户等级 | Tier | tier | 选项 | 白金,黄金 |
            | 白金 | Platinum | | 值 | |
        """,
    )

    assert problems == []
    assert rulebook.parameters["白金门槛"].value == 12_000_000
    assert rulebook.parameters["platinum"].unit == "元"
    assert rulebook.parameters["基准日"].value == dt.date(2024, 6, 30)
    assert rulebook.glossary == (
        Column("tier", "客户等级", "Tier", "enum", allowed=("白金", "黄金")),
    )
    assert rulebook.labels == (Text("白金", "Platinum"),)


HEAD = """
    | 决策表 | 表 |
    | 命中策略 | {policy} |
    | 规则 | 条件 IN | 结果 OUT |
    | 列 | {column} | 等级 |
    | 类型 | {type} | 文本 |
    | 取值 | | 大,小 |
    | R1 | {cell} | {output} |
    | {id} | - | 小 |
"""
FINE = {"policy": "F", "column": "城市", "type": "文本", "cell": "上海", "output": "大", "id": "R2"}


@pytest.mark.parametrize(
    ("change", "code", "cell"),
    [
        ({"policy": "X"}, "E306", "B2"),
        ({"type": "尺寸"}, "E315", "B5"),
        ({"type": "百分比", "cell": "1%~5%"}, "E305", "B7"),
        ({"type": "金额", "cell": ">=1,000"}, "E302", "B7"),
        ({"type": "日期", "cell": "5"}, "E310", "B7"),
        ({"cell": '"没有结束'}, "E301", "B7"),
        ({"cell": "=1+1"}, "E318", "B7"),
        ({"cell": "#N/A"}, "E318", "B7"),
        ({"output": "中"}, "E311", "C7"),
        ({"id": "R1"}, "E309", "A8"),
        ({"column": ""}, "E307", "B4"),
    ],
)
def test_a_fault_in_a_table_is_a_problem_at_its_cell(
    change: dict[str, str], code: str, cell: str, rules: Rules
) -> None:
    rulebook, problems = rules(规则=HEAD.format(**FINE | change))

    assert [(p.code, p.where.ref) for p in problems] == [(code, cell)]
    assert rulebook.tables == ()
    for problem in problems:
        assert all((problem.what.zh, problem.why.en, problem.fix.zh, problem.effect.en))


@pytest.mark.parametrize(
    "sheet",
    [
        "| 决策表 |",
        "| 决策表 | 表 |",
        "| 决策表 | 表 |\n| 规则 | 条件 IN |\n| 列 | 城市 |\n| R1 | 上海 |",
        "| 决策表 | 表 |\n| 规则 | 结果 OUT |\n| R1 | 大 |",
        "| 决策表 | 表 |\n| 规则 | 结果 OUT |\n| 列 | 等级 |",
        "| 交叉表 | 表 |\n| 行 | 城市 |\n| 列 | 销售额占比 |",
    ],
)
def test_an_incomplete_table_says_what_it_lacks(sheet: str, rules: Rules) -> None:
    rulebook, problems = rules(规则=sheet)

    assert {p.code for p in problems} == {"E307"}
    assert rulebook.tables == ()


def test_all_faults_of_a_workbook_are_told_at_once(rules: Rules) -> None:
    one = HEAD.format(**FINE | {"type": "百分比", "cell": "1%~5%"})
    two = HEAD.format(**FINE | {"type": "日期", "cell": "2024-13-01"}).replace("| 表 |", "| 表二 |")

    _, problems = rules(甲=one, 乙=two)

    assert [(p.where.sheet, p.code) for p in problems] == [("甲", "E305"), ("乙", "E301")]


def tables(rulebook: RuleBook) -> list[DecisionTable]:
    return list(rulebook.tables)


def chained(**links: str) -> str:
    """Return a sheet of tables: each key is an output, its value the input it needs."""
    return "\n\n".join(
        f"| 决策表 | 表{out} |\n| 规则 | 条件 IN | 结果 OUT |\n| 列 | {need} | {out} |\n| 类型 | 文本 | 文本 |\n| R1 | x | y |"
        for out, need in links.items()
    )


def test_tables_run_in_the_order_their_names_ask_for(rules: Rules) -> None:
    rulebook, _ = rules(规则=chained(c="b", a="城市", b="a"))

    linked, problems = link(tables(rulebook), {"": KNOWN}, {})

    assert problems == []
    assert [t.table.name for t in linked] == ["表a", "表b", "表c"]


def test_a_circle_of_tables_is_named(rules: Rules) -> None:
    rulebook, _ = rules(规则=chained(a="c", b="a", c="b", d="城市"))

    _, problems = link(tables(rulebook), {"": KNOWN}, {})

    (problem,) = problems
    assert problem.code == "E308"
    assert all(name in problem.what.zh for name in ("表a", "表b", "表c"))
    assert "表d" not in problem.what.zh


def test_an_unknown_column_gets_up_to_three_suggestions(rules: Rules) -> None:
    rulebook, _ = rules(规则=chained(a="销售占比"))

    _, problems = link(tables(rulebook), {"": KNOWN}, {})

    (problem,) = problems
    assert (problem.code, problem.where.ref) == ("E312", "B3")
    assert "销售额占比" in problem.why.zh


def test_a_word_in_a_number_column_is_refused_unless_it_is_a_parameter(rules: Rules) -> None:
    rulebook, _ = rules(
        规则=HEAD.format(**FINE | {"column": "销售额占比", "type": "百分比", "cell": ">=门槛"}),
        参数="| 参数 | 值 |\n| 下限 | 5% |",
    )

    _, unknown = link(tables(rulebook), {"": KNOWN}, {})
    linked, known = link(tables(rulebook), {"": KNOWN}, {"门槛": rulebook.parameters["下限"]})

    assert [(p.code, p.where.ref) for p in unknown] == [("E303", "B7")]
    assert known == []
    assert linked[0].table.rules[0].inputs[0].meaning.value.value == Decimal("0.05")


def test_two_tables_that_give_the_same_column_are_refused(rules: Rules) -> None:
    rulebook, _ = rules(规则=chained(a="城市") + "\n\n" + chained(a="城市").replace("表a", "表b"))

    _, problems = link(tables(rulebook), {"": KNOWN}, {})

    assert [p.code for p in problems] == ["E314"]


def test_a_list_of_results_is_no_condition(rules: Rules) -> None:
    sheet = (
        chained(a="城市").replace("| 规则 |", "| 命中策略 | C |\n| 规则 |", 1)
        + "\n\n"
        + chained(b="a")
    )

    rulebook, _ = rules(规则=sheet)
    _, problems = link(tables(rulebook), {"": KNOWN}, {})

    assert [p.code for p in problems] == ["E319"]
