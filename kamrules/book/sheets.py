"""The sheets of a result workbook that are ours, from its summary to the hidden run record."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.formatting.rule import DataBar, FormatObject, Rule
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from kamrules.book.cells import clean
from kamrules.charts import label_step, pareto_chart, pyramid_chart
from kamrules.model import Lang, Text
from kamrules.summary import (
    NEUTRAL,
    PALETTE,
    TONES,
    UNDECIDED,
    Chip,
    CustomerLine,
    ProblemLine,
    RuleLine,
    Summary,
    TableLines,
    TierLine,
    place_link,
)
from kamrules.text import label, say

CHARTS = "_kam_charts"
SHEETS = ("summary", "problems", "rules", "history")
FONTS: Mapping[Lang, str] = {"zh": "微软雅黑", "en": "Calibri"}
PERCENT, COUNT, MONEY = "0.00%", "#,##0", "#,##0.00"
DATE, DATETIME, SALES = "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "#,##0.0"
INK, SUB, TEAL, RED, GREEN, BLUE = "1F2933", "66727F", "0F4C5C", "D92D20", "067647", "0B63C5"
HAIR, HEAD, TILE, RESULT, GREY, BAR = "D9DFE5", "EEF1F4", "F5F8FA", "F7FBFC", "8896A5", "9CC5CF"


class Places(NamedTuple):
    """Where things stand in the workbook being written: sheet titles, and two result columns."""

    titles: Mapping[str, str]
    customers: str
    header_row: int
    tier: str
    change: str
    charts: str = CHARTS


# cells


def put(cell: Any, value: Any, style: str = "", number_format: str = "") -> Any:
    """Return the cell, holding *value*; a text never becomes a formula."""
    if style:
        cell.style = f"kam.{style}"
    if number_format:
        cell.number_format = number_format
    if isinstance(value, str):
        cell.value = clean(value)
        cell.data_type = "s"
    elif not isinstance(value, float) or math.isfinite(value):
        cell.value = value
    return cell


def link(cell: Any, target: str, tip: str = "") -> None:
    """Make a cell lead to a place in the same workbook."""
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=target, tooltip=tip or None)


def width(text: str) -> int:
    """Return the columns a text takes up, two for a Chinese character."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@cache
def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def lines(text: str, columns: float) -> int:
    """Return how many lines a text takes when wrapped."""
    return sum(max(1, math.ceil(width(part) / columns)) for part in text.split("\n"))


def header(text: Text, lang: Lang) -> str:
    """Return the header of a column of ours: both languages for a Chinese reader."""
    return text.en if lang == "en" or text.zh == text.en else f"{text.zh}\n{text.en}"


def data_bar() -> Rule:
    """Return the bar that shows a column's figures, starting from zero."""
    ends = [FormatObject("num", 0), FormatObject("max")]
    return Rule("dataBar", dataBar=DataBar(cfvo=ends, color=BAR, minLength=0, maxLength=100))


# styles


class Look(NamedTuple):
    """A named style; *edges* are style and colour of the sides."""

    size: float = 10
    ink: str = INK
    paper: str = ""
    at: str = "center"
    wrap: bool = False
    bold: bool = False
    underline: bool = False
    edges: Mapping[str, tuple[Any, str]] = {}


_HAIR = {"bottom": ("thin", HAIR)}
_TIER_NAMES = {
    **{ink: f"tier.{rank}" for rank, (ink, _) in enumerate(PALETTE, 1)},
    UNDECIDED[0]: "tier.undecided",
    NEUTRAL[0]: "tier.other",
}
LOOKS: Mapping[str, Look] = {
    "title": Look(18, at="left", bold=True),
    "section": Look(12, at="left", bold=True),
    "sub": Look(9, SUB, at="left"),
    "head": Look(ink="FFFFFF", paper=TEAL, wrap=True, bold=True),
    "head.plain": Look(paper=HEAD, wrap=True, bold=True, edges=_HAIR),
    "head.left": Look(paper=HEAD, at="left", wrap=True, bold=True, edges=_HAIR),
    "cell": Look(wrap=True, edges=_HAIR),
    "text": Look(at="left", wrap=True, edges=_HAIR),
    "strong": Look(wrap=True, bold=True, edges=_HAIR),
    "link": Look(ink=BLUE, underline=True, edges=_HAIR),
    "link.text": Look(ink=BLUE, at="left", edges=_HAIR),
    "fix": Look(ink=GREEN, at="left", wrap=True, bold=True, edges=_HAIR),
    "result": Look(paper=RESULT, edges=_HAIR),
    "result.text": Look(9, "374553", RESULT, "left", edges=_HAIR),
    "result.link": Look(ink=BLUE, paper=RESULT, underline=True, edges=_HAIR),
    "result.up": Look(ink=GREEN, paper=RESULT, edges=_HAIR),
    "result.down": Look(ink=TONES["error"], paper=RESULT, edges=_HAIR),
    **{
        name: Look(ink=ink, paper=paper, wrap=True, bold=True,
                   edges=dict.fromkeys(("left", "right", "top", "bottom"), ("medium", edge)))
        for name, ink, paper, edge in (
            ("error", TONES["error"], "FDECEA", RED),
            ("warning", TONES["warning"], "FEF4E6", "DC6803"),
        )
    },
    **{
        f"{name}.{tone}": look
        for tone, ink in TONES.items()
        for name, look in (
            ("tile.label", Look(9, SUB, TILE, edges={"top": ("medium", ink)})),
            ("tile", Look(20, ink, TILE, bold=True)),
            ("level", Look(ink=ink, bold=True, edges=_HAIR)),
            ("finding", Look(ink=ink, at="left", wrap=True)),
        )
    },
    **{
        _TIER_NAMES[ink]: Look(ink=ink, paper=paper, bold=True,
                               edges={"left": ("thick", ink), **_HAIR})
        for ink, paper in (*PALETTE, UNDECIDED, NEUTRAL)
    },
}  # fmt: skip


def tier_style(chip: Chip) -> str:
    """Return the style of a tier cell."""
    return _TIER_NAMES[chip.ink]


def add_styles(workbook: Workbook, lang: Lang) -> None:
    """Add the styles kam.*."""
    for name, look in LOOKS.items():
        workbook.add_named_style(_named_style(f"kam.{name}", look, FONTS[lang]))


def _named_style(name: str, look: Look, font: str) -> NamedStyle:
    sides: dict[str, Any] = {
        at: Side(style=style, color=ink) for at, (style, ink) in look.edges.items()
    }
    return NamedStyle(
        name=name,
        font=Font(
            name=font,
            size=look.size,
            color=look.ink,
            b=look.bold,
            u="single" if look.underline else None,
        ),
        fill=PatternFill("solid", fgColor=look.paper) if look.paper else PatternFill(),
        alignment=Alignment(horizontal=look.at, vertical="center", wrap_text=look.wrap),
        border=Border(**sides),
    )


def free_title(taken: Iterable[str], wanted: str) -> str:
    """Return a sheet title that nobody uses: the wanted one, or it with kam before it."""
    used = {title.casefold() for title in taken}
    title, number = wanted, 1
    while title.casefold() in used:
        title = f"kam {wanted}" if number == 1 else f"kam {number} {wanted}"
        number += 1
    return title


# 汇总: five pairs of columns, each under one tile

_PAIRS = ("BC", "EF", "HI", "KL", "NO")
_ALL, _LEFT, _RIGHT = "BCDEFGHIJKLMNO", "BCDEFGHI", "KLMNO"
_CHARTS_FROM, _CHARTS_TO, _TABLE = 7, 23, 25
_FINDING_WIDTH, _WHY_WIDTH, _LINE, _ROW = 60, 82, 15, 19
MOST_CHANGES, ONE_PAGE = 40, 12


def add_summary(workbook: Workbook, summary: Summary, places: Places) -> None:
    """Add the 汇总 sheet in front, and the hidden one its charts are drawn from."""
    sheet = workbook.create_sheet(places.titles["summary"], 0)
    _set_up(sheet, summary, TEAL)
    sheet.column_dimensions["A"].width = 1.5
    for letter in _ALL:
        sheet.column_dimensions[letter].width = 12 if letter in "".join(_PAIRS) else 2
    _title(sheet, "B", summary.title, summary.subtitle)
    _tiles(sheet, summary, places)
    _charts(workbook, sheet, summary, places)
    end = max(_tier_table(sheet, summary), _findings(sheet, summary))
    if summary.changes:
        _changes(sheet, summary, places, end + 2)
    sheet.page_setup.fitToHeight = 1 if len(summary.changes) <= ONE_PAGE else 0


def _title(sheet: Worksheet, column: str, title: str, subtitle: str) -> None:
    put(sheet[f"{column}1"], title, "title")
    put(sheet[f"{column}2"], subtitle, "sub")
    sheet.row_dimensions[1].height = 34


def _tiles(sheet: Worksheet, summary: Summary, places: Places) -> None:
    tier, change = (
        place_link(places.customers, f"{column}{places.header_row}")
        for column in (places.tier, places.change)
    )
    problems = place_link(places.titles["problems"], "A1")
    targets = {"changed": change, "problems": problems}
    for tile, pair in zip(summary.tiles, _PAIRS, strict=True):
        left, right = pair[0], pair[1]
        _band(sheet, pair, 4, f"tile.label.{tile.tone}")
        _band(sheet, pair, 5, f"tile.{tile.tone}")
        figure = tile.value.replace(",", "")
        put(sheet[f"{left}4"], tile.label)
        put(sheet[f"{left}5"], int(figure) if figure.isdigit() else figure, number_format=COUNT)
        if figure.isdigit():
            link(sheet[f"{left}5"], targets.get(tile.key, tier))
        for row in (4, 5):
            sheet.merge_cells(f"{left}{row}:{right}{row}")
    sheet.row_dimensions[4].height, sheet.row_dimensions[5].height = 20, 34


def _charts(workbook: Workbook, sheet: Worksheet, summary: Summary, places: Places) -> None:
    data, lang = workbook.create_sheet(places.charts), summary.lang
    data.sheet_state = "hidden"
    tiers = [line for line in summary.tiers if line.tier.key]
    most = max((line.customers for line in tiers), default=0)
    for row, line in enumerate(tiers, 2):
        _row(data, row, "ABC", (line.tier.label, (most - line.customers) / 2, line.customers))
    if tiers:
        _place(sheet, pyramid_chart(data, tiers, lang, FONTS[lang]), "B", "F")
    if summary.pareto:
        bars, scale = summary.pareto.bars, summary.sales_scale
        for row, bar in enumerate(bars, 2):
            # Only Excel leaves out ranks that have no room, so the others get no more than fit.
            rank = bar.rank if (row - 2) % label_step(len(bars)) == 0 else None
            _row(data, row, "EFGHI", (rank, bar.name, bar.sales / scale, bar.cumulative, 0.8))
        _place(sheet, pareto_chart(data, len(bars), _unit(summary), lang, FONTS[lang]), "H", "O")


def _place(sheet: Worksheet, chart: Any, left: str, right: str) -> None:
    # An anchor in centimetres would let the charts overlap where fonts differ.
    first = AnchorMarker(col=column_index_from_string(left) - 1, row=_CHARTS_FROM - 1)
    last = AnchorMarker(col=column_index_from_string(right), row=_CHARTS_TO)
    chart.anchor = TwoCellAnchor(editAs="oneCell", _from=first, to=last)
    sheet.add_chart(chart)


def _tier_table(sheet: Worksheet, summary: Summary) -> int:
    """Add the table and return its last row."""
    compared = any(line.previous is not None for line in summary.tiers)
    names = ("tier", "customers", "customer_share", "previous", "sales", "sales_share")
    heads = [label(name).of(summary.lang) for name in names]
    heads[3], heads[4] = heads[3] if compared else "", heads[4] + _unit(summary)
    _band(sheet, _LEFT, _TABLE, "head.plain")
    _row(sheet, _TABLE, "BCEFHI", heads)
    formats = ("", COUNT, PERCENT, COUNT, SALES if summary.sales_unit else COUNT, PERCENT)
    for row, line in enumerate(summary.tiers, _TABLE + 1):
        _band(sheet, _LEFT, row, "cell")
        values = _tier_values(line, summary.sales_scale)
        for letter, value, number_format in zip("BCEFHI", values, formats, strict=True):
            put(sheet[f"{letter}{row}"], value, number_format=number_format)
        put(sheet[f"B{row}"], line.tier.label, tier_style(line.tier))
        sheet.row_dimensions[row].height = _ROW
    return _TABLE + len(summary.tiers)


def _tier_values(line: TierLine, scale: float) -> Sequence[Any]:
    sales = None if line.sales is None else line.sales / scale
    of_all, of_sales = line.customer_share, line.sales_share
    return (line.tier.label, line.customers, of_all, line.previous, sales, of_sales)


def _findings(sheet: Worksheet, summary: Summary) -> int:
    """Add the findings and return their last row."""
    _band(sheet, _RIGHT, _TABLE, "head.left")
    put(sheet[f"K{_TABLE}"], label("findings").of(summary.lang))
    for row, finding in enumerate(summary.findings, _TABLE + 1):
        put(sheet[f"K{row}"], f"· {finding.text}", f"finding.{finding.tone}")
        sheet.merge_cells(f"K{row}:O{row}")
        needed = _LINE * lines(finding.text, _FINDING_WIDTH)
        sheet.row_dimensions[row].height = max(_ROW, needed)
    return _TABLE + len(summary.findings)


def _changes(sheet: Worksheet, summary: Summary, places: Places, top: int) -> None:
    names = ("customer", "previous", "now", "rule", "why")
    put(sheet[f"B{top}"], label("changes").of(summary.lang), "section")
    _band(sheet, _ALL, top + 1, "head.plain")
    _row(sheet, top + 1, "BEFHI", [label(name).of(summary.lang) for name in names])
    for letter in "BI":
        put(sheet[f"{letter}{top + 1}"], sheet[f"{letter}{top + 1}"].value, "head.left")
    for row, change in enumerate(summary.changes[:MOST_CHANGES], top + 2):
        _band(sheet, _ALL, row, "text")
        _change(sheet, row, change, places)
    if len(summary.changes) > MOST_CHANGES:
        rest = say(label("more_changes"), count=len(summary.changes) - MOST_CHANGES)
        put(sheet[f"B{top + 2 + MOST_CHANGES}"], rest.of(summary.lang), "sub")


def _change(sheet: Worksheet, row: int, change: CustomerLine, places: Places) -> None:
    name = put(sheet[f"B{row}"], change.name or change.id, "link.text")
    link(name, place_link(places.customers, f"{places.tier}{change.row}"))
    if change.previous:
        put(sheet[f"E{row}"], change.previous.label, tier_style(change.previous))
    put(sheet[f"F{row}"], change.tier.label, tier_style(change.tier))
    put(sheet[f"H{row}"], change.rule, "cell")
    put(sheet[f"I{row}"], change.why, "text")
    sheet.merge_cells(f"I{row}:O{row}")
    sheet.row_dimensions[row].height = max(_ROW, _LINE * lines(change.why, _WHY_WIDTH))


# 问题

STATUSES = ("status_open", "status_done", "status_ignored")
_PROBLEMS = 4
_PROBLEM_COLUMNS = (
    ("number", 5, "cell"), ("severity", 8, ""), ("code", 8, "cell"), ("place", 15, "cell"),
    ("customer", 18, "text"), ("problem", 30, "text"), ("found", 15, "cell"),
    ("reason", 32, "text"), ("fix", 34, "fix"), ("effect", 30, "text"), ("status", 9, "cell"),
)  # fmt: skip


def statuses(rows: Iterable[Sequence[Any]]) -> dict[tuple[str, str], str]:
    """Return what people chose under 处理, by code and place, from the rows of a 问题 sheet."""
    listed = (row for row in rows if len(row) >= len(_PROBLEM_COLUMNS))
    found = [(str(row[2]), str(row[3]), str(row[10])) for row in islice(listed, _PROBLEMS, None)]
    return {(code, place): status for code, place, status in found if code and status}


def add_problems(
    workbook: Workbook, summary: Summary, title: str, statuses: Mapping[tuple[str, str], str]
) -> None:
    """Add the 问题 sheet; *statuses* by code and place are those of an earlier run."""
    sheet, lang, count = workbook.create_sheet(title), summary.lang, len(summary.problems)
    _set_up(sheet, summary, RED if count else TEAL)
    hint = label("problems_hint" if count else "no_problems").of(lang)
    _title(sheet, "A", f"{_both(label('sheet_problems'), lang)} · {count}", hint)
    heads = [(header(label(name), lang), wide) for name, wide, _ in _PROBLEM_COLUMNS]
    _heads(sheet, _PROBLEMS, heads)
    chosen = {text: name for name in STATUSES for text in label(name)}
    for row, problem in enumerate(summary.problems, _PROBLEMS + 1):
        status = statuses.get((problem.code, problem.place), label("status_open").zh)
        shown = label(chosen[status]).of(lang) if status in chosen else status
        _problem(sheet, row, problem, shown, lang)
    if count:
        choices = ",".join(label(name).of(lang) for name in STATUSES)
        choice = DataValidation("list", formula1=f'"{choices}"', allow_blank=True)
        choice.add(f"K{_PROBLEMS + 1}:K{_PROBLEMS + count}")
        sheet.add_data_validation(choice)
        sheet.auto_filter.ref = f"A{_PROBLEMS}:K{_PROBLEMS + count}"
    sheet.print_title_rows = f"{_PROBLEMS}:{_PROBLEMS}"
    sheet.freeze_panes = f"E{_PROBLEMS + 1}"


def _problem(sheet: Worksheet, row: int, problem: ProblemLine, status: str, lang: Lang) -> None:
    values = (
        row - _PROBLEMS, problem.level, problem.code, problem.place, problem.customer,
        problem.what, problem.found or label("empty").of(lang), problem.why, problem.fix,
        problem.effect, status,
    )  # fmt: skip
    tone = "plain" if problem.severity == "notice" else problem.severity
    styles = {"severity": f"level.{tone}"}
    if problem.severity == "error":
        styles["found"] = "error"
    if problem.link:
        styles["place"] = "link"
        link(sheet[f"D{row}"], problem.link, label("jump").of(lang))
    tall = 1
    for i, (value, column) in enumerate(zip(values, _PROBLEM_COLUMNS, strict=True), 1):
        name, wide, style = column
        put(sheet.cell(row, i), value, styles.get(name, style))
        tall = max(tall, lines(str(value), wide))
    sheet.row_dimensions[row].height = max(24, _LINE * tall + 4)


# 规则


def add_rules(workbook: Workbook, summary: Summary, title: str) -> dict[tuple[str, str], str]:
    """Add the 规则 sheet; return where each rule stands, by table and id."""
    sheet, lang = workbook.create_sheet(title), summary.lang
    _set_up(sheet, summary, GREY)
    _title(sheet, "A", _both(label("sheet_rules"), lang), label("rules_hint").of(lang))
    for i, wide in enumerate(_rule_widths(summary.tables), 1):
        sheet.column_dimensions[get_column_letter(i)].width = wide
    places: dict[tuple[str, str], str] = {}
    top = 4
    for table in summary.tables:
        _table(sheet, table, top, lang)
        places |= {(table.name, r.id): f"A{top + 3 + i}" for i, r in enumerate(table.rules)}
        top += len(table.rules) + 4
    return places


def _rule_widths(tables: Sequence[TableLines]) -> list[float]:
    """Return column widths that suit all tables: they stand one below the other."""
    widths: dict[int, float] = {0: 9, 1: 10}
    for table in tables:
        rows = [(*table.inputs, *table.outputs, *table.notes), *map(_cells_of, table.rules)]
        for row in rows:
            for i, text in enumerate(row, 2):
                widths[i] = max(widths.get(i, 12), min(36, width(text) + 4))
    return [widths[i] for i in sorted(widths)]


def _cells_of(rule: RuleLine) -> tuple[str, ...]:
    return (*rule.inputs, *rule.outputs, *rule.notes)


def _table(sheet: Any, table: TableLines, top: int, lang: Lang) -> None:
    put(sheet.cell(top, 1), table.title, "section")
    parts = (table.policy, table.source)
    put(sheet.cell(top + 1, 1), " · ".join(part for part in parts if part), "sub")
    heads = [
        *((label(name).of(lang), "head") for name in ("rule", "hits")),
        *((name, "head.plain") for name in table.inputs),
        *((f"→ {name}", "head") for name in table.outputs),
        *((name, "head.plain") for name in table.notes),
    ]
    for i, (words, style) in enumerate(heads, 1):
        put(sheet.cell(top + 2, i), words, style)
    sheet.row_dimensions[top + 2].height = 24
    for row, rule in enumerate(table.rules, top + 3):
        _rule(sheet, row, rule)
    if table.rules:
        sheet.conditional_formatting.add(f"B{top + 3}:B{row}", data_bar())


def _rule(sheet: Any, row: int, rule: RuleLine) -> None:
    put(sheet.cell(row, 1), rule.label, "strong")
    put(sheet.cell(row, 2), rule.hits, "cell", COUNT)
    styles = [
        *("cell" for _ in rule.inputs),
        *(tier_style(chip) if chip else "cell" for chip in rule.tiers),
        *("text" for _ in rule.notes),
    ]
    tall = 1
    for i, (text, style) in enumerate(zip(_cells_of(rule), styles, strict=True), 3):
        put(sheet.cell(row, i), text, style)
        tall = max(tall, lines(text, sheet.column_dimensions[get_column_letter(i)].width))
    sheet.row_dimensions[row].height = max(22, _LINE * tall + 4)


# 历史


HISTORY = (
    ("history_period", 12, DATE), ("customer_id", 16, ""), ("tier", 14, ""), ("share", 12, PERCENT),
)  # fmt: skip


def history(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Return date, customer id, tier and share from the rows of a 历史 sheet."""
    return [
        (row[0].date() if isinstance(row[0], dt.datetime) else row[0], *row[1 : len(HISTORY)])
        for row in rows[1:]
        if row and row[0]
    ]


def add_history(workbook: Workbook, lang: Lang, title: str) -> None:
    """Add the 历史 sheet without its rows, one for each as-of date and customer."""
    sheet = workbook.create_sheet(title)
    sheet.sheet_properties.tabColor = GREY
    _heads(sheet, 1, [(label(name).of(lang), wide) for name, wide, _ in HISTORY])
    sheet.freeze_panes = "A2"


# all of them


def _set_up(sheet: Any, summary: Summary, tab: str) -> None:
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = tab
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.print_options.horizontalCentered = True
    margins, footer = sheet.page_margins, sheet.oddFooter
    margins.left, margins.right, margins.top, margins.bottom = 0.35, 0.35, 0.5, 0.75
    words = (f"kamrules · {summary.book}".replace("&", "&&"), sheet.title, "&P / &N")
    for part, text in zip((footer.left, footer.center, footer.right), words, strict=True):
        part.text, part.size = text, 8


def _heads(sheet: Worksheet, row: int, columns: Sequence[tuple[str, float]]) -> None:
    for i, (words, wide) in enumerate(columns, 1):
        put(sheet.cell(row, i), words, "head")
        sheet.column_dimensions[get_column_letter(i)].width = wide
    sheet.row_dimensions[row].height = 34 if any("\n" in words for words, _ in columns) else 22


def _row(sheet: Worksheet, row: int, letters: str, values: Sequence[Any], style: str = "") -> None:
    for letter, value in zip(letters, values, strict=True):
        put(sheet[f"{letter}{row}"], value, style)


def _band(sheet: Worksheet, letters: str, row: int, style: str) -> None:
    _row(sheet, row, letters, [None] * len(letters), style)


def _both(text: Text, lang: Lang) -> str:
    return header(text, lang).replace("\n", " ")


def _unit(summary: Summary) -> str:
    return say(label("unit"), unit=summary.sales_unit).zh if summary.sales_unit else ""
