"""``kamrules test``: run the cases that rule workbooks hold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.options import Command, common, say, system_language

# Everything else is imported inside the command, so that --help is quick.
if TYPE_CHECKING:
    from kamrules.model import Lang


@click.command("test", cls=Command)
@click.argument("rules", nargs=-1, required=True, type=click.Path(path_type=Path))
@common
def test_command(
    rules: tuple[Path, ...],
    lang: Lang | None,
    format_: str,
    files: tuple[Path, ...],
    without: tuple[str, ...],
) -> None:
    """运行规则工作簿里的测试用例。Run the test cases of rule workbooks."""
    from kamrules import plugins
    from kamrules.check import trials

    found = [trials.run(path, plugins.load(files, without)) for path in rules]
    language = lang or system_language()
    text = "\n\n".join(trials.as_text(tested, language) for tested in found)
    say({"books": [trials.as_json(tested, language) for tested in found]}, text, format_)
    sys.exit(max(tested.exit_code for tested in found))
