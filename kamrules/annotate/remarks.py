"""Frames around bad cells, and notes that say what is wrong or how a grade came about."""

from __future__ import annotations

import re
from itertools import islice

import polars as pl

from kamrules.annotate.blocks import Block
from kamrules.annotate.earlier import AUTHOR
from kamrules.messages.problem import Problem
from kamrules.messages.text import label
from kamrules.page.look import lines
from kamrules.page.shown import rule_name, shown
from kamrules.run.headline import word
from kamrules.run.result import Result
from kamrules.sheets.column import ROW
from kamrules.words.text import Lang, Text, say
from kamrules.xlsx.cells import bounds
from kamrules.xlsx.notes import Notes, Place
from kamrules.xlsx.workbook import Workbook

# fmt: off
NOTE_RULE = Text("命中规则: {rule}  《{table}》 {policy}", "Rule: {rule} of {table}, {policy}")
NOTE_WHY = Text("因为: {why}", "Because: {why}")
NOTE_EXPLAIN = Text("复查: kamrules explain {book} {key}", "Check: kamrules explain {book} {key}")
NOTE_FOUND = Text("当前: {found}", "Found: {found}")
NOTE_FIX = Text("怎么改: {fix}", "Fix: {fix}")
NOTE_EFFECT = Text("影响: {effect}", "Effect: {effect}")
# fmt: on


MOST_FRAMED = 1_000
NOTE_COLUMNS, NOTE_LINE = 46, 18


def put_remarks(book: Workbook, graded: Block | None, result: Result, lang: Lang) -> None:
    """Frame bad cells, and put notes on them and on grades that changed or are not decided."""
    notes = _frame(book, result, lang)
    if graded:
        _add_grade_notes(notes, graded, result, lang)
    for title, its in notes.items():
        sized = {place: (words, _note_height(words)) for place, words in its.items()}
        Notes(book, book.worksheet(title)).add(sized, AUTHOR)


def _frame(book: Workbook, result: Result, lang: Lang) -> dict[str, dict[Place, str]]:
    """Frame bad cells; return the notes that say on each what is wrong."""
    notes: dict[str, dict[Place, str]] = {}
    for found in sorted(result.problems, key=lambda p: p.severity != "error"):
        title = found.where.sheet
        if found.severity == "notice" or found.where.book != result.data.book:
            continue
        cells = _bad_cells(book, title, found.where.ref) if title in book.worksheet_titles else []
        for row, column in cells:
            book.worksheet(title).edits.frame(row, column, found.severity)
        if cells:
            its = notes.setdefault(title, {})
            parts = [its[cells[0]]] if cells[0] in its else []
            its[cells[0]] = "\n\n".join([*parts, _problem_note(found, lang)])
    return notes


def _bad_cells(book: Workbook, title: str, ref: str) -> list[Place]:
    """Return the cells that a problem names, without those that a merged cell hides."""
    areas = [its for part in re.split(r"[,;\s]+", ref) if (its := bounds(part))]
    if not areas:
        return []
    sheet = book.worksheet(title)
    last, merges = max(sheet.numbers | sheet.edits.rows(), default=0), sheet.merges()
    found: list[Place] = []
    for left, top, right, bottom in areas:
        places = (
            (row, column)
            for row in range(top, max(top, min(bottom, last)) + 1)
            for column in range(left, right + 1)
            if not any(
                (a, b) != (column, row) and a <= column <= c and b <= row <= d
                for a, b, c, d in merges
            )
        )
        found += islice(places, MOST_FRAMED)
    return found


def _problem_note(found: Problem, lang: Lang) -> str:
    parts = (
        say(NOTE_FOUND, found=found.found or label("empty")),
        say(NOTE_FIX, fix=found.fix),
        say(NOTE_EFFECT, effect=found.effect),
    )
    return "\n".join([f"[{found.code}] {found.what.of(lang)}", *(p.of(lang) for p in parts)])


def _add_grade_notes(
    notes: dict[str, dict[Place, str]], block: Block, result: Result, lang: Lang
) -> None:
    """Say on the grades that changed or were not decided how that came."""
    its = notes.setdefault(block.sheet.title, {})
    tables = {decision.table.name: decision.table for decision in result.decisions}
    noted = pl.col("grade").is_null() | pl.col("change").is_in(["up", "down"])
    said = word(result.headline, "note_grade")
    for row in result.subjects.filter(noted).iter_rows(named=True):
        grade = shown(result, row["grade"], lang) if row["grade"] else label("undecided")
        previous = shown(result, row["previous"], lang) if row["previous"] else label("none")
        parts = [say(said, grade=grade, previous=previous)]
        if row["rule"] and row["table"] in tables:
            table = tables[row["table"]]
            policy = table.policy.shown.of(lang)
            rule = rule_name(row["rule"], lang)
            parts.append(say(NOTE_RULE, rule=rule, table=table.title, policy=policy))
        parts.append(say(NOTE_WHY, why=row[f"why_{lang}"] or ""))
        parts.append(say(NOTE_EXPLAIN, book=result.data.book, key=row["id"] or ""))
        its[row[ROW], block.first] = "\n".join(part.of(lang) for part in parts)


def _note_height(words: str) -> int:
    """Return the height of a note in pixels; Excel does not size notes by itself."""
    return NOTE_LINE * lines(words, NOTE_COLUMNS) + 20
