"""The commands, as a person or a program runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from kamrules.cli.main import cli
from kamrules.words.width import width
from tests.kit.books import CUSTOMERS, ORDERS
from tests.kit.command import run

Book = Callable[..., Path]


def test_apply_writes_a_workbook_and_a_report_and_leaves_the_book_alone(
    tmp_path: Path, book: Book
) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    before = source.read_bytes()

    result = run("apply", source)

    assert result.exit_code == 0, result.stderr
    assert source.read_bytes() == before
    sheet = load_workbook(tmp_path / "客户.kam.xlsx")["客户"]
    tiers = [row[4] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert tiers == ["战略", "重点", "非大客户"]
    rows = CalamineWorkbook.from_path(str(tmp_path / "客户.kam.xlsx")).get_sheet_by_name("客户")
    assert [r[4] for r in rows.to_python()[1:]] == tiers
    assert "甲公司" in (tmp_path / "客户.kam.html").read_text("utf-8")
    assert "基准日 2024-06-30" in result.stdout


def test_the_result_says_why_beside_each_customer(tmp_path: Path, book: Book) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)

    answer = json.loads(run("apply", source, "--dry-run", "--format", "json").stdout)

    whys = {c["id"]: (c["rule"], c["why"]) for c in answer["customers"]}
    assert whys == {
        "A001": ("R2", "占比达到 5% 以上(含): 销售额占比 98% >=5%"),
        "A002": ("R3", "对业务有重要意义, 需批准人: 战略意义 重要"),
        "A003": ("R6", "占比 1% 以下且无潜力记录: 销售额占比 0.5% <1%, 发展潜力 30 <60, 空"),
    }


def test_a_book_dragged_onto_the_program_is_applied(tmp_path: Path, book: Book) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)

    result = run(source)

    assert result.exit_code == 0
    assert (tmp_path / "客户.kam.xlsx").exists()


def test_applying_twice_gives_the_same_bytes(tmp_path: Path, book: Book) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)

    run("apply", source, "-o", tmp_path / "one.xlsx")
    run("apply", source, "-o", tmp_path / "two.xlsx")

    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_a_result_can_be_applied_again_and_its_own_columns_are_not_read_as_data(
    tmp_path: Path, book: Book
) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    run("apply", source)

    again = run(
        "apply", tmp_path / "客户.kam.xlsx", "-o", tmp_path / "again.xlsx", "--format", "json"
    )

    answer = json.loads(again.stdout)
    assert [c["tier"] for c in answer["customers"]] == ["战略", "重点", "非大客户"]
    assert answer["problems"] == []
    heads = [
        [c.value for c in load_workbook(tmp_path / n)["客户"][1]]
        for n in ("客户.kam.xlsx", "again.xlsx")
    ]
    assert heads[0] == heads[1]


def test_tiers_are_compared_with_the_last_period(tmp_path: Path, book: Book) -> None:
    orders = ORDERS + "    | 4 | A003 | 2025-06-30 | 99 |\n    | 5 | A001 | 2025-06-29 | 0.9 |"
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=orders)
    run("apply", source, "--as-of", "2024-06-30", "-o", tmp_path / "2024.xlsx")

    result = run("apply", source, "--previous", tmp_path / "2024.xlsx", "--format", "json")

    changes = {
        c["id"]: (c["previous"], c["tier"], c["change"])
        for c in json.loads(result.stdout)["customers"]
    }
    assert changes == {
        "A001": ("战略", "普通", "down"),
        "A002": ("重点", "重点", "same"),
        "A003": ("非大客户", "战略", "up"),
    }


def test_the_official_scheme_is_a_parameter_of_the_book(tmp_path: Path, book: Book) -> None:
    source = book(
        tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS,
        参数="| 参数 | 值 |\n| 采用方案 | 金字塔 |",
    )  # fmt: skip

    answer = json.loads(run("apply", source, "-n", "--format", "json").stdout)

    assert [c["tier"] for c in answer["customers"]] == ["重要客户(VIP)", "一般客户", "小客户"]
    assert {c["table"] for c in answer["customers"]} == {"金字塔分级 tier_pyramid"}


def test_a_table_in_the_book_replaces_the_packaged_one_and_the_run_says_so(
    tmp_path: Path, book: Book
) -> None:
    own = """
        | 决策表 | 占比分级 |
        | 命中策略 | F |
        | 规则 | 条件 IN | 结果 OUT |
        | 列 | 销售额占比 | 占比等级 |
        | 取值 | | 大,小 |
        | R1 | >=1% | 大 |
        | R2 | - | 小 |
    """
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 我的规则=own)

    answer = json.loads(run("apply", source, "-n", "--format", "json").stdout)

    assert [c["tier"] for c in answer["customers"]] == ["大", "大", "小"]
    assert [(p["code"], p["severity"]) for p in answer["problems"]] == [("W321", "notice")]


def test_an_unknown_column_is_usable_in_rules_by_its_own_header(tmp_path: Path, book: Book) -> None:
    customers = """
        | 客户编号 | 客户名称 | 员工数 |
        | A001    | 甲公司   | 1,200 |
        | A002    | 乙公司   | 约300 |
        | A003    | 丙公司   | 20 |
    """
    own = """
        | 决策表 | 规模 |
        | 命中策略 | F |
        | 规则 | 条件 IN | 结果 OUT |
        | 列 | 员工数 | 规模 |
        | 类型 | 整数 | 文本 |
        | R1 | >=1000 | 大 |
        | R2 | - | 小 |
    """
    source = book(tmp_path / "客户.xlsx", 客户=customers, 销售=ORDERS, 规则=own)

    result = run("apply", source, "--lang", "en")

    assert result.exit_code == 1
    assert "E104  '[客户.xlsx]客户'!C3" in result.stdout
    sheet = load_workbook(tmp_path / "客户.kam.xlsx")["客户"]
    heads = [c.value for c in sheet[1]]
    found = [row[heads.index("规模")] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert found == ["大", None, "小"]


BROKEN_CUSTOMERS = """
    | 客户编号 | 客户名称 | 战略意义 | 发展潜力 | 首次合作日期 | 销售人 |
    | A001    | 甲公司   |         | 8O      | '2024-13-02 | 张 |
    | A002    | 乙公司   | 重要     | #N/A    |            | 李 |
    | A001    | 甲二     |         | =1+1    |            | 王 |
    |         | 丁公司   |         |         |            | 赵 |
    | A005    | 戊公司   | 很重要   | 70      | 03/04/2024 | 钱 |
"""
BROKEN_ORDERS = """
    | 订单编号 | 客户编号 | 订单日期   | 金额 |
    | 1       | A001    | 2024-03-01 | 5000 |
    | 2       | A002    | 2024-05-01 | 1,2OO |
    | 3       | A005    | 2024-06-30 | 100 |
    | 4       | X999    | 2024-06-30 | 300 |
    | 5       |         | 2024-06-30 | 20 |
"""
FAULTS = {
    ("E101", "客户", "D2"),  # a letter O
    ("E102", "客户", "E2"),  # no month 13
    ("E110", "客户", "D3"),  # error cell
    ("E111", "客户", "D4"),  # formula without a value
    ("E205", "客户", "A4"),  # duplicate key
    ("E209", "客户", "A5"),  # blank key
    ("W208", "客户", "C6"),  # not one of the choices
    ("E102", "客户", "E6"),  # day or month first
    ("W204", "客户", "F1"),  # a header that looks like another
    ("E101", "销售", "D3"),
    ("W206", "销售", "B5"),  # orphan
    ("W210", "销售", "B6"),  # blank reference
}
BROKEN_RULE = """
    | 决策表 | 占比分级 tier_share |
    | 命中策略 | F |
    | 规则 | 条件 IN | 结果 OUT |
    | 列 | 销售额占比 | 占比等级 |
    | 类型 | 百分比 | 文本 |
    | R1 | 1%~5% | 大 |
    | R2 | - | 小 |
"""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_run_reports_every_fault_at_its_cell_and_decides_the_others(
    lang: str, tmp_path: Path, book: Book
) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=BROKEN_CUSTOMERS, 销售=BROKEN_ORDERS)

    result = run("apply", source, "--lang", lang, "--format", "json")

    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    found = {(p["code"], p["sheet"], p["cell"]) for p in answer["problems"]}
    assert found >= FAULTS
    for problem in answer["problems"]:
        assert all(problem[k] for k in ("what", "why", "fix", "effect")), problem
        assert "{" not in "".join(problem[k] for k in ("what", "why", "fix", "effect")), problem
        if lang == "zh":
            assert any("\u4e00" <= c <= "\u9fff" for c in problem["what"])
    tiers = {c["row"]: c["tier"] for c in answer["customers"]}
    # The second A001, the customer without a number, and the one with an unreadable order wait.
    assert tiers == {2: "战略", 3: None, 4: None, 5: None, 6: "重点"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_broken_rule_stops_the_run_and_is_told_with_the_data_problems(
    lang: str, tmp_path: Path, book: Book
) -> None:
    source = book(
        tmp_path / "客户.xlsx", 客户=BROKEN_CUSTOMERS, 销售=BROKEN_ORDERS, 规则=BROKEN_RULE
    )

    result = run("apply", source, "--lang", lang, "--format", "json")

    assert result.exit_code == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["客户.xlsx"]
    problems = json.loads(result.stdout)["problems"]
    found = {(p["code"], p["sheet"], p["cell"]) for p in problems}
    assert found >= FAULTS | {("E305", "规则", "B6")}
    fix = next(p["fix"] for p in problems if p["code"] == "E305")
    assert "[1%..5%)" in fix


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("none.xlsx", None, "E001"),
        ("text.xlsx", b"a,b\n1,2\n", "E003"),
        ("page.xlsx", b"<html><table></table></html>", "E003"),
        (
            "old.xls",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "Workbook".encode("utf-16-le"),
            "E005",
        ),
        ("cut.xlsx", b"PK\x03\x04" + b"\0" * 40, "E006"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_file_that_is_no_workbook_is_refused_with_a_sentence(
    lang: str, name: str, content: bytes | None, code: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    result = run("apply", path, "--lang", lang)

    assert result.exit_code == 2
    assert code in result.stderr
    assert "Traceback" not in result.stderr


def test_a_book_without_orders_leaves_everybody_undecided_and_names_the_sheet(
    tmp_path: Path, book: Book
) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS)

    result = run("apply", source, "--as-of", "2024-06-30")

    assert result.exit_code == 0
    assert "没有 销售 表" in result.stdout
    assert "未判定" in result.stdout


def test_a_result_is_never_written_over_its_source(tmp_path: Path, book: Book) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)

    result = run("apply", source, "-o", source)

    assert result.exit_code == 3
    assert "E002" in result.stderr


def test_fresh_puts_the_results_in_a_new_workbook(tmp_path: Path, book: Book) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 备忘="| 别的 |")

    result = run("apply", source, "--fresh")

    assert result.exit_code == 0, result.stderr
    found = load_workbook(tmp_path / "客户.kam.xlsx")
    assert "备忘" not in found.sheetnames
    assert "汇总" in found.sheetnames
    cells = {c for row in found["客户"].iter_rows(values_only=True) for c in row}
    assert {"甲公司", "战略"} <= cells


def test_two_rules_that_hit_are_named_for_that_customer_and_the_others_are_decided(
    tmp_path: Path, book: Book
) -> None:
    own = """
        | 决策表 | 占比分级 tier_share |
        | 命中策略 | U |
        | 规则 | 条件 IN | 结果 OUT |
        | 列 | 销售额占比 | 占比等级 |
        | R1 | >=1% | 大 |
        | R2 | >=50% | 特大 |
        | R3 | <1% | 小 |
    """
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 我的规则=own)

    answer = json.loads(run("apply", source, "-n", "--format", "json").stdout)

    assert [c["tier"] for c in answer["customers"]] == [None, "大", "小"]
    clash = next(p for p in answer["problems"] if p["code"] == "E401")
    assert (clash["cell"], clash["key"]) == ("A2", "A001")
    assert "A5" in clash["fix"]
    assert "A6" in clash["fix"]


def test_eval_answers_json_lines_and_takes_iso_text_for_dates(tmp_path: Path, book: Book) -> None:
    rules = book(
        tmp_path / "rules.xlsx",
        规则="""
            | 决策表 | 折扣 Discount |
            | 命中策略 | U |
            | 规则 | 条件 IN | 条件 IN | 结果 OUT |
            | 列 | Amount | Since | 折扣 |
            | 类型 | number | date | number |
            | R1 | >=100 | <2024-01-01 | 10 |
            | R2 | >=50 | >=2024-01-01 | 5 |
            | R3 | >=1000 | >=2024-01-01 | 7 |
        """,
    )
    cases = tmp_path / "cases.jsonl"
    cases.write_text(
        '{"inputs": {"Amount": 100, "Since": "2023-12-31"}}\n'
        '{"Amount": "1,000", "Since": "2024-02-01"}\n'
        '{"Amount": 60}\n'
        '{"Amount": 5, "Since": "2024-02-01"}\n'
        '{"Amount": "about 5", "Since": "2024-02-01"}\n'
        "not json\n",
        "utf-8",
    )

    result = run("eval", rules, "--table", "Discount", "--cases", cases, "--lang", "en")

    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(a["output"], a["rules"], [p["code"] for p in a["problems"]]) for a in answers] == [
        (10, ["R1"], []),
        (None, [], ["E401"]),
        (None, [], ["W403"]),
        (None, [], ["W404"]),
        (None, [], ["E101", "W403"]),
        (None, [], ["E212", "W403"]),
    ]


def test_eval_passes_the_conformance_suite(shared: Path, tmp_path: Path) -> None:
    lines = (shared / "tck" / "cases.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    wrong = []
    for case in cases:
        path = tmp_path / "case.jsonl"
        path.write_text(json.dumps(case), "utf-8")
        result = run(
            "eval", shared / "tck" / case["book"], "--table", case["table"], "--cases", path
        )
        if json.loads(result.stdout)["output"] != case["expected"]:
            wrong.append((case["id"], result.stdout))

    assert wrong == []
    assert len(cases) == 51


def test_northwind_gives_the_golden_tiers(shared: Path, tmp_path: Path) -> None:
    source = shared / "data" / "northwind_kam.xlsx"

    first = run(
        "apply", source, "--as-of", "1997-12-31", "-o", tmp_path / "1997.xlsx", "--format", "json"
    )
    second = run(
        "apply",
        source,
        "--previous",
        tmp_path / "1997.xlsx",
        "-o",
        tmp_path / "1998.xlsx",
        "--format",
        "json",
    )

    answer = json.loads(first.stdout)
    customers = {c["id"]: c for c in answer["customers"]}
    buyers = [c for c in customers.values() if c["sales"] > 0]
    assert (len(buyers), round(sum(c["sales"] for c in buyers))) == (86, 617_085)
    shares = {i: round(c["share"] * 100, 2) for i, c in customers.items() if c["tier"] == "战略"}
    assert shares == {"QUICK": 9.90, "SAVEA": 9.35, "ERNSH": 7.79}
    assert answer["tiers"]["重点"] == 28
    hits = {t["table"].split()[-1]: t["hits"] for t in answer["tables"]}
    assert [hits["tier_pyramid"][f"R{n}"] for n in range(1, 5)] == [1, 17, 25, 43]
    answer = json.loads(second.stdout)
    assert answer["as_of"] == "1998-05-06"
    assert sum(c["sales"] > 0 for c in answer["customers"]) == 88
    assert (answer["tiers"]["战略"], answer["tiers"]["重点"]) == (3, 28)
    moved = {
        d: " ".join(sorted(c["id"] for c in answer["customers"] if c["change"] == d))
        for d in ("up", "down")
    }
    assert moved == {
        "up": "EASTC GODOS HANAR MAISD OLDWO RICAR SUPRD",
        "down": "BLONP CHOPS GOURL LAMAI SEVES SIMOB WARTH",
    }


def test_every_command_has_help_in_both_languages() -> None:
    for name, command in cli.commands.items():
        assert command.help, name
        assert any("\u4e00" <= c <= "\u9fff" for c in command.help), name


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, kamrules.cli.main; print(*sorted({'polars', 'openpyxl', 'jinja2', 'lark', 'pluggy', 'fastexcel'} & set(sys.modules)))"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.split() == []


def test_output_can_be_piped_to_a_gbk_console(tmp_path: Path, book: Book) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=BROKEN_CUSTOMERS, 销售=BROKEN_ORDERS)
    command = [sys.executable, "-m", "kamrules", "apply", str(source), "--lang", "zh", "-n"]
    environment = {**os.environ, "PYTHONIOENCODING": "gbk"}

    done = subprocess.run(command, capture_output=True, env=environment, check=False)

    assert done.returncode == 1, done.stderr
    assert "未判定" in done.stdout.decode("gbk")


def test_rules_export_gives_workbooks_that_can_be_edited_and_used(
    tmp_path: Path, book: Book
) -> None:
    source = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    run("rules", "export", tmp_path / "mine")
    edited = load_workbook(tmp_path / "mine" / "tiering.xlsx")
    sheet = edited["占比分级 tier_share"]
    row = next(r for r in range(1, 30) if sheet.cell(r, 1).value == "R4")
    sheet.cell(row, 3).value = "[2%..5%)"
    sheet.cell(row + 1, 3).value = sheet.cell(row + 2, 3).value = "<2%"
    sheet.cell(row - 1, 2).value = "-"
    sheet.cell(row - 1, 3).value = "[3%..5%)"
    edited.save(tmp_path / "mine" / "tiering.xlsx")

    result = run(
        "apply", source, "-r", tmp_path / "mine" / "tiering.xlsx", "-n", "--format", "json"
    )

    answer = json.loads(result.stdout)
    assert [c["tier"] for c in answer["customers"]] == ["战略", "非大客户", "非大客户"]
    assert run("rules", "export", tmp_path / "mine").exit_code == 2


def test_lists_of_rules_and_plugins_fit_a_terminal() -> None:
    for command in (["rules", "list"], ["plugins"]):
        assert max(width(line) for line in run(*command).stdout.splitlines()) <= 80


def test_rules_list_names_every_table_with_its_policy() -> None:
    answer = json.loads(run("rules", "list", "--format", "json").stdout)

    listed = {t["table"].split()[-1]: (t["policy"], t["rules"]) for t in answer["tables"]}
    some = {"tier_share": ("F", 6), "tier_pyramid": ("U", 5), "tier_final": ("U", 2)}
    assert some.items() <= listed.items()


def test_doctor_says_what_is_installed() -> None:
    result = run("doctor", "--format", "json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["healthy"]
    assert "built-in matcher" in json.loads(result.stdout)["case_engine"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise ValueError('no licence')", "ValueError: no licence"),
        ("from kamrules import hookimpl\n@hookimpl\ndef ruleset(): return []", "unknown hook"),
        (
            "from kamrules import hookimpl\n@hookimpl\ndef sheets(): return 1 / 0",
            "failed in sheets()",
        ),
        ("from kamrules import hookimpl\n@hookimpl\ndef reports(today): return []", "today"),
    ],
)
def test_a_broken_plugin_stops_the_run_with_one_line_that_names_it(
    source: str, said: str, tmp_path: Path, book: Book
) -> None:
    workbook = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    plugin = tmp_path / "my_plugin.py"
    plugin.write_text(source, "utf-8")

    result = run("apply", workbook, "--plugin", plugin)

    assert result.exit_code == 4
    assert "my_plugin" in result.stderr
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert run("plugins", "--plugin", plugin).exit_code == 0
    assert run("apply", workbook, "--plugin", plugin, "--no-plugin", "my_plugin").exit_code == 0


def test_a_plugin_file_adds_a_fact_and_a_rule_set(tmp_path: Path, book: Book) -> None:
    workbook = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    book(
        tmp_path / "lines.xlsx",
        规则="""
            | 决策表 | 活跃 |
            | 命中策略 | F |
            | 规则 | 条件 IN | 结果 OUT |
            | 列 | 订单数 | 活跃 |
            | R1 | >=1 | 是 |
        """,
    )
    plugin = tmp_path / "lines.py"
    plugin.write_text(
        """
from pathlib import Path
import polars as pl
from kamrules.plugin import Column, fact, hookimpl

@fact("customers", columns=(Column("lines", "订单数", "Order Lines", "int"),))
def lines(orders):
    return orders.group_by("customer_id").agg(pl.len().alias("lines"))

@hookimpl
def rulesets():
    return [Path(__file__).with_name("lines.xlsx")]
""",
        "utf-8",
    )

    result = run("apply", workbook, "--plugin", plugin, "-n", "--format", "json")

    hits = {t["table"]: t["hits"] for t in json.loads(result.stdout)["tables"]}
    assert hits["活跃"] == {"R1": 3}
