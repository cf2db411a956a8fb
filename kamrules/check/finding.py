"""What a check finds: a problem, what kind it is, and the row that would fill a gap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kamrules.messages.problem import Problem
from kamrules.messages.shown import as_dict
from kamrules.words.text import Lang

# Kinds of the problems that others report, by the beginning of their code.
_KINDS: Mapping[str, str] = {
    "E0": "file", "E1": "type", "W1": "value", "E2": "header", "W2": "header", "E205": "duplicate",
    "W208": "value", "E303": "word", "E310": "type", "E315": "type", "E311": "value",
    "E312": "column", "W321": "replaced", "W322": "effective", "E3": "syntax", "E308": "cycle",
    "E309": "duplicate", "E313": "duplicate", "E314": "duplicate", "W3": "rules",
    "W410": "partial", "W411": "gap", "W412": "overlap", "E413": "conflict", "W414": "masked",
    "W415": "unreachable", "W416": "duplicate", "W417": "policy", "W418": "value",
    "W419": "unused", "W420": "column", "W206": "reference", "E4": "data", "E42": "test",
    "W43": "trap", "W44": "governance", "W441": "effective",
    "W4": "data", "E5": "plugin", "E6": "report", "W7": "calendar",
    "E7": "cases",
}  # fmt: skip
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
    """Return a problem with its kind; without one, by its code."""
    code = problem.code
    known = (_KINDS[code[:n]] for n in range(len(code), 1, -1) if code[:n] in _KINDS)
    return Finding(problem, kind or next(known, "problem"))
