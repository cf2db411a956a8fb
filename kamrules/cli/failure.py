"""What is said when a command ends early: one language, one exit code, never a bare traceback."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import click

import kamrules
from kamrules.cli.options import fitted, say_json, system_language
from kamrules.messages.problem import PluginError, UsageError
from kamrules.messages.shown import as_dict, shown
from kamrules.words.text import Lang, Text


def exit_code(error: BaseException, arguments: Sequence[str]) -> int:
    """Say why a command ended, and return its exit code."""
    chosen = _said(arguments, "--lang", os.environ.get("KAMRULES_LANG", ""))
    lang = cast(Lang, chosen) if chosen in ("zh", "en") else system_language()
    if isinstance(error, UsageError):
        if _said(arguments, "--format", "text") == "json":
            say_json({"problems": [as_dict(p, lang) for p in error.problems]})
        else:
            _echo("\n\n".join(shown(p, lang) for p in error.problems))
        return error.exit_code
    trace = "".join(traceback.format_exception(error))
    said = error.said if isinstance(error, PluginError) else _unexpected(error, trace)
    _echo(f"kamrules: {said.of(lang)}")
    if "--traceback" in arguments:
        click.echo(trace, err=True)
    return 4


def _unexpected(error: BaseException, trace: str) -> Text:
    """Return what is said of an error nobody foresaw; its trace is in a file that this names."""
    found = sys.version.split()[0], platform.platform()
    report = f"kamrules {kamrules.__version__}, Python {found[0]}, {found[1]}\n\n{trace}"
    name = f"kamrules-error-{hashlib.sha256(report.encode()).hexdigest()[:8]}.txt"
    path, what = _kept(Path(name), report), type(error).__name__
    return Text(
        f"内部错误 {what}, 经过写在 {path}; 请把这个文件发给维护者",
        f"internal error {what}, written down in {path}; please send that file to the maintainers",
    )


def _kept(path: Path, report: str) -> Path:
    """Write a report to the current folder, or to that of temporary files, and return its path."""
    try:
        path.write_text(report, "utf-8")
    except OSError:
        path = Path(tempfile.gettempdir()) / path
        path.write_text(report, "utf-8")
    return path


def _echo(text: str) -> None:
    click.echo(fitted(text, sys.stderr), err=True)


def _said(arguments: Sequence[str], option: str, default: str) -> str:
    for at, argument in enumerate(arguments):
        if argument.startswith(option + "="):
            return argument.partition("=")[2]
        if argument == option and at + 1 < len(arguments):
            return arguments[at + 1]
    return default
