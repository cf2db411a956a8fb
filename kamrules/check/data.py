"""Excel's traps in data: keys that lost zeros or digits, numbers kept as text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import fastexcel
import polars as pl

from kamrules.check.finding import Finding, finding
from kamrules.guard.readers import reading
from kamrules.guard.workbook import Package
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_RULE
from kamrules.messages.problem import Cell
from kamrules.sheets.column import ROW, Column
from kamrules.sheets.sheet import Data, Sheet, referred
from kamrules.words.text import Text
from kamrules.words.types import NUMERIC

# fmt: off
DIGITS_LOST = message("W432", kind="trap",
    what=("“{found}” 超过 15 位, Excel 已丢掉后面的数字",
          "'{found}' has more than 15 digits; Excel has lost the rest"),
    why=("Excel 的数字只有 15 位", "a number has 15 digits in Excel"),
    fix=("把单元格格式设为文本, 再输入一次", "format the cell as text and type it again"),
    effect=("它和原来的编号不同", "it is not the number it was"),
    example={"found": "6222021234567890000"}, place=IN_RULE)
KEYS_DIFFER_BY_ZEROS = message("W435", kind="trap",
    what=("{column} {found} 与 {near} 只差前面的 0",
          "{column} {found} differs from {near} by zeros in front only"),
    why=("Excel 把 001 变成 1", "Excel turns 001 into 1"),
    fix=("两处都写成 {fixed}; 先把列的格式设为文本",
         "write {fixed} in both; format the columns as text first"),
    effect=("这一行不属于任何编号", "the row belongs to no key"),
    example={"column": Text("供应商编号", "Supplier ID"), "found": "12", "near": "0012",
             "fixed": "0012"}, place=IN_RULE)
NUMBERS_AS_TEXT = message("W436", kind="trap", severity="notice",
    what=("{column} 有 {count} 个数字存成了文本", "numbers stored as text in {column}: {count}"),
    why=("kamrules 照样读作数字, 但 Excel 求和时不计入",
         "kamrules reads them as numbers, but Excel leaves them out of its sums"),
    fix=("选中它们, 点感叹号, 转换为数字; 带单位的改成纯数字",
         "select them, click the exclamation mark, Convert to Number; type those with a unit as "
         "plain numbers"),
    effect=("判定不变; Excel 里的合计偏小", "decisions stay the same; sums in Excel are too small"),
    example={"column": Text("销售额", "Amount"), "count": 12}, place=IN_RULE)
# fmt: on


# So many of the cells of a column are told one by one.
TOLD = 5


def check_data(data: Data, package: Package) -> Iterator[Finding]:
    """Yield the keys that Excel seems to have changed, and the numbers that are text."""
    with reading(package.book):
        source = fastexcel.read_excel(package.content)
        for sheet in data.sheets.values():
            yield from _numbers_as_text(data, sheet, source)
    for sheet in data.sheets.values():
        for column in (sheet.spec.unique, sheet.spec.references):
            if column in sheet.letters and sheet.frame[column].dtype == pl.String:
                yield from _lost_digits(data, sheet, column)
    for sheet in data.sheets.values():
        column, subjects = sheet.spec.references, referred(data.sheets, sheet.spec)
        if column in sheet.letters and subjects and column in subjects.frame.columns:
            yield from _lost_zeros(data, sheet, column, subjects.frame[column])


def _place(data: Data, sheet: Sheet, column: str, row: int) -> Cell:
    return Cell(data.book, sheet.title, f"{sheet.letters[column]}{row}")


def _lost_digits(data: Data, sheet: Sheet, column: str) -> Iterator[Finding]:
    """Yield keys of more than 15 digits that end in the zeros Excel puts there."""
    lost = sheet.frame.filter(pl.col(column).str.contains(r"^\d{15}0+$|^\d(\.\d+)?[eE]\+\d\d$"))
    for row, key in lost.select(ROW, column).head(TOLD).iter_rows():
        yield finding(DIGITS_LOST.at(_place(data, sheet, column, row), found=key))


def _lost_zeros(data: Data, sheet: Sheet, column: str, known: pl.Series) -> Iterator[Finding]:
    """Yield references that would be found with zeros in front."""
    whole = known.drop_nulls().cast(pl.String)
    keys = pl.DataFrame({"key": whole, "bare": whole.str.strip_chars_start("0")})
    references = sheet.frame.select(ROW, pl.col(column).cast(pl.String).alias("found")).drop_nulls()
    missing = references.join(keys, left_on="found", right_on="key", how="anti")
    near = missing.with_columns(bare=pl.col("found").str.strip_chars_start("0")).join(
        keys, on="bare", how="inner", maintain_order="left"
    )
    for row, found, key in near.select(ROW, "found", "key").head(TOLD).iter_rows():
        where = _place(data, sheet, column, row)
        column_ = next((c.name for c in sheet.spec.columns if c.key == column), column)
        yield finding(
            KEYS_DIFFER_BY_ZEROS.at(
                where, found=found, column=column_, near=key, fixed=max(found, key, key=len)
            )
        )


def _numbers_as_text(data: Data, sheet: Sheet, source: fastexcel.ExcelReader) -> Iterator[Finding]:
    """Yield the columns of numbers in which some cells hold text that says a number."""
    known = [c for c in sheet.spec.columns if c.key in sheet.letters and not c.words]
    columns = [c for c in known if c.type in NUMERIC]
    if not columns or sheet.frame.is_empty():
        return
    load = partial(_cells, source, sheet)
    # Only what Excel holds as a number or a truth value can be read as a truth value.
    others = load(columns, "boolean")
    numbers = sheet.frame.select(ROW, *(c.key for c in columns))
    mixed = numbers.join(others, on=ROW, how="left", maintain_order="left", suffix="#other")
    doubtful = [
        c for c in columns if (mixed[c.key].is_not_null() & mixed[f"{c.key}#other"].is_null()).any()
    ]
    if not doubtful:
        return
    texts = mixed.join(load(doubtful, "string"), on=ROW, how="left", suffix="#text")
    for column in doubtful:
        at = pl.col(column.key).is_not_null() & pl.col(f"{column.key}#other").is_null()
        rows = texts.filter(at, pl.col(f"{column.key}#text").is_not_null())[ROW]
        if len(rows):
            first, last = (_place(data, sheet, column.key, row).ref for row in (rows[0], rows[-1]))
            where = Cell(data.book, sheet.title, first if first == last else f"{first}:{last}")
            yield finding(NUMBERS_AS_TEXT.at(where, column=column.name, count=len(rows)))


def _cells(
    source: fastexcel.ExcelReader, sheet: Sheet, columns: list[Column], dtype: Any
) -> pl.DataFrame:
    """Return the cells below the header of a sheet as one type, blank where they are of another."""
    at = {sheet.letters[c.key]: c.key for c in columns}
    in_order = sorted(at, key=lambda letters: (len(letters), letters))
    found = source.load_sheet(
        sheet.title, header_row=None, skip_rows=sheet.header_row, dtypes=dtype,
        use_columns=",".join(in_order), whitespace_as_null=True,
    ).to_polars()  # fmt: skip
    named = dict(zip(found.columns, (at[letters] for letters in in_order), strict=True))
    return found.rename(named).with_row_index(ROW, sheet.header_row + 1)
