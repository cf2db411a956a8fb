"""What ``kamrules check`` says about workbooks, and how it ends."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from kamrules.check import workbook
from kamrules.cli import main as cli
from kamrules.rules.link import by_name
from kamrules.sheets.column import Column
from tests.kit.told import MESSAGES

Book = Callable[..., Path]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few columns stand for the facts of the example workbook."""
    known = by_name(Column(n, n, n, "text") for n in ("城市", "产品", "区号", "部门"))
    monkeypatch.setattr(workbook, "_facts", lambda manager: known)


REGIONS = """
决策表   | 区域 region
命中策略 | U
批准     | 王敏
依据     | 2024 年会议
规则     | 条件             | 条件         | 结果     | 备注
列       | 城市             | 销售额占比   | 区域     | 依据
类型     | 选项             | 百分比       | 选项     |
取值     | 上海, 北京, 广州 | [0%..100%]   | 东,北,南 |"""


def checked(path: Path, *options: str) -> tuple[int, list[dict[str, Any]]]:
    done = CliRunner().invoke(cli.cli, ["check", str(path), "--format", "json", *options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)["problems"]


def text(path: Path, *options: str) -> str:
    done = CliRunner().invoke(cli.cli, ["check", str(path), "--lang", "zh", *options])
    return done.stdout


def kinds(problems: list[dict[str, Any]], *, at_least: str = "warning") -> dict[str, list[str]]:
    """Return by kind the cells that problems name."""
    shown: dict[str, list[str]] = {}
    for p in problems:
        if p["severity"] == "error" or at_least == "notice" or p["severity"] == at_least:
            shown.setdefault(p["kind"], []).append(p["cell"])
    return shown


def test_a_gap_is_a_row_to_be_completed(tmp_path: Path, book: Book) -> None:
    code, found = checked(book(tmp_path / "r.xlsx", 规则=REGIONS + """
R1 | 上海       | -    | 东 | 会议
R2 | 北京       | -    | 北 | 会议
R3 | 广州       | >=5% | 南 | 会议
    """))  # fmt: skip
    gap = next(p for p in found if p["kind"] == "gap")

    assert code == 0
    assert gap["code"] == "W411"
    assert gap["severity"] == "warning"
    assert (gap["sheet"], gap["table"]) == ("规则", "区域 region")
    assert gap["row"] == {"城市": "广州", "销售额占比": "[0%..5%)"}
    assert "广州 | [0%..5%)" in gap["fix"]


def test_what_the_hit_policy_forbids_is_told_with_both_rows(tmp_path: Path, book: Book) -> None:
    code, found = checked(book(tmp_path / "r.xlsx", 规则=REGIONS + """
R1 | 上海       | -     | 东 | 会议
R2 | 北京, 上海 | >=50% | 北 | 会议
R3 | 广州, 北京 | -     | 南 | 会议
    """), "--lang", "zh")  # fmt: skip
    conflicts = [p for p in found if p["kind"] == "conflict"]

    assert code == 1
    assert [p["cell"] for p in conflicts] == ["A10", "A11"]
    assert "R2 与 R1 冲突: 城市 上海 且 销售额占比 [50%..100%]" in conflicts[0]["what"]
    assert [p["cell"] for p in found if p["kind"] == "overlap"] == ["A10", "A11"]


FIRST = REGIONS.replace("命中策略 | U", "命中策略 | F")


def test_rows_that_never_count_are_told_with_what_hides_them(tmp_path: Path, book: Book) -> None:
    _, found = checked(book(tmp_path / "r.xlsx", 规则=FIRST + """
R1 | 上海       | <5%        | 东 | 会议
R2 | 上海       | >=5%       | 北 | 会议
R3 | 上海       | [1%..10%)  | 南 | 会议
R4 | 上海       | <1%        | 南 | 会议
R5 | 北京       | (20%..10%) | 南 | 会议
R6 | 北京, 广州 | -          | 南 | 会议
R7 | 广州, 北京 | -          | 南 | 会议
    """), "--lang", "zh")  # fmt: skip
    said = {(p["kind"], p["cell"]): p["what"] for p in found if p["severity"] == "warning"}

    assert set(said) == {
        ("unreachable", "A11"), ("masked", "A12"), ("unreachable", "A13"), ("duplicate", "A15"),
    }  # fmt: skip
    assert "R3 被 R1, R2 挡住" in said["unreachable", "A11"]
    assert "R4 被 R1 挡住" in said["masked", "A12"]
    assert "R7 与 R6 重复" in said["duplicate", "A15"]


def test_slips_and_traps_are_told_at_their_cells(tmp_path: Path, book: Book) -> None:
    _, found = checked(book(tmp_path / "r.xlsx", 规则=FIRST + """
R1 | 上海 | >=5     | 东 | 会议
R2 | 上海 | [1%,5%] | 北 | 会议
R3 | 南京 | -       | 南 | 会议
R4 | -    | -       | 南 |

决策表   | 代码
命中策略 | F
规则     | 条件       | 条件 | 条件 | 结果
列       | 产品       | 区号 | 部门 | 档
类型     | 文本       | 文本 | 文本 | 文本
R1       | 2024-01-05 | '001 | -    | 甲
R2       | 1e+16      | 2    | -    | 乙
R3       | -          | -    | -    | 丙
    """))  # fmt: skip
    at = {(p["code"], p["cell"]) for p in found}

    assert {
        ("W433", "C9"), ("W434", "C10"), ("W418", "B11"), ("W440", "A12"), ("W430", "B19"),
        ("W432", "B20"), ("W431", "C20"), ("W419", "D17"),
    } <= at  # fmt: skip
    assert [p["cell"] for p in found if p["kind"] == "value"] == ["B11"]


def test_a_table_that_collects_is_not_nagged_about(tmp_path: Path, book: Book) -> None:
    path = book(tmp_path / "r.xlsx", 规则=REGIONS.replace("命中策略 | U", "命中策略 | C") + """
R1 | 上海 | >=5%  | 东 | 会议
R2 | 上海 | >=10% | 北 | 会议
R3 | 上海 | >=10% | 北 | 会议
    """)  # fmt: skip
    code, found = checked(path, "--strict")

    assert code == 0
    assert {"gap", "overlap", "duplicate"} <= set(kinds(found, at_least="notice"))
    assert "空档" not in text(path)
    assert "没有列出" in text(path)


def test_a_failing_case_is_a_problem(tmp_path: Path, book: Book) -> None:
    code, found = checked(book(tmp_path / "r.xlsx", 规则=REGIONS + """
R1 | 上海       | - | 东 | 会议
R2 | 北京, 广州 | - | 北 | 会议
    """, 测试="""
        用例 | 城市 | 期望 区域
        一   | 上海 | 北
    """))  # fmt: skip

    assert code == 1
    assert [(p["kind"], p["sheet"], p["cell"]) for p in found if p["severity"] == "error"] == [
        ("test", "测试", "C2")
    ]


def test_rules_that_cannot_be_used_end_with_2_and_are_checked_all_the_same(
    tmp_path: Path, book: Book
) -> None:
    code, found = checked(book(tmp_path / "r.xlsx", 规则=REGIONS + """
R1 | 上海 | - | 西 | 会议
R2 | 北京 | - | 北 | 会议
    """))  # fmt: skip

    assert code == 2
    assert [p["cell"] for p in found if p["code"] == "E311"] == ["D9"]
    assert [p["row"]["城市"] for p in found if p["kind"] == "gap"] == ["广州"]


def test_words_and_columns_nobody_knows_are_told(tmp_path: Path, book: Book) -> None:
    code, found = checked(book(tmp_path / "r.xlsx", 规则="""
        决策表 | 档
        规则   | 条件     | 条件       | 结果
        列     | 战略意意 | 销售额占比 | 档
        类型   | 选项     | 百分比     | 文本
        R1     | 重大     | >=门坎     | 甲
    """))  # fmt: skip

    assert code == 2
    assert [(p["kind"], p["cell"]) for p in found if p["severity"] != "notice"][:2] == [
        ("word", "C5"), ("column", "B3"),
    ]  # fmt: skip


CUSTOMERS = """
客户编号 | 客户名称 | 城市
'001     | 甲       | 上海
'002     | 乙       | 拉萨
'003     | 丙       | 拉萨
"""
ORDERS = """
订单号 | 客户编号 | 订单日期   | 销售额
O1     | '001     | 2024-01-31 | 100
O2     | 2        | 2024-03-31 | 900
"""
CITIES = """
决策表   | 区域 region
命中策略 | U
失效     | 2025-12-31
规则     | 条件       | 结果
列       | 城市       | 区域
类型     | 文本       | 文本
R1       | 上海       | 东
R2       | 北京       | 北
"""


def test_a_gap_names_a_customer_of_the_book_that_falls_in(tmp_path: Path, book: Book) -> None:
    path = book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 订单=ORDERS, 规则=CITIES)
    code, found = checked(path, "--lang", "zh")
    gap = next(p for p in found if p["kind"] == "gap" and p["table"] == "区域 region")

    assert code == 0
    assert gap["row"] == {"城市": "not(上海, 北京)"}
    assert gap["effect"] == "2 行落在空档, 如 002, 003: 没有结果"
    assert list(tmp_path.iterdir()) == [path]


def test_excels_traps_in_the_data_are_told(tmp_path: Path, book: Book) -> None:
    path = book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 订单=ORDERS)
    _, found = checked(path, "--lang", "zh")

    trap = next(p for p in found if p["code"] == "W435")
    assert (trap["kind"], trap["sheet"], trap["cell"]) == ("trap", "订单", "B3")
    assert "都写成 002" in trap["fix"]


def test_numbers_stored_as_text_are_counted_by_column(tmp_path: Path, book: Book) -> None:
    orders = """
    订单导出 |          |            |         |
             | 客户编号 | 订单日期   | 销售额  | 数量 | 备注
             | '001     | 2024-01-31 | 100     | 1    | '5
             | '001     | 2024-02-01 | '200    | 2    | '6
             | '002     | 2024-03-31 | '3千    | 3    |
             | '002     | 2024-03-31 |         | 4    | 7
             | '003     | 2024-03-31 | 4.5     | '7   |
    """
    _, found = checked(book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 订单=orders), "--lang", "zh")

    traps = {p["cell"]: p["what"] for p in found if p["code"] == "W436"}
    assert traps == {"C4:C5": "销售额 有 2 个数字存成了文本", "D7": "数量 有 1 个数字存成了文本"}


def test_a_table_past_its_date_is_told(tmp_path: Path, book: Book) -> None:
    path = book(tmp_path / "r.xlsx", 规则=CITIES)

    assert "effective" not in kinds(checked(path)[1])
    assert kinds(checked(path, "--as-of", "2026-01-01")[1])["effective"] == ["A1"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_text_can_be_written_to_a_file_in_gbk(tmp_path: Path, book: Book, lang: str) -> None:
    path = book(tmp_path / "r.xlsx", 规则=FIRST + """
R1 | 上海 | >=5     | 东 | 会议
R2 | 南京 | [1%,5%] | 北 |
    """)  # fmt: skip
    output = text(path, "--lang", lang)

    assert output.encode("gbk").decode("gbk") == output
    assert output.startswith("r.xlsx: 1 ")


def test_a_workbook_that_is_neither_is_refused(tmp_path: Path, book: Book) -> None:
    done = CliRunner().invoke(cli.cli, ["check", str(book(tmp_path / "x.xlsx", 表1="a | b"))])

    assert done.exception is not None
    assert "E201" in str(getattr(done.exception, "problems", ""))


def test_every_message_of_a_check_has_its_kind() -> None:
    for code, message in MESSAGES.items():
        assert message.kind not in ("", "problem"), code


# cases that are written


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.cli, [*arguments, "--lang", "zh"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout


def test_cases_for_every_cut_are_generated_once(tmp_path: Path, book: Book) -> None:
    path = book(tmp_path / "r.xlsx", 规则=FIRST + """
R1 | 上海 | >=5%      | 东 | 会议
R2 | -    | [1%..5%)  | 北 | 会议
R3 | -    | -         | 南 | 会议
    """)  # fmt: skip
    before = parts(path)
    code, output = run("test", str(path), "--generate")
    once = path.read_bytes()
    run("test", str(path), "--generate")

    assert code == 0, output
    assert "3 条规则中 3 条有用例" in output
    assert path.read_bytes() == once
    kept = {n for n, content in parts(path).items() if before.get(n) == content}
    assert "xl/worksheets/sheet1.xml" in kept
    shares = {row[3].value for row in load_workbook(path)["测试 Tests"].iter_rows(min_row=2)}
    assert {"0.99%", "1%", "4.99%", "5%"} <= shares


def test_a_result_may_reckon_with_an_input_of_its_table_in_generated_cases(
    tmp_path: Path, book: Book
) -> None:
    path = book(tmp_path / "r.xlsx", 规则="""
        决策表 | 差额 gap
        规则   | 条件                      | 结果
        列     | 销售额占比 Share of Sales | 差额
        类型   | 百分比                    | 金额
        取值   | [0..1]                    |
        R1     | >=5%                      | 0
        R2     | <5%                       | (5% - 销售额占比) * 目标
    """, 参数="参数 | 值\n目标 | 100")  # fmt: skip
    code, output = run("test", str(path), "--generate")

    assert code == 0, output
    assert "2 条规则中 2 条有用例" in output
    heads = [c.value for c in load_workbook(path)["测试 Tests"][1]]
    assert heads[2:4] == ["销售额占比 Share of Sales", "期望 差额"]


def test_a_slip_is_caught_by_the_generated_cases(tmp_path: Path, book: Book) -> None:
    def rules(cut: str) -> str:
        return FIRST + f"\nR1 | 上海 | {cut} | 东 | a\nR2 | - | - | 南 | a\n"

    path = book(tmp_path / "r.xlsx", 规则=rules(">=5%"))
    run("test", str(path), "--generate")
    for slip in (">5%", ">=6%", ">=4%", "<5%", "-"):
        other = book(tmp_path / "slip.xlsx", 规则=rules(slip))
        whole, wrong = load_workbook(path), load_workbook(other)
        whole["规则"]["C9"].value = wrong["规则"]["C9"].value
        whole.save(other)
        assert run("test", str(other))[0] == 1, slip


def test_results_are_written_beside_the_cases_in_colour(tmp_path: Path, book: Book) -> None:
    path = book(tmp_path / "r.xlsx", 规则=CITIES, 测试="""
        用例 | 城市 | 期望 区域 | 备注
        一   | 上海 | 东        |
        二   | 北京 | 东        | 看这里
    """)  # fmt: skip
    before = parts(path)
    code, _ = run("test", str(path), "--write", "-o", str(tmp_path / "out.xlsx"))
    sheet = load_workbook(tmp_path / "out.xlsx")["测试"]

    assert code == 1
    assert parts(path) == before
    assert [[c.value for c in row[4:6]] for row in sheet.iter_rows()] == [
        ["得到", "结果"], ["东 (R1)", "通过"], ["北 (R2)", "失败"],
    ]  # fmt: skip
    assert sheet["F2"].style == "kam.fix"
    assert sheet["F3"].style == "kam.error"
    run("test", str(tmp_path / "out.xlsx"), "--write")
    again = load_workbook(tmp_path / "out.xlsx")["测试"]
    assert again.max_column == sheet.max_column


def test_cases_and_customers_of_each_rule_stand_side_by_side(tmp_path: Path, book: Book) -> None:
    rules = book(tmp_path / "r.xlsx", 规则=CITIES, 测试="""
        用例 | 城市 | 期望 区域
        一   | 北京 | 北
    """)  # fmt: skip
    customers = book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 订单=ORDERS)
    _, output = run("test", str(rules), "--book", str(customers))

    assert [line.split() for line in output.splitlines()[-2:]] == [
        ["R1", "0", "1"],
        ["R2", "1", "0"],
    ]
