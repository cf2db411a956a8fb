"""Writes a result into a copy of the customer workbook: columns, frames, notes and our sheets."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import polars as pl

from kamrules.book import sheets
from kamrules.book.cells import MOST_COLUMNS, Column, bounds, column_number, style_of
from kamrules.book.columns import header, result_columns
from kamrules.book.earlier import AUTHOR, Added, Earlier, Mark, take_out, write_mark
from kamrules.book.graft import Graft
from kamrules.book.guard import letters
from kamrules.book.notes import Notes, Place
from kamrules.book.package import Relationships
from kamrules.book.record import RECORD
from kamrules.book.workbook import Workbook, opened, refusal
from kamrules.book.worksheet import Worksheet
from kamrules.model import (
    HIT_POLICIES,
    ROW,
    Cell,
    Data,
    Lang,
    Problem,
    Result,
    ResultColumn,
    Sheet,
    Text,
    Type,
    UsageError,
)
from kamrules.summary import Summary, place_link, rule_name, shown, summarise
from kamrules.text import fmt, label, problem, say

# Excel drops all links of a sheet that has more than 65,530.
MOST_LINKS = 65_000
MOST_FRAMED = 1_000
HEADER_HEIGHT = 32
NOTE_COLUMNS, NOTE_LINE = 46, 18
FORMATS: Mapping[Type, str] = {
    "int": sheets.COUNT,
    "money": sheets.MONEY,
    "percent": sheets.PERCENT,
    "date": sheets.DATE,
    "datetime": sheets.DATETIME,
}
History = Sequence[Sequence[Any]]
_HEIGHT = re.compile(rb"<[^>]*?\sht\s*=\s*[\"']([\d.]+)")


class Block(NamedTuple):
    """Result columns of one sheet, and the number of the first."""

    sheet: Sheet
    first: int
    columns: Sequence[ResultColumn]

    def added(self) -> Added:
        """Return what the record says of the columns."""
        return Added(self.sheet.title, letters(self.first), tuple(map(header, self.columns)))


def annotate(source: Path, target: Path, result: Result, lang: Lang) -> None:
    """Write *target*: the workbook *source* with the result beside the rows it concerns."""
    with opened(source, source.name) as book:
        _fill(book, take_out(book, source), result, lang)
        content = book.save()
    replace_file(target, content)


def fresh(target: Path, result: Result, lang: Lang) -> None:
    """Write *target*: a new workbook with the data that was read, and the result beside it."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for sheet in result.data.sheets.values():
        if not sheet.spec.derived:
            made.create_sheet(sheet.title)
    with opened(_saved(made), target.name) as book:
        _put_data(book, result.data)
        _fill(book, Earlier({}, [], {}), result, lang)
        content = book.save()
    replace_file(target, content)


def _saved(workbook: openpyxl.Workbook) -> io.BytesIO:
    saved = io.BytesIO()
    workbook.save(saved)
    return saved


def _put_data(book: Workbook, data: Data) -> None:
    """Put what was read where it was read."""
    styles = book.styles
    formats = {
        type_: styles.variant(0, numFmtId=styles.number_format(code), applyNumberFormat=1)
        for type_, code in ((dt.date, sheets.DATE), (dt.datetime, sheets.DATETIME))
    }
    for spec in data.sheets.values():
        if spec.spec.derived:
            continue
        sheet = book.worksheet(spec.title)
        for name, place in spec.letters.items():
            number, ref = column_number(place), f"{place}{spec.header_row}"
            head = sheet.grid.cell(ref, spec.headers.get(name, name), 0)
            sheet.edits.put(spec.header_row, number, head)
            if name in spec.frame.columns:
                rows = spec.frame.select(ROW, name).drop_nulls().iter_rows()
                values = {row: _plain(value) for row, value in rows}
                column = Column(number, values, lambda v: formats.get(type(v), 0), sheet.grid)
                sheet.edits.columns.append(column)


def _plain(value: Any) -> Any:
    """Return a value as a cell can hold it."""
    return value if isinstance(value, str | int | float | dt.date) else fmt(value)


def replace_file(target: Path, content: bytes) -> None:
    """Put *content* in the place of a file in one step; raise what keeps us from it."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        held = problem("E002", Cell(target.name), name=target.name, reason=reason)
        raise UsageError([held], exit_code=3) from error
    finally:
        temporary.unlink(missing_ok=True)


def _fill(book: Workbook, earlier: Earlier, result: Result, lang: Lang) -> None:
    """Put a result into a workbook from which an earlier one is taken out."""
    summary, made = summarise(result, lang), openpyxl.Workbook()
    made.remove(made.worksheets[0])
    sheets.add_styles(made, lang)
    titles = {
        kind: sheets.free_title(book.titles, label(f"sheet_{kind}").of(lang))
        for kind in sheets.SHEETS
    }
    rules = _add_lists(made, summary, titles, earlier)
    links = {rule: place_link(titles["rules"], ref) for rule, ref in rules.items()}
    blocks = [
        Block(sheet, _first_column(book, sheet, len(columns), earlier), columns)
        for sheet, columns in result_columns(result, lang, links)
    ]
    places = _places(titles, blocks[0], sheets.free_title(book.titles, sheets.CHARTS))
    sheets.add_summary(made, summary, places)
    made.create_sheet(RECORD).sheet_state = "hidden"
    graft = Graft(book, _saved(made).getvalue())
    added = _annotate_rows(book, blocks, graft, result, lang)
    blocks.clear()  # the columns of a large book make room for its history
    graft.put(in_front=1)
    book.open_at(titles["summary"])
    framed = [
        (title, f"{letters(column)}{row}", style)
        for title, row, column, style in book.save_worksheets()
    ]
    _put_history(book, graft, titles["history"], result, earlier.history)
    write_mark(book, Mark(result.record, titles, added, tuple(framed), places.charts))
    _date(book, result.as_of)


def _annotate_rows(
    book: Workbook, blocks: Sequence[Block], graft: Graft, result: Result, lang: Lang
) -> tuple[Added, ...]:
    """Put columns, frames and notes into the user's sheets; return what the record says of it."""
    for block in blocks:
        _put_columns(book, block, graft)
    notes = _frame(book, result, lang)
    _add_tier_notes(notes, blocks[0], result, lang)
    for title, its in notes.items():
        sized = {place: (words, _note_height(words)) for place, words in its.items()}
        Notes(book, book.worksheet(title)).add(sized, AUTHOR)
    return tuple(block.added() for block in blocks)


def _add_lists(
    made: openpyxl.Workbook, summary: Summary, titles: Mapping[str, str], earlier: Earlier
) -> dict[tuple[str, str], str]:
    """Add our sheets but the summary; return where each rule stands, by table and id."""
    sheets.add_problems(made, summary, titles["problems"], earlier.statuses)
    rules = sheets.add_rules(made, summary, titles["rules"])
    sheets.add_history(made, summary.lang, titles["history"])
    return rules


def _put_history(book: Workbook, graft: Graft, title: str, result: Result, old: History) -> None:
    """Fill the 历史 sheet: earlier rows of other dates, and one for each decided customer."""
    sheet, kept = book.worksheet(title), [row for row in old if row[0] != result.as_of]
    decided = result.customers.drop_nulls("tier")
    new = (
        [result.as_of] * decided.height,
        *(decided[n].to_list() for n in ("id", "tier", "share")),
    )
    for i, ((_, _, number_format), its) in enumerate(zip(sheets.HISTORY, new, strict=True)):
        style = graft.style("cell", number_format)
        values = dict(enumerate([*(row[i] for row in kept), *its], 2))
        sheet.edits.columns.append(Column(i + 1, values, _always(style), sheet.grid))


def _always(style: int) -> Callable[[Any], int]:
    return lambda _: style


def _places(titles: Mapping[str, str], block: Block, charts: str) -> sheets.Places:
    tier, change = (letters(block.first + i) for i in (0, 2))
    sheet = block.sheet
    return sheets.Places(titles, sheet.title, sheet.header_row, tier, change, charts)


def _date(book: Workbook, as_of: dt.date) -> None:
    """Let the file say that it was changed on the as-of date: the clock is not asked."""
    for _, part in Relationships(book.package, "").of_kind("core-properties"):
        if part in book.package:
            document = book.package.document(part)
            for element in document.root.every("modified"):
                tag = document.content[element.start : element.open].decode()
                element.gone = True
                end = f"</{element.name}>"
                element.after.append(f"{tag}{as_of.isoformat()}T00:00:00Z{end}")
            book.package.put(part, document)


# columns


def _first_column(book: Workbook, spec: Sheet, count: int, earlier: Earlier) -> int:
    """Return where result columns begin: where they were if there is room, else right of all."""
    sheet = book.worksheet(spec.title)
    first, top = earlier.first.get(spec.title), spec.header_row
    if first is None:
        areas = [*sheet.merges(), *sheet.tables()]
        ends = [right for _, _, right, bottom in areas if bottom >= top]
        first = 1 + max([spec.last_column, *ends])
    else:
        used = sheet.used(first, sheet.edits.cleared)
        if any(column < first + count for column in used):
            first = max(used) + 1
    if first + count - 1 > MOST_COLUMNS:
        reason = Text(
            f"“{spec.title}” 表右边没有空列了", f"the sheet “{spec.title}” has no free columns left"
        )
        raise refusal(book.name, reason)
    return first


def _put_columns(book: Workbook, block: Block, graft: Graft) -> None:
    sheet, top = book.worksheet(block.sheet.title), block.sheet.header_row
    for number, column in enumerate(block.columns, block.first):
        ref = f"{letters(number)}{top}"
        sheet.edits.put(top, number, sheet.grid.cell(ref, header(column), graft.style("head")))
        _put_values(sheet, number, column, graft)
        if column.header == label("share") and column.values:
            rows = f"{letters(number)}{min(column.values)}:{letters(number)}{max(column.values)}"
            sheet.add_data_bar(rows, sheets.BAR)
    widths = {number: column.width for number, column in enumerate(block.columns, block.first)}
    sheet.set_widths(widths)
    said = _HEIGHT.match(sheet.row(top)[0])
    height = float(said[1]) if said else _needed_height(book, block.sheet)
    if not said or height < HEADER_HEIGHT:
        sheet.edits.heights[top] = max(height, HEADER_HEIGHT)


def _needed_height(book: Workbook, spec: Sheet) -> float:
    """Return the height of a header row that nobody set, now that we set it."""
    sheet = book.worksheet(spec.title)
    texts = {column_number(place): spec.headers[name] for name, place in spec.letters.items()}
    tall = 1
    for cell in sheet.row(spec.header_row)[1]:
        if cell.column in texts and book.styles.wraps(style_of(cell.attributes)):
            wide = sheet.width(cell.column) or 8
            tall = max(tall, sheets.lines(texts[cell.column], wide))
    return 15.0 * tall


def _put_values(sheet: Worksheet, number: int, column: ResultColumn, graft: Graft) -> None:
    plain = "result.text" if column.width > 20 else "result"
    links = column.links if len(column.values) <= MOST_LINKS else {}

    def style(value: Any) -> int:
        name = column.styles.get(value, "result.link" if value in links else plain)
        return graft.style(name, FORMATS.get(_time_type(value) or column.type, ""))

    sheet.edits.columns.append(Column(number, column.values, style, sheet.grid))
    places = {row: links[value] for row, value in column.values.items() if value in links}
    sheet.add_links(number, places)


def _time_type(value: Any) -> Type | None:
    if isinstance(value, dt.datetime):
        return "datetime"
    return "date" if isinstance(value, dt.date) else None


# frames and notes


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
        say(label("note_found"), found=found.found or label("empty")),
        say(label("note_fix"), fix=found.fix),
        say(label("note_effect"), effect=found.effect),
    )
    return "\n".join([f"[{found.code}] {found.what.of(lang)}", *(p.of(lang) for p in parts)])


def _add_tier_notes(
    notes: dict[str, dict[Place, str]], block: Block, result: Result, lang: Lang
) -> None:
    """Say on the tiers that changed or were not decided how that came."""
    its = notes.setdefault(block.sheet.title, {})
    tables = {decision.table.name: decision.table for decision in result.decisions}
    noted = pl.col("tier").is_null() | pl.col("change").is_in(["up", "down"])
    for row in result.customers.filter(noted).iter_rows(named=True):
        tier = shown(result, row["tier"], lang) if row["tier"] else label("undecided")
        previous = shown(result, row["previous"], lang) if row["previous"] else label("none")
        parts = [say(label("note_tier"), tier=tier, previous=previous)]
        if row["rule"] and row["table"] in tables:
            table = tables[row["table"]]
            policy = f"{table.policy} {HIT_POLICIES[table.policy].of(lang)}"
            rule = rule_name(row["rule"], lang)
            parts.append(say(label("note_rule"), rule=rule, table=table.title, policy=policy))
        parts.append(say(label("note_why"), why=row[f"why_{lang}"] or ""))
        parts.append(say(label("note_explain"), book=result.data.book, key=row["id"] or ""))
        its[row[ROW], block.first] = "\n".join(part.of(lang) for part in parts)


def _note_height(words: str) -> int:
    """Return the height of a note in pixels; Excel does not size notes by itself."""
    return NOTE_LINE * sheets.lines(words, NOTE_COLUMNS) + 20
