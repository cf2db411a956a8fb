"""The facts of all plugins: found without data, named, and made ready for a run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import pluggy
import polars as pl

from kamrules.facts.cases import Ruling, looked_at, source
from kamrules.facts.declare import OTHERS, Fact, declared_by, sheet_of
from kamrules.facts.inputs import Inputs
from kamrules.hooks.failed import failed as blamed
from kamrules.messages.problem import PluginError, Problem, UsageError
from kamrules.rules.catalogue import merged_specs
from kamrules.sheets.column import ROW, SheetSpec
from kamrules.sheets.sheet import Data
from kamrules.words.text import Text

Worked = tuple[pl.LazyFrame, Sequence[Problem]]


def declared(manager: pluggy.PluginManager) -> list[Fact]:
    """Return the facts that all plugins declare, or raise a PluginError that names a wrong one."""
    specs = {spec.key: spec for spec in merged_specs(manager)}
    derived = {key for key, spec in specs.items() if spec.derived}
    found = [_named(fact, plugin, specs) for plugin, fact in _of_plugins(manager)]
    known = {(f.sheet, c.key): c for f in found for c in f.columns}
    return [
        replace(
            f,
            after=tuple(replace(a, column=known.get((a.sheet, a.key), a.column)) for a in f.after),
            waits=bool(f.after) or bool(derived & set(f.inputs)),
        )
        for f in found
    ]


def _of_plugins(manager: pluggy.PluginManager) -> Iterator[tuple[str, Fact]]:
    """Yield the facts of each plugin with its name; those of a sibling stay the sibling's."""
    plugins = list(reversed(manager.list_name_plugin()))
    modules = {getattr(plugin, "__name__", ""): name for name, plugin in plugins}
    for name, plugin in plugins:
        for value in vars(plugin).values():
            if isinstance(value, Fact) and modules.get(value.work.__module__, name) == name:
                yield name, value


def _named(fact: Fact, plugin: str, specs: Mapping[str, SheetSpec]) -> Fact:
    """Return a fact of a plugin whose sheets are known, with the key of its sheet."""
    found = replace(fact, plugin=plugin)
    sources = {*map(sheet_of, fact.source)} - {"cases"}
    for name in (fact.sheet, *fact.inputs, *sources, *(a.sheet for a in fact.after)):
        if name not in specs:
            known = ", ".join((*OTHERS, *specs))
            said = Text(f"没有 {name!r}; 有 {known}", f"it names {name!r}; there are {known}")
            raise failed(found, said)
    return replace(found, key=specs[fact.sheet].unique or ROW) if fact.key == "?" else found


def ready(data: Data, as_of: dt.date, manager: pluggy.PluginManager, ruling: Ruling) -> list[Fact]:
    """Return all facts; those whose sheets are there can be worked out from the data."""
    specs = {spec.key: spec for spec in merged_specs(manager)}
    facts, inputs = declared(manager), Inputs(data, as_of, specs, ruling)
    present = _present(data, facts, ruling)
    found = []
    for one in facts:
        seen, runs = (*looked_at(one, ruling),), not one.source or bool(present & {*one.source})
        work, waits = partial(_worked, one, inputs), one.waits or bool(seen)
        found.append(replace(one, work=work, after=one.after + seen, waits=waits, runs=runs))
    places = [name for name, _ in reversed(manager.list_name_plugin())]
    found.sort(key=lambda f: places.index(f.plugin))
    givers: dict[tuple[str, str], str] = {}
    for fact in found:
        for column in fact.columns:
            other = givers.setdefault((fact.sheet, column.key), fact.plugin)
            if other != fact.plugin:
                raise PluginError(
                    Text(
                        f"插件 {other!r} 和 {fact.plugin!r} 都给出事实 {column.key!r}; "
                        "给其中一个改名, 或用 --no-plugin 去掉一个插件",
                        f"plugins {other!r} and {fact.plugin!r} both give the fact "
                        f"{column.key!r}; rename one, or leave one out with --no-plugin",
                    )
                )
    return found


def _present(data: Data, facts: Sequence[Fact], ruling: Ruling) -> set[str]:
    """Return what facts of some data can be worked out from: sheets, columns, and case rules.

    Derived sheets are there where their facts can be run.
    """
    read = {key: sheet for key, sheet in data.sheets.items() if not sheet.spec.derived}
    found = {*read, *(f"{key}.{c}" for key, sheet in read.items() for c in sheet.headers)}
    found |= {source(rules) for rules in ruling.rules if rules.table.for_each in read}
    rows = [f for f in facts if not f.key]
    while more := {f.sheet for f in rows if not f.source or found & set(f.source)} - found:
        found |= more
    return found


def _worked(fact: Fact, inputs: Inputs, data: Data) -> Worked:
    """Return the rows and problems of a fact, or raise a PluginError that says where it failed."""
    try:
        found = fact.work(**inputs.of(fact, data))
        if not fact.columns:
            return pl.LazyFrame(), (*(found or ()),)
        rows, problems = found if isinstance(found, tuple) else (found, ())
        if isinstance(rows, pl.DataFrame | pl.LazyFrame):
            return rows.lazy(), (*problems,)
    except (PluginError, UsageError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise failed(fact, error) from error
    kind = type(rows).__name__
    raise failed(fact, Text(f"给出的是 {kind}, 不是行", f"it gave {kind}, not rows"))


def failed(fact: Fact, error: BaseException | Text) -> PluginError:
    """Return the error that names a fact, its plugin, and the line of the plugin's file."""
    named = fact.columns[0].key if fact.columns else fact.sheet
    doing = Text(f"的事实 {named!r} 出错", f"failed in the fact {named!r}")
    return blamed(fact.plugin, doing, error, declared_by(fact.work))
