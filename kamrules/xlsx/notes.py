"""Notes on cells: the comments part of a sheet, and the VML drawing that shows them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from kamrules.words.address import letters
from kamrules.xlsx.cells import bounds, clean, text_xml
from kamrules.xlsx.package import DECLARATION, RELATED, Relationships, strict
from kamrules.xlsx.splice import Document, Element, MalformedError, attribute
from kamrules.xlsx.workbook import SPREADSHEET, Workbook
from kamrules.xlsx.worksheet import Worksheet

WIDTH = 340
_NAMESPACES = {
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
# What we make is known by its name, so that it can go when its last note goes.
_OUR_COMMENTS, _OUR_DRAWING = "kamComments{}.xml", "kamDrawing{}.vml"
_SHAPE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = re.compile(rb"<v:shape\s(?:(?!</v:shape>).)*</v:shape>", re.DOTALL)
_PLACE = {
    axis: re.compile(rb"<x:" + axis.encode() + rb">\s*(\d+)\s*</x:") for axis in ("Row", "Column")
}
_BLOCKS = re.compile(rb"(<o:idmap\s[^>]*?\bdata\s*=\s*[\"'])([\d,]*)")
_SHAPE_ID = re.compile(rb"_x0000_s(\d+)")
_BLOCK = 1_024

Place = tuple[int, int]  # row and column


class Notes:
    """The notes of one worksheet."""

    def __init__(self, book: Workbook, worksheet: Worksheet) -> None:
        self._book, self._package, self._sheet = book, book.package, worksheet
        related = Relationships(self._package, worksheet.part)
        parts = [p for _, p in related.of_kind("comments") if p in self._package]
        self._comments = parts[0] if parts else ""
        self._drawing = self._legacy_drawing(related)

    def _legacy_drawing(self, related: Relationships) -> str:
        """Return the part that shows notes and form controls, empty where there is none."""
        element = self._legacy_element()
        part = related.target(element.get("id")) if element else ""
        if element and part not in self._package:
            raise MalformedError("legacyDrawing leads nowhere")
        return part

    def _legacy_element(self) -> Element | None:
        found = (e for e in self._sheet.shell.root.walk() if e.tag == "legacyDrawing")
        return next((e for e in found if not e.gone), None)

    def places(self) -> set[Place]:
        """Return the cells that have a note."""
        if not self._comments:
            return set()
        its = self._package.document(self._comments).root.find("commentList")
        return {_place(element) for element in (its.children if its else [])}

    # ours of an earlier run

    def remove(self, author: str) -> None:
        """Remove the notes of an author, and parts of ours that are left without any."""
        if not self._comments:
            return
        document = self._package.document(self._comments)
        authors, its = document.root.find("authors"), document.root.find("commentList")
        names = [document.text(element) for element in (authors.children if authors else [])]
        numbers = {str(i) for i, name in enumerate(names) if name == author}
        comments = its.children if its else []
        gone = [element for element in comments if element.get("authorId") in numbers]
        if not gone:
            return
        for element in gone:
            element.gone = True
        self._package.put(self._comments, document)
        self._remove_shapes({_place(element) for element in gone})
        if len(gone) == len(comments):
            self._remove_parts()

    def _remove_shapes(self, places: Collection[Place]) -> None:
        if not self._drawing:
            return

        def without(shape: re.Match[bytes]) -> bytes:
            row, column = (_PLACE[axis].search(shape[0]) for axis in ("Row", "Column"))
            is_note = b'ObjectType="Note"' in shape[0] and row and column
            place = (int(row[1]) + 1, int(column[1]) + 1) if is_note and row and column else None
            return b"" if place in places else shape[0]

        self._package.put(self._drawing, _SHAPE.sub(without, self._package.read(self._drawing)))

    def _remove_parts(self) -> None:
        related = Relationships(self._package, self._sheet.part)
        ids = {part: id_ for id_, part in related.internal()}
        if "kamComments" in self._comments:
            related.remove(ids[self._comments])
            self._book.types.remove(self._comments)
            self._package.remove(self._comments)
            self._comments = ""
        if "kamDrawing" in self._drawing and not _SHAPE.search(self._package.read(self._drawing)):
            related.remove(ids[self._drawing])
            self._package.remove(self._drawing)
            self._drawing = ""
            element = self._legacy_element()
            assert element
            element.gone = True

    # new ones

    def add(self, notes: Mapping[Place, tuple[str, int]], author: str) -> None:
        """Add notes, each a text and its height; a cell that has a note keeps that."""
        taken = self.places()
        new = {place: its for place, its in sorted(notes.items()) if place not in taken}
        if new:
            self._add_comments({place: text for place, (text, _) in new.items()}, author)
            self._add_shapes({place: height for place, (_, height) in new.items()})

    def _add_comments(self, texts: Mapping[Place, str], author: str) -> None:
        if not self._comments:
            self._comments = self._package.free_name(f"{self._book.folder}/{_OUR_COMMENTS}")
            Relationships(self._package, self._sheet.part).add("comments", self._comments)
            self._book.types.add(self._comments, f"{SPREADSHEET}.comments+xml")
            empty = f'<comments xmlns="{self._book.namespace}"><authors/><commentList/></comments>'
            self._package.put(self._comments, f"{DECLARATION}{empty}".encode())
        document = self._package.document(self._comments)
        authors, its = document.root.find("authors"), document.root.find("commentList")
        if not authors or not its:
            raise MalformedError("comments without a list")
        number = _author(document, authors, author)
        p = document.qualified("")
        its.inside.append("".join(
            f'<{p}comment ref="{letters(column)}{row}" authorId="{number}"><{p}text>'
            f'<{p}t xml:space="preserve">{text_xml(clean(text))}</{p}t></{p}text></{p}comment>'
            for (row, column), text in texts.items()
        ))  # fmt: skip
        self._package.put(self._comments, document)

    def _add_shapes(self, heights: Mapping[Place, int]) -> None:
        if not self._drawing:
            self._make_drawing()
        content = self._package.read(self._drawing)
        end = content.rfind(b"</")
        if end < 0:
            raise MalformedError("a drawing without an end")
        opened = content[: content.find(b">", content.find(b"<xml")) + 1]
        missing = "".join(
            f' xmlns:{prefix}="{name}"'
            for prefix, name in _NAMESPACES.items()
            if f"xmlns:{prefix}=".encode() not in opened
        )
        content, ids = self._numbered(content, len(heights))
        end = content.rfind(b"</")
        shapes = "".join(
            _shape(id_, place, height, missing)
            for id_, (place, height) in zip(ids, heights.items(), strict=True)
        )
        if b'id="_x0000_t202"' not in content:
            shapes = _SHAPE_TYPE.replace("<v:shapetype", f"<v:shapetype{missing}") + shapes
        self._package.put(self._drawing, content[:end] + shapes.encode() + content[end:])

    def _make_drawing(self) -> None:
        self._drawing = self._package.free_name(f"{self._book.folder}/drawings/{_OUR_DRAWING}")
        id_ = Relationships(self._package, self._sheet.part).add("vmlDrawing", self._drawing)
        self._book.types.add_default("vml", _VML_TYPE)
        base = strict(RELATED) if self._package.is_strict else RELATED
        name = self._sheet.shell.qualified("legacyDrawing")
        its = f'<{name} xmlns:r="{base.rstrip("/")}" r:id="{id_}"/>'
        self._sheet.insert("legacyDrawing", its)
        names = "".join(f' xmlns:{prefix}="{name}"' for prefix, name in _NAMESPACES.items())
        layout = '<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data=""/></o:shapelayout>'
        self._package.put(self._drawing, f"<xml{names}>{layout}</xml>".encode())

    def _numbered(self, content: bytes, count: int) -> tuple[bytes, list[int]]:
        """Return the drawing with enough blocks of shape ids for it alone, and free ids."""
        said = _BLOCKS.search(content)
        blocks = [int(b) for b in said[2].split(b",") if b] if said else []
        used = {int(id_) for id_ in _SHAPE_ID.findall(content)}
        free = _free(blocks, used)
        others = self._blocks_of_others() | {id_ // _BLOCK for id_ in used}
        while len(free) < count:
            blocks.append(max([0, *blocks, *others]) + 1)
            free = _free(blocks, used)
        if said:
            data = ",".join(map(str, blocks)).encode()
            content = content[: said.start(2)] + data + content[said.end(2) :]
        return content, free[:count]

    def _blocks_of_others(self) -> set[int]:
        names = (n for n in self._package.names() if n.endswith(".vml") and n != self._drawing)
        found = (_BLOCKS.search(self._package.read(name)) for name in names)
        return {int(b) for said in found if said for b in said[2].split(b",") if b}


def _free(blocks: Collection[int], used: Collection[int]) -> list[int]:
    ids = (block * _BLOCK + i for block in blocks for i in range(1, _BLOCK))
    return [id_ for id_ in ids if id_ not in used]


def _place(comment: Element) -> Place:
    its = bounds(comment.get("ref"))
    return (its[1], its[0]) if its else (0, 0)


def _author(document: Document, authors: Element, name: str) -> int:
    """Return the number of an author, added where the part does not know him."""
    names = [document.text(element) for element in authors.children]
    if name not in names:
        tag = document.qualified("author")
        authors.inside.append(f"<{tag}>{attribute(name)}</{tag}>")
        return len(names)
    return names.index(name)


def _shape(id_: int, place: Place, height: int, namespaces: str) -> str:
    row, column = place
    style = (
        f"position:absolute;margin-left:59.25pt;margin-top:1.5pt;width:{WIDTH}px;"
        f"height:{height}px;z-index:1;visibility:hidden"
    )
    return (
        f'<v:shape{namespaces} id="_x0000_s{id_}" type="#_x0000_t202" style="{style}" '
        'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
        '<v:shadow color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"/></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column>"
        "</x:ClientData></v:shape>"
    )
