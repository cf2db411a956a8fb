"""``kamrules apply``: decide a workbook, write a copy of it with the results, and a report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kamrules.cli.options import Command, both_languages, fitted, plain, run_options, say_json

if TYPE_CHECKING:
    import datetime as dt


@click.command("apply", cls=Command)
@click.argument("book", type=click.Path(path_type=Path))
@run_options
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="结果工作簿; 默认 <BOOK>.kam.xlsx, BOOK 是结果时就地更新。Result workbook.",
)
@click.option(
    "--report/--no-report", default=True, help="是否写 HTML 报告。Write the HTML report or not."
)
@click.option(
    "--fresh",
    is_flag=True,
    help="结果写进新工作簿, 不复制原表。Results in a new workbook, not a copy of BOOK.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="警告也算问题(退出码 1)。Warnings count as problems (exit code 1).",
)
@click.option(
    "--case-engine",
    type=click.Choice(["auto", "durable", "builtin", "both"]),
    default="auto",
    help="关联规则由谁判定; both 两个都用并比较。What decides case rules; both compares two.",
)
@click.option("-n", "--dry-run", is_flag=True, help="只判定, 不写文件。Decide, write nothing.")
@click.option(
    "--engine",
    type=click.Choice(["local", "spark"]),
    default="local",
    help="BOOK 是 Parquet 文件夹或 .toml 时, 由谁计算。Who decides where BOOK is Parquet tables.",
)
@both_languages
@plain
def apply_command(
    book: Path,
    rules: tuple[Path, ...],
    output: str | None,
    as_of: dt.datetime | None,
    previous: Path | None,
    report: bool,
    fresh: bool,
    strict: bool,
    case_engine: Any,
    dry_run: bool,
    engine: str,
    lang: Any,
    format_: str,
    files: tuple[Path, ...],
    without: tuple[str, ...],
) -> None:
    """判定工作簿, 写出结果副本和报告。Apply the rules to BOOK, write a copy and a report.

    BOOK 也可以是 Parquet 文件夹或 .toml。BOOK may also be a folder of Parquet files or a .toml.
    """
    from kamrules.annotate import write
    from kamrules.hooks import plugins
    from kamrules.run import pipeline

    day = as_of.date() if as_of else None
    run = pipeline.Run(plugins.load(files, without), rules, day, previous, case_engine)
    if engine == "spark" or book.is_dir() or book.suffix == ".toml":
        from kamrules.cli import tables

        if previous or dry_run or fresh:
            raise click.UsageError("--previous, --dry-run, --fresh: BOOK")
        sys.exit(tables.apply(book, run, output, engine, strict, lang, format_, files, without))
    result = pipeline.apply(book, run)
    chosen = write.language(result) if lang in (None, "both") else lang
    targets = write.Targets(
        Path(output) if output else None, report, both=lang == "both", fresh=fresh
    )
    written = [] if dry_run else write.write(result, book, targets, chosen, run.manager)
    if format_ == "json":
        say_json(write.as_json(result, chosen, written))
    else:
        click.echo(fitted(write.as_text(result, book, chosen, written)))
    bad = {"error", "warning"} if strict else {"error"}
    sys.exit(1 if any(p.severity in bad for p in result.problems) else 0)
