"""``kamrules check``: read everything, decide nothing, say what is wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.cli.options import Command, common, say, system_language

# Everything else is imported inside the command, so that --help is quick.
if TYPE_CHECKING:
    import datetime as dt

    from kamrules.words.text import Lang


@click.command("check", cls=Command)
@click.argument("books", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-r",
    "--rules",
    multiple=True,
    type=click.Path(path_type=Path),
    help="规则工作簿, 替换同名的表。Rule workbook; replaces tables of the same name.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="基准日; 默认数据中最后的日期。As-of date; by default the last date in the data.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="警告也算问题(退出码 1)。Warnings count as problems (exit code 1).",
)
@common
def check_command(
    books: tuple[Path, ...],
    rules: tuple[Path, ...],
    as_of: dt.datetime | None,
    strict: bool,
    lang: Lang | None,
    format_: str,
    files: tuple[Path, ...],
    without: tuple[str, ...],
) -> None:
    """检查数据工作簿或规则工作簿, 不判定。Check workbooks of data or rules; decide nothing."""
    from kamrules.check import output, workbook
    from kamrules.hooks import plugins
    from kamrules.run import pipeline

    language = lang or system_language()
    run = pipeline.Run(plugins.load(files, without), rules, as_of.date() if as_of else None)
    found = [workbook.check(path, run) for path in books]
    text = "\n\n".join(output.as_text(checked, language) for checked in found)
    say(output.as_json(found, language), text, format_)
    warned = strict and any(
        f.problem.severity == "warning" for checked in found for f in checked.findings
    )
    sys.exit(max(*(checked.exit_code for checked in found), int(warned)))
