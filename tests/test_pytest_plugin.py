"""pytest runs every row of a 测试 Tests sheet as a test of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.books import RULES

CASES = """
    用例 | 表   | 占比 | 潜力 | 期望 等级
    大   | 分级 | 5%   |      | 黄金
    错   | 分级 | 1%   | 60   | 黄金
"""


def pytest_says(folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    installed = "kamrules.testing.pytest_plugin" in sys.modules
    command += [] if installed else ["-p", "kamrules.testing.pytest_plugin"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return done.returncode, done.stdout.decode("utf-8")


@pytest.fixture
def folder(tmp_path: Path, book: Callable[..., Path]) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    book(tmp_path / "test_rules.xlsx", **{"规则": RULES, "测试 分级": CASES})
    book(tmp_path / "other.xlsx", **{"规则": RULES, "测试": CASES})
    return tmp_path


def test_each_case_is_a_test_and_a_failure_reads_like_a_sentence(folder: Path) -> None:
    code, output = pytest_says(folder)

    assert code == 1
    assert "1 failed, 1 passed" in output
    assert "测试 分级!E3  等级 期望 '黄金', 得到 '白银' (规则 R2)" in output
    assert "测试 分级!A3 错" in output
    assert "Traceback" not in output


def test_a_workbook_named_on_the_command_line_or_in_the_settings_is_run(folder: Path) -> None:
    assert "1 failed, 1 passed" in pytest_says(folder, "other.xlsx")[1]
    (folder / "pytest.ini").write_text("[pytest]\nkamrules_rules = oth*.xlsx\n", "utf-8")
    assert "1 failed, 1 passed" in pytest_says(folder)[1]


def test_the_plugin_costs_nothing_where_it_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import sys\n\ndef test_a():\n    assert 'polars' not in sys.modules\n", "utf-8"
    )
    code, output = pytest_says(tmp_path)

    assert code == 0, output
