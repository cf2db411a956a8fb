"""Decide JSON lines with one table: the way in for programs."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pluggy
import polars as pl

from kamrules.engine.decide import Decided, decide
from kamrules.engine.usable import unusable
from kamrules.guard.workbook import NO_FILE
from kamrules.messages.message import Refusal, message
from kamrules.messages.phrases import IN_ROW, IN_RULE
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.rules.catalogue import load_rules, merged_specs, vocabulary
from kamrules.rules.decision_table import DecisionTable, RuleBook
from kamrules.rules.link import LinkedTable, by_name, link
from kamrules.run.undecided import CLASH, LACKS_DATA, NO_RULE_HITS
from kamrules.sheets import values
from kamrules.sheets.column import ROW, UNREADABLE, Column
from kamrules.words.dtypes import DTYPES
from kamrules.words.fold import fold
from kamrules.words.names import aliases
from kamrules.words.text import Lang, Text
from kamrules.words.types import NUMERIC, TEXTUAL, Type

# fmt: off
NO_JSON_OBJECT = message("E212", kind="header",
    what=("这一行不是 JSON 对象", "this line is not a JSON object"),
    why=("读到 {found}", "it reads {found}"),
    fix=('写成 {{"inputs": {{"列名": 值}}}}', 'write {{"inputs": {{"column": value}}}}'),
    effect=("这一行未判定", "this line is not decided"), example={"found": "[1, 2]"}, place=IN_ROW)
NO_SUCH_TABLE = message("E317", kind="syntax", stops=True,
    what=("没有叫 “{table}” 的规则表", "there is no table called '{table}'"),
    why=("这里有: {tables}", "there are: {tables}"), fix=("改正表名", "correct the name"),
    effect=("未判定", "nothing was decided"),
    example={"table": "rating_shore",
             "tables": "占比评级 rating_share, 金字塔评级 rating_pyramid"}, place=IN_RULE)
# fmt: on


def evaluate(
    rules: Path, table: str, cases: Path, manager: pluggy.PluginManager, lang: Lang
) -> Iterator[dict[str, Any]]:
    """Yield ``{"output", "rules", "problems"}`` for each JSON line of *cases*.

    A line is an object of inputs, or has them under "inputs". A table with one output gives the
    bare value, several give an object, policies R, O and C a list of either.
    """
    rulebook, problems = load_rules(rules, vocabulary(merged_specs(manager)))
    broken = [p for p in problems if p.severity == "error"]
    if broken:
        raise UsageError(broken)
    chosen = _table(rulebook, table, rules.name)
    objects, wrong = _objects(cases)
    decided, unread = decide_objects(chosen, objects, rulebook, {}, cases.name)
    answers = _answers(decided)
    for n, answer in enumerate(answers):
        said = [*wrong.get(n, []), *unread.get(n, []), *_said(decided, n, cases.name)]
        answer["problems"] = [
            {"code": p.code, "what": p.what.of(lang), "why": p.why.of(lang), "fix": p.fix.of(lang)}
            for p in said
        ]
        yield answer


def decide_objects(
    table: DecisionTable,
    objects: Sequence[Mapping[str, Any]],
    rulebook: RuleBook,
    known: Mapping[str, Column],
    name: str,
) -> tuple[Decided, dict[int, list[Problem]]]:
    """Return what a table decides for inputs by label, and the values that do not fit by row.

    *known* types the names that are no inputs of the table.
    """
    columns = {table.for_each: _columns(table, objects, known)}
    linked, problems = link([table], columns, rulebook.parameters)
    problems = problems or [p for t in linked for p in unusable(t)]
    if problems:
        raise UsageError(problems)
    frame, unread = _frame(linked[0], objects, name)
    synonyms = {fold(label.en): fold(label.zh) for label in rulebook.labels}
    return decide(linked[0], frame, synonyms), unread


def _table(rulebook: RuleBook, name: str, book: str) -> DecisionTable:
    for table in rulebook.tables:
        if fold(name) in aliases(table.name):
            return table
    listed = ", ".join(t.name for t in rulebook.tables) or "-"
    raise UsageError([NO_SUCH_TABLE.at(Cell(book), table=name, tables=listed)])


def _objects(cases: Path) -> tuple[list[Mapping[str, Any]], dict[int, list[Problem]]]:
    """Return the inputs of each line, and the lines that are not JSON objects."""
    try:
        lines = [line for line in cases.read_text("utf-8-sig").splitlines() if line.strip()]
    except OSError as error:
        raise UsageError([NO_FILE.at(Cell(cases.name), name=cases.name)]) from error
    objects: list[Mapping[str, Any]] = []
    wrong: dict[int, list[Problem]] = {}
    for n, line in enumerate(lines):
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            where = Cell(f"{cases.name}:{n + 1}")
            wrong[n] = [NO_JSON_OBJECT.at(where, found=line[:60])]
            found = {}
        inner = found.get("inputs", found)
        objects.append(inner if isinstance(inner, dict) else {})
    return objects, wrong


def _columns(
    table: DecisionTable, objects: Sequence[Mapping[str, Any]], known: Mapping[str, Column]
) -> dict[str, Column]:
    """Return the columns that the table's inputs and the cases name, and those that are known."""
    given = dict.fromkeys(k for o in objects for k in o)
    inputs = [
        Column(i.label, i.label, i.label, i.type, synonyms=aliases(i.label)) for i in table.inputs
    ]
    mine = {a for i in table.inputs for a in aliases(i.label)}
    others = [_other(k, objects, known) for k in given if not mine & set(aliases(k))]
    return {**known, **by_name([*inputs, *others])}


def _other(key: str, objects: Sequence[Mapping[str, Any]], known: Mapping[str, Column]) -> Column:
    """Return the column of a name that is given but is no input of the table."""
    found = next((known[a] for a in aliases(key) if a in known), None)
    type_ = found.type if found and found.type != "any" else _type(key, objects)
    names = (found.zh, found.en, found.key, *found.synonyms) if found else ()
    return Column(key, key, key, type_, synonyms=(*aliases(key), *names))


def _type(key: str, objects: Sequence[Mapping[str, Any]]) -> Type:
    some = next((o[key] for o in objects if o.get(key) is not None), None)
    if isinstance(some, dt.date):
        return "datetime" if isinstance(some, dt.datetime) else "date"
    if isinstance(some, bool):
        return "bool"
    return "number" if isinstance(some, int | float) else "text"


def _frame(
    linked: LinkedTable, objects: Sequence[Mapping[str, Any]], name: str
) -> tuple[pl.DataFrame, dict[int, list[Problem]]]:
    """Return the inputs as typed columns, and the values that do not fit."""
    # A name may be an input too, which has the type that its table says.
    types = dict(linked.names.values()) | dict(linked.types)
    columns: dict[str, pl.Series] = {ROW: pl.Series(range(len(objects)), dtype=pl.UInt32)}
    wrong: dict[int, list[Problem]] = {}
    for column, type_ in types.items():
        if column in linked.constants:
            columns[column] = pl.Series(
                [linked.constants[column]] * len(objects), dtype=DTYPES[type_]
            )
            continue
        read = [_coerced(_given(o, column), type_) for o in objects]
        bad = [isinstance(r, Refusal) for r in read]
        for n, refusal in enumerate(read):
            if isinstance(refusal, Refusal):
                found = _given(objects[n], column)
                where = Cell(f"{name}:{n + 1}", column)
                wrong.setdefault(n, []).append(
                    refusal.at(where, found=found, column=Text(column, column))
                )
        good = [None if isinstance(r, Refusal) else r for r in read]
        columns[column] = pl.Series(good, dtype=DTYPES[type_])
        if any(bad):
            columns[column + UNREADABLE] = pl.Series(bad)
    return pl.DataFrame(columns), wrong


def _given(inputs: Mapping[str, Any], column: str) -> Any:
    wanted = set(aliases(column))
    return next((v for k, v in inputs.items() if wanted & set(aliases(k))), None)


_NATIVE: Mapping[Type, type] = {
    "date": dt.date, "datetime": dt.datetime, "time": dt.time, "duration": dt.timedelta,
}  # fmt: skip


def _coerced(value: Any, type_: Type) -> Any:
    """Return a JSON value as the column's type, or why it is not one."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) and type_ == "bool":
        return value
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        fits = isinstance(value, _NATIVE.get(type_, ()))
        return value if fits else values.read(str(value), type_)
    if isinstance(value, int | float) and type_ in NUMERIC and not isinstance(value, bool):
        return float(value)
    if type_ in TEXTUAL or type_ == "any":
        if isinstance(value, str):
            return value
        return (
            f"{value:.15g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
        )
    return values.read(value if isinstance(value, str) else json.dumps(value), type_)


def _answers(decided: Decided) -> list[dict[str, Any]]:
    """Return the output and the rules of each row."""
    table = decided.table
    frame = decided.decision().frame
    labels = [o.label for o in table.outputs]
    columns = [frame[label].to_list() for label in labels]
    answers = []
    for row, place in zip(zip(*columns, strict=True), decided.at.to_list(), strict=True):
        outcome = decided.outcomes[place][0]
        counted = () if outcome.violation or outcome.undecided else outcome.rules
        output: Any
        if table.policy.gives == "list":
            items = None if row[0] is None else [list(i) for i in zip(*row, strict=True)]
            output = None if items is None else [_named(labels, i) for i in items]
        elif not counted and table.policy.gives != "number":
            output = None
        else:
            output = _named(labels, row)
        answers.append({"output": output, "rules": [decided.rule_id(r) for r in counted]})
    return answers


def _named(labels: Sequence[str], row: Sequence[Any]) -> Any:
    plain = [_json(v) for v in row]
    return plain[0] if len(labels) == 1 else dict(zip(labels, plain, strict=True))


def _json(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, dt.timedelta):
        return f"PT{value.total_seconds():.15g}S"
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def _said(decided: Decided, n: int, name: str) -> list[Problem]:
    """Return why a row has no result."""
    outcome, missing = decided.outcomes[decided.at[n]]
    table, where = decided.table, Cell(f"{name}:{n + 1}")
    ids = ", ".join(decided.rule_id(r) for r in outcome.rules)
    if outcome.violation:
        cells = ", ".join(str(table.rules[r].where) for r in outcome.rules)
        fault = CLASH[table.policy.overlap]
        return [
            fault.at(
                where,
                key=f"#{n + 1}",
                table=table.name,
                count=len(outcome.rules),
                rules=ids,
                cells=cells,
            )
        ]
    if missing:
        return [
            LACKS_DATA.at(
                where,
                count=1,
                table=table.name,
                columns=", ".join(missing),
                keys=f"#{n + 1}",
            )
        ]
    if not outcome.rules and table.policy.aggregate != "COUNT":
        return [NO_RULE_HITS.at(where, count=1, table=table.name, keys=f"#{n + 1}")]
    return []
