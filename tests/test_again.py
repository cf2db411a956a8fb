"""A result that is applied again: nothing grows, nothing drifts, and edits are told."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment

from tests.kit.command import run

Book = Callable[..., Path]

FAULTY = {
    "客户": """
        | 客户编号 | 客户名称 | 战略意义 | 发展潜力 | 上期等级 |
        | A001    | 甲公司   |         | 8O      | 重点 |
        | A002    | 乙公司   | 重要     |         | 普通 |
        | A002    | 乙公司   |         | 30      |      |
        |         | 没有编号 |         | 30      |      |
        | A004    | =B2     |         | #N/A    | 战略 |
    """,
    "销售": """
        | 订单编号 | 客户编号 | 订单日期   | 金额(万元) |
        | 1       | A001    | 2024-13-01 | 98 |
        | 2       | A002    | 2024-05-01 | 1,5OO |
        | 3       | A009    | 2024-06-30 | 0.5 |
        | 4       | A004    | 2024-06-30 | 7 |
    """,
    "规则": """
        | 决策表 Decision | 占比分级 tier_by_share |
        | 命中策略 | F |
        | 规则 | 条件 | 结果 |
        | 列   | 销售额占比 | 占比等级 |
        | R1  | >=10%  | 战略 |
        | R2  | <10%   | 重点 |
    """,
    "问题": """
        | 我们自己的表 |
        | 1 |
    """,
}


def faulty(folder: Path, book: Book) -> Path:
    path = book(folder / "customers.xlsx", **FAULTY)
    workbook = load_workbook(path)
    workbook["客户"]["B2"].comment = Comment("老客户", "王敏")
    workbook.save(path)
    return path


@pytest.fixture(params=["demo", "faulty", "northwind"])
def source(request: pytest.FixtureRequest, tmp_path: Path, book: Book) -> Path:
    """Return a customer workbook: without faults, with many, and a real one."""
    if request.param == "demo":
        path: Path = request.getfixturevalue("demo_book")
        return path
    if request.param == "faulty":
        return faulty(tmp_path, book)
    path = tmp_path / "northwind.xlsx"
    shared: Path = request.getfixturevalue("shared")
    path.write_bytes((shared / "data" / "northwind_kam.xlsx").read_bytes())
    return path


def applied(book: Path, *options: object) -> Path:
    result = run("apply", book, "--as-of", "2025-12-31", *options)
    assert result.exit_code in (0, 1), result.stdout + result.stderr
    return book.with_name(f"{book.stem.removesuffix('.kam')}.kam.xlsx")


def record(result: Path) -> dict[str, str]:
    with closing(load_workbook(result, read_only=True)) as workbook:
        rows = list(workbook["_kamrules"].values)
    return {str(row[0]): str(row[1]) for row in rows if not str(row[0]).startswith("#")}


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.large)])
def test_applying_twice_equals_applying_once(source: Path, lang: str) -> None:
    result = applied(source, "--lang", lang)
    once, page = result.read_bytes(), result.with_suffix(".html").read_bytes()

    for _ in range(2):
        assert applied(result, "--lang", lang) == result
        assert result.read_bytes() == once
        assert result.with_suffix(".html").read_bytes() == page


def test_a_result_under_another_name_speaks_of_the_same_workbook(source: Path) -> None:
    once = applied(source, "--no-report").read_bytes()
    moved = source.with_name("moved.xlsx")
    moved.write_bytes(once)

    applied(moved, "--no-report")

    assert moved.read_bytes() == once


def test_a_result_is_brought_up_to_date_where_it_is(tmp_path: Path, book: Book) -> None:
    result = applied(faulty(tmp_path, book), "--no-report")

    again = run("apply", result, "--no-report", "--lang", "en")

    assert "brought up to date" in again.stdout
    assert sorted(path.name for path in tmp_path.glob("*.xlsx")) == [
        "customers.kam.xlsx", "customers.xlsx",
    ]  # fmt: skip


def test_a_workbook_that_is_no_result_is_never_replaced(tmp_path: Path, book: Book) -> None:
    source = faulty(tmp_path, book)
    before = source.read_bytes()

    said = run("apply", source, "-o", source)

    assert (said.exit_code, source.read_bytes()) == (3, before)


def test_fresh_results_never_replace_the_workbook_they_come_from(
    tmp_path: Path, book: Book
) -> None:
    result = applied(faulty(tmp_path, book), "--no-report")
    before = result.read_bytes()

    said = run("apply", result, "--fresh", "-o", result, "--no-report")

    assert (said.exit_code, result.read_bytes()) == (3, before)


def test_the_record_of_an_edited_result_says_so_and_then_stays(tmp_path: Path, book: Book) -> None:
    source = faulty(tmp_path, book)
    result = applied(source, "--no-report")
    first = record(result)
    workbook = load_workbook(result)
    workbook.worksheets[1]["B2"].value = "新名称"
    workbook.save(result)
    edited = hashlib.sha256(result.read_bytes()).hexdigest()[:16]

    applied(result, "--no-report")
    second, once = record(result), result.read_bytes()
    applied(result, "--no-report")

    own = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    assert first["input"] == f"customers.xlsx sha256 {own}"
    assert "edited result of" not in first
    assert second["input"] == f"customers.kam.xlsx sha256 {edited}"
    assert second["edited result of"] == first["input"]
    assert result.read_bytes() == once


def test_a_choice_under_status_is_kept_and_the_result_counts_as_edited(
    tmp_path: Path, book: Book
) -> None:
    result = applied(faulty(tmp_path, book), "--no-report")
    workbook = load_workbook(result)
    sheet = workbook["kam 问题"]
    sheet["K5"].value = "忽略"
    chosen = (sheet["C5"].value, sheet["D5"].value)
    workbook.save(result)

    applied(result, "--no-report")

    rows = list(load_workbook(result)["kam 问题"].values)[4:]
    assert [(row[2], row[3]) for row in rows if row[10] == "忽略"] == [chosen]
    assert record(result)["edited result of"].startswith("customers.xlsx ")


def test_a_record_that_says_nonsense_is_no_record(tmp_path: Path, book: Book) -> None:
    result = applied(faulty(tmp_path, book), "--no-report")
    workbook = load_workbook(result)
    for row in workbook["_kamrules"].iter_rows(max_col=2):
        if row[0].value == "input":
            row[1].value = "?"
    workbook.save(result)

    applied(result, "--no-report")

    assert record(result)["input"].startswith("customers.kam.xlsx sha256 ")


def test_neither_the_number_of_threads_nor_the_seed_of_hashes_changes_a_byte(
    the_demo: Path, tmp_path: Path
):
    def applied(threads: str) -> bytes:
        target = tmp_path / f"{threads}.xlsx"
        settings = {"POLARS_MAX_THREADS": threads, "PYTHONHASHSEED": threads}
        command = [sys.executable, "-m", "kamrules", "apply", str(the_demo), "-o", str(target)]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **settings})
        return target.read_bytes()

    assert applied("1") == applied("3")
