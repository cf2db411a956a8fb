"""The plugin in tests/acme works as any third party's would: its column, fact, rules and report."""

from __future__ import annotations

import datetime as dt
import importlib
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pluggy
import polars as pl
import pytest
from openpyxl import load_workbook

from kamrules import hookimpl
from kamrules.annotate import write
from kamrules.hooks import plugins
from kamrules.messages.problem import PluginError
from kamrules.page.offers import additions
from kamrules.page.reports import ColumnsReport, ResultColumn, SheetReport
from kamrules.run import pipeline
from kamrules.run.result import Result
from kamrules.words.text import Text
from tests.conftest import ROOT

ACME = ROOT / "tests" / "acme"
RATINGS = {"KA1014": "A", "KA1016": "A", "KA1018": "B", "KA1024": "D"}


@pytest.fixture(scope="module")
def manager() -> Iterator[pluggy.PluginManager]:
    """Return the plugins of kamrules and acme's, without installing it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ACME)
        found = plugins.load(without=["acme"])
        found.register(importlib.import_module("kamrules_acme"), name="acme")
        found.check_pending()
        yield found


@pytest.fixture(scope="module")
def plain(the_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a demo book as it is."""
    return Path(shutil.copy(the_demo, tmp_path_factory.mktemp("acme")))


@pytest.fixture(scope="module")
def rated(plain: Path) -> Path:
    """Return a demo book in which some customers have a rating."""
    book = plain.with_name("rated.xlsx")
    book.write_bytes(plain.read_bytes())
    workbook = load_workbook(book)
    sheet = workbook["客户 Customers"]
    column = sheet.max_column + 1
    sheet.cell(1, column, "付款评级 Payment Rating")
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, column, RATINGS.get(sheet.cell(row, 1).value))
    workbook.save(book)
    return book


@pytest.fixture(scope="module")
def result(manager: pluggy.PluginManager, plain: Path) -> Result:
    """Return the demo book applied."""
    return pipeline.apply(plain, pipeline.Run(manager))


@pytest.fixture(scope="module")
def rated_result(manager: pluggy.PluginManager, rated: Path) -> Result:
    """Return the demo book with ratings applied."""
    return pipeline.apply(rated, pipeline.Run(manager))


@pytest.fixture(scope="module")
def written(
    manager: pluggy.PluginManager,
    result: Result,
    plain: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Path]:
    """Return the workbook and the reports of the demo book, in Chinese."""
    target = write.Targets(tmp_path_factory.mktemp("written") / "customers.kam.xlsx")
    return write.write(result, plain, target, "zh", manager)


def terms(result: Result) -> pl.DataFrame:
    """Return id, days since the last order, payment terms and rule of every customer."""
    decision = next(d for d in result.decisions if d.table.where.book == "acme.xlsx")
    customers = result.data.sheets["customers"].frame
    days = customers.select("customer_id", "acme_days_since_order")
    return pl.concat(
        [days, decision.frame.select("付款条件 Payment Terms", "#rule")], how="horizontal"
    )


def test_its_rules_decide_by_its_column_its_fact_and_our_tier(rated_result: Result) -> None:
    decided = {id_: (given, rule) for id_, _, given, rule in terms(rated_result).iter_rows()}
    assert rated_result.problems == ()
    assert decided["KA1014"] == ("月结60天", "R1")
    assert decided["KA1016"] == ("款到发货", "R4")
    assert decided["KA1018"] == ("月结30天", "R2")
    assert decided["KA1024"] == ("款到发货", "R3")


def test_a_blank_rating_means_not_rated(rated_result: Result) -> None:
    unrated = terms(rated_result).filter(~pl.col("customer_id").is_in(list(RATINGS)))
    assert unrated["#rule"].unique().to_list() == ["R3"]


def test_a_book_without_the_column_means_not_rated_too(result: Result) -> None:
    assert result.problems == ()
    assert terms(result)["#rule"].unique().to_list() == ["R3"]


def test_its_fact_counts_days_to_the_as_of_date(
    manager: pluggy.PluginManager, plain: Path, result: Result
) -> None:
    later = pipeline.apply(plain, pipeline.Run(manager, as_of=result.as_of + dt.timedelta(days=10)))

    days = terms(result)["acme_days_since_order"]
    change = terms(later)["acme_days_since_order"] - days
    assert change.drop_nulls().unique().to_list() == [10]
    assert days.min() == 0


def test_an_order_date_nobody_can_read_leaves_its_customer_open(
    manager: pluggy.PluginManager, rated: Path, tmp_path: Path
) -> None:
    workbook = load_workbook(rated)
    orders = workbook["销售 Orders"]
    row = next(r for r in range(2, orders.max_row) if orders.cell(r, 4).value == "KA1018")
    orders.cell(row, 3, "上个月")
    unreadable = tmp_path / "unreadable.xlsx"
    workbook.save(unreadable)

    result = pipeline.apply(unreadable, pipeline.Run(manager))

    assert terms(result).filter(pl.col("customer_id") == "KA1018")["#rule"].to_list() == [None]
    assert {p.code for p in result.problems} >= {"E102", "W403"}


def test_its_report_is_written_beside_ours(written: list[Path], result: Result) -> None:
    changes = next(path for path in written if path.name == "customers.kam.changes.md")
    assert {"customers.kam.html", "customers.kam.xlsx"} < {path.name for path in written}
    changed = result.subjects["change"].is_in(["up", "down"]).sum()
    assert changes.read_text("utf-8").count("\n- KA") == changed > 0


def test_its_sheet_and_its_column_are_in_the_result_workbook(
    manager: pluggy.PluginManager, plain: Path, result: Result, written: list[Path], tmp_path: Path
) -> None:
    english = tmp_path / "customers.kam.xlsx"
    write.write(result, plain, write.Targets(english, report=False), "en", manager)

    for target, title in ((written[0], "久未下单"), (english, "Quiet Customers")):
        workbook = load_workbook(target)
        sheet, days = workbook[title], terms(result)["acme_days_since_order"].drop_nulls()
        listed = [cell.value for cell in sheet["B"][4:]]
        assert listed == sorted(days.to_list(), reverse=True)
        first = sheet["A5"]
        customers, _, ref = first.hyperlink.location.partition("!")
        assert workbook[customers.strip("'")][ref].value == first.value
        orders = workbook["销售 Orders"]
        ages = [c.value for c in orders[1]].index("距今天数\nDays Ago") + 1
        day = orders.cell(2, 3).value.date()
        assert orders.cell(2, ages).value == (result.as_of - day).days


def test_applied_twice_its_sheet_and_its_column_are_there_once(
    manager: pluggy.PluginManager, written: list[Path], tmp_path: Path
) -> None:
    once, twice = written[0], tmp_path / "twice.xlsx"
    again = pipeline.apply(once, pipeline.Run(manager))
    write.write(again, once, write.Targets(twice, report=False), "zh", manager)

    first, second = load_workbook(once), load_workbook(twice)
    assert first.sheetnames == second.sheetnames
    for title in ("久未下单", "销售 Orders"):
        assert list(first[title].values) == list(second[title].values)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("columns", "not a ResultColumn"),
        (ResultColumn(Text("列", "Bad"), pl.Series([[1, 2]])), "column 'Bad' holds List"),
        (ResultColumn(Text("列", "Bad"), pl.Series([b"x"])), "column 'Bad' holds Binary"),
        (ResultColumn(Text("列", "Bad"), pl.Series(["x"]), styles={"x": "pink"}), "no style pink"),
    ],
)
def test_a_column_that_cannot_be_written_names_its_plugin(
    result: Result, column: object, said: str
) -> None:
    class Bad:
        @hookimpl
        def reports(self) -> list[SheetReport]:
            return [SheetReport("bad", Text("坏", "Bad"), lambda result, lang: [column])]

    manager = plugins.load()
    manager.register(Bad(), name="bad")

    with pytest.raises(PluginError, match=f"plugin 'bad'.*{said}"):
        additions(result, "zh", manager)


@pytest.mark.parametrize("rows", [None, pl.Series([2]), pl.Series([2, 2])])
def test_a_column_beside_rows_says_once_where_each_value_stands(
    result: Result, rows: pl.Series | None
) -> None:
    column = ResultColumn(Text("列", "Bad"), pl.Series([1, 2]), "int", rows=rows)

    class Bad:
        @hookimpl
        def reports(self) -> list[ColumnsReport]:
            return [ColumnsReport("customers", lambda result, lang: [column])]

    manager = plugins.load()
    manager.register(Bad(), name="bad")

    with pytest.raises(PluginError, match=r"plugin 'bad'.*'Bad' needs a row for each value"):
        additions(result, "zh", manager)


def test_it_names_the_entry_point_group_and_ships_its_files() -> None:
    package = tomllib.loads((ACME / "pyproject.toml").read_text("utf-8"))

    assert package["project"]["entry-points"]["kamrules"] == {"acme": "kamrules_acme"}
    assert package["tool"]["setuptools"]["package-data"] == {
        "kamrules_acme": ["rulesets/*.xlsx", "templates/*.j2"]
    }
    assert (ACME / "kamrules_acme" / "rulesets" / "acme.xlsx").is_file()
