"""A workbook is refused with one clear sentence, or shown to hold what readers would hide."""

from __future__ import annotations

import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import fastexcel
import pytest
from openpyxl import load_workbook

from kamrules.guard import readers, trial
from kamrules.guard import workbook as guard
from kamrules.guard.workbook import Limits, inspect
from kamrules.messages.problem import Cell, Problem, UsageError

Book = Callable[..., Path]
SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"


@pytest.fixture
def customers(tmp_path: Path, book: Book) -> Path:
    return book(
        tmp_path / "客户.xlsx",
        客户="""
        | 客户编号 | 客户名称 | 年销售额 |
        | KA001   | 甲公司   | 1200    |
        """,
    )


def refusal(path: Path, limits: Limits | None = None) -> Problem:
    with pytest.raises(UsageError) as caught:
        inspect(path, limits)
    (problem,) = caught.value.problems
    assert problem.where.book == path.name
    assert problem.fix.zh
    assert problem.fix.en
    assert problem.effect.en.endswith("nothing was written")
    return problem


def repack(path: Path, parts: Mapping[str, bytes | None]) -> Path:
    """Write the package again with some parts changed, added or (None) left out."""
    with zipfile.ZipFile(path) as package:
        contents = {name: package.read(name) for name in package.namelist()}
    contents.update(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in contents.items():
            if content is not None:
                package.writestr(name, content)
    return path


def part(path: Path, name: str = SHEET) -> bytes:
    with zipfile.ZipFile(path) as package:
        return package.read(name)


def test_a_missing_file_is_named_with_the_path_that_was_given(tmp_path):
    problem = refusal(tmp_path / "没有.xlsx")

    assert problem.code == "E001"
    assert problem.what.zh == "找不到文件 没有.xlsx"
    assert problem.what.en == "there is no file 没有.xlsx"
    assert str(tmp_path) in problem.why.en


@pytest.mark.parametrize(
    ("content", "zh", "en"),
    [
        (b"", "空文件 (0 字节)", "an empty file (0 bytes)"),
        ("客户编号,客户名称\nKA001,甲".encode(), "文本文件", "a text file"),
        ("客户编号,客户名称".encode("gbk"), "文本文件", "a text file"),
        ("客户编号\t客户名称".encode("utf-16"), "文本文件", "a text file"),
        (b"PK001,a,b\n", "文本文件", "a text file"),
        (b"%PDF-1.7\n", "PDF 文件", "a PDF file"),
        (b"\xef\xbb\xbf <html><table>", "网页 (HTML) 表格", "an HTML table"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', "2003", "2003"),
        (b"\0\1\2\3", "未知格式的文件", "a file of an unknown kind"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "旧版 Office", "an old Office document"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_with_what_it_is(tmp_path, content, zh, en):
    path = tmp_path / "客户.xlsx"
    path.write_bytes(content)

    problem = refusal(path)

    assert problem.code == "E003"
    assert problem.what.zh == "客户.xlsx 不是 Excel 工作簿 (.xlsx)"
    assert problem.what.en == "客户.xlsx is not an Excel workbook (.xlsx)"
    assert zh in problem.why.zh
    assert en in problem.why.en


@pytest.mark.parametrize(
    ("parts", "zh", "en"),
    [
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "(.ods)", "(.ods)"),
        ({"Index/Document.iwa": b""}, "Apple Numbers", "Apple Numbers"),
        ({"photo.jpg": b""}, "zip 压缩文件", "a zip file"),
        (
            {
                "[Content_Types].xml": b'<Types><Override PartName="/word/document.xml" '
                b'ContentType="application/x.wordprocessingml.document.main+xml"/></Types>',
                "_rels/.rels": b"<Relationships/>",
            },
            "Word 文档",
            "a Word document",
        ),
    ],
)
def test_another_kind_of_package_is_refused_with_what_it_is(tmp_path, parts, zh, en):
    path = tmp_path / "客户.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)

    problem = refusal(path)

    assert problem.code == "E003"
    assert zh in problem.why.zh
    assert en in problem.why.en


def test_a_folder_is_refused(tmp_path):
    assert refusal(tmp_path).why.en == "it is a folder"


def test_a_workbook_with_a_password_is_refused(tmp_path):
    path = tmp_path / "客户.xlsx"
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    path.write_bytes(ole + bytes(1000) + "EncryptedPackage".encode("utf-16-le"))

    problem = refusal(path)

    assert problem.code == "E004"
    assert problem.what.zh == "客户.xlsx 有密码保护"
    assert problem.what.en == "客户.xlsx is protected by a password"


@pytest.mark.parametrize(
    "content",
    [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "Workbook".encode("utf-16-le"),
        b"\x09\x08\x08\x00\x00\x05",
    ],
)
def test_an_old_xls_workbook_is_refused(tmp_path, content):
    path = tmp_path / "客户.xlsx"
    path.write_bytes(content)

    problem = refusal(path)

    assert problem.code == "E005"
    assert problem.what.zh == "客户.xlsx 是旧版 .xls 工作簿"
    assert problem.what.en == "客户.xlsx is an old .xls workbook"


def test_a_binary_xlsb_workbook_is_refused(customers):
    types = part(customers, "[Content_Types].xml").replace(
        b"openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"ms-excel.sheet.binary.macroEnabled.main",
    )

    problem = refusal(repack(customers, {"[Content_Types].xml": types}))

    assert problem.code == "E005"
    assert problem.what.zh == "客户.xlsx 是二进制 .xlsb 工作簿"
    assert problem.what.en == "客户.xlsx is a binary .xlsb workbook"


def test_the_lock_file_of_an_open_workbook_is_refused(customers):
    path = customers.rename(customers.with_name("~$客户.xlsx"))

    problem = refusal(path)

    assert problem.code == "E009"
    assert problem.fix.zh.startswith("改用 客户.xlsx")
    assert problem.fix.en.startswith("use 客户.xlsx")


def test_a_file_that_the_system_will_not_open_is_refused_as_locked(customers, monkeypatch):
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)

    with pytest.raises(UsageError) as caught:
        inspect(customers)

    assert caught.value.exit_code == 3
    assert caught.value.problems[0].code == "E002"
    assert caught.value.problems[0].what.zh == "不能打开或写入 客户.xlsx"
    assert caught.value.problems[0].what.en == "cannot open or write 客户.xlsx"


def damage(path: Path) -> Problem:
    problem = refusal(path)
    assert problem.code == "E006"
    assert problem.what.zh == "客户.xlsx 已损坏, 不能放心读取"
    assert problem.what.en == "客户.xlsx is damaged and cannot be trusted"
    return problem


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_workbook_is_refused(customers, kept):
    content = customers.read_bytes()
    customers.write_bytes(content[: int(len(content) * kept)])

    assert damage(customers).why.zh == "文件不完整, 可能没有传完"


def test_a_flipped_digit_does_not_pass_for_another_amount(customers):
    with zipfile.ZipFile(customers) as package:
        contents = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(customers, "w") as package:
        for name, content in contents.items():
            package.writestr(name, content)
    flipped = customers.read_bytes().replace(b"<v>1200</v>", b"<v>9200</v>")
    customers.write_bytes(flipped)

    problem = damage(customers)

    assert problem.why.zh == f"部件 {SHEET} 与校验和不符"
    assert problem.why.en == f"the part {SHEET} does not match its checksum"


def test_a_part_that_occurs_twice_is_refused(customers):
    with zipfile.ZipFile(customers, "a") as package:
        package.writestr("xl/worksheets/SHEET1.xml", "<worksheet/>")

    assert damage(customers).why.en == f"the part {SHEET} occurs twice"


def test_a_part_that_leaves_the_package_is_refused(customers):
    assert "unsafe name" in damage(repack(customers, {"../evil": b""})).why.en


@pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "[Content_Types].xml"])
def test_a_dtd_is_refused(customers, name):
    content = b'<!DOCTYPE x [<!ENTITY a "b">]>' + part(customers, name)

    assert "holds a DTD" in damage(repack(customers, {name: content})).why.en


@pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_a_missing_part_is_refused(customers, name):
    assert damage(repack(customers, {name: None})).why.en == f"the part {name} is missing"


def test_a_part_that_is_no_xml_is_refused(customers):
    broken = repack(customers, {"xl/workbook.xml": b"<workbook>"})

    assert damage(broken).why.en == "the part xl/workbook.xml is not valid XML"


@pytest.mark.parametrize(
    ("limits", "zh", "en"),
    [
        (Limits(file=1000), "文件 有", "the file is"),
        (Limits(entry=500), "解压后 有", "unpacked, is"),
        (Limits(total=2000), "全部解压后 有", "all of it, unpacked, is"),
        (Limits(grace=100, ratio=1), "解压后 有", "unpacked, is"),
        (Limits(parts=3), "包内的部件有 ", "the limit is 3"),
        (Limits(cells=5), "单元格有 6 个, 上限 5", "cells: 6, the limit is 5"),
        (Limits(elements=9), "XML 元素超过 9 个", "more than 9 XML elements"),
        (Limits(formats=0), "单元格格式有 1 个", "cell formats: 1"),
    ],
)
def test_a_workbook_over_a_budget_is_refused_with_the_limit(customers, limits, zh, en):
    problem = refusal(customers, limits)

    assert problem.code == "E008"
    assert zh in problem.why.zh
    assert en in problem.why.en


def test_a_zip_bomb_is_refused_unread(customers):
    bomb = repack(customers, {SHEET: b"<worksheet>" + bytes(30 << 20)})

    assert refusal(bomb).code == "E008"


def test_a_macro_sheet_of_excel_4_is_left_out_because_no_reader_takes_it(tmp_path, book):
    path = book(tmp_path / "b.xlsx", 宏="| a |", 客户="| b |")
    rels = part(path, "xl/_rels/workbook.xml.rels")
    macros = rels.replace(b"relationships/worksheet", b"relationships/xlMacrosheet", 1)

    package = inspect(repack(path, {"xl/_rels/workbook.xml.rels": macros}))

    assert [sheet.title for sheet in package.sheets] == ["客户"]
    assert fastexcel.read_excel(package.content).sheet_names == ["客户"]


def test_a_workbook_of_nothing_but_macro_sheets_is_refused(customers):
    rels = part(customers, "xl/_rels/workbook.xml.rels")
    macros = rels.replace(b"relationships/worksheet", b"relationships/xlMacrosheet")

    problem = damage(repack(customers, {"xl/_rels/workbook.xml.rels": macros}))

    assert problem.why.en == "it holds no worksheet"


def test_sheets_come_in_workbook_order_with_their_state(tmp_path, book):
    path = book(tmp_path / "b.xlsx", 客户="| a |", 隐藏="| a |", 深藏="| a |")
    workbook = load_workbook(path)
    workbook["隐藏"].sheet_state = "hidden"
    workbook["深藏"].sheet_state = "veryHidden"
    workbook.create_chartsheet("图表")
    workbook.save(path)

    sheets = inspect(path).sheets

    assert [(s.title, s.state) for s in sheets] == [
        ("客户", "visible"),
        ("隐藏", "hidden"),
        ("深藏", "veryHidden"),
    ]


def test_errors_and_uncached_formulas_are_found_at_their_cells(tmp_path, book):
    path = book(
        tmp_path / "b.xlsx",
        客户="""
        | a    | b       | c   |
        | #N/A | #DIV/0! | 1   |
        | =A1  | text    | =B1 |
        """,
    )

    (sheet,) = inspect(path).sheets

    assert sheet.errors == {"A2": "#N/A", "B2": "#DIV/0!"}
    assert sheet.uncached == ("A3", "C3")


MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ROW = b"""<row r="2">%s</row>"""


@pytest.mark.parametrize(
    ("cell", "errors", "uncached"),
    [
        (b'<c r="B2"><f>A1</f><v>5</v></c>', {}, ()),
        (b'<c r="B2"><f>A1</f></c>', {}, ("B2",)),
        (b'<c r="B2"><f>A1</f><v/></c>', {}, ("B2",)),
        (b'<c r="B2"><f t="shared" si="0"/></c>', {}, ("B2",)),
        (b'<c r="B2"><f t="shared" si="0"/><v>1</v></c>', {}, ()),
        (b'<c r="B2" t="str"><f>A1</f><v></v></c>', {}, ()),
        (b"<c r='B2' t='e'><f>A1</f><v>#REF!</v></c>", {"B2": "#REF!"}, ()),
        (b'<c r="B2" s="1" t="e"><v>#N/A</v></c>', {"B2": "#N/A"}, ()),
        (b'<c r="B2" t="inlineStr"><is><t>say t="e" here</t></is></c>', {}, ()),
        (b'<c><v>1</v></c><c t="e"><v>#N/A</v></c><c><f>A1</f></c>', {"B2": "#N/A"}, ("C2",)),
    ],
)
@pytest.mark.parametrize("prefix", [b"", b"x:"])
def test_what_a_cell_hides_is_found_however_it_is_written(
    customers, cell, errors, uncached, prefix
):
    rows = b"<sheetData><row/>" + ROW % cell + b"</sheetData>"
    xml = b"<worksheet xmlns='%s'>%s</worksheet>" % (MAIN, rows)
    for tag in (b"worksheet", b"sheetData", b"row", b"c", b"f", b"v", b"is", b"t"):
        for end in (b" ", b">", b"/"):
            xml = xml.replace(b"<" + tag + end, b"<" + prefix + tag + end)
        xml = xml.replace(b"</" + tag + b">", b"</" + prefix + tag + b">")
    if prefix:
        xml = xml.replace(b"xmlns=", b"xmlns:x=")

    (sheet,) = inspect(repack(customers, {SHEET: xml})).sheets

    assert (sheet.errors, sheet.uncached) == (errors, uncached)


@pytest.mark.parametrize("formula", [b"", b"<f>A1#</f>", b"<f/>"])
def test_an_error_that_readers_do_not_know_is_found_and_does_not_stop_them(customers, formula):
    cells = b'<c r="A1" t="e"><v>#N/A</v></c><c r="B1" s="0" t="e">%s<v>#SPILL!</v></c>' % formula
    rows = b'<sheetData><row r="1">%s<c r="C1"><v>5</v></c></row></sheetData>' % cells
    path = repack(customers, {SHEET: b'<worksheet xmlns="%s">%s</worksheet>' % (MAIN, rows)})

    package = inspect(path)

    assert package.sheets[0].errors == {"A1": "#N/A", "B1": "#SPILL!"}
    for content in (package.content, package.top):
        sheet = fastexcel.read_excel(content).load_sheet(0, header_row=None)
        assert sheet.to_polars().rows() == [(None, None, 5.0)]


def test_booleans_among_numbers_are_found_at_their_cells(tmp_path, book):
    path = book(
        tmp_path / "b.xlsx",
        客户="""
        | 5    | TRUE  | x     |
        | TRUE | FALSE | TRUE  |
        | 7    |       | FALSE |
        """,
    )

    (sheet,) = inspect(path).sheets

    assert sheet.booleans == {"A2": "TRUE"}


def test_a_sheet_without_values_is_not_used(tmp_path, book):
    path = book(tmp_path / "b.xlsx", 空="", 客户="| a |")

    assert [sheet.used for sheet in inspect(path).sheets] == [False, True]


def test_the_last_column_is_that_of_the_last_cell_with_a_value(tmp_path, book):
    path = book(tmp_path / "b.xlsx", 客户="| a | b |\n| c | d | e |\n| f |")

    assert inspect(path).sheets[0].last_column == 3


def test_the_top_is_a_small_workbook_with_the_first_rows(tmp_path, book):
    lines = "\n".join(f"| {i} |" for i in range(1000))
    path = book(tmp_path / "b.xlsx", 客户=lines)
    top = tmp_path / "top.xlsx"

    top.write_bytes(inspect(path).top)

    with zipfile.ZipFile(top) as package:
        assert package.read(SHEET).count(b"</row>") == 30


def test_the_copy_for_readers_holds_the_worksheets_and_nothing_else(tmp_path, book):
    path = book(tmp_path / "b.xlsx", 客户="| a |", 其他="| b |")
    workbook = load_workbook(path)
    workbook.create_chartsheet("图表")
    workbook["客户"]["A1"].hyperlink = "https://example.com"
    workbook.save(path)
    copy = tmp_path / "copy.xlsx"

    copy.write_bytes(inspect(path).content)

    with zipfile.ZipFile(copy) as package:
        assert package.testzip() is None
        assert sorted(package.namelist()) == [
            "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/workbook.xml",
            "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml",
        ]  # fmt: skip


# A process of its own


@pytest.mark.parametrize(
    ("program", "code", "en"),
    [
        ("import os; os.abort()", "E006", "the program that reads it crashes on it"),
        ("class PanicException(BaseException): pass\nraise PanicException", "E006", "crashes"),
        (f"raise SystemExit({trial.OUT_OF_MEMORY})", "E008", "of memory"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "E008", "in 30 seconds"),
        ("import time; time.sleep(60)", "E008", "in 30 seconds"),
    ],
)
def test_a_workbook_that_a_reader_does_not_survive_is_refused(monkeypatch, program, code, en):
    monkeypatch.setattr(readers, "PATIENCE", 2)

    with pytest.raises(UsageError) as caught:
        readers.try_reading(Cell("客户.xlsx"), b"", [sys.executable, "-c", program])

    (problem,) = caught.value.problems
    assert problem.code == code
    assert en in problem.why.en


@pytest.mark.parametrize(
    ("program", "ends"),
    [("while True: pass", "-SIGXCPU"), ("bytes(1 << 40)", "MemoryError")],
)
def test_a_trial_is_limited_in_time_and_memory(program, ends):
    pytest.importorskip("resource", reason="Windows limits a process by the clock alone")
    lines = "from kamrules.guard import trial", "trial.SECONDS = 1", "trial.limit()", program

    result = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False
    )

    code = result.returncode
    said = f"-{signal.Signals(-code).name}" if code < 0 else result.stderr
    assert ends in said


def test_what_a_reader_only_objects_to_is_left_to_it():
    readers.try_reading(Cell("客户.xlsx"), b"no workbook")


@pytest.mark.parametrize(
    ("name", "old", "new", "tries"),
    [
        (SHEET, b"<c ", b"<c ", 0),
        (SHEET, b"<c ", b'<c odd="1" ', 1),
        (SHEET, b"</row>", b"<odd/></row>", 1),
        (STYLES, b'numFmtId="0"', b'numFmtId="-1"', 1),
        (
            STYLES,
            b"<fonts",
            b'<numFmts><numFmt formatCode="%s"/></numFmts><fonts' % (b"0" * 300),
            1,
        ),
    ],
)
def test_only_a_workbook_with_something_odd_in_it_is_tried(
    customers, monkeypatch, name, old, new, tries
):
    tried = []
    monkeypatch.setattr(guard, "try_reading", lambda where, _: tried.append(where.book))

    inspect(repack(customers, {name: part(customers, name).replace(old, new, 1)}))

    assert tried == ["客户.xlsx"] * tries
