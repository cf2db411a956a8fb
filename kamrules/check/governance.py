"""Who answers for a table: approval, sources, and the time in which it is in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from kamrules.check.finding import Finding, finding
from kamrules.messages.message import Reason, Refusal, message, reason
from kamrules.messages.phrases import IN_RULE, TABLE
from kamrules.rules.decision_table import DecisionTable
from kamrules.rules.words import WORDS, is_word
from kamrules.sheets import dates
from kamrules.words.fold import fold
from kamrules.words.names import both
from kamrules.words.text import Text

# fmt: off
NO_NOTE = message("W440", kind="governance",
    what=("规则表 {table} 的 {rule} 没有写{column}", "table {table}: {rule} has no {column}"),
    why=("同一张表的其他规则写了", "other rules of the table have it"),
    fix=("补上{column}", "fill in the {column}"),
    effect=("说不清这条规则从何而来", "nobody can say where the rule comes from"),
    example={"table": TABLE, "rule": "R4", "column": Text("依据", "Source")}, place=IN_RULE)
WRONG_PERIOD = message("W441", kind="effective",
    what=("规则表 {table} 的生效期有问题: {period}", "table {table} is in force {period}"),
    fix=("改正生效和失效日期", "correct its From and To dates"),
    example={"table": TABLE, "period": "2024-06-01 - 2024-01-31",
             "why": Text("失效早于生效", "To is before From"),
             "effect": Text("这张表永远不生效", "the table is never in force")}, place=IN_RULE)
NOT_APPROVED = message("W442", kind="governance", severity="notice",
    what=("规则表 {table} 还没有批准", "table {table} is not approved yet"),
    why=("批准一栏是 “{found}”", "Approved says '{found}'"),
    fix=("批准后写上批准人", "write who approved it"),
    effect=("判定不变", "decisions stay the same"),
    example={"table": TABLE, "found": "待批准"}, place=IN_RULE)
NO_PROPERTY = message("W443", kind="governance", severity="notice",
    what=("规则表 {table} 没有写{column}", "table {table} does not say its {column}"),
    why=("表头上没有这一行", "its property rows lack it"),
    fix=("在表名下面加一行: {column}", "add a row below the name: {column}"),
    effect=("判定不变", "decisions stay the same"),
    example={"table": TABLE, "column": Text("负责人", "Owner")}, place=IN_RULE)
# fmt: on
_REASONS: Mapping[str, Reason] = {
    "dates order": reason(
        why=("失效早于生效", "To is before From"),
        fix=("改正日期", "correct the dates"),
    ),
    "dates unread": reason(
        why=("日期读不懂", "a date cannot be read"),
        fix=("写成 2024-01-31", "write 2024-01-31"),
    ),
    "dates past": reason(
        why=("{as_of} 时已经失效", "it has ended by {as_of}"),
        fix=("改失效日期, 或删去这张表", "change To, or delete the table"),
    ),
}  # fmt: skip


_PENDING = frozenset({"", "-", "无", "待批准", "未批准", "待定", "pending", "none", "tbd", "draft"})
_NEVER = Text("这张表永远不会参加判定", "the table never takes part")
_ALWAYS = Text("这个日期不起作用", "the date has no effect")
_OVER = Text("这张表不再参加判定", "the table takes no part any more")


def check_governance(table: DecisionTable, as_of: dt.date | None) -> Iterator[Finding]:
    """Yield what is missing or out of date about a table and its rows."""
    approved = table.properties.get("approved")
    if approved is not None and fold(both(approved).zh) in _PENDING:
        yield finding(NOT_APPROVED.at(table.where, found=approved, table=table.name), "governance")
    for key in ("approved", "source"):
        if key not in table.properties:
            zh, en = WORDS[key][0], WORDS[key][-1].capitalize()
            column = Text(zh, en)
            yield finding(NO_PROPERTY.at(table.where, table=table.name, column=column))
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
                    NO_NOTE.at(rule.where, table=table.name, rule=rule.id, column=both(column))
                )


def _period(table: DecisionTable, as_of: dt.date | None) -> Iterator[Finding]:
    """Yield what is wrong with the dates between which a table is in force."""
    typed = [table.properties.get(k, "") for k in ("from", "to")]
    start, end = (dates.date(text) if text else None for text in typed)
    reason, effect = "", _NEVER
    if isinstance(start, Refusal) or isinstance(end, Refusal):
        reason, effect = "dates unread", _ALWAYS
    elif start and end and end < start:
        reason = "dates order"
    elif end and as_of and end < as_of:
        reason, effect = "dates past", _OVER
    if reason:
        why, fix = _REASONS[reason].values()
        if as_of:
            why = Text(why.zh.format(as_of=as_of), why.en.format(as_of=as_of))
        period = " - ".join(text or "..." for text in typed)
        yield finding(
            WRONG_PERIOD.at(table.where, found=period, table=table.name, period=period,
                effect=effect, why=why, fix=fix,
            )
        )  # fmt: skip
