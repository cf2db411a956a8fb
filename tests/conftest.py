"""Workbooks for tests, written as text tables in the test that reads them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from kamrules_plugins.accounts import demo

from kamrules.hooks import plugins
from kamrules.run import pipeline
from kamrules.run.result import Result
from kamrules.testing.books import write_book

# What the kit asserts is told like what a test asserts.
pytest.register_assert_rewrite("tests.kit")
# No test is timed: a busy machine fails none.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Spark, which takes longest and starts once a process, begin: others go on beside it."""
    items.sort(key=lambda item: item.path.name != "test_spark.py")


def by_id(result: Any, *columns: str) -> dict[str, Any]:
    """Return some columns of the customers by id; bare values where there is one column.

    A column is named by its key, or a result of a table by the Chinese part of its name.
    """
    frame = result.data.sheets["customers"].frame
    named = [next(c for c in frame.columns if c == n or c.startswith(f"{n} ")) for n in columns]
    rows = frame.select("customer_id", *named).rows()
    return {id_: said[0] if len(said) == 1 else tuple(said) for id_, *said in rows}


@pytest.fixture
def book() -> Callable[..., Path]:
    """Return the function that writes a workbook from text tables."""
    return write_book


@pytest.fixture(scope="session")
def the_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the demo workbook, for reading: what is written beside it, or into it, is a copy's."""
    return demo.write(tmp_path_factory.mktemp("the_demo"))


@pytest.fixture(scope="session")
def demo_result(the_demo: Path) -> Result:
    """Return what our rules say of the demo workbook."""
    return pipeline.apply(the_demo, pipeline.Run(plugins.load()))


@pytest.fixture
def demo_book(the_demo: Path, tmp_path: Path) -> Path:
    """Return a copy of the demo workbook, in a folder of its own."""
    folder = tmp_path / "demo"
    folder.mkdir()
    return Path(shutil.copy(the_demo, folder))


@pytest.fixture
def shared() -> Path:
    """Return the folder of test data beside the project."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the test data in {folder}, which is not part of the project")
    return folder
