"""What a run says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kamrules.engine.decision import Decision
from kamrules.messages.problem import Problem
from kamrules.sheets.column import NO_HEADLINE, Headline
from kamrules.sheets.sheet import Data
from kamrules.words.text import Text

if TYPE_CHECKING:
    import polars as pl


# The as-of date of a run whose rules ask for none.
UNDATED = dt.date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Result:
    """One run: what was read, what was decided, and what is wrong.

    *subjects* has one row for each row of the sheet with a headline, in sheet order: ROW, id, name,
    measure, share (null where unknown), grade, table and rule that gave it, why_zh and why_en (a
    sentence for every row), missing, previous (last period's grade or null), change ("up", "down",
    "same", "new" or null), effective (the grade in force, which a review may hold back) and outcome
    (what the review said, or null); it is empty where no sheet has a headline. *grades* lists those
    of the official scheme from best to least, *labels* the two names of values that the glossary
    translates. *record* is what a repeat of the run needs, *rule_changes* says which rules are new,
    changed or removed since an earlier run, by table and rule.
    """

    data: Data
    as_of: dt.date
    period: tuple[dt.date, dt.date]
    scheme: str
    grades: tuple[str, ...]
    subjects: pl.DataFrame
    decisions: tuple[Decision, ...]
    problems: tuple[Problem, ...]
    labels: Mapping[str, Text]
    record: Mapping[str, str]
    rule_changes: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def is_dated(self) -> bool:
        """Return whether the run has an as-of date that says something."""
        return self.as_of != UNDATED

    @property
    def headline(self) -> Headline:
        """Return what the run says first, an empty headline where no sheet has one."""
        sheet = self.data.subjects
        return (sheet.spec.headline if sheet else None) or NO_HEADLINE
