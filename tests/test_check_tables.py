"""Gaps, overlaps and hidden rows are those that trying every kind of value finds."""

from __future__ import annotations

import datetime as dt
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kamrules.check.cover import Budget, Cover, Exhausted
from kamrules.check.finding import Finding
from kamrules.check.regions import regions_of
from kamrules.check.tables import check_table
from kamrules.rules.grid import Grid
from kamrules.rules.link import LinkedTable, by_name, link
from kamrules.rules.load import load
from kamrules.rules.table import admits
from kamrules.sheets.column import Column
from tests.kit.oracle import _cell

COLUMNS = (
    Column("amount", "金额", "Amount", "number"),
    Column("days", "天数", "Days", "int"),
    Column("city", "城市", "City", "text"),
    Column("vip", "贵宾", "VIP", "bool"),
    Column("since", "开始", "Since", "date"),
)
DAY = dt.timedelta(days=1)
DAYS = [dt.date(2024, 1, 1), dt.date(2024, 1, 5)]
# Values of every kind that the conditions below tell apart.
TRIED: dict[str, list[Any]] = {
    "amount": [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, None],
    "days": [-1.0, 0.0, 1.0, 2.0, 3.0, 4.0, None],
    "city": ["上海", "北京", "广州", "拉萨", None],
    "vip": [True, False, None],
    "since": [DAYS[0] - DAY, DAYS[0], DAYS[0] + DAY, DAYS[1], DAYS[1] + DAY, None],
}
CONSTANTS = {
    "amount": ("0", "1", "3"), "days": ("0", "1", "3"), "since": ("2024-01-01", "2024-01-05"),
}  # fmt: skip
VALUES = {
    "amount": (None, None, ">=0", "[0..3]", ">=0, 空"),
    "days": (None, None, ">=0", "[0..3]", "<=3, 空"),
    "city": (None, "上海, 北京, 广州", "上海, 北京, 空"),
    "vip": (None, None, "是, 空"),
    "since": (None, "[2024-01-01..2024-01-05]"),
}


def ordered(key: str) -> st.SearchStrategy[str]:
    value = st.sampled_from(CONSTANTS[key])
    compare = st.builds("{}{}".format, st.sampled_from([">=", ">", "<", "<=", "", "!="]), value)
    interval = st.builds(
        "{}{}..{}{}".format, st.sampled_from("[("), value, value, st.sampled_from("])")
    )
    asked = st.builds("? >= {} and ? < {}".format, value, value)
    listed = st.lists(st.one_of(compare, compare, st.just("空")), min_size=1, max_size=2)
    several = listed.map(", ".join)
    return st.one_of(compare, interval, asked, several, several.map("not({})".format))


def words() -> st.SearchStrategy[str]:
    word = st.sampled_from(["上海", "北京", "广州", "空"])
    listed = st.lists(word, min_size=1, max_size=2).map(", ".join)
    return st.one_of(listed, listed, listed.map("not({})".format))


CELLS = {
    **{key: ordered(key) for key in CONSTANTS}, "city": words(),
    "vip": st.sampled_from(["是", "否", "not(是)", "空", "空, 否"]),
}  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[Any]], tuple[str, ...]]:
    keys = tuple(draw(st.lists(st.sampled_from(list(TRIED)), min_size=1, max_size=3, unique=True)))
    names = {c.key: c.zh for c in COLUMNS}
    rows: list[list[Any]] = [
        ["决策表", "t"],
        ["命中策略", draw(st.sampled_from(["U", "A", "F", "P", "R", "C"]))],
        ["规则", *["条件"] * len(keys), "结果"],
        ["列", *(names[k] for k in keys), "等级"],
        ["取值", *(draw(st.sampled_from(VALUES[k])) for k in keys), "金, 银, 铜"],
    ]
    for n in range(draw(st.integers(1, 5))):
        cells = (draw(st.one_of(st.just("-"), CELLS[k])) for k in keys)
        rows.append([f"R{n + 1}", *cells, draw(st.sampled_from(["金", "银"]))])
    if draw(st.integers(0, 3)) == 0:
        rows.append(["默认", *[None] * len(keys), "铜"])
    return rows, keys


def linked(rows: list[list[Any]]) -> LinkedTable:
    words_ = by_name(COLUMNS)
    rulebook, problems = load([Grid("b.xlsx", "规则", rows, {})], "b.xlsx", words_)
    assert problems == []
    found, problems = link(rulebook.tables, {"customers": words_}, {})
    assert problems == []
    return found[0]


def hits(table: LinkedTable, row: dict[str, Any]) -> list[int]:
    places = range(len(table.inputs))
    rules = table.table.rules
    return [
        n
        for n, r in enumerate(rules)
        if all(_cell(table.table, table, row, r, i) is True for i in places)
    ]


def says_blank(table: LinkedTable, place: int) -> bool:
    return any("空" in r.inputs[place].text for r in table.table.rules)


def allowed(table: LinkedTable, place: int, value: Any) -> bool:
    values = table.table.inputs[place].values
    if value is None:
        listed = any(admits(t, None) for t in values if getattr(t, "op", "") == "=")
        return listed or says_blank(table, place)
    return not values or any(admits(t, value) for t in values if not admits_blank(t))


def admits_blank(test: Any) -> bool:
    return getattr(test, "op", "") == "=" and admits(test, None)


def possible(table: LinkedTable) -> list[dict[str, Any]]:
    """Return every combination of values that the columns may have."""
    columns = [
        [(c, v) for v in TRIED[c] if allowed(table, n, v)] for n, c in enumerate(table.inputs)
    ]
    return [dict(combination) for combination in product(*columns)]


def is_gap(table: LinkedTable, row: dict[str, Any]) -> bool:
    if hits(table, row):
        return False
    # The default row counts, unless a blank leaves a rule open.
    places = range(len(table.inputs))
    truths = [[_cell(table.table, table, row, r, i) for i in places] for r in table.table.rules]
    return table.table.default is None or any(False not in t for t in truths)


def found(table: LinkedTable) -> list[Finding]:
    return check_table(regions_of(table, by_name(COLUMNS), {}), None)


@settings(max_examples=300, deadline=None)
@given(tables())
def test_the_verifier_equals_trying_every_kind_of_value(
    drawn: tuple[list[list[Any]], tuple[str, ...]],
) -> None:
    rows, keys = drawn
    table = linked(rows)
    findings = found(table)
    tried = possible(table)
    gaps = [row for row in tried if is_gap(table, row)]
    together = [hits(table, row) for row in tried]

    assert any(f.kind == "gap" for f in findings) == bool(gaps)
    assert any(f.kind == "overlap" for f in findings) == any(len(h) > 1 for h in together)
    if table.table.policy == "U":
        assert any(f.kind == "conflict" for f in findings) == any(len(h) > 1 for h in together)
    never = {n for n in range(len(table.table.rules)) if not any(n in h for h in together)}
    dead = {f.problem.where.ref for f in findings if f.problem.code == "W415"}
    assert dead == {table.table.rules[n].where.ref for n in never}
    if table.table.policy == "F":
        hidden = {n for h in together for n in h[1:]} - {h[0] for h in together if h} - never
        told = {
            f.problem.where.ref for f in findings if f.kind in ("masked", "unreachable", "duplicate")
        } - dead  # fmt: skip
        assert told == {table.table.rules[n].where.ref for n in hidden}
    fills(rows, keys, findings, tried, gaps)


def fills(
    rows: list[list[Any]],
    keys: tuple[str, ...],
    findings: list[Finding],
    tried: list[dict[str, Any]],
    gaps: list[dict[str, Any]],
) -> None:
    """Hold that the rows which a check offers hit every gap, and nothing but gaps."""
    offered = [[*f.row.values()] for f in findings if f.kind == "gap"]
    if not offered or any("&" in cell for cells in offered for cell in cells):
        return
    old = [r for r in rows if r[0] != "默认"]
    new = [[f"N{n}", *cells, "铜"] for n, cells in enumerate(offered)]
    filled = linked([*old, *new])
    first_new = len(linked(old).table.rules)
    for row in tried:
        reached = [n for n in hits(filled, row) if n >= first_new]
        if row in gaps:
            assert reached, (row, offered)
        elif all(v is not None for v in row.values()):
            assert not reached, (row, offered)


def test_a_search_without_budget_says_so_instead_of_guessing() -> None:
    size = 40
    masks = [(1 << n % size, 1 << n * 7 % size, 1 << n * 11 % size) for n in range(300)]
    cover = Cover([size] * 3, masks)

    try:
        list(cover.gaps(Budget(100), 10, cover.full))
    except Exhausted:
        return
    raise AssertionError("100 steps cannot be enough")


def test_a_comparison_with_a_column_leaves_blanks_to_the_row_that_names_them() -> None:
    rows: list[list[Any]] = [
        ["决策表", "t"],
        ["命中策略", "F"],
        ["规则", "条件", "结果"],
        ["列", "金额", "等级"],
        ["R1", ">天数", "金"],
        ["R2", "<=天数", "银"],
        ["R3", "空", "银"],
    ]

    assert [f.kind for f in found(linked(rows)) if f.problem.severity != "notice"] == []


def test_comparisons_of_one_column_with_several_are_not_taken_for_gaps() -> None:
    rows: list[list[Any]] = [
        ["决策表", "t"],
        ["命中策略", "F"],
        ["规则", "条件", "结果"],
        ["列", "金额", "等级"],
        ["R1", ">=天数 * 2", "金"],
        ["R2", ">=天数", "银"],
        ["R3", "<天数", "铜"],
    ]

    assert [f.kind for f in found(linked(rows)) if f.problem.severity != "notice"] == []
