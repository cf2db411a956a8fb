"""What one table decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kamrules.rules.decision_table import DecisionTable

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Decision:
    """What one table decided for the rows of its sheet.

    *frame* holds ROW, one column for each output (its label), RULE (the id of the rule that gave
    them, ids joined by "," where several did, "默认" for the default row, null where undecided) and
    MISSING (labels of the blank or unreadable inputs that kept the row from being decided, or, for
    collecting policies, that were left out; null otherwise). *hits* counts rows by rule id.
    """

    table: DecisionTable
    frame: pl.DataFrame
    hits: Mapping[str, int]


RULE = "#rule"


MISSING = "#missing"
