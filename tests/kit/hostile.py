"""Workbooks that crafty people, bad disks and odd programs make, built from code."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

Parts = dict[str, bytes]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
SHEET, STRINGS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
BOOK, RELS, TYPES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"
MB = 1 << 20

TEXTS = (
    "客户编号",
    "客户名称",
    "年销售额",
    "首次合作日期",
    "战略意义",
    "KA001",
    "甲公司",
    "KA002",
    "乙公司",
    "重大",
)
ROWS = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c>'
    '<c r="D1" t="s"><v>3</v></c><c r="E1" t="s"><v>4</v></c></row>',
    '<row r="2"><c r="A2" t="s"><v>5</v></c><c r="B2" t="s"><v>6</v></c><c r="C2"><v>1200</v></c>'
    '<c r="D2" s="1"><v>45352</v></c><c r="E2" t="s"><v>9</v></c></row>',
    '<row r="3"><c r="A3" t="s"><v>7</v></c><c r="B3" t="s"><v>8</v></c>'
    '<c r="C3"><f>C2*2.5</f><v>3000</v></c><c r="D3" s="1"><v>45383</v></c><c r="E3" s="1"/></row>',
)


def sheet(rows: str = "".join(ROWS), before: str = "", after: str = "", space: str = MAIN) -> bytes:
    """Return the XML of a worksheet."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    root = f'<worksheet xmlns="{space}" xmlns:r="{OFFICE}">'
    return f"{head}{root}{before}<sheetData>{rows}</sheetData>{after}</worksheet>".encode()


def strings(texts: tuple[str, ...] = TEXTS, attributes: str = "") -> bytes:
    """Return the XML of the shared strings."""
    items = "".join(f"<si><t>{text}</t></si>" for text in texts)
    return f'<sst xmlns="{MAIN}"{attributes}>{items}</sst>'.encode()


def parts(**changed: bytes) -> Parts:
    """Return the parts of a good workbook, with the sheet of another XML as *sheet*."""
    package = "http://schemas.openxmlformats.org/package/2006/"
    sml = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{sml}{kind}+xml"/>'
        for name, kind in {
            BOOK: "sheet.main", SHEET: "worksheet", STRINGS: "sharedStrings", STYLES: "styles",
        }.items()
    )  # fmt: skip
    formats = '<xf numFmtId="0"/><xf numFmtId="14"/>'
    good = {
        TYPES: f'<Types xmlns="{package}content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}relationships">'
        f'{relationship("r1", "officeDocument", BOOK)}</Relationships>',
        BOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="客户" sheetId="1" r:id="r1"/></sheets></workbook>',
        RELS: f'<Relationships xmlns="{package}relationships">'
        + relationship("r1", "worksheet", "worksheets/sheet1.xml")
        + relationship("r2", "sharedStrings", "sharedStrings.xml")
        + relationship("r3", "styles", "styles.xml")
        + "</Relationships>",
        STYLES: f'<styleSheet xmlns="{MAIN}"><cellXfs count="2">{formats}</cellXfs></styleSheet>',
    }  # fmt: skip
    encoded = {name: xml.encode() for name, xml in good.items()}
    return encoded | {STRINGS: strings(), SHEET: changed.get("sheet", sheet())}


def relationship(id_: str, kind: str, target: str) -> str:
    """Return the XML of a relationship."""
    return f'<Relationship Id="{id_}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def packed(contents: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def book(rows: str = "".join(ROWS), before: str = "", after: str = "", **others: bytes) -> bytes:
    """Return a workbook with these rows, and XML around them."""
    return packed(parts(sheet=sheet(rows, before, after)) | others)


def cell(xml: str) -> bytes:
    """Return a workbook with this cell in place of C2."""
    return book("".join(ROWS).replace('<c r="C2"><v>1200</v></c>', xml))


class Stream(io.RawIOBase):
    """A file that cannot go back, such as a pipe: zip writers put sizes behind the content."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]
        """Add to the content."""
        self.content += bytes(content)
        return len(content)


def streamed(*, zip64: bool) -> bytes:
    """Return the good workbook as programs write it that cannot go back in their output."""
    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts().items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=zip64) as entry:
                entry.write(content)
    return stream.content


def with_part(name: str, content: bytes | None) -> bytes:
    """Return the good workbook with one part replaced, added or left out."""
    changed = parts()
    if content is None:
        del changed[name]
    else:
        changed[name] = content
    return packed(changed)


def edited(name: str, old: str, new: str) -> bytes:
    """Return the good workbook with a replacement made in one part."""
    content = parts()[name]
    assert old.encode() in content
    return with_part(name, content.replace(old.encode(), new.encode()))


class Entry(NamedTuple):
    """An entry of a zip file whose headers may say anything."""

    name: bytes
    content: bytes
    size: int | None = None
    checksum: int | None = None
    method: int = 8
    flags: int = 0


def raw_zip(entries: list[Entry], tail: bytes = b"") -> bytes:
    """Return a zip file of entries as they are, without a look at what they say."""
    body, directory = b"", b""
    for name, content, size, checksum, method, flags in entries:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = deflate.compress(content) + deflate.flush() if method == 8 else content
        true = zlib.crc32(content) if checksum is None else checksum
        sizes = (true, len(data), len(content) if size is None else size)
        common = struct.pack("<5H3L2H", 20, flags, method, 0, 33, *sizes, len(name), 0)
        directory += b"PK\1\2" + struct.pack("<H", 20) + common
        directory += struct.pack("<3H2L", 0, 0, 0, 0, len(body)) + name
        body += b"PK\3\4" + common + name + data
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, *[len(entries)] * 2, len(directory), len(body), 0
    )
    return body + directory + end + tail


def entries(**of_sheet: object) -> list[Entry]:
    """Return the entries of the good workbook, with something said about the sheet."""
    return [
        Entry(name.encode(), content, **(of_sheet if name == SHEET else {}))  # type: ignore[arg-type]
        for name, content in parts().items()
    ]


def overlapping() -> bytes:
    """Return a workbook with many entries that share one compressed content, as bombs have."""
    content = raw_zip([*entries(), Entry(b"xl/media/1.bin", bytes(MB))])
    at = content.rindex(b"PK\1\2")
    central, end = content[at : content.index(b"PK\5\6", at)], content[content.rindex(b"PK\5\6") :]
    copies = b"".join(central.replace(b"media/1", b"media/%d" % i) for i in range(2, 10))
    counts = struct.pack("<2H", *[len(entries()) + 9] * 2)
    size = struct.unpack("<L", end[12:16])[0] + len(copies)
    return content[: -len(end)] + copies + end[:8] + counts + struct.pack("<L", size) + end[16:]


def bomb(size: int) -> bytes:
    """Return a workbook whose sheet unpacks to *size* bytes of nothing."""
    row = b'<row r="4">' + b" " * (size - 11) + b"</row>"
    return with_part(SHEET, sheet().replace(b"</sheetData>", row + b"</sheetData>"))


def encrypted() -> bytes:
    """Return what Excel makes of a workbook with a password: streams in an OLE container."""
    names = "".join(n.ljust(32, "\0") for n in ("Root Entry", "EncryptionInfo", "EncryptedPackage"))
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + names.encode("utf-16-le")


def spread(rows: int, columns: str) -> bytes:
    """Return a workbook with a cell far off."""
    return book("".join(ROWS) + f'<row r="{rows}"><c r="{columns}{rows}"><v>1</v></c></row>')


def amplified(count: int = 300_000, length: int = 30_000) -> bytes:
    """Return a workbook of 2 MB in which many cells show one long text."""
    rows = "".join(f'<row r="{r}"><c r="A{r}" t="s"><v>10</v></c></row>' for r in range(4, count))
    return packed(
        parts(sheet=sheet("".join(ROWS) + rows)) | {STRINGS: strings((*TEXTS, "长" * length))}
    )


def styled(count: int) -> bytes:
    """Return a workbook with so many cell formats."""
    formats = '<xf numFmtId="0"/>' * count
    xml = f'<styleSheet xmlns="{MAIN}"><cellXfs>{formats}</cellXfs></styleSheet>'
    return packed(parts() | {STYLES: xml.encode()}, zipfile.ZIP_STORED)


def doctype(name: str) -> bytes:
    """Return the good workbook with entities that grow, in one of its parts."""
    grow = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    dtd = f'<!DOCTYPE x [<!ENTITY e0 "ha">{grow}]>'.encode()
    return with_part(name, dtd + re.sub(rb"^<\?xml[^>]*\?>\s*", b"", parts()[name]))


def strict() -> bytes:
    """Return the good workbook as strict Office Open XML."""
    return packed(
        {
            name: content.replace(MAIN.encode(), STRICT.encode()).replace(
                OFFICE.encode(), STRICT_OFFICE.encode()
            )
            for name, content in parts().items()
        }
    )


def prefixed(content: bytes) -> bytes:
    """Return XML with a prefix before every name of an element."""
    named = re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x:", content)
    return named.replace(b"xmlns=", b"xmlns:x=")


def recoded(encoding: str, declared: str) -> bytes:
    """Return the good workbook with its sheet and strings in another encoding."""

    def recode(content: bytes) -> bytes:
        plain = re.sub(r"^<\?xml[^>]*\?>\s*", "", content.decode())
        return f'<?xml version="1.0" encoding="{declared}"?>{plain}'.encode(encoding)

    good = parts()
    return packed(good | {name: recode(good[name]) for name in (SHEET, STRINGS, STYLES, BOOK)})


def moved() -> bytes:
    """Return the good workbook with its parts where no reader but Excel looks for them."""
    good = parts()
    names = {
        BOOK: "doc/book.xml", RELS: "doc/_rels/book.xml.rels", STRINGS: "doc/texts.xml",
        STYLES: "doc/looks.xml", SHEET: "doc/s/1.xml",
    }  # fmt: skip
    good[TYPES] = good[TYPES].replace(BOOK.encode(), b"doc/book.xml")
    good["_rels/.rels"] = good["_rels/.rels"].replace(BOOK.encode(), b"/doc/book.xml")
    for old, new in (
        ("worksheets/sheet1", "s/1"),
        ("sharedStrings.xml", "texts.xml"),
        ("styles.xml", "looks.xml"),
    ):
        good[RELS] = good[RELS].replace(f'"{old}'.encode(), f'"{new}'.encode())
    return packed({names.get(name, name): content for name, content in good.items()})


def macro_sheet() -> bytes:
    """Return the good workbook with an Excel 4 macro sheet before its worksheet."""
    good = parts()
    good[BOOK] = good[BOOK].replace(b"<sheets>", b'<sheets><sheet name="m" sheetId="2" r:id="r9"/>')
    macro = relationship("r9", "xlMacrosheet", "macrosheets/sheet1.xml").encode()
    good[RELS] = good[RELS].replace(b"</Rel", macro + b"</Rel")
    return packed(good | {"xl/macrosheets/sheet1.xml": b"<macrosheet/>"})


def second(name: str) -> bytes:
    """Return the good workbook with a second sheet of that name."""
    good = parts()
    other = f'<sheet name="{name}" sheetId="2" r:id="r9"/></sheets>'.encode()
    good[BOOK] = good[BOOK].replace("客户".encode(), b"Data").replace(b"</sheets>", other)
    rel = relationship("r9", "worksheet", "worksheets/sheet2.xml").encode()
    good[RELS] = good[RELS].replace(b"</Rel", rel + b"</Rel")
    return packed(good | {"xl/worksheets/sheet2.xml": sheet()})


def two_readings(kind: str, target: str, other: bytes) -> bytes:
    """Return the good workbook with a second part of a kind, which some readers would take."""
    good = parts()
    rel = relationship("r9", kind, target).encode()
    name = RELS if kind != "officeDocument" else "_rels/.rels"
    good[name] = good[name].replace(b"</Rel", rel + b"</Rel")
    return packed(good | {f"xl/{target}".replace("xl/xl/", "xl/"): other})


ATTRIBUTES = " ".join(f'a{i}="1"' for i in range(200_000))
BREAKS = "\n" * 125_000
GOOD = cell('<c r="C2"><v>1200</v></c>')

# What each must come to: the code of a refusal and a word of why, or how it is read.
REFUSED: dict[str, tuple[Callable[[], bytes], str, str]] = {
    # another kind of file
    "encrypted": (encrypted, "E004", ""),
    "old xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + "Workbook".encode("utf-16-le"), "E005", ""),
    "bare xls": (lambda: b"\x09\x08\x10\x00\x00\x06\x05\x00", "E005", ""),
    "xlsb": (lambda: edited(TYPES, "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "vnd.ms-excel.sheet.binary.macroEnabled.main"), "E005", ""),
    "ods": (lambda: packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}), "E003", "ods"),
    "docx": (lambda: edited(TYPES, "spreadsheetml.sheet.main", "wordprocessingml.document.main"), "E003", "Word"),
    "csv": ("客户编号,年销售额\nKA001,1200\n".encode, "E003", "text"),
    "csv in gbk": (lambda: "客户编号,年销售额\nKA001,1200\n".encode("gbk"), "E003", "text"),
    "html": (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "E003", "HTML"),
    "xml 2003": (lambda: b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "E003", "2003"),
    "pdf": (lambda: b"%PDF-1.7", "E003", "PDF"),
    "nothing": (lambda: b"", "E003", "empty"),
    "plain zip": (lambda: packed({"a.txt": b"x"}), "E003", "zip"),
    "data before the zip": (lambda: b"junk" + GOOD, "E003", ""),
    # a damaged file
    "truncated by half": (lambda: GOOD[: len(GOOD) // 2], "E006", "incomplete"),
    "truncated at the end": (lambda: GOOD[:-10], "E006", "incomplete"),
    "wrong checksum": (lambda: raw_zip(entries(checksum=7)), "E006", "checksum"),
    "digit flipped": (lambda: raw_zip([e._replace(content=e.content.replace(b">1200<", b">9200<"), checksum=zlib.crc32(e.content), method=0) for e in entries()]), "E006", "checksum"),
    "deflate broken": (lambda: GOOD.replace(GOOD[60:70], b"\xff" * 10), "E006", ""),
    "larger than it says": (lambda: raw_zip(entries(size=10)), "E006", "larger"),
    "smaller than it says": (lambda: raw_zip(entries(size=100_000)), "E006", "checksum"),
    "no workbook part": (lambda: with_part(BOOK, None), "E006", "missing"),
    "no relationships": (lambda: with_part(RELS, None), "E006", "missing"),
    "no package relationships": (lambda: with_part("_rels/.rels", None), "E006", "missing"),
    "no sheet part": (lambda: with_part(SHEET, None), "E006", "missing"),
    "no shared strings": (lambda: with_part(STRINGS, None), "E006", "missing"),
    "no styles": (lambda: with_part(STYLES, None), "E006", "missing"),
    "no content types": (lambda: with_part(TYPES, None), "E003", ""),
    "no sheets": (lambda: edited(BOOK, '<sheet name="客户" sheetId="1" r:id="r1"/>', ""), "E006", "no worksheet"),
    "sheet without part": (lambda: edited(BOOK, 'r:id="r1"', ""), "E006", "missing"),
    # the zip file
    "ratio bomb": (lambda: bomb(50 * MB), "E008", "MB"),
    "lying bomb": (lambda: raw_zip([*entries()[:-1], Entry(SHEET.encode(), sheet() + b" " * 50 * MB, size=5000)]), "E006", "larger"),
    "many parts": (lambda: packed(parts() | {f"x/{i}": b"" for i in range(10_001)}, 0), "E008", "parts"),
    "overlapping parts": (overlapping, "E006", "overlaps"),
    "part twice": (lambda: raw_zip([*entries(), Entry(SHEET.encode(), sheet())]), "E006", "twice"),
    "part twice but for case": (lambda: with_part("xl/worksheets/SHEET1.xml", sheet()), "E006", "twice"),
    "part twice but for slashes": (lambda: raw_zip([*entries(), Entry(SHEET.replace("/", "\\").encode(), sheet())]), "E006", "twice"),
    "traversal": (lambda: with_part("xl/../../evil.xml", b""), "E006", "unsafe"),
    "traversal by backslash": (lambda: raw_zip([*entries(), Entry(b"xl\\..\\..\\evil", b"")]), "E006", "unsafe"),
    "absolute name": (lambda: raw_zip([*entries(), Entry(b"/etc/passwd", b"")]), "E006", "unsafe"),
    "drive name": (lambda: raw_zip([*entries(), Entry(b"C:\\evil", b"")]), "E006", "unsafe"),
    "NUL in a name": (lambda: raw_zip([*entries(), Entry(b"xl/a\0b", b"")]), "E006", "unsafe"),
    "bzip2": (lambda: packed(parts(), zipfile.ZIP_BZIP2), "E006", "packed"),
    "lzma": (lambda: packed(parts(), zipfile.ZIP_LZMA), "E006", "packed"),
    "encrypted part": (lambda: raw_zip(entries(flags=1)), "E004", ""),
    "two workbooks": (lambda: two_readings("officeDocument", "xl/other.xml", parts()[BOOK]), "E006", "two workbooks"),
    "two lots of strings": (lambda: two_readings("sharedStrings", "other.xml", strings()), "E006", "only one"),
    "relationship id twice": (lambda: edited(RELS, 'Id="r2"', 'Id="r1"'), "E006", "same id"),
    "sheet part twice": (lambda: edited(BOOK, "</sheets>", '<sheet name="b" sheetId="2" r:id="r1"/></sheets>'), "E006", "two sheets"),
    "sheet name twice": (lambda: second("DATA"), "E006", "called"),
    # XML
    **{f"doctype in {name}": (lambda name=name: doctype(name), "E006", "DTD") for name in (SHEET, STRINGS, STYLES, BOOK, RELS, TYPES, "_rels/.rels")},
    "external entity": (lambda: with_part(STRINGS, b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + strings()), "E006", "DTD"),
    "giant attribute": (lambda: with_part(SHEET, sheet(before=f'<sheetPr codeName="{"x" * 20 * MB}"/>')), "E008", "MB"),
    "giant attribute, stored": (lambda: packed(parts(sheet=sheet(before=f'<sheetPr codeName="{"x" * 20 * MB}"/>')), 0), "E006", "too long"),
    "giant comment": (lambda: packed(parts(sheet=sheet(before=f'<!--{"<" * 20 * MB}-->')), 0), "E006", "too long"),
    "giant text": (lambda: packed(parts(sheet=sheet(ROWS[0] + " " * 20 * MB)), 0), "E006", "too long"),
    "many attributes": (lambda: packed(parts(sheet=sheet(before=f"<sheetPr {ATTRIBUTES}/>")), 0), "E006", "attributes"),
    "deep nesting": (lambda: with_part(SHEET, sheet(after="<a>" * 5000 + "</a>" * 5000)), "E006", "nested"),
    "endless elements": (lambda: packed(parts(sheet=sheet(after="<a/>" * 5_000_000)), 0), "E008", "elements"),
    "endless comments": (lambda: packed(parts(sheet=sheet(ROWS[0] + "<!---->" * 5_100_000)), 0), "E008", "pieces"),
    "endless line breaks in cells": (lambda: packed(parts(sheet=sheet("".join(f'<row r="{r}"><c r="A{r}" t="inlineStr"><is ><t>{BREAKS}</t></is></c></row>' for r in range(1, 43)))), 0), "E008", "pieces"),
    "endless line breaks in strings": (lambda: packed(parts() | {STRINGS: strings((*TEXTS, *[f"&amp;{BREAKS}"] * 42)).replace(b"<si>", b"<si >")}, 0), "E008", "pieces"),
    "not well-formed": (lambda: edited(SHEET, "</sheetData>", ""), "E006", "valid XML"),
    "styles not well-formed": (lambda: edited(STYLES, "</cellXfs>", ""), "E006", "valid XML"),
    "bad UTF-8": (lambda: with_part(STRINGS, strings().replace("甲".encode(), b"\xff\xfe")), "E006", "valid XML"),
    "unknown encoding": (lambda: recoded("utf-8", "EBCDIC-CP-ZZ"), "E006", "encoding"),
    "no namespace": (lambda: with_part(SHEET, sheet(space="x")), "E006", "not a worksheet"),
    "chart for a sheet": (lambda: with_part(SHEET, f'<chartsheet xmlns="{MAIN}"/>'.encode()), "E006", "not a worksheet"),
    "data twice": (lambda: book(after="<sheetData/>"), "E006", "two lots"),
    "row in a row": (lambda: book(ROWS[0] + f'<row r="2"><x>{ROWS[2]}</x></row>'), "E006", "out of place"),
    "cell in a foreign element": (lambda: book(ROWS[0] + '<row r="2"><x><c r="A2"><v>1</v></c></x></row>'), "E006", "out of place"),
    "row of another namespace": (lambda: book(ROWS[0] + '<o:row xmlns:o="o" r="2"><o:c r="A2"/></o:row>'), "E006", "out of place"),
    # places
    "column off the grid": (lambda: cell('<c r="XFE2"><v>1</v></c>'), "E006", "no address"),
    "long column": (lambda: cell('<c r="AAAAAAA2"><v>1</v></c>'), "E006", "no address"),
    "row off the grid": (lambda: book(ROWS[0] + '<row r="1048577"><c r="A1048577"/></row>'), "E006", "no address"),
    "row 2^32 + 1": (lambda: book(ROWS[0] + '<row r="4294967297"><c r="A4294967297"><v>1</v></c></row>'), "E006", "no address"),
    "cell of row 2^32 + 2": (lambda: cell('<c r="C4294967298"><v>1</v></c>'), "E006", "no address"),
    "row 0": (lambda: book(ROWS[0] + '<row r="0"><c r="A0"><v>1</v></c></row>'), "E006", "no address"),
    "cell of row 0": (lambda: cell('<c r="C0"><v>1</v></c>'), "E006", "no address"),
    "row -1": (lambda: book(ROWS[0] + '<row r="-1"/>'), "E006", "no address"),
    "range for a cell": (lambda: cell('<c r="C2:C3"><v>1</v></c>'), "E006", "no address"),
    "small letters": (lambda: cell('<c r="c2"><v>1</v></c>'), "E006", "no address"),
    "row in letters": (lambda: book(ROWS[0] + '<row r="A2"/>'), "E006", "no address"),
    "cell of another row": (lambda: cell('<c r="C3"><v>1</v></c>'), "E006", "stands in row 2"),
    "cell twice": (lambda: cell('<c r="C2"><v>1</v></c><c r="C2"><v>2</v></c>'), "E006", "C2 occurs twice"),
    "cell twice, once unnamed": (lambda: cell('<c><v>1</v></c><c r="C2"><v>2</v></c>'), "E006", "C2 occurs twice"),
    "row twice": (lambda: book("".join(ROWS) + ROWS[1]), "E006", "row 2 occurs twice"),
    "dimension off the grid": (lambda: book(before='<dimension ref="A1:XFE9"/>'), "E006", "no address"),
    "merge off the grid": (lambda: book(after='<mergeCells><mergeCell ref="A1:A1048577"/></mergeCells>'), "E006", "no address"),
    "stray cell": (lambda: spread(1_048_576, "XFD"), "E008", "XFD1048576"),
    "stray row": (lambda: spread(1_048_576, "T"), "E008", "T1048576"),
    "merge over all": (lambda: book(after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'), "E008", "merged"),
    "many merges": (lambda: packed(parts(sheet=sheet(after="<mergeCells>" + '<mergeCell ref="A1:A2"/>' * 100_001 + "</mergeCells>")), 0), "E008", "merged"),
    "hyperlink over all": (lambda: book(after='<hyperlinks><hyperlink ref="A1:XFD1048576"/></hyperlinks>'), "E008", "hyperlink"),
    "many formats": (lambda: styled(1_000_000), "E008", "formats"),
    "formats twice": (lambda: edited(STYLES, "<cellXfs", "<cellXfs/><cellXfs"), "E006", "out of order"),
    "amplified text": (amplified, "E008", "text of all cells"),
    "text too long": (lambda: with_part(STRINGS, strings((*TEXTS, "x" * 200_000))), "E008", "characters"),
    "inline text too long": (lambda: cell(f'<c r="C2" t="inlineStr"><is><t>{"x" * 200_000}</t></is></c>'), "E006", "too long"),
    "impossible count of strings": (lambda: with_part(STRINGS, strings(attributes=' uniqueCount="4000000000"')), "E006", "more strings"),
    "endless cells": (lambda: book("".join(f'<row r="{r}">{"<c/>" * 100}</row>' for r in range(1, 10_010))), "E008", "elements"),
    # values
    **{
        f"value {value!r} of type {type_}": (lambda t=type_, v=value: cell(f'<c r="C2" t="{t}"><v>{v}</v></c>'), "E006", "C2 holds")
        for type_, values in {
            "n": ("NaN", "INF", "-inf", "1e309", "1,5", "0x10", " 5", "5 ", "1_000", "abc", "+5", "1" * 400, "&#49;2", "12&#48;"),
            "s": ("-1", "abc", "10", "99999999999999999999", "+1", " 1", "1.0", "&#49;"),
            "b": ("2", "true", "false", "TRUE", "-1"),
            "e": ("#what!", "N/A", "5"),
            "d": ("yesterday", "2024-13", "45352"),
        }.items()
        for value in values
    },
    "unknown type": (lambda: cell('<c r="C2" t="zzz"><v>1</v></c>'), "E006", "type"),
    "value before its formula": (lambda: cell('<c r="C2"><v>1200</v><f>1</f></c>'), "E006", "order"),
    "two values": (lambda: cell('<c r="C2"><v>1</v><v>2</v></c>'), "E006", "order"),
    "comment in a value": (lambda: cell('<c r="C2"><v>1<!-- -->200</v></c>'), "E006", "comment"),
    "CDATA in a value": (lambda: cell('<c r="C2"><v><![CDATA[1200]]></v></c>'), "E006", "comment"),
    "instruction in a value": (lambda: cell('<c r="C2"><v><?x?>1200</v></c>'), "E006", "comment"),
    "element in a value": (lambda: cell('<c r="C2"><v><b/>1200</v></c>'), "E006", "out of place"),
    "foreign element in a cell": (lambda: cell('<c r="C2"><extLst/><v>1200</v></c>'), "E006", "out of place"),
    "value of another namespace": (lambda: cell('<c r="C2"><o:v xmlns:o="o">1</o:v></c>'), "E006", "out of place"),
    "inline text as a value": (lambda: cell('<c r="C2" t="inlineStr"><v>abc</v></c>'), "E006", "look"),
    "inline text of a number": (lambda: cell('<c r="C2"><is><t>5</t></is></c>'), "E006", "look"),
    "reference in a style": (lambda: edited(SHEET, 's="1"', 's="&#49;"'), "E006", "references"),
    "reference in an address": (lambda: edited(SHEET, 'r="C2"', 'r="C&#50;"'), "E006", "references"),
}  # fmt: skip
READ: dict[str, Callable[[], bytes]] = {
    "good": lambda: GOOD,
    "good, stored": lambda: packed(parts(), 0),
    "strict": strict,
    "prefixed": lambda: packed({n: prefixed(c) if n in {SHEET, STRINGS, STYLES} else c for n, c in parts().items()}),
    "single quotes": lambda: packed({n: re.sub(rb'="([^"]*)"', rb"='\1'", c) for n, c in parts().items()}),
    "UTF-16": lambda: recoded("utf-16", "UTF-16"),
    "UTF-16 big end first, unmarked": lambda: recoded("utf-16-be", "UTF-16"),
    "UTF-8 that says UTF-16": lambda: recoded("utf-8", "utf-16"),
    "UTF-8 with a mark": lambda: recoded("utf-8-sig", "UTF-8"),
    "GB18030": lambda: recoded("gb18030", "GB18030"),
    "parts elsewhere": moved,
    "macro sheet": macro_sheet,
    "streamed": lambda: streamed(zip64=False),
    "streamed as ZIP64": lambda: streamed(zip64=True),
    "space kept": lambda: with_part(STRINGS, strings().replace(b"<t>", b'<t xml:space="preserve">')),
    "trailing bytes": lambda: GOOD + bytes(1000),
    "zip comment": lambda: raw_zip(entries())[:-2] + struct.pack("<H", 5) + b"hello",
    "folders": lambda: packed({"xl/": b"", "xl/worksheets/": b""} | parts()),
    "backslashes": lambda: raw_zip([e._replace(name=e.name.replace(b"/", b"\\")) for e in entries()]),
    "names in capitals": lambda: raw_zip([e._replace(name=e.name.upper()) for e in entries()]),
    "no addresses": lambda: book(re.sub(r' r="[^"]*"', "", "".join(ROWS))),
    "rows out of order": lambda: book(ROWS[0] + ROWS[2] + ROWS[1]),
    "comments between cells": lambda: book("<!-- <row r='9'/> -->".join(ROWS)),
    "text as CDATA": lambda: with_part(STRINGS, strings().replace(b"<t>KA001</t>", b"<t><![CDATA[KA001]]></t>")),
    "rich text": lambda: with_part(STRINGS, strings().replace(b"<t>KA001</t>", b"<r><rPr><b/></rPr><t>KA</t></r><r><t>001</t></r><rPh sb='0' eb='1'><t>x</t></rPh><phoneticPr fontId='1'/>")),
    "formula over lines": lambda: edited(SHEET, "<f>C2*2.5</f>", "<f>C2 *\n 2.5</f>"),
    "white space": lambda: with_part(SHEET, sheet().replace(b"><c", b">\n  <c").replace(b"><row", b">\n<row")),
    "unknown attributes": lambda: edited(SHEET, '<c r="C2">', '<c r="C2" x="1">'),
    "unknown elements in a row": lambda: edited(SHEET, '<c r="C2">', '<x/><c r="C2">'),
    "sparse but small": lambda: spread(1000, "H"),
}  # fmt: skip
