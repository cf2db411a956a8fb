"""Checks what the sheets of a workbook share: its strings and its formats."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Mapping

from kamrules.guard.package_check import MAIN, Parts, check_count, check_size
from kamrules.guard.plain_rows import TEXT, is_text
from kamrules.guard.xml_check import Skim, Xml, walk
from kamrules.messages.problem import UsageError
from kamrules.words.text import Text

# So many strings may be announced whatever is there; readers make room for them at once.
_ANNOUNCED = 100_000
_PLAIN = re.compile(
    rb'(?:<si><t(?: xml:space="preserve"|)>' + TEXT + rb"</t>(?:<phoneticPr [^<>]*/>|)</si>)++"
)
_TEXTS = re.compile(rb"<t(?: [^<>]*|)>([^<]*)")
_NUMBER, _LONGEST_FORMAT = re.compile("[0-9]{1,9}"), 255
_FORMATS = {"xf", "font", "fill", "border"}


def check_strings(parts: Parts, name: str) -> tuple[array[int], bool]:
    """Return the lengths of the shared strings, and whether they are as Excel writes them."""
    strings = _Strings(parts, name)
    Skim(strings.xml, "si", strings.skim).read()
    return strings.lengths, strings.plain


def check_formats(parts: Parts, name: str) -> bool:
    """Return whether the formats are as Excel writes them; too many or out of order are refused."""
    counts, lists, odd = Counter[str](), list[str](), list[str]()
    what = Text("单元格格式", "cell formats")

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if not _NUMBER.fullmatch(attributes.get("numFmtId", "0")):
            odd.append(tag)
        if len(attributes.get("formatCode", "")) > _LONGEST_FORMAT:
            odd.append(tag)
        if tag in {"numFmts", "cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            lists.append(tag)
        if tag in _FORMATS and (tag != "xf" or lists[-1:] == ["cellXfs"]):
            counts[tag] += 1
            check_count(parts.where, what, counts[tag], parts.limits.formats)
        if lists.count("cellXfs") > 1 or (tag == "numFmts" and "cellXfs" in lists):
            raise parts.damaged(name, "的格式次序不对", "has its formats out of order")

    walk(parts, name, start)
    return not odd


class _Strings:
    """The handlers of the shared strings."""

    def __init__(self, parts: Parts, name: str) -> None:
        self.parts, self.name = parts, name
        self.lengths = array("I")
        self.plain = True
        self.xml = Xml(parts, name)
        self.xml.parser.StartElementHandler = self._start
        self.xml.parser.EndElementHandler = self._end
        self.xml.parser.CharacterDataHandler = self._text
        self._space = ""
        self._in_string = self._in_text = self._phonetic = False
        self._length = self._total = 0

    def skim(self, buffer: bytes, at: int) -> int:
        """Check the plain strings that come next, return where they end."""
        found = _PLAIN.match(buffer, at) if self.xml.depth == 1 else None
        if not found:
            return at
        if not is_text(found[0]):
            raise self.parts.damaged(self.name, "不是有效的 XML", "is not valid XML")
        lengths = list(map(len, _TEXTS.findall(found[0])))
        self.lengths.extend(lengths)
        self._total += sum(lengths)
        self._check(max(lengths))
        return found.end()

    def _check(self, length: int) -> None:
        """Refuse a text, or all texts, that are too long."""
        where, limits = self.parts.where, self.parts.limits
        if length > limits.text:
            check_count(
                where, Text("一个单元格的字符", "characters of one cell"), length, limits.text
            )
        if len(self.lengths) > limits.cells:
            check_count(where, Text("文字", "texts"), len(self.lengths), limits.cells)
        if self._total > limits.texts:
            check_size(where, Text("所有的文字", "the text of it"), self._total, limits.texts)

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.xml.open(attributes)
        space, _, local = tag.rpartition(" ")
        if self.xml.depth == 1:
            self._start_table(space, local, attributes)
        elif (local == "si") != (self.xml.depth == 2) or space != self._space:
            self.plain = False
            if local in {"si", "t", "r", "rPh"}:
                raise self._out_of_place(local)
        elif local == "si":
            self._in_string, self._length = True, 0
        elif local == "t":
            if self._in_text:
                raise self._out_of_place(local)
            self._in_text = True
        elif local == "rPh":
            self._phonetic = True

    def _start_table(self, space: str, local: str, attributes: Mapping[str, str]) -> None:
        if local != "sst" or space not in MAIN:
            raise self.parts.damaged(self.name, "不是共享文字", "holds no shared strings")
        self._space = space
        announced = attributes.get("uniqueCount", "0")
        most = max(_ANNOUNCED, self.parts.size(self.name))
        if not announced.isdecimal() or len(announced) > 10 or int(announced) > most:
            raise self.parts.damaged(
                self.name, "说的文字个数不可能", "says it holds more strings than it can"
            )

    def _out_of_place(self, local: str) -> UsageError:
        return self.parts.damaged(
            self.name, f"里 <{local}> 的位置不对", f"has a <{local}> out of place"
        )

    def _end(self, tag: str) -> None:
        local = tag.rpartition(" ")[2]
        if local == "t":
            self._in_text = False
        elif local == "rPh":
            self._phonetic = False
        elif self.xml.depth == 2 and self._in_string:
            self._in_string = False
            self.lengths.append(self._length)
        self.xml.depth -= 1

    def _text(self, text: str) -> None:
        self.xml.text()
        if self._in_text and not self._phonetic:
            self._length += len(text)
            self._total += len(text)
            self._check(self._length)
