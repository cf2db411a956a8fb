"""Writes a result into a copy of the user's workbook: columns, frames, notes and our sheets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl

from kamrules.annotate.blocks import Block, first_column, put_columns, put_list
from kamrules.annotate.earlier import Earlier, take_out
from kamrules.annotate.remarks import put_remarks
from kamrules.annotate.sheets.history import HISTORY, add_history
from kamrules.annotate.sheets.listing import add_listing
from kamrules.annotate.sheets.page import free_title
from kamrules.annotate.sheets.problems import SHEET_PROBLEMS, add_problems
from kamrules.annotate.sheets.rules import add_rules
from kamrules.annotate.sheets.summary import CHARTS, Places, add_summary
from kamrules.intake.mark import Added, Mark, save_marked
from kamrules.intake.record import RECORD
from kamrules.messages.text import label
from kamrules.page.columns import NOTHING, Additions, examples, result_columns
from kamrules.page.look import add_styles
from kamrules.page.page import Page
from kamrules.page.shown import place_link
from kamrules.run.result import Result
from kamrules.sheets.column import ROW, Headline
from kamrules.sheets.sheet import Data
from kamrules.words.address import column_number, letters
from kamrules.words.look import DATE, DATETIME
from kamrules.words.shown import fmt
from kamrules.words.text import Lang, Text
from kamrules.xlsx.added import Column
from kamrules.xlsx.files import replace_file
from kamrules.xlsx.graft import Graft
from kamrules.xlsx.package import Relationships
from kamrules.xlsx.scratch import saved
from kamrules.xlsx.workbook import Workbook, opened

# fmt: off
SHEET_SUMMARY = Text("汇总", "Summary")
SHEET_HISTORY = Text("历史", "History")
# fmt: on


History = Sequence[Sequence[Any]]


def annotate(
    source: Path, target: Path, result: Result, page: Page, extra: Additions = NOTHING
) -> None:
    """Write *target*: the workbook *source* with the result beside the rows it concerns."""
    with opened(source, source.name) as book:
        mark = _fill(book, take_out(book, source), result, page, extra)
        content = save_marked(book, mark)
    replace_file(target, content)


def fresh(target: Path, result: Result, page: Page, extra: Additions = NOTHING) -> None:
    """Write *target*: a new workbook with the data that was read, and the result beside it."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for sheet in result.data.sheets.values():
        if not sheet.spec.derived:
            made.create_sheet(sheet.title)
    with opened(saved(made), target.name) as book:
        _put_data(book, result.data)
        mark = _fill(book, Earlier({}, [], {}), result, page, extra)
        content = save_marked(book, mark)
    replace_file(target, content)


def _put_data(book: Workbook, data: Data) -> None:
    """Put what was read where it was read."""
    styles = book.styles
    formats = {
        type_: styles.variant(0, numFmtId=styles.number_format(code), applyNumberFormat=1)
        for type_, code in ((dt.date, DATE), (dt.datetime, DATETIME))
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
                rows, values = spec.frame.select(ROW, name).drop_nulls()
                sheet.edits.columns.append(
                    Column(
                        number, rows, _plain(values), lambda v: formats.get(type(v), 0), sheet.grid
                    )
                )


def _plain(values: pl.Series) -> pl.Series:
    """Return values as cells can hold them."""
    if isinstance(values.dtype, pl.Duration | pl.Time | pl.List):
        return pl.Series([fmt(value) for value in values], dtype=pl.String)
    return values


def _fill(book: Workbook, earlier: Earlier, result: Result, page: Page, extra: Additions) -> Mark:
    """Put a result into a workbook from which an earlier one is taken out; return its mark."""
    made, lang = openpyxl.Workbook(), page.lang
    made.remove(made.worksheets[0])
    add_styles(made, lang)
    titles = _titles(book, extra, lang, graded=result.data.subjects is not None)
    rules = _add_sheets(made, page, titles, earlier, extra, examples(result), result.headline)
    links = {rule: place_link(titles["rules"], ref) for rule, ref in rules.items()}
    blocks = [
        Block(sheet, first_column(book, sheet, len(columns), earlier), columns)
        for sheet, columns in result_columns(result, lang, links, extra.columns)
    ]
    add_summary(made, page, _places(titles, _graded(blocks, result)))
    made.create_sheet(RECORD).sheet_state = "veryHidden"
    graft = Graft(book, saved(made).getvalue())
    added = _put_results(book, blocks, graft, result, lang)
    blocks.clear()  # the columns of a large book make room for its history
    graft.put(in_front=1)
    wrong = any(problem.severity == "error" for problem in page.problems)
    book.open_at(titles["problems" if wrong else "summary"])
    framed = [
        (title, f"{letters(column)}{row}", style)
        for title, row, column, style in book.save_worksheets()
    ]
    for one in extra.sheets:
        put_list(book, titles[one.kind], one.columns, graft)
    if "history" in titles:
        _put_history(book, graft, titles["history"], result, earlier.history)
    _date(book, result.as_of)
    return Mark(result.record, titles, added, tuple(framed))


def _put_results(
    book: Workbook, blocks: Sequence[Block], graft: Graft, result: Result, lang: Lang
) -> tuple[Added, ...]:
    """Put columns, frames and notes into the user's sheets; return what the record says of it."""
    for block in blocks:
        put_columns(book, block, graft)
    put_remarks(book, _graded(blocks, result), result, lang)
    return tuple(block.added() for block in blocks)


def _titles(book: Workbook, extra: Additions, lang: Lang, *, graded: bool) -> dict[str, str]:
    """Return the titles of our sheets by their kind, in their order; none is taken.

    There is a history where something is *graded*.
    """
    wanted = {
        "summary": SHEET_SUMMARY.of(lang),
        "problems": SHEET_PROBLEMS.of(lang),
        **{sheet.kind: sheet.title.of(lang) for sheet in extra.sheets},
        "rules": label("sheet_rules").of(lang),
        **({"history": SHEET_HISTORY.of(lang)} if graded else {}),
        "charts": CHARTS,
    }
    titles: dict[str, str] = {}
    for kind, title in wanted.items():
        titles[kind] = free_title([*book.titles, *titles.values()], title)
    return titles


def _add_sheets(
    made: openpyxl.Workbook,
    page: Page,
    titles: Mapping[str, str],
    earlier: Earlier,
    extra: Additions,
    examples: Mapping[tuple[str, str], str],
    headline: Headline,
) -> dict[tuple[str, str], str]:
    """Add our sheets but the summary; return where each rule stands, by table and id."""
    add_problems(made, page, titles["problems"], earlier.statuses, headline)
    for sheet in extra.sheets:
        add_listing(made, page, titles[sheet.kind], sheet)
    rules = add_rules(made, page, titles["rules"], examples)
    if "history" in titles:
        add_history(made, page, titles["history"], headline)
    return rules


def _put_history(book: Workbook, graft: Graft, title: str, result: Result, old: History) -> None:
    """Fill the 历史 sheet: earlier rows of other dates, and one for each decided subject."""
    sheet, kept = book.worksheet(title), [row for row in old if row[0] != result.as_of]
    decided = result.subjects.drop_nulls("grade")
    new = (
        pl.Series([result.as_of]).new_from_index(0, decided.height),
        *(decided[n] for n in ("id", "effective", "share", "outcome")),
    )
    for i, ((_, _, number_format), its) in enumerate(zip(HISTORY, new, strict=True)):
        style = graft.style("cell", number_format)
        values = pl.Series([row[i] for row in kept], dtype=its.dtype, strict=False)
        values = pl.concat([values, its])
        rows = pl.int_range(2, 2 + len(values), dtype=pl.UInt32, eager=True)
        sheet.edits.columns.append(Column(i + 1, rows, values, _always(style), sheet.grid))


def _always(style: int) -> Callable[[Any], int]:
    return lambda _: style


def _graded(blocks: Sequence[Block], result: Result) -> Block | None:
    """Return the block beside the rows of the subjects, None where nothing is graded."""
    return next((block for block in blocks if block.sheet is result.data.subjects), None)


def _places(titles: Mapping[str, str], block: Block | None) -> Places:
    if block is None:
        return Places(titles)
    grade, change = (letters(block.first + i) for i in (0, 2))
    return Places(titles, block.sheet.title, block.sheet.header_row, grade, change)


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
