"""Parses the parts of a workbook: nothing that refers elsewhere, is endless or takes an age."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from xml.parsers import expat

from kamrules.guard.package_check import MB, Parts, check_size, too_large
from kamrules.messages.problem import UsageError
from kamrules.words.text import Text

# Parts that only describe others; the largest real one has a tenth of this.
DESCRIPTION = 32 * MB
# Below this size expat alone is quick enough.
SKIMMED = MB // 4

# Whole elements, each quoted value within its tag: only after those may plain items follow.
_ELEMENTS = re.compile(
    rb"""(?:[^<]*+<[^<>"']*+(?:"[^<"]*+"[^<>"']*+|'[^<']*+'[^<>"']*+)*+>)*+[^<]*+"""
)


class Xml:
    """A part being parsed: no DTD, nothing that takes an age, nothing nested without end."""

    def __init__(self, parts: Parts, name: str) -> None:
        self.parts = parts
        self.name = name
        self.depth = 0
        self.elements, self.texts = parts.elements, parts.texts  # of all parts so far
        self._limits = parts.limits
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._event = -1  # where the parser was after the last block
        self._pending = 0  # bytes since it got any further

    def _doctype(self, *_: object) -> None:
        raise self.parts.damaged(self.name, "带有 DTD", "holds a DTD")

    def open(self, attributes: Mapping[str, str]) -> None:
        """Count an element that begins."""
        self.depth += 1
        self.elements += 1
        most = self._limits
        if self.elements > most.elements or self.depth > most.depth or len(attributes) > 9:
            self.check(attributes)

    def text(self) -> None:
        """Count a piece of text, such as a line, or a comment."""
        self.texts += 1
        if self.texts > self._limits.pieces:
            raise too_large(
                self.parts.where,
                f"里面的文字和注释超过 {self._limits.pieces:,} 段",
                f"it holds more than {self._limits.pieces:,} pieces of text and comments",
            )

    def check(self, attributes: Mapping[str, str]) -> None:
        """Refuse more elements, and an element with more attributes, than the limits allow."""
        limits = self._limits
        if self.elements > limits.elements:
            raise too_large(
                self.parts.where,
                f"要逐个检查的 XML 元素超过 {limits.elements:,} 个; 在 Excel 中另存一份会少得多",
                f"more than {limits.elements:,} XML elements have to be checked one by one; "
                "in a copy saved by Excel there are far fewer",
            )
        if self.depth > limits.depth or len(attributes) > limits.attributes:
            raise self.parts.damaged(
                self.name, "嵌套太深或属性太多", "is nested too deep or has too many attributes"
            )

    def feed(self, block: bytes, final: bool = False) -> None:
        """Parse a block.

        Before version 2.6, expat goes over a long token again with every block.
        """
        try:
            self.parser.Parse(block, final)
        except (expat.ExpatError, ValueError) as error:
            raise self.parts.damaged(self.name, "不是有效的 XML", "is not valid XML") from error
        event = self.parser.CurrentByteIndex
        self._pending = len(block) + (self._pending if event == self._event else 0)
        self._event = event
        if self._pending > self.parts.limits.token:
            raise self.endless()

    def endless(self) -> UsageError:
        """Return the refusal of a part for a tag or comment that is too long."""
        return self.parts.damaged(
            self.name,
            "里有太长的标签, 注释或文字",
            "has a tag, a comment or a text that is too long",
        )

    def close(self) -> None:
        """Check that the part is complete."""
        self.feed(b"", final=True)
        self.parts.elements, self.parts.texts = self.elements, self.texts


class Skim:
    """The reading of a part whose items have a name, such as rows.

    *plain* takes a buffer and where an item may begin, and returns where the plain ones end;
    *fed* gets what expat was given.
    """

    def __init__(
        self,
        xml: Xml,
        item: str,
        plain: Callable[[bytes, int], int],
        fed: Callable[[bytes], None] = lambda items: None,
    ) -> None:
        self.xml = xml
        self.on = xml.parts.size(xml.name) >= SKIMMED
        end = rb"</(?:[\w.-]+:)?%(i)s\s*>|<(?:[\w.-]+:)?%(i)s(?:\s[^<>]*)?/>"
        self._end = re.compile(end % {b"i": item.encode()})
        self._plain = plain
        self._fed = fed

    def read(self, keep: Callable[[bytes], None] = lambda block: None) -> None:
        """Parse the part; *keep* gets each of its blocks."""
        xml, rest = self.xml, b""
        for block in xml.parts.blocks(xml.name):
            keep(block)
            rest = self._take(rest + block)
            if len(rest) > xml.parts.limits.token:
                raise xml.endless()
        self._feed(rest)
        xml.close()

    def _take(self, buffer: bytes) -> bytes:
        """Parse what is complete in *buffer*, return the rest."""
        at = 0
        while self.on:
            at = self._plain(buffer, at)
            end = self._end.search(buffer, at)
            if not end:
                # An item that is longer is not plain, and behind the last one none will follow.
                self.on = len(buffer) - at < MB
                break
            items = buffer[at : end.end()]
            # In a comment or a processing instruction may stand what looks like an item.
            self.on = b"<!" not in items and b"<?" not in items and bool(_ELEMENTS.fullmatch(items))
            self._feed(items)
            at = end.end()
        if self.on:
            return buffer[at:]
        cut = max(at, buffer.rfind(b"<"))
        self._feed(buffer[at:cut])
        return buffer[cut:]

    def _feed(self, items: bytes) -> None:
        self.xml.feed(items)
        self._fed(items)


def walk(
    parts: Parts,
    name: str,
    start: Callable[[str, Mapping[str, str]], None],
) -> None:
    """Call *start* with the local name and the attributes of each element of a small part."""
    what = Text(f"部件 {name} 解压后", f"the part {name}, unpacked,")
    check_size(parts.where, what, parts.size(name), DESCRIPTION)
    xml = Xml(parts, name)

    def opened(tag: str, a: Mapping[str, str]) -> None:
        xml.open(a)
        start(tag.rpartition(" ")[2], a)

    def closed(_: str) -> None:
        xml.depth -= 1

    xml.parser.StartElementHandler, xml.parser.EndElementHandler = opened, closed
    for block in parts.blocks(name):
        xml.feed(block)
    xml.close()


def related(parts: Parts, name: str) -> dict[str, tuple[str, str]]:
    """Return kind and name of the parts that *name* refers to, by relationship id."""
    folder = "/" + posixpath.dirname(name)
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, a: Mapping[str, str]) -> None:
        if tag == "Relationship" and a.get("TargetMode") != "External":
            target = a.get("Target", "").replace("\\", "/")
            part = posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
            if a.get("Id", "") in found:
                raise parts.damaged(rels(name), "有两个相同的编号", "holds the same id twice")
            found[a.get("Id", "")] = (posixpath.basename(a.get("Type", "")), part)

    walk(parts, rels(name), start)
    return found


def rels(name: str) -> str:
    """Return the name of the part that holds the relationships of *name*."""
    folder, base = posixpath.split(name)
    return posixpath.join(folder, "_rels", f"{base}.rels")
