"""The command line: parse, call one function, print what it returns."""

from __future__ import annotations

import gc
import io
import sys
from collections.abc import Sequence
from typing import Any

import click

import kamrules
from kamrules.cli.apply import apply_command
from kamrules.cli.calibrate import calibrate_command
from kamrules.cli.check import check_command
from kamrules.cli.diff import diff_command
from kamrules.cli.doctor import doctor_command
from kamrules.cli.eval import eval_command
from kamrules.cli.explain import explain_command
from kamrules.cli.init import init_command
from kamrules.cli.options import Group
from kamrules.cli.plugin import plugin_group
from kamrules.cli.plugins import plugins_command
from kamrules.cli.rules import rules_group
from kamrules.cli.sql import sql_command
from kamrules.cli.test import test_command

# Everything else is imported inside the commands, so that --help is quick.

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Program(Group):
    """A book dragged onto the program, with no command, means ``apply``."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command to run; ``apply`` where the first word is a workbook."""
        if args and args[0].lower().endswith((".xlsx", ".xlsm")) and "apply" in self.commands:
            args.insert(0, "apply")
        return super().resolve_command(ctx, args)


@click.group(cls=_Program, context_settings=SETTINGS)
@click.version_option(kamrules.__version__, prog_name="kamrules")
def cli() -> None:
    """把写在 Excel 里的规则用到工作簿上。Apply rules kept in Excel to a workbook."""


for _command in (
    apply_command, calibrate_command, check_command, diff_command, doctor_command, eval_command,
    explain_command, init_command, plugin_group, plugins_command, rules_group, sql_command,
    test_command,
):  # fmt: skip
    cli.add_command(_command)


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
