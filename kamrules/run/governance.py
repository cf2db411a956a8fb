"""Whether rules are approved, and which of their rows changed since an earlier run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal

from kamrules.rules.decision_table import DecisionTable, Rule
from kamrules.words.names import aliases

Change = Literal["new", "changed", "removed"]
# Keys of the run record under which the rows of a table stand begin with this.
ROWS = "rows "
_SEPARATOR = " · "
_PENDING = frozenset({"待批准", "未批准", "否", "试运行", "pending", "no", "trial", "not approved"})
_STATUS = frozenset({"状态", "status"})


def rows(tables: Iterable[DecisionTable]) -> dict[str, str]:
    """Return what the run record says of the rows of each table: their ids and fingerprints."""
    return {
        ROWS + table.name: _SEPARATOR.join(
            f"{r.id}={_fingerprint(table, r)}" for r in _rules(table)
        )
        for table in tables
    }


def changes(earlier: Mapping[str, str], now: Mapping[str, str]) -> dict[tuple[str, str], Change]:
    """Return the rows that differ from an earlier record, by table and rule; none without one."""
    before = _listed(earlier)
    if not before:
        return {}
    after = _listed(now)
    found: dict[tuple[str, str], Change] = {}
    for key in dict.fromkeys((*before, *after)):
        if key not in before:
            found[key] = "new"
        elif key not in after:
            found[key] = "removed"
        elif before[key] != after[key]:
            found[key] = "changed"
    return found


def on_trial(table: DecisionTable) -> int:
    """Return how many rows of a table are not approved: all where its 批准 Approved row says so.

    A table without such a row makes no claim; a row may say 试运行 under 状态 Status.
    """
    said = table.properties.get("approved")
    if said is not None and (not said.strip() or set(aliases(said)) & _PENDING):
        return len(_rules(table))
    return sum(_is_pending(rule) for rule in _rules(table))


def _is_pending(rule: Rule) -> bool:
    return any(
        set(aliases(name)) & _STATUS and set(aliases(text)) & _PENDING
        for name, text in rule.notes.items()
    )


def _rules(table: DecisionTable) -> tuple[Rule, ...]:
    return table.rules if table.default is None else (*table.rules, table.default)


def _fingerprint(table: DecisionTable, rule: Rule) -> str:
    heads = [*(i.label for i in table.inputs), *(o.label for o in table.outputs)]
    cells = [entry.text for entry in (*rule.inputs, *rule.outputs)]
    text = "\n".join((table.policy.letter, *heads, *cells))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _listed(record: Mapping[str, str]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for key, said in record.items():
        if key.startswith(ROWS):
            for one in said.split(_SEPARATOR):
                rule, _, print_ = one.rpartition("=")
                found[key.removeprefix(ROWS), rule] = print_
    return found
