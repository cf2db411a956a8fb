"""The command line: parse, call one function, print what it returns."""

from __future__ import annotations

import gc
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import kamrules
from kamrules.cli.calibrate import calibrate_command
from kamrules.cli.check import check_command
from kamrules.cli.diff import diff_command
from kamrules.cli.explain import explain_command
from kamrules.cli.options import (
    Command,
    both_languages,
    common,
    fitted,
    plain,
    run_options,
    say,
    say_json,
    system_language,
)
from kamrules.cli.plugin import plugin_new_command
from kamrules.cli.sql import sql_command
from kamrules.cli.test import test_command

# Everything else is imported inside the commands, so that --help is quick.
if TYPE_CHECKING:
    import datetime as dt

    from kamrules.words.text import Lang

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Group(Command, click.Group):
    """A book dragged onto the program, with no command, means ``apply``."""

    command_class = Command
    group_class = type

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command to run; ``apply`` where the first word is a workbook."""
        if args and args[0].lower().endswith((".xlsx", ".xlsm")) and "apply" in self.commands:
            args.insert(0, "apply")
        return super().resolve_command(ctx, args)


@click.group(cls=_Group, context_settings=SETTINGS)
@click.version_option(kamrules.__version__, prog_name="kamrules")
def cli() -> None:
    """把写在 Excel 里的规则用到工作簿上。Apply rules kept in Excel to a workbook."""


@cli.command("apply")
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


cli.add_command(explain_command)
cli.add_command(diff_command)
cli.add_command(calibrate_command)


@cli.command("eval")
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


@cli.command("init")
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


@cli.command("plugins")
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


@cli.command("doctor")
@common
def doctor_command(
    lang: Lang | None, format_: str, files: tuple[Path, ...], without: tuple[str, ...]
) -> None:
    """检查安装是否完好。Say what is installed and whether it works."""
    from kamrules.cli import doctor

    found = doctor.examine(files, without)
    say(found.as_dict(), found.as_text(lang or system_language()), format_)
    sys.exit(0 if found.healthy else 4)


@cli.group("plugin")
def plugin_group() -> None:
    """写一个新插件。Write a new plugin."""


plugin_group.add_command(plugin_new_command)


@cli.group("rules")
def rules_group() -> None:
    """看或取出自带的规则工作簿。See or export the rule workbooks that come with the plugins."""


@rules_group.command("list")
@common
def rules_list_command(
    lang: Lang | None, format_: str, files: tuple[Path, ...], without: tuple[str, ...]
) -> None:
    """列出规则表。List the decision tables."""
    from kamrules.hooks import plugins
    from kamrules.messages.shown import as_dict, shown
    from kamrules.rules import catalogue
    from kamrules.words.terminal import table

    found, problems = catalogue.tables(plugins.load(files, without))
    language = lang or system_language()
    rows = [
        {
            "table": t.name,
            "policy": t.policy.letter,
            "rules": len(t.rules),
            "for_each": t.for_each,
            "where": str(t.where),
            "inputs": [i.label for i in t.inputs],
            "outputs": [o.label for o in t.outputs],
        }
        for t in found
    ]
    lines = table(
        [[t.policy.letter, str(len(t.rules)), t.name, str(t.where)] for t in found], right=[1]
    )
    said = {"tables": rows, "problems": [as_dict(p, language) for p in problems]}
    say(said, "\n".join(lines + [shown(p, language) for p in problems]), format_)
    sys.exit(2 if any(p.severity == "error" for p in problems) else 0)


@rules_group.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default="rules")
@common
def rules_export_command(
    folder: Path, lang: Lang | None, format_: str, files: tuple[Path, ...], without: tuple[str, ...]
) -> None:
    """把自带的规则工作簿写到文件夹, 供修改。Write the rule workbooks to a folder, to be edited."""
    from kamrules.hooks import plugins
    from kamrules.rules import catalogue

    written = catalogue.export(plugins.load(files, without), folder)
    say({"written": [str(p) for p in written]}, "\n".join(str(p) for p in written), format_)


cli.add_command(check_command)
cli.add_command(test_command)
cli.add_command(sql_command)


def main() -> None:
    """Run the command line as a program of its own."""
    # A run makes many small objects that live to its end; looking through them finds nothing.
    gc.set_threshold(100_000)
    # A pipe on a Chinese system takes GBK only, and names may hold other letters.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        run(sys.argv[1:])
    finally:
        gc.freeze()


def run(arguments: Sequence[str]) -> None:
    """Run a command; every failure becomes a sentence and an exit code."""
    try:
        cli.main(list(arguments), prog_name="kamrules")
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # a panic of Polars is no Exception
        from kamrules.cli.failure import exit_code

        sys.exit(exit_code(error, arguments))
