"""Customer data in the profile of a run: no Python for each row of it."""

from __future__ import annotations

import cProfile
import datetime as dt
from pathlib import Path

import polars as pl

from kamrules.annotate import write
from kamrules.hooks import plugins
from kamrules.run import pipeline
from tests.conftest import ROOT

DAY = dt.date(2024, 3, 1)


def generated(path: Path, customers: int) -> Path:
    """Return a workbook of so many customers, three orders each, some of them without sales."""
    n, m = (pl.int_range(count, eager=True) for count in (customers, 3 * customers))
    with_sales = pl.format("K{}", m % (customers - customers // 10))
    people = pl.DataFrame(
        {
            "客户编号": pl.select(pl.format("K{}", n)).to_series(),
            "客户名称": pl.select(pl.format("客户 <{}>", n)).to_series(),
            "战略意义": pl.Series(["重大", "重要", "无"]).gather(n % 7 % 3),
        }
    )
    orders = pl.DataFrame(
        {
            "客户编号": pl.select(with_sales).to_series(),
            "日期": pl.select(pl.lit(DAY) + pl.duration(days=m % 300)).to_series(),
            "销售额": (m * 7919 % 10_007).cast(pl.Float64) / 4,
        }
    )
    from xlsxwriter import Workbook

    with Workbook(path) as book:
        people.write_excel(book, "客户", autofilter=False)
        orders.write_excel(book, "销售", autofilter=False)
    return path


def calls(book: Path) -> int:
    """Return how often a run calls functions of ours."""
    profile = cProfile.Profile(builtins=False)
    with profile:
        run = pipeline.Run(plugins.load())
        result = pipeline.apply(book, run)
        write.write(result, book, write.Targets(book.with_suffix(".kam.xlsx")), "zh", run.manager)
    ours = tuple(str(ROOT / folder) for folder in ("kamrules", "plugins"))
    entries = [e for e in profile.getstats() if not isinstance(e.code, str)]
    return sum(e.callcount for e in entries if e.code.co_filename.startswith(ours))


def test_more_rows_take_no_more_calls_of_functions_of_ours(tmp_path: Path):
    # With few rows the parts are so small that no pattern is made for them.
    tiny, few, many = (generated(tmp_path / f"{n}.xlsx", n) for n in (100, 5_000, 9_000))
    calls(tiny)  # what is kept for the next run is made

    more = calls(many) - calls(few)

    assert abs(more) < 4_000 // 4
