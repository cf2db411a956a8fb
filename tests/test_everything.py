"""A workbook with everything in it loses nothing, and opens without repair."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from kamrules.annotate.__main__ import annotate as annotate_any
from kamrules.annotate.annotate import annotate
from kamrules.annotate.write import Targets, write
from kamrules.hooks import plugins
from kamrules.run.result import Result
from kamrules.xlsx.workbook import opened
from tests.kit import features
from tests.kit.command import run
from tests.kit.packages import (
    ANNOTATED,
    canonical,
    cells,
    check_comments,
    check_drawing,
    check_list,
    check_styles,
    needs_books,
    parts,
    row_settings,
    widths,
)
from tests.kit.results import a_result, page
from tests.kit.schema import faults, local

CUSTOMERS = "xl/worksheets/sheet1.xml"
CHANGED = {
    "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
    CUSTOMERS, "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml", "docProps/pipeline.xml",
    "docProps/core.xml",
}  # fmt: skip

# openpyxl says what it would lose.
pytestmark = pytest.mark.filterwarnings("ignore:.*not supported and will be removed:UserWarning")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the workbook with everything in it."""
    return features.write(tmp_path_factory.mktemp("features") / "book.xlsm")


@pytest.fixture(scope="module")
def result(source: Path) -> Path:
    """Return the workbook with results in it."""
    return annotated(source, "once.xlsm")


def annotated(source: Path, name: str, lang: str = "zh", result=None) -> Path:
    target = source.with_name(name)
    result = result or a_result()
    annotate(source, target, result, page(result, lang))
    return target


def columns(names: str) -> set[int]:
    return {ord(letter) - 64 for letter in names}


def test_parts_that_carry_no_result_keep_their_bytes(source: Path, result: Path):
    before, after = parts(source), parts(result)

    assert {name for name in before if after.get(name) != before[name]} == CHANGED
    assert len(before) > 35


def test_cells_rows_and_columns_are_as_they_were(source: Path, result: Path):
    old, new = (ET.fromstring(parts(path)[CUSTOMERS]) for path in (source, result))
    old_cells, new_cells, framed = cells(old), cells(new), (5, 3)
    added = {column for _, column in new_cells.keys() - old_cells.keys()}

    changed = {place for place in old_cells if new_cells[place] != old_cells[place]}
    assert changed == {framed}
    assert ET.fromstring(new_cells[framed])[0][0].text == "=1,2OO"
    assert added == columns("EFGHIJK")
    assert row_settings(new) == row_settings(old) | {
        "1": row_settings(old)["1"] | {"ht": "32"},
    }
    kept = {column: width for column, width in widths(old).items() if column not in added}
    assert {column: widths(new)[column] for column in kept} == kept


def test_what_stands_around_the_cells_is_as_it_was(source: Path, result: Path):
    old, new = (ET.fromstring(parts(path)[CUSTOMERS]) for path in (source, result))
    for view in new.iter(f"{{{features.MAIN}}}sheetView"):
        assert view.attrib.pop("tabSelected", None) is None
    for view in old.iter(f"{{{features.MAIN}}}sheetView"):
        view.attrib.pop("tabSelected")
    skipped = {"sheetData", "dimension", "cols", "hyperlinks", "conditionalFormatting"}

    kept = [canonical(e) for e in old if local(e.tag) not in skipped]
    assert [canonical(e) for e in new if local(e.tag) not in skipped] == kept
    for tag in ("hyperlinks", "conditionalFormatting"):
        its = [canonical(c) for e in old if local(e.tag) == tag for c in e]
        assert [canonical(c) for e in new if local(e.tag) == tag for c in e][: len(its)] == its


def test_other_changed_parts_only_hold_more(source: Path, result: Path):
    before, after = parts(source), parts(result)

    check_styles(before["xl/styles.xml"], after["xl/styles.xml"])
    check_comments(before["xl/comments1.xml"], after["xl/comments1.xml"])
    check_drawing(*(its["xl/drawings/vmlDrawing1.vml"] for its in (before, after)))
    for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        check_list(before[name], after[name])
    old, new = (ET.fromstring(its["xl/workbook.xml"]) for its in (before, after))
    for one in old:
        other = next(e for e in new if e.tag == one.tag)
        if local(one.tag) == "sheets":
            assert [canonical(e) for e in one] == [canonical(e) for e in other][1:4]
        elif local(one.tag) == "definedNames":
            ours = [(e.get("name"), e.text) for e in other]
            assert [(e.get("name"), e.text) for e in one] == ours[: len(one)]
            assert [e.get("localSheetId") for e in other][:2] == ["1", "1"]
        elif local(one.tag) != "bookViews":
            assert canonical(one) == canonical(other)
    properties = ET.fromstring(after["docProps/pipeline.xml"])
    titles = [e.text for e in properties.iter() if local(e.tag) == "lpstr"]
    assert titles[2:] == ["汇总", "客户", "透视 & 表", "问题", "规则", "历史",
                          "_kam_charts", "_kamrules", "图"]  # fmt: skip


def test_readers_see_the_same_values_as_before(source: Path, result: Path):
    for title in ("客户", "透视 & 表"):
        old, new = (
            CalamineWorkbook.from_path(p).get_sheet_by_name(title) for p in (source, result)
        )
        rows = old.to_python()
        assert [row[: len(rows[0])] for row in new.to_python()[: len(rows)]] == rows
        for computed in (True, False):
            was, now = (load_workbook(p, data_only=computed)[title] for p in (source, result))
            for row in was.iter_rows():
                for cell in row:
                    other = now[cell.coordinate]
                    # An array formula is an object of its own in each workbook.
                    values = [getattr(c.value, "text", c.value) for c in (cell, other)]
                    assert (values[0], cell.number_format) == (values[1], other.number_format)


def test_notes_of_theirs_and_of_ours_stand_side_by_side(result: Path):
    sheet = load_workbook(result)["客户"]

    notes = {c.coordinate: c.comment.text for row in sheet.iter_rows() for c in row if c.comment}
    assert notes.pop("B2").endswith("老客户")
    assert notes.pop("C2") == "[Threaded comment] 核对过了"
    assert sorted(notes) == ["C5", "E3", "E4", "E5"]


def test_a_cell_formatted_to_be_filled_in_is_not_taken(result: Path):
    sheet = load_workbook(result)["客户"]

    assert (sheet["D1"].value, sheet["D1"].font.b, sheet["E1"].value) == (None, True, "等级\nTier")


def test_a_row_formatted_to_the_last_column_leaves_room(tmp_path: Path):
    wide = features.SHEET.replace('<c r="D1" s="1"/>', '<c r="D1" s="1"/><c r="XFD1" s="1"/>')
    source = features.write(tmp_path / "book.xlsm", **{CUSTOMERS: wide})

    sheet = load_workbook(annotated(source, "wide.xlsm"))["客户"]

    assert sheet["D1"].value == "等级\nTier"
    assert sheet["XFD1"].font.b


def test_applied_again_it_keeps_its_bytes_and_nothing_grows(source: Path, result: Path):
    twice = annotated(result, "twice.xlsm")
    other = annotated(twice, "other.xlsm", "en", replace(a_result(), problems=()))
    back = annotated(other, "back.xlsm")

    assert twice.read_bytes() == result.read_bytes()
    assert back.read_bytes() == result.read_bytes()
    for again in range(3):
        other = annotated(other, f"{again}.xlsm", "en", replace(a_result(), problems=()))
    assert len(parts(other)) == len(parts(twice))
    assert other.stat().st_size < result.stat().st_size * 1.05


def test_without_results_the_workbook_is_what_it_was(source: Path, result: Path, tmp_path: Path):
    from kamrules.annotate.earlier import take_out

    with opened(result, result.name) as book:
        take_out(book, result)
        (tmp_path / "out.xlsm").write_bytes(book.save())

    before, after = parts(source), parts(tmp_path / "out.xlsm")
    assert before.keys() == after.keys()
    old, new = (ET.fromstring(its[CUSTOMERS]) for its in (before, after))
    assert cells(new) == cells(old)
    changed = {name for name in before if after[name] != before[name]}
    # The styles stay for the next run, the heading its height, and the file its date.
    assert changed <= CHANGED - {"[Content_Types].xml", "xl/_rels/workbook.xml.rels"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_results_follow_the_schema(source: Path, lang: str):
    assert faults(source) == []
    assert faults(annotated(source, f"{lang}.xlsm", lang)) == []


def test_results_of_the_demo_follow_the_schema(the_demo: Path, demo_result: Result, tmp_path: Path):
    for lang, fresh in (("zh", False), ("en", True)):
        targets = Targets(tmp_path / "out.xlsx", report=False, fresh=fresh)
        (written,) = write(demo_result, the_demo, targets, lang, plugins.load())
        assert faults(written) == []


def test_faults_are_found(source: Path, tmp_path: Path):
    content = parts(source)
    sheet = content[CUSTOMERS].decode()
    for wrong, said in (
        (sheet.replace('<c r="A2"', '<c r="D2"'), "out of order"),
        (sheet.replace(' s="2"', ' s="99"'), "no format 99"),
        (sheet.replace('<row r="3"', '<row r="2"'), "row 2 is there twice"),
        (sheet.replace("</sheetData>", "</sheetData><cols/>"), "out of order"),
        (sheet.replace('r:id="rId1"', 'r:id="rId77"'), "rId77, which nothing is"),
    ):
        path = tmp_path / "wrong.xlsm"
        with zipfile.ZipFile(path, "w") as package:
            for name, its in (content | {CUSTOMERS: wrong.encode()}).items():
                package.writestr(name, its)
        assert any(said in fault for fault in faults(path)), said


@needs_books
@pytest.mark.parametrize("path", ANNOTATED[::4], ids=lambda path: path.name)
def test_a_real_workbook_has_no_fault_it_did_not_have(path: Path, tmp_path: Path):
    try:
        before = faults(path)
    except (ET.ParseError, StopIteration, KeyError, ValueError):
        pytest.skip("written in a way that this check does not read")
    target = tmp_path / path.name
    target.write_bytes(annotate_any(path)[0])

    assert set(faults(target)) <= set(before)


VALIDATOR = os.environ.get("OOXML_VALIDATOR") or shutil.which("ooxml-validator") or ""


@pytest.mark.skipif(not VALIDATOR, reason="needs ooxml-validator, by path or OOXML_VALIDATOR")
def test_the_open_xml_sdk_finds_no_fault(source: Path, result: Path, demo_book: Path):
    run("apply", demo_book, "--no-report")
    for path in (source, result, demo_book.with_name("customers.kam.xlsx")):
        said = subprocess.run([VALIDATOR, str(path)], capture_output=True, check=False, timeout=120)
        assert json.loads(said.stdout)["errors"] == []


@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
def test_libreoffice_opens_it_with_all_its_sheets(result: Path, tmp_path: Path):
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
               "--convert-to", "ods", "--outdir", str(tmp_path), str(result)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=180)

    workbook = CalamineWorkbook.from_path(tmp_path / "once.ods")
    assert workbook.sheet_names[:5] == ["汇总", "客户", "透视 & 表", "图", "问题"]
    assert workbook.get_sheet_by_name("客户").to_python()[1][4:6] == ["铂金", 0.6]
