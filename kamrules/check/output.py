"""What a check found, as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kamrules.check.finding import Finding
from kamrules.check.workbook import Checked
from kamrules.model import Lang, Text
from kamrules.problems import shown
from kamrules.text import say

_BOOK = Text(
    "{name}: {customers} 户客户, {tables} 张规则表, {rules} 条规则, {cases} 个用例",
    "{name}: {customers} customers, {tables} tables, {rules} rules, {cases} test cases",
)
_RULES = Text(
    "{name}: {tables} 张规则表, {rules} 条规则, {cases} 个用例",
    "{name}: {tables} tables, {rules} rules, {cases} test cases",
)
_COUNTS = Text(
    "{errors} 个错误, {warnings} 个警告, {notices} 个提示",
    "{errors} errors, {warnings} warnings, {notices} notices",
)
_QUIET = Text(
    "{quiet} 个无碍的提示没有列出 (--format json 全部列出)",
    "{quiet} harmless notices are not listed (--format json lists all)",
)


def as_json(found: Sequence[Checked], lang: Lang) -> dict[str, Any]:
    """Return everything that was found, and what was looked at."""
    return {
        "problems": [f.as_dict(lang) for checked in found for f in checked.findings],
        "books": [
            {
                "book": checked.name, "customers": checked.customers, "tables": checked.tables,
                "rules": checked.rules, "cases": checked.cases, "problems": len(checked.findings),
            }
            for checked in found
        ],
    }  # fmt: skip


def as_text(checked: Checked, lang: Lang) -> str:
    """Return what should be looked at, then how much was found."""
    told = [f for f in checked.findings if not f.is_quiet]
    blocks = [_head(checked).of(lang), *_blocks(told, lang), _counts(checked, len(told), lang)]
    return "\n\n".join(blocks)


def _head(checked: Checked) -> Text:
    numbers = {"tables": checked.tables, "rules": checked.rules, "cases": checked.cases}
    if checked.customers is None:
        return say(_RULES, name=checked.name, **numbers)
    return say(_BOOK, name=checked.name, customers=checked.customers, **numbers)


def _blocks(findings: list[Finding], lang: Lang) -> Iterator[str]:
    for found in findings:
        yield shown(found.problem, lang)


def _counts(checked: Checked, told: int, lang: Lang) -> str:
    severities = [f.problem.severity for f in checked.findings]
    counts = {
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "notices": severities.count("notice"),
    }
    line = say(_COUNTS, **counts).of(lang)
    quiet = len(checked.findings) - told
    return f"{line}\n{say(_QUIET, quiet=quiet).of(lang)}" if quiet else line
