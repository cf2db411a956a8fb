"""Division as every other program has it."""

from __future__ import annotations

import polars as pl


def divided(left: pl.Expr, right: pl.Expr | float) -> pl.Expr:
    """Return a quotient whose last digits do not depend on how many rows there are.

    Polars multiplies by the reciprocal of a constant or a total, which gives other last digits
    (49 / 49 is less than 1), but by a column it divides; here everything is one. Not for what is
    aggregated.
    """
    column = pl.int_range(pl.len()).cast(pl.Float64) * 0
    return left / (right + column)
