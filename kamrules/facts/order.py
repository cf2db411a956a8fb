"""Tables and facts in the order they run; what rules may name; what facts wait for in vain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from kamrules.facts.declare import Awaited, Fact, sheet_of
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW, IN_RULE
from kamrules.messages.problem import Cell, Problem
from kamrules.rules.decision_table import DecisionTable
from kamrules.rules.link import LinkedTable, by_name
from kamrules.rules.messages import CIRCLE
from kamrules.sheets.column import Column, SheetSpec
from kamrules.sheets.sheet import Sheet
from kamrules.words.fold import fold
from kamrules.words.names import aliases, both, closest
from kamrules.words.text import Lang, Text

# fmt: off
NO_TABLE_GIVES = message("W323", kind="rules",
    what=("没有规则表给出 “{found}”", "no table gives '{found}'"),
    why=("{fact} 要用到它{suggest}", "{fact} waits for it{suggest}"),
    fix=("把结果列的名称改回 {column}, 或停用这个插件",
         "call the result {column} again, or leave the plugin out"),
    effect=("{fact} 缺这一项, 有的行会空着或不出现",
            "{fact} goes without it: rows are blank or missing"),
    example={"column": Text("复核间隔", "Review Every"), "fact": Text("复核计划", "Review Plan"),
             "suggest": Text("; 是不是 复核周期", "; did you mean 复核周期")}, place=IN_RULE)
NO_SHEET_FOR_FACTS = message("W405", kind="data", severity="notice",
    what=("没有 {sheet} 表, {facts} 无法计算",
          "there is no {sheet} sheet, so {facts} cannot be worked out"),
    why=("工作簿里找不到这张表", "the workbook has no such sheet"),
    fix=("加上 {sheet} 表", "add the {sheet} sheet"),
    effect=("用到它们的规则缺数据", "rules that need them lack data"),
    example={"sheet": Text("明细", "Details"),
             "facts": Text("销售额占比", "Share of Sales")}, place=IN_ROW)
# fmt: on


Step = LinkedTable | Fact
LANGS: tuple[Lang, ...] = ("zh", "en")


def in_order(
    linked: Sequence[LinkedTable], facts: Sequence[Fact]
) -> tuple[list[Step], list[Problem]]:
    """Return tables and the facts that wait for others in the order they run."""
    late = {f.name: f for f in facts if f.waits}
    tables = {t.table.name: t for t in linked}
    givers = _givers([t.table for t in linked], late.values())
    columns = {(f.sheet, c.key): name for name, f in late.items() for c in f.columns}
    rows = {f.sheet: name for name, f in late.items() if not f.key}
    needs: dict[str, list[str]] = {}
    for name, table in tables.items():
        used = (*table.inputs, *(column for column, _ in table.names.values()))
        facts_ = {columns.get((table.table.for_each, c)) for c in used} - {None}
        needs[name] = sorted(table.needs | {f for f in facts_ if f})
    for name, fact in late.items():
        wanted = set().union(*(_gives(givers, one) for one in fact.after))
        wanted |= {rows[sheet] for sheet in fact.inputs if sheet in rows}
        needs[name] = sorted(wanted - {name})
    steps: Mapping[str, Step] = {**tables, **late}
    try:
        return [steps[name] for name in TopologicalSorter(needs).static_order()], []
    except CycleError as error:
        circle: list[str] = error.args[1]
        first = next((tables[name].table for name in circle if name in tables), None)
        where, label = (
            (first.where, first.outputs[0].label) if first else (Cell(circle[0]), circle[0])
        )
        named = " <- ".join(_shown(name, late) for name in reversed(circle))
        return [], [CIRCLE.at(where, cycle=named, name=label)]


Givers = Mapping[tuple[str, str], set[str]]


def _givers(tables: Iterable[DecisionTable], facts: Iterable[Fact]) -> Givers:
    """Return which steps give a column of a sheet, by its folded name; also of any sheet ("")."""
    found: dict[tuple[str, str], set[str]] = {}
    given = [(f.name, f.sheet, (*map(fold, (c.key, *c.name)),)) for f in facts for c in f.columns]
    given += [(t.name, t.for_each, aliases(o.label)) for t in tables for o in t.outputs]
    for name, sheet, names in given:
        for alias in names:
            for of in (sheet, ""):
                found.setdefault((of, alias), set()).add(name)
    return found


def _gives(givers: Givers, awaited: Awaited) -> set[str]:
    column = awaited.column
    return givers.get((awaited.sheet, fold(column.key)), set()) | givers.get(
        (awaited.sheet, fold(column.zh)), set()
    )


def _shown(step: str, late: Mapping[str, Fact]) -> str:
    return late[step].columns[0].zh if step in late else step


def in_vain(
    tables: Sequence[DecisionTable], facts: Sequence[Fact], sheets: Mapping[str, Text], book: str
) -> Iterator[Problem]:
    """Yield a warning for each result about *sheets* that facts wait for and nothing gives."""
    given = _givers(tables, facts)
    waiting = {one: f for f in reversed(facts) if f.runs and f.sheet in sheets for one in f.after}
    for one, fact in sorted(waiting.items(), key=lambda item: item[0].key):
        if one.optional or one.sheet not in sheets or _gives(given, one):
            continue
        mine = [o for t in tables if t.for_each == one.sheet for o in t.outputs]
        places = {both(o.label).zh: o.where for o in mine}
        near = closest(one.column.zh, places)
        where = places.get(near.zh.removeprefix("; 是不是 ").split(", ")[0], Cell(book))
        named = fact.columns[0].name if fact.key else sheets[fact.sheet]
        yield NO_TABLE_GIVES.at(
            where, found=one.column.zh, column=one.column.name, fact=named, suggest=near
        )


def left_blank(
    linked: Sequence[LinkedTable], facts: Sequence[Fact], specs: Sequence[SheetSpec], book: str
) -> Iterator[Problem]:
    """Yield a notice for each sheet that is not there, of the facts it leaves blank."""
    read = {
        (t.table.for_each, column)
        for t in linked
        for column in (*t.inputs, *(name for name, _ in t.names.values()))
    }
    names = {spec.key: spec.name for spec in specs}
    lost: dict[tuple[str, ...], list[Text]] = {}
    for fact in (f for f in facts if not (f.runs or f.optional)):
        if any((fact.sheet, c.key) in read for c in fact.columns):
            lost.setdefault(fact.source, []).extend(c.name for c in fact.columns)
    for sheets, columns in lost.items():
        needed = Text(*(" / ".join(names[sheet_of(s)].of(lang) for s in sheets) for lang in LANGS))
        listed = (
            sep.join(c.of(lang) for c in columns)
            for sep, lang in zip(("、", ", "), LANGS, strict=True)
        )
        yield NO_SHEET_FOR_FACTS.at(Cell(book), sheet=needed, facts=Text(*listed))


def sheet_columns(sheet: Sheet) -> list[Column]:
    """Return the columns a sheet has: known ones under every name, others by their header."""
    by_key = {c.key: c for c in sheet.spec.columns}
    found = []
    for key, header in sheet.headers.items():
        known = by_key.get(key)
        if known:
            found.append(replace(known, synonyms=(*known.synonyms, header)))
        else:
            found.append(Column(key, header, header, "any"))
    return found


def known_of_subjects(specs: Sequence[SheetSpec], facts: Sequence[Fact]) -> list[Column]:
    """Return the columns and facts that plugins know of the subjects, the rows of a headline."""
    subjects = {spec.key for spec in specs if spec.headline}
    columns = [c for spec in specs if spec.key in subjects for c in spec.columns]
    return [*columns, *(c for f in facts if f.sheet in subjects for c in f.columns)]


def columns_of(sheet: Sheet, facts: Sequence[Fact]) -> dict[str, Column]:
    """Return what rules about a sheet may name: facts first, then columns, by folded name."""
    given = [c for f in facts if f.sheet == sheet.spec.key for c in f.columns]
    present = sheet_columns(sheet)
    keys = {c.key for c in present}
    absent = [c for c in sheet.spec.columns if c.key not in keys]
    return by_name([*given, *present, *absent])
