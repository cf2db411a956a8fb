"""What a run says first, and runs whose sheets have no headline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pluggy
import pytest
from openpyxl import load_workbook

from kamrules.annotate import write
from kamrules.hooks import plugins
from kamrules.rules.catalogue import merged_specs
from kamrules.run import pipeline
from kamrules.run.result import Result

Book = Callable[..., Path]

SUPPLIERS = """
    | 供应商编号 Supplier ID | 交货准时率 On Time |
    | S1                     | 0.98               |
    | S2                     | 0.8                |
    | S3                     | 差                 |
"""
RULES = """
    | 决策表 Decision   | 供应商评价            |                        |
    | 命中策略 Hit policy | F                   |                        |
    | 对象 For each     | suppliers             |                        |
    | 规则 Rule         | 条件 IN               | 结果 OUT               |
    | 列 Column         | 交货准时率            | 供应商评价 Rating      |
    | R1                | >=95%                 | 优                     |
    | R2                | <95%                  | 良                     |
"""
PLUGIN = """
from kamrules import hookimpl
from kamrules.sheets.column import Column, SheetSpec

@hookimpl
def sheets():
    columns = (
        Column("supplier_id", "供应商编号", "Supplier ID", "text", required=True),
        Column("on_time", "交货准时率", "On Time", "percent", required=True),
    )
    return [SheetSpec("suppliers", "供应商", "Suppliers", columns, unique="supplier_id")]
"""


@pytest.fixture
def manager(tmp_path: Path) -> pluggy.PluginManager:
    """Return the plugins of somebody who has no key accounts."""
    file = tmp_path / "p_suppliers.py"
    file.write_text(PLUGIN, "utf-8")
    return plugins.load((file,), [info.name for info in plugins.describe()])


@pytest.fixture
def suppliers(tmp_path: Path, book: Book) -> Path:
    return book(tmp_path / "suppliers.xlsx", 供应商=SUPPLIERS)


@pytest.fixture
def result(tmp_path: Path, book: Book, manager: pluggy.PluginManager, suppliers: Path) -> Result:
    rules = book(tmp_path / "rules.xlsx", 评价=RULES)
    return pipeline.apply(suppliers, pipeline.Run(manager, (rules,), dt.date(2025, 12, 31)))


def test_a_book_without_a_headline_has_decisions_and_no_subjects(result: Result) -> None:
    assert result.subjects.is_empty()
    assert [d.frame["供应商评价 Rating"].to_list() for d in result.decisions] == [
        ["优", "良", None]
    ]
    assert "tiers" not in result.record


def test_a_book_without_a_headline_is_written_and_told(
    result: Result, suppliers: Path, manager: pluggy.PluginManager
) -> None:
    written = write.write(result, suppliers, write.Targets(), "zh", manager)
    again = pipeline.apply(
        written[0], pipeline.Run(manager, (suppliers.with_name("rules.xlsx"),), result.as_of)
    )

    sheet = load_workbook(written[0])["供应商"]
    assert [[c.value for c in row] for row in sheet["C1:D3"]] == [
        ["供应商评价\nRating", "规则\nRule"],
        ["优", "R1"],
        ["良", "R2"],
    ]
    assert sorted(write.as_json(result, "zh", [])) == [
        "as_of", "period", "problems", "record", "scheme", "tables", "written",
    ]  # fmt: skip
    assert "等级" not in write.as_text(result, Path(), "zh", [])
    first = load_workbook(written[0])["汇总"]
    assert [first[f"{letter}26"].value for letter in "BEH"] == ["供应商评价", 2, 1]
    assert [d.frame.rows() for d in again.decisions] == [d.frame.rows() for d in result.decisions]


def test_the_headline_is_kept_when_the_columns_of_plugins_are_put_together() -> None:
    (customers,) = [s for s in merged_specs(plugins.load()) if s.key == "customers"]

    assert customers.headline is not None
    assert customers.headline.grade.en == "tier"
    assert {"support_hours", "customer_id"} <= {c.key for c in customers.columns}
