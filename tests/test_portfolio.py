"""Who makes the sales and the profit: golden figures of two public books, and small ones."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from kamrules_plugins.accounts import spread
from kamrules_plugins.accounts.home import home
from kamrules_plugins.accounts.summary import summarise

from kamrules.hooks import plugins
from kamrules.page.compose import compose
from kamrules.page.html import render
from kamrules.page.offers import additions
from kamrules.run import pipeline
from kamrules.run.result import Result
from kamrules.xlsx.graft import Graft
from kamrules.xlsx.workbook import opened

from .conftest import ROOT, by_id, write_book

# The company's own headers, as a 词表 sheet says what they mean.
GLOSSARY = (
    ("中文", "同义词"),
    ("客户编号", "ResellerKey"),
    ("产品类别", "EnglishProductCategoryName"),
    ("行业", "BusinessType"),
)


@pytest.fixture(scope="module")
def adventure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return AdventureWorks with a 词表 sheet more."""
    source = ROOT.parent / "shared" / "data" / "adventureworks_resellers.xlsx"
    if not source.exists():
        pytest.skip(f"needs {source}, which is not part of the project")
    made = openpyxl.Workbook()
    sheet: Any = made.worksheets[0]
    sheet.title = "词表"
    for row in GLOSSARY:
        sheet.append(row)
    saved, target = io.BytesIO(), tmp_path_factory.mktemp("aw") / "aw.xlsx"
    made.save(saved)
    with opened(source, source.name) as book:
        Graft(book, saved.getvalue()).put(in_front=0)
        target.write_bytes(book.save())
    return target


@pytest.fixture(scope="module")
def aw2012(adventure: Path) -> Result:
    return pipeline.apply(adventure, pipeline.Run(plugins.load(), as_of=dt.date(2012, 12, 31)))


@pytest.fixture(scope="module")
def aw2013(adventure: Path) -> Result:
    return pipeline.apply(adventure, pipeline.Run(plugins.load(), as_of=dt.date(2013, 12, 31)))


@pytest.fixture(scope="module")
def northwind(shared_data: Path) -> Result:
    return pipeline.apply(shared_data / "northwind_kam.xlsx", pipeline.Run(plugins.load()))


@pytest.fixture(scope="module")
def shared_data() -> Path:
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the test data in {folder}, which is not part of the project")
    return folder


def own(result: Result, lang: Any = "zh") -> dict[str, str]:
    return {line.key: line.own for line in spread.benchmarks(result, lang)}


def test_the_headers_of_a_company_are_those_its_glossary_names(aw2012: Result) -> None:
    assert {"W204"} >= {p.code for p in aw2012.problems if p.where.sheet == "ResellerSales"}
    assert aw2012.data.sheets["orders"].frame.height == 60_855
    assert aw2012.data.sheets["customers"].frame.height == 701


def test_adventureworks_2012_has_its_golden_figures(aw2012: Result) -> None:
    frame = spread.buyers(aw2012)

    assert frame.height == 401
    assert round(frame["sales"].sum()) == 28_193_632
    assert round(frame["profit"].sum()) == 915_899
    assert dict(aw2012.subjects["grade"].value_counts().iter_rows()).get("战略", 0) == 0
    assert (aw2012.subjects["grade"] == "重点").sum() == 21
    curve = spread.whale(frame)
    assert curve is not None
    assert (round(curve.peak.profit / curve.total, 3), round(curve.peak.customers / 401, 3)) == (
        1.444,
        0.646,
    )
    said = own(aw2012)
    assert said["bench_sales"] == "66.96%"
    assert said["bench_needed"] == "26.93%"
    assert said["bench_largest"] == "1.53%"
    assert said["bench_nothing"] == "35.41%"
    assert said["bench_first"] == "134.52%"
    assert said["bench_last"] == "-44.35%"
    assert said["bench_decile"] == "无意义"


def test_P05_P06_a_total_loss_gives_no_shares_of_it_and_says_so(aw2013: Result) -> None:
    frame = spread.buyers(aw2013)
    lines = {line.key: line for line in spread.benchmarks(aw2013, "en")}

    assert (frame.height, round(frame["sales"].sum())) == (489, 33_574_834)
    assert round(frame["profit"].sum()) == -491_870
    for key in ("bench_profit", "bench_bank", "bench_first", "bench_last"):
        assert "-491,870.01" in lines[key].note
        assert "mean nothing" in lines[key].note
    assert lines["bench_bank"].own == "n/a (in money 979,811)"
    assert lines["bench_last"].own == "n/a (in money -1,440,679)"
    assert lines["bench_peak"].own == "1,007,781, at the first 39.88% of customers"
    assert lines["bench_decile"].own == "n/a"
    assert "-19,023" in lines["bench_decile"].note
    assert lines["bench_nothing"].own == "60.12%"
    summary = summarise(aw2013, "en")
    assert any("-491,870" in f.text and f.tone == "warning" for f in summary.findings)
    assert (
        "The best 195 (39.88% of those with sales) earn 1,007,781; the others lose 1,499,651."
        in [f.text for f in summary.findings]
    )
    curve = summary.whale
    assert curve is not None
    assert round(curve.points[-1].profit) == -491_870
    shares = aw2013.data.sheets["customers"].frame["profit_share"]
    assert shares.min() == 0
    assert shares.sum() == pytest.approx(1)


def test_adventureworks_says_which_tiers_are_empty(aw2012: Result) -> None:
    said = [f.text for f in summarise(aw2012, "zh").findings if f.tone == "warning"]

    assert any("战略" in text for text in said)


def test_northwind_has_its_golden_pyramid_and_concentration(northwind: Result) -> None:
    layers = dict(
        northwind.data.sheets["customers"]
        .frame["金字塔层 Pyramid Layer"]
        .value_counts()
        .iter_rows()
    )
    assert [layers[n] for n in ("重要客户(VIP)", "主要客户", "一般客户", "小客户")] == [
        1,
        17,
        26,
        44,
    ]
    assert own(northwind)["bench_sales"] == "62.25%"
    assert own(northwind)["bench_no_profit"] == "不知道"


def test_northwind_1997_has_its_golden_abc_and_nobody_is_blamed_for_absent_columns(
    shared_data: Path,
) -> None:
    run = pipeline.Run(plugins.load(), as_of=dt.date(1997, 12, 31))
    result = pipeline.apply(shared_data / "northwind_kam.xlsx", run)

    frame = result.data.sheets["customers"].frame
    counts = dict(frame["ABC 等级 ABC Tier"].value_counts().iter_rows())
    assert [counts[n] for n in "ABC"] == [33, 23, 30]
    assert result.problems == ()


def test_P02_OLDWO_stands_just_above_a_threshold_and_is_borderline(northwind: Result) -> None:
    near = by_id(northwind, "share", "临界")

    assert (round(near["OLDWO"][0] * 100, 3), near["OLDWO"][1]) == (1.021, True)
    assert not near["QUICK"][1]


# Small books

CUSTOMERS = """
客户编号 | 客户名称 | 行业 | 电话 | 推荐人
A | 甲 | 钢铁 | 1 |
B | 乙 | 钢铁 | 2 | A
C | 丙 | 食品 | | A
D | 丁 | 食品 | 4 |
"""
ORDERS = """
客户编号 | 日期 | 销售额 | 利润 | 产品类别
A | 2024-12-31 | 600 | 100 | 甲类
B | 2024-03-01 | 300 | 40 | 甲类
C | 2024-03-01 | 90 | -20 | 乙类
D | 2024-04-01 | 10 | -60 | 乙类
"""
VISITS = "客户编号 | 拜访日期 | 耗时\nA | 2024-03-01 | 6\nD | 2024-03-01 | 4"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Result:
    path = tmp_path_factory.mktemp("small") / "b.xlsx"
    write_book(path, 客户=CUSTOMERS, 销售=ORDERS, 拜访=VISITS)
    return pipeline.apply(path, pipeline.Run(plugins.load()))


def listed(result: Result, name: str) -> list[tuple[Any, ...]]:
    """Return the rows of a sheet that the plugin adds."""
    found = {s.kind: s for s in additions(result, "zh", plugins.load()).sheets}[f"report {name}"]
    columns = [c.values.to_list() for c in found.columns]
    return list(zip(*columns, strict=True))


def test_P06_the_whale_curve_rises_to_its_peak_and_falls_to_the_total(small: Result) -> None:
    curve = spread.whale(spread.buyers(small))

    assert curve is not None
    assert [(p.customers, p.profit) for p in curve.points] == [
        (1, 100),
        (2, 140),
        (3, 120),
        (4, 60),
    ]
    assert (curve.peak.customers, curve.total) == (2, 60)
    assert by_id(small, "profit_rank", "cumulative_profit")["C"] == (3, 120.0)


def test_P01_P03_P04_quoted_figures_stand_beside_the_books_own(small: Result) -> None:
    rows = {row[0]: row[1:3] for row in listed(small, "portfolio")}

    assert rows["销售额最高的 20% 客户占销售额"] == ("80%", "60%")
    assert rows["利润最高的 19% 客户占利润(银行研究)"] == ("90%", "166.67%")
    assert rows["不创造利润的客户占比"] == ("20%-40%", "50%")


def test_P05_the_decile_ratio_has_a_figure_only_where_the_worst_earn_something() -> None:
    assert spread.decile_ratio(pl.Series([100.0, 50, 20, 10])) == 10
    assert spread.decile_ratio(pl.Series([100.0, -1])) is None


def test_L28_L23_P25_repeat_purchase_and_customer_equity(small: Result) -> None:
    said = own(small)

    assert said["bench_repeat"] == "0%"
    worth = sum((0.8 / 1.1) ** year for year in range(1, 6))
    assert said["bench_value"] == f"{round(60 * worth)}"


def test_P17_referrals_are_counted(small: Result) -> None:
    assert by_id(small, "referrals") == {"A": 2, "B": 0, "C": 0, "D": 0}


def test_P12_P14_segments_have_their_share_and_are_judged(small: Result) -> None:
    assert listed(small, "segments") == [
        ("钢铁", 2, 900.0, pytest.approx(0.9), 140.0, 1.0, "成立"),
        ("食品", 2, 100.0, pytest.approx(0.1), -80.0, 0.5, "无利可图"),
    ]


def test_P09_the_heavy_buyers_of_each_category_are_counted(small: Result) -> None:
    assert listed(small, "categories") == [
        ("甲类", 900.0, 2, 1, pytest.approx(2 / 3)), ("乙类", 100.0, 2, 1, 0.9),
    ]  # fmt: skip


def test_T44_P16_G18_effort_stands_beside_its_target(small: Result) -> None:
    rows = {row[0]: row[1:] for row in listed(small, "effort")}

    assert rows["战略"] == (3, 6.0, 0.6, 0.5, pytest.approx(0.1), 0.99, 120.0)
    assert rows["重点"][:3] == (1, 4.0, 0.4)


def test_E16_the_first_two_levels_have_a_target_together(small: Result) -> None:
    rows = {row[0]: row[1:] for row in listed(small, "effort")}

    count, hours, share, target, gap = rows["战略 + 重点"][:5]
    assert (count, hours, share, target) == (4, 10.0, 1.0, 0.8)
    assert gap == pytest.approx(0.2)


def test_G16_visits_cost_and_the_cost_is_taken_off_the_profit(tmp_path: Path) -> None:
    visits = "客户编号 | 拜访日期 | 耗时 | 费用\nA | 2024-03-01 | 0 | 30\nA | 2024-05-01 | 0 | 15"
    path = write_book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 拜访=visits)

    said = by_id(pipeline.apply(path, pipeline.Run(plugins.load())), "profit", "net_contribution")

    assert said["A"] == (100, 55)


def test_P07_P08_P15_the_report_draws_the_curve_and_the_pyramid(small: Result) -> None:
    from importlib.resources import files

    template = files("kamrules_templates") / "report.html.j2"
    page = render(compose(small, "zh", [home(small, "zh")]), template, "accounts")

    assert page.count('aria-label="鲸鱼曲线') == 1
    assert "最高点: 2 户" in page
    assert re.search(r"<h3>集中度", page)


def test_P06_the_summary_sheet_draws_the_curve_from_nothing_to_its_end(tmp_path: Path) -> None:
    from kamrules.annotate.write import Targets, write

    source = write_book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 拜访=VISITS)
    target = tmp_path / "out.xlsx"
    manager = plugins.load()
    result = pipeline.apply(source, pipeline.Run(manager))
    write(result, source, Targets(target, report=False), "zh", manager)

    book = openpyxl.load_workbook(target)
    assert len(book["汇总"]._charts) == 3
    data: Any = book["_kam_charts"]
    drawn = [(r[0].value, r[1].value) for r in data["K2:L6"]]
    assert drawn == [(0, 0), (1, 100), (2, 140), (3, 120), (4, 60)]
    assert [(r[0].value, r[1].value) for r in data["N2:O3"]] == [(4, 60), (2, 140)]


def test_P13_cuts_are_parameters_of_the_tables_staff_edit(small: Result, tmp_path: Path) -> None:
    table = """
    决策表 | 核心客户 core80
    命中策略 | F
    规则 | 条件 | 结果
    列 | 累计销售占比_之前 | 核心客户
    类型 | 百分比 | 是否
    R1 | <50% | 是
    R2 | - | 否
    """
    path = write_book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 规则=table)

    result = pipeline.apply(path, pipeline.Run(plugins.load()))

    assert by_id(small, "核心客户") == {"A": True, "B": True, "C": False, "D": False}
    assert by_id(result, "核心客户") == {"A": True, "B": False, "C": False, "D": False}
