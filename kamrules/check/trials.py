"""The cases of a rule workbook, run: as text, as JSON, with the rules that they cover."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pluggy

from kamrules.check import casebook
from kamrules.check.cases import OTHER_RESULT, OTHER_RULE, Trial, covered, run_cases
from kamrules.check.workbook import Rules, joined
from kamrules.messages.problem import Problem
from kamrules.messages.shown import as_dict, shown
from kamrules.rules.catalogue import load_rules, merged_specs, vocabulary
from kamrules.rules.decision_table import RuleBook
from kamrules.rules.words import DEFAULT
from kamrules.run import pipeline
from kamrules.words.names import both
from kamrules.words.shown import fmt
from kamrules.words.text import Lang, Text, say
from kamrules.words.width import width
from kamrules.xlsx.files import replace_file

_SUMMARY = Text(
    "{book}: {count} 个用例, {passed} 个通过, {failed} 个失败; {rules} 条规则中 {used} 条有用例",
    "{book}: {count} cases, {passed} passed, {failed} failed; {used} of {rules} rules have a case",
)
_NONE = Text("{book}: 没有 测试 表", "{book}: no Tests sheet")
_UNTESTED = Text("{table} 中没有用例的规则: {rules}", "{table}: rules without a case: {rules}")
_RULE, _CASES, _ROWS = Text("规则", "rule"), Text("用例", "cases"), Text("数据", "data")
# So many rules without a case are named.
LISTED = 10


@dataclass(frozen=True, slots=True)
class Tested:
    """A rule workbook whose cases were run; *problems* are those of its rules.

    *hits* counts by table and rule the rows of a workbook with data, where one was given.
    """

    rules: Rules
    trials: Sequence[Trial]
    problems: Sequence[Problem]
    hits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def rulebook(self) -> RuleBook:
        """Return the workbook."""
        return self.rules.rulebook

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
    rulebook, problems = load_rules(path, vocabulary(merged_specs(manager)))
    rules = joined(rulebook, manager)
    return Tested(rules, run_cases(rules.rulebook, rules.columns), problems)


def generate(found: Tested, path: Path, target: Path, lang: Lang) -> Path:
    """Write a workbook with cases for every cut that has none yet; return its path."""
    blocks = casebook.generated(found.rules)
    if blocks:
        replace_file(target, casebook.with_cases(path, blocks, lang))
        return target
    return path


def write(found: Tested, path: Path, target: Path, lang: Lang) -> None:
    """Write a workbook with what its cases gave beside them."""
    blocks = found.rulebook.cases
    replace_file(target, casebook.with_results(path, found.trials, blocks, lang))


def with_hits(found: Tested, path: Path, book: Path, manager: pluggy.PluginManager) -> Tested:
    """Return the same with how many rows of a workbook with data each rule decides."""
    decided = pipeline.workings(book, pipeline.Run(manager, (path,))).decided
    return replace(found, hits={decision.table.name: decision.hits for _, decision in decided})


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
    if found.hits:
        return "\n".join([*lines, *_side_by_side(found, lang)])
    for table, rules in found.coverage().items():
        if untested := [rule for rule, n in rules.items() if not n]:
            listed = ", ".join(untested[:LISTED]) + (" ..." if len(untested) > LISTED else "")
            lines.append("  " + say(_UNTESTED, table=both(table), rules=listed).of(lang))
    return "\n".join(lines)


def _side_by_side(found: Tested, lang: Lang) -> Iterator[str]:
    """Yield how many cases and how many rows of data each rule has."""
    for table, rules in found.coverage().items():
        hits = found.hits.get(table, {})
        room = max([12, *(width(r) for r in rules)])
        yield ""
        yield f"{both(table).of(lang)}"
        yield f"  {_padded(_RULE.of(lang), room)}  {_CASES.of(lang)}  {_ROWS.of(lang)}"
        for rule, count in rules.items():
            cases = str(count).rjust(width(_CASES.of(lang)))
            rows = str(hits.get(rule, 0)).rjust(width(_ROWS.of(lang)))
            yield f"  {_padded(rule, room)}  {cases}  {rows}"


def _padded(text: str, room: int) -> str:
    return text + " " * (room - width(text))


def failure(trial: Trial, lang: Lang) -> list[str]:
    """Return a line for each thing that is wrong with a case."""
    lines = []
    for problem in trial.problems:
        where, what = problem.where, problem.what.of(lang)
        place = f"{where.sheet}!{where.ref}" if where.sheet else where.book
        said = (
            what
            if problem.code in (OTHER_RESULT.code, OTHER_RULE.code)
            else f"{what}: {problem.why.of(lang)}"
        )
        lines.append(f"{place}  {said}")
    return lines


def as_json(found: Tested, lang: Lang) -> dict[str, Any]:
    """Return everything about a workbook's cases for programs."""
    return {
        "book": found.rulebook.name,
        "cases": [_case(t, lang) for t in found.trials],
        "coverage": found.coverage(),
        "hits": {table: dict(rules) for table, rules in found.hits.items()},
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
