"""``kamrules diff``: which rules changed, who moves, and what that means in money."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.cli.options import Command, as_of, common, say_json, system_language
from kamrules.words.text import Text

if TYPE_CHECKING:
    import datetime as dt

    import pluggy

    from kamrules.ask.diff.impact import Impact, Verdicts
    from kamrules.words.text import Lang

# fmt: off
DIFF_PACKAGED = Text("自带规则", "packaged rules")
# fmt: on


@click.command("diff", cls=Command)
@click.argument("book", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path), required=False)
@click.option(
    "-r",
    "--rules",
    multiple=True,
    type=click.Path(path_type=Path),
    help="新规则工作簿。New rule workbook.",
)
@click.option(
    "--against",
    multiple=True,
    type=click.Path(path_type=Path),
    help="旧规则工作簿; 默认自带规则。Old rule workbook; the packaged rules by default.",
)
@as_of
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="把比较写成工作簿。Write the comparison as a workbook.",
)
@click.option("--all", "everything", is_flag=True, help="全部列出。List everything.")
@click.option(
    "--exit-code",
    is_flag=True,
    help="有变级时退出码为 1。Exit code 1 where a grade changes.",
)
@common
def diff_command(
    book: Path,
    other: Path | None,
    rules: tuple[Path, ...],
    against: tuple[Path, ...],
    as_of: dt.datetime | None,
    output: Path | None,
    everything: bool,
    exit_code: bool,
    lang: Lang | None,
    format_: str,
    files: tuple[Path, ...],
    without: tuple[str, ...],
) -> None:
    """比较两套规则, 或两个结果, 看谁会变级。Compare two sets of rules, or two results.

    kamrules diff BOOK --rules NEW --against OLD

    kamrules diff A.kam.xlsx B.kam.xlsx
    """
    if (other is None) == (not rules and not against):
        raise click.UsageError("BOOK --rules NEW [--against OLD], or A.kam.xlsx B.kam.xlsx")
    from kamrules.ask.diff import text as impact_text
    from kamrules.hooks import plugins

    manager = plugins.load(files, without)
    if other is None:
        day = as_of.date() if as_of else None
        impact, language = _rules(book, rules, against, day, manager, lang)
    else:
        impact, language = _results(book, other, manager), lang or system_language()
    if output is not None:
        from kamrules.ask.diff import workbook as impact_book

        impact_book.write(impact, output, language)
    if format_ == "json":
        said = impact_text.as_json(impact, language)
        say_json(said | {"written": [str(output)] if output else []})
    else:
        click.echo(impact_text.as_text(impact, language, everything=everything))
        if output is not None:
            click.echo(f"\n{output}")
    sys.exit(1 if exit_code and impact.moves else 0)


def _rules(
    book: Path,
    rules: tuple[Path, ...],
    against: tuple[Path, ...],
    day: dt.date | None,
    manager: pluggy.PluginManager,
    lang: Lang | None,
) -> tuple[Impact, Lang]:
    from kamrules.annotate import write
    from kamrules.ask.diff import impact
    from kamrules.run import pipeline

    new, old = (
        pipeline.workings(book, pipeline.Run(manager, paths, day)) for paths in (rules, against)
    )
    language = lang or write.language(new.result)
    packaged = DIFF_PACKAGED.of(language)
    one, two = (
        impact.of_workings(
            side, ", ".join(p.name for p in paths) or packaged, _verdicts(paths, manager)
        )
        for side, paths in ((old, against), (new, rules))
    )
    return impact.compare(one, two), language


def _verdicts(rules: tuple[Path, ...], manager: pluggy.PluginManager) -> Verdicts:
    """Return what became of the test cases in some rule workbooks."""
    from kamrules.ask.diff.impact import Verdict
    from kamrules.check import trials
    from kamrules.words.text import Text

    found: dict[tuple[str, str], Verdict] = {}
    for path in rules:
        for trial in trials.run(path, manager).trials:
            what = [p.what for p in trial.problems]
            said = Text("; ".join(w.zh for w in what), "; ".join(w.en for w in what))
            key = (trial.table, trial.case.name)
            found[key] = Verdict(trial.passed, said, trial.case.where)
    return found


def _results(old: Path, new: Path, manager: pluggy.PluginManager) -> Impact:
    from kamrules.ask.diff import impact, result_file

    one, two = (result_file.of_result(path, manager) for path in (old, new))
    return impact.compare(one, two)
