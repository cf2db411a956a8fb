"""Makes columns of the values of plain rows, which the guard has gone over already.

What a text or a date is, calamine says: it reads each distinct value once, from a workbook made of
them. Numbers need no second opinion. A sheet of 2 million cells takes half the time so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import fastexcel
import polars as pl

from kamrules.guard.package_check import MAIN, Packed
from kamrules.guard.plain_rows import ROW_NUMBER, SEPARATOR, Kind, Shape
from kamrules.guard.workbook import Package, Worksheet, workbook
from kamrules.sheets.column import ROW

_CELLS = {
    Kind.NUMBER: ("<c%s><v>", "</v></c>"),
    Kind.SHARED: ('<c%s t="s"><v>', "</v></c>"),
    Kind.TEXT: ('<c%s t="str"><v>', "</v></c>"),
    Kind.INLINE: ('<c%s t="inlineStr"><is><t', "</t></is></c>"),
}
_BLANK = Shape(frozenset())
_HALF = "1.5"  # a date with a time, a length of time, or a number


def plain_frame(
    package: Package, sheet: Worksheet, names: Mapping[str, int], body: int
) -> pl.DataFrame | None:
    """Return the rows of a sheet from *body* on, as fastexcel gives them; None where it must.

    *names* are the columns that are wanted, each with its position in the sheet.
    """
    columns = sheet.columns
    if columns is None or any(row >= body for row in columns.others):
        return None
    rows = _values(columns.piece(ROW_NUMBER)).cast(pl.UInt32).alias(ROW)
    taken = rows >= body
    shapes = {name: columns.shapes.get(at, _BLANK) for name, at in names.items()}
    shapes = {name: shape for name, shape in shapes.items() if shape.values}
    dates = _date_styles(package, shapes)
    if dates is None or not taken.any():
        return None
    values = {name: _values(columns.piece(names[name])).filter(taken) for name in shapes}
    found = _understood(package, shapes, dates, values)
    blank = pl.repeat(None, rows.filter(taken).len(), dtype=pl.String, eager=True)
    frame = pl.DataFrame([found.get(name, blank).alias(name) for name in names])
    return _without_gaps(frame.insert_column(0, rows.filter(taken)).sort(ROW), body)


def _values(piece: bytes) -> pl.Series:
    """Return the values of a column, null where there is none."""
    joined = pl.Series([piece], dtype=pl.Binary).cast(pl.String)
    values = joined.str.split(SEPARATOR.decode()).explode()
    return values.set(values == "", None)


def _without_gaps(frame: pl.DataFrame, body: int) -> pl.DataFrame:
    """Return a frame with a row for each of the sheet, from *body* on."""
    every = pl.int_range(body, frame[ROW][-1] + 1, dtype=pl.UInt32, eager=True).alias(ROW)
    if every.len() > frame.height:
        frame = every.to_frame().join(frame, on=ROW, how="left", maintain_order="left")
    return frame.drop(ROW)


def _date_styles(package: Package, shapes: Mapping[str, Shape]) -> Mapping[str, str] | None:
    """Return a style of each column whose numbers are dates, None where a column has both."""
    of = {name: sorted(s.styles) for name, s in shapes.items() if Kind.NUMBER in s.values}
    styles = sorted({style for of_column in of.values() for style in of_column if style})
    cells = "".join(_cells(Kind.NUMBER, style, [_HALF]) for style in styles)
    types: dict[str, pl.DataType] = {"": pl.Float64()}
    if styles:
        types |= zip(styles, _read(package, [f"<row>{cells}</row>"])[0].dtypes, strict=True)
    if any(len({types[style] for style in of_column}) > 1 for of_column in of.values()):
        return None
    return {name: styles[0] for name, styles in of.items() if types[styles[0]] != pl.Float64()}


def _understood(
    package: Package,
    shapes: Mapping[str, Shape],
    dates: Mapping[str, str],
    values: Mapping[str, pl.Series],
) -> Mapping[str, pl.Series]:
    """Return what the values of the columns say."""
    kinds = {name: next(iter(shape.values)) for name, shape in shapes.items()}
    asked = [n for n, kind in kinds.items() if kind in {Kind.TEXT, Kind.INLINE} or n in dates]
    distinct = {name: values[name].drop_nulls().unique() for name in asked}
    indices = {n: values[n].cast(pl.UInt32) for n, kind in kinds.items() if kind == Kind.SHARED}
    most = 1 + max(map(_largest, indices.values()), default=-1)
    sheets = [_rows(kinds[name], dates.get(name, ""), distinct[name].to_list()) for name in asked]
    strings = _rows(Kind.SHARED, "", [str(index) for index in range(most)])
    *read, texts = _read(package, [*sheets, strings])
    said = {
        name: _column(frame, len(distinct[name])) for name, frame in zip(asked, read, strict=True)
    }
    found = {name: _column(texts, most).gather(index) for name, index in indices.items()}
    for name in asked:
        found[name] = values[name].replace_strict(distinct[name], said[name], default=None)
    for name, kind in kinds.items():
        if kind == Kind.BOOL:
            found[name] = values[name] == "1"
        elif kind == Kind.NUMBER and name not in dates:
            found[name] = values[name].cast(pl.Float64)
    return {n: c.cast(pl.String) if c.null_count() == len(c) else c for n, c in found.items()}


def _largest(index: pl.Series) -> int:
    largest = index.max()
    return largest if isinstance(largest, int) else -1


def _cells(kind: Kind, style: str, values: Iterable[str], between: str = "") -> str:
    """Return the XML of cells with these values."""
    start, end = _CELLS[kind]
    start %= f' s="{style}"' if style else ""
    inside = f"{end}{between}{start}".join(values)
    return f"{start}{inside}{end}"


def _rows(kind: Kind, style: str, values: Sequence[str]) -> str:
    """Return the XML of rows with a cell each."""
    return f"<row>{_cells(kind, style, values, '</row><row>')}</row>" if values else ""


def _read(package: Package, sheets: Sequence[str]) -> list[pl.DataFrame]:
    """Return what fastexcel makes of sheets with these rows."""
    start, end = f'<worksheet xmlns="{MAIN[0]}"><sheetData>', "</sheetData></worksheet>"
    packed = {str(i): Packed.of(f"{start}{xml}{end}".encode()) for i, xml in enumerate(sheets)}
    source = fastexcel.read_excel(workbook(packed, package.shared, package.base_1904))
    return [
        source.load_sheet(
            title, header_row=None, skip_rows=0, schema_sample_rows=None, whitespace_as_null=True
        ).to_polars()
        for title in packed
    ]


def _column(frame: pl.DataFrame, length: int) -> pl.Series:
    """Return the only column of a frame; it ends before the last blank rows, or has none at all."""
    column = frame.to_series() if frame.width else pl.Series([], dtype=pl.String)
    return column.extend_constant(None, length - len(column))
