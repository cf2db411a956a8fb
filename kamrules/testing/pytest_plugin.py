"""pytest: every row of a 测试 Tests sheet as a test of its own, named by its cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from kamrules.check.cases import Trial

_OPTION = "kamrules_rules"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting that says which workbooks hold cases."""
    parser.addini(
        _OPTION,
        "rule workbooks whose 测试 Tests sheets are run, as patterns of file names",
        type="args",
        default=["test_*.xlsx"],
    )


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.File | None:
    """Return the cases of a workbook that the setting or the command line names."""
    if file_path.suffix.lower() not in (".xlsx", ".xlsm") or file_path.name.startswith("~$"):
        return None
    named = any(fnmatch(file_path.name, pattern) for pattern in parent.config.getini(_OPTION))
    if named or parent.session.isinitpath(file_path):
        return RuleBookFile.from_parent(parent, path=file_path)
    return None


@pytest.fixture
def kamrules_book(tmp_path: Path) -> Callable[..., Path]:
    """Return the function that writes a workbook from text tables, a sheet for each."""
    from kamrules.testing.books import write_book

    return lambda **sheets: write_book(tmp_path / "book.xlsx", **sheets)


class RuleBookFile(pytest.File):
    """A rule workbook."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each case; the cases of a workbook are run together."""
        from kamrules.check import trials
        from kamrules.hooks import plugins

        found = trials.run(self.path, plugins.load())
        broken = [p for p in found.problems if p.severity == "error"]
        if broken:
            from kamrules.messages.shown import shown

            raise self.CollectError("\n\n".join(shown(p, "zh") for p in broken))
        for trial in found.trials:
            where = trial.case.where
            name = f"{where.sheet}!{where.ref} {trial.case.name}".strip()
            yield CaseItem.from_parent(self, name=name, trial=trial)


class CaseItem(pytest.Item):
    """A case of a rule workbook."""

    def __init__(self, *, trial: Trial, **more: Any) -> None:
        super().__init__(**more)
        self.trial = trial

    def runtest(self) -> None:
        """Fail where the table gave something else."""
        if not self.trial.passed:
            raise CaseError(self.trial)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return a line for each thing that is wrong, as ``kamrules test`` shows it."""
        if isinstance(excinfo.value, CaseError):
            from kamrules.check.trials import failure

            lines = failure(self.trial, "zh")
            return "\n".join(f"测试 {line}" if not _is_named(line) else line for line in lines)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the workbook, the row and the name of the case."""
        return self.path, self.trial.case.row - 1, self.name


class CaseError(Exception):
    """A case of a rule workbook fails."""


def _is_named(line: str) -> bool:
    """Return whether a line says already that it is about a test."""
    return line.startswith(("测试", "Test", "test"))
