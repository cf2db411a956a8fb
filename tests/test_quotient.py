"""A quotient has the digits that it has everywhere else, however many rows there are."""

from __future__ import annotations

import polars as pl
import pytest

from kamrules.words.quotient import divided


@pytest.mark.parametrize("rows", [1, 2, 5000])
@pytest.mark.parametrize("by", [49, 0.95, 12, 10_000])
def test_a_constant_divides_as_python_divides(rows: int, by: float) -> None:
    numbers = pl.DataFrame({"n": [n / 7 for n in range(rows)]})

    found = numbers.select(divided(pl.col("n"), by), total=divided(pl.col("n"), pl.lit(1) * by))

    for column in found:
        assert column.to_list() == [n / by for n in numbers["n"]]


def test_a_total_divides_as_python_divides() -> None:
    numbers = pl.DataFrame({"n": [float(n) for n in range(1, 5000)]})
    total = sum(numbers["n"])

    found = numbers.with_columns(whole=pl.col("n").sum()).select(
        of_total=divided(pl.col("n"), pl.col("n").sum()), of_whole=divided(pl.col("n"), pl.col("whole"))
    )  # fmt: skip

    for column in found:
        assert column.to_list() == [n / total for n in numbers["n"]]
    # Else this would say nothing.
    assert (numbers["n"] / total).to_list() != [n / total for n in numbers["n"]]
