"""Whether the conditions and results of a table can be worked out at all, tried on one row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from kamrules.engine.axis import is_constant
from kamrules.engine.expressions import Scope, UnsupportedError, folded, test_expr, value_expr
from kamrules.messages.problem import Problem
from kamrules.rules.cell.ast import Lit
from kamrules.rules.decision_table import Entry
from kamrules.rules.link import LinkedTable
from kamrules.rules.messages import NOT_WORKED_OUT
from kamrules.words.dtypes import DTYPES
from kamrules.words.text import Text
from kamrules.words.types import TEXTUAL, Type

_SAMPLES: Mapping[Any, Any] = {
    pl.String: "a", pl.Float64: 1.0, pl.Date: dt.date(2024, 1, 1), pl.Boolean: True, pl.Int64: 1,
    pl.Datetime("us"): dt.datetime(2024, 1, 1), pl.Time: dt.time(8),
    pl.Duration("us"): dt.timedelta(1),
}  # fmt: skip


def unusable(linked: LinkedTable) -> list[Problem]:
    """Return a problem for each rule cell whose functions or types cannot be worked out."""
    problems = []
    for entry, expression, columns in _computed(linked):
        reason = _failure(expression, columns)
        if reason:
            why = Text(reason, reason)
            table = linked.table.name
            problems.append(NOT_WORKED_OUT.at(entry.where, found=entry.text, table=table, why=why))
    return problems


def _computed(linked: LinkedTable) -> Iterator[tuple[Entry, Any, Mapping[str, Type]]]:
    """Yield each cell that is no constant, how to build its expression, and what it reads."""
    table = linked.table
    named = dict(linked.names.values())
    for rule in table.rules:
        for entry, spec, column in zip(rule.inputs, table.inputs, linked.inputs, strict=True):
            if not is_constant(entry.meaning, spec.type):
                scope = Scope(linked.names, (column, spec.type))
                yield entry, (test_expr, entry.meaning, scope), {**named, column: spec.type}
    for rule in (*table.rules, *([table.default] if table.default else [])):
        for entry in rule.outputs:
            if not isinstance(entry.meaning, Lit):
                yield entry, (value_expr, entry.meaning, Scope(linked.names)), named


def _failure(expression: Any, columns: Mapping[str, Type]) -> str:
    """Return why an expression cannot be worked out on a row of samples, else nothing."""
    build, meaning, scope = expression
    sample: dict[str, pl.Series] = {}
    for column, type_ in columns.items():
        dtype = DTYPES[type_]
        sample[column] = pl.Series([_SAMPLES[dtype]], dtype=dtype)
        if type_ in TEXTUAL:
            sample[folded(column)] = sample[column]
    try:
        found = pl.DataFrame(sample or {"": [0]}).select(build(meaning, scope).alias("x"))["x"]
    except UnsupportedError as error:
        return str(error)
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        return str(error).splitlines()[0]
    if build is test_expr and found.dtype not in (pl.Boolean, pl.Null):
        return "?"
    return ""
