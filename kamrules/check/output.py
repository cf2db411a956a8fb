"""What a check found, as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from kamrules.check.finding import Finding
from kamrules.check.workbook import Checked
from kamrules.messages.shown import shown
from kamrules.words.names import both
from kamrules.words.text import Lang, Text, say
from kamrules.words.width import width

_BOOK = Text(
    "{name}: {subjects} 行, {tables} 张规则表, {rules} 条规则, {cases} 个用例",
    "{name}: {subjects} rows, {tables} tables, {rules} rules, {cases} test cases",
)
_RULES = Text(
    "{name}: {tables} 张规则表, {rules} 条规则, {cases} 个用例",
    "{name}: {tables} tables, {rules} rules, {cases} test cases",
)
_COUNTS = Text(
    "{errors} 个错误, {warnings} 个警告, {notices} 个提示",
    "errors: {errors}, warnings: {warnings}, notices: {notices}",
)
_GAPS = Text("规则表 {table} 有 {count} 个空档", "table {table} has {count} gaps")
_ADD = Text(
    "补上结果, 下面每行就是一条规则; 或加 默认 行",
    "each line below is a rule that lacks its result only; or add a Default row",
)
_QUIET = Text(
    "{quiet} 个无碍的提示没有列出 (--format json 全部列出)",
    "harmless notices that are not listed: {quiet} (--format json lists all)",
)


def as_json(found: Sequence[Checked], lang: Lang) -> dict[str, Any]:
    """Return everything that was found, and what was looked at."""
    return {
        "problems": [f.as_dict(lang) for checked in found for f in checked.findings],
        "books": [
            {
                "book": checked.name, "subjects": checked.subjects, "tables": checked.tables,
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
    if checked.subjects is None:
        return say(_RULES, name=checked.name, **numbers)
    return say(_BOOK, name=checked.name, subjects=checked.subjects, **numbers)


def _blocks(findings: Sequence[Finding], lang: Lang) -> Iterator[str]:
    """Yield what each finding says; the gaps of a table together, as rows of that table."""
    told: set[str] = set()
    for found in findings:
        gaps = [f for f in findings if f.kind == "gap" and f.table == found.table]
        if found.kind != "gap" or len(gaps) == 1:
            yield shown(found.problem, lang)
        elif found.table not in told:
            told.add(found.table)
            yield _gaps(gaps, lang)


def _gaps(gaps: Sequence[Finding], lang: Lang) -> str:
    problem = gaps[0].problem
    title = both(gaps[0].table).of(lang)
    many = replace(
        problem, what=say(_GAPS, table=title, count=len(gaps)), fix=_ADD, effect=Text("", "")
    )
    labels = list(gaps[0].row)
    rows = [[both(label).of(lang) for label in labels]]
    rows += [[f.row[label] for label in labels] for f in gaps]
    rooms = [max(width(row[n]) for row in rows) for n in range(len(labels))]
    lines = [
        " | ".join(cell + " " * (room - width(cell)) for cell, room in zip(row, rooms, strict=True))
        for row in rows
    ]
    inside = ["", *(f.problem.effect.of(lang) for f in gaps)]
    listed = [
        f"     {line}  {effect if effect[:1].isdigit() else ''}".rstrip()
        for line, effect in zip(lines, inside, strict=True)
    ]
    return "\n".join([shown(many, lang), *listed])


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
