"""``kamrules sql``: the tables of rule workbooks as SQL."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.cli.options import Command, common, fitted, say, system_language

if TYPE_CHECKING:
    from kamrules.words.text import Lang


def _pairs(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Return the columns named for sheets, by the names of the sheets."""
    pairs = [text.partition("=") for text in given]
    for sheet, _, column in pairs:
        if not (sheet and column):
            raise click.BadParameter("SHEET=COLUMN")
    return {sheet: column for sheet, _, column in pairs}


@click.command("sql", cls=Command)
@click.argument("rules", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--dialect",
    default="duckdb",
    metavar="NAME",
    help="数据库, 如 duckdb, sqlite, spark, postgres。Database, such as duckdb, sqlite, spark.",
)
@click.option(
    "--facts-given",
    is_flag=True,
    help="表里已有事实列。The relations hold the facts as columns.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="SHEET=COLUMN",
    callback=_pairs,
    help="识别一行的列, 用于没有这种列的表, 可多次。Column that identifies a row of a sheet.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="文件。File to write.")
@common
def sql_command(
    rules: tuple[Path, ...],
    dialect: str,
    facts_given: bool,
    keys: dict[str, str],
    output: Path | None,
    lang: Lang | None,
    format_: str,
    files: tuple[Path, ...],
    without: tuple[str, ...],
) -> None:
    """把规则表写成 SQL。Write the tables of rule workbooks as SQL."""
    from kamrules.hooks import plugins
    from kamrules.messages.shown import as_dict, shown
    from kamrules.sql.script import script

    manager = plugins.load(files, without)
    found = script(rules, dialect, manager, facts_given=facts_given, keys=keys)
    language = lang or system_language()
    if output:
        output.write_text(found.text, "utf-8")
    elif format_ == "text":
        click.echo(found.text, nl=False)
    if format_ == "json":
        problems = [as_dict(p, language) for p in found.refused]
        given = {} if output else {"sql": found.text}
        say({**given, "tables": list(found.tables), "problems": problems}, "", format_)
    else:
        for refused in found.refused:
            click.echo(fitted(shown(refused, language), sys.stderr), err=True)
    sys.exit((1 if found.tables else 2) if found.refused else 0)
