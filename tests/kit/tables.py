"""Random decision tables and rows for them, and tables whose thresholds are met exactly."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from hypothesis import strategies as st

from kamrules.engine.decide import DTYPES
from kamrules.rules.grid import Grid
from kamrules.rules.link import LinkedTable, by_name, link
from kamrules.rules.load import load
from kamrules.sheets.column import ROW, UNREADABLE, Column
from tests.kit.oracle import UNREADABLE as BAD

COLUMNS = (
    Column("amount", "金额", "Amount", "number"),
    Column("share", "占比", "Share", "percent"),
    Column("city", "城市", "City", "text"),
    Column("since", "开始", "Since", "date"),
    Column("vip", "贵宾", "VIP", "bool"),
    Column("seen", "到访", "Seen", "datetime"),
)
NUMBERS = ("-1", "0", "0.07", "5%", "7%", "1", "3", "100", "1.5万")
WORDS = ("上海", "北京", "ＡＢ", "ab", "Strasse", "Москва", "İzmir", "ΣΟΦΟΣ", "القاهرة")
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
    "seen": ranges((*DAYS, "2024-01-01T08:30:00")),
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "amount": st.one_of(
        st.sampled_from(
            [-1.0, 0.0, 0.07, 0.1 * 0.7, 1.0, 3.0, 100.0, 15000.0, 1e-17, -1e-16, 1 - 0.93]
        ),
        st.floats(-1e6, 1e6),
    ),
    "share": st.sampled_from([0.0, 0.05, 0.07, 0.1 * 0.7, 0.06999999999999999, 1.0, 3.0]),
    "city": st.sampled_from([*WORDS, "AB", " ab ", "straße", "МОСКВА", "i̇zmir", "σοφος", "广州"]),
    "since": st.sampled_from([dt.date(2024, 1, 1), dt.date(2024, 2, 29), dt.date(2024, 3, 1)]),
    "vip": st.booleans(),
    "seen": st.sampled_from(
        [
            dt.datetime(2024, 1, 1),
            dt.datetime(2024, 1, 1, 8, 30),
            dt.datetime(2024, 2, 29, 23, 59),
        ]
    ),
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
        bad = [r[column.key] is BAD for r in rows]
        columns[column.key + UNREADABLE] = pl.Series(bad, dtype=pl.Boolean)
    return pl.DataFrame(columns)


def percentages() -> LinkedTable:
    """Return a table that tells 1%, 5%, 7% and 10% of a total apart."""
    return linked([
        ["决策表", "t"], ["命中策略", "F"], ["规则", "条件 IN", "结果 OUT"], ["列", "占比", "等级"],
        ["R1", ">=10%", 10], ["R2", ">=7%", 7], ["R3", ">=5%", 5], ["R4", ">=1%", 1],
        ["R5", "-", 0],
    ])  # fmt: skip


def at_exactly_a_percentage() -> tuple[pl.DataFrame, pl.Series]:
    """Return 100,000 customers at a percentage of a total or a cent off, and which they reach.

    Their shares are worked out in the two ways in which programs divide.
    """
    # A total in cents, the customer's part of it, and at most a cent more or less.
    n = pl.int_range(100_000, eager=True)
    percent = pl.Series([1, 5, 7, 10]).gather(n % 4)
    total = (n.cast(pl.UInt64).hash(3) % 10_000_000).cast(pl.Int64) * 100 + 100
    off = pl.select(
        pl.when(pl.lit(n % 3 == 0)).then(pl.lit(n % 2 * 2 - 1)).otherwise(0)
    ).to_series()
    part = total * percent // 100 + off
    exact = [
        next(float(p) for p in (10, 7, 5, 1, 0) if a * 100 >= p * b)
        for a, b in zip(part.to_list(), total.to_list(), strict=True)
    ]
    money, whole = part.cast(pl.Float64) / 100, total.cast(pl.Float64) / 100
    shares = {"share": money / whole, "product": money * (1 / whole)}
    return pl.DataFrame({ROW: n.cast(pl.UInt32), **shares}), pl.Series(exact)
