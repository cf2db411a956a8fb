"""The shipped rule tables and rows for them, drawn where their conditions change."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import polars as pl
from click.testing import CliRunner

from kamrules.cli import main as cli
from kamrules.engine.axis import constants, is_constant
from kamrules.engine.decide import Decided
from kamrules.engine.decision import MISSING, RULE, Decision
from kamrules.engine.expressions import plain
from kamrules.facts.collect import declared
from kamrules.facts.join import with_derived
from kamrules.hooks import plugins
from kamrules.intake.tables import blank
from kamrules.rules.catalogue import load_rules, merged_specs, vocabulary
from kamrules.rules.cell.ast import literals
from kamrules.rules.link import LinkedTable
from kamrules.run import in_force
from kamrules.run.decisions import decide_all
from kamrules.sheets.column import ROW, SheetSpec
from kamrules.sheets.sheet import Data, Sheet
from kamrules.sql.inputs import view_name
from kamrules.words.dtypes import DTYPES
from kamrules.words.fold import fold
from kamrules.words.text import Text
from kamrules.words.types import NUMERIC, TEXTUAL, Type
from tests.conftest import ROOT

BOOKS = tuple(sorted((ROOT / "rulesets").glob("*.xlsx")))


@cache
def specs() -> tuple[SheetSpec, ...]:
    """Return the sheets of all plugins, each with a column that identifies its rows."""
    return tuple(replace(s, unique=s.unique or _key(s)) for s in merged_specs(plugins.load()))


def _key(spec: SheetSpec) -> str:
    """Return the column that a database would have where a sheet has none."""
    return f"{spec.key}_id"


@dataclass(frozen=True)
class Shipped:
    """The rows of each sheet, the types of their columns, and what the engine decides of them."""

    frames: Mapping[str, pl.DataFrame]
    types: Mapping[str, Mapping[str, Type]]
    keys: Mapping[str, str]
    decided: Sequence[tuple[Decided, Decision]]

    @property
    def views(self) -> dict[str, tuple[str, list[dict[str, Any]]]]:
        """Return the key and the rows that the view of each table must have, by its name."""
        found = {}
        for decided, decision in self.decided:
            sheet = decided.table.for_each
            key = self.keys[sheet]
            named = decision.frame.with_columns(self.frames[sheet][key])
            rows = views(decided, replace(decision, frame=named), key)
            found[view_name(decided.table)] = key, rows
        return found


@cache
def shipped(count: int) -> Shipped:
    """Return so many rows of each sheet, and what all tables of all shipped workbooks decide."""
    manager = plugins.load()
    known = vocabulary(specs())
    books = [load_rules(path, known)[0] for path in BOOKS]
    parameters = {name: p for book in books for name, p in book.parameters.items()}
    data = with_derived(blank("shipped", specs()), specs())
    facts = declared(manager)
    tables = [t for book in books for t in book.tables]
    steps, problems = in_force.linked(data, facts, tables, specs(), parameters)
    assert problems == []
    linked = [step for step in steps if isinstance(step, LinkedTable)]
    labels = [label for book in books for label in book.labels]
    sheets, frames, types = {}, {}, {}
    for spec in specs():
        mine = [t for t in linked if t.table.for_each == spec.key]
        if mine:
            given = [c for f in facts if f.sheet == spec.key for c in f.columns]
            has = {c.key: c.type for c in (*spec.columns, *given)} | {spec.unique: "text"}
            types[spec.key] = dict(_read(mine, has))
            frame = _rows(mine, types[spec.key], labels, spec.unique, count)
            frames[spec.key] = frame.drop(ROW)
            # What is read from a workbook says what a blank means already.
            blanks = [
                pl.col(c.key).fill_null(c.blank)
                for c in spec.columns
                if c.blank is not None and c.key in frame
            ]
            sheets[spec.key] = Sheet(spec, spec.zh, frame.with_columns(blanks), 1, {}, {}, 0)
    decided, _, _ = decide_all(Data("shipped", sheets), linked, labels)
    return Shipped(frames, types, {s.key: s.unique for s in specs()}, decided)


def _read(tables: Sequence[LinkedTable], has: Mapping[str, Type]) -> Iterator[tuple[str, Type]]:
    """Yield the columns that tables read and no table gives, as the data has them."""
    outputs = {o.label for t in tables for o in t.table.outputs}
    for table in tables:
        asked = {**table.types, **dict(table.names.values())}
        for column, type_ in asked.items():
            if column not in outputs and column not in table.constants:
                yield column, type_ if has.get(column, "any") == "any" else has[column]


def _rows(
    tables: Sequence[LinkedTable], types: Mapping[str, Type], labels: Sequence[Text], key: str,
    count: int,
) -> pl.DataFrame:  # fmt: skip
    columns = {ROW: pl.Series(range(2, count + 2), dtype=pl.UInt32)}
    columns[key] = pl.Series([f"K{n:05}" for n in range(count)])
    for column, type_ in types.items():
        if column != key:
            chance = random.Random(f"{key} {column}")
            values = list(_values(tables, column, type_, labels))
            drawn = [None if chance.random() < 0.1 else chance.choice(values) for _ in range(count)]
            columns[column] = pl.Series(drawn, dtype=DTYPES[type_])
    return pl.DataFrame(columns)


def _values(
    tables: Sequence[LinkedTable], column: str, type_: Type, labels: Sequence[Text]
) -> Iterator[Any]:
    """Yield values at, just beside and far from those that conditions on a column name."""
    named: list[Any] = []
    for table in tables:
        for n, one in enumerate(table.inputs):
            for rule in table.table.rules if one == column else ():
                test = rule.inputs[n].meaning
                named += [plain(x.value) for x in literals(test)]
                if is_constant(test, type_):
                    named += [plain(value) for value, _ in constants(test)]
    named = list(dict.fromkeys(v for v in named if v is not None))
    if type_ in TEXTUAL:
        words = [str(v) for v in named]
        english = {fold(label.zh): label.en for label in labels if label.en}
        yield from [*words, "别的", *(english[fold(w)] for w in words if fold(w) in english)]
        yield from (f" {w} " for w in words)
    elif type_ in NUMERIC:
        yield from (0.0, 1.0, 2.0, 0.1 * 0.7)
        for value in (float(v) for v in named if isinstance(v, int | float)):
            yield from (value, value * (1 + 2e-16), value * 0.3 / 0.3, value - 1, value * 1.01)
    elif type_ == "bool":
        yield from (True, False)
    elif type_ in ("date", "datetime"):
        days = [v for v in named if isinstance(v, dt.date)] or [dt.date(2024, 5, 1)]
        for day in days:
            for away in (-1, 0, 1):
                moved = day + dt.timedelta(days=away)
                yield moved if type_ == "date" else dt.datetime(moved.year, moved.month, moved.day)
    elif type_ == "months":
        yield from (0, 1, 12, 36)
    else:
        yield from [v for v in named if not isinstance(v, str | float)] or [None]


def sql(dialect: str) -> str:
    """Return the script of all shipped workbooks, by the command."""
    without = [s for s in merged_specs(plugins.load()) if not s.unique]
    keys = [word for spec in without for word in ("--key", f"{spec.key}={_key(spec)}")]
    names = [str(path) for path in BOOKS]
    done = CliRunner().invoke(
        cli.cli,
        ["sql", *names, "--facts-given", "--dialect", dialect, *keys],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.stderr
    return done.stdout


def views(decided: Decided, decision: Decision, key: str) -> list[dict[str, Any]]:
    """Return a decision in the shape of the view that SQL makes of it."""
    table = decided.table
    gives, labels = table.policy.gives, [o.label for o in table.outputs]
    clashes = {row for _, rows in decided.violations() for row in rows}
    found: list[dict[str, Any]] = []
    for row in decision.frame.to_dicts():
        ids = row[RULE].split(",") if row[RULE] else []
        whole = row[RULE] is not None and gives != "number"
        left_open = row[ROW] in clashes or (row[MISSING] is not None and not whole)
        base = {key: row[key], "missing": row[MISSING], "undecided": int(left_open)}
        if gives == "list":
            lists = list(zip(*(row[label] or [] for label in labels), strict=True)) or [
                (None,) * len(labels)
            ]
            for n, values in enumerate(lists):
                rule = ids[n] if ids else None
                place = n + 1 if ids and ids != ["默认"] else None
                found.append(
                    {**dict(zip(labels, values, strict=True)), **base, "rule": rule, "place": place}
                )
        elif gives == "number":
            hits = 0 if ids == ["默认"] else len(ids)
            found.append({**{label: row[label] for label in labels}, **base, "hits": hits})
        else:
            found.append({**{label: row[label] for label in labels}, **base, "rule": row[RULE]})
    return found
