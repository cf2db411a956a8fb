"""Runs for tests: decide a workbook with some plugins, look at its results, apply it twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from kamrules.annotate import write
from kamrules.hooks import plugins
from kamrules.run import pipeline
from kamrules.run.result import Result


def decide(
    book: Path,
    *modules: ModuleType,
    rules: Sequence[Path] = (),
    as_of: dt.date | None = None,
    without: Sequence[str] = (),
) -> Result:
    """Return what a run says of a workbook with the installed plugins and *modules*.

    *rules* are rule workbooks, *without* the names of plugins to leave out. Raises UsageError with
    all problems where the rules cannot be used, PluginError where a plugin fails.
    """
    return pipeline.apply(book, _run(modules, rules, as_of, without))


def _run(
    modules: Sequence[ModuleType],
    rules: Sequence[Path],
    as_of: dt.date | None,
    without: Sequence[str],
) -> pipeline.Run:
    names = [module.__name__ for module in modules]
    manager = plugins.load(without=[*without, *names])
    for module in modules:
        manager.register(module, name=module.__name__)
    manager.check_pending()
    return pipeline.Run(manager, tuple(rules), as_of)


def results(result: Result, sheet: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns of a sheet after a run, a tuple a row.

    *sheet* is the key of the sheet, a column its key, its header, or a result's Chinese name.
    """
    frame = result.data.sheets[sheet].frame
    named = [
        next(c for c in frame.columns if c == name or c.split(" ")[0] == name) for name in columns
    ]
    return frame.select(named).rows()


def apply_twice(
    book: Path, *modules: ModuleType, rules: Sequence[Path] = (), as_of: dt.date | None = None
) -> tuple[bytes, bytes]:
    """Return the result workbook of a book, and that of applying this result again.

    The two are equal where nothing hangs on the clock, on chance, or on what a run added.
    """
    run = _run(modules, rules, as_of, ())
    target = book.with_name(f"{book.stem}.kam{book.suffix}")
    found = []
    for source in (book, target):
        result = pipeline.apply(source, run)
        targets = write.Targets(target, report=False)
        write.write(result, source, targets, write.language(result), run.manager)
        found.append(target.read_bytes())
    return found[0], found[1]
