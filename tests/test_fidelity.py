"""Real workbooks keep every part and every cell: the files of shared/fidelity, annotated."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineError, CalamineWorkbook

from kamrules.annotate.__main__ import annotate, main
from kamrules.annotate.annotate import annotate as write
from kamrules.messages.problem import Cell, UsageError
from kamrules.xlsx.workbook import opened
from tests.kit.packages import (
    ANNOTATED,
    BOOKS,
    FOLDER,
    REFUSED,
    check_part,
    column_number,
    needs_books,
    parts,
)
from tests.kit.results import UNREADABLE as A_PROBLEM
from tests.kit.results import a_result

# What readers raise on books that they could not read before either.
UNREADABLE = (IndexError, KeyError, TypeError, ValueError, AttributeError, CalamineError)


@needs_books
@pytest.mark.parametrize("path", ANNOTATED, ids=lambda path: path.name)
def test_a_real_workbook_keeps_all_that_it_had(path: Path, tmp_path: Path):
    target = tmp_path / path.name
    content, lines = annotate(path)
    target.write_bytes(content)
    added = column_number(lines[0].rpartition(" on ")[2])

    before, after = parts(path), parts(target)
    changed = [name for name in before if after.get(name.lstrip("/")) != before[name]]

    assert len(changed) <= 9
    for name in changed:
        check_part(name, before[name], after[name.lstrip("/")], added)
    for titles in (by_calamine, by_openpyxl):
        check_opens(titles, path, target)


def by_calamine(path: Path) -> list[str]:
    return CalamineWorkbook.from_path(path).sheet_names


def by_openpyxl(path: Path) -> list[str]:
    with warnings.catch_warnings(action="ignore"), path.open("rb") as file:
        return load_workbook(file).sheetnames


def check_opens(titles: Callable[[Path], list[str]], source: Path, target: Path) -> None:
    """Assert that a reader opens the result where it opens the source."""
    try:
        before = titles(source)
    except UNREADABLE:
        return
    assert titles(target)[:-1] == before


@needs_books
@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
def test_a_real_workbook_that_cannot_be_changed_is_refused_with_the_reason(name: str, reason: str):
    with pytest.raises(UsageError) as caught:
        annotate(FOLDER / name)

    assert reason in caught.value.problems[0].why.en


@pytest.mark.large
@needs_books
@pytest.mark.parametrize("path", ANNOTATED[::6], ids=lambda path: path.name)
def test_results_on_a_real_sheet_are_the_same_when_applied_again(path: Path, tmp_path: Path):
    with opened(path, path.name) as book:
        title = max(book.worksheet_titles, key=lambda title: len(book.worksheet(title).numbers))
        last = book.worksheet(title).last_column
    result = a_result(problems=[replace(A_PROBLEM, where=Cell("book.xlsx", title, "A3:C4"))])
    sheet = replace(result.data.sheets["customers"], title=title, last_column=last)
    result = replace(result, data=replace(result.data, sheets={"customers": sheet}))

    steps = [tmp_path / f"{name}.xlsx" for name in ("once", "twice", "en", "back")]
    write(path, steps[0], result, "zh")
    write(steps[0], steps[1], result, "zh")
    write(steps[1], steps[2], replace(result, problems=()), "en")
    write(steps[2], steps[3], result, "zh")

    assert steps[1].read_bytes() == steps[0].read_bytes()
    assert steps[3].read_bytes() == steps[0].read_bytes()


@needs_books
@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
@pytest.mark.parametrize("name", ["27810586d109.xlsx", "d51159ad4cc3.xlsx", "c04129afe4fb.xlsx"])
def test_libreoffice_opens_the_result(name: str, tmp_path: Path):
    content, _ = annotate(FOLDER / name)
    (tmp_path / name).write_bytes(content)

    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
               "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / name)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=180)

    assert (tmp_path / name).with_suffix(".pdf").stat().st_size > 1_000


@needs_books
def test_the_command_says_what_it_changed_and_what_it_refuses(tmp_path: Path, capsys):
    assert main([str(BOOKS[0]), str(tmp_path / "out.xlsx")]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "SheetJS: 6 cells in column F, a note on F1",
        "kamrules: a sheet with a chart",
    ]

    assert main([str(FOLDER / "0d45c53ede34.xlsx"), str(tmp_path / "no.xlsx")]) == 2
    assert "digitally signed" in capsys.readouterr().out
    assert not (tmp_path / "no.xlsx").exists()
