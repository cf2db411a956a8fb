"""Workbooks as the parts of their packages, compared part by part."""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zipfile

import pytest

from tests.conftest import ROOT

FOLDER = ROOT.parent / "shared" / "fidelity"
BOOKS = sorted(FOLDER.glob("*.xls[xm]")) if FOLDER.is_dir() else []
REFUSED = {
    "0d45c53ede34.xlsx": "digitally signed",
}
ANNOTATED = [path for path in BOOKS if path.name not in REFUSED]
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
