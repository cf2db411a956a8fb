"""A command run in this process, as a person or a program runs it."""

from __future__ import annotations

from typing import Any

from click.testing import CliRunner, Result

from kamrules.cli import main as program


def run(*arguments: Any) -> Result:
    """Run a command as ``kamrules`` does, exit code and all."""
    runner = CliRunner()
    with runner.isolation() as (out, err, _):
        try:
            program.run([str(a) for a in arguments])
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        return Result(runner, out.getvalue(), err.getvalue(), b"", None, code, None)
