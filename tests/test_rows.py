"""Customer data in the profile of a run: whole columns, and no Python for each row."""

from __future__ import annotations

import cProfile
import datetime as dt
from pathlib import Path

import polars as pl

from kamrules import app, plugins, write

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
    """Return how many Python functions a run calls, those built in left out."""
    profile = cProfile.Profile(builtins=False)
    with profile:
        run = app.Run(plugins.load())
        result = app.apply(book, run)
        write.write(result, book, write.Targets(book.with_suffix(".kam.xlsx")), "zh", run.manager)
    return sum(entry.callcount for entry in profile.getstats())


def test_more_rows_take_no_more_calls_of_python_functions(tmp_path: Path):
    few, many = (generated(tmp_path / f"{n}.xlsx", n) for n in (4_000, 12_000))
    calls(few)  # what is kept for the next run is made

    more = calls(many) - calls(few)

    rows = 8_000 * 4
    assert more < rows / 20
