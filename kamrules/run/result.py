"""What a run says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kamrules.engine.decision import Decision
from kamrules.messages.problem import Problem
from kamrules.sheets.sheet import Data
from kamrules.words.text import Text

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Result:
    """One run: what was read, what was decided, and what is wrong.

    *customers* has one row for each row of the customers sheet, in sheet order: ROW, id, name,
    sales, share (null where unknown), tier, table and rule that gave it, why_zh and why_en (a
    sentence for every row), missing, previous (last period's tier or null), change ("up", "down",
    "same", "new" or null), effective (the tier in force, which a review may hold back) and outcome
    (what the review said, or null). *tiers* lists the tiers of the official scheme from best to
    least, *labels* the two names of values that the glossary translates. *record* is what a repeat
    of the run needs, *rule_changes* says which rules are new, changed or removed since an earlier
    run, by table and rule.
    """

    data: Data
    as_of: dt.date
    period: tuple[dt.date, dt.date]
    scheme: str
    tiers: tuple[str, ...]
    customers: pl.DataFrame
    decisions: tuple[Decision, ...]
    problems: tuple[Problem, ...]
    labels: Mapping[str, Text]
    record: Mapping[str, str]
    rule_changes: Mapping[tuple[str, str], str] = field(default_factory=dict)
