"""The demo book is what a new user meets first: it has no faults and shows every kind of case."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from kamrules_plugins.accounts import demo
from openpyxl import load_workbook

from kamrules.cli import main as cli
from kamrules.hooks import plugins
from kamrules.messages.problem import UsageError
from kamrules.run import pipeline
from kamrules.run.result import Result

Sheets = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def sheets(the_demo: Path) -> Sheets:
    """Return its rows by sheet and header, as openpyxl reads them."""
    found = {}
    for sheet in load_workbook(the_demo):
        headers, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(headers, row, strict=True)) for row in rows]
    return found


def test_it_has_no_problems_and_every_customer_is_decided(demo_result: Result) -> None:
    assert demo_result.problems == ()
    assert demo_result.subjects["grade"].null_count() == 0
    assert dict(demo_result.subjects["grade"].value_counts().iter_rows()) == {
        "战略": 6,
        "重点": 21,
        "普通": 9,
        "非大客户": 12,
    }


def test_it_is_decided_as_of_its_last_order(demo_result: Result) -> None:
    assert demo_result.as_of == demo.LAST_DAY
    assert demo_result.scheme == "占比"


def test_its_shares_spread_as_in_real_books(demo_result: Result) -> None:
    share = demo_result.subjects["share"]

    assert (share >= 0.05).sum() == 4
    assert share.is_between(0.01, 0.05, closed="left").sum() == 20
    assert (share < 0.01).sum() == 24
    assert 850 <= demo_result.data.sheets["orders"].frame.height <= 950


def test_every_rule_decides_somebody(demo_result: Result) -> None:
    share = next(d for d in demo_result.decisions if "tier_share" in d.table.name)

    assert all(hits > 0 for hits in share.hits.values())


def test_some_customers_move_up_and_some_down(demo_result: Result) -> None:
    changes = dict(demo_result.subjects["change"].value_counts().iter_rows())

    assert changes == {"same": 42, "up": 4, "down": 2}


def test_the_previous_tiers_are_those_of_the_year_before(
    the_demo: Path, demo_result: Result
) -> None:
    before = pipeline.apply(the_demo, pipeline.Run(plugins.load(), as_of=dt.date(2024, 12, 31)))

    assert before.subjects["grade"].equals(demo_result.subjects["previous"])


def test_nothing_happened_after_the_last_day(sheets: Sheets) -> None:
    happened = {
        "销售 Orders": ("日期\nDate", "发货日期\nShip Date"),
        "拜访 Visits": ("拜访日期\nDate",),
        "投诉 Complaints": ("受理时间\nReceived", "解决时间\nResolved"),
    }
    days = [
        row[header]
        for title, headers in happened.items()
        for row in sheets[title]
        for header in headers
        if row[header] is not None
    ]

    assert max(day.date() for day in days) == demo.LAST_DAY


def test_every_key_outside_the_customers_sheet_is_a_customer(
    sheets: Sheets, demo_result: Result
) -> None:
    ids = set(demo_result.subjects["id"])

    for title in ("销售 Orders", "联系人 Contacts", "拜访 Visits", "投诉 Complaints"):
        assert {row["客户编号\nCustomer ID"] for row in sheets[title]} <= ids


def test_writing_it_twice_gives_the_same_bytes(the_demo: Path, tmp_path: Path) -> None:
    again = demo.write(tmp_path / "again")

    assert again.read_bytes() == the_demo.read_bytes()


def test_an_existing_book_is_not_overwritten(tmp_path: Path) -> None:
    kept = demo.write(tmp_path)
    kept.write_bytes(b"mine")

    with pytest.raises(UsageError) as refused:
        demo.write(tmp_path)
    assert [p.code for p in refused.value.problems] == ["E010"]
    assert kept.read_bytes() == b"mine"


def test_the_two_words_of_the_readme_work(tmp_path: Path) -> None:
    folder = tmp_path / "demo"

    made = CliRunner().invoke(cli.cli, ["init", str(folder), "--lang", "en"])
    applied = CliRunner().invoke(cli.cli, ["apply", str(folder / "customers.xlsx")])

    assert (made.exit_code, applied.exit_code) == (0, 0), applied.output
    names = sorted(p.name for p in folder.iterdir())
    assert names == [
        "customers.kam.digests", "customers.kam.html", "customers.kam.notices", "customers.kam.visits",
        "customers.kam.xlsx", "customers.xlsx",
    ]  # fmt: skip


def test_the_pyramid_scheme_decides_everybody_too(the_demo: Path, tmp_path: Path) -> None:
    workbook = load_workbook(the_demo)
    workbook["参数 Parameters"]["B2"] = "金字塔"
    changed = tmp_path / "pyramid.xlsx"
    workbook.save(changed)

    result = pipeline.apply(changed, pipeline.Run(plugins.load()))

    counts = dict(result.subjects["grade"].value_counts().iter_rows())
    assert counts == {"重要客户(VIP)": 1, "主要客户": 9, "一般客户": 13, "小客户": 23, "无销售": 2}
    assert result.subjects.select(pl.col("grade").is_not_null().all()).item()
