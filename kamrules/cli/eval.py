"""``kamrules eval``: decide JSON lines with one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.cli.options import Command, common, say_json, system_language

if TYPE_CHECKING:
    from kamrules.words.text import Lang


@click.command("eval", cls=Command)
@click.argument("rules", type=click.Path(path_type=Path))
@click.option("--table", required=True, help="规则表的名称。Name of the table.")
@click.option(
    "--cases",
    required=True,
    type=click.Path(path_type=Path),
    help="每行一个 JSON 对象。One JSON object a line.",
)
@common
def eval_command(
    rules: Path,
    table: str,
    cases: Path,
    lang: Lang | None,
    format_: str,
    files: tuple[Path, ...],
    without: tuple[str, ...],
) -> None:
    """用一张规则表判定 JSON 行。Decide JSON lines with one table of a rule workbook."""
    from kamrules.hooks import plugins
    from kamrules.run import evaluate

    manager = plugins.load(files, without)
    for answer in evaluate.evaluate(rules, table, cases, manager, lang or system_language()):
        say_json(answer)
