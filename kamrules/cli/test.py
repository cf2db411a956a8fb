"""``kamrules test``: run the cases that rule workbooks hold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.cli.options import Command, common, say, system_language

# Everything else is imported inside the command, so that --help is quick.
if TYPE_CHECKING:
    from kamrules.words.text import Lang


@click.command("test", cls=Command)
@click.argument("rules", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--write",
    is_flag=True,
    help="把得到的结果写在用例旁边。Write what was got beside the cases.",
)
@click.option(
    "--generate",
    is_flag=True,
    help="为每个分界点补写用例。Add cases for every cut of the conditions.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="写到这个文件; 默认写回原工作簿。Write here; by default into the workbook itself.",
)
@click.option(
    "--book",
    type=click.Path(path_type=Path),
    help="数据工作簿: 每条规则有多少用例和数据。Workbook of data: cases and data by rule.",
)
@common
def test_command(
    rules: tuple[Path, ...],
    write: bool,
    generate: bool,
    output: Path | None,
    book: Path | None,
    lang: Lang | None,
    format_: str,
    files: tuple[Path, ...],
    without: tuple[str, ...],
) -> None:
    """运行规则工作簿里的测试用例。Run the test cases of rule workbooks."""
    from kamrules.check import trials
    from kamrules.hooks import plugins

    if output and len(rules) > 1:
        raise click.UsageError("-o: one workbook only")
    manager, language = plugins.load(files, without), lang or system_language()
    found = []
    for path in rules:
        tested = trials.run(path, manager)
        target = path
        if generate:
            target = trials.generate(tested, path, output or path, language)
            tested = trials.run(target, manager)
        if book:
            tested = trials.with_hits(tested, path, book, manager)
        if write:
            trials.write(tested, target, output or path, language)
        found.append(tested)
    text = "\n\n".join(trials.as_text(tested, language) for tested in found)
    say({"books": [trials.as_json(tested, language) for tested in found]}, text, format_)
    sys.exit(max(tested.exit_code for tested in found))
