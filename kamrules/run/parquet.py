"""Sheets that are Parquet files instead of sheets of a workbook, and decisions written as such."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from kamrules.engine.decide import Decided
from kamrules.engine.decision import MISSING, RULE, Decision
from kamrules.facts.join import derived, with_facts
from kamrules.intake.headers import is_named
from kamrules.intake.read import CUSTOMERS, read_table
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW, NO_RUN
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.rules.catalogue import merged_specs
from kamrules.run import app, in_force
from kamrules.run import why as explain
from kamrules.run.decisions import decide_all
from kamrules.run.headline import labels_of_columns
from kamrules.sheets.column import ROW, SheetSpec
from kamrules.sheets.period import check_period
from kamrules.sheets.sheet import Data, Sheet
from kamrules.words.text import Lang, Text
from kamrules.xlsx.files import NOT_OPENED

# fmt: off
NO_TABLE_FILE = message("E221", kind="header",
    what=("{name} 里没有 “{sheet}” 表", "{name} has no “{sheet}” table"),
    why=("里面有: {present}", "it holds: {present}"),
    fix=("Parquet 文件或文件夹以表名命名, 如 customers.parquet; 或写一个 .toml: customers = "
         '"位置"',
         "name Parquet files or folders after the sheets, such as customers.parquet, or write a "
         '.toml: customers = "place"'),
    effect=NO_RUN,
    example={"name": "tables", "sheet": Text("客户", "Customers"),
             "present": "orders, visits"}, place=IN_ROW)
TABLE_NOT_READ = message("E222", kind="header",
    what=("“{sheet}” 表的位置 {place} 读不了", "the “{sheet}” table at {place} cannot be read"),
    why=("{reason}", "{reason}"), fix=("改正位置", "correct the place"), effect=NO_RUN,
    example={"sheet": Text("客户", "Customers"), "place": "tables/customers.parquet",
             "reason": Text("它不是 Parquet 文件", "it is no Parquet file")}, place=IN_ROW)
# fmt: on


SUFFIX = ".parquet"
# A place that is a table of a catalogue, not a file.
TABLE = "table:"
PROBLEMS = "problems"
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_LANGS: tuple[Lang, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run over tables says: rows by file, how many problems of each code, and the problems.

    *counts* holds, by table, the number of rows decided and not decided.
    """

    written: tuple[str, ...]
    counts: Mapping[str, tuple[int, int]]
    problems: tuple[Problem, ...]


def is_tables(source: Path) -> bool:
    """Return whether a source is a folder of Parquet files, or a list of such places."""
    return source.is_dir() or source.suffix == ".toml"


def places(source: Path, specs: Sequence[SheetSpec]) -> dict[str, str]:
    """Return where each kind of sheet is, by its key.

    The entries of a folder go by their names; a TOML file says ``customers = "place"``, where a
    place is a file, a folder, an address, or ``table:name`` of a catalogue.
    """
    try:
        named = _listed(source) if source.suffix == ".toml" else _entries(source)
    except (OSError, ValueError) as error:
        reason = Text(str(error), str(error))
        refusal = NOT_OPENED.at(Cell(source.name), name=source.name, reason=reason)
        raise UsageError([refusal], 3) from error
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


def _scan(spec: SheetSpec, place: str) -> pl.DataFrame:
    where = f"{place}/**/*{SUFFIX}" if Path(place).is_dir() else place
    try:
        return pl.read_parquet(where, hive_partitioning=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        said = str(error).splitlines()[0]
        where_, reason = Cell(place), Text(said, said)
        refusal = TABLE_NOT_READ.at(where_, sheet=spec.name, place=place, reason=reason)
        raise UsageError([refusal]) from error


def read(
    book: str, tables: Mapping[str, pl.DataFrame], specs: Sequence[SheetSpec]
) -> tuple[Data, list[Problem]]:
    """Return tables, by the key of their kind, as the sheets of a workbook are returned."""
    sheets: dict[str, Sheet] = {}
    problems: list[Problem] = []
    for spec in sorted(specs, key=lambda s: s.key != CUSTOMERS):
        if spec.key in tables:
            table, customers = tables[spec.key], sheets.get(CUSTOMERS)
            sheet, wrong = read_table(book, spec.key, table, spec, customers)
            problems += wrong
            if sheet is not None:
                sheets[spec.key] = sheet
    return Data(book, sheets | dict(derived(specs))), problems


def apply(source: Path, run: app.Run, target: Path) -> Outcome:
    """Decide tables on this machine; write a Parquet file for each decision table."""
    specs = merged_specs(run.manager)
    by_key = {spec.key: spec for spec in specs}
    found = {key: _scan(by_key[key], place) for key, place in places(source, specs).items()}
    data, problems = read(source.name, found, specs)
    data, rulebooks, parameters, wrong = in_force.load(data, run.manager, run.rules)
    problems += wrong
    as_of = run.as_of or app.as_of_date(data)
    problems += check_period(data, as_of)
    data, facts, wrong = with_facts(data, as_of, run.manager)
    problems += wrong
    tables, notices = in_force.on(rulebooks, as_of)
    steps, wrong = in_force.linked(data, facts, tables, specs, parameters)
    problems += notices + wrong
    stop_at_rule_errors(problems)
    labels = [label for rulebook in rulebooks for label in rulebook.labels]
    decided, data, wrong = decide_all(data, steps, labels)
    problems += wrong
    frames = {d.table.name: rows(d, decision, data) for d, decision in decided}
    written = [_written(target / file_name(t), frame) for t, frame in frames.items()]
    written.append(_written(target / file_name(PROBLEMS), problem_rows(problems)))
    return Outcome(tuple(written), {t: counted(f) for t, f in frames.items()}, tuple(problems))


def stop_at_rule_errors(problems: Sequence[Problem]) -> None:
    """Raise all problems where a rule or a parameter among them cannot be used."""
    if any(p.stops for p in problems):
        raise UsageError(problems)


def file_name(table: str) -> str:
    """Return the name of the file that holds the rows of a decision table."""
    return _NOT_IN_NAMES.sub("_", table) + SUFFIX


def _written(path: Path, frame: pl.DataFrame) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    frame.write_parquet(partial)
    partial.replace(path)
    return str(path)


def rows(decided: Decided, decision: Decision, data: Data) -> pl.DataFrame:
    """Return a table's decisions as a file holds them: key, outputs, rule, missing inputs, why.

    A sheet without a key of its own is given with all its columns.
    """
    sheet = data.sheets[decided.table.for_each]
    spec = sheet.spec
    keys = [spec.unique] if spec.unique else [c.key for c in spec.columns]
    keys = [k for k in keys if k in sheet.frame.columns and k not in decision.frame.columns]
    names = labels_of_columns(data)
    whys = {f"why_{lang}": explain.sentences(decided, decision, names, lang) for lang in _LANGS}
    said = decision.frame.rename({RULE: "rule", MISSING: "missing"}).with_columns(**whys)
    found = sheet.frame.select(ROW, *keys).join(said, on=ROW, maintain_order="left").drop(ROW)
    return found.select(_plain(found[column]) for column in found.columns)


def _plain(column: pl.Series) -> pl.Series:
    """Return a column in a type that every reader of Parquet knows."""
    dtype = column.dtype
    if dtype in (pl.Time, pl.Null):
        return column.cast(pl.String)
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Enum):
        return column.cast(pl.List(pl.String))
    if isinstance(dtype, pl.Duration):
        return column.dt.to_string("iso")
    return column.cast(pl.Int64) if dtype.is_integer() else column


def counted(frame: pl.DataFrame) -> tuple[int, int]:
    """Return how many rows a rule decided, and how many none did."""
    undecided = frame["rule"].null_count()
    return frame.height - undecided, undecided


_PROBLEM_COLUMNS = (
    "code", "severity", "sheet", "cell", "customer", "found", "what_zh", "what_en", "why_zh",
    "why_en", "fix_zh", "fix_en", "effect_zh", "effect_en",
)  # fmt: skip


def problem_rows(problems: Iterable[Problem]) -> pl.DataFrame:
    """Return problems as a file holds them."""
    lines = [
        (p.code, p.severity, p.where.sheet, p.where.ref, p.key, p.found, *p.what, *p.why, *p.fix,
         *p.effect)
        for p in problems
    ]  # fmt: skip
    return pl.DataFrame(lines, schema=dict.fromkeys(_PROBLEM_COLUMNS, pl.String), orient="row")


def without_cell(problem_: Problem) -> Problem:
    """Return a problem of a part of the rows, whose row numbers mean nothing outside of it."""
    return replace(problem_, where=replace(problem_.where, ref=""))
