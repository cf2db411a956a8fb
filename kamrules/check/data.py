"""Excel's traps in customer data: keys that lost zeros or digits, numbers kept as text."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from kamrules.book.read import CUSTOMERS
from kamrules.check.finding import Finding, finding
from kamrules.model import ROW, Cell, Data, Sheet
from kamrules.text import problem

# So many of the cells of a column are told one by one.
TOLD = 5


def check_data(data: Data) -> Iterator[Finding]:
    """Yield the keys that Excel seems to have changed."""
    customers = data.sheets.get(CUSTOMERS)
    for sheet in data.sheets.values():
        for column in (sheet.spec.unique, sheet.spec.references):
            if column in sheet.letters and sheet.frame[column].dtype == pl.String:
                yield from _lost_digits(data, sheet, column)
    if customers is None or customers.spec.unique not in customers.frame.columns:
        return
    keys = customers.frame[customers.spec.unique].drop_nulls().cast(pl.String)
    stripped = pl.DataFrame({"key": keys, "bare": keys.str.strip_chars_start("0")})
    for sheet in data.sheets.values():
        column = sheet.spec.references
        if column in sheet.letters:
            yield from _lost_zeros(data, sheet, column, stripped)


def _place(data: Data, sheet: Sheet, column: str, row: int) -> Cell:
    return Cell(data.book, sheet.title, f"{sheet.letters[column]}{row}")


def _lost_digits(data: Data, sheet: Sheet, column: str) -> Iterator[Finding]:
    """Yield keys of more than 15 digits that end in the zeros Excel puts there."""
    lost = sheet.frame.filter(pl.col(column).str.contains(r"^\d{15}0+$|^\d(\.\d+)?[eE]\+\d\d$"))
    for row, key in lost.select(ROW, column).head(TOLD).iter_rows():
        yield finding(problem("W432", _place(data, sheet, column, row), found=key))


def _lost_zeros(data: Data, sheet: Sheet, column: str, keys: pl.DataFrame) -> Iterator[Finding]:
    """Yield references to customers that would be found with zeros in front."""
    references = sheet.frame.select(ROW, pl.col(column).cast(pl.String).alias("found")).drop_nulls()
    missing = references.join(keys, left_on="found", right_on="key", how="anti")
    near = missing.with_columns(bare=pl.col("found").str.strip_chars_start("0")).join(
        keys, on="bare", how="inner", maintain_order="left"
    )
    for row, found, key in near.select(ROW, "found", "key").head(TOLD).iter_rows():
        where = _place(data, sheet, column, row)
        column_ = next((c.name for c in sheet.spec.columns if c.key == column), column)
        yield finding(
            problem(
                "W435", where, found=found, column=column_, near=key, fixed=max(found, key, key=len)
            )
        )
