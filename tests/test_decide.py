"""The engine gives what a row-by-row reading of the table gives."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamrules.engine.cuts import number_cut
from kamrules.engine.decide import DTYPES, decide
from kamrules.engine.usable import unusable
from kamrules.model import MISSING, ROW, RULE, UNREADABLE, Column
from kamrules.rules.grid import Grid
from kamrules.rules.link import LinkedTable, by_name, link
from kamrules.rules.load import load
from tests.oracle import UNREADABLE as BAD
from tests.oracle import answer

COLUMNS = (
    Column("amount", "金额", "Amount", "number"),
    Column("share", "占比", "Share", "percent"),
    Column("city", "城市", "City", "text"),
    Column("since", "开始", "Since", "date"),
    Column("vip", "贵宾", "VIP", "bool"),
)
NUMBERS = ("-1", "0", "0.07", "5%", "7%", "1", "3", "100", "1.5万")
WORDS = ("上海", "北京", "ＡＢ", "ab", "Strasse")
DAYS = ("2024-01-01", "2024-02-29", "2023-12-31")


def ranges(values: tuple[str, ...]) -> st.SearchStrategy[str]:
    value = st.sampled_from(values)
    compare = st.builds("{}{}".format, st.sampled_from([">=", ">", "<", "<=", "=", "!="]), value)
    interval = st.builds(
        "{}{}..{}{}".format, st.sampled_from("[("), value, value, st.sampled_from("])")
    )
    one = st.one_of(value, compare, interval, st.just("空"))
    listed = st.lists(one, min_size=1, max_size=3).map(", ".join)
    return st.one_of(st.just("-"), one, listed, listed.map("not({})".format))


def words() -> st.SearchStrategy[str]:
    word = st.sampled_from(WORDS)
    listed = st.lists(st.one_of(word, st.just("空")), min_size=1, max_size=3).map(", ".join)
    about = st.sampled_from(['contains(?, "A")', 'starts with(?, "上")', "string length(?) > 2"])
    return st.one_of(st.just("-"), listed, listed.map("not({})".format), about)


CELLS: dict[str, st.SearchStrategy[str]] = {
    "amount": st.one_of(
        ranges(NUMBERS),
        st.sampled_from(
            [">占比", "空, > 占比", "? > 3 and ? < 占比 * 2", "abs(?) <= 1", "{占比} + 1"]
        ),
    ),
    "share": ranges(NUMBERS),
    "city": words(),
    "since": ranges(DAYS),
    "vip": st.sampled_from(["-", "是", "否", "not(是)", "空", "空, 否"]),
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "amount": st.one_of(
        st.sampled_from(
            [-1.0, 0.0, 0.07, 0.1 * 0.7, 1.0, 3.0, 100.0, 15000.0, 1e-17, -1e-16, 1 - 0.93]
        ),
        st.floats(-1e6, 1e6),
    ),
    "share": st.sampled_from([0.0, 0.05, 0.07, 0.1 * 0.7, 0.06999999999999999, 1.0, 3.0]),
    "city": st.sampled_from([*WORDS, "AB", " ab ", "straße", "广州"]),
    "since": st.sampled_from([dt.date(2024, 1, 1), dt.date(2024, 2, 29), dt.date(2024, 3, 1)]),
    "vip": st.booleans(),
}
# F and P come more often: an unknown rule before the hit makes them the hardest.
POLICIES = ("F", "P", "F", "P", "U", "A", "F", "R", "O", "C", "C+", "C<", "C>", "C#")


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[Any]], tuple[str, ...]]:
    """Return a decision table as the cells of a sheet, with the keys of its inputs."""
    keys = tuple(draw(st.lists(st.sampled_from(list(CELLS)), min_size=1, max_size=3, unique=True)))
    policy = draw(st.sampled_from(POLICIES))
    names = {c.key: c.zh for c in COLUMNS}
    numeric = policy in ("C+", "C<", "C>", "C#")
    outputs = st.sampled_from([1, 2.5, -3]) if numeric else st.sampled_from(["金", "银"])
    rows: list[list[Any]] = [
        ["决策表", "t"],
        ["命中策略", policy],
        ["规则", *["条件 IN"] * len(keys), "结果 OUT"],
        ["列", *(names[k] for k in keys), "等级"],
        ["取值", *[None] * len(keys), None if numeric else "银, 金"],
    ]
    if not numeric:
        rows[-1][-1] = "银, 金, 铜"
    for n in range(draw(st.integers(2, 6))):
        rows.append(
            [f"R{n + 1}", *(draw(st.one_of(st.just("-"), CELLS[k])) for k in keys), draw(outputs)]
        )
    if draw(st.booleans()):
        rows.append(["默认", *[None] * len(keys), draw(outputs)])
    return rows, keys


@st.composite
def customers(draw: st.DrawFn) -> list[dict[str, Any]]:
    some = {k: st.one_of(v, v, v, st.none(), st.just(BAD)) for k, v in VALUES.items()}
    return draw(st.lists(st.fixed_dictionaries(some), min_size=6, max_size=12))


def linked(rows: list[list[Any]]) -> LinkedTable:
    words = by_name(COLUMNS)
    rulebook, problems = load([Grid("b.xlsx", "规则", rows, {})], "b.xlsx", words)
    assert problems == []
    tables_, problems = link(rulebook.tables, {"customers": words}, {})
    assert problems == []
    return tables_[0]


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    columns: dict[str, pl.Series] = {ROW: pl.Series(range(2, len(rows) + 2), dtype=pl.UInt32)}
    for column in COLUMNS:
        found = [None if r[column.key] is BAD else r[column.key] for r in rows]
        columns[column.key] = pl.Series(found, dtype=DTYPES[column.type])
        columns[column.key + UNREADABLE] = pl.Series([r[column.key] is BAD for r in rows])
    return pl.DataFrame(columns)


@settings(max_examples=400, deadline=None)
@given(tables(), customers())
def test_the_engine_equals_the_row_by_row_oracle(
    table: tuple[list[list[Any]], tuple[str, ...]], rows: list[dict[str, Any]]
) -> None:
    rule_table = linked(table[0])

    decided = decide(rule_table, frame(rows), {})
    decision = decided.decision()

    label = rule_table.table.outputs[0].label
    wild = {r: o.violation for o, found in decided.violations() for r in found.to_list()}
    for n, row in enumerate(rows):
        outputs, ids, missing, violation = answer(rule_table, row)
        got = decision.frame.row(n, named=True)
        assert got[label] == (None if outputs is None else outputs[0])
        assert (got[RULE] or "") == ",".join(ids)
        assert set((got[MISSING] or "").split(", ")) - {""} == missing
        assert wild.get(n + 2, "") == violation


@given(st.decimals(-1000, 1000, places=3), st.integers(-300, 300), st.booleans())
def test_a_threshold_means_what_fifteen_digits_show(
    threshold: Any, steps: int, above: bool
) -> None:
    import math

    value = float(threshold)
    for _ in range(abs(steps)):
        value = math.nextafter(value, math.inf if steps > 0 else -math.inf)
    shown = 0.0 if threshold == 0 and abs(value) <= 1e-15 else float(f"{value:.15g}")

    meets = value >= number_cut(float(threshold), above)

    assert meets == (shown > float(threshold) if above else shown >= float(threshold))


@pytest.mark.parametrize("share", [0.01, 0.05, 0.07, 0.1])
def test_a_customer_at_exactly_the_threshold_meets_it(share: float) -> None:
    table = linked([
        ["决策表", "t"], ["命中策略", "F"], ["规则", "条件 IN", "结果 OUT"], ["列", "占比", "等级"],
        ["R1", f">={share:.0%}", "够"], ["R2", "-", "不够"],
    ])  # fmt: skip
    shares = [part * share / part for part in range(1, 500)] + [1 - (1 - share)]
    rows = [dict.fromkeys(VALUES, None) | {"share": s} for s in shares]

    decision = decide(table, frame(rows), {}).decision()

    assert decision.frame["等级"].to_list() == ["够"] * len(rows)


def test_a_million_rows_are_decided_without_touching_a_row_in_python() -> None:
    table = linked([
        ["决策表", "t"], ["命中策略", "F"], ["规则", "条件 IN", "条件 IN", "结果 OUT"],
        ["列", "金额", "占比", "等级"], ["R1", ">=100", ">=5%", "金"], ["R2", "-", "-", "银"],
    ])  # fmt: skip
    amount = pl.int_range(1_000_000, eager=True).cast(pl.Float64)
    big = pl.DataFrame({ROW: amount.cast(pl.UInt32), "amount": amount, "share": amount / 1e7})

    decided = decide(table, big, {})

    assert len(decided.outcomes) == 2
    assert decided.decision().hits == {"R1": 500_000, "R2": 500_000}


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("城市", 'contains(?, "(") and matches(?, "(")'),
        ("城市", "contains(?, 5)"),
        ("城市", "floor(?) > 1"),
        ("金额", "> 城市"),
        ("金额", "? + 1"),
        ("金额", 'starts with("a", "b", "c")'),
        ("开始", "> 金额"),
        ("贵宾", "> 是"),
    ],
)
def test_a_cell_that_cannot_be_worked_out_is_a_problem_and_not_a_crash(
    column: str, cell: str
) -> None:
    rows = [
        ["决策表", "t"], ["规则", "条件 IN", "结果 OUT"], ["列", column, "等级"], ["R1", cell, "金"],
    ]  # fmt: skip

    (problem,) = faults(rows)

    assert problem.where.ref == "B4"


SCRAPS = st.text('[]()<>=!?.,%万+-*/"{}空是not and contains 0123456789ab城市金额', max_size=20)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([c.zh for c in COLUMNS]), SCRAPS, SCRAPS, st.sampled_from(POLICIES))
def test_whatever_a_cell_holds_the_table_decides_or_names_the_cell(
    column: str, cell: str, output: str, policy: str
) -> None:
    rows: list[list[Any]] = [
        ["决策表", "t"], ["命中策略", policy], ["规则", "条件 IN", "结果 OUT"],
        ["列", column, "等级"], ["类型", None, "文本" if policy[-1] not in "+<>" else "数字"],
        ["R1", cell, output], ["R2", "-", "1"],
    ]  # fmt: skip
    found = faults(rows)
    if not found:
        sample = dict.fromkeys(VALUES) | {"amount": 1.0, "city": "a", "vip": True}
        decide(linked(rows), frame([sample, dict.fromkeys(VALUES, BAD)]), {}).decision()

    assert all(p.where.ref[0] in "BC" for p in found)


def faults(rows: list[list[Any]]) -> list[Any]:
    """Return what is wrong with a table, at loading, linking or trying it."""
    words = by_name(COLUMNS)
    rulebook, problems = load([Grid("b.xlsx", "规则", rows, {})], "b.xlsx", words)
    tables_, wrong = link(rulebook.tables, {"customers": words}, {})
    return problems or wrong or [p for t in tables_ for p in unusable(t)]
