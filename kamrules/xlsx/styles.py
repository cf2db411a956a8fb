"""Styles added to those a workbook has; none of theirs is renumbered or changed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kamrules.xlsx.package import DECLARATION, Package
from kamrules.xlsx.splice import Document, Element, attribute

# The sections of a styleSheet in the order it wants them.
_ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs",
    "tableStyles", "colors", "extLst",
)  # fmt: skip
_SECTIONS = _ORDER[:8]
# What a section begins with where a workbook has none of it.
_FIRST: Mapping[str, tuple[str, ...]] = {
    "fonts": ('<font><sz val="11"/><name val="Calibri"/></font>',),
    "fills": (
        '<fill><patternFill patternType="none"/></fill>',
        '<fill><patternFill patternType="gray125"/></fill>',
    ),
    "borders": ("<border/>",),
    "cellStyleXfs": ('<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',),
    "cellXfs": ('<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',),
    "cellStyles": ('<cellStyle name="Normal" xfId="0" builtinId="0"/>',),
}
# Attributes of an xf by the section they point into, and what says that they count.
_PARTS = {
    "fonts": ("fontId", "Font"),
    "fills": ("fillId", "Fill"),
    "borders": ("borderId", "Border"),
}
_CUSTOM = 164  # the first number of a number format that is not built in
_BUILT_IN: Mapping[str, int] = {"#,##0": 3, "#,##0.00": 4, "0.00%": 10}
_PREFIX = "kam."
_FOLLOWS = re.compile(r"\bxfId\s*=\s*[\"'](\d+)")


class Styles:
    """A styleSheet part: its entries by section, and those that were added."""

    def __init__(self, package: Package, part: str, namespace: str) -> None:
        self._package, self.part = package, part
        if part not in package:
            empty = f'{DECLARATION}<styleSheet xmlns="{namespace}"/>'
            package.put(part, empty.encode())
        self._document = package.document(part)
        self._sections = {child.tag: child for child in self._document.root.children}
        self.entries: dict[str, list[str]] = {}
        self._index: dict[tuple[str, str], int] = {}
        self._added: dict[str, list[str]] = {section: [] for section in _SECTIONS}
        for section in _SECTIONS:
            found = self._sections.get(section)
            self.entries[section] = its = [self._plain(e) for e in found.children] if found else []
            for number, entry in enumerate(its):
                self._index.setdefault((section, entry), number)
        self.had_formats = bool(self.entries["cellXfs"])
        for section, entries in _FIRST.items():
            if not self.entries[section]:
                for entry in entries:
                    self._append(section, entry)
        formats = (_root(entry) for entry in self.entries["numFmts"])
        self.formats = {e.get("formatCode"): int(e.get("numFmtId", "0")) for e in formats}
        self.codes = {number: code for code, number in self.formats.items()}
        styles = (_root(entry) for entry in self.entries["cellStyles"])
        self.named = {e.get("name"): int(e.get("xfId", "0")) for e in styles}

    def _plain(self, element: Element) -> str:
        """Return an entry as written, without the prefix of the part."""
        source, prefix = self._document.source(element), element.name.rpartition(":")[0]
        return re.sub(rf"<(/?){re.escape(prefix)}:", r"<\1", source) if prefix else source

    def add(self, section: str, entry: str) -> int:
        """Return the number of an entry, added where there is none like it."""
        number = self._index.get((section, entry))
        return self._append(section, entry) if number is None else number

    def _append(self, section: str, entry: str) -> int:
        self._added[section].append(entry)
        self.entries[section].append(entry)
        number = len(self.entries[section]) - 1
        self._index[section, entry] = number
        return number

    def reserve(self, count: int) -> None:
        """Leave the first cell formats to cells that name formats which nobody defined."""
        for _ in range(len(self.entries["cellXfs"]), count):
            self._append("cellXfs", _FIRST["cellXfs"][0])

    def number_format(self, code: str) -> int:
        """Return the number of a number format."""
        if code in _BUILT_IN:
            return _BUILT_IN[code]
        if code not in self.formats:
            number = max([_CUSTOM - 1, *self.formats.values()]) + 1
            self.formats[code] = number
            pairs = f'numFmtId="{number}" formatCode="{attribute(code)}"'
            self.add("numFmts", f"<numFmt {pairs}/>")
        return self.formats[code]

    def variant(self, format_: int, **changes: int) -> int:
        """Return the number of a cell format with some attributes changed."""
        formats = self.entries["cellXfs"]
        document = Document(formats[format_ if format_ < len(formats) else 0].encode())
        document.root.changed |= {name: str(value) for name, value in changes.items()}
        return self.add("cellXfs", document.bytes().decode())

    def style(self, name: str, number_format: int = 0) -> int:
        """Return the number of the cell format that a named style gives."""
        number = self.named[f"{_PREFIX}{name}"]
        found = _root(self.entries["cellStyleXfs"][number])
        inside = self.entries["cellStyleXfs"][number][found.open : found.close]
        pairs = f'numFmtId="{number_format or found.get("numFmtId", "0")}"'
        for attribute_, _ in _PARTS.values():
            pairs += f' {attribute_}="{found.get(attribute_, "0")}"'
        pairs += f' xfId="{number}" applyNumberFormat="1" applyFont="1" applyFill="1"'
        pairs += ' applyBorder="1" applyAlignment="1"'
        return self.add("cellXfs", f"<xf {pairs}>{inside}</xf>" if inside else f"<xf {pairs}/>")

    def frame(self, format_: int, name: str) -> int:
        """Return a cell format with the font, fill and border of a named style."""
        number = self.named[f"{_PREFIX}{name}"]
        found = _root(self.entries["cellStyleXfs"][number])
        changes = {a: int(found.get(a, "0")) for a, _ in _PARTS.values()}
        applied = {f"apply{kind}": 1 for _, kind in _PARTS.values()}
        return self.variant(format_, xfId=number, **changes, **applied)

    def with_style(self, *names: str) -> frozenset[int]:
        """Return the numbers of the cell formats that follow one of these named styles."""
        wanted = {str(self.named.get(f"{_PREFIX}{name}", -1)) for name in names}
        found = ((i, _FOLLOWS.search(e)) for i, e in enumerate(self.entries["cellXfs"]))
        return frozenset(i for i, follows in found if follows and follows[1] in wanted)

    def wraps(self, format_: int) -> bool:
        """Return whether a cell format breaks its text into lines."""
        formats = self.entries["cellXfs"]
        entry = formats[format_] if format_ < len(formats) else ""
        return bool(re.search(r"wrapText\s*=\s*[\"'](?:1|true)", entry))

    def save(self) -> None:
        """Write what was added to the part."""
        root, name = self._document.root, self._document.qualified
        for section, added in self._added.items():
            if not added:
                continue
            prefix = name("")
            body = "".join(re.sub(r"<(/?)(?=\w)", rf"<\1{prefix}", entry) for entry in added)
            if found := self._sections.get(section):
                found.inside.append(body)
                found.changed["count"] = str(len(self.entries[section]))
                continue
            new = f'<{name(section)} count="{len(added)}">{body}</{name(section)}>'
            rank = _ORDER.index(section)
            above = [e for e in root.children if e.tag in _ORDER and _ORDER.index(e.tag) < rank]
            if above:
                above[-1].after.append(new)
            elif root.children:
                root.children[0].before.append(new)
            else:
                root.inside.append(new)
        self._package.put(self.part, self._document)


class Transfer:
    """The styles of a workbook of ours as another workbook has them: named ones by their name."""

    def __init__(self, ours: Styles, theirs: Styles) -> None:
        self.ours, self.theirs = ours, theirs
        self._formats: dict[int, int] = {}
        self._names = {number: name for name, number in ours.named.items()}
        for name, number in ours.named.items():
            if name.startswith(_PREFIX) and name not in theirs.named:
                entry = self._moved(ours.entries["cellStyleXfs"][number])
                # Two named styles may not share an entry: to change one would change both.
                theirs.named[name] = theirs._append("cellStyleXfs", entry)
                pairs = f'name="{attribute(name)}" xfId="{theirs.named[name]}"'
                theirs.add("cellStyles", f"<cellStyle {pairs}/>")

    def _moved(self, entry: str) -> str:
        """Return an xf that points to the same fonts, fills, borders and formats over there."""
        document = Document(entry.encode())
        found = document.root
        for section, (name, kind) in _PARTS.items():
            its = self.ours.entries[section][int(found.get(name, "0"))]
            found.changed[name] = str(self.theirs.add(section, its))
            found.changed[f"apply{kind}"] = "1"
        found.changed["numFmtId"] = str(self._number_format(int(found.get("numFmtId", "0"))))
        return document.bytes().decode()

    def _number_format(self, number: int) -> int:
        code = self.ours.codes.get(number)
        return number if code is None else self.theirs.number_format(code)

    def cell(self, number: int) -> int:
        """Return a cell format as the other workbook numbers it."""
        if number not in self._formats:
            entry = self.ours.entries["cellXfs"][number]
            found = _root(entry)
            name = self._names.get(int(found.get("xfId", "0")), "")
            if name.startswith(_PREFIX):
                number_format = self._number_format(int(found.get("numFmtId", "0")))
                new = self.theirs.style(name.removeprefix(_PREFIX), number_format)
            elif number == 0:
                new = 0
            else:
                document = Document(self._moved(entry).encode())
                document.root.changed["xfId"] = "0"
                new = self.theirs.add("cellXfs", document.bytes().decode())
            self._formats[number] = new
        return self._formats[number]

    def difference(self, number: int) -> int:
        """Return a dxf as the other workbook numbers it."""
        return self.theirs.add("dxfs", self.ours.entries["dxfs"][number])


def _root(entry: str) -> Element:
    return Document(entry.encode()).root
