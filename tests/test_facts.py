"""Facts of plugins: before the tables, between them, and as rows of a sheet of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from kamrules import hookimpl
from kamrules.facts.fact import Fact
from kamrules.hooks import plugins
from kamrules.messages.problem import PluginError, UsageError
from kamrules.run import pipeline
from kamrules.run.result import Result
from kamrules.sheets.column import Column, SheetSpec
from kamrules.sheets.sheet import Data
from kamrules.sheets.specs import columns

Book = Callable[..., Path]

CUSTOMERS = """
    | 客户编号 | 客户名称 | 年限 |
    | A1 | 甲 | 9 |
    | A2 | 乙 | 1 |
"""
GRADE = """
    | 决策表 Decision     | 档次 grade |
    | 命中策略 Hit policy | U |
    | 规则 Rule | 条件 IN | 结果 OUT |
    | 列 Column | 年限    | 档次 Grade |
    | 类型 Type | 整数    | 文本 |
    | R1        | >=5     | 老 |
    | R2        | <5      | 新 |
"""
GIFT = """
    | 决策表 Decision     | 礼品 gift |
    | 命中策略 Hit policy | U |
    | 规则 Rule | 条件 IN  | 结果 OUT |
    | 列 Column | 同档户数 | 礼品 |
    | 类型 Type | 整数     | 文本 |
    | R1        | >=1      | 茶 |
"""
PEERS = Column("peers", "同档户数", "Peers", "int")


def peers(data: Data) -> pl.LazyFrame:
    """Return how many customers have the grade of each."""
    customers = data.sheets["customers"].frame.lazy()
    return customers.select("customer_id", pl.len().over("档次").alias("peers"))


def plugin(*facts: Fact, sheets: Sequence[SheetSpec] = ()) -> Any:
    """Return a plugin that offers some facts."""

    @hookimpl
    def facts_(data: Data, as_of: dt.date) -> Sequence[Fact]:
        return facts

    @hookimpl
    def sheets_() -> Sequence[SheetSpec]:
        return sheets

    return SimpleNamespace(facts=facts_, sheets=sheets_)


def applied(path: Path, found: Any) -> Result:
    manager = plugins.load()
    manager.register(found, name="mine")
    return pipeline.apply(path, pipeline.Run(manager, as_of=dt.date(2024, 6, 30)))


def decision(result: Result, name: str) -> pl.DataFrame:
    return next(d.frame for d in result.decisions if name in d.table.name)


def test_a_fact_waits_for_the_results_it_names_and_tables_wait_for_the_fact(
    tmp_path: Path, book: Book
) -> None:
    source = book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 礼品=GIFT, 档次=GRADE)
    fact = Fact("customers", "customer_id", (PEERS,), peers, after=("档次",))

    result = applied(source, plugin(fact))

    assert decision(result, "gift")["礼品"].to_list() == ["茶", "茶"]
    assert result.data.sheets["customers"].frame["peers"].to_list() == [1, 1]
    names = [d.table.name for d in result.decisions]
    assert names.index("档次 grade") < names.index("礼品 gift")


def test_a_fact_may_wait_for_a_fact_that_waits(tmp_path: Path, book: Book) -> None:
    double = Column("double", "双倍户数", "Double", "int")

    def doubled(data: Data) -> pl.LazyFrame:
        frame = data.sheets["customers"].frame.lazy()
        return frame.select("customer_id", (pl.col("peers") * 2).alias("double"))

    later = Fact("customers", "customer_id", (double,), doubled, after=("peers",))
    first = Fact("customers", "customer_id", (PEERS,), peers, after=("Grade", "档次"))

    result = applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 档次=GRADE), plugin(later, first))

    assert result.data.sheets["customers"].frame["double"].to_list() == [2, 2]


def test_a_circle_of_tables_and_facts_names_both(tmp_path: Path, book: Book) -> None:
    circle = GRADE.replace("年限 ", "同档户数 ")
    fact = Fact("customers", "customer_id", (PEERS,), peers, after=("档次",))

    with pytest.raises(UsageError) as stopped:
        applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 档次=circle), plugin(fact))

    (problem,) = (p for p in stopped.value.problems if p.code == "E308")
    assert "档次 grade" in problem.what.zh
    assert "同档户数" in problem.what.zh


def test_a_fact_that_fails_late_names_its_plugin(tmp_path: Path, book: Book) -> None:
    def fails(data: Data) -> pl.LazyFrame:
        return data.sheets["customers"].frame.lazy().select("nowhere")

    fact = Fact("customers", "customer_id", (PEERS,), fails, after=("档次",))

    with pytest.raises(PluginError, match=r"plugin 'mine' failed in the fact 'peers'.*nowhere"):
        applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 档次=GRADE), plugin(fact))


GIFTS = SheetSpec(
    "gifts",
    "礼品单",
    "Gifts",
    columns("""
    customer_id | 客户编号 | Customer ID | text
    piece | 第几件 | Piece | int
    """),
    derived=True,
)


def pieces(data: Data) -> pl.LazyFrame:
    """Return two rows a customer."""
    ids = data.sheets["customers"].frame.lazy().select("customer_id")
    return ids.join(pl.LazyFrame({"piece": [1, 2]}), how="cross").sort("customer_id", "piece")


def test_a_derived_sheet_has_the_rows_of_its_fact_and_tables_decide_them(
    tmp_path: Path, book: Book
) -> None:
    by_piece = GIFT.replace("同档户数", "第几件 ").replace(
        "| 命中", "| 对象 For each | 礼品单 |\n| 命中"
    )
    by_piece = by_piece.replace(">=1", "2  ")
    source = book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 档次=GRADE, 礼品=by_piece)
    fact = Fact("gifts", "", GIFTS.columns, pieces, after=("档次",))

    result = applied(source, plugin(fact, sheets=[GIFTS]))

    assert decision(result, "gift")["礼品"].to_list() == [None, "茶", None, "茶"]
    assert decision(result, "gift")["#row"].to_list() == [2, 3, 4, 5]


def test_tables_about_a_sheet_the_book_does_not_have_are_left_out(
    tmp_path: Path, book: Book
) -> None:
    visits = SheetSpec("extra", "附表", "Extra", columns("note | 备注 | Note | text"))
    table = GIFT.replace("| 命中", "| 对象 For each | 附表 |\n| 命中")

    result = applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 礼品=table), plugin(sheets=[visits]))

    assert all("gift" not in d.table.name for d in result.decisions)
