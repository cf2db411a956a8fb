"""The page of a run: what plugins give to it, and the problems and rules that every run has."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kamrules.engine.decision import MISSING, RULE, Decision
from kamrules.messages.problem import Problem, Severity
from kamrules.messages.text import LABELS, label
from kamrules.page.page import (
    Head,
    Kind,
    Page,
    Part,
    ProblemLine,
    Row,
    RuleLine,
    Sections,
    Table,
    TableLines,
)
from kamrules.page.shown import (
    grade_chips,
    heading,
    period_name,
    place_link,
    rule_name,
    shown,
    unit_of,
)
from kamrules.rules.decision_table import HIT_POLICIES, DecisionTable, Rule
from kamrules.run.governance import on_trial
from kamrules.run.headline import word
from kamrules.run.result import Result
from kamrules.words.text import Lang, Text, say

_MOST_NAMED = 4
# Keys of the run record that name a rule workbook begin with this.
_RULES = "rules "


def compose(result: Result, lang: Lang, given: Sequence[Sections] = ()) -> Page:
    """Return the page of a run in one language, with the sections that plugins give to it."""
    unit, scale = unit_of(result.subjects["measure"].max(), lang)
    return Page(
        lang=lang,
        book=result.data.book,
        title=word(result.headline, "title").of(lang),
        subtitle=_subtitle(result, lang),
        run=_digest(result.record),
        parts=tuple(p for one in given for p in one.parts) or (_decided(result, lang),),
        problems=tuple(_problems(result, lang)),
        tables=_Tables(result, lang).lines(),
        measure=result.headline.measure,
        unit=unit,
        scale=scale,
        words={n: t.of(lang) for n, t in {**LABELS, **result.headline.words}.items()},
        values={name: value for one in given for name, value in one.values.items()},
    )


def _decided(result: Result, lang: Lang) -> Part:
    """Return how many rows each table decided: what a page says where no plugin says anything."""
    kinds: Sequence[tuple[str, Kind, int]] = (
        ("diff_table", "text", 3), ("decided", "count", 3), ("undecided", "count", 1),
    )  # fmt: skip
    heads = tuple(Head(label(name).of(lang), kind, span) for name, kind, span in kinds)
    rows = []
    for decision in result.decisions:
        given = decision.frame[RULE]
        title = decision.table.title.of(lang) or decision.table.name
        rows.append(Row((title, len(given) - given.null_count(), given.null_count())))
    return Part("", ((Table(label("result").of(lang), heads, tuple(rows), book=True),),))


def _say(name: str, lang: Lang, **params: Any) -> str:
    return say(label(name), **params).of(lang)


def _subtitle(result: Result, lang: Lang) -> str:
    record = result.record
    rules = [key.removeprefix(_RULES) for key in record if key.startswith(_RULES)]
    names = [name for name in rules if not name.startswith("file ")]
    parts = [
        result.data.book,
    ]
    if result.is_dated:
        parts.append(_say("as_of", lang, date=result.as_of.isoformat()))
        parts.append(_say("period", lang, period=period_name(result.period)))
    if result.scheme:
        parts.append(_say("scheme", lang, scheme=shown(result, result.scheme, lang)))
    if names:
        # The record names them all; a line of a page has room for a few.
        more = f" (+{len(names) - _MOST_NAMED})" if len(names) > _MOST_NAMED else ""
        parts.append(_say("rule_sets", lang, names=", ".join(names[:_MOST_NAMED]) + more))
    if "kamrules" in record:
        parts.append(f"kamrules {record['kamrules']}")
    return " · ".join(parts)


def _digest(record: Mapping[str, str]) -> str:
    """Return an id that two runs share only if they had the same input, rules and date."""
    lines = "\n".join(f"{key}={value}" for key, value in record.items())
    return hashlib.sha256(lines.encode()).hexdigest()[:12]


def _problems(result: Result, lang: Lang) -> Iterator[ProblemLine]:
    order: Sequence[Severity] = ("error", "warning", "notice")
    for problem in sorted(result.problems, key=lambda p: order.index(p.severity)):
        yield _problem(problem, result.data.book, lang)


def _problem(problem: Problem, book: str, lang: Lang) -> ProblemLine:
    where = problem.where
    here = where.book == book
    ref = re.split(r"[,;\s]", where.ref)[0] or "A1"
    texts: Sequence[Text] = (problem.what, problem.why, problem.fix, problem.effect)
    what, why, fix, effect = (text.of(lang) for text in texts)
    return ProblemLine(
        problem.code,
        problem.severity,
        label(problem.severity).of(lang),
        where.local if here else str(where),
        place_link(where.sheet, ref) if here and where.sheet else "",
        problem.key,
        what,
        problem.found,
        why,
        fix,
        effect,
    )


class _Tables:
    """The decision tables of a run, as executed."""

    def __init__(self, result: Result, lang: Lang) -> None:
        self.result, self.lang, self.chips = result, lang, grade_chips(result, lang)

    def lines(self) -> tuple[TableLines, ...]:
        return tuple(self._table(decision) for decision in self.result.decisions)

    def _table(self, decision: Decision) -> TableLines:
        table = decision.table
        notes = tuple(dict.fromkeys(name for rule in _rules(table) for name in rule.notes))
        policy = f"{table.policy} {HIT_POLICIES[table.policy].of(self.lang)}"
        return TableLines(
            table.name,
            table.title.of(self.lang) or table.name,
            _say("hit_policy", self.lang, policy=policy),
            table.source,
            tuple(heading(self.result, i.label, self.lang) for i in table.inputs),
            tuple(heading(self.result, o.label, self.lang) for o in table.outputs),
            tuple(heading(self.result, name, self.lang) for name in notes),
            tuple(self._rule(table.name, rule, decision.hits, notes) for rule in _rules(table)),
            self._state(decision),
        )

    def _state(self, decision: Decision) -> str:
        """Return who answers for a table, from when to when it holds, and whether it decided."""
        said = decision.table.properties
        names = ("owner", "approved", "version", "from", "to")
        parts = [f"{_say(f'table_{n}', self.lang)} {said[n]}" for n in names if said.get(n)]
        if on_trial(decision.table):
            parts.append(_say("on_trial", self.lang))
        if is_idle(decision):
            parts.append(_say("idle", self.lang))
        return " · ".join(parts)

    def _rule(
        self, table: str, rule: Rule, hits: Mapping[str, int], notes: Sequence[str]
    ) -> RuleLine:
        outputs = tuple(entry.text for entry in rule.outputs)
        change = self.result.rule_changes.get((table, rule.id), "")
        return RuleLine(
            rule.id,
            rule_name(rule.id, self.lang),
            tuple(entry.text for entry in rule.inputs),
            outputs,
            tuple(self.chips.get(text.strip().strip('"“”')) for text in outputs),
            tuple(rule.notes.get(name, "") for name in notes),
            hits.get(rule.id, 0),
            _say(f"rule_{change}", self.lang) if change else "",
        )


def is_idle(decision: Decision) -> bool:
    """Return whether a table decided nothing because what it needs is not in the book."""
    frame = decision.frame
    nobody = frame[RULE].null_count() == frame.height
    return nobody and frame[MISSING].null_count() == 0


def _rules(table: DecisionTable) -> Iterable[Rule]:
    return table.rules if table.default is None else (*table.rules, table.default)
