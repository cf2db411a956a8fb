"""The package of a workbook: parts, relationships and content types; unchanged parts are copied."""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from kamrules.xlsx.splice import Document, Element, attribute, encoding_of, to_utf8

TYPES = "[Content_Types].xml"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
# Transitional names, and what they are in a strict package.
STRICT = (
    (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    ),
    (
        "http://schemas.openxmlformats.org/officeDocument/2006/",
        "http://purl.oclc.org/ooxml/officeDocument/",
    ),
    (
        "http://schemas.openxmlformats.org/drawingml/2006/",
        "http://purl.oclc.org/ooxml/drawingml/",
    ),
)
RELATED = STRICT[1][0] + "relationships/"
# Level 2 packs a sheet in a quarter of the time of level 6, a third larger.
_LEVEL, _DEFLATED, _EPOCH, _UTF8 = 2, 8, 33, 0x800  # _EPOCH is 1980-01-01 as zip files write it
_CHUNK = 1 << 20
# What Python's zip reader raises on damaged files.
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError)


@dataclass(slots=True)
class Packer:
    """A part being deflated as it is written."""

    chunks: list[bytes] = field(default_factory=list)
    checksum: int = 0
    size: int = 0
    _deflate: zlib._Compress = field(
        default_factory=lambda: zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    )

    def write(self, content: bytes) -> None:
        """Add to the part."""
        self.checksum = zlib.crc32(content, self.checksum)
        self.size += len(content)
        self.chunks.append(self._deflate.compress(content))

    def close(self) -> Packer:
        """Return the packer, the part being complete."""
        self.chunks.append(self._deflate.flush())
        return self


class Package:
    """The parts of a workbook by name; names differ in more than case and slashes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._archive = zipfile.ZipFile(file)
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._names: dict[str, str] = {}
        self._new: dict[str, bytes | Packer] = {}
        for entry in self._archive.infolist():
            if not entry.is_dir():
                name = entry.orig_filename.replace("\\", "/").lstrip("/")
                self._entries[name] = entry
                self._names[name.casefold()] = name
        self.is_strict = False

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._names

    def names(self) -> list[str]:
        """Return the names of all parts."""
        return list(self._names.values())

    def changed(self) -> list[str]:
        """Return the names of the parts that were added or written anew, in order."""
        return sorted(self._new)

    def read(self, name: str) -> bytes:
        """Return the content of a part, its checksum verified; KeyError where there is none."""
        name = self._names[name.casefold()]
        new = self._new.get(name)
        if isinstance(new, Packer):
            return zlib.decompress(b"".join(new.chunks), -zlib.MAX_WBITS)
        return self._archive.read(self._entries[name]) if new is None else new

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the content of an XML part in UTF-8, a megabyte at a time."""
        found = self._names[name.casefold()]
        if found in self._new:
            yield to_utf8(self.read(found))
            return
        with self._archive.open(self._entries[found]) as file:
            first = file.read(_CHUNK)
            if encoding_of(first):
                first = to_utf8(first + file.read())
            yield first
            while more := file.read(_CHUNK):
                yield more

    def document(self, name: str) -> Document:
        """Return a part to be edited; ``put`` writes it back."""
        return Document(self.read(name))

    def put(self, name: str, content: bytes | Packer | Document) -> None:
        """Write a part, in the place of that of the same name."""
        name = self._names.setdefault(name.casefold(), name)
        if isinstance(content, Document):
            content = content.bytes()
        if isinstance(content, Packer) or name not in self or content != self._current(name):
            self._new[name] = content

    def _current(self, name: str) -> bytes | None:
        return self.read(name) if name in self._new or name in self._entries else None

    def remove(self, name: str) -> None:
        """Remove a part."""
        found = self._names.pop(name.casefold())
        self._new.pop(found, None)

    def checksums(self) -> Iterator[tuple[str, int, int]]:
        """Yield name, checksum and size of all parts."""
        for name in self._names.values():
            new = self._new.get(name)
            if new is None:
                yield name, self._entries[name].CRC, self._entries[name].file_size
            elif isinstance(new, Packer):
                yield name, new.checksum, new.size
            else:
                yield name, zlib.crc32(new), len(new)

    def free_name(self, pattern: str) -> str:
        """Return a name that no part has, by the first number that gives one."""
        number = 1
        while (name := pattern.format(number)) in self:
            number += 1
        return name

    def save(self) -> bytes:
        """Return the package: parts in the order of their names, those unchanged as they were."""
        packed, directory = io.BytesIO(), []
        names = sorted(self._names.values(), key=lambda name: (name != TYPES, name))
        for name in names:
            offset = packed.tell()
            new = self._new.get(name)
            if new is None:
                record, title = self._copy(name, packed)
            else:
                record, title = _write(name, new, packed)
            directory.append(
                struct.pack("<4sHH", b"PK\1\2", 20, 20)
                + record
                + struct.pack("<HHHHHLL", len(title), 0, 0, 0, 0, 0, offset)
                + title
            )
        start, listed = packed.tell(), b"".join(directory)
        end = (b"PK\5\6", 0, 0, len(names), len(names), len(listed), start, 0)
        packed.write(listed + struct.pack("<4sHHHHLLH", *end))
        return packed.getvalue()

    def _copy(self, name: str, packed: IO[bytes]) -> tuple[bytes, bytes]:
        """Copy the compressed stream of a part; return its record and its name as stored."""
        entry, file = self._entries[name], self._archive.fp
        assert file
        year, month, day, hour, minute, second = entry.date_time
        flags = entry.flag_bits & ~8  # sizes stand before the stream, not after it
        record = struct.pack(
            "<HHHHLLL", flags, entry.compress_type,
            hour << 11 | minute << 5 | second // 2, year - 1980 << 9 | month << 5 | day,
            entry.CRC, entry.compress_size, entry.file_size,
        )  # fmt: skip
        title = entry.orig_filename.encode("utf-8" if flags & _UTF8 else "cp437")
        packed.write(struct.pack("<4sH", b"PK\3\4", 20) + record)
        packed.write(struct.pack("<HH", len(title), 0) + title)
        file.seek(entry.header_offset + 26)
        file.seek(sum(struct.unpack("<HH", file.read(4))), io.SEEK_CUR)
        left = entry.compress_size
        while left:
            chunk = file.read(min(left, _CHUNK))
            if not chunk:
                raise zipfile.BadZipFile(name)
            packed.write(chunk)
            left -= len(chunk)
        return record, title


def _write(name: str, content: bytes | Packer, packed: IO[bytes]) -> tuple[bytes, bytes]:
    if isinstance(content, bytes):
        packer = Packer()
        packer.write(content)
        content = packer.close()
    title = name.encode()
    size = sum(map(len, content.chunks))
    flags = 0 if name.isascii() else _UTF8
    record = struct.pack(
        "<HHHHLLL", flags, _DEFLATED, 0, _EPOCH, content.checksum, size, content.size
    )
    packed.write(struct.pack("<4sH", b"PK\3\4", 20) + record)
    packed.write(struct.pack("<HH", len(title), 0) + title)
    packed.writelines(content.chunks)
    return record, title


# relationships and content types


def relationships_name(part: str) -> str:
    """Return the name of the part that holds the relationships of a part."""
    folder, base = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{base}.rels")


class Relationships:
    """What a part refers to, by relationship id."""

    def __init__(self, package: Package, part: str) -> None:
        self._package, self.part, self.name = package, part, relationships_name(part)
        if self.name not in package:
            empty = f'{DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships"/>'
            self._document = Document(empty.encode())
        else:
            self._document = package.document(self.name)
        found = self._document.root.every("Relationship")
        self.elements = {element.get("Id"): element for element in found}
        self._taken = set(self.elements)

    def target(self, id_: str) -> str:
        """Return the part an id leads to, empty for none."""
        element = self.elements.get(id_)
        return self._target(element) if element else ""

    def of_kind(self, kind: str) -> list[tuple[str, str]]:
        """Return ids and parts of the relationships whose type ends so."""
        return [
            (id_, part)
            for id_, element in self.elements.items()
            if posixpath.basename(element.get("Type")) == kind and (part := self._target(element))
        ]

    def internal(self) -> list[tuple[str, str]]:
        """Return ids and parts of all relationships that stay within the package."""
        return [(id_, part) for id_, e in self.elements.items() if (part := self._target(e))]

    def _target(self, element: Element) -> str:
        if element.get("TargetMode") == "External":
            return ""
        target = element.get("Target").replace("\\", "/")
        folder = "/" + posixpath.dirname(self.part)
        return posixpath.normpath(posixpath.join(folder, target)).lstrip("/")

    def add(self, kind: str, part: str) -> str:
        """Add a relationship to a part, and return its id."""
        number = 1
        while (id_ := f"rId{number}") in self._taken:
            number += 1
        self._taken.add(id_)
        base = strict(RELATED) if self._package.is_strict else RELATED
        target = posixpath.relpath(part, posixpath.dirname(self.part) or ".")
        name = self._document.qualified("Relationship")
        pairs = f'Id="{id_}" Type="{base}{kind}" Target="{attribute(target)}"'
        self._document.root.inside.append(f"<{name} {pairs}/>")
        self._package.put(self.name, self._document)
        return id_

    def remove(self, id_: str) -> None:
        """Remove a relationship; its id is free again for whoever reads the part anew."""
        self.elements.pop(id_).gone = True
        self._package.put(self.name, self._document)


def strict(name: str) -> str:
    """Return a name of the transitional standard as the strict one has it."""
    for transitional, other in STRICT:
        name = name.replace(transitional, other)
    return name


class ContentTypes:
    """The content type of each part."""

    def __init__(self, package: Package) -> None:
        self._package = package

    def of(self, part: str) -> str:
        """Return the content type of a part, empty where nothing says it."""
        root = self._package.document(TYPES).root
        for element in root.every("Override"):
            if element.get("PartName").lstrip("/").casefold() == part.casefold():
                return element.get("ContentType")
        suffix = posixpath.splitext(part)[1].lstrip(".").casefold()
        for element in root.every("Default"):
            if element.get("Extension").casefold() == suffix:
                return element.get("ContentType")
        return ""

    def add(self, part: str, content_type: str) -> None:
        """Say what a new part is."""
        document = self._package.document(TYPES)
        pairs = f'PartName="/{attribute(part)}" ContentType="{content_type}"'
        document.root.inside.append(f"<{document.qualified('Override')} {pairs}/>")
        self._package.put(TYPES, document)

    def add_default(self, suffix: str, content_type: str) -> None:
        """Say what parts with a suffix are, where nothing does."""
        document = self._package.document(TYPES)
        known = document.root.every("Default")
        if any(element.get("Extension").casefold() == suffix for element in known):
            return
        pairs = f'Extension="{suffix}" ContentType="{content_type}"'
        new = f"<{document.qualified('Default')} {pairs}/>"
        if document.root.children:
            document.root.children[0].before.append(new)
        else:
            document.root.inside.append(new)
        self._package.put(TYPES, document)

    def remove(self, part: str) -> None:
        """Forget what a part was."""
        document = self._package.document(TYPES)
        for element in document.root.every("Override"):
            if element.get("PartName").lstrip("/").casefold() == part.casefold():
                element.gone = True
        self._package.put(TYPES, document)
