"""The functions of rule cells: their names, what they take and give, and how they are worked out.

A function is one record here: the grammar, the engine and the SQL read it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from kamrules.words.quotient import divided

Kind = Literal["text", "number", "truth"]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of rule cells: *takes* arguments of one kind, *count* of them (None: any number).

    *works* is what it does to columns, *sql* the same in the SQL of DuckDB, None where the SQL is
    written by its own rule. *exact* functions see their number as 15 digits show it.
    """

    name: str
    takes: Kind
    gives: Kind
    works: Callable[..., pl.Expr]
    sql: Callable[..., str] | None
    count: int | None = 1
    zh: str = ""
    exact: bool = False


def _rounded(x: pl.Expr, places: pl.Expr | None = None) -> pl.Expr:
    scale = 10.0 ** (places if places is not None else pl.lit(0))
    scaled = (x * scale).round_sig_figs(15)
    return divided(scaled.sign() * (scaled.abs() + 0.5).floor(), scale)


def _of_known(choose: Callable[..., pl.Expr]) -> Callable[..., pl.Expr]:
    """Return a choice among values that is unknown where one of them is."""
    return lambda *xs: pl.when(pl.all_horizontal([x.is_not_null() for x in xs])).then(choose(*xs))


def _of_known_sql(function: str) -> Callable[..., str]:
    def written(*xs: str) -> str:
        known = " AND ".join(f"{x} IS NOT NULL" for x in xs)
        return f"CASE WHEN {known} THEN {function}({', '.join(xs)}) END"

    return written


_ALL = (
    Function("contains", "text", "truth", lambda text, part: text.str.contains(part, literal=True), lambda text, part: f"(STRPOS({text}, {part}) > 0)", 2, "包含"),
    Function("starts with", "text", "truth", lambda text, part: text.str.starts_with(part), lambda text, part: f"(SUBSTR({text}, 1, LENGTH({part})) = {part})", 2, "开头是"),
    Function("ends with", "text", "truth", lambda text, part: text.str.ends_with(part), lambda text, part: f"(LENGTH({text}) >= LENGTH({part}) AND SUBSTR({text}, LENGTH({text}) - LENGTH({part}) + 1) = {part})", 2, "结尾是"),
    Function("string length", "text", "number", lambda text: text.str.len_chars().cast(pl.Float64), lambda text: f"CAST(LENGTH({text}) AS DOUBLE)", zh="字数"),
    # Text is compared folded, so that its case is gone already.
    Function("upper case", "text", "text", lambda text: text, lambda text: text),
    Function("lower case", "text", "text", lambda text: text, lambda text: text),
    Function("abs", "number", "number", lambda x: x.abs(), lambda x: f"ABS({x})", zh="绝对值"),
    Function("floor", "number", "number", lambda x: x.floor(), lambda x: f"CAST(FLOOR({x}) AS DOUBLE)", exact=True),
    Function("ceiling", "number", "number", lambda x: x.ceil(), lambda x: f"CAST(CEIL({x}) AS DOUBLE)", exact=True),
    Function("round", "number", "number", _rounded, None, None),
    Function("min", "number", "number", _of_known(pl.min_horizontal), _of_known_sql("LEAST"), None),
    Function("max", "number", "number", _of_known(pl.max_horizontal), _of_known_sql("GREATEST"), None),
)  # fmt: skip
FUNCTIONS: Mapping[str, Function] = {function.name: function for function in _ALL}
