"""Facts of plugins that give them by the hook, as declared ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pluggy
import polars as pl

from kamrules.facts import fact as model
from kamrules.facts.declare import Awaited, Fact
from kamrules.facts.inputs import given_as
from kamrules.hooks.failed import failed
from kamrules.hooks.plugins import call_each
from kamrules.messages.problem import Problem
from kamrules.sheets.column import Column
from kamrules.sheets.sheet import Data
from kamrules.words.text import Text


def hooked(data: Data, as_of: dt.date, manager: pluggy.PluginManager) -> list[Fact]:
    """Return the facts that plugins give by the hook."""
    found = []
    for name, value, _ in call_each(manager, "facts", (model.Fact,), data=data, as_of=as_of):
        old: model.Fact = value
        scope = "subject" if old.scope == "customer" else old.scope
        after = tuple(Awaited("", Column(n, n, n, "any")) for n in old.after)
        found.append(
            Fact(
                old.sheet,
                old.key,
                old.columns,
                partial(_worked, old, name),
                after,
                (old.source,) if old.source else (),
                scope,
                old.across,
                plugin=name,
                waits=bool(after),
            )
        )
    return found


def _worked(old: model.Fact, plugin: str, data: Data) -> tuple[pl.LazyFrame, Sequence[Problem]]:
    if not callable(old.frame):
        return old.frame, old.problems
    try:
        found = old.frame(_with_results(data, old.after))
        frame, problems = found if isinstance(found, tuple) else (found, ())
        return frame.collect().lazy(), problems
    except Exception as error:
        name = old.columns[0].key if old.columns else old.sheet
        doing = Text(f"的事实 {name!r} 出错", f"failed in the fact {name!r}")
        raise failed(plugin, doing, error, old.frame) from error


def _with_results(data: Data, names: Sequence[str]) -> Data:
    """Return *data* with the results a fact asked for under the names it used."""
    sheets = dict(data.sheets)
    for key, sheet in data.sheets.items():
        found = {n: given_as(sheet.frame, Column(n, n, n, "any")) for n in names}
        named = [pl.col(f).alias(n) for n, f in found.items() if f is not None and f != n]
        if named:
            sheets[key] = replace(sheet, frame=sheet.frame.with_columns(named))
    return replace(data, sheets=sheets)
