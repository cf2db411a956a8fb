"""``kamrules plugins``: what is there, where from, and what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.cli.options import Command, common, say, system_language

if TYPE_CHECKING:
    from kamrules.words.text import Lang


@click.command("plugins", cls=Command)
@common
def plugins_command(
    lang: Lang | None, format_: str, files: tuple[Path, ...], without: tuple[str, ...]
) -> None:
    """列出插件。List the plugins."""
    from kamrules.hooks import plugins
    from kamrules.words.terminal import table

    found = plugins.describe(files, without)
    language = lang or system_language()
    rows = [
        {
            "name": i.name,
            "origin": i.origin,
            "module": i.module,
            "hooks": list(i.hooks),
            "requires": list(i.requires),
            "error": i.error.of(language),
        }
        for i in found
    ]
    lines = table([[i.name, i.origin, i.module, i.shown(language)] for i in found])
    say({"plugins": rows}, "\n".join(lines), format_)
