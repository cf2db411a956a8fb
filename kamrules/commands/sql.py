"""``kamrules sql``: the tables of a rule workbook as SQL."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.options import Command, common, fitted, say, system_language

if TYPE_CHECKING:
    from kamrules.model import Lang


@click.command("sql", cls=Command)
@click.argument("rules", type=click.Path(path_type=Path))
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
@click.option("-o", "--output", type=click.Path(path_type=Path), help="文件。File to write.")
@common
def sql_command(
    rules: Path,
    dialect: str,
    facts_given: bool,
    output: Path | None,
    lang: Lang | None,
    format_: str,
    files: tuple[Path, ...],
    without: tuple[str, ...],
) -> None:
    """把规则表写成 SQL。Write the tables of a rule workbook as SQL."""
    from kamrules import plugins
    from kamrules.problems import as_dict, shown
    from kamrules.sql.script import script

    found = script(rules, dialect, plugins.load(files, without), facts_given=facts_given)
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
