"""The same run where the data already is: parts of the subjects as partitions of Spark.

Rows are dealt out by subject, so each part holds all rows of its subjects. Facts and decisions
of a part are worked out by the code that works out a workbook's; what a portfolio fact needs from
everybody is collected between two passes over the parts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from kamrules.facts.declare import Fact
from kamrules.intake.headers import Layout, find_layout
from kamrules.intake.tables import TABLE, TABLE_NOT_READ, places
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.parts.messages import NO_PYSPARK, TOO_LARGE_AS_A_WHOLE
from kamrules.parts.passes import (
    AT,
    DATA,
    FILE,
    PASSED,
    across_pass,
    each,
    first_pass,
    opened,
    rest_pass,
    second_pass,
    whole_pass,
)
from kamrules.parts.plan import Plan, in_steps, of_whole, planned
from kamrules.rules.catalogue import merged_specs
from kamrules.rules.link import LinkedTable
from kamrules.run import parquet
from kamrules.run.pipeline import as_of_date
from kamrules.run.stages import Run
from kamrules.sheets.column import SheetSpec
from kamrules.sheets.sheet import Data, Sheet
from kamrules.sheets.values import read_column
from kamrules.words.text import Text

if TYPE_CHECKING:
    import datetime as dt

    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession

    from kamrules.parts.passes import Pass

# Rows of a part: few enough for the memory of a task, many enough to be worth one.
ROWS_OF_A_PART = 250_000
# Rows that one task may have for the tables that need everybody's.
MOST_WHOLE = 2_000_000


def apply(
    source: Path,
    run: Run,
    target: str,
    files: Sequence[Path] = (),
    without: Sequence[str] = (),
) -> parquet.Outcome:
    """Decide tables with Spark; write Parquet for each decision table.

    *files* and *without* say which plugins *run* has, because executors load them themselves.
    """
    specs = {spec.key: spec for spec in merged_specs(run.manager)}
    session = _session(files)
    tables = {
        key: _table(session, specs[key], place)
        for key, place in places(source, list(specs.values())).items()
    }
    dealt = {k for k in tables if specs[k].references or specs[k].headline}
    plan, facts, problems = planned(
        source.name,
        {k: _frame(t.limit(0) if k in dealt else t) for k, t in tables.items()},
        dealt,
        run,
        lambda empty: _as_of(tables, empty),
    )
    pruned = {k: _used(tables[k], plan.empty.sheets[k], plan.every) for k in plan.columns}
    plan = replace(
        plan,
        columns={k: tuple(t.columns) for k, t in pruned.items()},
        files=tuple(file.name for file in files),
        without=tuple(without),
    )
    keys = {k: _key(t, specs[k]) for k, t in pruned.items()}
    rows = sum(table.count() for table in pruned.values())
    count = max(session.sparkContext.defaultParallelism, -(-rows // ROWS_OF_A_PART))
    if rows > MOST_WHOLE:
        problems += [
            TOO_LARGE_AS_A_WHOLE.at(t.table.where, table=t.table.name, rows=rows, most=MOST_WHOLE)
            for t in plan.every
            if t not in plan.linked
        ]
        plan = replace(plan, every=plan.linked)
    decided = _decided(_parts(pruned, keys, count), plan, facts, count)
    return _written(decided, target, problems)


def _session(files: Sequence[Path]) -> SparkSession:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UsageError([NO_PYSPARK.at(Cell("--engine spark"))]) from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # A task has one core; threads of Polars beyond it would only wait.
    builder = SparkSession.builder.appName("kamrules")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    session = builder.config("spark.executorEnv.POLARS_MAX_THREADS", "1").getOrCreate()
    for file in files:
        session.sparkContext.addFile(str(file))
    return session


def _table(session: SparkSession, spec: SheetSpec, place: str) -> DataFrame:
    """Return a table with the place of each row in its files, where it is made of files."""
    from pyspark.errors import PySparkException
    from pyspark.sql import functions as f

    try:
        if place.startswith(TABLE):
            return session.table(place.removeprefix(TABLE))
        found = session.read.option("recursiveFileLookup", "true").parquet(place)
    except PySparkException as error:
        said = str(error).splitlines()[0]
        reason = Text(said, said)
        refusal = TABLE_NOT_READ.at(Cell(place), sheet=spec.name, place=place, reason=reason)
        raise UsageError([refusal]) from error
    at = [f.col("_metadata.file_path").alias(FILE), f.col("_metadata.row_index").alias(AT)]
    return found.select("*", *at)


def _frame(table: DataFrame) -> pl.DataFrame:
    found = pl.from_arrow(table.drop(FILE, AT).toArrow())
    return found if isinstance(found, pl.DataFrame) else found.to_frame()


def _layout(columns: Sequence[str], spec: SheetSpec) -> Layout:
    found = find_layout([columns], 1, spec)
    if found is None:
        raise TypeError(spec.key)
    return found


def _as_of(tables: Mapping[str, DataFrame], empty: Data) -> dt.date:
    """Return the parameter 基准日, or the last date at which something happened."""
    last = {}
    for key, table in tables.items():
        sheet = empty.sheets.get(key)
        events = [c for c in sheet.spec.columns if c.event] if sheet else []
        known = _layout(table.columns, empty.sheets[key].spec).known if events else {}
        named = {c.key: table.columns[known[c.key].position - 1] for c in events if c.key in known}
        if sheet and named:
            latest = table.select(*(f"`{n}`" for n in named.values())).mapInArrow(
                _latest(list(named)), ", ".join(f"`{k}` date" for k in named)
            )
            last[key] = replace(sheet, frame=_frame(latest))
    return as_of_date(replace(empty, sheets=last))


def _latest(keys: Sequence[str]) -> Pass:
    def latest(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            read = [read_column(pl.Series(c), "date")[0].max() for c in batch.columns]
            found = pl.DataFrame([read], schema=dict.fromkeys(keys, pl.Date), orient="row")
            yield from found.to_arrow().to_batches()

    return latest


def _used(table: DataFrame, sheet: Sheet, linked: Iterable[LinkedTable]) -> DataFrame:
    """Return a table without the columns that neither a plugin nor a rule knows."""
    named = {c.key for c in sheet.spec.columns}
    for one in linked:
        if one.table.for_each == sheet.spec.key:
            named |= {*one.inputs, *(column for column, _ in one.names.values())}
    headers = _layout([c for c in table.columns if c not in (FILE, AT)], sheet.spec).headers
    kept = [table.columns[h.position - 1] for h in headers if h.name in named]
    return table.select(*(f"`{c}`" for c in kept + [c for c in (FILE, AT) if c in table.columns]))


def _key(table: DataFrame, spec: SheetSpec) -> Column:
    """Return the subject of each row as text, numbers without decimals, as it is compared."""
    from pyspark.sql import functions as f
    from pyspark.sql.types import DoubleType, FloatType

    header = _layout(table.columns, spec).known[spec.references or spec.unique]
    name = table.columns[header.position - 1]
    raw = f.col(f"`{name}`")
    if isinstance(table.schema[name].dataType, DoubleType | FloatType):
        whole = raw.cast("decimal(38,0)").cast("string")
        return f.when(raw == f.floor(raw), whole).otherwise(raw.cast("string"))
    # Whatever Unicode calls a blank, and the marks nobody sees, is no part of a key.
    blank = r"[\s\p{Z}\p{Cf}]+"
    return f.regexp_replace(raw.cast("string"), f"^{blank}|{blank}$", "")


def _parts(tables: Mapping[str, DataFrame], keys: Mapping[str, Column], count: int) -> DataFrame:
    """Return all tables in one: a part, and a structure for each table, null where not its row."""
    from pyspark.sql import functions as f

    found: DataFrame | None = None
    for key, table in tables.items():
        fields = [f.col(f"`{c}`").alias(f"c{n}") for n, c in enumerate(table.columns)]
        part = f.pmod(f.xxhash64(keys[key]), f.lit(count)).cast("int").alias("part")
        one = table.select(part, f.struct(*fields).alias(key))
        found = one if found is None else found.unionByName(one, allowMissingColumns=True)
    if found is None:
        raise TypeError(tables)
    return found.repartition(count, "part")


def _decided(parts: DataFrame, plan: Plan, facts: Iterable[Fact], count: int) -> DataFrame:
    """Return the decisions of all parts, a row for each part and decision table."""
    from pyspark import StorageLevel

    read = parts.mapInArrow(each("part", first_pass(plan)), PASSED)
    read = read.persist(StorageLevel.MEMORY_AND_DISK)
    passed = of_parts = read.where(f"about = '{DATA}'")
    steps = sum(1 for fact in facts if in_steps(fact))
    if steps:
        totals = read.where(f"about <> '{DATA}'").repartition(steps, "about")
        passed = passed.union(totals.mapInArrow(each("about", across_pass(plan)), PASSED))
    if any(of_whole(fact) for fact in facts):
        passed = passed.union(of_parts.repartition(1).mapInArrow(whole_pass(plan), PASSED))
    passed = passed.repartition(count, "part")
    decided = passed.mapInArrow(each("part", second_pass(plan)), PASSED)
    if len(plan.every) > len(plan.linked):
        rest = of_parts.repartition(1).mapInArrow(rest_pass(plan), PASSED)
        decided = decided.union(rest)
    return decided.persist(StorageLevel.MEMORY_AND_DISK)


def _written(decided: DataFrame, target: str, problems: list[Problem]) -> parquet.Outcome:
    """Write the decisions as Parquet; return what was written, how many, and the problems."""
    from pyspark.sql import functions as f

    folder = target if "://" in target else f"file://{Path(target).absolute()}"
    counts: dict[str, tuple[int, int]] = {}
    empty: dict[str, pl.DataFrame] = {}
    for (content,) in decided.where(f.col("about") == parquet.PROBLEMS).select("content").collect():
        counted, said = opened(content)
        problems += said
        for name, (some, others, nothing) in counted.items():
            before = counts.get(name, (0, 0))
            counts[name] = (before[0] + some, before[1] + others)
            empty[name] = nothing

    tasks = decided.sparkSession.sparkContext.defaultParallelism

    def write(name: str) -> str:
        path = f"{folder}/{parquet.file_name(name)}"
        # Few rows in many files would be slow to write and to read.
        files = max(tasks, sum(counts[name]) // ROWS_OF_A_PART)
        mine = decided.where(f.col("about") == name).select("content").coalesce(files)
        named = ", ".join(f"`{c}` {_type(t)[0]}" for c, t in empty[name].schema.items())
        mine.mapInArrow(_unpacked, named).write.mode("overwrite").parquet(path)
        return path

    # Each is a small job that mostly waits.
    with ThreadPoolExecutor(2) as pool:
        written = list(pool.map(write, empty))
    path = f"{folder}/{parquet.file_name(parquet.PROBLEMS)}"
    listed = _arrow(parquet.problem_rows(problems))
    decided.sparkSession.createDataFrame(listed).write.mode("overwrite").parquet(path)
    decided.unpersist()
    return parquet.Outcome((*written, path), counts, tuple(problems))


def _unpacked(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for content in batch.column(0):
            yield from _arrow(opened(content.as_py())).to_batches()


def _arrow(frame: pl.DataFrame) -> pa.Table:
    """Return a frame as Arrow in the types that Spark takes."""
    import pyarrow as pa

    fields = [pa.field(name, _type(dtype)[1]) for name, dtype in frame.schema.items()]
    return frame.to_arrow().cast(pa.schema(fields))


def _type(dtype: pl.DataType) -> tuple[str, pa.DataType]:
    """Return a type as Spark and as Arrow call it."""
    import pyarrow as pa

    if isinstance(dtype, pl.List):
        name, inner = _type(dtype.inner)  # type: ignore[arg-type]
        return f"array<{name}>", pa.list_(inner)
    if isinstance(dtype, pl.Datetime):
        return "timestamp_ntz", pa.timestamp("us")
    return {
        pl.String: ("string", pa.string()),
        pl.Float64: ("double", pa.float64()),
        pl.Int64: ("bigint", pa.int64()),
        pl.Boolean: ("boolean", pa.bool_()),
        pl.Date: ("date", pa.date32()),
    }[type(dtype)]
