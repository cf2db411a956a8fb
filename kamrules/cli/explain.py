"""``kamrules explain``: why a subject has its results, or what a code of a message means."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.cli.options import Command, common, run_options, say, say_json, system_language

if TYPE_CHECKING:
    import datetime as dt

    from kamrules.words.text import Lang

_CODE = re.compile(r"[A-Z]+-?\d+", re.IGNORECASE)


@click.command("explain", cls=Command)
@click.argument("book", metavar="BOOK|CODE")
@click.argument("subject", required=False)
@click.option(
    "--table",
    "only",
    multiple=True,
    metavar="NAME",
    help="只看这张规则表。Show this decision table only.",
)
@click.option("--all", "everything", is_flag=True, help="全部规则表。All tables in full.")
@run_options
@common
def explain_command(
    book: str,
    subject: str | None,
    only: tuple[str, ...],
    everything: bool,
    rules: tuple[Path, ...],
    as_of: dt.datetime | None,
    previous: Path | None,
    lang: Lang | None,
    format_: str,
    files: tuple[Path, ...],
    without: tuple[str, ...],
) -> None:
    """说明一行的结果是怎么来的, 或一个代码的意思。Explain the results of a row, or a code."""
    if subject is None:
        if not _CODE.fullmatch(book):
            raise click.UsageError("kamrules explain BOOK SUBJECT / kamrules explain E305")
        _code(book.upper(), lang or system_language(), format_, files, without)
        return
    from kamrules.annotate import write
    from kamrules.ask.explain import nearest, trace
    from kamrules.ask.explain import text as explanation
    from kamrules.hooks import plugins
    from kamrules.run import pipeline

    run = pipeline.Run(
        plugins.load(files, without), rules, as_of.date() if as_of else None, previous
    )
    workings = pipeline.workings(Path(book), run)
    language = lang or write.language(workings.result)
    traced = trace.trace(workings, subject)
    if only:
        traced = trace.only(traced, only)
    elif everything or format_ == "json":
        traced = trace.everything(traced)
    better = nearest.nearest(workings, traced.subject)
    if format_ == "json":
        say_json(explanation.as_json(workings, traced, better, language))
    else:
        click.echo(explanation.as_text(workings, traced, better, language))


def _code(
    code: str, lang: Lang, format_: str, files: tuple[Path, ...], without: tuple[str, ...]
) -> None:
    """Say what a code means."""
    from kamrules.hooks import plugins
    from kamrules.messages.explain import explain

    found = explain(code, plugins.load(files, without).get_plugins())
    say(found.as_dict(lang), found.as_text(lang), format_)
