"""What an earlier run left in a workbook: the hidden record says what, and it is taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from kamrules.annotate.sheets.history import history
from kamrules.annotate.sheets.problems import statuses
from kamrules.intake.mark import Mark, read_mark
from kamrules.intake.record import RECORD
from kamrules.xlsx.cells import bounds
from kamrules.xlsx.notes import Notes
from kamrules.xlsx.rows import Restore
from kamrules.xlsx.splice import MalformedError
from kamrules.xlsx.workbook import Workbook
from kamrules.xlsx.worksheet import Worksheet

AUTHOR = "kamrules"


class Earlier(NamedTuple):
    """What the next run keeps: statuses by code and place, history, first columns by sheet."""

    statuses: Mapping[tuple[str, str], str]
    history: Sequence[Sequence[Any]]
    first: Mapping[str, int]


def take_out(book: Workbook, source: Path | IO[bytes]) -> Earlier:
    """Remove what an earlier run added, and return what the next one keeps of it."""
    mark = read_mark(book)
    if not mark.sheets:
        return Earlier({}, [], {})
    titles = {kind: t for kind, t in mark.sheets.items() if t in book.worksheet_titles}
    kept = [kind for kind in ("problems", "history") if kind in titles]
    listed = {kind: _values(source, titles[kind]) for kind in kept}
    first = {
        added.sheet: _remove_columns(book, book.worksheet(added.sheet), added.headers)
        for added in mark.columns
        if added.sheet in book.worksheet_titles
    }
    _restore(book, mark)
    book.remove_sheets([*titles.values(), RECORD])
    for title in book.worksheet_titles:
        if book.has_notes(title):
            Notes(book, book.worksheet(title)).remove(AUTHOR)
    return Earlier(
        statuses(listed.get("problems", [])),
        history(listed.get("history", [])),
        {title: column for title, column in first.items() if column},
    )


def _values(source: Path | IO[bytes], title: str) -> list[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_object(source)
        return workbook.get_sheet_by_name(title).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise MalformedError(str(error)) from error


def _remove_columns(book: Workbook, sheet: Worksheet, headers: Sequence[str]) -> int:
    """Remove our columns, wherever they stand by now, and return the number of the first."""
    heads = sheet.find(book.styles.with_style("head"), book.strings)
    # A column that somebody made part of a table is theirs now.
    theirs = {n for left, _, right, _ in sheet.tables() for n in range(left, right + 1)}
    tops = {f.column: f.row for f in heads if f.text in headers and f.column not in theirs}
    sheet.edits.cleared |= tops
    sheet.remove_ranges(tops)
    return min(tops, default=0)


def _restore(book: Workbook, mark: Mark) -> None:
    """Give framed cells the format they had; one that was sorted away, that of its column."""
    frames = book.styles.with_style("error", "warning")
    for title in {title for title, _, _ in mark.framed} & set(book.worksheet_titles):
        found = [(bounds(ref), style) for its, ref, style in mark.framed if its == title]
        by_cell = {(its[1], its[0]): style for its, style in found if its}
        by_column = {column: style for (_, column), style in by_cell.items()}
        book.worksheet(title).edits.restore = Restore(frames, by_cell, by_column)
