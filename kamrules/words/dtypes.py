"""The columns of frames that hold values of each type."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from kamrules.words.types import Type

DTYPES: Mapping[Type, pl.DataType] = {
    "any": pl.String(), "text": pl.String(), "enum": pl.String(), "int": pl.Float64(),
    "number": pl.Float64(), "money": pl.Float64(), "percent": pl.Float64(), "date": pl.Date(),
    "datetime": pl.Datetime("us"), "time": pl.Time(), "duration": pl.Duration("us"),
    "months": pl.Int64(), "bool": pl.Boolean(),
}  # fmt: skip
