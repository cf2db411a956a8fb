"""Which sheet of a workbook is which: by its name, or else by its headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kamrules.guard.workbook import Worksheet
from kamrules.intake.headers import (
    HEADER_ROWS,
    Header,
    Layout,
    Row,
    doubtful_headers,
    find_layout,
    hinted,
    is_named,
    listed,
    missing_columns,
)
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW, NO_RUN
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.sheets.column import SheetSpec
from kamrules.words.address import letters
from kamrules.words.fold import folded
from kamrules.words.text import Text

# fmt: off
NO_SHEET = message("E201", kind="header",
    what=("{name} 里没有 “{sheet}” 表", "{name} has no “{sheet}” sheet"),
    why=("里面的工作表有: {present}{hint}", "its sheets are: {present}{hint}"),
    fix=("把这张表命名为 “{sheet}”, 并在表头写上 {columns}",
         "name the sheet “{sheet}” and give it the headers {columns}"),
    effect=NO_RUN,
    example={"name": "供应商.xlsx", "sheet": Text("供应商", "Suppliers"), "present": "Sheet1, 汇总",
             "hint": "",
             "columns": Text("供应商编号, 供应商名称", "Supplier ID, Supplier Name")}, place=IN_ROW)
NO_HEADER_ROW = message("E202", kind="header",
    what=("“{sheet}” 表里找不到表头", "the “{sheet}” sheet has no header row"),
    why=("前 {rows} 行里没有一行写着至少两个认识的列名",
         "none of its first {rows} rows names two columns that are known"),
    fix=("在数据上方写一行表头, 如 {columns}",
         "write a header row above the data, such as {columns}"),
    example={"sheet": "供应商", "rows": 20,
             "columns": Text("供应商编号, 供应商名称", "Supplier ID, Supplier Name"),
             "effect": Text("未判定, 未写出任何文件",
                            "nothing was decided, nothing was written")}, place=IN_ROW)
# fmt: on


OUR_SHEETS = {
    folded(name)
    for zh, en in {
        "汇总": "Summary", "问题": "Problems", "规则": "Rules",
    }.items()
    for name in (zh, en, zh + en)
}  # fmt: skip

# So many rows of a sheet are looked at for what may be meant by a sheet that is missing.
HINTED = 5
_STOPPED = Text("未判定, 未写出任何文件", "nothing was decided, nothing was written")
_LEFT_OUT = Text("这张表未读取; 其他表照常", "the sheet was not read; the others were")


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet not yet understood: its first rows as text, *first* the column they begin in."""

    book: str
    sheet: Worksheet
    rows: Sequence[Row]
    first: int
    made: bool = False

    @property
    def ours(self) -> bool:
        """Return whether an earlier run made the sheet, as its record or its name says."""
        title = self.sheet.title
        return self.made or title.startswith("_") or folded(title) in OUR_SHEETS

    def without(self, columns: frozenset[int], made: bool) -> Page:
        """Return the sheet with nothing in some columns, counted from 1, and whether we made it."""
        rows = [
            [None if self.first + i in columns else text for i, text in enumerate(row)]
            for row in self.rows
        ]
        return replace(self, rows=rows if columns else self.rows, made=made)

    def where(self, ref: str) -> Cell:
        """Return a place in this sheet."""
        return Cell(self.book, self.sheet.title, ref)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sheet taken for a kind of sheet, by its name or else by its headers."""

    spec: SheetSpec
    page: Page
    layout: Layout | None
    by_name: bool

    @property
    def known(self) -> Mapping[str, Header]:
        """Return the headers that name a column, by its key."""
        return self.layout.known if self.layout else {}

    @property
    def complete(self) -> bool:
        """Return whether every required column has a header."""
        return bool(self.layout) and _required(self.spec) <= self.known.keys()


def claims_of(pages: Sequence[Page], specs: Sequence[SheetSpec]) -> list[Claim]:
    """Return the best sheet for each kind of sheet: by name, then by headers."""
    named = [
        Claim(spec, page, find_layout(page.rows, page.first, spec), by_name=True)
        for page in pages
        for spec in specs
        if is_named(page.sheet.title, spec) and (page.rows or spec.required)
    ]
    claims = _best(named)
    found = {claim.spec.key for claim in claims}
    titles = {claim.page.sheet.title for claim in named}
    unnamed = [
        Claim(spec, page, find_layout(page.rows, page.first, spec), by_name=False)
        for page in pages
        if not (page.sheet.title in titles or page.ours)
        for spec in specs
        if spec.key not in found
    ]
    return claims + _best([claim for claim in unnamed if _fits(claim)])


def _required(spec: SheetSpec) -> set[str]:
    return {column.key for column in spec.columns if column.required}


def _fits(claim: Claim) -> bool:
    """Return whether the headers alone say that a sheet is of this kind."""
    required = _required(claim.spec)
    return bool(required) and len(required & claim.known.keys()) >= min(2, len(required))


def _best(claims: Iterable[Claim]) -> list[Claim]:
    """Return the claims that name most, one for each sheet and each kind; ties in book order."""
    best: dict[str, Claim] = {}
    taken: set[str] = set()
    for claim in sorted(claims, key=lambda c: (not c.complete, -len(c.known))):
        if claim.spec.key not in best and claim.page.sheet.title not in taken:
            best[claim.spec.key] = claim
            taken.add(claim.page.sheet.title)
    return list(best.values())


def check_claims(
    claims: Sequence[Claim], pages: Sequence[Page], specs: Sequence[SheetSpec]
) -> list[Problem]:
    """Return what is wrong with sheets and headers; raise it where a required sheet is unusable."""
    found = {claim.spec.key for claim in claims}
    fatal = [_no_sheet(spec, pages) for spec in specs if spec.required and spec.key not in found]
    problems: list[Problem] = []
    for claim in claims:
        spec, layout, where = claim.spec, claim.layout, claim.page.where
        bad, effect = (fatal, _STOPPED) if spec.required else (problems, _LEFT_OUT)
        if layout is None:
            bad.append(
                NO_HEADER_ROW.at(where(""), sheet=spec.name, rows=HEADER_ROWS, effect=effect,
                    columns=_headers_of(spec),
                )
            )  # fmt: skip
        elif not claim.complete:
            # Of a sheet found by its headers nobody said that it is of this kind.
            sure = claim.by_name or spec.required
            bad += missing_columns(layout, spec, where, effect, "error" if sure else "warning")
        else:
            problems += doubtful_headers(layout, spec, where)
    if fatal:
        raise UsageError(fatal)
    return problems


def _headers_of(spec: SheetSpec) -> Text:
    return listed([c.name for c in spec.columns if c.required] or [c.name for c in spec.columns])


def _no_sheet(spec: SheetSpec, pages: Sequence[Page]) -> Problem:
    """Return the error of a missing sheet, with the sheets and headers that may be meant."""
    titles = [Text(page.sheet.title, page.sheet.title) for page in pages]
    options = {folded(title.zh): title for title in titles}
    for page in pages:
        for r, row in enumerate([] if page.ours else page.rows[:HINTED], 1):
            for c, text in enumerate(row, page.first):
                if text:
                    at = f"{page.where(f'{letters(c)}{r}').local} “{text.strip()}”"
                    options.setdefault(folded(text), Text(at, at))
    headers = [name for c in spec.columns if c.required for name in c.name]
    return NO_SHEET.at(
        Cell(pages[0].book),
        name=pages[0].book,
        sheet=spec.name,
        present=listed(titles),
        hint=hinted((spec.zh, spec.en, *spec.synonyms, *headers), options),
        columns=_headers_of(spec),
    )
