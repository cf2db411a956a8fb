"""Packages and sheets as odd writers make them: what is not changed keeps its bytes."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font
from openpyxl.styles.differential import DifferentialStyle

from kamrules.messages.problem import UsageError
from kamrules.xlsx.added import Column
from kamrules.xlsx.cells import Grid, bounds, serial, text_xml
from kamrules.xlsx.graft import Graft
from kamrules.xlsx.notes import Notes
from kamrules.xlsx.package import Package, Relationships
from kamrules.xlsx.rows import Restore
from kamrules.xlsx.splice import Document, MalformedError, to_utf8
from kamrules.xlsx.workbook import opened

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
</Types>"""
ROWS = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'


def relationships(*pairs: tuple[str, str], base: str = RELATED) -> str:
    its = "".join(
        f'<Relationship Id="rId{i}" Type="{base}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(pairs, 1)
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{package}">{its}</Relationships>'


def a_book(path: Path, sheet: str | bytes, **more: str | bytes) -> Path:
    """Write a workbook of one sheet, given as the XML of its part or of its rows."""
    if isinstance(sheet, str) and "worksheet" not in sheet:
        sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>'
    workbook = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}">'
        '<sheets><sheet name="表" sheetId="7" r:id="rId1"/></sheets></workbook>'
    )
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relationships(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": relationships(("worksheet", "worksheets/sheet1.xml")),
        "xl/worksheets/sheet1.xml": sheet,
        **more,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def changed(source: Path, **columns: dict[int, object]) -> str:
    """Return the sheet of a workbook after columns were put into it, by their letter."""
    with opened(source, source.name) as book:
        sheet = book.worksheet("表")
        for letter, values in columns.items():
            number = ord(letter) - 64
            rows, its = pl.Series(list(values), dtype=pl.UInt32), list(values.values())
            kinds = {type(value) for value in its if value is not None}
            found = pl.Series(its, dtype=pl.Object if len(kinds) > 1 else None)
            sheet.edits.columns.append(Column(number, rows, found, lambda _: 1, sheet.grid))
        content = book.save()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        return package.read("xl/worksheets/sheet1.xml").decode()


def rows_of(sheet: str) -> list[str]:
    return re.findall(r"<(?:\w+:)?row\b.*?(?:</(?:\w+:)?row>|/>(?!<(?:\w+:)?[vf]))", sheet)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (ROWS, ['<row r="1"><c r="A1"><v>1</v></c><c r="B1" s="1"><v>9.5</v></c></row>',
                '<row r="2"><c r="A2"><v>2</v></c></row>']),
        ('<row r="1" spans="1:1"/>', ['<row r="1" spans="1:2"><c r="B1" s="1"><v>9.5</v></c></row>']),
        ("", ['<row r="1"><c r="B1" s="1"><v>9.5</v></c></row>']),
        ("<row><c><v>1</v></c></row>", ['<row><c r="A1"><v>1</v></c><c r="B1" s="1"><v>9.5</v></c></row>']),
        ('<row r="1"><c r="C1"/></row>',
         ['<row r="1"><c r="B1" s="1"><v>9.5</v></c><c r="C1"/></row>']),
        ('<row r="1"><c r="B1" s="4"/></row>', ['<row r="1"><c r="B1" s="1"><v>9.5</v></c></row>']),
        ("<row r='1'><c r='A1' t='str'><f>B2</f><v> x </v></c></row>",
         ["<row r='1'><c r='A1' t='str'><f>B2</f><v> x </v></c><c r=\"B1\" s=\"1\"><v>9.5</v></c></row>"]),
    ],
)  # fmt: skip
def test_a_cell_is_put_where_it_belongs(tmp_path: Path, rows: str, expected: list[str]):
    sheet = changed(a_book(tmp_path / "a.xlsx", rows), B={1: 9.5})

    assert re.findall(r"<row.*?</row>", sheet) == expected


def test_rows_out_of_order_get_their_cells_and_no_row_comes_twice(tmp_path: Path):
    rows = '<row r="3"><c r="A3"/></row><row r="1"/><row r="2"><c r="A2"/></row>'

    sheet = changed(a_book(tmp_path / "a.xlsx", rows), B={1: "x", 2: None, 3: True, 5: 1})

    numbers = re.findall(r'<row r="(\d)"', sheet)
    assert sorted(numbers) == ["1", "2", "3", "5"]
    assert '<c r="A3"/><c r="B3" s="1" t="b"><v>1</v></c>' in sheet
    assert '<row r="1"><c r="B1" s="1" t="inlineStr"><is><t>x</t></is></c></row>' in sheet


def test_another_prefix_and_space_between_elements_stay(tmp_path: Path):
    sheet = (
        f'<?xml version="1.0"?>\n<x:worksheet xmlns:x="{MAIN}">\n <x:dimension ref="A1"/>\n'
        ' <x:sheetData>\n  <x:row r="1">\n   <x:c r="A1"><x:v>1</x:v></x:c>\n  </x:row>\n'
        " </x:sheetData>\n</x:worksheet>"
    )

    found = changed(a_book(tmp_path / "a.xlsx", sheet), B={1: 2})

    assert found == sheet.replace('ref="A1"', 'ref="A1:B1"').replace(
        "  </x:row>", '  <x:c r="B1" s="1"><x:v>2</x:v></x:c></x:row>'
    )


def test_a_part_in_utf_16_is_read_and_written_in_utf_8(tmp_path: Path):
    sheet = f'<?xml version="1.0" encoding="UTF-16"?><worksheet xmlns="{MAIN}"><sheetData>{ROWS}</sheetData></worksheet>'

    found = changed(a_book(tmp_path / "a.xlsx", sheet.encode("utf-16")), B={2: "中"})

    assert found.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    assert '<c r="B2" s="1" t="inlineStr"><is><t>中</t></is></c>' in found


def test_a_long_sheet_is_cut_into_rows_wherever_a_chunk_ends(tmp_path: Path):
    rows = "".join(f'<row r="{i}"><c r="A{i}"><v>{i}</v></c></row>' for i in range(1, 60_001))

    found = changed(a_book(tmp_path / "a.xlsx", rows), B={59_999: 1})

    assert found.replace('<c r="B59999" s="1"><v>1</v></c>', "").count(rows) == 1


@pytest.mark.parametrize(
    "sheet",
    [
        f'<worksheet xmlns="{MAIN}"/>',
        '<row r="1"><c r="A1"><v>1</v></c>',
        f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">',
        "<row r='1'><!-- </row></row>",
        f'<worksheet xmlns="{MAIN}"><!-- <sheetData> --><sheetData></sheetData></worksheet>',
    ],
)
def test_a_sheet_that_cannot_be_changed_safely_is_refused(tmp_path: Path, sheet: str):
    with pytest.raises(UsageError) as caught:
        changed(a_book(tmp_path / "a.xlsx", sheet), B={1: 1})

    assert [p.code for p in caught.value.problems] == ["E020"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("<row r='1'><!-- </row><row r='9'> --></row>", "<row r='1'><!-- </row><row r='9'> -->{}</row>"),
        ("<row r='1'><c r='A1' t='inlineStr'><is><t><![CDATA[</row>]]></t></is></c></row>",
         "<row r='1'><c r='A1' t='inlineStr'><is><t><![CDATA[</row>]]></t></is></c>{}</row>"),
        ("<!-- a --><?b c?><row r='1'/><!-- d --><row r='2'/>\n<!-- </sheetData> -->",
         "<!-- a --><?b c?><row r='1'>{}</row><!-- d --><row r='2'/>\n<!-- </sheetData> -->"),
        ('<row r="1"/>\n<row r="2"/>\n', '<row r="1">{}</row>\n<row r="2"/>\n'),
        ('<row r="1"><c r="A1"><v>1</v></c><extLst><ext uri="x"/></extLst></row>',
         '<row r="1"><c r="A1"><v>1</v></c>{}<extLst><ext uri="x"/></extLst></row>'),
        ('<row r="1"><c r="A1"><extLst><ext/></extLst></c><extLst><ext/></extLst></row>',
         '<row r="1"><c r="A1"><extLst><ext/></extLst></c>{}<extLst><ext/></extLst></row>'),
    ],
)  # fmt: skip
def test_what_is_no_cell_among_the_rows_stays(tmp_path: Path, rows: str, expected: str):
    sheet = changed(a_book(tmp_path / "a.xlsx", rows), B={1: 9.5})

    inside = re.search(r"<sheetData>(.*)</sheetData></worksheet>", sheet, re.DOTALL)
    assert inside is not None
    assert inside[1] == expected.format('<c r="B1" s="1"><v>9.5</v></c>')


def test_a_signed_workbook_is_refused(tmp_path: Path):
    path = a_book(tmp_path / "a.xlsx", ROWS, **{"_xmlsignatures/sig1.xml": "<Signature/>"})

    with pytest.raises(UsageError, match="results cannot be added"), opened(path, "a.xlsx"):
        pass


def test_unchanged_parts_keep_their_compressed_bytes_and_dates(tmp_path: Path):
    path = a_book(tmp_path / "a.xlsx", ROWS, **{"xl/media/image1.png": bytes(range(256)) * 9})
    with path.open("rb") as file:
        package = Package(file)
        package.put("xl/new.xml", b"<new/>")
        (tmp_path / "b.xlsx").write_bytes(package.save())

    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "b.xlsx") as new:
        assert new.namelist()[0] == "[Content_Types].xml"
        for entry in old.infolist():
            same = new.getinfo(entry.filename)
            assert (same.CRC, same.date_time, same.compress_size) == (
                entry.CRC, entry.date_time, entry.compress_size,
            )  # fmt: skip
            assert new.read(same) == old.read(entry)


def test_notes_are_added_beside_those_that_are_there(tmp_path: Path):
    workbook = Workbook()
    workbook.active["A1"].comment = Comment("theirs", "王敏")
    workbook.save(tmp_path / "a.xlsx")

    with opened(tmp_path / "a.xlsx", "a.xlsx") as book:
        notes = Notes(book, book.worksheet("Sheet"))
        notes.add({(1, 1): ("never", 60), (2, 3): ("ours\n=<b>", 60)}, "kamrules")
        (tmp_path / "b.xlsx").write_bytes(book.save())
    with opened(tmp_path / "b.xlsx", "b.xlsx") as book:
        Notes(book, book.worksheet("Sheet")).remove("kamrules")
        removed = book.save()

    sheet = load_workbook(tmp_path / "b.xlsx").active
    assert (sheet["A1"].comment.text, sheet["C2"].comment.text) == ("theirs", "ours\n=<b>")
    sheet = load_workbook(io.BytesIO(removed)).active
    assert (sheet["A1"].comment.text, sheet["C2"].comment) == ("theirs", None)


def test_notes_and_their_parts_go_with_the_last_of_them(tmp_path: Path):
    path = a_book(tmp_path / "a.xlsx", ROWS)
    with opened(path, "a.xlsx") as book:
        Notes(book, book.worksheet("表")).add({(1, 1): ("x", 60)}, "kamrules")
        (tmp_path / "b.xlsx").write_bytes(book.save())
    with opened(tmp_path / "b.xlsx", "b.xlsx") as book:
        assert "xl/kamComments1.xml" in book.package
        Notes(book, book.worksheet("表")).remove("kamrules")
        book.save()

        assert [n for n in book.package.names() if "kam" in n] == []
        assert b"legacyDrawing" not in book.package.read("xl/worksheets/sheet1.xml")
        assert not Relationships(book.package, "xl/worksheets/sheet1.xml").internal()


def test_a_sheet_is_grafted_with_its_styles_names_and_chart(tmp_path: Path):
    made, saved = Workbook(), io.BytesIO()
    sheet = made.active
    sheet.title, sheet.print_title_rows = "新", "1:1"
    sheet["A1"].font, sheet["A1"].number_format, sheet["A1"].value = Font(b=True), "0.000", 1
    rule = Rule("expression", dxf=DifferentialStyle(font=Font(i=True)), formula=["A1>0"])
    sheet.conditional_formatting.add("A1:A9", rule)
    made.save(saved)
    path = a_book(tmp_path / "a.xlsx", ROWS)

    with opened(path, "a.xlsx") as book:
        Graft(book, saved.getvalue()).put(in_front=1)
        (tmp_path / "b.xlsx").write_bytes(book.save())
        book.remove_sheets(["新"])
        assert book.titles == ["表"]

    found = load_workbook(tmp_path / "b.xlsx")
    cell = found["新"]["A1"]
    assert found.sheetnames == ["新", "表"]
    assert (cell.value, cell.font.b, cell.number_format) == (1, True, "0.000")
    assert found["新"].print_title_rows == "$1:$1"
    (formatted,) = found["新"].conditional_formatting
    assert formatted.rules[0].dxf.font.i


def test_a_strict_workbook_gets_strict_parts(tmp_path: Path):
    base = "http://purl.oclc.org/ooxml/officeDocument/relationships"
    sheet = f'<worksheet xmlns="{STRICT}"><sheetData>{ROWS}</sheetData></worksheet>'
    workbook = f'<workbook xmlns="{STRICT}" xmlns:r="{base}"><sheets><sheet name="表" sheetId="1" r:id="rId1"/></sheets></workbook>'
    path = a_book(tmp_path / "a.xlsx", sheet, **{
        "_rels/.rels": relationships(("officeDocument", "xl/workbook.xml"), base=base),
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": relationships(("worksheet", "worksheets/sheet1.xml"), base=base),
    })  # fmt: skip
    made, saved = Workbook(), io.BytesIO()
    made.save(saved)

    with opened(path, "a.xlsx") as book:
        Graft(book, saved.getvalue()).put()
        Notes(book, book.worksheet("表")).add({(1, 1): ("x", 60)}, "kamrules")
        book.save()
        new = [book.package.read(name) for name in book.package.changed()]

    assert b"schemas.openxmlformats.org/spreadsheetml" not in b"".join(new)
    assert b"schemas.openxmlformats.org/officeDocument" not in b"".join(new)


def test_cells_that_name_formats_nobody_defined_stay_plain(tmp_path: Path):
    path = a_book(tmp_path / "a.xlsx", '<row r="1"><c r="A1" s="3"><v>1</v></c></row>')

    with opened(path, "a.xlsx") as book:
        styles = book.styles
        number = styles.variant(0, numFmtId=10, applyNumberFormat=1)

    assert number == 4


def test_a_frame_goes_on_a_cell_and_comes_off_again(tmp_path: Path):
    made = Workbook()
    made.active["B2"].number_format, made.active["B2"].value = "0.0%", 1
    made.save(tmp_path / "a.xlsx")
    scratch, saved = Workbook(), io.BytesIO()
    from kamrules.page.look import add_styles

    add_styles(scratch, "zh")
    scratch.save(saved)

    with opened(tmp_path / "a.xlsx", "a.xlsx") as book:
        Graft(book, saved.getvalue())
        sheet = book.worksheet("Sheet")
        sheet.edits.frame(2, 2, "error")
        sheet.edits.frame(4, 1, "error")
        framed = {(row, column): style for _, row, column, style in book.save_worksheets()}
        before = book.package.read("xl/worksheets/sheet1.xml")
        frames = book.styles.with_style("error")
        book.worksheet("Sheet").edits.restore = Restore(frames, framed, {})
        book.save_worksheets()
        after = book.package.read("xl/worksheets/sheet1.xml")

    assert framed == {(2, 2): 1, (4, 1): 0}
    assert b'<c r="B2" s="1"' in after
    assert b'<c r="B2" s="1"' not in before


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a<b>&", "a&lt;b&gt;&amp;"), ("_x0041_", "_x005F_x0041_"), ("a\r\nb\x00", "a\nb"), ("=1", "=1")],
)  # fmt: skip
def test_a_text_stands_in_xml_as_it_is(text: str, expected: str):
    assert text_xml(text) == expected


def test_dates_count_from_where_the_workbook_does():
    assert serial(dt.date(2024, 1, 1), False) == 45292
    assert serial(dt.datetime(2024, 1, 1, 12), True) == 43830.5
    assert Grid("", True).cell("A1", dt.date(1904, 1, 2), 3) == '<c r="A1" s="3"><v>1</v></c>'


def test_references_are_read_with_or_without_dollars():
    assert bounds("$B$2:A1") == (1, 1, 2, 2)
    assert bounds("A:C") is None


def test_a_document_changes_only_what_it_is_told_to():
    content = b"<a x='1'>\n <b/><!-- <c> --><d y = \"2\">t</d>\n</a>"
    document = Document(content)
    b, d = document.root.children

    assert Document(content).bytes() == content
    b.inside.append("<n/>")
    d.changed["y"] = "3"
    d.after.append("<e/>")
    assert document.bytes() == b"<a x='1'>\n <b><n/></b><!-- <c> --><d y=\"3\">t</d><e/>\n</a>"


@pytest.mark.parametrize("content", [b"<a><b></a>", b"<a>", b"<!DOCTYPE a><a/>", b""])
def test_what_is_no_xml_is_refused(content: bytes):
    with pytest.raises(MalformedError):
        Document(content)


def test_other_encodings_are_told_by_their_declaration():
    text = '<?xml version="1.0" encoding="GBK"?><a>中</a>'

    assert to_utf8(text.encode("gbk")) == text.replace("GBK", "UTF-8").encode()


def test_texts_are_written_the_same_whether_they_are_few_or_many(tmp_path: Path) -> None:
    texts = ["a < b & c", "=1+1", " 前", "两\n行", "_x0041_", "x" * 40_000, "平常", '"'] * 2
    many = [*texts, *(f"第 {n} 户 >= {n}%" for n in range(1_200)), None]
    source = a_book(tmp_path / "b.xlsx", ROWS)

    few, lots = (
        dict(re.findall(r'<c r="C(\d+)"(.*?)(?=<c |</row>)', changed(source, C=values), re.DOTALL))
        for values in (dict(enumerate(texts, 2)), dict(enumerate(many, 2)))
    )

    assert few == {row: lots[row] for row in few}
    assert len(few) == len(texts)
    assert lots["100"] == ' s="1" t="inlineStr"><is><t>第 82 户 &gt;= 82%</t></is></c>'
