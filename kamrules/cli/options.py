"""What the commands share: their common options, their language, and how they print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from kamrules.cli.help import Context
from kamrules.words.width import width, wrap

if TYPE_CHECKING:
    from kamrules.words.text import Lang

F = TypeVar("F", bound=Callable[..., Any])


class Command(click.Command):
    """A command whose help wraps by the width a terminal gives to Chinese, and is not cut short."""

    context_class = Context

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first paragraph of the help, whatever its length; lists of commands wrap."""
        return (self.help or "").partition("\n\n")[0]


class Group(Command, click.Group):
    """Commands under one name, whose help wraps likewise."""

    command_class = Command
    group_class = type


def system_language() -> Lang:
    """Return the language of the system, for commands that read no workbook."""
    import locale

    name = locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def common(function: F) -> F:
    """Add the options that every command has."""
    return language(plain(function), "zh", "en")


def plain(function: F) -> F:
    """Add the options that every command has but the language."""
    for option in (
        # What it asks for is done where a command fails.
        click.option(
            "--traceback",
            is_flag=True,
            expose_value=False,
            help="插件出错时显示全部经过。Show all of what led to the error of a plugin.",
        ),
        click.option(
            "--no-plugin",
            "without",
            multiple=True,
            metavar="NAME",
            help="不用这个插件。Leave a plugin out.",
        ),
        click.option(
            "--plugin",
            "files",
            multiple=True,
            metavar="FILE.py",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="加用一个插件文件。Use a plugin file.",
        ),
        click.option(
            "--format",
            "format_",
            type=click.Choice(["text", "json"]),
            default="text",
            help="输出格式。Output format.",
        ),
    ):
        function = option(function)
    return function


def run_options(function: F) -> F:
    """Add the options that say with which rules and for which day a book is decided."""
    for option in (
        click.option(
            "--previous",
            type=click.Path(path_type=Path),
            help="上期结果, 用来比较。Last period's result, to compare with.",
        ),
        as_of,
        rules,
    ):
        function = option(function)
    return function


rules = click.option(
    "-r",
    "--rules",
    multiple=True,
    type=click.Path(path_type=Path),
    help="规则工作簿, 替换同名的表。Rule workbook; replaces tables of the same name.",
)
as_of = click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="基准日; 默认数据中最后的日期。As-of date; by default the last date in the data.",
)


def language(function: F, *choices: str) -> F:
    """Add the option that chooses the language."""
    said = "语言; 默认随工作簿或系统。Language; by default that of the workbook or the system."
    return click.option("--lang", type=click.Choice(choices), envvar="KAMRULES_LANG", help=said)(
        function
    )


def both_languages(function: F) -> F:
    """Add the option that chooses the language, or both."""
    return language(function, "zh", "en", "both")


def say(value: Mapping[str, Any], text: str, format_: str) -> None:
    """Print a result as text, or as JSON where that was asked for."""
    if format_ == "json":
        say_json(value)
    else:
        click.echo(fitted(text))


def fitted(text: str, stream: TextIO | None = None) -> str:
    """Return a text with its lines broken to the terminal; as it is where it goes to a file."""
    import shutil
    import sys

    if not (stream or sys.stdout).isatty():
        return text
    room, lines = shutil.get_terminal_size().columns, []
    for line in text.split("\n"):
        if width(line) <= room:
            lines.append(line)
            continue
        indent = " " * (len(line) - len(line.lstrip()))
        first, *rest = wrap(line, room - len(indent) - 3)
        lines += [indent + first, *(f"{indent}   {part}" for part in rest)]
    return "\n".join(lines)


def say_json(value: Any) -> None:
    """Print one value as a line of JSON, escaped where the output cannot write all of it."""
    import json
    import sys

    text = json.dumps(value, ensure_ascii=False, default=str)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, default=str)
    click.echo(text)
