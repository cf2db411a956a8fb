"""Finds the header row of a sheet and the column that each header names; never by likeness."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW
from kamrules.messages.problem import Cell, Problem, Severity
from kamrules.sheets.column import Column, SheetSpec
from kamrules.words.address import letters
from kamrules.words.fold import folded
from kamrules.words.text import NO_TEXT, Text
from kamrules.words.types import NUMERIC
from kamrules.words.units import Unit, is_remark, read_unit, scale_of

# fmt: off
NO_COLUMN = message("E203", kind="header",
    what=("“{sheet}” 表缺少必需的列 “{column}”", "the “{sheet}” sheet lacks the column “{column}”"),
    why=("表头里没有这个名称或它的同义词{hint}", "no header is its name or a synonym of it{hint}"),
    fix=("把相应的表头改成 “{column}”, 或加上这一列",
         "rename the header that means it “{column}”, or add the column"),
    example={"sheet": "供应商", "column": Text("供应商编号", "Supplier ID"), "hint": "",
             "effect": Text("未判定, 未写出任何文件",
                            "nothing was decided, nothing was written")}, place=IN_ROW)
UNKNOWN_HEADER = message("W204", kind="header",
    what=("表头 “{found}” 不认识", "the header “{found}” is not known"),
    why=("它像 {near}, 但 kamrules 不猜", "it looks like {near}, but kamrules does not guess"),
    fix=("若就是它, 把表头改成 {near}", "if that is what it means, rename it {near}"),
    effect=("这一列按原名保留, 不当作 {near}",
            "the column is kept under its own name, not as {near}"),
    example={"found": "销售金额合计", "near": "销售额"}, place=IN_ROW)
HEADER_TWICE = message("W207", kind="header",
    what=("表头 “{found}” 与 {taken} 是同一列",
          "the header “{found}” means the same column as {taken}"),
    why=("一列只能有一个表头", "a column can have only one header"),
    fix=("改掉或删去其中一个", "rename or delete one of them"),
    effect=("只用 {taken}; 这一列按原名保留",
            "{taken} is used; this column is kept under its own name"),
    example={"found": "供应商代码", "taken": "供应商!A1"}, place=IN_ROW)
# fmt: on


Row = Sequence[str | None]
Where = Callable[[str], Cell]

# A header stands in one of the first rows of its sheet and is no essay.
HEADER_ROWS = 20
LONGEST = 60

_TAIL = re.compile(r"(.+?)\s*(?:[(\[【{]([^()\[\]【】{}]+)[)\]】}]|[/,]([^/,]+)|(%))\s*", re.S)
_SHEET_UNIT = re.compile(r"(?:单位|unit)([^,;)]+)")
_CHINESE = r"[^A-Za-z]*[\u3400-\u9fff][^A-Za-z]*?"
_LATIN = r"[A-Za-z][^\u3400-\u9fff]*?"
_BOTH = re.compile(
    rf"({_CHINESE})[\s/|(-]*({_LATIN})[\s)]*|({_LATIN})[\s/|(-]*({_CHINESE})[\s)]*", re.S
)


@dataclass(frozen=True, slots=True)
class Header:
    """A header cell and the column it names; *rank* 0 is a column's own name, 1 a synonym.

    *name* is what a frame calls it: the column's key, or the header itself, made unique.
    """

    position: int  # column of the sheet, counted from 1
    text: str
    group: str = ""
    column: Column | None = None
    unit: Unit | None = None
    rank: int = 0
    scale: float = 1.0
    rival: str = ""  # letters of the column that was taken instead
    name: str = ""

    @property
    def letters(self) -> str:
        """Return the letters of the sheet's column."""
        return letters(self.position)

    @property
    def label(self) -> Text:
        """Return what people call the column."""
        return self.column.name if self.column else Text(self.text, self.text)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the header of a sheet stands, where its data begins, and what the headers name."""

    row: int
    body: int
    headers: tuple[Header, ...]

    @property
    def known(self) -> Mapping[str, Header]:
        """Return the headers that name a column, by its key."""
        return {h.column.key: h for h in self.headers if h.column}


def _split_unit(text: str) -> tuple[str, Unit | None]:
    """Return a header without the unit at its end, and the unit."""
    plain = unicodedata.normalize("NFKC", text)
    if found := _TAIL.fullmatch(plain):
        tail = found[2] or found[3] or found[4]
        if is_remark(tail):
            return _split_unit(found[1])
        if unit := read_unit(tail):
            return found[1], unit
    return plain, None


@lru_cache(maxsize=10_000)
def _readings(text: str) -> tuple[tuple[str, Unit | None, bool], ...]:
    """Return the ways to read a header: name, unit, and whether it is one language of two."""
    name, unit = _split_unit(text)
    readings = [(folded(text), None, False), (folded(name), unit, False)]
    if both := _BOTH.fullmatch(name):
        parts = [part for part in both.groups() if part is not None]
        latin = parts[0] if parts[0].isascii() else parts[1]
        # 金额 USD or 金额 2023 is not 金额 in two languages.
        if not read_unit(latin) and not re.search(r"\d", latin):
            for part, own in map(_split_unit, parts):
                readings.append((folded(part), own or unit, True))
    return tuple(readings)


def is_named(title: str, spec: SheetSpec) -> bool:
    """Return whether a sheet's title names *spec*, in either language or both."""
    names = {folded(n) for n in (spec.zh, spec.en, spec.key, *spec.synonyms)}
    return any(name in names for name, _, _ in _readings(title))


_Vocabulary = Mapping[str, tuple[Column, int]]


def _vocabulary(spec: SheetSpec) -> _Vocabulary:
    names: dict[str, tuple[Column, int]] = {}
    for rank in (0, 1):
        for column in spec.columns:
            for name in column.synonyms if rank else (column.zh, column.en, column.key):
                names.setdefault(folded(name), (column, rank))
                if column.unit and not read_unit(column.unit):
                    names.setdefault(folded(f"{name}({column.unit})"), (column, rank))
    return names


def _understood(text: str, names: _Vocabulary) -> tuple[Column, Unit | None, int] | None:
    """Return the column that *text* names, the unit it states, and the rank of the match."""
    if len(text) > LONGEST or not any(c.isalpha() for c in text):
        return None
    parts: dict[str, tuple[Column, Unit | None, int]] = {}
    for name, unit, part in _readings(text):
        column, rank = names.get(name, (None, 0))
        if column and (unit is None or scale_of(unit, column.type, column.unit) is not None):
            if not part:
                return column, unit, rank
            parts.setdefault(column.key, (column, unit, 2))
    return next(iter(parts.values())) if len(parts) == 1 else None


def _read_row(row: Row, above: Row, first: int, names: _Vocabulary) -> Iterator[Header]:
    """Yield the headers of a row; those *above* it are its groups, or headers over two rows."""
    group = ""
    for i, text in enumerate(row):
        upper = above[i] if i < len(above) else None
        group = upper or group
        shown = (text or upper or "").strip()
        if shown:
            over = group if text else ""
            tries = dict.fromkeys((shown, over + shown))
            found = [m for t in tries if (m := _understood(t, names))]
            best = min(found, key=lambda match: match[2], default=(None, None, 0))
            yield Header(first + i, shown, over.strip(), *best)


def find_layout(rows: Sequence[Row], first: int, spec: SheetSpec) -> Layout | None:
    """Return the row among the first ones that names most columns, None where none does.

    *first* is the sheet column in which *rows* begin.
    """
    names = _vocabulary(spec)
    required = {c.key for c in spec.columns if c.required}
    best: tuple[int, list[Header]] | None = None
    most, end = 0, min(HEADER_ROWS, len(rows))
    for paired in (False, True):
        for r in range(int(paired), end):
            if r >= end:
                break
            headers = list(_read_row(rows[r], rows[r - 1] if paired else (), first, names))
            known = {h.column.key for h in headers if h.column}
            if len(known) > most and (len(known) >= 2 or (required and required <= known)):
                best, most = (r, headers), len(known)
                if required <= known:
                    # What follows is data; only the next row may still belong to the header.
                    end = min(end, r + 2)
    if best is None:
        return None
    r, headers = best
    units = _unit_row(rows[r + 1], headers, first) if r + 1 < len(rows) else {}
    general = _general_unit(rows[:r])
    scaled = [_scaled(h, units.get(h.position), general) for h in headers]
    return Layout(r + 1, r + 2 + bool(units), tuple(_uniquely_named(_settled(scaled))))


def _unit_row(row: Row, headers: Sequence[Header], first: int) -> Mapping[int, Unit]:
    """Return the units of a row by column, empty where the row holds anything else."""
    texts = {first + i: text for i, text in enumerate(row) if text and text.strip()}
    units = {i: unit for i, text in texts.items() if (unit := read_unit(text))}
    numeric = {h.position for h in headers if h.column and h.column.type in NUMERIC}
    return units if len(units) == len(texts) and numeric & units.keys() else {}


def _general_unit(rows: Sequence[Row]) -> Unit | None:
    """Return the unit of money that a line above the header states, such as 单位: 万元."""
    texts = (found for row in rows for t in row if t and (found := _SHEET_UNIT.search(folded(t))))
    return next((unit for found in texts if (unit := read_unit(found[1]))), None)


def _scaled(header: Header, below: Unit | None, general: Unit | None) -> Header:
    column = header.column
    if column is None:
        return header
    unit = header.unit or below or (general if column.type == "money" else None)
    scale = scale_of(unit, column.type, column.unit) if unit else 1.0
    return replace(header, column=None) if scale is None else replace(header, scale=scale)


def _settled(headers: Sequence[Header]) -> Iterator[Header]:
    """Yield the headers, each column left to one: its own name first, then the leftmost."""
    taken: dict[str, Header] = {}
    for header in sorted(headers, key=lambda h: (h.rank, h.position)):
        if header.column:
            taken.setdefault(header.column.key, header)
    for header in headers:
        winner = taken[header.column.key] if header.column else header
        lost = replace(header, column=None, scale=1.0, rival=winner.letters)
        yield header if winner is header else lost


def _uniquely_named(headers: Iterable[Header]) -> Iterator[Header]:
    headers = list(headers)
    taken = {h.column.key for h in headers if h.column}
    for header in headers:
        name = header.column.key if header.column else header.text
        if not header.column and (name in taken or name.startswith("#")):
            full = f"{header.group} {header.text}"
            name = full if header.group and full not in taken else f"{name} {header.letters}"
        taken.add(name)
        yield replace(header, name=name)


def similar(name: str, options: Mapping[str, Text]) -> tuple[Text, ...]:
    """Return up to three of *options* whose (folded) names look like *name*."""
    # A few Latin letters look alike by chance much more often than Chinese ones.
    cutoff = 0.75 if name.isascii() else 0.6
    near = difflib.get_close_matches(folded(name), options, n=6, cutoff=cutoff)
    return tuple(dict.fromkeys(options[n] for n in near))[:3]


def listed(names: Sequence[Text]) -> Text:
    """Return the names as one list."""
    return Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))


def hinted(names: Iterable[str], options: Mapping[str, Text]) -> Text:
    """Return a clause with up to three *options* that one of *names* may be, empty without any."""
    near = dict.fromkeys(option for name in names for option in similar(name, options))
    found = listed(list(near)[:3])
    return Text(f"; 是不是 {found.zh}", f"; perhaps {found.en}") if near else NO_TEXT


def missing_columns(
    layout: Layout, spec: SheetSpec, where: Where, effect: Text, severity: Severity
) -> Iterator[Problem]:
    """Yield a problem for each required column that no header names."""
    row = layout.row
    place = where(f"{layout.headers[0].letters}{row}:{layout.headers[-1].letters}{row}")
    free = {folded(h.text): h.label for h in layout.headers if not h.column}
    for column in spec.columns:
        if column.required and column.key not in layout.known:
            hint = hinted((column.zh, column.en, *column.synonyms), free)
            yield NO_COLUMN.at(
                place,
                severity=severity,
                column=column.name,
                sheet=spec.name,
                hint=hint,
                effect=effect,
            )


def doubtful_headers(layout: Layout, spec: SheetSpec, where: Where) -> Iterator[Problem]:
    """Yield a warning for each header that lost its column, or looks like one that is missing."""
    wanted = {
        folded(name): column.name
        for column in spec.columns
        if column.key not in layout.known
        for name in (column.zh, column.en, *column.synonyms)
    }
    for header in layout.headers:
        place = where(f"{header.letters}{layout.row}")
        if header.rival:
            taken = where(f"{header.rival}{layout.row}")
            yield HEADER_TWICE.at(place, found=header.text, taken=taken.local)
        elif not header.column and (near := similar(_split_unit(header.text)[0], wanted)):
            yield UNKNOWN_HEADER.at(place, found=header.text, near=listed(near))
