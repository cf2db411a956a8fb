"""``kamrules plugin new`` writes a plugin that passes its own tests at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kamrules.cli.main import cli
from kamrules.messages.problem import UsageError
from kamrules.testing import scaffold


def new(name: str) -> object:
    return CliRunner().invoke(cli, ["plugin", "new", name]).exception


def test_a_new_plugin_passes_its_own_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert new("demo_x") is None
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += (
        []
        if "kamrules.testing.pytest_plugin" in sys.modules
        else ["-p", "kamrules.testing.pytest_plugin"]
    )
    done = subprocess.run(
        command, cwd="demo_x", env={**os.environ, "PYTHONPATH": "."}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip

    assert "2 passed" in done.stdout, done.stdout


def test_a_plugin_of_a_sheet_a_fact_and_a_table_takes_few_lines() -> None:
    text = scaffold.files("x")["kamrules_x/__init__.py"]
    code = text.partition("import dt\n")[2] or text

    assert len([line for line in code.splitlines() if line.strip()]) <= 17


@pytest.mark.parametrize("name", ["我的", "a b", "Two", "import", "1st"])
def test_a_name_that_no_module_can_have_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)

    error = new(name)

    assert isinstance(error, UsageError)
    assert [p.code for p in error.problems] == ["E012"]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo_x").mkdir()

    error = new("demo_x")

    assert isinstance(error, UsageError)
    assert [p.code for p in error.problems] == ["E013"]
