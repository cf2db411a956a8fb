"""Reads a customer workbook into typed frames, and says what is wrong with it cell by cell."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import fastexcel
import polars as pl

from kamrules.book.guard import TOP_ROWS, Package, Worksheet, inspect, letters
from kamrules.book.headers import (
    HEADER_ROWS,
    Header,
    Layout,
    Row,
    doubtful_headers,
    find_layout,
    folded,
    hinted,
    is_named,
    listed,
    missing_columns,
)
from kamrules.book.plain_columns import plain_frame
from kamrules.book.readers import reading
from kamrules.book.record import RECORD, own_columns
from kamrules.model import (
    NUMERIC,
    ROW,
    TEXTUAL,
    UNREADABLE,
    Cell,
    Data,
    Problem,
    Refusal,
    Severity,
    Sheet,
    SheetSpec,
    Text,
    UsageError,
)
from kamrules.sfeel import fold
from kamrules.text import fmt, problem, refuse, refused, say
from kamrules.values import read as read_value
from kamrules.values import read_column

# Boolean column of a frame with unique keys: true where an earlier row has the same key.
DUPLICATE = "#duplicate"
CUSTOMERS = "customers"

# So many cells of a column with the same problem are told one by one; so many keys are listed.
SINGLES = 5
LISTED = 20

OUR_SHEETS = {
    folded(name)
    for zh, en in {
        "汇总": "Summary", "问题": "Problems", "规则": "Rules", "拜访计划": "Visit plan",
        "投诉升级": "Escalations",
    }.items()
    for name in (zh, en, zh + en)
}  # fmt: skip

_STOPPED = Text("未判定, 未写出任何文件", "nothing was decided, nothing was written")
_LEFT_OUT = Text("这张表未读取; 其他表照常", "the sheet was not read; the others were")
_CELLS = Text("{what} (共 {count} 个单元格)", "{what} ({count} cells)")
_KEYS = Text("{what} (共 {count} 个编号)", "{what} ({count} keys)")

# The readers log empty columns and chart sheets; what users should know is a Problem.
for _logger in ("fastexcel", "calamine"):
    logging.getLogger(_logger).addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class _Page:
    """A sheet not yet understood: its first rows as text, *first* the column they begin in."""

    book: str
    sheet: Worksheet
    rows: Sequence[Row]
    first: int

    def without(self, columns: frozenset[int]) -> _Page:
        """Return the sheet with nothing in some columns, counted from 1."""
        rows = [
            [None if self.first + i in columns else text for i, text in enumerate(row)]
            for row in self.rows
        ]
        return replace(self, rows=rows) if columns else self

    def where(self, ref: str) -> Cell:
        """Return a place in this sheet."""
        return Cell(self.book, self.sheet.title, ref)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A sheet taken for a kind of sheet, by its name or else by its headers."""

    spec: SheetSpec
    page: _Page
    layout: Layout | None
    by_name: bool

    @property
    def known(self) -> Mapping[str, Header]:
        """Return the headers that name a column, by its key."""
        return self.layout.known if self.layout else {}

    @property
    def complete(self) -> bool:
        """Return whether every required column has a header."""
        return bool(self.layout) and _required(self.spec) <= self.known.keys()


class _Finding(NamedTuple):
    """What is wrong with one cell."""

    header: Header
    row: int
    refusal: Refusal
    found: str = ""
    severity: Severity | None = None

    @property
    def ref(self) -> str:
        """Return the address of the cell."""
        return f"{self.header.letters}{self.row}"


def read(path: Path, specs: Sequence[SheetSpec]) -> tuple[Data, list[Problem]]:
    """Return the sheets of a workbook as typed frames, and what is wrong with them."""
    package = inspect(path)
    with reading(path.name):
        source = fastexcel.read_excel(package.top)
        pages = [_page(path.name, source, sheet) for sheet in package.sheets]
        if any(page.sheet.title == RECORD for page in pages):
            own = own_columns(package.content)
            pages = [page.without(own.get(page.sheet.title, frozenset())) for page in pages]
    if not any(sheet.used for sheet in package.sheets):
        raise UsageError([problem("E007", Cell(path.name), name=path.name)])
    specs = [spec for spec in specs if not spec.derived]
    claims = _claims(pages, specs)
    problems = _of_sheets(claims, pages, specs)
    opened = cache(partial(fastexcel.read_excel, package.content))
    sheets: dict[str, Sheet] = {}
    for claim in sorted(claims, key=lambda c: c.spec.key != CUSTOMERS):
        if claim.layout and claim.complete:
            body = _Body(claim.page, claim.layout)
            with reading(path.name):
                last = body.load(package, opened)
            findings = body.typed()
            orphans = body.check_keys(claim.spec, sheets.get(CUSTOMERS), findings)
            sheets[claim.spec.key] = body.sheet(claim.spec, last)
            problems += [*_problems(findings, sheets[claim.spec.key], claim.page), *orphans]
    titles = [page.sheet.title for page in pages]
    in_order = sorted(sheets.values(), key=lambda sheet: titles.index(sheet.title))
    data = Data(path.name, {sheet.spec.key: sheet for sheet in in_order})
    return data, sorted(problems, key=lambda p: _order(p.where, titles))


def _page(book: str, source: fastexcel.ExcelReader, sheet: Worksheet) -> _Page:
    top = source.load_sheet(
        sheet.title, header_row=None, skip_rows=0, n_rows=TOP_ROWS, dtypes="string"
    )
    return _Page(book, sheet, top.to_polars().rows(), _first_column(top))


def _first_column(sheet: fastexcel.ExcelSheet) -> int:
    """Return the column, counted from 1, in which the reader's frame begins."""
    columns = sheet.selected_columns
    return columns[0].absolute_index + 1 if columns else 1


def _order(where: Cell, titles: Sequence[str]) -> tuple[int, int, int, str]:
    sheet = titles.index(where.sheet) if where.sheet in titles else -1
    at = re.match(r"([A-Z]+)(\d+)", where.ref)
    return (sheet, int(at[2]), len(at[1]), at[1]) if at else (sheet, 0, 0, "")


# Which sheet is which


def _claims(pages: Sequence[_Page], specs: Sequence[SheetSpec]) -> list[_Claim]:
    """Return the best sheet for each kind of sheet: by name, then by headers."""
    named = [
        _Claim(spec, page, find_layout(page.rows, page.first, spec), by_name=True)
        for page in pages
        for spec in specs
        if is_named(page.sheet.title, spec) and (page.rows or spec.required)
    ]
    claims = _best(named)
    found = {claim.spec.key for claim in claims}
    titles = {claim.page.sheet.title for claim in named}
    unnamed = [
        _Claim(spec, page, find_layout(page.rows, page.first, spec), by_name=False)
        for page in pages
        if not (page.sheet.title in titles or _is_ours(page.sheet.title))
        for spec in specs
        if spec.key not in found
    ]
    return claims + _best([claim for claim in unnamed if _fits(claim)])


def _is_ours(title: str) -> bool:
    return title.startswith("_") or folded(title) in OUR_SHEETS


def _required(spec: SheetSpec) -> set[str]:
    return {column.key for column in spec.columns if column.required}


def _fits(claim: _Claim) -> bool:
    """Return whether the headers alone say that a sheet is of this kind."""
    required = _required(claim.spec)
    return bool(required) and len(required & claim.known.keys()) >= min(2, len(required))


def _best(claims: Iterable[_Claim]) -> list[_Claim]:
    """Return the claims that name most, one for each sheet and each kind; ties in book order."""
    best: dict[str, _Claim] = {}
    taken: set[str] = set()
    for claim in sorted(claims, key=lambda c: (not c.complete, -len(c.known))):
        if claim.spec.key not in best and claim.page.sheet.title not in taken:
            best[claim.spec.key] = claim
            taken.add(claim.page.sheet.title)
    return list(best.values())


def _of_sheets(
    claims: Sequence[_Claim], pages: Sequence[_Page], specs: Sequence[SheetSpec]
) -> list[Problem]:
    """Return what is wrong with sheets and headers; raise it where a required sheet is unusable."""
    found = {claim.spec.key for claim in claims}
    fatal = [_no_sheet(spec, pages) for spec in specs if spec.required and spec.key not in found]
    problems: list[Problem] = []
    for claim in claims:
        spec, layout, where = claim.spec, claim.layout, claim.page.where
        bad, effect = (fatal, _STOPPED) if spec.required else (problems, _LEFT_OUT)
        if layout is None:
            bad.append(
                problem(
                    "E202", where(""), sheet=spec.name, rows=HEADER_ROWS, effect=effect,
                    columns=_headers_of(spec),
                )
            )  # fmt: skip
        elif not claim.complete:
            # Of a sheet found by its headers nobody said that it is of this kind.
            sure = claim.by_name or spec.required
            bad += missing_columns(layout, spec, where, effect, "error" if sure else "warning")
        else:
            problems += doubtful_headers(layout, spec, where)
    if fatal:
        raise UsageError(fatal)
    return problems


def _headers_of(spec: SheetSpec) -> Text:
    return listed([c.name for c in spec.columns if c.required] or [c.name for c in spec.columns])


def _no_sheet(spec: SheetSpec, pages: Sequence[_Page]) -> Problem:
    """Return the error of a missing sheet, with the sheets and headers that may be meant."""
    titles = [Text(page.sheet.title, page.sheet.title) for page in pages]
    options = {folded(title.zh): title for title in titles}
    for page in pages:
        for r, row in enumerate([] if _is_ours(page.sheet.title) else page.rows[:SINGLES], 1):
            for c, text in enumerate(row, page.first):
                if text:
                    at = f"{page.where(f'{letters(c)}{r}').local} “{text.strip()}”"
                    options.setdefault(folded(text), Text(at, at))
    headers = [name for c in spec.columns if c.required for name in c.name]
    return problem(
        "E201", Cell(pages[0].book), name=pages[0].book, sheet=spec.name, present=listed(titles),
        hint=hinted((spec.zh, spec.en, *spec.synonyms, *headers), options),
        columns=_headers_of(spec),
    )  # fmt: skip


# From cells to typed columns


class _Body:
    """The rows below a header: cells as read at first, a typed frame in the end."""

    def __init__(self, page: _Page, layout: Layout) -> None:
        self.page = page
        self.layout = layout
        self.lost = self._lost()
        self.frame = pl.DataFrame()

    def _lost(self) -> Mapping[int, Mapping[int, tuple[Refusal, str]]]:
        """Return why cells that readers show otherwise are refused, and as what, by place."""
        sheet, headers = self.page.sheet, {h.letters: h for h in self.layout.headers}
        errors = {text: refuse("E110", found=text) for text in set(sheet.errors.values())}
        cells = dict.fromkeys(sheet.uncached, (refuse("E111"), ""))
        cells |= {ref: (errors[text], text) for ref, text in sheet.errors.items()}
        for ref, text in sheet.booleans.items():
            column = headers[c].column if (c := ref.rstrip("0123456789")) in headers else None
            value = read_value(text, column.type) if column and column.type in NUMERIC else None
            if isinstance(value, Refusal):
                cells[ref] = (value, text)
        lost: dict[int, dict[int, tuple[Refusal, str]]] = {h.position: {} for h in headers.values()}
        for ref, why in cells.items():
            letters_ = ref.rstrip("0123456789")
            row = int(ref[len(letters_) :])
            if row >= self.layout.body and letters_ in headers:
                lost[headers[letters_].position][row] = why
        return lost

    def load(self, package: Package, opened: Callable[[], fastexcel.ExcelReader]) -> int:
        """Read the cells as they are; return the last used column of the sheet."""
        names = {header.name: header.position for header in self.layout.headers}
        cells = plain_frame(package, self.page.sheet, names, self.layout.body)
        if cells is None:
            cells = self._any_frame(opened(), names)
        lost = {row for rows in self.lost.values() for row in rows}
        self.frame = _numbered(cells, self.layout.body, lost)
        return self.page.sheet.last_column

    def _any_frame(
        self, source: fastexcel.ExcelReader, positions: Mapping[str, int]
    ) -> pl.DataFrame:
        """Return the cells of the columns, numbers with all their digits even among texts."""
        rows, body = len(self.page.rows), self.layout.body
        load = partial(
            source.load_sheet, self.page.sheet.title, header_row=None, schema_sample_rows=None,
            whitespace_as_null=True, skip_rows=min(body, rows) - 1,
        )  # fmt: skip
        sheet = load()
        cells, first = sheet.to_polars(), _first_column(sheet)
        if body > rows:
            cells = cells.clear()
        names = {name: cells.columns[at - first] for name, at in positions.items()}
        rounded = [
            names[h.name]
            for h in self.layout.headers
            if h.column
            and h.column.type in {*NUMERIC, "any"}
            and _rounded(cells[names[h.name]]).any()
        ]
        if rounded:
            exact = load(dtypes=dict.fromkeys(rounded, "float")).to_polars()
            cells = cells.with_columns([_exact(cells[name], exact[name]) for name in rounded])
        return cells.select([pl.col(old).alias(new) for new, old in names.items()])

    def typed(self) -> list[_Finding]:
        """Turn the cells into typed columns; return what is wrong with them."""
        columns, findings = [self.frame[ROW]], []
        for header in self.layout.headers:
            typed, found = _column(header, self.frame, self.lost[header.position])
            columns += typed
            findings += found
        self.frame = pl.DataFrame(columns)
        return findings

    def check_keys(
        self, spec: SheetSpec, customers: Sheet | None, findings: list[_Finding]
    ) -> list[Problem]:
        """Mark repeated rows and add what is wrong with keys; return what names no customer."""
        known = self.layout.known
        if unique := known.get(spec.unique):
            keys = _keys(self.frame, spec.unique)
            again = (keys.is_not_null() & ~keys.is_first_distinct()).alias(DUPLICATE)
            findings += _repeated(unique, self.frame[ROW], keys, again, self.page)
            findings += _without_key(unique, self.frame, "E209")
            self.frame = self.frame.with_columns(again)
        if customers and (referring := known.get(spec.references)):
            findings += _without_key(referring, self.frame, "W210")
            return list(_orphans(referring, self.frame, customers, self.page))
        return []

    def sheet(self, spec: SheetSpec, last: int) -> Sheet:
        """Return the sheet as the rest of the run knows it."""
        headers = self.layout.headers
        letters_, texts = {h.name: h.letters for h in headers}, {h.name: h.text for h in headers}
        title, row = self.page.sheet.title, self.layout.row
        return Sheet(spec, title, self.frame, row, letters_, texts, last)


def _rounded(cells: pl.Series) -> pl.Series:
    """Return which cells may lack digits: among texts the reader writes numbers with nine."""
    if cells.dtype != pl.String:
        return pl.Series([False])
    return cells.str.contains(r"^-?\d+\.\d{6,}$").fill_null(False)


def _exact(cells: pl.Series, numbers: pl.Series) -> pl.Series:
    at = (_rounded(cells) & numbers.is_not_null()).arg_true()
    return cells.scatter(at, [format(Decimal(repr(n)), "f") for n in numbers.gather(at)])


def _numbered(cells: pl.DataFrame, body: int, lost: set[int]) -> pl.DataFrame:
    """Return the rows that are not blank, with their row numbers; a *lost* row is not blank."""
    below = max(lost, default=0) - (body + cells.height - 1)
    if below > 0:  # rows in which the reader sees nothing at all
        cells = pl.concat([cells, cells.clear(below)])
    rows = pl.int_range(body, body + cells.height, dtype=pl.UInt32, eager=True).alias(ROW)
    used = cells.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    return cells.insert_column(0, rows).filter(used | _among(rows, lost))


def _among(rows: pl.Series, chosen: Iterable[int]) -> pl.Series:
    return rows.is_in(pl.Series([sorted(chosen)], dtype=pl.List(pl.UInt32)))


def _column(
    header: Header, frame: pl.DataFrame, lost: Mapping[int, tuple[Refusal, str]]
) -> tuple[list[pl.Series], list[_Finding]]:
    """Return a column's values with its flag of unreadable cells, if any, and what is wrong."""
    column, cells, rows = header.column, frame[header.name], frame[ROW]
    if lost:
        cells = cells.set(_among(rows, lost), None)
    unread = [
        _Finding(header, row, refusal, text, None if column else "warning")
        for row, (refusal, text) in lost.items()
    ]
    if column is None:
        flag = _among(rows, lost).alias(header.name + UNREADABLE)
        return [cells, flag] if unread else [cells], unread
    values, refusals = read_column(_numbers(cells, column.words), column.type, header.scale)
    at = list(refusals)
    for row, cell, i in zip(rows.gather(at), cells.gather(at), at, strict=True):
        unread.append(_Finding(header, row, refusals[i], str(cell)))
    flag = _among(rows, (f.row for f in unread)).alias(header.name + UNREADABLE)
    if column.blank is not None:
        blank, _ = read_column(pl.Series([column.blank]), column.type)
        values = values.zip_with(values.is_not_null() | flag, blank.new_from_index(0, len(values)))
    doubts = [*_beyond_100(header, cells, values, rows), *_not_allowed(header, values, rows)]
    return [values, flag] if unread else [values], unread + doubts


def _numbers(cells: pl.Series, words: Sequence[tuple[str, float]]) -> pl.Series:
    """Return a column with the words that stand for numbers as their numbers."""
    if not words or cells.dtype != pl.String:
        return cells
    number = {word: f"{value:.15g}" for word, value in words}
    return cells.str.strip_chars().replace(number)


def _beyond_100(
    header: Header, cells: pl.Series, values: pl.Series, rows: pl.Series
) -> Iterator[_Finding]:
    if header.column and header.column.type == "percent":
        over = (values.abs() > 1).fill_null(False)
        if cells.dtype == pl.String:  # who types 150% means it
            over &= ~cells.str.contains("[%％‰]|分之").fill_null(False)
        for row, value in zip(rows.filter(over), values.filter(over), strict=True):
            percent = fmt(value, "percent")
            yield _Finding(header, row, refuse("W112", typed=fmt(value), percent=percent), percent)


def _not_allowed(header: Header, values: pl.Series, rows: pl.Series) -> Iterator[_Finding]:
    column = header.column
    if column and column.allowed and column.type in TEXTUAL:
        allowed = {fold(value) for value in column.allowed}
        others = [v for v in values.unique().drop_nulls() if fold(v) not in allowed]
        refusal = refuse("W208", allowed=listed([Text(v, v) for v in column.allowed]))
        other = values.is_in(pl.Series([others], dtype=pl.List(pl.String))).fill_null(False)
        for row, value in zip(rows.filter(other), values.filter(other), strict=True):
            yield _Finding(header, row, refusal, value)


# Keys


def _keys(frame: pl.DataFrame, key: str) -> pl.Series:
    """Return a key column as text, numbers without .0."""
    keys = frame[key].cast(pl.String)
    return keys.str.strip_suffix(".0") if frame[key].dtype.is_float() else keys


def _repeated(
    header: Header, rows: pl.Series, keys: pl.Series, again: pl.Series, page: _Page
) -> Iterator[_Finding]:
    """Yield an error for each row with the key of an earlier one."""
    if again.any():
        firsts = dict(zip(keys.filter(~again), rows.filter(~again), strict=True))
        for row, key in zip(rows.filter(again), keys.filter(again), strict=True):
            first = page.where(f"{header.letters}{firsts[key]}").local
            yield _Finding(header, row, refuse("E205", first=first), key)


def _without_key(header: Header, frame: pl.DataFrame, code: str) -> Iterator[_Finding]:
    blank = frame[header.name].is_null()
    if header.name + UNREADABLE in frame.columns:
        blank &= ~frame[header.name + UNREADABLE]
    for row in frame[ROW].filter(blank):
        yield _Finding(header, row, refuse(code, column=header.label))


def _orphans(
    header: Header, frame: pl.DataFrame, customers: Sheet, page: _Page
) -> Iterator[Problem]:
    """Yield a warning for each key that the customers sheet lacks, one for many of them."""
    known = _keys(customers.frame, customers.spec.unique).drop_nulls()
    rows = pl.DataFrame([_keys(frame, header.name).alias("key"), frame[ROW]]).drop_nulls()
    each = (
        rows.join(known.alias("key").to_frame(), on="key", how="anti", maintain_order="left")
        .group_by("key", maintain_order=True)
        .agg(pl.col(ROW).min().alias("first"), pl.col(ROW).max().alias("last"), pl.len())
    )
    column, warn = header.letters, partial(problem, "W206", column=header.label)
    if each.height <= SINGLES:
        for key, first, last, count in each.rows():
            ref = f"{column}{first}" if count == 1 else f"{column}{first}:{column}{last}"
            yield warn(page.where(ref), found=key, key=key, count=count)
        return
    ref = f"{column}{min(each['first'])}:{column}{max(each['last'])}"
    found = ", ".join(each["key"].head(LISTED)) + (", ..." if each.height > LISTED else "")
    many = warn(page.where(ref), found=found, count=sum(each["len"]))
    yield replace(many, what=say(_KEYS, what=many.what, count=each.height))


# From findings to problems


def _problems(findings: Iterable[_Finding], sheet: Sheet, page: _Page) -> Iterator[Problem]:
    """Yield a problem for each finding, one with a range for many of the same in a column."""
    groups: dict[tuple[int, str], list[_Finding]] = defaultdict(list)
    for finding in sorted(findings, key=lambda f: f.row):
        groups[finding.header.position, finding.refusal.code].append(finding)
    for group in groups.values():
        if len(group) <= SINGLES:
            for one in group:
                yield _problem(one, page.where(one.ref), one.found, _customer(sheet, one.row))
            continue
        found = list(dict.fromkeys(finding.found for finding in group))
        shown = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
        many = _problem(group[0], page.where(f"{group[0].ref}:{group[-1].ref}"), shown)
        yield replace(many, what=say(_CELLS, what=many.what, count=len(group)))


def _customer(sheet: Sheet, row: int) -> str:
    """Return the customer whom a row concerns, as the sheet names it."""
    spec = sheet.spec
    key = spec.references or (spec.unique if spec.key == CUSTOMERS else "")
    if key not in sheet.frame.columns:
        return ""
    return _keys(sheet.frame.filter(pl.col(ROW) == row), key)[0] or ""


def _problem(finding: _Finding, where: Cell, found: str, key: str = "") -> Problem:
    refusal, severity, column = finding.refusal, finding.severity, finding.header.label
    return refused(refusal, where, found=found, key=key, severity=severity, column=column)
