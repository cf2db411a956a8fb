"""Reads a workbook into typed frames, and says what is wrong with it cell by cell."""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import fastexcel
import polars as pl

from kamrules.guard.readers import reading
from kamrules.guard.workbook import TOP_ROWS, Package, Worksheet, inspect
from kamrules.intake.aliases import SHEETS as GLOSSARIES
from kamrules.intake.aliases import with_aliases
from kamrules.intake.body import SINGLES, Body, Finding, first_column, keys_of
from kamrules.intake.claims import Claim, Page, check_claims, claims_of
from kamrules.intake.headers import Row, find_layout, is_named
from kamrules.intake.record import RECORD, record_of
from kamrules.messages.message import message
from kamrules.messages.phrases import NO_RUN
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.sheets.column import ROW, Column, SheetSpec
from kamrules.sheets.sheet import Data, Sheet, referred
from kamrules.words.fold import folded
from kamrules.words.text import Text, say

# fmt: off
EMPTY = message("E007", kind="file",
    what=("{name} 是空的", "{name} is empty"),
    why=("所有工作表都没有内容", "no sheet holds anything"),
    fix=("检查是不是选错了文件, 或尚未保存", "check whether it is the right file, and saved"),
    effect=NO_RUN, example={"name": "供应商.xlsx"})
# fmt: on


_CELLS = Text("{what} (共 {count} 个单元格)", "{what} ({count} cells)")

# The readers log empty columns and chart sheets; what users should know is a Problem.
for _logger in ("fastexcel", "calamine"):
    logging.getLogger(_logger).addHandler(logging.NullHandler())


def read(source: Path | Package, specs: Sequence[SheetSpec]) -> tuple[Data, list[Problem]]:
    """Return the sheets of a workbook as typed frames, and what is wrong with them."""
    package = inspect(source)
    book = package.book
    with reading(book):
        top = fastexcel.read_excel(package.top)
        pages = [_page(book, top, sheet) for sheet in package.sheets]
        record: dict[str, str] = {}
        if any(page.sheet.title == RECORD for page in pages):
            record, made, columns = record_of(package.content)
            pages = [
                page.without(columns.get(page.sheet.title, frozenset()), page.sheet.title in made)
                for page in pages
            ]
    if not any(sheet.used for sheet in package.sheets):
        raise UsageError([EMPTY.at(Cell(book), name=book)])
    opened = cache(partial(fastexcel.read_excel, package.content))
    reserved = [spec for spec in specs if spec.reserved]
    pages = [
        replace(page, made=page.made or any(is_named(page.sheet.title, s) for s in reserved))
        for page in pages
    ]
    specs = [spec for spec in specs if not spec.derived]
    for page in pages:
        if folded(page.sheet.title) in GLOSSARIES:
            with reading(book):
                specs = with_aliases(specs, _texts(opened(), page.sheet.title))
    claims = claims_of(pages, specs)
    problems = check_claims(claims, pages, specs)
    sheets: dict[str, Sheet] = {}
    for claim in sorted(claims, key=lambda c: bool(c.spec.references)):
        if claim.layout and claim.complete:
            body = Body(claim.page, claim.layout)
            with reading(book):
                last = body.load(package, opened)
            findings = body.typed()
            orphans = body.check_keys(claim.spec, referred(sheets, claim.spec), findings)
            sheets[claim.spec.key] = body.sheet(claim.spec, last)
            problems += [*_problems(findings, sheets[claim.spec.key], claim.page), *orphans]
    titles = [page.sheet.title for page in pages]
    in_order = sorted(sheets.values(), key=lambda sheet: titles.index(sheet.title))
    data = Data(book, {sheet.spec.key: sheet for sheet in in_order}, record=record)
    return data, sorted(problems, key=lambda p: _order(p.where, titles))


def fitting(package: Package, columns: Sequence[Column], rules: Collection[str]) -> str:
    """Return the title of the sheet whose headers name most of some columns, empty for none."""
    with reading(package.book):
        top = fastexcel.read_excel(package.top)
        sheets = [sheet for sheet in package.sheets if sheet.title not in rules]
        pages = [_page(package.book, top, sheet) for sheet in sheets]
    return best_named({p.sheet.title: (p.rows, p.first) for p in pages if not p.ours}, columns)


def best_named(sheets: Mapping[str, tuple[Sequence[Row], int]], columns: Sequence[Column]) -> str:
    """Return which of some sheets names most columns; empty where none does, or two alike."""
    spec = SheetSpec("", "", "", tuple(columns))
    named = Counter[str]()
    for title, (rows, first) in sheets.items():
        if layout := find_layout(rows, first, spec):
            named[title] = len(layout.known)
    most = named.most_common(2)
    alike = len(most) == 2 and most[0][1] == most[1][1]
    return most[0][0] if most and not alike else ""


def read_table(
    book: str, title: str, table: pl.DataFrame, spec: SheetSpec, subjects: Sheet | None = None
) -> tuple[Sheet | None, list[Problem]]:
    """Return a table that is no workbook's as a sheet with its header in row 1, None without one.

    Columns, units, types and keys are understood as those of a workbook are.
    """
    page = Page(book, Worksheet(title, "visible", {}, ()), [table.columns], 1)
    claim = Claim(spec, page, find_layout(page.rows, 1, spec), by_name=True)
    problems = check_claims([claim], [page], [spec])
    if claim.layout is None or not claim.complete:
        return None, problems
    body = Body(page, claim.layout)
    names = {table.columns[h.position - 1]: h.name for h in claim.layout.headers}
    body.frame = table.select(*names).rename(names).with_row_index(ROW, claim.layout.body)
    findings = body.typed()
    orphans = body.check_keys(spec, subjects, findings)
    sheet = body.sheet(spec, table.width)
    return sheet, [*problems, *_problems(findings, sheet, page), *orphans]


def _texts(source: fastexcel.ExcelReader, title: str) -> list[Row]:
    """Return the rows of a sheet as text."""
    sheet = source.load_sheet(title, header_row=None, skip_rows=0, dtypes="string")
    return list(sheet.to_polars().rows())


def _page(book: str, source: fastexcel.ExcelReader, sheet: Worksheet) -> Page:
    top = source.load_sheet(
        sheet.title, header_row=None, skip_rows=0, n_rows=TOP_ROWS, dtypes="string"
    )
    return Page(book, sheet, top.to_polars().rows(), first_column(top))


def _order(where: Cell, titles: Sequence[str]) -> tuple[int, int, int, str]:
    sheet = titles.index(where.sheet) if where.sheet in titles else -1
    at = re.match(r"([A-Z]+)(\d+)", where.ref)
    return (sheet, int(at[2]), len(at[1]), at[1]) if at else (sheet, 0, 0, "")


# From findings to problems


def _problems(findings: Iterable[Finding], sheet: Sheet, page: Page) -> Iterator[Problem]:
    """Yield a problem for each finding, one with a range for many of the same in a column."""
    groups: dict[tuple[int, str], list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=lambda f: f.row):
        groups[finding.header.position, finding.refusal.code].append(finding)
    for group in groups.values():
        if len(group) <= SINGLES:
            for one in group:
                yield _problem(one, page.where(one.ref), one.found, _subject(sheet, one.row))
            continue
        found = list(dict.fromkeys(finding.found for finding in group))
        shown = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
        many = _problem(group[0], page.where(f"{group[0].ref}:{group[-1].ref}"), shown)
        yield replace(many, what=say(_CELLS, what=many.what, count=len(group)))


def _subject(sheet: Sheet, row: int) -> str:
    """Return the key of the subject that a row concerns, as the sheet names it."""
    spec = sheet.spec
    key = spec.references or spec.unique
    if key not in sheet.frame.columns:
        return ""
    return keys_of(sheet.frame.filter(pl.col(ROW) == row), key)[0] or ""


def _problem(finding: Finding, where: Cell, found: str, key: str = "") -> Problem:
    refusal, severity, column = finding.refusal, finding.severity, finding.header.label
    return refusal.at(where, found=found, key=key, severity=severity, column=column)
