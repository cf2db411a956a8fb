"""The cases of a rule workbook, run: as text, as JSON, with the rules that they cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pluggy

from kamrules.catalogue import load_rules, merged_specs, vocabulary
from kamrules.check.cases import Trial, covered, run_cases
from kamrules.engine.decide import DEFAULT
from kamrules.model import Column, Lang, Problem, RuleBook, Text
from kamrules.problems import as_dict, shown
from kamrules.rules.names import both
from kamrules.text import fmt, say

_SUMMARY = Text(
    "{book}: {count} 个用例, {passed} 个通过, {failed} 个失败; {rules} 条规则中 {used} 条有用例",
    "{book}: {count} cases, {passed} passed, {failed} failed; {used} of {rules} rules have a case",
)
_NONE = Text("{book}: 没有 测试 表", "{book}: no Tests sheet")
_UNTESTED = Text("{table} 中没有用例的规则: {rules}", "{table}: rules without a case: {rules}")
# So many rules without a case are named.
LISTED = 10


@dataclass(frozen=True, slots=True)
class Tested:
    """A rule workbook whose cases were run; *problems* are those of its rules."""

    rulebook: RuleBook
    trials: Sequence[Trial]
    problems: Sequence[Problem]

    @property
    def failed(self) -> list[Trial]:
        """Return the cases that failed."""
        return [t for t in self.trials if not t.passed]

    @property
    def exit_code(self) -> int:
        """Return 2 where rules cannot be used, 1 where a case fails, else 0."""
        if any(p.severity == "error" for p in self.problems):
            return 2
        return 1 if self.failed else 0

    def coverage(self) -> dict[str, dict[str, int]]:
        """Return by table how many cases each rule decided, 0 included."""
        hits = covered(self.trials)
        return {
            t.name: {
                **dict.fromkeys([r.id for r in t.rules], 0),
                **({DEFAULT: 0} if t.default else {}),
                **hits.get(t.name, {}),
            }
            for t in self.rulebook.tables
        }


def run(path: Path, manager: pluggy.PluginManager) -> Tested:
    """Return what the cases of a rule workbook give."""
    known = vocabulary(merged_specs(manager))
    rulebook, problems = load_rules(path, known)
    return tested(rulebook, problems, known)


def tested(rulebook: RuleBook, problems: Sequence[Problem], known: Mapping[str, Column]) -> Tested:
    """Return what the cases of a rule workbook give that was read before."""
    return Tested(rulebook, run_cases(rulebook, known), problems)


def as_text(found: Tested, lang: Lang) -> str:
    """Return the failures, then the counts, then the rules no case decides."""
    book = found.rulebook.name
    lines = [shown(p, lang) for p in found.problems if p.severity == "error"]
    for trial in found.failed:
        lines += failure(trial, lang)
    if not found.trials:
        return "\n".join([*lines, say(_NONE, book=book).of(lang)])
    counts = {(t, r): n for t, rules in found.coverage().items() for r, n in rules.items()}
    count, failed = len(found.trials), len(found.failed)
    numbers = {"count": count, "failed": failed, "passed": count - failed, "rules": len(counts)}
    used = sum(n > 0 for n in counts.values())
    lines.append(say(_SUMMARY, book=book, used=used, **numbers).of(lang))
    for table, rules in found.coverage().items():
        if untested := [rule for rule, n in rules.items() if not n]:
            listed = ", ".join(untested[:LISTED]) + (" ..." if len(untested) > LISTED else "")
            lines.append("  " + say(_UNTESTED, table=both(table), rules=listed).of(lang))
    return "\n".join(lines)


def failure(trial: Trial, lang: Lang) -> list[str]:
    """Return a line for each thing that is wrong with a case."""
    lines = []
    for problem in trial.problems:
        where, what = problem.where, problem.what.of(lang)
        place = f"{where.sheet}!{where.ref}" if where.sheet else where.book
        said = what if problem.code in ("E421", "E423") else f"{what}: {problem.why.of(lang)}"
        lines.append(f"{place}  {said}")
    return lines


def as_json(found: Tested, lang: Lang) -> dict[str, Any]:
    """Return everything about a workbook's cases for programs."""
    return {
        "book": found.rulebook.name,
        "cases": [_case(t, lang) for t in found.trials],
        "coverage": found.coverage(),
        "problems": [as_dict(p, lang) for p in found.problems],
    }


def _case(trial: Trial, lang: Lang) -> dict[str, Any]:
    case = trial.case
    return {
        "case": case.name, "table": trial.table, "sheet": case.where.sheet, "row": case.row,
        "passed": trial.passed, "rules": list(trial.rules), "outcome": trial.outcome,
        "got": {k: fmt(v, trial.types[k], lang) for k, v in trial.got.items()},
        "problems": [as_dict(p, lang) for p in trial.problems],
    }  # fmt: skip
