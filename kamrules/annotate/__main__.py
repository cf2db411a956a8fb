"""Annotates any workbook, whatever it holds: ``python -m kamrules.annotate IN OUT``."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from kamrules.annotate.sheets.page import free_title, put
from kamrules.guard import workbook as guard
from kamrules.messages.problem import UsageError
from kamrules.messages.shown import shown
from kamrules.page.look import LOOKS, add_styles
from kamrules.words.address import letters
from kamrules.words.text import Text
from kamrules.xlsx.added import Column
from kamrules.xlsx.cells import MOST_COLUMNS
from kamrules.xlsx.files import replace_file
from kamrules.xlsx.graft import Graft
from kamrules.xlsx.notes import Notes
from kamrules.xlsx.scratch import saved
from kamrules.xlsx.workbook import Workbook, opened, refusal

WORDS = ("OK", "已核对", "=1+1", "@SUM", "a < b & c")
NOTE = "kamrules: 单元格批注 / a note\n第二行 second line"


def annotate(source: Path) -> tuple[bytes, list[str]]:
    """Return a workbook with a column, a note and a sheet added, and the lines that say so."""
    guard.inspect(source)
    with opened(source, source.name) as book:
        before = set(book.package.names())
        title, last = _largest(book)
        sheet, number = book.worksheet(title), last + 1
        rows = sorted(sheet.numbers) or [1]
        graft = Graft(book, _sheet(book))
        head, plain = graft.style("head"), graft.style("result")
        top = letters(number) + str(rows[0])
        sheet.edits.put(rows[0], number, sheet.grid.cell(top, "kamrules", head))
        below = pl.Series(rows[1:], dtype=pl.UInt32)
        values = pl.Series([WORDS[i % len(WORDS)] for i in range(len(below))], dtype=pl.String)
        sheet.edits.columns.append(Column(number, below, values, lambda _: plain, sheet.grid))
        sheet.set_widths({number: 14})
        Notes(book, sheet).add({(rows[0], number): (NOTE, 60)}, "kamrules")
        graft.put()
        added = book.titles[-1]
        content, after = book.save(), set(book.package.names())
        return content, [
            f"{title}: {len(values) + 1} cells in column {letters(number)}, a note on {top}",
            f"{added}: a sheet with a chart",
            *(f"new      {part}" for part in sorted(after - before)),
            *(f"changed  {part}" for part in book.package.changed() if part in before),
            f"copied   {len(before) - len(before & set(book.package.changed()))} parts",
        ]


def _largest(book: Workbook) -> tuple[str, int]:
    """Return the title of the sheet with most rows, and its last column that is taken."""
    sheets = {title: book.worksheet(title) for title in book.worksheet_titles}
    if not sheets:
        raise refusal(book.name, Text("它没有工作表", "it has no worksheet"))
    title = max(sheets, key=lambda title: len(sheets[title].numbers))
    areas = [*sheets[title].merges(), *sheets[title].tables()]
    last = max([sheets[title].last_column, *(right for _, _, right, _ in areas)])
    if last >= MOST_COLUMNS:
        raise refusal(
            book.name,
            Text(f"“{title}” 表右边没有空列了", f"the sheet “{title}” has no free columns left"),
        )
    return title, last


def _sheet(book: Workbook) -> bytes:
    """Return a workbook of ours with the sheet to graft in."""
    from openpyxl import Workbook as New
    from openpyxl.chart import BarChart, Reference

    made = New()
    sheet = made.worksheets[0]
    sheet.title = free_title(book.titles, "kamrules")
    add_styles(made, "zh")
    for row, (word, style) in enumerate(zip(WORDS, LOOKS, strict=False), 1):
        put(sheet.cell(row, 1), word, style)
        put(sheet.cell(row, 2), row / 7, "cell", "0.00%")
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=len(WORDS)))
    sheet.add_chart(chart, "D2")
    return saved(made).getvalue()


def main(arguments: list[str]) -> int:
    """Annotate the workbook that the command line names; return the exit code."""
    if len(arguments) != 2:
        print("python -m kamrules.annotate IN OUT")
        return 2
    source, target = map(Path, arguments)
    try:
        if target.exists() and target.samefile(source):
            reason = Text("结果不能写到原文件上", "the result cannot replace its own source")
            raise refusal(source.name, reason)
        content, lines = annotate(source)
        replace_file(target, content)
    except UsageError as error:
        print("\n\n".join(shown(problem, "en") for problem in error.problems))
        return error.exit_code
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
