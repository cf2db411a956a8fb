"""A workbook in its package: its sheets in order, the names they define, its shared parts."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from kamrules.messages.message import message
from kamrules.messages.problem import Cell, UsageError
from kamrules.words.text import Text
from kamrules.xlsx.package import BROKEN, RELATED, ContentTypes, Package, Relationships, strict
from kamrules.xlsx.splice import Document, Element, MalformedError, attribute, to_utf8
from kamrules.xlsx.styles import Styles
from kamrules.xlsx.worksheet import Strings, Worksheet

# fmt: off
NOT_ADDED = message("E020", kind="file",
    what=("{name} 不能直接加上结果", "results cannot be added to {name}"),
    why=("{reason}", "{reason}"),
    fix=("加 --fresh 再运行一次, 把结果写进一个新工作簿",
         "run again with --fresh to have the results in a new workbook"),
    effect=("原文件未改动; 未写出任何文件", "the original is unchanged; nothing was written"),
    example={"name": "供应商.xlsx",
             "reason": Text("它带有数字签名", "it carries a digital signature")})
# fmt: on


SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
# What may stand before <definedNames> in a workbook part.
_BEFORE_NAMES = (
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets",
    "functionGroups", "externalReferences", "AlternateContent", "revisionPtr",
)  # fmt: skip
_FORMAT = re.compile(rb"<(?:\w+:)?(?:c|row)\s[^>]*?\bs\s*=\s*[\"'](\d+)[\"']")
_SELECTED = re.compile(rb"\stabSelected\s*=\s*[\"'](?:1|true)[\"']")


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet of a workbook: its part, and whether that is a worksheet."""

    title: str
    part: str
    is_worksheet: bool


@dataclass(frozen=True, slots=True)
class DefinedName:
    """A name that belongs to one sheet, with its attributes and what it stands for."""

    sheet: str
    name: str
    attributes: str
    text: str


class Workbook:
    """The workbook of a package, with its worksheets, styles and strings as they are asked for."""

    def __init__(self, package: Package, name: str) -> None:
        self.package, self.types, self.name = package, ContentTypes(package), name
        main = Relationships(package, "").of_kind("officeDocument")
        if not main or main[0][1] not in package:
            raise MalformedError("no workbook part")
        self.part = main[0][1]
        root = package.document(self.part).root
        self.namespace = _namespace(root)
        package.is_strict = self.namespace != MAIN
        properties = root.find("workbookPr")
        self.is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self.sheets = self._read_sheets(root)
        self._worksheets: dict[str, Worksheet] = {}

    def _read_sheets(self, root: Element) -> list[SheetPart]:
        related = Relationships(self.package, self.part)
        worksheets = {part for _, part in related.of_kind("worksheet")}
        sheets = root.find("sheets")
        return [
            SheetPart(element.get("name"), part, part in worksheets and part in self.package)
            for element in (sheets.children if sheets else [])
            if (part := related.target(element.get("id"))) or element.get("name")
        ]

    @property
    def titles(self) -> list[str]:
        """Return the titles of all sheets."""
        return [sheet.title for sheet in self.sheets]

    @property
    def worksheet_titles(self) -> list[str]:
        """Return the titles of the sheets that hold cells."""
        return [sheet.title for sheet in self.sheets if sheet.is_worksheet]

    def worksheet(self, title: str) -> Worksheet:
        """Return a worksheet to be changed."""
        if title not in self._worksheets:
            part = next(s.part for s in self.sheets if s.title == title and s.is_worksheet)
            self._worksheets[title] = Worksheet(self.package, part, self.is_1904)
        return self._worksheets[title]

    def save_worksheets(self) -> list[tuple[str, int, int, int]]:
        """Write the worksheets; return title, row, column and earlier format of framed cells."""
        framed = [
            (title, *its)
            for title, worksheet in self._worksheets.items()
            for its in worksheet.save(self.styles)
        ]
        self._worksheets.clear()
        return framed

    def finish(self) -> None:
        """Write everything that was changed to its part."""
        self.save_worksheets()
        self.styles.save()
        # A package whose parts had no relationships need not know what those are.
        self.types.add_default("rels", "application/vnd.openxmlformats-package.relationships+xml")

    def save(self) -> bytes:
        """Return the workbook as a file."""
        self.finish()
        return self.package.save()

    def has_notes(self, title: str) -> bool:
        """Return whether a sheet has a comments part."""
        part = next(sheet.part for sheet in self.sheets if sheet.title == title)
        return bool(Relationships(self.package, part).of_kind("comments"))

    @cached_property
    def styles(self) -> Styles:
        """Return the styles, in a new part where there is none."""
        part = self._shared("styles")
        if part not in self.package:
            self.types.add(part, f"{SPREADSHEET}.styles+xml")
            if not Relationships(self.package, self.part).of_kind("styles"):
                Relationships(self.package, self.part).add("styles", part)
        styles = Styles(self.package, part, self.namespace)
        if not styles.had_formats:
            parts = (sheet.part for sheet in self.sheets if sheet.is_worksheet)
            named = (_last_format(self.package.read(part)) for part in parts)
            styles.reserve(1 + max(named, default=0))
        return styles

    @cached_property
    def strings(self) -> Strings:
        """Return the shared strings."""
        return Strings(self.package, self._shared("sharedStrings"))

    def _shared(self, kind: str) -> str:
        found = Relationships(self.package, self.part).of_kind(kind)
        return found[0][1] if found else posixpath.join(self.folder, f"{kind}.xml")

    @property
    def folder(self) -> str:
        """Return the folder of the workbook part."""
        return posixpath.dirname(self.part)

    # sheets

    def add_sheets(
        self,
        new: Sequence[SheetPart],
        in_front: int,
        states: Mapping[str, str],
        names: Sequence[DefinedName],
    ) -> None:
        """Add sheets whose parts are there: the first few before all others, the rest behind."""
        related = Relationships(self.package, self.part)
        document = self.package.document(self.part)
        sheets = document.root.find("sheets")
        if not sheets or not sheets.children:
            raise MalformedError("no sheets")
        last = max(int(element.get("sheetId", "0")) for element in sheets.children)
        base = strict(RELATED) if self.package.is_strict else RELATED
        name = document.qualified("sheet", sheets)
        elements = []
        for number, sheet in enumerate(new, last + 1):
            id_ = related.add("worksheet", sheet.part)
            state = f' state="{states[sheet.title]}"' if sheet.title in states else ""
            pairs = f'name="{attribute(sheet.title)}" sheetId="{number}"{state}'
            elements.append(f'<{name} xmlns:r="{base.rstrip("/")}" {pairs} r:id="{id_}"/>')
        sheets.children[0].before.append("".join(elements[:in_front]))
        sheets.inside.append("".join(elements[in_front:]))
        self._arrange(document, [*new[:in_front], *self.sheets, *new[in_front:]], names)

    def remove_sheets(self, titles: Sequence[str]) -> None:
        """Remove sheets with all parts that only they refer to."""
        gone = [sheet for sheet in self.sheets if sheet.title in titles]
        if not gone:
            return
        related = Relationships(self.package, self.part)
        document = self.package.document(self.part)
        sheets = document.root.find("sheets")
        for element in sheets.children if sheets else []:
            element.gone = element.get("name") in titles
        for id_, part in related.internal():
            if any(part == sheet.part for sheet in gone):
                related.remove(id_)
        self._arrange(document, [sheet for sheet in self.sheets if sheet not in gone], [])
        kept = self._reached("")
        for part in sorted({p for sheet in gone for p in self._reached(sheet.part)} - kept):
            self._remove_part(part)

    def _remove_part(self, part: str) -> None:
        self.types.remove(part)
        for name in (part, Relationships(self.package, part).name):
            if name in self.package:
                self.package.remove(name)

    def _reached(self, start: str) -> set[str]:
        """Return the parts that a part leads to, itself included."""
        found, todo = set(), [start]
        while todo:
            part = todo.pop()
            if part not in found and (not part or part in self.package):
                found.add(part)
                todo += [target for _, target in Relationships(self.package, part).internal()]
        return found

    def _arrange(
        self, document: Document, sheets: Sequence[SheetPart], names: Sequence[DefinedName]
    ) -> None:
        """Set the sheets, and what counts them: names, the open tab, the file's properties."""
        before, after = self.titles, [sheet.title for sheet in sheets]
        moved = {str(i): str(after.index(t)) for i, t in enumerate(before) if t in after}
        for element in document.root.walk():
            for name, tag in (("localSheetId", "definedName"), ("activeTab", "workbookView")):
                if element.tag == tag and (index := element.get(name)):
                    if index not in moved and tag == "definedName":
                        element.gone = True
                    elif moved.get(index, "0") != index:
                        element.changed[name] = moved.get(index, "0")
        self._define(document, after, names)
        self.package.put(self.part, document)
        were, self.sheets = self.worksheet_titles, list(sheets)
        self._list_titles(were)

    def _define(
        self, document: Document, titles: Sequence[str], names: Sequence[DefinedName]
    ) -> None:
        """Add names of sheets; an element left without any goes."""
        root = document.root
        name = document.qualified("definedName")
        new = "".join(
            f'<{name} name="{n.name}" localSheetId="{titles.index(n.sheet)}"{n.attributes}>'
            f"{n.text}</{name}>"
            for n in names
        )
        defined = root.find("definedNames")
        if defined:
            defined.inside.append(new)
            defined.gone = not new and all(element.gone for element in defined.children)
        elif new:
            above = [element for element in root.children if element.tag in _BEFORE_NAMES]
            outer = document.qualified("definedNames")
            above[-1].after.append(f"<{outer}>{new}</{outer}>")

    def _list_titles(self, before: Sequence[str]) -> None:
        """Bring docProps/app.xml up to date, if it lists the sheets as they were."""
        parts = Relationships(self.package, "").of_kind("extended-properties")
        if not parts or parts[0][1] not in self.package:
            return
        document = self.package.document(parts[0][1])
        counts = document.root.find("HeadingPairs", "vector")
        titles = document.root.find("TitlesOfParts", "vector")
        pair = counts.children[1].find("i4") if counts and len(counts.children) > 1 else None
        listed = titles.children[: len(before)] if titles else []
        known = [document.text(element) for element in listed] == list(before)
        if not (pair and titles and known and document.text(pair) == str(len(before)) and before):
            return
        after, name = self.worksheet_titles, listed[0].name
        kept = [i for i, title in enumerate(before) if title in after]
        for i, element in enumerate(listed):
            element.gone = i not in kept
        first = after.index(before[kept[0]]) if kept else 0
        added = [f"<{name}>{attribute(t)}</{name}>" for t in after if t not in before]
        listed[0].before.append("".join(added[:first]))
        listed[-1].after.append("".join(added[first:]))
        rest = len(titles.children) - len(before)
        titles.changed["size"] = str(len(after) + rest)
        pair.gone = True
        pair.after.append(f"<{pair.name}>{len(after)}</{pair.name}>")
        self.package.put(parts[0][1], document)

    def open_at(self, title: str) -> None:
        """Let a sheet be the one that opens, and no other be selected with it."""
        document = self.package.document(self.part)
        index, views = str(self.titles.index(title)), document.root.find("bookViews")
        view = f'<{document.qualified("workbookView")} activeTab="{index}"/>'
        if not views:
            sheets, name = document.root.find("sheets"), document.qualified("bookViews")
            assert sheets
            sheets.before.append(f"<{name}>{view}</{name}>")
        elif not views.children:
            views.inside.append(view)
        else:
            for element in views.children:
                element.changed["activeTab"] = index
                if element.get("firstSheet"):
                    element.changed["firstSheet"] = None
        self.package.put(self.part, document)
        if selected := self.worksheet(title).shell.root.find("sheetViews", "sheetView"):
            selected.changed["tabSelected"] = "1"
        for sheet in self.sheets:
            if sheet.title != title and sheet.part in self.package:
                self._unselect(sheet)

    def _unselect(self, sheet: SheetPart) -> None:
        # Excel edits all selected sheets together.
        if not _SELECTED.search(next(self.package.chunks(sheet.part))):
            return
        if sheet.is_worksheet:
            document = self.worksheet(sheet.title).shell
        else:
            document = self.package.document(sheet.part)
        for element in document.root.walk():
            if element.tag == "sheetView" and element.get("tabSelected"):
                element.changed["tabSelected"] = None
        if not sheet.is_worksheet:
            self.package.put(sheet.part, document)


def _last_format(sheet: bytes) -> int:
    """Return the highest number of a cell format that a worksheet names."""
    return max((int(number) for number in _FORMAT.findall(to_utf8(sheet))), default=0)


def _namespace(root: Element) -> str:
    prefix = root.name.rpartition(":")[0]
    return root.attributes.get(f"xmlns:{prefix}" if prefix else "xmlns", MAIN)


@contextmanager
def opened(source: Path | IO[bytes], name: str) -> Iterator[Workbook]:
    """Yield a workbook that can be changed without loss, or refuse it."""
    try:
        with source.open("rb") if isinstance(source, Path) else source as file:
            package = Package(file)
            if any(part.startswith("_xmlsignatures/") for part in package.names()):
                raise refusal(
                    name,
                    Text("它带有数字签名, 任何改动都会使签名失效",
                         "it is digitally signed, and any change would make the signature invalid"),
                )  # fmt: skip
            yield Workbook(package, name)
    except (MalformedError, zipfile.BadZipFile, KeyError, *BROKEN) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        reason = Text(
            f"它的结构不同寻常, 改动可能会损坏它 ({error})",
            f"its structure is unusual, and a change might damage it ({error})",
        )
        raise refusal(name, reason) from error


def refusal(name: str, reason: Text) -> UsageError:
    """Return why a workbook is not annotated."""
    return UsageError([NOT_ADDED.at(Cell(name), name=name, reason=reason)])
