"""What is installed, and whether it works."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import kamrules
from kamrules.engine.cases import caserun
from kamrules.hooks import plugins
from kamrules.hooks.plugins import PluginInfo
from kamrules.messages.problem import PluginError, Problem, UsageError
from kamrules.messages.shown import as_dict, shown
from kamrules.rules import catalogue
from kamrules.words.text import NO_TEXT, Lang, Text

PACKAGES = (
    "polars",
    "fastexcel",
    "python-calamine",
    "openpyxl",
    "holidays",
    "lark",
    "pluggy",
    "jinja2",
    "click",
)


@dataclass(frozen=True, slots=True)
class Examination:
    """What doctor found; *broken* is what keeps kamrules from working."""

    versions: dict[str, str]
    plugins: tuple[PluginInfo, ...]
    tables: int
    problems: tuple[Problem, ...]
    broken: Text

    @property
    def healthy(self) -> bool:
        """Return whether kamrules can run."""
        errors = any(p.severity == "error" for p in self.problems)
        return not self.broken.en and not errors and "-" not in self.versions.values()

    def as_dict(self) -> dict[str, Any]:
        """Return the examination for ``--format json``."""
        return {
            "healthy": self.healthy,
            "versions": self.versions,
            "plugins": [
                {"name": i.name, "origin": i.origin, "error": i.error.en} for i in self.plugins
            ],
            "tables": self.tables,
            "problems": [as_dict(p, "en") for p in self.problems],
            "broken": self.broken.en,
            "case_engine": case_engine().en,
        }

    def as_text(self, lang: Lang) -> str:
        """Return the examination as the terminal shows it."""
        lines = [f"{name:<16} {number}" for name, number in self.versions.items()]
        for i in self.plugins:
            plugin = Text("插件", "plugin").of(lang)
            lines.append(
                f"{plugin} {i.name:<14} {i.origin}{'  ' + i.error.of(lang) if i.error.en else ''}"
            )
        lines.append(Text(f"规则表 {self.tables} 张", f"{self.tables} decision tables").of(lang))
        lines.append(Text("关联规则 ", "case rules ").of(lang) + case_engine().of(lang))
        lines += [shown(p, lang) for p in self.problems]
        if self.broken.en:
            lines.append(self.broken.of(lang))
        fine = Text("一切正常", "everything works")
        wrong = Text("有东西不能用, 见上", "something does not work, see above")
        return "\n".join([*lines, (fine if self.healthy else wrong).of(lang)])


def case_engine() -> Text:
    """Return what decides case rules by default."""
    if not caserun.available():
        return Text("内置引擎", "built-in matcher")
    found = f"durable-rules {_version('durable-rules')}"
    return Text(
        f"{found}, 少于 {caserun.FEW} 行用内置引擎",
        f"{found}, the built-in matcher below {caserun.FEW} rows",
    )


def examine(files: Sequence[Path] = (), without: Sequence[str] = ()) -> Examination:
    """Return versions, plugins, and whether the rule workbooks of the plugins can be used."""
    versions = {"kamrules": kamrules.__version__, "python": platform.python_version()}
    versions |= {name: _version(name) for name in PACKAGES}
    found = tuple(plugins.describe(files, without))
    try:
        tables, problems = catalogue.tables(plugins.load(files, without))
    except PluginError as error:
        return Examination(versions, found, 0, (), error.said)
    except UsageError as error:
        return Examination(versions, found, 0, error.problems, NO_TEXT)
    return Examination(versions, found, len(tables), tuple(problems), NO_TEXT)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"
