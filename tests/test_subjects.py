"""A workbook about anything is decided by rules that name its sheet, without a line of Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from kamrules.cli.main import cli
from kamrules.messages.problem import UsageError

Book = Callable[..., Path]

SUPPLIERS = """
    供应商编号 | 供应商名称 | 合格率 | 退货次数 | 独家
    S001 | 甲厂 | 99.5% | 0 | 是
    S002 | 乙厂 | 98% | 2 | 否
    S003 | 丙厂 | 90% | 9 | 否
"""
GRADE = """
    决策表 | 供应商等级 supplier_grade | |
    命中策略 | F | |
    规则 | 条件 | 条件 | 结果
    列 | 合格率 | 退货次数 | 供应商等级
    类型 | 百分比 | 整数 | 选项
    G1 | >=99% | 0 | A
    G2 | >=95% | - | B
    默认 | | | C
"""
SHARE = """
    决策表 | 份额 share | |
    命中策略 | U | |
    规则 | 条件 | 条件 | 结果
    列 | 供应商等级 | 独家 | 份额上限
    类型 | 选项 | 是否 | 百分比
    S1 | A | - | 70%
    S2 | B | 是 | 60%
    S3 | B | 否 | 40%
    S4 | C | - | 10%
"""
FOR_EACH = "命中策略 | F | |\n    对象 For each | 供应商 | |"


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


def said(*arguments: Any) -> dict[str, Any]:
    done = run(*arguments, "--format", "json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refused(*arguments: Any) -> list[str]:
    """Return the codes of the problems for which a command does nothing."""
    error = run(*arguments).exception
    assert isinstance(error, UsageError)
    return [p.code for p in error.problems]


@pytest.fixture
def suppliers(tmp_path: Path, book: Book) -> Path:
    return book(tmp_path / "suppliers.xlsx", 供应商=SUPPLIERS)


@pytest.fixture
def rules(tmp_path: Path, book: Book) -> Path:
    return book(tmp_path / "rules.xlsx", 等级=GRADE, 份额=SHARE)


def results(path: Path) -> dict[str, tuple[Any, ...]]:
    """Return the result columns of the sheet of suppliers by number."""
    rows = list(load_workbook(path)["供应商"].iter_rows(values_only=True))
    return {str(row[0]): row[5:] for row in rows[1:]}


def test_tables_that_name_no_sheet_are_about_the_one_that_has_their_columns(
    suppliers: Path, rules: Path
) -> None:
    found = said("apply", suppliers, "-r", rules)

    assert found["as_of"] is None
    assert [t["for_each"] for t in found["tables"]] == ["供应商", "供应商"]
    assert found["problems"] == []
    assert "customers" not in found
    given = results(suppliers.with_name("suppliers.kam.xlsx"))
    assert [row[0] for row in given.values()] == ["A", "B", "C"]


def test_a_table_names_its_sheet_and_other_sheets_may_hold_the_same_columns(
    tmp_path: Path, book: Book
) -> None:
    source = book(tmp_path / "s.xlsx", 旧供应商=SUPPLIERS, 供应商=SUPPLIERS)
    rules = book(tmp_path / "r.xlsx", 等级=GRADE.replace("命中策略 | F | |", FOR_EACH))

    found = said("apply", source, "-r", rules, "-n")

    assert [(t["for_each"], t["hits"]["G1"]) for t in found["tables"]] == [("供应商", 1)]


def test_a_sheet_that_a_table_names_and_the_book_lacks_is_named(
    tmp_path: Path, book: Book, rules: Path
) -> None:
    source = book(tmp_path / "s.xlsx", 别的="a | b\n1 | 2")
    named = book(tmp_path / "r.xlsx", 等级=GRADE.replace("命中策略 | F | |", FOR_EACH))

    assert refused("apply", source, "-r", named) == ["E201"]


def test_a_date_is_asked_for_where_a_table_counts_for_a_time_only(
    tmp_path: Path, book: Book, suppliers: Path
) -> None:
    timed = GRADE.replace("命中策略 | F | |", "命中策略 | F | |\n    生效 | 2026-01-01 | |")
    rules = book(tmp_path / "r.xlsx", 等级=timed)

    assert refused("apply", suppliers, "-r", rules) == ["E211"]


def test_a_row_is_explained_by_its_first_column_or_its_number(suppliers: Path, rules: Path) -> None:
    by_name = run("explain", suppliers, "S002", "-r", rules, "--lang", "zh").output

    assert "G2 命中  B" in by_name
    assert "√ 合格率 >=95%" in by_name
    assert run("explain", suppliers, "3", "-r", rules, "--lang", "zh").output == by_name


def test_the_same_tables_are_checked_and_written_as_sql(rules: Path) -> None:
    checked = said("check", rules)

    assert [p["code"] for p in checked["problems"] if p["severity"] == "error"] == []
    sql = run("sql", rules, "--key", "rules=供应商编号").output
    assert 'CREATE VIEW "kam_supplier_grade"' in sql
    assert 'CREATE VIEW "kam_share"' in sql
    assert 'FROM "rules"' in sql


def test_tables_in_the_book_itself_decide_it(tmp_path: Path, book: Book) -> None:
    source = book(tmp_path / "s.xlsx", 供应商=SUPPLIERS, 规则=GRADE)

    assert said("apply", source, "-n")["tables"][0]["hits"] == {"G1": 1, "G2": 1, "默认": 1}


def test_the_same_rows_as_parquet_get_the_same_results(
    tmp_path: Path, suppliers: Path, rules: Path
) -> None:
    import polars as pl

    folder = tmp_path / "tables"
    folder.mkdir()
    frame = pl.DataFrame(
        {
            "供应商编号": ["S001", "S002"],
            "合格率": [0.995, 0.98],
            "退货次数": [0, 2],
            "独家": [True, False],
        }
    )
    frame.write_parquet(folder / "供应商.parquet")

    assert run("apply", folder, "-r", rules, "-o", tmp_path / "out").exit_code == 0
    given = pl.read_parquet(tmp_path / "out" / "供应商等级 supplier_grade.parquet")
    assert given["供应商等级"].to_list() == ["A", "B"]
