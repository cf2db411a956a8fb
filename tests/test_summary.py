"""Summaries, and the small result that the tests of sheets and reports share."""

from __future__ import annotations

import datetime as dt
import string
from dataclasses import replace

import pytest
from kamrules_plugins.accounts.summary import summarise
from kamrules_plugins.accounts.words import WORDS

from kamrules.messages.problem import Cell
from kamrules.messages.text import LABELS
from kamrules.page.compose import compose
from kamrules.page.shown import period_name, place_link
from tests.kit.results import (
    UNREADABLE,
    a_result,
    unchanged,
)


def test_each_tier_has_its_customers_sales_and_previous_count():
    lines = summarise(a_result(), "en").tiers

    assert [(x.tier.label, x.customers, x.previous, x.sales_share) for x in lines] == [
        ("Platinum", 1, 2, 0.6),
        ("Gold", 3, 1, 0.4),
        ("Iron", 0, 1, 0.0),
        ("Undecided", 1, None, None),
    ]


def test_tiles_count_and_warn():
    tiles = summarise(a_result(), "zh").tiles

    assert [(t.key, t.value, t.tone) for t in tiles] == [
        ("customers", "5", "plain"),
        ("decided", "4", "plain"),
        ("changed", "2", "note"),
        ("undecided", "1", "error"),
        ("problems", "1", "error"),
    ]


def test_findings_are_sentences_about_the_data():
    findings = summarise(a_result(), "en").findings

    assert [(f.tone, f.text) for f in findings] == [
        ("plain", "Platinum customers: 1 (20%), bringing 60% of sales."),
        ("plain", "80% of sales come from the largest 2 (50% of those with sales)."),
        ("warning", "No customer is Iron: check the thresholds."),
        ("note", "Against the previous period: 1 up, 1 down."),
        ("plain", "Without a tier in the previous period: 1."),
        ("error", "Undecided: 1, for want of Annual sales (1)."),
        ("warning", "Without a usable sales figure, left out of the shares: 1."),
        ("error", "Errors to correct: 1, see Problems."),
    ]


def test_a_tier_that_holds_most_customers_is_a_finding():
    rows = [
        (n, f"K{n}", "", 1.0, "黄金" if n > 4 else "铂金", "R2", None, None) for n in range(2, 12)
    ]

    texts = [f.text for f in summarise(a_result(rows), "zh").findings]

    assert "70% 的客户都是 黄金 (7 户): 分级区分度低, 请核对门槛." in texts


def test_without_a_previous_period_nothing_is_compared():
    summary = summarise(a_result(unchanged()), "zh")

    assert summary.moves is None
    assert summary.changes == ()
    assert {line.previous for line in summary.tiers} == {None}
    assert [t.value for t in summary.tiles if t.key == "changed"] == ["—"]


def test_moves_count_every_customer_once():
    moves = summarise(a_result(), "en").moves

    assert [chip.label for chip in moves.rows] == ["Platinum", "Gold", "Iron", "New"]
    assert [chip.label for chip in moves.columns] == ["Platinum", "Gold", "Iron", "Undecided"]
    assert [[m.count for m in row] for row in moves.cells] == [
        [1, 1, 0, 0],
        [0, 0, 0, 1],
        [0, 1, 0, 0],
        [0, 1, 0, 0],
    ]
    assert [m.change for m in moves.cells[0]] == ["same", "down", "down", ""]


def test_changes_say_from_where_to_where_and_why():
    down, up = summarise(a_result(), "en").changes

    assert (down.id, down.previous.label, down.tier.label, down.change) == (
        "K2", "Platinum", "Gold", "down",
    )  # fmt: skip
    assert (up.rule, up.why) == ("R2", "share of sales 4")


def test_pareto_says_how_many_bring_four_fifths():
    pareto = summarise(a_result(), "zh").pareto

    assert (pareto.needed, pareto.customers) == (2, 4)
    assert [bar.cumulative for bar in pareto.bars] == pytest.approx([0.6, 0.8, 0.95, 1.0])


def test_above_a_thousand_customers_the_largest_and_the_exceptions_are_listed():
    rows = [
        (n, f"K{n}", "", 10_000.0 - n, *(("铂金", "R1") if n != 1500 else (None, None)), "铂金",
         "down" if n == 1400 else "same")
        for n in range(2, 1602)
    ]  # fmt: skip

    summary = summarise(a_result(rows), "en")

    assert [c.id for c in summary.customers[-3:]] == ["K201", "K1400", "K1500"]
    assert len(summary.customers) == 202
    assert summary.listing == (
        "1,600 customers; listed here are the 200 largest by sales and those that changed or are "
        "undecided (at most 1,000), 202 in all; the workbook has the rest."
    )
    assert len(summary.pareto.bars) <= 201


def test_of_more_than_a_thousand_moves_the_largest_are_listed_and_all_are_counted():
    rows = [
        (n, f"K{n}", "", 10_000.0 - n, "铂金", "R1", "金", "up" if n > 301 else "same")
        for n in range(2, 1602)
    ]

    summary = summarise(a_result(rows), "en")

    assert (len(summary.changes), summary.changed) == (1_000, 1_300)
    assert [c.id for c in summary.customers[199:201]] == ["K201", "K302"]
    assert (len(summary.customers), summary.customers[-1].id) == (1_200, "K1301")


def test_sales_are_shown_in_a_unit_of_the_language():
    zh, en = (summarise(a_result(), lang) for lang in ("zh", "en"))

    assert (zh.sales_unit, zh.sales_scale) == ("万", 10_000)
    assert (en.sales_unit, en.sales_scale) == ("k", 1_000)


def test_rules_are_listed_as_typed_with_their_hits():
    tiering, _ = compose(a_result(), "en").tables

    assert (tiering.title, tiering.policy) == ("Tiering", "hit policy F First")
    assert (tiering.inputs, tiering.outputs, tiering.notes) == (
        ("Annual sales",), ("Tier",), ("Reason",),
    )  # fmt: skip
    assert [(r.label, r.inputs, r.grades[0].label, r.hits) for r in tiering.rules] == [
        ("R1", (">=500万",), "Platinum", 1),
        ("R2", ("=1+1",), "Gold", 2),
        ("Default", ("-",), "Gold", 1),
    ]


def test_problems_link_to_their_cell_only_within_the_workbook():
    elsewhere = replace(UNREADABLE, where=Cell("rules.xlsx", "分级", "B2"), severity="warning")

    here, there = compose(a_result(problems=(elsewhere, UNREADABLE)), "en").problems

    assert (here.level, here.place, here.link) == ("Error", "客户!C5", "'客户'!C5")
    assert (there.level, there.place, there.link) == ("Warning", "'[rules.xlsx]分级'!B2", "")


def test_an_apostrophe_in_a_sheet_name_is_doubled_in_a_link():
    assert place_link("Q3's", "A1") == "'Q3''s'!A1"


def test_the_run_id_depends_on_the_record_only():
    first, second = (a_result(), replace(a_result(), record={"kamrules": "0.2.0"}))

    assert compose(first, "zh").run == compose(first, "en").run
    assert compose(first, "zh").run != compose(second, "zh").run


def test_more_tiers_than_colours_are_coloured_again():
    rows = [(n, f"K{n}", "", 1.0, f"T{n}", "R1", None, None) for n in range(2, 14)]

    chips = [line.tier for line in summarise(replace(a_result(rows), grades=()), "zh").tiers]

    assert len(chips) == 12
    assert chips[0].ink == chips[8].ink


def test_a_book_without_customers_has_a_summary():
    result = a_result(problems=())
    empty = replace(result, subjects=result.subjects.clear(), decisions=())

    summary = summarise(empty, "zh")

    assert summary.customers == ()
    assert summary.pareto is None


@pytest.mark.parametrize(
    ("start", "end", "name"),
    [
        ("2025-01-01", "2025-12-31", "2025"),
        ("2025-07-01", "2025-09-30", "2025Q3"),
        ("2024-02-01", "2024-02-29", "2024-02"),
        ("2024-02-01", "2024-02-28", "2024-02-01..2024-02-28"),
        ("2024-10-01", "2025-09-30", "2024-10-01..2025-09-30"),
    ],
)
def test_a_whole_year_quarter_or_month_has_a_short_name(start, end, name):
    assert period_name((dt.date.fromisoformat(start), dt.date.fromisoformat(end))) == name


@pytest.mark.parametrize("name", LABELS | WORDS)
def test_labels_encode_in_gbk_and_have_the_same_parameters(name):
    zh, en = (LABELS | WORDS)[name]

    assert zh.encode("gbk")
    assert en.encode("gbk")
    assert _fields(zh) == _fields(en)


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}
