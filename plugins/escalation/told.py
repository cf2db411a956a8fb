"""What case rules gave, as rows and as problems, and who is told of it."""

from __future__ import annotations

from typing import Any

import polars as pl

from kamrules.plugin import Book, CaseRules, Problem, Rows, Step, Text, caserun

from ..company import ReportingLine
from .happened import EPOCH, SECOND
from .messages import BUILT_IN_DECIDED, ENGINES_DISAGREE, NO_DURABLE_RULES, NOBODY_IN_ROLE

_STEPS: dict[str, Any] = {
    "complaint_id": pl.String, "at": pl.Datetime("us"), "before": pl.String, "level": pl.String,
    "rule": pl.String, "because": pl.String, "rank": pl.Int64,
}  # fmt: skip
_NOTICED = dict.fromkeys(("rule", "role", "action", "reason"), pl.String)
_ADDRESSED = dict.fromkeys(("person", "email", "direction"), pl.String)


def steps(outcome: caserun.Outcome, rules: CaseRules) -> Rows:
    """Return a row for each level that a complaint reached."""
    found = [(s.subject, *_step(s, rules)) for steps in outcome.steps.values() for s in steps]
    return pl.DataFrame(found, schema=_STEPS, orient="row")


def _step(step: Step, rules: CaseRules) -> tuple[Any, ...]:
    before = rules.levels[step.before] if step.before >= 0 else ""
    others = ", ".join(step.because)
    at = EPOCH + step.at * SECOND
    return at, before, rules.levels[step.level], step.rule, others, step.level


def noticed(rules: CaseRules) -> Rows:
    """Return whom each rule tells, what they are to do, and why."""
    found = [
        (rule.id, rules.said[rule.id].get("通知"), rules.said[rule.id].get("动作"),
         rule.notes.get("理由") or next(iter(rule.notes.values()), ""))
        for rule in rules.table.rules
    ]  # fmt: skip
    return pl.DataFrame(found, schema=_NOTICED, orient="row")


def said(outcome: caserun.Outcome, engine: str, rules: CaseRules) -> list[Problem]:
    """Return what there is to say about how the case rules were decided."""
    problems = []
    where = rules.table.where
    if engine in ("durable", "both") and not caserun.available():
        problems.append(NO_DURABLE_RULES.at(where, found=engine))
    if outcome.left:
        customer, why = next(iter(sorted(outcome.left.items())))
        found, count = f"{customer}: {why}", len(outcome.left)
        problems.append(BUILT_IN_DECIDED.at(where, found=found, count=count))
    if outcome.different:
        customer, theirs, ours = outcome.different
        durable, builtin = _told(theirs, rules), _told(ours, rules)
        problems.append(
            ENGINES_DISAGREE.at(where, found=customer, durable=durable, builtin=builtin)
        )
    return problems


def _told(step: Step | None, rules: CaseRules) -> Text:
    if step is None:
        return Text("没有升级", "no level")
    at, _, level, rule, *_ = _step(step, rules)
    return Text(*(f"{step.subject} {at:%Y-%m-%d %H:%M} -> {level} ({rule})",) * 2)


def addressed(rows: Rows, line: ReportingLine, book: Book) -> tuple[Rows, list[Problem]]:
    """Return who gets each notice: the person, the address, and the direction it goes."""
    pairs = rows.select("owner", "role").unique(maintain_order=True)
    found = {pair: person_for(line, *pair) for pair in pairs.iter_rows()}
    each = [found[pair] for pair in rows.select("owner", "role").iter_rows()]
    people = pl.DataFrame(each, schema=_ADDRESSED, orient="row")
    problems = []
    lost = rows.select("owner", "role").hstack(people).filter(pl.col("person").is_null())
    if book.has("staff"):
        for (role,), part in lost.drop_nulls("role").group_by(["role"], maintain_order=True):
            owners = ", ".join(part["owner"].fill_null("-").unique(maintain_order=True).head(5))
            where, count = book.at("staff"), part.height
            problems.append(NOBODY_IN_ROLE.at(where, found=owners, role=role, count=count))
    return people, problems


def person_for(line: ReportingLine, owner: str | None, role: str | None) -> tuple[Any, ...]:
    """Return who is told of an owner's complaint: name, address, and whether it goes up."""
    if role is None:
        return None, None, None
    own = role in ("负责人", "owner", "Owner")
    person = line.addressee(owner, role)
    name = person.name if person else (owner if own else None)
    return name, person.email if person else None, "告知" if own else "上报"
