"""``kamrules calibrate``: what other cuts of a scheme of grades would lead to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.cli.options import Command, common, run_options, say_json

if TYPE_CHECKING:
    import datetime as dt

    from kamrules.words.text import Lang


@click.command("calibrate", cls=Command)
@click.argument("book", type=click.Path(path_type=Path))
@run_options
@common
def calibrate_command(
    book: Path,
    rules: tuple[Path, ...],
    as_of: dt.datetime | None,
    previous: Path | None,
    lang: Lang | None,
    format_: str,
    files: tuple[Path, ...],
    without: tuple[str, ...],
) -> None:
    """试不同的门槛各有多少行, 占多少。Try other cuts of every scheme of grades."""
    from kamrules.annotate import write
    from kamrules.ask.calibrate import calibration
    from kamrules.ask.calibrate import text as calibration_text
    from kamrules.hooks import plugins
    from kamrules.page import offers
    from kamrules.run import pipeline

    run = pipeline.Run(
        plugins.load(files, without), rules, as_of.date() if as_of else None, previous
    )
    workings = pipeline.workings(book, run)
    found = calibration.calibrate(workings)
    language = lang or write.language(workings.result)
    shown = calibration_text.as_json if format_ == "json" else calibration_text.as_text
    beside = offers.quoted(workings.result, language, run.manager)
    said = shown(found, workings.result, language, beside)
    if isinstance(said, str):
        click.echo(said)
    else:
        say_json(said)
