"""The same run where the data already is: parts of the customers as partitions of Spark.

Rows are dealt out by customer, so each part holds all rows of its customers. Facts and decisions
of a part are worked out by the code that works out a workbook's; what a portfolio fact needs from
everybody is collected between two passes over the parts.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy
import polars as pl

from kamrules.engine.decide import DTYPES
from kamrules.facts.collect import ready
from kamrules.facts.declare import Fact
from kamrules.facts.join import collected, joined, told, with_derived
from kamrules.facts.order import in_order
from kamrules.hooks import plugins
from kamrules.intake.headers import Layout, find_layout
from kamrules.intake.mark import INPUT
from kamrules.intake.read import CUSTOMERS
from kamrules.intake.sources import Read
from kamrules.intake.tables import TABLE, TABLE_NOT_READ, places, read_tables
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.parts.messages import NEEDS_EVERY_ROW, NO_PYSPARK, ROWS_OF_NOBODY
from kamrules.rules.catalogue import merged_specs
from kamrules.rules.link import LinkedTable
from kamrules.run import parquet
from kamrules.run.decisions import decide_all
from kamrules.run.in_force import own as own_rules
from kamrules.run.pipeline import as_of_date, named, ruled
from kamrules.run.stages import Run
from kamrules.run.subjects import Found
from kamrules.sheets.column import ROW, SheetSpec
from kamrules.sheets.sheet import Data, Parameter, Sheet
from kamrules.sheets.values import read_column
from kamrules.words.names import both
from kamrules.words.text import Text

if TYPE_CHECKING:
    import datetime as dt

    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession

    Pass = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
    Group = Callable[[pa.Table], pa.Table]

# Rows of a part: few enough for the memory of a task, many enough to be worth one.
ROWS_OF_A_PART = 250_000
# Columns of what goes from pass to pass: a part, what it is about, and pickled frames.
_PASSED = "part int, about string, content binary"
_DATA = "data"
_FILE, _AT = "#file", "#at"


@dataclass(frozen=True, slots=True)
class Plan:
    """What each part needs to be decided; sent to the executors.

    *columns* are the columns of each dealt-out table, *common* the sheets that name no customer,
    *empty* is the data of a part without rows.
    """

    book: str
    empty: Data
    columns: Mapping[str, tuple[str, ...]]
    common: Mapping[str, Sheet]
    files: tuple[str, ...]
    without: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    as_of: dt.date
    linked: tuple[LinkedTable, ...]
    labels: tuple[Text, ...]

    @property
    def manager(self) -> pluggy.PluginManager:
        """Return the plugins, loaded once in each process."""
        return _manager(self.files, self.without)

    def data(self, tables: Mapping[str, pl.DataFrame]) -> tuple[Data, list[Problem]]:
        """Return a part's tables as sheets, beside those that are the same everywhere."""
        data, problems = read_tables(self.book, tables, merged_specs(self.manager))
        data = with_derived(data, merged_specs(self.manager))
        sheets = {**self.common, **data.sheets}
        return replace(data, sheets=sheets, parameters=self.parameters), problems

    def facts(self, data: Data) -> list[Fact]:
        """Return the facts that can be worked out for a part."""
        found = ready(data, self.as_of, self.manager)
        # A fact without columns is only there to say what is wrong.
        return [f for f in found if f.columns and _divisible(f)]


@lru_cache(maxsize=1)
def _manager(files: tuple[str, ...], without: tuple[str, ...]) -> pluggy.PluginManager:
    from pyspark import SparkFiles

    return plugins.load([Path(SparkFiles.get(name)) for name in files], without)


def _divisible(fact: Fact) -> bool:
    """Return whether the rows of a part can get a fact: from the part, or from the whole."""
    return not fact.runs or fact.scope == "subject" or _in_steps(fact) or _of_whole(fact)


def _in_steps(fact: Fact) -> bool:
    """Return whether a fact is made of what all parts add to it."""
    return fact.across is not None and fact.runs and not fact.waits


def _of_whole(fact: Fact) -> bool:
    """Return whether a fact needs the whole data at once, before any decision."""
    early = bool(fact.key) and not fact.waits
    return fact.scope == "portfolio" and early and fact.runs and fact.across is None


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
    dealt = {k for k in tables if specs[k].references or k == CUSTOMERS}
    plan, facts, problems = planned(
        source.name,
        {k: _frame(t.limit(0) if k in dealt else t) for k, t in tables.items()},
        dealt,
        run,
        lambda empty: _as_of(tables, empty),
    )
    pruned = {k: _used(tables[k], plan.empty.sheets[k], plan.linked) for k in plan.columns}
    plan = replace(
        plan,
        columns={k: tuple(t.columns) for k, t in pruned.items()},
        files=tuple(file.name for file in files),
        without=tuple(without),
    )
    keys = {k: _key(t, specs[k]) for k, t in pruned.items()}
    rows = sum(table.count() for table in pruned.values())
    count = max(session.sparkContext.defaultParallelism, -(-rows // ROWS_OF_A_PART))
    decided = _decided(_parts(pruned, keys, count), plan, facts, count)
    return _written(decided, target, problems)


def planned(
    book: str,
    tables: Mapping[str, pl.DataFrame],
    dealt: Container[str],
    run: Run,
    latest: Callable[[Data], dt.date],
) -> tuple[Plan, list[Fact], list[Problem]]:
    """Return what the parts need, the facts, and what is wrong.

    *tables* are without rows where they are *dealt* out; *latest* finds the as-of date in them.
    """
    specs = merged_specs(run.manager)
    read, wrong = read_tables(book, tables, specs)
    own = own_rules(read, run.rules, None)
    in_force = ruled(Found(Read(read, tuple(wrong), {INPUT: book}), specs, own), run, latest)
    known = named(in_force, run)
    problems = [*in_force.problems, *known.problems]
    replace(known, problems=problems).usable()
    empty, facts, steps = known.data, known.facts, known.steps
    here = {s.key for s in specs if s.derived or s.key in dealt}
    linked, left_out = _divided(steps, facts, here)
    common = {k: s for k, s in empty.sheets.items() if k not in here}
    columns = {k: tuple(t.columns) for k, t in tables.items() if k in here and k in empty.sheets}
    plan = Plan(
        book, empty, columns, common, (), (), in_force.parameters, in_force.as_of, tuple(linked),
        in_force.labels,
    )  # fmt: skip
    whole = [f for f in facts if f.sheet in common and f.runs and not f.waits]
    problems += [p for fact in whole for p in fact.work(empty)[1]]
    return plan, [f for f in facts if f.columns], problems + left_out


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
    at = [f.col("_metadata.file_path").alias(_FILE), f.col("_metadata.row_index").alias(_AT)]
    return found.select("*", *at)


def _frame(table: DataFrame) -> pl.DataFrame:
    found = pl.from_arrow(table.drop(_FILE, _AT).toArrow())
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


def _divided(
    steps: Iterable[LinkedTable | Fact], facts: Sequence[Fact], dealt: Container[str]
) -> tuple[list[LinkedTable], list[Problem]]:
    """Return the tables that parts of the customers can decide, and why others are left out."""
    found: list[LinkedTable] = []
    problems: list[Problem] = []
    lost = {(f.sheet, c.key): c.name for f in facts if not _divisible(f) for c in f.columns}
    gone = {f.sheet for f in facts if not f.key and not _divisible(f)}
    waiting: set[str] = set()
    for step in steps:
        if isinstance(step, Fact):
            if {a.column.zh for a in step.after} & waiting or gone & set(step.inputs):
                lost |= {(step.sheet, c.key): c.name for c in step.columns}
                gone |= set() if step.key else {step.sheet}
            continue
        table, sheet = step.table, step.table.for_each
        used = {*step.inputs, *(column for column, _ in step.names.values())}
        missing = [name for (of, key), name in lost.items() if of == sheet and key in used]
        if sheet not in dealt:
            problems.append(ROWS_OF_NOBODY.at(table.where, table=table.name, sheet=sheet))
        elif missing:
            problems.append(NEEDS_EVERY_ROW.at(table.where, table=table.name, column=missing[0]))
        else:
            found.append(step)
            continue
        for output in table.outputs:
            lost[sheet, output.label] = both(output.label)
            waiting |= {*both(output.label), output.label}
    return found, problems


def _used(table: DataFrame, sheet: Sheet, linked: Iterable[LinkedTable]) -> DataFrame:
    """Return a table without the columns that neither a plugin nor a rule knows."""
    named = {c.key for c in sheet.spec.columns}
    for one in linked:
        if one.table.for_each == sheet.spec.key:
            named |= {*one.inputs, *(column for column, _ in one.names.values())}
    headers = _layout([c for c in table.columns if c not in (_FILE, _AT)], sheet.spec).headers
    kept = [table.columns[h.position - 1] for h in headers if h.name in named]
    return table.select(*(f"`{c}`" for c in kept + [c for c in (_FILE, _AT) if c in table.columns]))


def _key(table: DataFrame, spec: SheetSpec) -> Column:
    """Return the customer of each row as text, numbers without decimals, as it is compared."""
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

    read = parts.mapInArrow(each("part", first_pass(plan)), _PASSED)
    read = read.persist(StorageLevel.MEMORY_AND_DISK)
    passed = of_parts = read.where(f"about = '{_DATA}'")
    steps = sum(1 for fact in facts if _in_steps(fact))
    if steps:
        totals = read.where(f"about <> '{_DATA}'").repartition(steps, "about")
        passed = passed.union(totals.mapInArrow(each("about", across_pass(plan)), _PASSED))
    if any(_of_whole(fact) for fact in facts):
        passed = passed.union(of_parts.repartition(1).mapInArrow(whole_pass(plan), _PASSED))
    passed = passed.repartition(count, "part")
    decided = passed.mapInArrow(each("part", second_pass(plan)), _PASSED)
    return decided.persist(StorageLevel.MEMORY_AND_DISK)


def each(column: str, work: Group) -> Pass:
    """Return the function from the rows of a partition to what *work* makes of each group."""

    def work_on(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        import pyarrow.compute as pc

        listed = list(batches)
        if listed:
            table = pa.Table.from_batches(listed)
            for value in pc.unique(table[column]):
                yield from work(table.filter(pc.equal(table[column], value))).to_batches()

    return work_on


def first_pass(plan: Plan) -> Group:
    """Return the function from the rows of a part to its data, and what it adds to the totals."""

    def work(table: pa.Table) -> pa.Table:
        part = table["part"][0].as_py()
        data, problems = plan.data(_tables(table, plan))
        found: list[tuple[int, str, Any]] = [(part, _DATA, (data, problems))]
        for fact in plan.facts(data):
            if _in_steps(fact) and fact.sheet in data.sheets:
                keys = data.sheets[fact.sheet].frame.select(fact.key).drop_nulls().unique()
                adds, wrong = fact.work(data)
                problems += wrong
                found.append((part, fact.name, (adds.collect(), keys.with_columns(part=part))))
        return _passed(found)

    return work


def _tables(table: pa.Table, plan: Plan) -> dict[str, pl.DataFrame]:
    """Return the tables of a part, each in the order of its files, else of its values."""
    found = {}
    for key, columns in plan.columns.items():
        rows = pl.Series(table[key])
        frame = rows.filter(rows.is_not_null()).struct.unnest()
        frame.columns = list(columns)
        in_files = _FILE in columns
        found[key] = frame.sort(_FILE, _AT).drop(_FILE, _AT) if in_files else frame.sort(columns)
    return found


def across_pass(plan: Plan) -> Group:
    """Return the function from what all parts add to a fact to the fact's rows of each part."""

    def work(table: pa.Table) -> pa.Table:
        name = table["about"][0].as_py()
        adds, keys = zip(*(opened(c.as_py()) for c in table["content"]), strict=True)
        fact = next(f for f in plan.facts(plan.empty) if f.across and f.name == name)
        turned = fact.across or (lambda rows: rows)
        plans = [(fact, turned(pl.concat(adds, how="diagonal_relaxed").lazy()))]
        ((_, found),) = collected(plans)
        wanted = pl.concat(keys).lazy()
        on = [c for c in keys[0].columns if c != "part"]
        rows = wanted.join(found.lazy(), on=on).collect().partition_by("part", as_dict=True)
        return _passed((p, name, f.drop("part")) for (p,), f in rows.items())

    return work


def whole_pass(plan: Plan) -> Pass:
    """Return the function from the data of all parts to the facts that need it as a whole.

    One task gets all rows, so only facts that do not say how to go in steps come here.
    """

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = [r for b in batches for r in zip(b["part"].to_pylist(), b["content"], strict=True)]
        parts = {p: opened(c.as_py())[0] for p, c in sorted(rows, key=lambda r: r[0])}
        if not parts:
            return
        sheets, places = dict(plan.empty.sheets), {}
        for key in plan.columns:
            frames = (d.sheets[key].frame.with_columns(part=pl.lit(p)) for p, d in parts.items())
            frame = pl.concat(frames, how="diagonal_relaxed")
            # A flag is absent where nothing in a part has it.
            frame = frame.with_columns(
                c.fill_null(False)
                for c in frame
                if c.dtype == pl.Boolean and c.name.partition("#")[1]
            )
            frame = frame.rename({ROW: _AT}).with_row_index(ROW, 2)
            places[key] = frame
            sheets[key] = replace(sheets[key], frame=frame.drop("part", _AT))
        data = told(replace(plan.empty, sheets=sheets), plan.facts(plan.empty))
        facts = [f for f in plan.facts(data) if _of_whole(f) and f.sheet in places]
        worked = [f.work(data) for f in facts]
        found: list[tuple[int, str, Any]] = []
        for fact, frame in collected(
            [(f, rows) for f, (rows, _) in zip(facts, worked, strict=True)]
        ):
            by_row = fact.key == ROW
            kept = [ROW, _AT] if by_row else [fact.key]
            wanted = places[fact.sheet].select("part", *kept).drop_nulls(fact.key).unique()
            joined_ = wanted.join(frame, on=fact.key)
            joined_ = joined_.drop(ROW).rename({_AT: ROW}) if by_row else joined_
            for (part,), mine in joined_.partition_by("part", as_dict=True).items():
                found.append((part, fact.name, mine.drop("part")))
        said = [parquet.without_cell(p) for _, wrong in worked for p in wrong]
        found.append((min(parts), parquet.PROBLEMS, said))
        yield from _passed(found).to_batches()

    return work


def second_pass(plan: Plan) -> Group:
    """Return the function from a part's data and portfolio facts to its decisions."""

    def work(table: pa.Table) -> pa.Table:
        part = table["part"][0].as_py()
        given = zip(table["about"].to_pylist(), table["content"], strict=True)
        passed = {about: opened(content.as_py()) for about, content in given}
        data, problems = passed.pop(_DATA)
        facts = plan.facts(data)
        problems += passed.pop(parquet.PROBLEMS, [])
        rows, wrong = _rows(plan, data, facts, passed)
        counts = {n: (*parquet.counted(frame), frame.clear()) for n, frame in rows.items()}
        said = [parquet.without_cell(p) for p in problems + wrong]
        found = [(part, name, frame) for name, frame in rows.items()]
        return _passed([*found, (part, parquet.PROBLEMS, (counts, said))])

    return work


def _rows(
    plan: Plan, data: Data, facts: Sequence[Fact], across: Mapping[str, pl.DataFrame]
) -> tuple[dict[str, pl.DataFrame], list[Problem]]:
    """Return what each table decides about a part, with the portfolio facts of its rows."""
    plans, problems = [], []
    data = told(data, facts)
    for fact in (f for f in facts if f.runs and not f.waits and f.sheet in data.sheets):
        if fact.name in across:
            plans.append((fact, across[fact.name].lazy()))
        elif fact.scope == "subject":
            rows, said = fact.work(data)
            plans.append((fact, rows))
            problems += said
        else:
            types = {fact.key: data.sheets[fact.sheet].frame.schema[fact.key]}
            types |= {c.key: DTYPES[c.type] for c in fact.columns}
            plans.append((fact, pl.LazyFrame(schema=types)))
    data = joined(data, collected(plans))
    decided, data, wrong = decide_all(data, in_order(plan.linked, facts)[0], plan.labels)
    found = {d.table.name: parquet.rows(d, x, data) for d, x in decided}
    return found, [*problems, *wrong]


def _passed(rows: Iterable[tuple[int, str, Any]]) -> pa.Table:
    import pyarrow as pa

    listed = [(part, about, closed(content)) for part, about, content in rows]
    parts, abouts, contents = zip(*listed, strict=True) if listed else ((), (), ())
    types = [pa.int32(), pa.string(), pa.binary()]
    arrays = [pa.array(v, t) for v, t in zip((parts, abouts, contents), types, strict=True)]
    return pa.table(arrays, names=["part", "about", "content"])


def closed(content: Any) -> bytes:
    """Return frames and problems as bytes: a twentieth of what they are, as few values differ."""
    import pyarrow as pa

    held = pa.BufferOutputStream()
    with pa.CompressedOutputStream(held, "zstd") as into:
        pickle.dump(content, into)
    found: bytes = held.getvalue().to_pybytes()
    return found


def opened(content: bytes) -> Any:
    """Return the frames and problems that ``closed`` made bytes."""
    import pyarrow as pa

    return pickle.load(pa.CompressedInputStream(pa.BufferReader(content), "zstd"))


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
