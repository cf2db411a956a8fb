"""XML edited by splices: whatever is not changed keeps its bytes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']+)[\"']")
_TOKEN = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(!DOCTYPE)"
    rb"|<(/?)([^\s/>!?]+)((?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(/?)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s=]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.DOTALL)
# What splices at one position mean, in the order in which they are written.
_AFTER, _INSIDE, _BEFORE, _TAG = range(4)


class MalformedError(ValueError):
    """A part that is not XML as we can edit it."""


def encoding_of(content: bytes) -> str:
    """Return the encoding that XML says it is in, empty for UTF-8."""
    found = next((name for bom, name in _BOMS if content.startswith(bom)), "")
    if not found and content[:2] in (b"\0<", b"<\0"):
        found = "utf-16-be" if content[0] == 0 else "utf-16-le"
    if not found:
        said = _ENCODING.match(content.removeprefix(b"\xef\xbb\xbf"))
        found = said[1].decode("ascii", "replace").lower() if said else ""
    return "" if found in ("utf-8", "utf8", "us-ascii", "ascii") else found


def to_utf8(content: bytes) -> bytes:
    """Return XML in UTF-8, its declaration saying so."""
    encoding = encoding_of(content)
    if not encoding:
        return content
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except (LookupError, UnicodeDecodeError) as error:
        raise MalformedError(f"cannot decode {encoding}") from error
    declared = re.sub(r"(<\?xml[^>]*?encoding\s*=\s*[\"'])[^\"']+", r"\1UTF-8", text, count=1)
    return declared.encode()


def attribute(value: object) -> str:
    """Return a value as it stands between double quotes."""
    return escape(str(value), {'"': "&quot;", "\n": "&#10;"})


class Element:
    """An element by the places of its tags; edits are kept beside it until all are written."""

    __slots__ = (
        "after", "attributes", "before", "changed", "children", "close", "end", "gone", "inside",
        "is_empty", "name", "open", "start", "tag",
    )  # fmt: skip

    def __init__(self, name: str, attributes: dict[str, str], start: int, end: int) -> None:
        self.name = name
        self.tag = name.rpartition(":")[2]
        self.attributes = attributes
        self.children: list[Element] = []
        self.is_empty = False
        # start..open is the start tag, close..end the end tag.
        self.start, self.open, self.close, self.end = start, end, end, end
        self.changed: dict[str, str | None] = {}
        self.before: list[str] = []
        self.inside: list[str] = []
        self.after: list[str] = []
        self.gone = False

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute, by its local name where it has a prefix."""
        if name in self.attributes:
            return html.unescape(self.attributes[name])
        for key, value in self.attributes.items():
            if key.rpartition(":")[2] == name and not key.startswith("xmlns"):
                return html.unescape(value)
        return default

    def find(self, *path: str) -> Element | None:
        """Return the first child of a name, its first child of the next name, and so on."""
        found: Element | None = self
        for tag in path:
            children = found.children if found else ()
            found = next((child for child in children if child.tag == tag), None)
        return found

    def every(self, tag: str) -> list[Element]:
        """Return the children of a name."""
        return [child for child in self.children if child.tag == tag]

    def walk(self) -> Iterator[Element]:
        """Yield the element and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


class Document:
    """A part as elements with places, and the edits to write."""

    def __init__(self, content: bytes) -> None:
        self.content = to_utf8(content)
        self.root = _parse(self.content)

    def qualified(self, tag: str, like: Element | None = None) -> str:
        """Return a name with the prefix of an element, by default the root's."""
        prefix = (like or self.root).name.rpartition(":")[0]
        return f"{prefix}:{tag}" if prefix else tag

    def source(self, element: Element) -> str:
        """Return an element as it is written."""
        return self.content[element.start : element.end].decode()

    def inner(self, element: Element) -> str:
        """Return what stands between the tags of an element, as it is written."""
        return self.content[element.open : element.close].decode()

    def text(self, element: Element) -> str:
        """Return the text of an element that holds nothing else."""
        return html.unescape(self.inner(element))

    def bytes(self) -> bytes:
        """Return the part with the edits made."""
        splices = sorted(self._splices(self.root), key=lambda splice: splice[:2])
        if not splices:
            return self.content
        pieces, at = [], 0
        for start, _, end, new in splices:
            pieces += [self.content[at:start], new.encode()]
            at = end
        return b"".join([*pieces, self.content[at:]])

    def _splices(self, element: Element) -> Iterator[tuple[int, int, int, str]]:
        start, end = element.start, element.end
        if element.before:
            yield start, _BEFORE, start, "".join(element.before)
        if element.after:
            yield end, _AFTER, end, "".join(element.after)
        if element.gone:
            yield start, _TAG, end, ""
            return
        inside = "".join(element.inside)
        opened = element.is_empty and inside
        if element.changed or opened:
            tag = self._start_tag(element)
            if opened:
                inside = f"{tag[:-2].rstrip()}>{inside}</{element.name}>"
            yield start, _TAG, element.open, inside if opened else tag
        if inside and not opened:
            yield element.close, _INSIDE, element.close, inside
        for child in element.children:
            yield from self._splices(child)

    def _start_tag(self, element: Element) -> str:
        tag = self.content[element.start : element.open].decode()
        for name, value in element.changed.items():
            said = re.compile(rf"\s+{re.escape(name)}\s*=\s*(?:\"[^\"]*\"|'[^']*')")
            new = "" if value is None else f' {name}="{attribute(value)}"'
            if said.search(tag):
                tag = said.sub(lambda _, new=new: new, tag, count=1)  # type: ignore[misc]
            else:
                tag = re.sub(r"\s*(/?)>$", lambda end, new=new: f"{new}{end[1]}>", tag)  # type: ignore[misc]
        return tag


def _parse(content: bytes) -> Element:
    """Return the root of a part."""
    root: Element | None = None
    above: list[Element] = []
    for token in _TOKEN.finditer(content):
        doctype, closing, name, attributes, empty = token.groups()
        if doctype:
            raise MalformedError("a DTD")
        if name is None:
            continue
        if closing:
            if not above or above[-1].name.encode() != name:
                raise MalformedError(f"unexpected </{name.decode('utf-8', 'replace')}>")
            above[-1].close, above[-1].end = token.span()
            above.pop()
            continue
        pairs = {k: a or b for k, a, b in _ATTRIBUTE.findall(attributes.decode())}
        element = Element(name.decode(), pairs, *token.span())
        element.is_empty = bool(empty)
        if above:
            above[-1].children.append(element)
        elif root is None:
            root = element
        if not empty:
            above.append(element)
    if root is None or above:
        raise MalformedError("cut off")
    return root
