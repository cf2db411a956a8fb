"""What a check finds: a problem, what kind it is, and the row that would fill a gap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kamrules.messages.problem import Problem
from kamrules.messages.shown import as_dict
from kamrules.words.text import Lang

# What the text output leaves out where it is no more than a notice.
QUIET = frozenset({"overlap", "gap", "duplicate", "policy", "governance", "unused"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of a kind; *row* is a gap as cells by column, *table* the table concerned."""

    problem: Problem
    kind: str
    table: str = ""
    row: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_quiet(self) -> bool:
        """Return whether the text output leaves it out."""
        return self.problem.severity == "notice" and self.kind in QUIET

    def as_dict(self, lang: Lang) -> dict[str, Any]:
        """Return the finding for ``--format json``."""
        found: dict[str, Any] = {**as_dict(self.problem, lang), "kind": self.kind}
        if self.table:
            found["table"] = self.table
        if self.row:
            found["row"] = dict(self.row)
        return found


def finding(problem: Problem, kind: str = "") -> Finding:
    """Return a problem with its kind; without one, that of its message."""
    return Finding(problem, kind or problem.kind)
