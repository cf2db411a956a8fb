"""What the plugins bring: the sheets they read and their rule workbooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import as_file
from importlib.resources.abc import Traversable
from pathlib import Path

import pluggy

from kamrules.guard.workbook import Package, inspect
from kamrules.hooks import plugins
from kamrules.messages.message import message
from kamrules.messages.problem import Cell, PluginError, Problem, UsageError
from kamrules.rules.about import about
from kamrules.rules.decision_table import DecisionTable, RuleBook
from kamrules.rules.grid import Grid, read_grids
from kamrules.rules.link import by_name
from kamrules.rules.load import load
from kamrules.rules.words import is_tests
from kamrules.sheets.column import Column, SheetSpec
from kamrules.sheets.merge import Uses, merged
from kamrules.words.text import Text
from kamrules.xlsx.files import replace_file

# fmt: off
EXISTS = message("E010", kind="file",
    what=("{name} 已经存在", "{name} exists already"),
    why=("不覆盖已有的文件", "an existing file is not overwritten"),
    fix=("换一个文件夹, 或先移走它", "choose another folder, or move the file away first"),
    effect=("没有写出文件", "nothing was written"), example={"name": "rules/rating.xlsx"})
# fmt: on


def merged_specs(manager: pluggy.PluginManager) -> list[SheetSpec]:
    """Return the sheets of all plugins; columns of plugins that read the same sheet together."""
    return merged(plugins.call_each(manager, "sheets", (SheetSpec, Uses)))


def packaged(manager: pluggy.PluginManager) -> Iterator[tuple[str, Traversable]]:
    """Yield the rule workbooks of all plugins with the plugin's name."""
    for name, source, at in plugins.call_each(manager, "rulesets", (Traversable,)):
        if not source.is_file():
            raise PluginError(
                Text(
                    f"插件 {name!r} 的规则工作簿不存在 ({at}): {source}; 放好它, 或改正路径",
                    f"plugin {name!r}: there is no rule workbook ({at}): {source}; "
                    "put it there, or correct the path",
                )
            )
        yield name, source


def vocabulary(specs: Sequence[SheetSpec]) -> dict[str, Column]:
    """Return the columns that any sheet may have, by folded name."""
    return by_name(c for spec in specs for c in spec.columns)


def load_rules(
    source: Path | Package, known: Mapping[str, Column], skip: frozenset[str] = frozenset()
) -> tuple[RuleBook, list[Problem]]:
    """Return what a rule workbook says and what is wrong with it."""
    package = inspect(source)
    return load(read_grids(package, skip), package.book, known)


def load_decisions(path: Path, known: Mapping[str, Column]) -> tuple[RuleBook, list[Problem]]:
    """Return the same without its test cases; a file that did not change is read once a process."""
    state = path.stat() if path.is_file() else None
    changed, size = (state.st_mtime_ns, state.st_size) if state else (0, 0)
    return load(_without_cases(path, changed, size), path.name, known)


@lru_cache(maxsize=64)
def _without_cases(path: Path, _changed: int, _size: int) -> list[Grid]:
    package = inspect(path, wanted=lambda title: not is_tests(title))
    return read_grids(package, frozenset(s.title for s in package.sheets if is_tests(s.title)))


def tables(manager: pluggy.PluginManager) -> tuple[list[DecisionTable], list[Problem]]:
    """Return the decision tables of all plugins, and what is wrong with them."""
    specs = merged_specs(manager)
    known = vocabulary(specs)
    found: list[DecisionTable] = []
    problems: list[Problem] = []
    for _, source in packaged(manager):
        with as_file(source) as path:
            rulebook, wrong = load_rules(path, known)
        found += rulebook.tables
        problems += wrong
    return about(found, specs), problems


def export(manager: pluggy.PluginManager, folder: Path) -> list[Path]:
    """Write the rule workbooks to a folder, dressed for their author; existing files are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = [folder / s.name for _, s in packaged(manager) if (folder / s.name).exists()]
    if taken:
        raise UsageError([EXISTS.at(Cell(p.name), name=str(p)) for p in taken])
    known = vocabulary(merged_specs(manager))
    written = []
    for _, source in packaged(manager):
        target = folder / source.name
        with as_file(source) as path:
            replace_file(target, _dressed(path, known))
        written.append(target)
    return written


def _dressed(path: Path, known: Mapping[str, Column]) -> bytes:
    """Return a rule workbook dressed for its author; one with errors as it stands."""
    from kamrules.rules.author.dress import dress

    try:
        return dress(path, known)
    except UsageError:
        return path.read_bytes()
