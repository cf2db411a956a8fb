"""A comparison as a workbook: totals by grade, rules, subjects that move, other results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from kamrules.ask.diff.impact import Impact
from kamrules.ask.diff.text import DIFF_CASE_FAILS, DIFF_CASE_PASSES, grade, named, shown
from kamrules.messages.text import label
from kamrules.page.shown import rule_name
from kamrules.run.headline import word
from kamrules.sheets.column import Headline
from kamrules.words.text import Lang
from kamrules.xlsx.files import replace_file
from kamrules.xlsx.made import Heading, content, fill


def write(impact: Impact, target: Path, lang: Lang) -> None:
    """Write a comparison to a workbook, in one step."""
    replace_file(target, content(workbook(impact, lang), impact.new.as_of))


def workbook(impact: Impact, lang: Lang) -> Workbook:
    """Return a comparison as a workbook."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, columns, rows in (
        ("by_grade", _TOTALS, _totals(impact, lang)),
        ("sheet_rules", _RULES, _rules(impact, lang)),
        ("subject_list", _MOVES, _moves(impact, lang)),
        ("diff_other", _RESULTS, _results(impact, lang)),
        ("diff_cases", _CASES, _cases(impact, lang)),
    ):
        heads = [_headed(column, impact.new.headline, lang) for column in columns]
        fill(book.create_sheet(word(impact.new.headline, title).of(lang)), heads, rows)
    book.properties.creator = "kamrules diff"
    return book


def _headed(column: Heading, headline: Headline, lang: Lang) -> Heading:
    """Return a column whose header is written out: words of the catalogue joined by a blank."""
    return column._replace(
        header=" ".join(word(headline, w).of(lang) for w in column.header.split())
    )


_MONEY, _WHOLE = "#,##0.00", "#,##0"
_TOTALS = (
    Heading("Grade", 16),
    Heading("count diff_old", 12, _WHOLE, "right"),
    Heading("count diff_new", 12, _WHOLE, "right"),
    Heading("count_change", 10, "+0;-0;0", "right"),
    Heading("Measure diff_old", 16, _MONEY, "right"),
    Heading("Measure diff_new", 16, _MONEY, "right"),
    Heading("measure_change", 16, "+#,##0.00;-#,##0.00;0", "right"),
)
_RULES = (
    Heading("kind", 14),
    Heading("diff_table", 22, wrap=True),
    Heading("rule", 10, at="center"),
    Heading("diff_column", 22, wrap=True),
    Heading("diff_old", 26, "@", wrap=True),
    Heading("diff_new", 26, "@", wrap=True),
    Heading("place diff_old", 34, wrap=True),
    Heading("place diff_new", 34, wrap=True),
)
_MOVES = (
    Heading("subject_id", 14),
    Heading("Subject", 30, wrap=True),
    Heading("direction", 9, at="center"),
    Heading("Grade diff_old", 14, at="center"),
    Heading("Grade diff_new", 14, at="center"),
    Heading("rule diff_old", 10, at="center"),
    Heading("rule diff_new", 10, at="center"),
    Heading("Measure diff_old", 16, _MONEY, "right"),
    Heading("Measure diff_new", 16, _MONEY, "right"),
    Heading("why", 70, wrap=True),
)
_RESULTS = (
    Heading("sheet", 16),
    Heading("subject_id", 14),
    Heading("diff_column", 24),
    Heading("diff_old", 30, wrap=True),
    Heading("diff_new", 30, wrap=True),
)


_CASES = (
    Heading("diff_table", 22),
    Heading("diff_case", 30, wrap=True),
    Heading("result", 14),
    Heading("found", 60, wrap=True),
    Heading("place", 34),
)


def _totals(impact: Impact, lang: Lang) -> Iterator[tuple[Any, ...]]:
    for t in impact.totals:
        counts = (t.old_count, t.new_count, t.new_count - t.old_count)
        measures = (t.old_measure, t.new_measure, t.new_measure - t.old_measure)
        yield grade(impact, t.grade, lang), *counts, *measures


def _rules(impact: Impact, lang: Lang) -> Iterator[tuple[Any, ...]]:
    for c in impact.changes:
        places = (str(p) if p else None for p in (c.old_where, c.new_where))
        rule = rule_name(c.rule, lang) if c.rule else ""
        names = (named(c.table, lang), rule, named(c.column, lang))
        yield label(c.kind).of(lang), *names, c.old, c.new, *places


def _moves(impact: Impact, lang: Lang) -> Iterator[tuple[Any, ...]]:
    for m in impact.moves:
        grades = (grade(impact, m.old, lang), grade(impact, m.new, lang))
        rules = (rule_name(r, lang) if r else None for r in (m.old_rule, m.new_rule))
        way = word(impact.new.headline, m.direction).of(lang)
        yield m.id, m.name, way, *grades, *rules, m.old_measure, m.measure, m.why.of(lang)


def _results(impact: Impact, lang: Lang) -> Iterator[tuple[Any, ...]]:
    for r in impact.results:
        values = (shown(impact, v, lang, r.column) for v in (r.old, r.new))
        yield r.sheet, r.key, named(r.column, lang), *values


def _cases(impact: Impact, lang: Lang) -> Iterator[tuple[Any, ...]]:
    for c in impact.cases:
        word = (DIFF_CASE_PASSES if c.new.passed else DIFF_CASE_FAILS).of(lang)
        yield named(c.table, lang), c.case, word, c.new.said.of(lang), str(c.new.where)
