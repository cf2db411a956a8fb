"""Summaries, and the small result that the tests of sheets and reports share."""

from __future__ import annotations

import datetime as dt
import string
from dataclasses import replace

import polars as pl
import pytest
from kamrules_plugins.accounts.headline import HEADLINE

from kamrules.engine.decision import MISSING, RULE, Decision
from kamrules.messages.problem import Cell, Problem
from kamrules.page.summary import period_name, place_link, summarise
from kamrules.rules.decision_table import DecisionTable, Entry, Input, Output, Rule
from kamrules.rules.hit_policy import HITS
from kamrules.run.result import Result
from kamrules.sheets.column import ROW, SheetSpec
from kamrules.sheets.sheet import Data, Sheet
from kamrules.words.text import Text
from tests.told import TEXTS

BOOK = "book.xlsx"
TIERS = ("铂金", "黄金", "铁质")
LABELLED = {
    "铂金": Text("铂金", "Platinum"),
    "黄金": Text("黄金", "Gold"),
    "铁质": Text("铁质", "Iron"),
    "全部": Text("全部", "Everything"),
    "占比": Text("占比", "Share"),
}
# row, id, name, sales, tier, rule, previous, change
ROWS = (
    (2, "K1", "华东机电", 6_000_000.0, "铂金", "R1", "铂金", "same"),
    (3, "K2", "=cmd|' /C calc'!A0", 2_000_000.0, "黄金", "R2", "铂金", "down"),
    (4, "K3", "<script>alert(1)</script>", 1_500_000.0, "黄金", "R2", "铁质", "up"),
    (5, "K4", "东辰物流", None, None, None, "黄金", None),
    (6, "K5", "新科医药", 500_000.0, "黄金", "默认", None, "new"),
)


def customers(rows=ROWS) -> pl.DataFrame:
    total = sum(row[3] or 0 for row in rows)
    return pl.DataFrame(
        [
            {
                ROW: row, "id": id_, "name": name, "measure": sales,
                "share": None if sales is None else sales / total,
                "grade": tier, "table": "分级" if tier else None, "rule": rule,
                "why_zh": f"销售占比 {row}" if tier else "缺 年销售额",
                "why_en": f"share of sales {row}" if tier else "no annual sales",
                "missing": None if tier else "年销售额 Annual sales",
                "previous": previous, "change": change, "effective": tier, "outcome": None,
            }
            for row, id_, name, sales, tier, rule, previous, change in rows
        ],
        schema_overrides={"previous": pl.String, "change": pl.String, "missing": pl.String, "outcome": pl.String},
        infer_schema_length=None,
    )  # fmt: skip


def table(name: str, outputs: tuple[Output, ...], *rules: tuple[str, str, str]) -> DecisionTable:
    where = Cell("tiering.xlsx", "分级", "A1")
    made = []
    for id_, when, then in rules:
        outs = tuple(Entry(text, None, where) for text in then.split(";"))
        made.append(Rule(id_, (Entry(when, None, where),), outs, {"理由 Reason": f"{id_}?"}, where))
    default = made.pop() if made[-1].id == "默认" else None
    inputs = (Input("年销售额 Annual sales", "money", where),)
    title = Text(name, f"{name} table" if name.isascii() else "Tiering")
    return DecisionTable(name, title, HITS["F"], inputs, outputs, tuple(made), default, {}, where,
                         source="tiering.xlsx")  # fmt: skip


def decisions(frame: pl.DataFrame) -> tuple[Decision, ...]:
    where = Cell("tiering.xlsx", "分级", "B2")
    tiering = table(
        "分级", (Output("等级 Tier", "text", where),),
        ("R1", ">=500万", "铂金"), ("R2", "=1+1", "黄金"), ("默认", "-", "黄金"),
    )  # fmt: skip
    care = table(
        "care", (Output("折扣 Discount", "percent", where), Output("范围 Scope", "text", where)),
        ("R1", "-", "5%;全部"),
    )  # fmt: skip
    given = frame.select(ROW, pl.col("grade").alias("等级 Tier"), pl.col("rule").alias(RULE))
    cared = frame.select(
        ROW,
        pl.lit(0.05).alias("折扣 Discount"),
        pl.lit("全部").alias("范围 Scope"),
        pl.lit("R1").alias(RULE),
    )
    return (
        Decision(tiering, given.with_columns(pl.lit(None).alias(MISSING)),
                 {"R1": 1, "R2": 2, "默认": 1}),
        Decision(care, cared.with_columns(pl.lit(None).alias(MISSING)), {"R1": frame.height}),
    )  # fmt: skip


UNREADABLE = Problem(
    "E101", "error", Cell(BOOK, "客户", "C5"), Text("年销售额 要数字", "Sales should be a number"),
    Text("含字母 O", "it holds the letter O"), Text("改成 1200", "type 1200"),
    Text("K4 未判定", "K4 is not decided"), "=1,2OO", "东辰物流",
)  # fmt: skip


def a_result(rows=ROWS, problems=(UNREADABLE,), title="客户") -> Result:
    """Return a run over five customers: one tier empty, one customer undecided."""
    frame = customers(rows)
    sheet = Sheet(SheetSpec("customers", "客户", "Customers", (), headline=HEADLINE), title, frame.select(ROW), 1, {},
                  {}, 3)  # fmt: skip
    return Result(
        Data(BOOK, {"customers": sheet}), dt.date(2025, 9, 24),
        (dt.date(2025, 1, 1), dt.date(2025, 12, 31)), "占比", TIERS, frame, decisions(frame),
        tuple(problems), LABELLED, {"kamrules": "0.1.0", "rules tiering.xlsx": "分级"},
    )  # fmt: skip


def unchanged(rows=ROWS):
    return [(*row[:6], None, None) for row in rows]


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
    assert [[m.customers for m in row] for row in moves.cells] == [
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
    tiering, _ = summarise(a_result(), "en").tables

    assert (tiering.title, tiering.policy) == ("Tiering", "hit policy F First")
    assert (tiering.inputs, tiering.outputs, tiering.notes) == (
        ("Annual sales",), ("Tier",), ("Reason",),
    )  # fmt: skip
    assert [(r.label, r.inputs, r.tiers[0].label, r.hits) for r in tiering.rules] == [
        ("R1", (">=500万",), "Platinum", 1),
        ("R2", ("=1+1",), "Gold", 2),
        ("Default", ("-",), "Gold", 1),
    ]


def test_problems_link_to_their_cell_only_within_the_workbook():
    elsewhere = replace(UNREADABLE, where=Cell("rules.xlsx", "分级", "B2"), severity="warning")

    here, there = summarise(a_result(problems=(elsewhere, UNREADABLE)), "en").problems

    assert (here.level, here.place, here.link) == ("Error", "客户!C5", "'客户'!C5")
    assert (there.level, there.place, there.link) == ("Warning", "'[rules.xlsx]分级'!B2", "")


def test_an_apostrophe_in_a_sheet_name_is_doubled_in_a_link():
    assert place_link("Q3's", "A1") == "'Q3''s'!A1"


def test_the_run_id_depends_on_the_record_only():
    first, second = (a_result(), replace(a_result(), record={"kamrules": "0.2.0"}))

    assert summarise(first, "zh").run == summarise(first, "en").run
    assert summarise(first, "zh").run != summarise(second, "zh").run


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


@pytest.mark.parametrize("name", TEXTS)
def test_labels_encode_in_gbk_and_have_the_same_parameters(name):
    zh, en = TEXTS[name]

    assert zh.encode("gbk")
    assert en.encode("gbk")
    assert _fields(zh) == _fields(en)


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}
