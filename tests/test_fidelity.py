"""Real workbooks keep every part and every cell: the files of shared/fidelity, annotated."""

from __future__ import annotations

import shutil
import subprocess
import warnings
import xml.etree.ElementTree as ET
import zipfile
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
from tests.conftest import ROOT
from tests.test_summary import UNREADABLE as A_PROBLEM
from tests.test_summary import a_result

FOLDER = ROOT.parent / "shared" / "fidelity"
BOOKS = sorted(FOLDER.glob("*.xls[xm]")) if FOLDER.is_dir() else []
REFUSED = {
    "0d45c53ede34.xlsx": "digitally signed",
}
ANNOTATED = [path for path in BOOKS if path.name not in REFUSED]
# What readers raise on books that they could not read before either.
UNREADABLE = (IndexError, KeyError, TypeError, ValueError, AttributeError, CalamineError)
needs_books = pytest.mark.skipif(not BOOKS, reason=f"needs the test data in {FOLDER}")


def parts(content) -> dict[str, bytes]:
    with zipfile.ZipFile(content) as package:
        entries = (entry for entry in package.infolist() if not entry.is_dir())
        return {e.filename.replace("\\", "/"): package.read(e) for e in entries}


def local(tag: str) -> str:
    return tag.rpartition("}")[2]


def canonical(element: ET.Element) -> str:
    return ET.canonicalize(ET.tostring(element), strip_text=False)


def cells(root: ET.Element) -> dict[tuple[int, int], str]:
    """Return every cell by its place, in a form that compares attributes, formula and value."""
    found = {}
    row_number = 0
    for row in next(e for e in root if local(e.tag) == "sheetData"):
        row_number = int(row.get("r", row_number + 1))
        column = 0
        for cell in row:
            ref = cell.attrib.pop("r", "")
            column = column_number(ref) if ref else column + 1
            found[row_number, column] = canonical(cell)
    return found


def column_number(ref: str) -> int:
    number = 0
    for letter in ref.rstrip("0123456789"):
        number = number * 26 + ord(letter) - 64
    return number


def row_settings(root: ET.Element) -> dict[str, dict[str, str]]:
    data = next(e for e in root if local(e.tag) == "sheetData")
    return {row.get("r", ""): {k: v for k, v in row.items() if k != "spans"} for row in data}


def widths(root: ET.Element) -> dict[int, dict[str, str]]:
    """Return the settings of each column that some setting names."""
    found = {}
    for element in (e for cols in root if local(cols.tag) == "cols" for e in cols):
        settings = {k: v for k, v in element.items() if k not in ("min", "max")}
        for column in range(int(element.get("min")), int(element.get("max")) + 1):
            found[column] = settings
    return found


def check_sheet(before: bytes, after: bytes, added: int) -> None:
    """Assert that a sheet differs only by one column, its width, and the drawing of its note."""
    old, new = ET.fromstring(before), ET.fromstring(after)
    old_cells, new_cells = cells(old), cells(new)
    assert {place: new_cells[place] for place in old_cells} == old_cells
    assert {column for _, column in new_cells.keys() - old_cells.keys()} == {added}
    settings = row_settings(new)
    assert {row: settings[row] for row in row_settings(old)} == row_settings(old)
    columns = widths(new)
    assert {c: w for c, w in columns.items() if c != added} == {
        c: w for c, w in widths(old).items() if c != added
    }
    skipped = {"sheetData", "dimension", "cols"}
    kept = [canonical(e) for e in old if local(e.tag) not in skipped]
    rest = [e for e in new if local(e.tag) not in skipped]
    if len(rest) > len(kept):
        rest.remove(next(e for e in rest if local(e.tag) == "legacyDrawing"))
    assert [canonical(e) for e in rest] == kept


def check_list(before: bytes, after: bytes) -> None:
    """Assert that every element of a list is still there, and only more of them."""
    old, new = ET.fromstring(before), ET.fromstring(after)
    left = [canonical(e) for e in new]
    for element in old:
        left.remove(canonical(element))


def check_styles(before: bytes, after: bytes) -> None:
    """Assert that every style has the number it had."""
    old, new = ET.fromstring(before), ET.fromstring(after)
    sections = {local(e.tag): e for e in new}
    for section in old:
        now = sections[local(section.tag)]
        its = [canonical(e) for e in section]
        assert [canonical(e) for e in now][: len(its)] == its
        assert {k: v for k, v in section.items() if k != "count"}.items() <= now.attrib.items()


def check_workbook(before: bytes, after: bytes) -> None:
    """Assert that a workbook part differs only by one sheet more."""
    old, new = ET.fromstring(before), ET.fromstring(after)
    for one, other in zip(old, new, strict=True):
        if local(one.tag) == "sheets":
            assert [canonical(e) for e in other][:-1] == [canonical(e) for e in one]
        else:
            assert canonical(one) == canonical(other)


def check_comments(before: bytes, after: bytes) -> None:
    """Assert that a comments part keeps its authors and notes."""
    for one, other in zip(ET.fromstring(before), ET.fromstring(after), strict=True):
        its = [canonical(e) for e in one]
        assert [canonical(e) for e in other][: len(its)] == its


def check_drawing(before: bytes, after: bytes) -> None:
    """Assert that a VML drawing differs only by a shape before its end, and block numbers."""
    cut = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    rest = before[cut:]
    assert after.endswith(rest) or b"idmap" in before[max(0, cut - 200) : cut]


def check_part(name: str, before: bytes, after: bytes, added: int) -> None:
    if name == "[Content_Types].xml" or name.endswith(".rels"):
        check_list(before, after)
    elif b"styleSheet" in before[:3000]:
        check_styles(before, after)
    elif name.endswith(".vml"):
        check_drawing(before, after)
    elif b"<comments" in before[:2000] or b":comments" in before[:2000]:
        check_comments(before, after)
    elif b"TitlesOfParts" in before:
        return
    elif b"sheetData" in before:
        check_sheet(before, after, added)
    else:
        check_workbook(before, after)


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
