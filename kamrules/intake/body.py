"""The rows below a header: from cells to typed columns, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import fastexcel
import polars as pl

from kamrules.guard.workbook import Package
from kamrules.intake.claims import Page
from kamrules.intake.headers import Header, Layout, listed
from kamrules.intake.plain_columns import plain_frame
from kamrules.messages.message import Message, Refusal, message
from kamrules.messages.phrases import IN_COLUMN, IN_ROW, ROW_UNDECIDED
from kamrules.messages.problem import Problem, Severity
from kamrules.sheets.column import ROW, UNREADABLE, SheetSpec
from kamrules.sheets.sheet import Sheet
from kamrules.sheets.values import read as read_value
from kamrules.sheets.values import read_column
from kamrules.words.fold import fold
from kamrules.words.shown import fmt
from kamrules.words.text import Text, say
from kamrules.words.types import NUMERIC, TEXTUAL

# fmt: off
ERROR_VALUE = message("E110", kind="type",
    what=("{column} 是错误值 {found}", "{column} holds the error {found}"),
    why=("公式算不出结果, 不能当作空白",
         "its formula gives no value, which is not the same as a blank"),
    fix=("改正公式, 或直接输入值; 没有值就清空单元格",
         "correct the formula or type the value; clear the cell if there is none"),
    effect=ROW_UNDECIDED,
    example={"found": "#REF!", "column": Text("销售额", "Amount")}, place=IN_COLUMN)
NOT_CALCULATED = message("E111", kind="type",
    what=("{column} 的公式没有保存结果", "the formula of {column} was saved without its result"),
    why=("生成此文件的程序没有计算公式, 不能当作空白",
         "the program that wrote the file did not calculate it, which is not the same as a blank"),
    fix=("在 Excel 中打开并保存一次, 再运行",
         "open and save the workbook in Excel once, then run again"),
    effect=ROW_UNDECIDED,
    example={"found": "=SUM(B2:B9)", "column": Text("销售额", "Amount")}, place=IN_COLUMN)
BEYOND_100 = message("W112", kind="value",
    what=("{column} 大于 100%: {found}", "{column} is more than 100%: {found}"),
    why=("百分比列里的 {typed} 就是 {percent}", "{typed} in a percent column means {percent}"),
    fix=("若本意是 {typed}%, 输入 {typed}%; 确是 {percent} 就不用改",
         "if {typed}% was meant, type {typed}%; if it is {percent}, leave it"),
    effect=("按 {found} 判定", "it counts as {found}"),
    example={"found": "500%", "column": Text("折扣", "Discount"), "typed": "5",
             "percent": "500%"}, place=IN_COLUMN)
REPEATED_KEY = message("E205", kind="duplicate",
    what=("{column} {found} 重复", "{column} {found} occurs twice"),
    why=("第一次在 {first}", "the first is at {first}"),
    fix=("合并两行, 或改正其中一个编号", "merge the rows, or correct one of the keys"),
    effect=("只用第一行判定, 这一行不判定", "the first row is decided, this row is not"),
    example={"found": "S1001", "column": Text("供应商编号", "Supplier ID"),
             "first": "供应商!A3"}, place=IN_ROW)
UNKNOWN_KEY = message("W206", kind="reference",
    what=("{column} {found} 不在“{sheet}”表里", "{column} {found} is not in the {sheet} sheet"),
    why=("{count} 行用到它", "rows that name it: {count}"),
    fix=("在“{sheet}”表里加上它, 或改正编号", "add it to the {sheet} sheet, or correct the key"),
    effect=("这些行计入合计, 但不属于任何编号", "these rows count in totals but belong to no key"),
    example={"found": "S9999", "column": Text("供应商编号", "Supplier ID"),
             "count": 3, "sheet": Text("供应商", "Suppliers")}, place=IN_ROW)
NOT_A_CHOICE = message("W208", kind="value",
    what=("{column} 的值 “{found}” 不在选项里", "“{found}” is not one of the choices of {column}"),
    why=("选项是 {allowed}", "the choices are {allowed}"), fix=("改成其中之一", "type one of them"),
    effect=("值照原样保留, 可能没有规则命中",
            "the value is kept as it is; perhaps no rule matches it"),
    example={"found": "很重大", "column": Text("战略意义", "Strategic"),
             "allowed": "重大, 重要, 无"}, place=IN_ROW)
NO_KEY = message("E209", kind="header",
    what=("这一行没有 {column}", "this row has no {column}"),
    why=("不知道它是谁的数据", "nobody knows whose data it is"),
    fix=("填上 {column}, 或清空整行", "fill in the {column}, or clear the row"),
    effect=("这一行不判定; 其他行照常", "this row is not decided; other rows are not affected"),
    example={"column": Text("供应商编号", "Supplier ID")}, place=IN_ROW)
NO_REFERENCE = message("W210", kind="header",
    what=("这一行没有 {column}", "this row has no {column}"),
    why=("不知道它属于谁", "nobody knows whose it is"),
    fix=("填上 {column}", "fill in the {column}"),
    effect=("这一行计入合计, 但不属于任何编号", "this row counts in totals but belongs to no key"),
    example={"column": Text("供应商编号", "Supplier ID")}, place=IN_ROW)
# fmt: on


# Boolean column of a frame with unique keys: true where an earlier row has the same key.
DUPLICATE = "#duplicate"

# So many cells of a column with the same problem are told one by one; so many keys are listed.
SINGLES = 5
LISTED = 20

_KEYS = Text("{what} (共 {count} 个编号)", "{what} ({count} keys)")


class Finding(NamedTuple):
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


class Body:
    """The rows below a header: cells as read at first, a typed frame in the end."""

    def __init__(self, page: Page, layout: Layout) -> None:
        self.page = page
        self.layout = layout
        self.lost = self._lost()
        self.frame = pl.DataFrame()

    def _lost(self) -> Mapping[int, Mapping[int, tuple[Refusal, str]]]:
        """Return why cells that readers show otherwise are refused, and as what, by place."""
        sheet, headers = self.page.sheet, {h.letters: h for h in self.layout.headers}
        errors = {text: ERROR_VALUE.refusal(found=text) for text in set(sheet.errors.values())}
        cells = dict.fromkeys(sheet.uncached, (NOT_CALCULATED.refusal(), ""))
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
        cells, first = sheet.to_polars(), first_column(sheet)
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

    def typed(self) -> list[Finding]:
        """Turn the cells into typed columns; return what is wrong with them."""
        columns, findings = [self.frame[ROW]], []
        for header in self.layout.headers:
            typed, found = _column(header, self.frame, self.lost[header.position])
            columns += typed
            findings += found
        self.frame = pl.DataFrame(columns)
        return findings

    def check_keys(
        self, spec: SheetSpec, subjects: Sheet | None, findings: list[Finding]
    ) -> list[Problem]:
        """Mark repeated rows and add what is wrong with keys; return what refers to no row."""
        known = self.layout.known
        if unique := known.get(spec.unique):
            keys = keys_of(self.frame, spec.unique)
            again = (keys.is_not_null() & ~keys.is_first_distinct()).alias(DUPLICATE)
            findings += _repeated(unique, self.frame[ROW], keys, again, self.page)
            findings += _without_key(unique, self.frame, NO_KEY)
            self.frame = self.frame.with_columns(again)
        if subjects and (referring := known.get(spec.references)):
            findings += _without_key(referring, self.frame, NO_REFERENCE)
            return list(_orphans(referring, self.frame, subjects, self.page))
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
) -> tuple[list[pl.Series], list[Finding]]:
    """Return a column's values with its flag of unreadable cells, if any, and what is wrong."""
    column, cells, rows = header.column, frame[header.name], frame[ROW]
    if lost:
        cells = cells.set(_among(rows, lost), None)
    unread = [
        Finding(header, row, refusal, text, None if column else "warning")
        for row, (refusal, text) in lost.items()
    ]
    if column is None:
        flag = _among(rows, lost).alias(header.name + UNREADABLE)
        return [cells, flag] if unread else [cells], unread
    values, refusals = read_column(_numbers(cells, column.words), column.type, header.scale)
    at = list(refusals)
    for row, cell, i in zip(rows.gather(at), cells.gather(at), at, strict=True):
        unread.append(Finding(header, row, refusals[i], str(cell)))
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
) -> Iterator[Finding]:
    if header.column and header.column.type == "percent":
        over = (values.abs() > 1).fill_null(False)
        if cells.dtype == pl.String:  # who types 150% means it
            over &= ~cells.str.contains("[%％‰]|分之").fill_null(False)
        for row, value in zip(rows.filter(over), values.filter(over), strict=True):
            percent = fmt(value, "percent")
            yield Finding(
                header, row, BEYOND_100.refusal(typed=fmt(value), percent=percent), percent
            )


def _not_allowed(header: Header, values: pl.Series, rows: pl.Series) -> Iterator[Finding]:
    column = header.column
    if column and column.allowed and column.type in TEXTUAL:
        allowed = {fold(value) for value in column.allowed}
        others = [v for v in values.unique().drop_nulls() if fold(v) not in allowed]
        refusal = NOT_A_CHOICE.refusal(allowed=listed([Text(v, v) for v in column.allowed]))
        other = values.is_in(pl.Series([others], dtype=pl.List(pl.String))).fill_null(False)
        for row, value in zip(rows.filter(other), values.filter(other), strict=True):
            yield Finding(header, row, refusal, value)


# Keys


def keys_of(frame: pl.DataFrame, key: str) -> pl.Series:
    """Return a key column as text, numbers without .0."""
    keys = frame[key].cast(pl.String)
    return keys.str.strip_suffix(".0") if frame[key].dtype.is_float() else keys


def _repeated(
    header: Header, rows: pl.Series, keys: pl.Series, again: pl.Series, page: Page
) -> Iterator[Finding]:
    """Yield an error for each row with the key of an earlier one."""
    if again.any():
        firsts = dict(zip(keys.filter(~again), rows.filter(~again), strict=True))
        for row, key in zip(rows.filter(again), keys.filter(again), strict=True):
            first = page.where(f"{header.letters}{firsts[key]}").local
            yield Finding(header, row, REPEATED_KEY.refusal(first=first), key)


def _without_key(header: Header, frame: pl.DataFrame, fault: Message) -> Iterator[Finding]:
    blank = frame[header.name].is_null()
    if header.name + UNREADABLE in frame.columns:
        blank &= ~frame[header.name + UNREADABLE]
    for row in frame[ROW].filter(blank):
        yield Finding(header, row, fault.refusal(column=header.label))


def _orphans(header: Header, frame: pl.DataFrame, subjects: Sheet, page: Page) -> Iterator[Problem]:
    """Yield a warning for each key that the sheet referred to lacks, one for many of them."""
    known = keys_of(subjects.frame, subjects.spec.unique).drop_nulls()
    rows = pl.DataFrame([keys_of(frame, header.name).alias("key"), frame[ROW]]).drop_nulls()
    each = (
        rows.join(known.alias("key").to_frame(), on="key", how="anti", maintain_order="left")
        .group_by("key", maintain_order=True)
        .agg(pl.col(ROW).min().alias("first"), pl.col(ROW).max().alias("last"), pl.len())
    )
    column, warn = (
        header.letters,
        partial(UNKNOWN_KEY.at, column=header.label, sheet=subjects.spec.name),
    )
    if each.height <= SINGLES:
        for key, first, last, count in each.rows():
            ref = f"{column}{first}" if count == 1 else f"{column}{first}:{column}{last}"
            yield warn(page.where(ref), found=key, key=key, count=count)
        return
    ref = f"{column}{min(each['first'])}:{column}{max(each['last'])}"
    found = ", ".join(each["key"].head(LISTED)) + (", ..." if each.height > LISTED else "")
    many = warn(page.where(ref), found=found, count=sum(each["len"]))
    yield replace(many, what=say(_KEYS, what=many.what, count=each.height))


def first_column(sheet: fastexcel.ExcelSheet) -> int:
    """Return the column, counted from 1, in which the reader's frame begins."""
    columns = sheet.selected_columns
    return columns[0].absolute_index + 1 if columns else 1
