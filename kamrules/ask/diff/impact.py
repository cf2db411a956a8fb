"""What a change does: rule cells old and new, subjects that move, totals, other results."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from kamrules.messages.problem import Cell
from kamrules.rules.cell.ast import Lit, Test, operands
from kamrules.rules.decision_table import DecisionTable, Rule
from kamrules.rules.grid import shown
from kamrules.run.headline import is_named
from kamrules.run.stages import Workings
from kamrules.sheets.column import NO_HEADLINE, ROW, Headline
from kamrules.sheets.sheet import Sheet
from kamrules.words.names import aliases
from kamrules.words.text import Text
from kamrules.words.types import Type

Kind = Literal[
    "cell", "rule added", "rule removed", "order", "policy", "table added", "table removed",
    "column added", "column removed", "parameter", "values",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stated:
    """A table as it is written: the text and place of each cell, by rule id and column.

    *values* are the words of its Values row by result, in the order that ranks them.
    """

    name: str
    policy: str
    where: Cell
    columns: tuple[str, ...]
    rules: Mapping[str, Mapping[str, tuple[str, Cell]]]
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a test case of a rule workbook; *said* is what is wrong, if anything."""

    passed: bool
    said: Text
    where: Cell


Verdicts = Mapping[tuple[str, str], Verdict]


@dataclass(frozen=True, slots=True)
class Side:
    """One of two runs: its rules, and its subjects with id, name, measure, grade, rule and reason.

    *results* holds, for each sheet, a frame of the column ``key`` and a column for each result;
    *types* are those of the results.
    *verdicts* are those of the test cases of its rule workbooks, by table and case.
    """

    title: str
    as_of: dt.date
    grades: tuple[str, ...]
    subjects: pl.DataFrame
    tables: tuple[Stated, ...]
    results: Mapping[str, pl.DataFrame]
    labels: Mapping[str, Text]
    headline: Headline = NO_HEADLINE
    verdicts: Verdicts = field(default_factory=dict)
    types: Mapping[str, Type] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between rules; *old* or *new* is empty where there was or is nothing."""

    kind: Kind
    table: str
    rule: str
    column: str
    old: str
    new: str
    old_where: Cell | None
    new_where: Cell | None


@dataclass(frozen=True, slots=True)
class Move:
    """A subject whose grade differs; *direction* is up, down, or other where grades say nothing."""

    id: str
    name: str
    old_measure: float | None
    measure: float | None
    old: str | None
    new: str | None
    old_rule: str | None
    new_rule: str | None
    why: Text
    direction: Literal["up", "down", "decided", "undecided", "came", "gone", "other"]


@dataclass(frozen=True, slots=True)
class Total:
    """Subjects and measure of a grade, old and new; the grade None holds the undecided."""

    grade: str | None
    old_count: int
    new_count: int
    old_measure: float
    new_measure: float


@dataclass(frozen=True, slots=True)
class Differing:
    """A result of another table that differs for a row of a sheet."""

    sheet: str
    key: str
    column: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A test case whose verdict changed, or a new one that fails; *old* is None for a new one."""

    table: str
    case: str
    old: bool | None
    new: Verdict


@dataclass(frozen=True, slots=True)
class Impact:
    """Two runs compared; *other_rule* counts subjects that keep their grade by another rule."""

    old: Side
    new: Side
    changes: tuple[Change, ...]
    moves: tuple[Move, ...]
    totals: tuple[Total, ...]
    results: tuple[Differing, ...]
    cases: tuple[CaseChange, ...]
    other_rule: int


def of_workings(workings: Workings, title: str, verdicts: Verdicts | None = None) -> Side:
    """Return a run as one side of a comparison."""
    result = workings.result
    tables = (*map(_stated, (t.table for t in workings.linked)), _parameters(workings))
    return Side(
        title, result.as_of, result.grades, result.subjects, tables, _results(workings),
        result.labels, result.headline, verdicts or {},
        {o.label: o.type for t in workings.linked for o in t.table.outputs},
    )  # fmt: skip


def _stated(table: DecisionTable) -> Stated:
    notes = dict.fromkeys(n for r in _all_rules(table) for n in r.notes)
    labels = (*(i.label for i in table.inputs), *(o.label for o in table.outputs), *notes)
    rules = {r.id: dict(_cells(table, r)) for r in _all_rules(table)}
    values = {o.label: ", ".join(_words(o.values)) for o in table.outputs}
    return Stated(table.name, table.policy.letter, table.where, labels, rules, values)


def _words(tests: Iterable[Test]) -> Iterator[str]:
    for test in tests:
        yield from (str(e.value) for e in operands(test) if isinstance(e, Lit))


def _all_rules(table: DecisionTable) -> Sequence[Rule]:
    return (*table.rules, *([table.default] if table.default else []))


def _cells(table: DecisionTable, rule: Rule) -> Iterator[tuple[str, tuple[str, Cell]]]:
    # The default row has no conditions.
    for spec, entry in zip(table.inputs, rule.inputs, strict=False):
        yield spec.label, (entry.text, entry.where)
    for output, entry in zip(table.outputs, rule.outputs, strict=True):
        yield output.label, (entry.text, entry.where)
    for name, text in rule.notes.items():
        yield name, (text, rule.where)


def _parameters(workings: Workings) -> Stated:
    """Return the parameters as a table of one column."""
    book = Cell(workings.data.book)
    rules = {
        p.name: {"": ("" if p.value is None else shown(p.value), p.where)}
        for p in workings.parameters.values()
    }
    return Stated("", "", book, ("",), rules)


def _results(workings: Workings) -> Mapping[str, pl.DataFrame]:
    """Return the results by sheet that are not the official grade or one of its schemes."""
    graded = workings.result.headline.grade
    schemes = set(workings.result.subjects["table"].drop_nulls())
    found: dict[str, pl.DataFrame] = {}
    for decided, decision in workings.decided:
        if decided.table.name in schemes:
            continue
        sheet = workings.data.sheets[decided.table.for_each]
        if sheet.title not in found:
            found[sheet.title] = sheet.frame.select(ROW, _key(sheet).alias("key"))
        labels = [o.label for o in decided.table.outputs if not is_named(o.label, graded)]
        mine = decision.frame.select(ROW, *labels)
        found[sheet.title] = found[sheet.title].join(mine, on=ROW, how="left")
    return {title: frame.drop(ROW).drop_nulls("key") for title, frame in found.items()}


def _key(sheet: Sheet) -> pl.Expr:
    """Return what tells the rows of a sheet apart: its key, else the cell or whose row it is."""
    unique, references = sheet.spec.unique, sheet.spec.references
    if unique in sheet.frame.columns:
        return pl.col(unique).cast(pl.String)
    if sheet.spec.derived and references in sheet.frame.columns:
        return pl.format("{} ({})", references, ROW)
    return pl.format("{}{}", pl.lit(Cell("", sheet.title, "A").local), ROW)


def compare(old: Side, new: Side) -> Impact:
    """Return what differs between two runs, subjects with the greatest measure first."""
    both = _joined(old, new)
    moved = both.filter(pl.col("grade").ne_missing(pl.col("grade_old")))
    moves = [_move(row, old, new) for row in moved.iter_rows(named=True)]
    kept = both.filter(pl.col("grade").eq_missing(pl.col("grade_old")))
    other = kept.filter(pl.col("rule").ne_missing(pl.col("rule_old"))).height
    moves.sort(key=lambda m: (-max(m.measure or 0, m.old_measure or 0), m.id))
    return Impact(
        old, new, tuple(rule_changes(old.tables, new.tables)), tuple(moves),
        tuple(_totals(old, new)), tuple(_differing(old.results, new.results)),
        tuple(_cases(old.verdicts, new.verdicts)), other,
    )  # fmt: skip


_KEPT = ("id", "name", "measure", "grade", "rule", "why_zh", "why_en")


def _joined(old: Side, new: Side) -> pl.DataFrame:
    """Return every subject of either side, with what the old side said of it."""
    one, other = (
        s.subjects.drop_nulls("id")
        .unique("id", keep="first", maintain_order=True)
        .select(_KEPT)
        .with_columns(pl.lit(True).alias("there"))
        for s in (new, old)
    )
    return one.join(
        other, on="id", how="full", suffix="_old", coalesce=True, maintain_order="left_right"
    )


def _move(row: Mapping[str, Any], old: Side, new: Side) -> Move:
    name = row["name"] if row["there"] else row["name_old"]
    why = Text(row["why_zh"] or row["why_zh_old"] or "", row["why_en"] or row["why_en_old"] or "")
    return Move(
        row["id"], name or "", row["measure_old"], row["measure"], row["grade_old"], row["grade"],
        row["rule_old"], row["rule"], why, _direction(row, old, new),
    )  # fmt: skip


def _direction(row: Mapping[str, Any], old: Side, new: Side) -> Any:
    before, now = row["grade_old"], row["grade"]
    if not row["there_old"]:
        return "came"
    if not row["there"]:
        return "gone"
    if before is None:
        return "decided"
    if now is None:
        return "undecided"
    for grades in (new.grades, old.grades):
        if before in grades and now in grades:
            return "up" if grades.index(now) < grades.index(before) else "down"
    return "other"


def _totals(old: Side, new: Side) -> Iterator[Total]:
    def of(side: Side) -> dict[str | None, tuple[int, float]]:
        rows = side.subjects.group_by("grade").agg(pl.len(), "measure")
        rows = rows.with_columns(pl.col("measure").list.sum())
        return {grade: (count, measure) for grade, count, measure in rows.iter_rows()}

    before, now = of(old), of(new)
    named = (*new.grades, *old.grades, *sorted(filter(None, (*before, *now))))
    undecided = [None] if None in before or None in now else []
    for grade in (*dict.fromkeys(named), *undecided):
        (a, x), (b, y) = before.get(grade, (0, 0.0)), now.get(grade, (0, 0.0))
        yield Total(grade, a, b, x, y)


def _differing(
    old: Mapping[str, pl.DataFrame], new: Mapping[str, pl.DataFrame]
) -> Iterator[Differing]:
    """Yield each result that both sides have and that differs."""
    for sheet in new:
        if sheet not in old:
            continue
        theirs = {a: c for c in old[sheet].columns if c != "key" for a in aliases(c)}
        for column in new[sheet].columns:
            match = next((theirs[a] for a in aliases(column) if a in theirs), None)
            if column == "key" or match is None:
                continue
            before = dict(old[sheet].select("key", match).iter_rows())
            for key, value in new[sheet].select("key", column).iter_rows():
                if key in before and before[key] != value:
                    yield Differing(sheet, key, column, before[key], value)


def _cases(old: Verdicts, new: Verdicts) -> Iterator[CaseChange]:
    """Yield the test cases that pass on one side only, and the new ones that fail."""
    for (table, case), verdict in new.items():
        before = old.get((table, case))
        if verdict.passed != (before.passed if before else True):
            yield CaseChange(table, case, before.passed if before else None, verdict)


# Rules


def rule_changes(old: Iterable[Stated], new: Iterable[Stated]) -> Iterator[Change]:
    """Yield the differences between tables of the same name in either language."""
    left = {a: t for t in old for a in aliases(t.name)}
    seen: set[int] = set()
    for table in new:
        before = next((left[a] for a in aliases(table.name) if a in left), None)
        if before is None:
            yield Change("table added", table.name, "", "", "", table.name, None, table.where)
            continue
        seen.add(id(before))
        yield from _table_changes(before, table)
    for table in {id(t): t for t in left.values()}.values():
        if id(table) not in seen:
            yield Change("table removed", table.name, "", "", table.name, "", table.where, None)


def _table_changes(old: Stated, new: Stated) -> Iterator[Change]:
    name, places = new.name, (old.where, new.where)
    if old.policy != new.policy:
        yield Change("policy", name, "", "", old.policy, new.policy, *places)
    theirs = {a: c for c in old.columns for a in aliases(c)}
    pairs = {c: next((theirs[a] for a in aliases(c) if a in theirs), None) for c in new.columns}
    gone = [c for c in old.columns if c not in pairs.values()]
    for column in gone:
        yield Change("column removed", name, "", column, column, "", *places)
    for column in (c for c, match in pairs.items() if match is None):
        yield Change("column added", name, "", column, "", column, *places)
    for column, match in pairs.items():
        before, now = old.values.get(match or "", ""), new.values.get(column, "")
        if match is not None and before != now:
            yield Change("values", name, "", column, before, now, *places)
    kept = [r for r in old.rules if r in new.rules]
    if kept != [r for r in new.rules if r in old.rules]:
        order = ", ".join(r for r in new.rules if r in old.rules)
        yield Change("order", name, "", "", ", ".join(kept), order, *places)
    for rule in (r for r in old.rules if r not in new.rules):
        yield Change(
            "rule removed", name, rule, "", _row(old.rules[rule]), "", _at(old, rule), None
        )
    for rule, cells in new.rules.items():
        if rule not in old.rules:
            yield Change("rule added", name, rule, "", "", _row(cells), None, _at(new, rule))
            continue
        for column in (c for c in new.columns if pairs[c] is not None or c in cells):
            before, where = old.rules[rule].get(pairs[column] or column, ("", _at(old, rule)))
            now, here = cells.get(column, ("", _at(new, rule)))
            if before != now:
                kind: Kind = "cell" if name else "parameter"
                yield Change(kind, name, rule, column, before, now, where, here)


def _at(table: Stated, rule: str) -> Cell:
    return next((where for _, where in table.rules[rule].values()), table.where)


def _row(cells: Mapping[str, tuple[str, Cell]]) -> str:
    return " | ".join(text for text, _ in cells.values())
