"""The parts of a workbook within their limits, and the copy of them that readers get."""

from __future__ import annotations

import codecs
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kamrules.messages.message import Message, message
from kamrules.messages.phrases import NO_RUN
from kamrules.messages.problem import Cell, UsageError
from kamrules.words.text import Text
from kamrules.xlsx.package import BROKEN

# fmt: off
HAS_PASSWORD = message("E004", kind="file",
    what=("{name} 有密码保护", "{name} is protected by a password"),
    why=("加密的工作簿打不开", "an encrypted workbook cannot be read"),
    fix=("在 Excel 中: 文件 > 信息 > 保护工作簿 > 用密码进行加密, 清空密码后另存一份",
         "in Excel: File > Info > Protect Workbook > Encrypt with Password, clear the password, "
         "save a copy"),
    effect=NO_RUN, example={"name": "供应商.xlsx"})
DAMAGED = message("E006", kind="file",
    what=("{name} 已损坏, 不能放心读取", "{name} is damaged and cannot be trusted"),
    why=("{reason}", "{reason}"),
    fix=("重新复制或下载; 仍不行时在 Excel 中打开并修复, 再另存为 .xlsx",
         "copy or download it again; if that does not help, let Excel open and repair it, and "
         "save it as .xlsx"),
    effect=NO_RUN,
    example={"name": "供应商.xlsx",
             "reason": Text("内容的校验和不对", "a checksum does not fit its content")})
TOO_LARGE = message("E008", kind="file",
    what=("{name} 太大, 不读取", "{name} is too large to be read"), why=("{reason}", "{reason}"),
    fix=("删去用不到的工作表, 图片和空行, 另存后再试",
         "delete sheets, pictures and empty rows that are not needed, save it and try again"),
    effect=NO_RUN,
    example={"name": "供应商.xlsx",
             "reason": Text("展开后超过 2 GB", "it unpacks to more than 2 GB")})
# fmt: on


MB = 1 << 20
BLOCK = MB

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)

STORED, DEFLATED = 0, 8
_ENTRY = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_VERSION, _UTF_8, _DATE = 20, 0x800, 33  # the date is 1980-01-01
_LOCAL = struct.Struct("<4s22xHH")  # the header of an entry: signature, lengths of name and extra
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml\s[^>]*\?>)?")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']*)["']""")
# Encodings that some programs declare; of them all, readers are sure to know only UTF-8.
UTF_8 = "utf-8"
_RECODED = {
    UTF_8, "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1", "windows-1252",
    "gbk", "gb2312", "gb18030",
}  # fmt: skip
_ABSOLUTE = re.compile(r"/|[a-z]:")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a workbook may be; sizes in bytes, texts in characters.

    *ratio* counts above *grace*; the area that a sheet's cells span may be *sparse*, or as many
    times as large as they are as *spread* says, and never over *area*.
    """

    file: int = 100 * MB
    entry: int = 1024 * MB
    total: int = 2048 * MB
    grace: int = MB
    ratio: int = 200
    parts: int = 10_000
    cells: int = 12_000_000
    empty: int = 2_000_000
    area: int = 60_000_000
    sparse: int = 6_000_000
    spread: int = 12
    text: int = 131_068
    texts: int = 256 * MB
    formats: int = 65_490
    merges: int = 100_000
    merged: int = 2_000_000
    linked: int = 1_000_000
    rows: int = 5_000_000
    elements: int = 3_000_000  # that no pattern matches; a cell counts for three
    pieces: int = 5_000_000  # of text that no pattern matches
    depth: int = 64
    attributes: int = 200
    token: int = 4 * MB


@dataclass(frozen=True, slots=True)
class Packed:
    """A part as a zip file holds it."""

    content: bytes
    method: int
    size: int
    checksum: int

    @staticmethod
    def of(content: bytes) -> Packed:
        """Return a part, not compressed."""
        return Packed(content, STORED, len(content), zlib.crc32(content))


def refusal(fault: Message, where: Cell, exit_code: int = 2, **params: Any) -> UsageError:
    """Return the refusal of a workbook for what is found at *where*."""
    return UsageError([fault.at(where, name=where.book, **params)], exit_code)


def damaged(where: Cell, zh: str, en: str) -> UsageError:
    """Return the refusal of a workbook that readers could misread."""
    return refusal(DAMAGED, where, reason=Text(zh, en))


def too_large(where: Cell, zh: str, en: str) -> UsageError:
    """Return the refusal of a workbook that would take too much time or memory."""
    return refusal(TOO_LARGE, where, reason=Text(zh, en))


def check_size(where: Cell, what: Text, size: int, limit: int) -> None:
    """Refuse a number of bytes over its limit."""
    if size > limit:
        raise too_large(
            where,
            f"{what.zh} 有 {size / MB:,.1f} MB, 上限 {limit / MB:,.1f} MB",
            f"{what.en} is {size / MB:,.1f} MB, the limit is {limit / MB:,.1f} MB",
        )


def check_count(where: Cell, what: Text, count: int, limit: int) -> None:
    """Refuse a number of things over its limit."""
    if count > limit:
        raise too_large(
            where,
            f"{what.zh}有 {count:,} 个, 上限 {limit:,}",
            f"{what.en}: {count:,}, the limit is {limit:,}",
        )


class Parts:
    """The parts of a package that keeps its limits, by normalised name."""

    def __init__(self, book: str, content: bytes, limits: Limits) -> None:
        self.where = Cell(book)
        self.limits = limits
        self.elements = self.texts = 0  # of the XML parsed so far
        self._content = content
        self._entries: dict[str, zipfile.ZipInfo] = {}
        # Before zipfile makes objects of them all.
        self._check_number(content.count(b"PK\x01\x02"))
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
        except (*BROKEN, NotImplementedError) as error:
            raise self._incomplete() from error
        for entry in archive.infolist():
            self._add(entry)
        self._check_budgets()
        self._check_overlaps(archive.start_dir)

    def _check_number(self, parts: int) -> None:
        check_count(self.where, Text("包内的部件", "parts in it"), parts, self.limits.parts)

    def _incomplete(self) -> UsageError:
        return damaged(
            self.where, "文件不完整, 可能没有传完", "it is incomplete, perhaps cut off on the way"
        )

    def _add(self, entry: zipfile.ZipInfo) -> None:
        name = normal(entry.orig_filename)
        if name in self._entries:
            raise self.damaged(name, "出现两次", "occurs twice")
        if "\0" in name or ".." in name.split("/") or _ABSOLUTE.match(name):
            raise self.damaged(name, "名称不安全", "has an unsafe name")
        if entry.flag_bits & 1:
            raise refusal(HAS_PASSWORD, self.where)
        if entry.compress_type not in (STORED, DEFLATED):
            raise self.damaged(name, "用了 Excel 不用的压缩方法", "is packed as Excel never does")
        self._entries[name] = entry

    def _check_budgets(self) -> None:
        limits = self.limits
        for name, entry in self._entries.items():
            allowed = max(limits.grace, limits.ratio * entry.compress_size)
            what = Text(f"部件 {name} 解压后", f"the part {name}, unpacked,")
            check_size(self.where, what, entry.file_size, min(limits.entry, allowed))
        total = sum(entry.file_size for entry in self._entries.values())
        check_size(self.where, Text("全部解压后", "all of it, unpacked,"), total, limits.total)

    def _check_overlaps(self, end: int) -> None:
        """Refuse parts that share bytes, as those of a bomb do."""
        entries = sorted(self._entries.items(), key=lambda e: e[1].header_offset)
        starts = [entry.header_offset for _, entry in entries[1:]] + [end]
        for (name, entry), following in zip(entries, starts, strict=True):
            if entry.header_offset + _LOCAL.size + entry.compress_size > following:
                raise self.damaged(name, "与别的部件重叠", "overlaps another part")

    def damaged(self, name: str, zh: str, en: str) -> UsageError:
        """Return the refusal of the package for one of its parts."""
        return damaged(self.where, f"部件 {name} {zh}", f"the part {name} {en}")

    def __contains__(self, name: str) -> bool:
        return normal(name) in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def size(self, name: str) -> int:
        """Return how many bytes a part says it has, unpacked."""
        if name not in self:
            raise self.damaged(name, "缺失", "is missing")
        return self._entries[normal(name)].file_size

    def _packed(self, name: str) -> tuple[zipfile.ZipInfo, bytes]:
        """Return the entry of a part and its bytes as they are packed."""
        self.size(name)
        entry = self._entries[normal(name)]
        start = entry.header_offset
        header = self._content[start : start + _LOCAL.size]
        if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
            raise self.damaged(name, "找不到内容", "has no content")
        _, of_name, of_extra = _LOCAL.unpack(header)
        start += _LOCAL.size + of_name + of_extra
        content = self._content[start : start + entry.compress_size]
        if len(content) < entry.compress_size:
            raise self._incomplete()
        return entry, content

    def _unpacked(self, name: str) -> Iterator[bytes]:
        """Yield the content of a part in blocks; its size and its checksum must be true."""
        entry, content = self._packed(name)
        unpack = _inflated if entry.compress_type == DEFLATED else _stored
        size = checksum = 0
        try:
            for block in unpack(content):
                size += len(block)
                if size > entry.file_size:
                    raise self.damaged(name, "比它说的大", "is larger than it says")
                checksum = zlib.crc32(block, checksum)
                yield block
        except zlib.error as error:
            raise self.damaged(name, "解压不了", "cannot be unpacked") from error
        if size != entry.file_size or checksum != entry.CRC:
            raise self.damaged(name, "与校验和不符", "does not match its checksum")

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the content of a part in blocks of UTF-8, without the declaration of another."""
        blocks = self._unpacked(name)
        first = next(blocks, b"")
        encoding = _encoding(first)
        if encoding not in _RECODED:
            raise self.damaged(name, "的编码不认识", "has an unknown encoding")
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            if encoding != UTF_8:
                first = decoder.decode(first).lstrip("\ufeff").encode()
            yield _DECLARATION.sub(b"", first, count=1)
            for block in blocks:
                yield block if encoding == UTF_8 else decoder.decode(block).encode()
            if encoding != UTF_8:
                yield decoder.decode(b"", final=True).encode()
        except UnicodeError as error:
            raise self.damaged(
                name, "的编码不对", "is not in the encoding that it names"
            ) from error

    def packed(self, name: str) -> Packed:
        """Return a part as readers get it, in an encoding that they know."""
        first = next(self._unpacked(name), b"")
        if _encoding(first) == UTF_8 and b"utf-16" not in first[:200].lower():
            entry, content = self._packed(name)
            return Packed(content, entry.compress_type, entry.file_size, entry.CRC)
        return Packed.of(b"".join(self.blocks(name)))


def _stored(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), BLOCK):
        yield content[at : at + BLOCK]


def _inflated(content: bytes) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for at in range(0, len(content), BLOCK):
        packed = content[at : at + BLOCK]
        while packed and not inflate.eof:
            yield inflate.decompress(packed, BLOCK)
            packed = inflate.unconsumed_tail
    if not inflate.eof:
        raise zlib.error


def _encoding(start: bytes) -> str:
    """Return the encoding of a part that begins so."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if start.startswith((b"<\0", b"\0<")):
        return "utf-16le" if start[0] else "utf-16be"
    found = _DECLARATION.match(start[:200])
    declared = found and _ENCODING.search(found[0])
    encoding = declared[1].decode("ascii", "replace").lower() if declared else UTF_8
    # .NET declares the encoding of its strings, utf-16, in what it then saves as UTF-8.
    return UTF_8 if encoding.startswith("utf-16") else encoding


def normal(name: str) -> str:
    """Return a part's name as names are compared."""
    return name.replace("\\", "/").casefold()


def repack(parts: Mapping[str, Packed]) -> bytes:
    """Return a zip file of parts, with nothing in it that the caller did not choose."""
    entries, directory, offset = [], [], 0
    for name, part in parts.items():
        encoded = name.encode()
        sizes = (part.checksum, len(part.content), part.size)
        common = (_VERSION, _UTF_8, part.method, 0, _DATE, *sizes, len(encoded), 0)
        entry = _ENTRY.pack(b"PK\x03\x04", *common) + encoded
        entries += [entry, part.content]
        central = _CENTRAL.pack(b"PK\x01\x02", _VERSION, *common, 0, 0, 0, 0, offset)
        directory.append(central + encoded)
        offset += len(entry) + len(part.content)
    length = sum(map(len, directory))
    end = _END.pack(b"PK\x05\x06", 0, 0, len(directory), len(directory), length, offset, 0)
    return b"".join([*entries, *directory, end])
