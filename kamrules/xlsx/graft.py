"""Sheets of a workbook of ours put into another: with their styles, drawings, charts and names."""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Mapping

from kamrules.xlsx.package import (
    DECLARATION,
    ContentTypes,
    Package,
    Relationships,
    relationships_name,
    strict,
)
from kamrules.xlsx.splice import attribute
from kamrules.xlsx.styles import Styles, Transfer
from kamrules.xlsx.workbook import DefinedName, SheetPart, Workbook

_MAIN = "xl/workbook.xml"
_NUMBERED = re.compile(r"\d*(\.\w+)$")
# Where a sheet names a style as openpyxl writes it; its texts stand in the cells.
_STYLE = re.compile(rb'(<(?:c|row)\s[^>]*?\bs="|<col\s[^>]*?\bstyle=")(\d+)"')
_DIFFERENCE = re.compile(rb'(\sdxfId=")(\d+)"')
_SELECTED = re.compile(rb'\stabSelected="1"')


class Graft:
    """The sheets of one workbook on their way into another."""

    def __init__(self, book: Workbook, made: bytes) -> None:
        self._book, self._made = book, Package(io.BytesIO(made))
        self._types = ContentTypes(self._made)
        related = Relationships(self._made, _MAIN)
        styles = Styles(self._made, related.of_kind("styles")[0][1], "")
        self._styles = Transfer(styles, book.styles)
        self._moved: dict[str, str] = {}
        self._chosen: dict[tuple[str, str], int] = {}

    def put(self, in_front: int = 0) -> None:
        """Put all sheets into the book, the first few before its own, the rest behind them."""
        document, related = self._made.document(_MAIN), Relationships(self._made, _MAIN)
        sheets = document.root.find("sheets")
        assert sheets
        titles = [element.get("name") for element in sheets.children]
        parts = [self._put_sheet(related.target(e.get("id"))) for e in sheets.children]
        new = [SheetPart(t, part, True) for t, part in zip(titles, parts, strict=True)]
        states = {e.get("name"): e.get("state") for e in sheets.children if e.get("state")}
        states = {title: state for title, state in states.items() if state != "visible"}
        defined = document.root.find("definedNames")
        names = [
            DefinedName(
                titles[int(element.get("localSheetId"))],
                element.get("name"),
                ' hidden="1"' if element.get("hidden") == "1" else "",
                document.inner(element),
            )
            for element in (defined.children if defined else [])
        ]
        self._book.add_sheets(new, in_front, states, names)

    def _put_sheet(self, part: str) -> str:
        content = self._made.read(part)
        content = _STYLE.sub(lambda m: m[1] + b'%d"' % self._styles.cell(int(m[2])), content)
        content = _DIFFERENCE.sub(
            lambda m: m[1] + b'%d"' % self._styles.difference(int(m[2])), content
        )
        return self._copy(part, _SELECTED.sub(b"", content))

    def _copy(self, part: str, content: bytes) -> str:
        """Return the name under which a part and all it refers to now are in the book."""
        if part in self._moved:
            return self._moved[part]
        package, inner = self._book.package, posixpath.relpath(part, "xl")
        pattern = _NUMBERED.sub(r"{}\1", posixpath.join(self._book.folder, inner))
        self._moved[part] = new = package.free_name(pattern)
        package.put(new, b"")  # takes the name before parts it refers to look for theirs
        self._book.types.add(new, self._types.of(part))
        if relationships_name(part) in self._made:
            related = {
                id_: self._copy(target, self._made.read(target))
                for id_, target in Relationships(self._made, part).internal()
            }
            self._relate(part, new, related)
        package.put(new, strict(content.decode()).encode() if package.is_strict else content)
        return new

    def _relate(self, part: str, new: str, related: Mapping[str, str]) -> None:
        """Write the relationships of a copied part, under the ids it uses."""
        document = self._made.document(relationships_name(part))
        for element in document.root.children:
            target = posixpath.relpath(related[element.get("Id")], posixpath.dirname(new))
            element.changed["Target"] = attribute(target)
        content = document.bytes().decode()
        if not content.startswith("<?xml"):
            content = DECLARATION + content
        if self._book.package.is_strict:
            content = strict(content)
        self._book.package.put(relationships_name(new), content.encode())

    def style(self, name: str, number_format: str = "") -> int:
        """Return the number of the book's cell format for a named style of ours."""
        key = (name, number_format)
        if key not in self._chosen:
            styles = self._book.styles
            number = styles.number_format(number_format) if number_format else 0
            self._chosen[key] = styles.style(name, number)
        return self._chosen[key]
