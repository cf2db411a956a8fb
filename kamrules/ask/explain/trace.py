"""How one subject came by its results: every table, every rule, every condition with its cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl

from kamrules.engine.decide import Decided
from kamrules.engine.decision import MISSING, RULE, Decision
from kamrules.engine.expressions import plain
from kamrules.engine.inputs import Inputs
from kamrules.facts.declare import Fact, sheet_of
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.rules.cell.ast import AnyValue, Lit, names
from kamrules.rules.decision_table import Entry, Rule
from kamrules.rules.hit_policy import HitPolicy
from kamrules.rules.link import LinkedTable
from kamrules.run.evaluate import NO_SUCH_TABLE
from kamrules.run.headline import is_named
from kamrules.run.stages import Workings
from kamrules.sheets.column import ROW, UNREADABLE
from kamrules.sheets.sheet import Parameter, Sheet
from kamrules.words.fold import fold
from kamrules.words.names import aliases, both, closest
from kamrules.words.text import Text, say
from kamrules.words.types import Type

# fmt: off
FROM_TABLE = Text("规则表 {table} 的 {rule}", "{rule} of table {table}")
FROM_PARAMETER = Text("参数", "parameter")
FROM_NOWHERE = Text("{sheet} 表里没有这一列", "the {sheet} sheet has no such column")
FROM_ROWS = Text("{sheet} 表中该{subject}的 {count} 行",
                 "rows of the {subject} in {sheet}: {count}")
FROM_ROWS_INSIDE = Text("{sheet} 表中该{subject}期内 {count} 行, 共 {total} 行",
                        "rows of the {subject} in {sheet}: {count} in the period, {total} in all")
# fmt: on


# fmt: off
NO_SUCH_SUBJECT = message("E214", kind="header",
    what=("“{found}” 不在 {sheet} 表里", "“{found}” is not in the {sheet} sheet"),
    why=("{count} 行里没有这个编号或名称{hint}",
         "none of its {count} rows has that key or name{hint}"),
    fix=("用编号或完整的名称", "give the key or the full name"),
    effect=("没有可解释的对象", "there is nothing to explain"),
    example={"found": "S10O1", "sheet": "供应商", "count": 48,
             "hint": Text("; 是不是 S1001", "; did you mean S1001")}, place=IN_ROW)
SEVERAL_SUBJECTS = message("E215", kind="header",
    what=("{count} 行都叫 “{found}”", "{count} rows are called “{found}”"),
    why=("他们的编号是 {keys}", "their keys are {keys}"),
    fix=("改用其中一个编号", "give one of the keys"),
    effect=("没有可解释的对象", "there is nothing to explain"),
    example={"found": "安捷物流", "count": 2, "keys": "S1022, S1031"}, place=IN_ROW)
# fmt: on


State = Literal["met", "not met", "unknown", "not reached"]
# Rows of another sheet that are traced for one subject.
RECORDS = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that conditions looked at: *where* is the cell it stands in, *origin* how it came."""

    label: str
    name: Text
    type: Type
    value: Any
    unreadable: bool
    where: Cell | None
    origin: Text


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule cell and what became of it; *reading* is the place of the value it looked at."""

    reading: int
    text: str
    where: Cell
    state: State


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """A rule: its conditions, what it would give, and whether it gave it."""

    id: str
    where: Cell
    conditions: tuple[Condition, ...]
    outputs: tuple[Any, ...]  # values, or the text of a formula
    hit: bool
    reached: bool


@dataclass(frozen=True, slots=True)
class TableTrace:
    """What one table made of one row; *rule* is None where it decided nothing."""

    table: LinkedTable
    title: Text
    where: Cell
    policy: HitPolicy
    row: Cell
    readings: tuple[Reading, ...]
    rules: tuple[RuleTrace, ...]
    outputs: Mapping[str, Any]
    rule: str | None
    missing: str | None


@dataclass(frozen=True, slots=True)
class Trace:
    """A subject's outcome (a row of ``Result.subjects``), its tables, and the other results."""

    subject: Mapping[str, Any]
    where: Cell
    tables: tuple[TableTrace, ...]
    others: tuple[TableTrace, ...] = ()


def trace(workings: Workings, subject: str) -> Trace:
    """Return how a subject was decided, named by id, name or row; UsageError where nobody is."""
    sheet, known = subjects(workings)
    row = find(workings, sheet, known, subject)
    chain = deciding(workings)
    order = {name: n for n, name in enumerate(chain)}
    found = []
    for decided, decision in workings.decided:
        mine = workings.data.sheets[decided.table.for_each]
        for place in _rows_of(mine, sheet, row):
            found.append(_table(workings, decided, decision, mine, place))
    found.sort(key=lambda t: order.get(t.table.table.name, len(order)))
    letter = sheet.letters.get(sheet.spec.unique, "A")
    where = Cell(workings.data.book, sheet.title, f"{letter}{row[ROW]}")
    tables = tuple(t for t in found if t.table.table.name in order or not order)
    others = tuple(t for t in found if order and t.table.table.name not in order)
    return Trace(row, where, tables, others)


def subjects(workings: Workings) -> tuple[Sheet, pl.DataFrame]:
    """Return the sheet of subjects and their rows.

    Without a headline these are the rows that the first table is about, known by the first column.
    """
    sheet, known = workings.data.subjects, workings.result.subjects
    if sheet is not None:
        return sheet, known
    for decided, _ in workings.decided:
        sheet = workings.data.sheets[decided.table.for_each]
        first = min(sheet.letters, key=lambda c: (len(sheet.letters[c]), sheet.letters[c]))
        ids = pl.col(first).cast(pl.String).alias("id")
        return sheet, pl.concat([known, sheet.frame.select(ROW, ids)], how="diagonal")
    raise UsageError([_nobody(workings, "", known, "")])


def find(workings: Workings, sheet: Sheet, known: pl.DataFrame, subject: str) -> dict[str, Any]:
    """Return the row of the *known* subjects that is named, by id or else by name or row."""
    wanted = fold(subject)
    for column in ("id", "name"):
        folded = known[column].fill_null("").map_elements(fold, pl.String)
        rows = known.filter(folded == wanted)
        if column == "name" and rows.height > 1:
            keys = ", ".join(rows["id"].fill_null("").head(10))
            where = Cell(workings.data.book, sheet.title)
            raise UsageError(
                [SEVERAL_SUBJECTS.at(where, found=subject, count=rows.height, keys=keys)]
            )
        if rows.height:
            return rows.row(0, named=True)
    at = known.filter(pl.col(ROW) == int(subject)) if subject.isdecimal() else known.clear()
    if workings.data.subjects is None and at.height:
        return at.row(0, named=True)
    raise UsageError([_nobody(workings, sheet.title, known, subject)])


def _nobody(workings: Workings, title: str, frame: pl.DataFrame, subject: str) -> Problem:
    """Return the problem that no subject is called so, with those that look like it."""
    known = [t for c in ("id", "name") for t in frame[c].drop_nulls()]
    within = [t for t in known if fold(subject) in fold(t)][:3]
    near = ", ".join(within)
    hint = Text(f"; 是不是 {near}", f"; did you mean {near}") if near else closest(subject, known)
    where = Cell(workings.data.book, title)
    return NO_SUCH_SUBJECT.at(where, found=subject, sheet=title, count=frame.height, hint=hint)


def deciding(workings: Workings, *, every: bool = False) -> list[str]:
    """Return the names of the tables the official grade depends on, nearest first.

    Rules that the parameters rule out lead nowhere, unless *every* table is asked for.
    """
    sheet = workings.data.subjects
    mine = [d for d, _ in workings.decided if sheet and d.table.for_each == sheet.spec.key]
    by_output = {a: d for d in mine for o in d.table.outputs for a in aliases(o.label)}
    graded = workings.result.headline.grade
    todo = [d for d in mine for o in d.table.outputs if is_named(o.label, graded)][:1]
    found: dict[str, None] = {}
    while todo:
        decided = todo.pop(0)
        if decided.table.name in found:
            continue
        found[decided.table.name] = None
        rules = decided.table.rules if every else _possible(decided)
        todo += [
            by_output[a] for n in _mentioned(decided, rules) for a in aliases(n) if a in by_output
        ]
    return list(found)


def _possible(decided: Decided) -> list[Rule]:
    """Return the rules that the parameters of a run do not rule out."""
    linked, rules, frame = decided.compiled.linked, decided.table.rules, decided.frame
    fixed = [n for n, column in enumerate(linked.inputs) if column in linked.constants]
    if frame.is_empty() or not fixed:
        return list(rules)
    states = [_states(decided, decided.inputs.rows(pl.Series([0])), n) for n in fixed]
    return [r for place, r in enumerate(rules) if all(s[place] != "not met" for s in states)]


def _mentioned(decided: Decided, rules: Sequence[Rule]) -> Iterator[str]:
    """Yield the names a table looks at: its inputs, and those the cells of some rules mention."""
    table = decided.table
    yield from (i.label for i in table.inputs)
    for rule in (*rules, *([table.default] if table.default else [])):
        for entry in (*rule.inputs, *rule.outputs):
            yield from (n.name for n in names(entry.meaning))


def _rows_of(sheet: Sheet, subjects: Sheet, subject: Mapping[str, Any]) -> list[int]:
    """Return the rows of a sheet that are the subject's, at most RECORDS of another sheet."""
    if sheet.spec.key == subjects.spec.key:
        return [subject[ROW]]
    key = sheet.spec.references
    if key not in sheet.frame.columns:
        return []
    mine: list[int] = sheet.frame.filter(pl.col(key) == subject["id"])[ROW].tail(RECORDS).to_list()
    return mine


def _table(
    workings: Workings, decided: Decided, decision: Decision, sheet: Sheet, row: int
) -> TableTrace:
    table, linked = decided.table, decided.compiled.linked
    at = (decided.frame[ROW] == row).arg_true()
    frame = decided.frame[at]
    result = decision.frame.filter(pl.col(ROW) == row)
    found = result.row(0, named=True) if result.height else {RULE: None, MISSING: None}
    outputs = {o.label: found.get(o.label) for o in table.outputs}
    readings = tuple(
        _reading(workings, sheet, frame, i.label, column, i.type, row)
        for i, column in zip(table.inputs, linked.inputs, strict=True)
    )
    rules = _rules(decided, at, found[RULE]) if frame.height else ()
    where = Cell(workings.data.book, sheet.title, f"A{row}")
    return TableTrace(
        linked, table.title, table.where, table.policy, where, readings, tuple(rules), outputs,
        found[RULE], found[MISSING],
    )  # fmt: skip


def _rules(decided: Decided, at: pl.Series, given: str | None) -> Iterator[RuleTrace]:
    """Yield every rule with the state of its conditions for the row at a place."""
    table, inputs = decided.table, decided.inputs.rows(at)
    hits = set(given.split(",")) if given else set()
    states = [_states(decided, inputs, n) for n in range(len(table.inputs))]
    first = next((n for n, r in enumerate(table.rules) if r.id in hits), len(table.rules))
    for n, rule in enumerate(table.rules):
        reached = table.policy.chooses != "rows" or n <= first
        conditions = tuple(
            Condition(i, entry.text, entry.where, states[i][n] if reached else "not reached")
            for i, entry in enumerate(rule.inputs)
            if not isinstance(entry.meaning, AnyValue)
        )
        outputs = tuple(_given(e) for e in rule.outputs)
        yield RuleTrace(rule.id, rule.where, conditions, outputs, rule.id in hits, reached)
    if table.default is not None:
        rule, hit = table.default, table.default.id in hits
        outputs = tuple(_given(e) for e in rule.outputs)
        yield RuleTrace(rule.id, rule.where, (), outputs, hit, hit)


def _given(entry: Entry) -> Any:
    return plain(entry.meaning.value) if isinstance(entry.meaning, Lit) else entry.text


def _states(decided: Decided, inputs: Inputs, column: int) -> list[State]:
    """Return what one column's condition is in each rule for one row, as the engine sees it."""
    label_ = decided.table.inputs[column].label
    holds = may_hold = decided.compiled.regions.start.true
    for along in decided.compiled.regions.dimensions:
        if along.label == label_:
            numbers = pl.int_range(len(along.holds), dtype=pl.UInt32, eager=True)
            region = inputs.codes(along, numbers)[0]
            holds, may_hold = holds & along.holds[region], may_hold & along.may_hold[region]
    return [
        "met" if holds >> n & 1 else "unknown" if may_hold >> n & 1 else "not met"
        for n in range(len(decided.table.rules))
    ]


def _reading(
    workings: Workings, sheet: Sheet, frame: pl.DataFrame, name: str, column: str, type_: Type,
    row: int,
) -> Reading:  # fmt: skip
    """Return the value a condition looks at, with its cell and how it came about."""
    value = frame[column][0] if frame.height and column in frame.columns else None
    flag = column + UNREADABLE
    unreadable = bool(frame.height and flag in frame.columns and frame[flag][0])
    where, origin = _origin(workings, sheet, column, row)
    return Reading(name, both(name), type_, value, unreadable, where, origin)


def _origin(workings: Workings, sheet: Sheet, column: str, row: int) -> tuple[Cell | None, Text]:
    if column in sheet.letters:
        return Cell(workings.data.book, sheet.title, f"{sheet.letters[column]}{row}"), Text("", "")
    for decided, decision in workings.decided:
        table = decided.table
        if table.for_each == sheet.spec.key and any(o.label == column for o in table.outputs):
            rule = decision.frame.filter(pl.col(ROW) == row)[RULE]
            id_ = rule[0] if len(rule) and rule[0] else "-"
            return table.where, say(FROM_TABLE, table=table.title, rule=id_)
    for fact in workings.facts:
        given = next((c for c in fact.columns if c.key == column), None)
        if fact.sheet == sheet.spec.key and given is not None:
            return None, _of_fact(workings, fact, sheet, given.meaning, row)
    parameter = _parameter(workings, column)
    if parameter is not None:
        return parameter.where, FROM_PARAMETER
    return None, say(FROM_NOWHERE, sheet=sheet.title)


def _of_fact(workings: Workings, fact: Fact, sheet: Sheet, meaning: Text, row: int) -> Text:
    """Return a fact's meaning, and how many rows of which sheet it is worked out from."""
    of_own_rows = fact.scope == "subject" or fact.across is not None
    others = [sheet_of(s) for s in fact.source if s != fact.sheet and of_own_rows]
    source = workings.read.sheets.get(others[0]) if others else None
    key = sheet.frame.filter(pl.col(ROW) == row)
    if source is None or fact.key not in source.frame.columns or fact.key not in key.columns:
        return meaning
    mine = source.frame.filter(pl.col(fact.key) == key[fact.key][0])
    event = next((c.key for c in source.spec.columns if c.event and c.key in mine.columns), None)
    spoken = workings.result.headline.spoken
    if event is None:
        rows = say(FROM_ROWS, sheet=source.title, count=mine.height, **spoken)
    else:
        start, end = workings.result.period
        inside = mine.filter(pl.col(event).cast(pl.Date).is_between(start, end)).height
        counts = {"count": inside, "total": mine.height}
        rows = say(FROM_ROWS_INSIDE, sheet=source.title, **counts, **spoken)
    return Text(*(f"{m}; {r}" if m else r for m, r in zip(meaning, rows, strict=True)))


def _parameter(workings: Workings, column: str) -> Parameter | None:
    name = column.removeprefix("#parameter ")
    if name == column:
        return None
    return next((p for p in workings.parameters.values() if p.name == name), None)


def only(trace_: Trace, tables: Sequence[str]) -> Trace:
    """Return a trace with the named tables only."""
    every = (*trace_.tables, *trace_.others)
    known = {a for t in every for a in aliases(t.table.table.name)}
    for name in tables:
        if not set(aliases(name)) & known:
            listed = ", ".join(t.table.table.name for t in every)
            raise UsageError([NO_SUCH_TABLE.at(Cell(trace_.where.book), table=name, tables=listed)])
    wanted = {a for name in tables for a in aliases(name)}
    kept = tuple(t for t in every if wanted & set(aliases(t.table.table.name)))
    return replace(trace_, tables=kept, others=())


def everything(trace_: Trace) -> Trace:
    """Return a trace with every table in full."""
    return replace(trace_, tables=(*trace_.tables, *trace_.others), others=())
