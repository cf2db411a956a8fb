"""What Excel wants of a package before it opens it without repair, as far as XML alone tells it."""

from __future__ import annotations

import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

# The order of elements in the schema of Open XML (ECMA-376, sml.xsd), by element.
ORDERS = {
    "worksheet": (
        "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection "
        "protectedRanges scenarios autoFilter sortState dataConsolidate customSheetViews "
        "mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks printOptions "
        "pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches "
        "ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF drawingHF picture "
        "oleObjects controls webPublishItems tableParts extLst"
    ),
    "workbook": (
        "fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups "
        "externalReferences definedNames calcPr oleSize customWorkbookViews pivotCaches "
        "smartTagPr smartTagTypes webPublishing fileRecoveryPr webPublishObjects extLst"
    ),
    "styleSheet": (
        "numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles colors extLst"
    ),
    "font": "b i strike condense extend outline shadow u vertAlign sz color name family charset scheme",
    "xf": "alignment protection extLst",
    "border": "start end left right top bottom diagonal vertical horizontal",
    "dxf": "font numFmt fill alignment border protection extLst",
    "row": "c extLst",
    "c": "f v is extLst",
    "comments": "authors commentList extLst",
    "cfRule": "formula colorScale dataBar iconSet extLst",
    "sheetPr": "tabColor outlinePr pageSetUpPr",
    "sheetView": "pane selection pivotSelection extLst",
}  # fmt: skip
COUNTED = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs")
FOLLOWED = {"hyperlink", "drawing", "legacyDrawing", "tablePart", "sheet", "pivotCache", "picture"}
_RELATED = re.compile(r"\{[^}]*relationships\}(id|embed)")


def local(tag: str) -> str:
    return tag.rpartition("}")[2]


def faults(path: Path) -> list[str]:
    """Return what is wrong with a workbook, in sentences."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
        names = Counter(name.casefold() for name in package.namelist())
    found = [f"{name} is there twice" for name, count in names.items() if count > 1]
    trees = {
        name: ET.fromstring(content)
        for name, content in parts.items()
        if name.endswith((".xml", ".rels")) and not name.startswith("customXml")
    }
    found += _types(trees["[Content_Types].xml"], set(parts))
    for name, tree in trees.items():
        if name.endswith(".rels"):
            found += _relationships(name, tree, set(parts))
        found += _orders(name, tree)
    styles = next(tree for name, tree in trees.items() if local(tree.tag) == "styleSheet")
    found += _styles(styles)
    sections = {local(e.tag): len(e) for e in styles}
    for name, tree in trees.items():
        ids = {e.get("Id") for e in trees.get(_rels(name), ())}
        if local(tree.tag) == "worksheet":
            found += _cells(name, tree, sections)
        if local(tree.tag) == "workbook":
            found += _workbook(tree)
        found += [
            f"{name}: {local(e.tag)} leads to {value}, which nothing is"
            for e in tree.iter()
            for key, value in e.attrib.items()
            if local(e.tag) in FOLLOWED and _RELATED.fullmatch(key) and value not in ids
        ]
    return found


def _rels(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _types(types: ET.Element, parts: set[str]) -> Iterator[str]:
    defaults = {e.get("Extension", "").casefold() for e in types if local(e.tag) == "Default"}
    given = [e.get("PartName", "").lstrip("/") for e in types if local(e.tag) == "Override"]
    yield from (f"the type of {name} is given twice" for name, n in Counter(given).items() if n > 1)
    yield from (f"a type is given to {name}, which is not there" for name in set(given) - parts)
    for name in parts - set(given) - {"[Content_Types].xml"}:
        if name.rpartition(".")[2].casefold() not in defaults:
            yield f"{name} has no type"


def _relationships(name: str, tree: ET.Element, parts: set[str]) -> Iterator[str]:
    ids = Counter(e.get("Id") for e in tree)
    yield from (f"{name}: {id_} is there twice" for id_, count in ids.items() if count > 1)
    folder = "/" + posixpath.dirname(posixpath.dirname(name))
    for element in tree:
        target = posixpath.normpath(posixpath.join(folder, element.get("Target", ""))).lstrip("/")
        if element.get("TargetMode") != "External" and target not in parts:
            yield f"{name}: {element.get('Id')} leads to {target}, which is not there"


def _orders(name: str, tree: ET.Element) -> Iterator[str]:
    for element in tree.iter():
        order = ORDERS.get(local(element.tag))
        if order is None or "spreadsheetml/main" not in element.tag.replace("2006/", ""):
            continue
        known = {tag: rank for rank, tag in enumerate(order.split())}
        tags = [local(child.tag) for child in element]
        if odd := [tag for tag in tags if tag not in known and tag != "AlternateContent"]:
            yield f"{name}: {local(element.tag)} may not hold {odd[0]}"
        ranks = [known[tag] for tag in tags if tag in known]
        if ranks != sorted(ranks):
            yield f"{name}: {local(element.tag)} holds {tags}, which is out of order"


def _styles(styles: ET.Element) -> Iterator[str]:
    sections = {local(e.tag): e for e in styles}
    for tag in COUNTED:
        if tag in sections and int(sections[tag].get("count", "-1")) != len(sections[tag]):
            yield f"{tag} are {len(sections[tag])}, not {sections[tag].get('count')}"
    for tag in ("cellXfs", "cellStyleXfs"):
        for number, xf in enumerate(sections.get(tag, ())):
            for key, other in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders"), ("xfId", "cellStyleXfs")):  # fmt: skip
                if int(xf.get(key, "0")) >= len(sections[other]):
                    yield f"{tag} {number}: there is no {other} {xf.get(key)}"
    names = Counter(e.get("name") for e in sections.get("cellStyles", ()))
    yield from (f"two styles are called {name}" for name, count in names.items() if count > 1)
    codes = Counter(e.get("numFmtId") for e in sections.get("numFmts", ()))
    yield from (f"two number formats are {id_}" for id_, count in codes.items() if count > 1)


def _cells(name: str, tree: ET.Element, sections: dict[str, int]) -> Iterator[str]:
    rows = [row for data in tree if local(data.tag) == "sheetData" for row in data]
    seen: Counter[str] = Counter(row.get("r", "") for row in rows)
    yield from (f"{name}: row {r} is there twice" for r, count in seen.items() if count > 1)
    for row in rows:
        cells = [c for c in row if local(c.tag) == "c"]
        columns = [_column(c.get("r", "")) for c in cells]
        if columns != sorted(set(columns)):
            yield f"{name}: the cells of row {row.get('r')} are out of order"
        for cell in cells:
            if int(cell.get("s", "0")) >= sections["cellXfs"]:
                yield f"{name}: {cell.get('r')} has no format {cell.get('s')}"
            if not cell.get("r", "").endswith(row.get("r", "")):
                yield f"{name}: {cell.get('r')} stands in row {row.get('r')}"
    for rule in (e for e in tree.iter() if local(e.tag) == "cfRule" and e.get("dxfId")):
        if int(rule.get("dxfId", "0")) >= sections.get("dxfs", 0):
            yield f"{name}: there is no dxf {rule.get('dxfId')}"
    links = Counter(e.get("ref") for e in tree.iter() if local(e.tag) == "hyperlink")
    yield from (f"{name}: {ref} has two links" for ref, count in links.items() if count > 1)
    if sum(links.values()) > 65_530:
        yield f"{name}: {sum(links.values())} links"


def _column(ref: str) -> int:
    number = 0
    for letter in ref.rstrip("0123456789"):
        number = number * 26 + ord(letter) - 64
    return number


def _workbook(tree: ET.Element) -> Iterator[str]:
    sheets = [s for e in tree if local(e.tag) == "sheets" for s in e]
    for key in ("name", "sheetId"):
        values = Counter(s.get(key, "").casefold() for s in sheets)
        yield from (f"two sheets have the {key} {v}" for v, count in values.items() if count > 1)
    yield from (f"{s.get('name')} is too long" for s in sheets if len(s.get("name", "")) > 31)
    for element in tree.iter():
        index = {"definedName": "localSheetId", "workbookView": "activeTab"}.get(local(element.tag))
        if index and int(element.get(index, "0")) >= len(sheets):
            yield f"{local(element.tag)} is about sheet {element.get(index)}, which is not there"
    names = Counter(
        (e.get("name", "").casefold(), e.get("localSheetId"))
        for e in tree.iter()
        if local(e.tag) == "definedName"
    )
    yield from (f"two names {name}" for name, count in names.items() if count > 1)
