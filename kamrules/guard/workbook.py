"""Looks at a workbook before any reader does: refuses it, or says what readers would hide."""

from __future__ import annotations

import posixpath
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.sax.saxutils import quoteattr

from kamrules.guard.cell_check import Spent
from kamrules.guard.package_check import (
    HAS_PASSWORD,
    MAIN,
    MB,
    Limits,
    Packed,
    Parts,
    check_size,
    damaged,
    normal,
    refusal,
    repack,
)
from kamrules.guard.plain_rows import ERRORS, Columns
from kamrules.guard.readers import try_reading
from kamrules.guard.shared_check import check_formats, check_strings
from kamrules.guard.sheet_check import TOP_ROWS, check_sheet, with_known_errors
from kamrules.guard.xml_check import related, walk
from kamrules.messages.message import message
from kamrules.messages.phrases import NO_RUN
from kamrules.messages.problem import Cell
from kamrules.words.address import letters
from kamrules.words.text import Text
from kamrules.xlsx.files import NOT_OPENED

# fmt: off
NO_FILE = message("E001", kind="file",
    what=("找不到文件 {name}", "there is no file {name}"),
    why=("给出的位置是 {path}", "the path given is {path}"),
    fix=("检查文件名和文件夹; 名称里有空格时加引号",
         "check the name and the folder; put quotes around a name with spaces"),
    effect=NO_RUN, example={"name": "供应商.xlsx", "path": "D:\\采购\\供应商.xlsx"})
NO_WORKBOOK = message("E003", kind="file",
    what=("{name} 不是 Excel 工作簿 (.xlsx)", "{name} is not an Excel workbook (.xlsx)"),
    why=("它其实是{kind}", "it is {kind}"),
    fix=("选用 .xlsx 工作簿; 若只有这个文件, 用 Excel 打开或导入, 再另存为 .xlsx",
         "use the .xlsx workbook; if this is all there is, open or import it in Excel and save "
         "it as .xlsx"),
    effect=NO_RUN, example={"name": "供应商.xlsx", "kind": Text(" CSV 文本", "CSV text")})
OTHER_FORMAT = message("E005", kind="file",
    what=("{name} 是{kind}", "{name} is {kind}"),
    why=("kamrules 只读 .xlsx 和 .xlsm", "kamrules reads .xlsx and .xlsm only"),
    fix=("在 Excel 中打开, 另存为 “Excel 工作簿 (*.xlsx)”",
         "open it in Excel and save it as “Excel Workbook (*.xlsx)”"),
    effect=NO_RUN,
    example={"name": "供应商.xls",
             "kind": Text("旧版 Excel 工作簿 (.xls)", "an old Excel workbook (.xls)")})
LOCK_FILE = message("E009", kind="file",
    what=("{name} 是 Excel 的临时锁定文件", "{name} is a lock file of Excel"),
    why=("{workbook} 正打开着时 Excel 会生成它, 里面没有数据",
         "Excel makes it while {workbook} is open; it holds no data"),
    fix=("改用 {workbook}; 若没有打开它, 可删去 {name}",
         "use {workbook}; if nobody has it open, delete {name}"),
    effect=NO_RUN, example={"name": "~$供应商.xlsx", "workbook": "供应商.xlsx"})
# fmt: on


__all__ = ["TOP_ROWS", "Limits", "Package", "Worksheet", "inspect", "letters", "workbook"]

_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KNOWN = re.compile(ERRORS)
# The fewest bytes of a cell with a value.
CELL_BYTES = len("<c><v>1</v></c>")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BARE_XLS = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")
WORKBOOK_TYPES = (
    "spreadsheetml.sheet.main+xml",
    "spreadsheetml.template.main+xml",
    "ms-excel.sheet.macroEnabled.main+xml",
    "ms-excel.template.macroEnabled.main+xml",
)
XLS = Text("旧版 .xls 工作簿", "an old .xls workbook")
XLSB = Text("二进制 .xlsb 工作簿", "a binary .xlsb workbook")
EMPTY = Text("空文件 (0 字节)", "an empty file (0 bytes)")
PDF = Text("PDF 文件", "a PDF file")
HTML = Text("网页 (HTML) 表格", "an HTML table")
XML_2003 = Text("“XML 电子表格 2003”", "an “XML Spreadsheet 2003” file")
PLAIN_TEXT = Text("文本文件 (如 CSV)", "a text file (such as CSV)")
PLAIN_ZIP = Text("zip 压缩文件", "a zip file")
OLD_OFFICE = Text("旧版 Office 文档", "an old Office document")
FOLDER = Text("文件夹", "a folder")
UNKNOWN = Text("未知格式的文件", "a file of an unknown kind")
# Zip files that are no .xlsx, by what their content types, mimetype or part names give away.
ZIP_KINDS = {
    "opendocument.spreadsheet": Text("OpenDocument 表格 (.ods)", "an OpenDocument table (.ods)"),
    "wordprocessingml": Text("Word 文档 (.docx)", "a Word document (.docx)"),
    "presentationml": Text("PowerPoint 文件 (.pptx)", "a PowerPoint file (.pptx)"),
    "index/document.iwa": Text("Apple Numbers 文件", "an Apple Numbers file"),
}


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A sheet, and the cells of which readers show something else, by address.

    Errors and uncached formulas look blank; *booleans* stand among numbers, and look like them.
    *used* says whether any cell holds a value, *last_column* where the last one does. *columns* are
    the values themselves, of a large sheet whose columns hold one kind each.
    """

    title: str
    state: str  # visible, hidden or veryHidden
    errors: Mapping[str, str]
    uncached: tuple[str, ...]
    booleans: Mapping[str, str] = field(default_factory=dict)
    used: bool = True
    last_column: int = 0
    columns: Columns | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Package:
    """A workbook that may be read: *content* is a copy with nothing in it but its worksheets.

    Readers parse a whole sheet even to give a few rows, so headers are looked for in *top*, the
    same workbook with the first rows of each sheet. *shared* are its strings and formats.
    """

    book: str  # the name of the file
    sheets: tuple[Worksheet, ...]
    content: bytes
    top: bytes
    shared: Mapping[str, Packed]
    base_1904: bool


def inspect(
    path: Path | Package,
    limits: Limits | None = None,
    wanted: Callable[[str], bool] = lambda title: True,
) -> Package:
    """Return what a reader must know about a workbook, or refuse it; one inspected stays so.

    Sheets whose title is not *wanted* are left out.
    """
    if isinstance(path, Package):
        return path
    limits, book = limits or Limits(), path.name
    if not path.exists():
        raise refusal(NO_FILE, Cell(book), path=path)
    if path.is_dir():
        raise refusal(NO_WORKBOOK, Cell(book), kind=FOLDER)
    if book.startswith("~$"):
        raise refusal(LOCK_FILE, Cell(book), workbook=book[2:])
    try:
        with path.open("rb") as file:
            start = file.read(4 * MB)
            _check_kind(book, start)
            content = start + file.read(limits.file)
            size = max(path.stat().st_size, len(content))
    except OSError as error:
        reason = Text(f"系统说: {error.strerror}", f"the system says: {error.strerror}")
        raise refusal(NOT_OPENED, Cell(book), exit_code=3, reason=reason) from error
    check_size(Cell(book), Text("文件", "the file"), size, limits.file)
    return _package(Parts(book, content, limits), wanted)


def _check_kind(book: str, start: bytes) -> None:
    """Refuse what does not begin as an .xlsx file does."""
    if start.startswith(OLE):
        _refuse_ole(book, start)
    if start.startswith(BARE_XLS):
        raise refusal(OTHER_FORMAT, Cell(book), kind=XLS)
    if not start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise refusal(NO_WORKBOOK, Cell(book), kind=_kind(start[:4096]))


def _refuse_ole(book: str, content: bytes) -> NoReturn:
    streams = {
        s: s.encode("utf-16-le") in content for s in ("EncryptedPackage", "Workbook", "Book")
    }
    if streams["EncryptedPackage"]:
        raise refusal(HAS_PASSWORD, Cell(book))
    if any(streams.values()):
        raise refusal(OTHER_FORMAT, Cell(book), kind=XLS)
    raise refusal(NO_WORKBOOK, Cell(book), kind=OLD_OFFICE)


def _kind(start: bytes) -> Text:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        return EMPTY
    if start.startswith(b"%PDF"):
        return PDF
    if b"office:spreadsheet" in text or b"mso-application" in text:
        return XML_2003
    if text.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")):
        return HTML
    utf_16 = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    return PLAIN_TEXT if utf_16 or b"\0" not in start else UNKNOWN


def _package(parts: Parts, wanted: Callable[[str], bool]) -> Package:
    """Return the workbook that a package holds."""
    book = _Book(parts)
    worksheets = [sheet for sheet in book.sheets if wanted(sheet[0])] or book.sheets
    formats, strings = book.shared("styles"), book.shared("sharedStrings")
    lengths, plain = check_strings(parts, strings) if strings else (array("I"), True)
    if formats:
        plain &= check_formats(parts, formats)
    most = sum(parts.size(name) for *_, name in worksheets) // CELL_BYTES
    longest = max(CELL_BYTES, max(lengths, default=0))
    spent = Spent(most > parts.limits.cells, most * longest > parts.limits.texts)
    sheets, tops, readable = [], list[bytes](), dict[str, Packed]()
    for title, state, name in worksheets:
        found = check_sheet(parts, name, title, lengths, spent)
        plain &= found.plain
        sheets.append(
            Worksheet(
                title, state, found.errors, found.uncached, found.booleans, found.used,
                found.last_column, found.columns,
            )
        )  # fmt: skip
        tops.append(found.top)
        readable[title] = parts.packed(name)
        if not all(map(_KNOWN.fullmatch, set(found.errors.values()))):
            readable[title] = Packed.of(with_known_errors(b"".join(parts.blocks(name))))
            tops[-1] = with_known_errors(found.top)
    shared = {
        f"xl/{file}.xml": parts.packed(name)
        for file, name in (("styles", formats), ("sharedStrings", strings))
        if name
    }
    content = workbook(readable, shared, book.base_1904)
    if not plain:
        try_reading(parts.where, content)
    top = workbook(dict(zip(readable, map(Packed.of, tops), strict=True)), shared, book.base_1904)
    return Package(parts.where.book, tuple(sheets), content, top, shared, book.base_1904)


def workbook(sheets: Mapping[str, Packed], shared: Mapping[str, Packed], base_1904: bool) -> bytes:
    """Return a workbook of sheets by title, with the parts where readers look for them."""
    listed, rels, parts = "", "", dict(shared)
    for i, (title, sheet) in enumerate(sheets.items(), 1):
        listed += f'<sheet name={quoteattr(title)} sheetId="{i}" r:id="r{i}"/>'
        rels += _relationship(f"r{i}", "worksheet", f"worksheets/sheet{i}.xml")
        parts[f"xl/worksheets/sheet{i}.xml"] = sheet
    root = f"<workbook xmlns={quoteattr(MAIN[0])} xmlns:r={quoteattr(_RELATED)}>"
    base = f'<workbookPr date1904="{base_1904:d}"/>'
    own = {
        "_rels/.rels": _relationships(_relationship("r0", "officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": _relationships(rels),
        "xl/workbook.xml": f"{root}{base}<sheets>{listed}</sheets></workbook>",
    }
    return repack({name: Packed.of(xml.encode()) for name, xml in own.items()} | parts)


class _Book:
    """What the workbook part says: the worksheets, and the parts that they share."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.main = _main(parts)
        self.related = related(parts, self.main)
        self.base_1904 = False
        self.titles: list[tuple[str, str, str]] = []
        walk(parts, self.main, self._element)
        self.sheets = list(self._worksheets())
        if not self.sheets:
            raise damaged(parts.where, "里面没有工作表", "it holds no worksheet")
        if again := _repeated(title.casefold() for title, *_ in self.titles):
            raise damaged(parts.where, f"有两张工作表叫 {again}", f"two sheets are called {again}")
        if again := _repeated(normal(name) for *_, name in self.sheets):
            raise parts.damaged(again, "是两张工作表", "is two sheets")

    def _element(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "sheet":
            ids = [v for key, v in attributes.items() if key.rpartition(" ")[2] == "id"]
            state = attributes.get("state", "visible")
            self.titles.append((attributes.get("name", ""), state, ids[0] if ids else ""))
        elif tag == "workbookPr":
            self.base_1904 = attributes.get("date1904") in {"1", "true"}

    def _worksheets(self) -> Iterator[tuple[str, str, str]]:
        """Yield title, state and part of each sheet with cells, in workbook order."""
        for title, state, id_ in self.titles:
            kind, name = self.related.get(id_, ("worksheet", f"({title})"))
            if kind == "worksheet":
                yield title, state, name

    def shared(self, kind: str) -> str:
        """Return the one part of a kind that sheets share, empty where there is none."""
        names = {name for of_kind, name in self.related.values() if of_kind == kind}
        if len(names) > 1:
            raise self.parts.damaged(min(names), "不止一个", "is not the only one of its kind")
        return names.pop() if names else ""


def _main(parts: Parts) -> str:
    """Return the name of the workbook part."""
    if "[Content_Types].xml" not in parts:
        mimetype = b"".join(parts.blocks("mimetype")) if "mimetype" in parts else b""
        raise refusal(NO_WORKBOOK, parts.where, kind=_zip_kind(f"{mimetype!r} {' '.join(parts)}"))
    types: dict[str, str] = {}

    def start(_: str, a: Mapping[str, str]) -> None:
        name = a.get("PartName", "." + a.get("Extension", "")).lstrip("/")
        types[normal(name)] = a.get("ContentType", "")

    walk(parts, "[Content_Types].xml", start)
    documents = {name for kind, name in related(parts, "").values() if kind == "officeDocument"}
    if len(documents) > 1:
        raise damaged(parts.where, "它是两个工作簿", "it is two workbooks")
    for name in documents:
        type_ = types.get(normal(name)) or types.get(posixpath.splitext(name)[1], "")
        if type_.endswith(WORKBOOK_TYPES):
            return name
    signs = " ".join(types.values())
    if "sheet.binary" in signs:
        raise refusal(OTHER_FORMAT, parts.where, kind=XLSB)
    raise refusal(NO_WORKBOOK, parts.where, kind=_zip_kind(signs))


def _repeated(names: Iterable[str]) -> str | None:
    """Return a name that comes twice."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def _zip_kind(signs: str) -> Text:
    return next((kind for sign, kind in ZIP_KINDS.items() if sign in signs), PLAIN_ZIP)


def _relationships(items: str) -> str:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{items}</Relationships>'


def _relationship(id_: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{id_}" Type="{_RELATED}/{kind}" Target="{target}"/>'
