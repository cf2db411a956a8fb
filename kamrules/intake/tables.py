"""Sheets that are Parquet files instead of sheets of a workbook."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from kamrules.intake.headers import is_named
from kamrules.intake.read import best_named, read_table
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW, NO_RUN
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.sheets.column import Column, SheetSpec
from kamrules.sheets.sheet import Data, Sheet, referred
from kamrules.words.text import Text
from kamrules.xlsx.files import NOT_OPENED

# fmt: off
NO_TABLE_FILE = message("E221", kind="header",
    what=("{name} 里没有 “{sheet}” 表", "{name} has no “{sheet}” table"),
    why=("里面有: {present}", "it holds: {present}"),
    fix=("Parquet 文件或文件夹以表名命名, 如 suppliers.parquet; 或写一个 .toml: suppliers = "
         '"位置"',
         "name Parquet files or folders after the sheets, such as suppliers.parquet, or write a "
         '.toml: suppliers = "place"'),
    effect=NO_RUN,
    example={"name": "tables", "sheet": Text("供应商", "Suppliers"),
             "present": "deliveries, audits"}, place=IN_ROW)
TABLE_NOT_READ = message("E222", kind="header",
    what=("“{sheet}” 表的位置 {place} 读不了", "the “{sheet}” table at {place} cannot be read"),
    why=("{reason}", "{reason}"), fix=("改正位置", "correct the place"), effect=NO_RUN,
    example={"sheet": Text("供应商", "Suppliers"), "place": "tables/suppliers.parquet",
             "reason": Text("它不是 Parquet 文件", "it is no Parquet file")}, place=IN_ROW)
# fmt: on


SUFFIX = ".parquet"
# A place that is a table of a catalogue, not a file.
TABLE = "table:"


def is_tables(source: Path) -> bool:
    """Return whether a source is a folder of Parquet files, or a list of such places."""
    return source.is_dir() or source.suffix == ".toml"


def places(source: Path, specs: Sequence[SheetSpec]) -> dict[str, str]:
    """Return where each kind of sheet is, by its key.

    The entries of a folder go by their names; a TOML file says ``sheet = "place"``, where a
    place is a file, a folder, an address, or ``table:name`` of a catalogue.
    """
    named = _named(source)
    found = {
        spec.key: place
        for spec in specs
        for name, place in named.items()
        if not spec.derived and is_named(name, spec)
    }
    present = ", ".join(named) or "-"
    missing = [
        NO_TABLE_FILE.at(Cell(source.name), name=source.name, sheet=spec.name, present=present)
        for spec in specs
        if spec.required and spec.key not in found
    ]
    if missing:
        raise UsageError(missing)
    return found


def _named(source: Path) -> dict[str, str]:
    """Return the places of tables by their names."""
    try:
        return _listed(source) if source.suffix == ".toml" else _entries(source)
    except (OSError, ValueError) as error:
        reason = Text(str(error), str(error))
        refusal = NOT_OPENED.at(Cell(source.name), name=source.name, reason=reason)
        raise UsageError([refusal], 3) from error


def _entries(folder: Path) -> dict[str, str]:
    kept = [p for p in folder.iterdir() if p.suffix == SUFFIX or p.is_dir()]
    return {p.name.removesuffix(SUFFIX): str(p) for p in sorted(kept)}


def _listed(file: Path) -> dict[str, str]:
    """Return the places a TOML file lists; those of files are relative to it."""
    found = {}
    for name, place in tomllib.loads(file.read_text("utf-8")).items():
        away = str(place).startswith(TABLE) or "://" in str(place)
        found[name] = str(place) if away else str(file.parent / str(place))
    return found


def scanned(spec: SheetSpec, place: str) -> pl.DataFrame:
    """Return the table at a place; UsageError where it cannot be read."""
    where = f"{place}/**/*{SUFFIX}" if Path(place).is_dir() else place
    try:
        return pl.read_parquet(where, hive_partitioning=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        said = str(error).splitlines()[0]
        where_, reason = Cell(place), Text(said, said)
        refusal = TABLE_NOT_READ.at(where_, sheet=spec.name, place=place, reason=reason)
        raise UsageError([refusal]) from error


def read_tables(
    book: str, tables: Mapping[str, pl.DataFrame], specs: Sequence[SheetSpec]
) -> tuple[Data, list[Problem]]:
    """Return tables, by the key of their kind, as the sheets of a workbook are returned."""
    sheets: dict[str, Sheet] = {}
    problems: list[Problem] = []
    for spec in sorted(specs, key=lambda s: bool(s.references)):
        if spec.key in tables:
            subjects = referred(sheets, spec)
            sheet, wrong = read_table(book, spec.key, tables[spec.key], spec, subjects)
            problems += wrong
            if sheet is not None:
                sheets[spec.key] = sheet
    return Data(book, sheets), problems


def fitting_table(source: Path, columns: Sequence[Column]) -> str:
    """Return the name of the table that has most of some columns, empty where none has two."""
    heads = {
        name: ([list(scanned(SheetSpec(name, name, name, ()), at).columns)], 1)
        for name, at in _named(source).items()
    }
    return best_named(heads, columns)


def blank(book: str, specs: Sequence[SheetSpec]) -> Data:
    """Return a workbook that has every kind of sheet, without a row."""
    nothing = {s.key: pl.DataFrame(schema={c.zh: pl.String for c in s.columns}) for s in specs}
    return read_tables(book, nothing, [s for s in specs if not s.derived])[0]
