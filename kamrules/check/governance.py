"""Who answers for a table: approval, sources, and the time in which it is in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from kamrules.check.finding import Finding, finding
from kamrules.messages.problem import Refusal
from kamrules.messages.text import because, problem
from kamrules.rules.cell.sfeel import fold
from kamrules.rules.decision_table import DecisionTable
from kamrules.rules.words import WORDS, is_word
from kamrules.sheets import values
from kamrules.words.names import both
from kamrules.words.text import Text

_PENDING = frozenset({"", "-", "无", "待批准", "未批准", "待定", "pending", "none", "tbd", "draft"})
_NEVER = Text("这张表永远不会参加判定", "the table never takes part")
_ALWAYS = Text("这个日期不起作用", "the date has no effect")
_OVER = Text("这张表不再参加判定", "the table takes no part any more")


def check_governance(table: DecisionTable, as_of: dt.date | None) -> Iterator[Finding]:
    """Yield what is missing or out of date about a table and its rows."""
    approved = table.properties.get("approved")
    if approved is not None and fold(both(approved).zh) in _PENDING:
        yield finding(problem("W442", table.where, found=approved, table=table.name), "governance")
    for key in ("approved", "source"):
        if key not in table.properties:
            zh, en = WORDS[key][0], WORDS[key][-1].capitalize()
            column = Text(zh, en)
            yield finding(problem("W443", table.where, table=table.name, column=column))
    yield from _rows(table)
    yield from _period(table, as_of)


def _rows(table: DecisionTable) -> Iterator[Finding]:
    """Yield the rules that lack a source or an approval which the others have."""
    rules = (*table.rules, *([table.default] if table.default else []))
    columns = dict.fromkeys(c for r in rules for c in r.notes if is_word(c, "source", "approved"))
    for rule in rules:
        for column in columns:
            if not rule.notes.get(column):
                yield finding(
                    problem("W440", rule.where, table=table.name, rule=rule.id, column=both(column))
                )


def _period(table: DecisionTable, as_of: dt.date | None) -> Iterator[Finding]:
    """Yield what is wrong with the dates between which a table is in force."""
    typed = [table.properties.get(k, "") for k in ("from", "to")]
    start, end = (values.date(text) if text else None for text in typed)
    reason, effect = "", _NEVER
    if isinstance(start, Refusal) or isinstance(end, Refusal):
        reason, effect = "dates unread", _ALWAYS
    elif start and end and end < start:
        reason = "dates order"
    elif end and as_of and end < as_of:
        reason, effect = "dates past", _OVER
    if reason:
        why, fix = because(reason).values()
        if as_of:
            why = Text(why.zh.format(as_of=as_of), why.en.format(as_of=as_of))
        period = " - ".join(text or "..." for text in typed)
        yield finding(
            problem(
                "W441", table.where, found=period, table=table.name, period=period,
                effect=effect, why=why, fix=fix,
            )
        )  # fmt: skip
