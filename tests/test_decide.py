"""The engine gives what a row-by-row reading of the table gives."""

from __future__ import annotations

import datetime as dt
import random
from itertools import combinations
from typing import Any
from unittest import mock

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamrules.engine import lookup, search
from kamrules.engine.cuts import number_cut
from kamrules.engine.decide import CompiledTable, decide
from kamrules.engine.decision import MISSING, RULE
from kamrules.engine.usable import unusable
from kamrules.rules.grid import Grid
from kamrules.rules.link import LinkedTable, by_name, link
from kamrules.rules.load import load
from kamrules.sheets.column import ROW
from tests.kit.oracle import UNREADABLE as BAD
from tests.kit.oracle import answer
from tests.kit.tables import (
    COLUMNS,
    POLICIES,
    VALUES,
    at_exactly_a_percentage,
    customers,
    frame,
    linked,
    percentages,
    tables,
)


@settings(max_examples=400, deadline=None)
@given(tables(), customers())
def test_the_engine_equals_the_row_by_row_oracle(
    table: tuple[list[list[Any]], tuple[str, ...]], rows: list[dict[str, Any]]
) -> None:
    equal_to_the_oracle(linked(table[0]), rows)


@settings(max_examples=200, deadline=None)
@given(tables(), customers(), st.sampled_from([1, 20, 200]))
def test_every_way_of_looking_up_equals_the_oracle(
    table: tuple[list[list[Any]], tuple[str, ...]], rows: list[dict[str, Any]], dense: int
) -> None:
    # With small limits a small table takes the ways of large ones: searches, joins, no arrays.
    with (
        mock.patch.multiple(lookup, DENSE=dense, PART=5),
        mock.patch.multiple(search, FEW_CUTS=1, FEW_SPELLINGS=2, SAMPLE=2, MANY_SPELLINGS=4),
    ):
        equal_to_the_oracle(linked(table[0]), rows, times=20 if dense == 1 else 1)


def equal_to_the_oracle(
    rule_table: LinkedTable, rows: list[dict[str, Any]], times: int = 1
) -> None:
    """Check outputs, rules, missing inputs and violation of rows that come several times."""
    decided = decide(rule_table, frame(rows * times), {})
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


def large(policy: str, count: int) -> list[list[Any]]:
    """Return a table of many rules: equalities, lists, intervals, blanks and a few formulas."""
    chance = random.Random(policy)
    numeric = policy in ("C+", "C<", "C>", "C#")
    rows: list[list[Any]] = [
        ["决策表", "t"], ["命中策略", policy],
        ["规则", *["条件 IN"] * 4, "结果 OUT"], ["列", "城市", "开始", "金额", "占比", "等级"],
        ["取值", *[None] * 4, None if numeric else "银, 金, 铜"],
    ]  # fmt: skip
    for n in range(count):
        low, share = chance.randrange(2000), chance.randrange(50)
        city = chance.choice([f"城{chance.randrange(30)}", "城1, 城2", "not(城3)", "-", "空"])
        since = f">=20{chance.randrange(10, 24)}-01-01" if chance.random() < 0.3 else "-"
        amount = f"[{low}..{low + chance.randrange(1, 200)})" if n % 17 else "> 占比 * 1000"
        given = chance.choice([1, 2.5, -3] if numeric else ["金", "银"])
        rows.append([f"R{n + 1}", city, since, amount, f">={share / 100:.2f}", given])
    return rows


@pytest.mark.parametrize("policy", ["F", "P", "U", "A", "R", "O", "C", "C+", "C#"])
@pytest.mark.parametrize("dense", [1, 1 << 18])
def test_a_large_table_equals_the_oracle(policy: str, dense: int) -> None:
    chance = random.Random(policy)
    table = linked(large(policy, 60))
    some: dict[str, Any] = {
        "amount": lambda: chance.randrange(2200) + chance.choice([0.0, 0.5]),
        "share": lambda: chance.randrange(50) / 100,
        "city": lambda: f"城{chance.randrange(31)}",
        "since": lambda: dt.date(chance.randrange(2008, 2025), 1, 1),
    }
    rows = [
        dict.fromkeys(VALUES)
        | {
            k: chance.choice([None, BAD]) if chance.random() < 0.04 else v()
            for k, v in some.items()
        }
        for _ in range(40)
    ]

    with mock.patch.object(lookup, "DENSE", dense):
        equal_to_the_oracle(table, rows, times=40 if dense == 1 else 1)


def test_a_table_of_many_rules_decides_by_search_and_keeps_what_it_found() -> None:
    cells = [[f"R{n}", f"城{n // 40}", f"[{n % 40}..{n % 40 + 1})", f"{n}"] for n in range(2000)]
    table = linked([
        ["决策表", "t"], ["命中策略", "U"], ["规则", "条件 IN", "条件 IN", "结果 OUT"],
        ["列", "城市", "金额", "等级"], *cells,
    ])  # fmt: skip
    rows = pl.DataFrame({"n": pl.int_range(20_000, eager=True) % 2000}).select(
        pl.col("n").cast(pl.UInt32).alias(ROW),
        (pl.col("n") % 40 + 0.5).alias("amount"),
        pl.format("城{}", pl.col("n") // 40).alias("city"),
    )

    with mock.patch.object(lookup, "DENSE", 1000):
        compiled = CompiledTable(table, {})
        first, again = (compiled.decide(rows).decision() for _ in range(2))

    assert first.frame["等级"].equals(rows[ROW].cast(pl.Float64))
    assert first.hits == {f"R{n}": 10 for n in range(2000)}
    assert (again.frame.equals(first.frame), again.hits) == (True, first.hits)


@pytest.mark.parametrize("rules", [3, 200])
def test_it_is_counted_how_often_a_rule_hits(rules: int) -> None:
    cells = [[f"R{n}", f"[{n}..{n + 1})", f"{n}"] for n in range(rules)]
    table = linked([
        ["决策表", "t"], ["命中策略", "U"], ["规则", "条件 IN", "结果 OUT"], ["列", "金额", "等级"],
        *cells,
    ])  # fmt: skip
    amount = (pl.int_range(30_000, eager=True) ** 2 % (rules + 1)).cast(pl.Float64)
    rows = pl.DataFrame({ROW: pl.int_range(30_000, dtype=pl.UInt32, eager=True), "amount": amount})

    hits = decide(table, rows, {}).decision().hits

    assert hits == {f"R{n}": (amount == n).sum() for n in range(rules)}


@pytest.mark.parametrize("few", [0, 128])
def test_a_spelling_that_comes_late_is_none_that_came_before(few: int) -> None:
    table = linked([
        ["决策表", "t"], ["命中策略", "F"], ["规则", "条件 IN", "结果 OUT"], ["列", "城市", "等级"],
        ["R1", "北京, 上海", 1], ["R2", "广州", 2], ["R3", "-", 3],
    ])  # fmt: skip
    given = {"北京": 1, "上海": 1, "广州": 2, " 北京 ": 1, "深圳": 3}
    # Two thousand strangers come after the rows that are looked at first, and ＢＥＩ is one.
    cities = [*given] * 400 + [f"城{n}" for n in range(2000)] + ["ＢＥＩ", "广州", None]
    exact = [*given.values()] * 400 + [3] * 2000 + [3, 2, None]
    rows = pl.DataFrame({ROW: pl.int_range(len(cities), dtype=pl.UInt32, eager=True)}).with_columns(
        pl.Series("city", cities, dtype=pl.String)
    )

    with mock.patch.object(search, "FEW_SPELLINGS", few):
        compiled = CompiledTable(table, {})
        found = [compiled.decide(rows.head(n)).decision().frame["等级"] for n in (5, 2000, 4003)]

    assert [f.to_list() for f in found] == [exact[:5], exact[:2000], exact]


def test_customers_at_exactly_a_percentage_of_a_total_meet_it() -> None:
    table = percentages()
    customers_, exact = at_exactly_a_percentage()

    for share in ("share", "product"):
        rows = customers_.select(ROW, pl.col(share).alias("share"))
        decided = decide(table, rows, {})

        assert (decided.decision().frame["等级"] == exact).all()
        # Doubles compared as they are would be wrong for many of these.
        assert ((rows["share"] >= 0.07) != (exact >= 7)).any()


def test_what_is_no_number_counts_as_blank() -> None:
    table = linked([
        ["决策表", "t"], ["命中策略", "F"], ["规则", "条件 IN", "条件 IN", "结果 OUT"],
        ["列", "金额", "占比", "等级"], ["R1", ">=100", "-", "金"], ["R2", "-", "< 金额", "银"],
    ])  # fmt: skip
    rows = pl.DataFrame({
        ROW: pl.Series([1, 2, 3], dtype=pl.UInt32),
        "amount": [float("nan"), 5.0, float("inf")], "share": [1.0, 2.0, float("nan")],
    })  # fmt: skip

    found = decide(table, rows, {}).decision().frame

    assert found["等级"].to_list() == [None, "银", "金"]
    assert found[MISSING].to_list() == ["金额, 占比", None, None]


def test_a_formula_is_worked_out_for_the_rows_of_its_rules() -> None:
    table = linked([
        ["决策表", "t"], ["命中策略", "F"], ["规则", "条件 IN", "结果 OUT"],
        ["列", "金额", "等级"], ["类型", None, "数字"],
        ["R1", ">=100", "{占比} * 2"], ["R2", ">=10", 7], ["R3", ">=5", "{占比} * 2"],
        ["默认", None, "{占比}"],
    ])  # fmt: skip
    rows = [dict.fromkeys(VALUES) | {"amount": a, "share": 3.0} for a in (200.0, 20.0, 6.0, 1.0)]

    assert decide(table, frame(rows), {}).decision().frame["等级"].to_list() == [6, 7, 6, 3]


def test_rules_that_hold_together_are_named_and_only_those() -> None:
    table = linked([
        ["决策表", "t"], ["规则", "条件 IN", "条件 IN", "结果 OUT"], ["列", "城市", "金额", "等级"],
        ["R1", "上海", "[0..10)", "金"], ["R2", "上海", "[10..20)", "金"],
        ["R3", "北京, 上海", "[15..30)", "金"], ["R4", "广州", "-", "金"],
        ["R5", "not(上海)", ">=30", "金"], ["R6", "-", "[5..3]", "金"],
    ])  # fmt: skip

    assert list(CompiledTable(table, {}).regions.overlaps()) == [(1, 2), (3, 4)]


@settings(max_examples=100, deadline=None)
@given(tables(), customers())
def test_rules_that_hit_together_overlap(
    table: tuple[list[list[Any]], tuple[str, ...]], rows: list[dict[str, Any]]
) -> None:
    unique = [["命中策略", "U"] if r[0] == "命中策略" else r for r in table[0]]
    decided = decide(linked(unique), frame(rows), {})
    pairs = set(decided.compiled.regions.overlaps())

    for outcome, _ in decided.violations():
        assert all(p in pairs for p in combinations(outcome.rules, 2))


@pytest.mark.parametrize("policy", ["F", "C", "C+"])
def test_no_rows_are_decided_to_columns_without_rows(policy: str) -> None:
    decision = decide(linked(large(policy, 20)), frame([]), {}).decision()

    assert decision.frame.columns == [ROW, "等级", RULE, MISSING]
    assert decision.frame.is_empty()


def test_a_clash_that_no_row_comes_to_is_not_told() -> None:
    table = linked([
        ["决策表", "t"], ["规则", "条件 IN", "结果 OUT"], ["列", "金额", "等级"],
        ["R1", "[0..10)", "金"], ["R2", "[5..20)", "银"],
    ])  # fmt: skip
    rows = [dict.fromkeys(VALUES) | {"amount": 1.0}] * 10

    with mock.patch.object(lookup, "DENSE", 1):
        assert decide(table, frame(rows), {}).violations() == []


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
