"""Sales, shares and ranks of the tiering plugin."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kamrules_plugins.tiering import portfolio, totals

from kamrules.model import ROW, UNREADABLE, Cell, Data, Parameter
from kamrules.period import check_period, period

START, END = dt.date(2024, 1, 1), dt.date(2024, 12, 31)


def orders(lines: list[tuple[str | None, dt.date | None, float | None]]) -> pl.DataFrame:
    schema = {"customer_id": pl.String, "date": pl.Date, "amount": pl.Float64}
    return pl.DataFrame(lines, schema=schema, orient="row").with_row_index(ROW)


def facts(ids: list[str], lines: list[Any]) -> dict[str, dict[str, Any]]:
    customers = pl.DataFrame({"customer_id": ids})
    frame = portfolio(totals(customers, orders(lines), START, END)).collect()
    return {row["customer_id"]: row for row in frame.to_dicts()}


def day(month: int, day_: int = 1, year: int = 2024) -> dt.date:
    return dt.date(year, month, day_)


def test_a_share_is_the_part_of_all_orders_of_the_period() -> None:
    found = facts(
        ["A", "B", "C"],
        [("A", day(1), 60.0), ("A", day(2), 15.0), ("B", day(12, 31), 20.0), ("A", day(1, 1, 2025), 900.0),
         ("X", day(3), 5.0)],
    )  # fmt: skip

    assert [found[c]["sales"] for c in "ABC"] == [75.0, 20.0, 0.0]
    assert [found[c]["share"] for c in "ABC"] == [0.75, 0.2, 0.0]
    assert [found[c]["rank"] for c in "ABC"] == [1, 2, None]
    assert [found[c]["rank_position"] for c in "ABC"] == [0.0, 0.5, None]
    assert [found[c]["cumulative_share"] for c in "ABC"] == [0.75, 0.95, None]
    assert [found[c]["cumulative_share_before"] for c in "ABC"] == [0.0, 0.75, None]


def test_equal_sales_share_the_smallest_rank() -> None:
    found = facts(["A", "B", "C"], [("A", day(1), 5.0), ("B", day(1), 5.0), ("C", day(1), 1.0)])

    assert [found[c]["rank"] for c in "ABC"] == [1, 1, 3]


def test_returns_are_taken_off_and_a_negative_total_has_no_rank() -> None:
    found = facts(["A", "B"], [("A", day(1), 5.0), ("A", day(2), -8.0), ("B", day(1), 103.0)])

    assert (found["A"]["sales"], found["A"]["share"], found["A"]["rank"]) == (-3.0, -0.03, None)
    assert found["B"]["share"] == 1.03


def test_a_customer_with_an_unreadable_order_has_unknown_sales() -> None:
    lines = orders([("A", day(1), None), ("A", day(1), 5.0), ("B", day(1), 5.0), ("C", None, 5.0), ("D", day(1, 1, 2020), None)])  # fmt: skip
    lines = lines.with_columns(
        pl.Series("amount" + UNREADABLE, [True, False, False, False, True]),
        pl.Series("date" + UNREADABLE, [False, False, False, True, False]),
    )
    customers = pl.DataFrame({"customer_id": ["A", "B", "C", "D"]})

    found = portfolio(totals(customers, lines, START, END)).collect().sort("customer_id")

    assert found["sales"].to_list() == [None, 5.0, None, 0.0]
    assert found["sales" + UNREADABLE].to_list() == [True, False, True, False]


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.decimals(0, 99999, places=2)), min_size=1),
    st.randoms(),
)
def test_sums_are_the_same_in_every_order_of_the_lines(lines: Any, random: Any) -> None:
    listed = [(c, day(1), float(a)) for c, a in lines]
    shuffled = listed.copy()
    random.shuffle(shuffled)

    assert facts(["A", "B", "C"], listed) == facts(["A", "B", "C"], shuffled)


def test_parts_of_the_customers_give_the_bits_that_the_whole_gives() -> None:
    ids = [f"C{n:05}" for n in range(2000)]
    lines = orders(
        [(ids[n * 7919 % 2000], day(1 + n % 12), (n * 7907 % 99991) / 100) for n in range(20_000)]
    )
    customers = pl.DataFrame({"customer_id": ids})
    whole = portfolio(totals(customers, lines, START, END)).collect().sort("customer_id")

    for run in range(10):
        part = pl.col("customer_id").hash(run) % 7
        parts = [
            totals(customers.filter(part == n), lines.filter(part == n), START, END)
            for n in range(7)
        ]
        found = portfolio(pl.concat(parts)).collect().sort("customer_id")
        for column in found.columns:
            bits = [
                f[column].reinterpret(signed=False) if f[column].dtype.is_float() else f[column]
                for f in (found, whole)
            ]
            assert bits[0].equals(bits[1], null_equal=True)


def test_a_line_too_large_for_fixed_point_is_unknown_and_sums_do_not_wrap_around() -> None:
    found = facts(
        ["A", "B", "C"],
        [("A", day(1), 1e15), ("B", day(1), 9e14), ("B", day(1), 9e14), ("C", day(1), 1.0)],
    )

    assert found["A"]["sales"] is None
    assert found["A"]["sales" + UNREADABLE]
    assert found["B"]["sales"] == 1.8e15


def data(**parameters: Any) -> Data:
    cell = Cell("b.xlsx", "参数", "B2")
    return Data("b.xlsx", {}, {k: Parameter(k, v, cell) for k, v in parameters.items()})


@pytest.mark.parametrize(
    ("parameters", "as_of", "expected"),
    [
        ({}, dt.date(1997, 12, 31), (dt.date(1997, 1, 1), dt.date(1997, 12, 31))),
        ({}, dt.date(1998, 5, 6), (dt.date(1997, 5, 7), dt.date(1998, 5, 6))),
        ({}, dt.date(2024, 2, 29), (dt.date(2023, 3, 1), dt.date(2024, 2, 29))),
        ({"期间": "上一年度"}, dt.date(2024, 6, 1), (dt.date(2023, 1, 1), dt.date(2023, 12, 31))),
        (
            {"period": "Last Year"},
            dt.date(2024, 6, 1),
            (dt.date(2023, 1, 1), dt.date(2023, 12, 31)),
        ),
        (
            {"期间": "自定义", "期间开始": dt.date(2024, 1, 1), "期间结束": dt.date(2024, 3, 31)},
            dt.date(2024, 6, 1),
            (dt.date(2024, 1, 1), dt.date(2024, 3, 31)),
        ),
    ],
)
def test_the_period_follows_the_parameters(
    parameters: dict[str, Any], as_of: dt.date, expected: tuple[dt.date, dt.date]
) -> None:
    assert period(data(**parameters), as_of) == expected
    assert check_period(data(**parameters), as_of) == []


@pytest.mark.parametrize("parameters", [{"期间": "半年"}, {"期间": "自定义", "期间开始": "一月"}])
def test_a_period_nobody_understands_is_a_problem(parameters: dict[str, Any]) -> None:
    (problem,) = check_period(data(**parameters), dt.date(2024, 6, 1))

    assert problem.code == "E316"
