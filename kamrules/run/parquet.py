"""Decisions as Parquet files, one for each decision table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from kamrules.engine.decide import Decided
from kamrules.engine.decision import MISSING, RULE, Decision
from kamrules.intake.tables import SUFFIX
from kamrules.messages.problem import Problem
from kamrules.run import why as explain
from kamrules.run.headline import labels_of_columns
from kamrules.run.pipeline import Run, workings
from kamrules.sheets.column import ROW
from kamrules.sheets.sheet import Data
from kamrules.words.text import Lang

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


def apply(source: Path, run: Run, target: Path) -> Outcome:
    """Decide tables on this machine; write a Parquet file for each decision table."""
    found = workings(source, run)
    frames = {d.table.name: rows(d, decision, found.data) for d, decision in found.decided}
    written = [_written(target / file_name(t), frame) for t, frame in frames.items()]
    problems = found.result.problems
    written.append(_written(target / file_name(PROBLEMS), problem_rows(problems)))
    return Outcome(tuple(written), {t: counted(f) for t, f in frames.items()}, problems)


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
    "code", "severity", "sheet", "cell", "key", "found", "what_zh", "what_en", "why_zh",
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
