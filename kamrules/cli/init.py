"""``kamrules init``: write an example workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.cli.options import Command, common, say, system_language

if TYPE_CHECKING:
    from kamrules.words.text import Lang


@click.command("init", cls=Command)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default="demo")
@common
def init_command(
    folder: Path, lang: Lang | None, format_: str, files: tuple[Path, ...], without: tuple[str, ...]
) -> None:
    """写一份示例工作簿(中英对照)。Write a small bilingual example workbook."""
    from kamrules.hooks import plugins
    from kamrules.words.text import Text

    language = lang or system_language()
    book = plugins.example(plugins.load(files, without))(folder)
    said = {"written": [str(book)]}
    after = Text(
        f"已写出 {book}\n下一步: kamrules apply {book}",
        f"wrote {book}\nnext: kamrules apply {book}",
    )
    say(said, after.of(language), format_)
