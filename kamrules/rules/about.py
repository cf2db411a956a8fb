"""What decision tables are about: the sheet that 对象 For each names, described by its tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kamrules.rules.decision_table import DecisionTable, RuleBook
from kamrules.rules.link import by_name
from kamrules.sheets.column import Column, SheetSpec
from kamrules.words.names import aliases, both
from kamrules.words.types import Type

# The tables that name no sheet, where no sheet of a plugin is meant.
UNNAMED = ""


def about(tables: Iterable[DecisionTable], specs: Sequence[SheetSpec]) -> list[DecisionTable]:
    """Return tables with 对象 For each as the key of the sheet that it names.

    A table that names none is about the subjects: the rows of the sheet with a headline.
    """
    keys = {a: s.key for s in specs for n in (s.zh, s.en, s.key, *s.synonyms) for a in aliases(n)}
    subjects = next((s.key for s in specs if s.headline), UNNAMED)
    return [
        replace(t, for_each=next((keys[a] for a in aliases(t.for_each) if a in keys), t.for_each))
        if t.for_each
        else replace(t, for_each=subjects)
        for t in tables
    ]


def described(rulebooks: Sequence[RuleBook], specs: Sequence[SheetSpec]) -> list[SheetSpec]:
    """Return a kind of sheet for each name in 对象 For each that no plugin describes.

    Its columns are those its tables read, typed by their Type rows and the glossary.
    """
    known = {a for s in specs for n in (s.zh, s.en, s.key, *s.synonyms) for a in aliases(n)}
    words = by_name(c for book in rulebooks for c in book.glossary)
    tables = [table for book in rulebooks for table in book.tables]
    results = {a for t in tables for o in t.outputs for a in aliases(o.label)}
    given = {a for book in rulebooks for a in book.parameters}
    named: dict[str, list[DecisionTable]] = {}
    for table in tables:
        name = table.for_each
        if name and not known & set(aliases(name)):
            named.setdefault(name, []).append(table)
    return [
        SheetSpec(name, *both(name), tuple(_columns(mine, results | given, words)))
        for name, mine in named.items()
    ]


def about_others(
    rulebooks: Sequence[RuleBook], known: Iterable[Column], name: str
) -> list[RuleBook]:
    """Return rule books whose tables without 对象 For each are about a sheet of some *name*.

    That is so where most columns they read are not *known* to a plugin.
    """
    read, names = read_by(rulebooks), by_name(known)
    meant = sum(any(a in names for a in aliases(c.synonyms[0])) for c in read)
    if not read or 2 * meant >= len(read):
        return list(rulebooks)
    return [named(book, name) for book in rulebooks]


def named(book: RuleBook, sheet: str) -> RuleBook:
    """Return a rule book whose tables are about a sheet where they name none."""
    tables = (replace(t, for_each=t.for_each or sheet) for t in book.tables)
    return replace(book, tables=tuple(tables))


def read_by(rulebooks: Sequence[RuleBook]) -> list[Column]:
    """Return the columns that the tables that name no sheet read."""
    tables = [t for book in rulebooks for t in book.tables]
    results = {a for t in tables for o in t.outputs for a in aliases(o.label)}
    given = {a for book in rulebooks for a in book.parameters}
    return list(_columns([t for t in tables if not t.for_each], results | given, {}))


def _columns(
    tables: Sequence[DecisionTable], others: set[str], words: Mapping[str, Column]
) -> Iterable[Column]:
    """Yield the columns that some tables read and no table or parameter gives."""
    types: dict[str, set[Type]] = {}
    labels: dict[str, str] = {}
    for table in tables:
        for column in table.inputs:
            if not others & set(aliases(column.label)):
                name = both(column.label).zh
                labels.setdefault(name, column.label)
                types.setdefault(name, set()).add(column.type)
    for name, label in labels.items():
        word = next((words[a] for a in aliases(label) if a in words), None)
        mine = types[name] - {"any"} or ({word.type} if word else set())
        kind = next(iter(mine)) if len(mine) == 1 else "any"
        yield Column(
            name, *both(label), kind, synonyms=(label,), allowed=word.allowed if word else ()
        )
