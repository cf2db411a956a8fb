"""Looks at a workbook before any reader does: refuses it, or says what readers would hide."""

from __future__ import annotations

import io
import posixpath
import re
import struct
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from kamrules.model import Cell, Text, UsageError
from kamrules.text import problem

MB = 1 << 20
# Rows of each sheet among which a header is looked for.
TOP_ROWS = 30

# What Python's zip reader raises on damaged files.
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError)
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
class Limits:
    """How large a workbook may be, in bytes; *ratio* counts above *grace*."""

    file: int = 100 * MB
    entry: int = 1024 * MB
    total: int = 2048 * MB
    grace: int = MB
    ratio: int = 200
    parts: int = 10_000


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A sheet, and the cells that readers show as blank: errors by address, uncached formulas."""

    title: str
    state: str  # visible, hidden or veryHidden
    errors: Mapping[str, str]
    uncached: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """A workbook that may be read; *top* is the same workbook with the first rows of each sheet.

    Readers parse a whole sheet even to give a few rows, so headers are looked for in *top*.
    """

    sheets: tuple[Worksheet, ...]
    top: bytes


def inspect(path: Path, limits: Limits | None = None) -> Package:
    """Return what a reader must know about the workbook at *path*, or refuse it."""
    limits, book = limits or Limits(), path.name
    if not path.exists():
        raise _refusal("E001", book, path=path)
    if path.is_dir():
        raise _refusal("E003", book, kind=FOLDER)
    if book.startswith("~$"):
        raise _refusal("E009", book, workbook=book[2:])
    try:
        file = path.open("rb")
    except OSError as error:
        reason = Text(f"系统说: {error.strerror}", f"the system says: {error.strerror}")
        raise _refusal("E002", book, exit_code=3, reason=reason) from error
    with file:
        _check_kind(book, file.read(4 * MB))
        _check_size(book, Text("文件", "the file"), path.stat().st_size, limits.file)
        try:
            archive = zipfile.ZipFile(file)
        except BROKEN as error:
            reason = Text(
                "文件不完整, 可能没有传完", "it is incomplete, perhaps cut off on the way"
            )
            raise _refusal("E006", book, reason=reason) from error
        return _package(_Parts(book, archive, limits))


def _refusal(code: str, book: str, exit_code: int = 2, **params: Any) -> UsageError:
    return UsageError([problem(code, Cell(book), name=book, **params)], exit_code)


def _check_kind(book: str, start: bytes) -> None:
    """Refuse what does not begin as an .xlsx file does."""
    if start.startswith(OLE):
        _refuse_ole(book, start)
    if start.startswith(BARE_XLS):
        raise _refusal("E005", book, kind=XLS)
    if not start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise _refusal("E003", book, kind=_kind(start[:4096]))


def _refuse_ole(book: str, content: bytes) -> NoReturn:
    streams = {
        s: s.encode("utf-16-le") in content for s in ("EncryptedPackage", "Workbook", "Book")
    }
    if streams["EncryptedPackage"]:
        raise _refusal("E004", book)
    if any(streams.values()):
        raise _refusal("E005", book, kind=XLS)
    raise _refusal("E003", book, kind=OLD_OFFICE)


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


def _check_size(book: str, what: Text, size: int, limit: int) -> None:
    if size > limit:
        reason = Text(
            f"{what.zh} 有 {size / MB:,.1f} MB, 上限 {limit / MB:,.1f} MB",
            f"{what.en} is {size / MB:,.1f} MB, the limit is {limit / MB:,.1f} MB",
        )
        raise _refusal("E008", book, reason=reason)


class _Parts:
    """The parts of a package that keeps the limits, by normalised name."""

    def __init__(self, book: str, archive: zipfile.ZipFile, limits: Limits) -> None:
        self.book = book
        self.archive = archive
        self.entries: dict[str, zipfile.ZipInfo] = {}
        for entry in archive.infolist():
            name = _normal(entry.orig_filename)
            if name in self.entries:
                raise self.damaged(name, "出现两次", "occurs twice")
            if "\0" in name or ".." in name.split("/"):
                raise self.damaged(name, "名称不安全", "has an unsafe name")
            if entry.flag_bits & 1:
                raise _refusal("E004", book)
            self.entries[name] = entry
        self._check_budgets(limits)

    def _check_budgets(self, limits: Limits) -> None:
        if (count := len(self.entries)) > limits.parts:
            zh, en = f"包内有 {count:,} 个部件, 上限", f"it holds {count:,} parts, the limit is"
            reason = Text(f"{zh} {limits.parts:,}", f"{en} {limits.parts:,}")
            raise _refusal("E008", self.book, reason=reason)
        for name, entry in self.entries.items():
            allowed = max(limits.grace, limits.ratio * entry.compress_size)
            what = Text(f"部件 {name} 解压后", f"the part {name}, unpacked,")
            _check_size(self.book, what, entry.file_size, min(limits.entry, allowed))
        total = sum(entry.file_size for entry in self.entries.values())
        _check_size(self.book, Text("全部解压后", "all of it, unpacked,"), total, limits.total)

    def damaged(self, name: str, zh: str, en: str) -> UsageError:
        """Return the refusal of the package for one of its parts."""
        reason = Text(f"部件 {name} {zh}", f"the part {name} {en}")
        return _refusal("E006", self.book, reason=reason)

    def __contains__(self, name: str) -> bool:
        return _normal(name) in self.entries

    def read(self, name: str) -> bytes:
        """Return the content of a part, its checksum verified."""
        if name not in self:
            raise self.damaged(name, "缺失", "is missing")
        try:
            content = self.archive.read(self.entries[_normal(name)])
        except BROKEN as error:
            raise self.damaged(name, "与校验和不符", "does not match its checksum") from error
        if b"<!DOCTYPE" in content:
            raise self.damaged(name, "带有 DTD", "holds a DTD")
        return content

    def elements(self, name: str) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield the local name and the attributes of each element of a part."""
        try:
            root = ET.fromstring(self.read(name))
        except (ET.ParseError, LookupError, ValueError) as error:
            raise self.damaged(name, "不是有效的 XML", "is not valid XML") from error
        for element in root.iter():
            yield element.tag.rpartition("}")[2], element.attrib

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """Return kind and name of the parts that *name* refers to, by relationship id."""
        folder = "/" + posixpath.dirname(name)
        found = {}
        for tag, a in self.elements(_rels(name)):
            if tag == "Relationship" and a.get("TargetMode") != "External":
                target = a.get("Target", "").replace("\\", "/")
                part = posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
                found[a.get("Id", "")] = (posixpath.basename(a.get("Type", "")), part)
        return found


def _normal(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


def _rels(name: str) -> str:
    """Return the name of the part that holds the relationships of *name*."""
    folder, base = posixpath.split(name)
    return posixpath.join(folder, "_rels", f"{base}.rels")


def _package(parts: _Parts) -> Package:
    main = _main(parts)
    related = parts.related(main)
    top = {name: parts.read(name) for name in ("_rels/.rels", main, _rels(main))}
    for kind, name in related.values():
        if kind == "sharedStrings" or (kind == "styles" and name in parts):
            top[name] = parts.read(name)
    sheets = []
    for title, state, id_ in _titles(parts, main):
        kind, name = related.get(id_, ("worksheet", f"({title})"))
        if "acrosheet" in kind:
            raise parts.damaged(name, "是 Excel 4 宏表, 读不了", "is an Excel 4 macro sheet")
        if kind == "worksheet":
            xml = _SheetXml(parts.read(name))
            sheets.append(Worksheet(title, state, dict(xml.errors()), tuple(xml.uncached())))
            top[name] = xml.top()
    return Package(tuple(sheets), _zip(parts, top))


def _main(parts: _Parts) -> str:
    """Return the name of the workbook part."""
    if "[Content_Types].xml" not in parts:
        signs = parts.read("mimetype").decode("ascii", "replace") if "mimetype" in parts else ""
        raise _refusal("E003", parts.book, kind=_zip_kind(signs + " ".join(parts.entries)))
    types = {
        _normal(a.get("PartName", "." + a.get("Extension", ""))): a.get("ContentType", "")
        for _, a in parts.elements("[Content_Types].xml")
    }
    for kind, name in parts.related("").values():
        type_ = types.get(_normal(name)) or types.get(posixpath.splitext(name)[1], "")
        if kind == "officeDocument" and type_.endswith(WORKBOOK_TYPES):
            return name
    signs = " ".join(types.values())
    if "sheet.binary" in signs:
        raise _refusal("E005", parts.book, kind=XLSB)
    raise _refusal("E003", parts.book, kind=_zip_kind(signs))


def _zip_kind(signs: str) -> Text:
    return next((kind for sign, kind in ZIP_KINDS.items() if sign in signs), PLAIN_ZIP)


def _titles(parts: _Parts, main: str) -> Iterator[tuple[str, str, str]]:
    """Yield title, state and relationship id of each sheet in workbook order."""
    for tag, a in parts.elements(main):
        if tag == "sheet":
            id_ = next((v for k, v in a.items() if k.endswith("}id")), "")
            yield a.get("name", ""), a.get("state", "visible"), id_


def _zip(parts: _Parts, contents: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(parts.entries[_normal(name)].filename), content)
    return buffer.getvalue()


class _SheetXml:
    """The XML of a worksheet, searched as bytes: a walk over every cell would take seconds."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        root = re.search(rb"<([\w.-]+:)?worksheet[\s>]", content)
        self.prefix = (root[1] or b"") if root else b""
        self.cell = b"<" + self.prefix + b"c"  # nothing else in a row begins so
        self.row = b"<" + self.prefix + b"row"

    def top(self) -> bytes:
        """Return the sheet with only its first rows."""
        end = b"</" + self.prefix + b"row>"
        at = 0
        for _ in range(TOP_ROWS):
            found = self.content.find(end, at)
            if found < 0:
                return self.content
            at = found + len(end)
        rest = self.content.rfind(b"</" + self.prefix + b"sheetData")
        return self.content[:at] + self.content[max(at, rest) :]

    def errors(self) -> Iterator[tuple[str, str]]:
        """Yield address and text of each cell that holds an error value."""
        value = _pattern(rb"<%(p)sv(?:\s[^>]*)?>([^<]+)<", self.prefix)
        end = b"</" + self.prefix + b"c>"
        for mark in (b't="e"', b"t='e'"):
            at = self.content.find(mark)
            while at >= 0:
                start = self.content.rfind(self.cell, 0, at)
                if start >= 0 and self.content.find(b">", start, at) < 0:
                    text = value.search(self.content, at, self.content.find(end, at))
                    yield self._address(start), text[1].decode() if text else "#VALUE!"
                at = self.content.find(mark, at + 1)

    def uncached(self) -> Iterator[str]:
        """Yield the address of each formula that was saved without its value."""
        if b"<" + self.prefix + b"f" not in self.content:
            return
        formula = _pattern(
            rb"<%(p)sf(?:\s[^>]*)?(?:/>|>[^<]*</%(p)sf>)\s*"
            rb"(?:<%(p)sv\s*/>|<%(p)sv(?:\s[^>]*)?></%(p)sv>|</%(p)sc>)",
            self.prefix,
        )
        for found in formula.finditer(self.content):
            start = self.content.rfind(self.cell, 0, found.start())
            # A formula may well give an empty text, and an error is reported as one.
            if not re.search(rb"""\st=["'](?:str|e)["']""", self._tag(start)):
                yield self._address(start)

    def _tag(self, start: int) -> bytes:
        return self.content[start : self.content.find(b">", start)]

    def _address(self, start: int) -> str:
        """Return the address of the cell at *start*, counted where the cell does not say it."""
        if said := re.search(rb"""\sr=["']([A-Z]+[0-9]+)["']""", self._tag(start)):
            return said[1].decode()
        row_start = self.content.rfind(self.row, 0, start)
        column = self.content.count(self.cell, row_start, start) + 1
        said = re.search(rb"""\sr=["']([0-9]+)["']""", self._tag(row_start))
        row = int(said[1]) if said else self.content.count(self.row, 0, row_start) + 1
        return f"{letters(column)}{row}"


@cache
def _pattern(template: bytes, prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(template % {b"p": re.escape(prefix)})


def letters(column: int) -> str:
    """Return the letters of a column, counted from 1."""
    name = ""
    while column:
        column, digit = divmod(column - 1, 26)
        name = chr(ord("A") + digit) + name
    return name
