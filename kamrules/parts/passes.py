"""The passes over the parts: what each adds, what everybody's rows lead to, what a part decides.

What goes from pass to pass is a table of parts, what it is about, and pickled frames.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from kamrules.facts.declare import Fact
from kamrules.facts.join import collected, joined, told, with_early
from kamrules.facts.order import in_order
from kamrules.messages.problem import Problem
from kamrules.parts.plan import Plan, in_steps, of_whole
from kamrules.run import parquet
from kamrules.run.decisions import decide_all
from kamrules.run.undecided import undecided
from kamrules.sheets.column import ROW
from kamrules.sheets.sheet import Data
from kamrules.words.dtypes import DTYPES

if TYPE_CHECKING:
    import pyarrow as pa

    Pass = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
    Group = Callable[[pa.Table], pa.Table]

# Columns of what goes from pass to pass: a part, what it is about, and pickled frames.
PASSED = "part int, about string, content binary"
DATA = "data"
FILE, AT, _IN_FILE = "#file", "#at", "#in_file"


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
        tables, places = _tables(table, plan)
        data, problems = plan.data(tables)
        found: list[tuple[int, str, Any]] = [(part, DATA, (data, problems, places))]
        for fact in plan.facts(data):
            if in_steps(fact) and fact.sheet in data.sheets:
                keys = data.sheets[fact.sheet].frame.select(fact.key).drop_nulls().unique()
                adds, wrong = fact.work(data)
                problems += wrong
                found.append((part, fact.name, (adds.collect(), keys.with_columns(part=part))))
        return _passed(found)

    return work


Frames = dict[str, pl.DataFrame]


def _tables(table: pa.Table, plan: Plan) -> tuple[Frames, Frames]:
    """Return the tables of a part, in the order of files, else of values, and where rows stand."""
    found, places = {}, {}
    for key, columns in plan.columns.items():
        rows = pl.Series(table[key])
        frame = rows.filter(rows.is_not_null()).struct.unnest()
        frame.columns = list(columns)
        frame = frame.sort([FILE, AT] if FILE in columns else columns)
        places[key] = frame.select(c for c in (FILE, AT) if c in columns)
        found[key] = frame.drop(places[key].columns)
    return found, places


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
        parts = _parts_of(batches)
        if not parts:
            return
        whole, places = _whole(plan, parts)
        data = told(whole, plan.facts(plan.empty))
        facts = [f for f in plan.facts(data) if of_whole(f) and f.sheet in places]
        worked = [f.work(data) for f in facts]
        found: list[tuple[int, str, Any]] = []
        for fact, frame in collected(
            [(f, rows) for f, (rows, _) in zip(facts, worked, strict=True)]
        ):
            by_row = fact.key == ROW
            kept = [ROW, AT] if by_row else [fact.key]
            wanted = places[fact.sheet].select("part", *kept).drop_nulls(fact.key).unique()
            joined_ = wanted.join(frame, on=fact.key)
            joined_ = joined_.drop(ROW).rename({AT: ROW}) if by_row else joined_
            for (part,), mine in joined_.partition_by("part", as_dict=True).items():
                found.append((part, fact.name, mine.drop("part")))
        said = [parquet.without_cell(p) for _, wrong in worked for p in wrong]
        found.append((min(parts), parquet.PROBLEMS, said))
        yield from _passed(found).to_batches()

    return work


def rest_pass(plan: Plan) -> Pass:
    """Return the function from the data of all parts to what the tables decide that need it all."""

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parts = _parts_of(batches)
        if not parts:
            return
        data, _ = _whole(plan, parts)
        facts = plan.all_facts(data)
        data, _ = with_early(told(data, facts), facts)
        decided, data, _ = decide_all(data, in_order(plan.every, facts)[0], plan.labels)
        in_parts = {linked.table.name for linked in plan.linked}
        mine = [(d, x) for d, x in decided if d.table.name not in in_parts]
        rows = {d.table.name: parquet.rows(d, x, data) for d, x in mine}
        counts = {n: (*parquet.counted(frame), frame.clear()) for n, frame in rows.items()}
        said = [
            parquet.without_cell(p)
            for d, _ in mine
            for p in undecided(d, data.sheets[d.table.for_each], data.book)
        ]
        found: list[tuple[int, str, Any]] = [(-1, name, frame) for name, frame in rows.items()]
        yield from _passed([*found, (-1, parquet.PROBLEMS, (counts, said))]).to_batches()

    return work


Parts = Mapping[int, tuple[Data, list[Problem], Frames]]


def _parts_of(batches: Iterator[pa.RecordBatch]) -> Parts:
    """Return the data of all parts in their order."""
    rows = [r for b in batches for r in zip(b["part"].to_pylist(), b["content"], strict=True)]
    return {p: opened(c.as_py()) for p, c in sorted(rows, key=lambda r: r[0])}


def _whole(plan: Plan, parts: Parts) -> tuple[Data, Frames]:
    """Return the data of all parts as one, and by sheet from which part and row each row is.

    Its rows are in the order of the files, so that what hangs on their order is the same.
    """
    sheets, places = dict(plan.empty.sheets), {}
    for key in plan.columns:
        frames = [
            data.sheets[key].frame.with_columns(
                *at[key].rename({AT: _IN_FILE}, strict=False), part=pl.lit(p)
            )
            for p, (data, _, at) in parts.items()
        ]
        frame = pl.concat(frames, how="diagonal_relaxed")
        if FILE in frame.columns:
            frame = frame.sort(FILE, _IN_FILE).drop(FILE, _IN_FILE)
        # A flag is absent where nothing in a part has it.
        frame = frame.with_columns(
            c.fill_null(False) for c in frame if c.dtype == pl.Boolean and c.name.partition("#")[1]
        )
        frame = frame.rename({ROW: AT}).with_row_index(ROW, 2)
        places[key] = frame
        sheets[key] = replace(sheets[key], frame=frame.drop("part", AT))
    return replace(plan.empty, sheets=sheets), places


def second_pass(plan: Plan) -> Group:
    """Return the function from a part's data and portfolio facts to its decisions."""

    def work(table: pa.Table) -> pa.Table:
        part = table["part"][0].as_py()
        given = zip(table["about"].to_pylist(), table["content"], strict=True)
        passed = {about: opened(content.as_py()) for about, content in given}
        data, problems, _ = passed.pop(DATA)
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
