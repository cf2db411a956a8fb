"""``kamrules doctor``: what is installed and whether it works."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.cli.options import Command, common, say, system_language

if TYPE_CHECKING:
    from kamrules.words.text import Lang


@click.command("doctor", cls=Command)
@common
def doctor_command(
    lang: Lang | None, format_: str, files: tuple[Path, ...], without: tuple[str, ...]
) -> None:
    """检查安装是否完好。Say what is installed and whether it works."""
    from kamrules.cli import installed

    found = installed.examine(files, without)
    say(found.as_dict(), found.as_text(lang or system_language()), format_)
    sys.exit(0 if found.healthy else 4)
