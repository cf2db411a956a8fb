"""Writes a result into a copy of the customer workbook: columns, frames, notes and our sheets."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from openpyxl import load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.worksheet import Worksheet

from kamrules.book import sheets
from kamrules.model import (
    HIT_POLICIES,
    ROW,
    RULE,
    Cell,
    Decision,
    Lang,
    Problem,
    Result,
    ResultColumn,
    Sheet,
    Text,
    Type,
    UsageError,
)
from kamrules.rules.names import both
from kamrules.summary import (
    place_link,
    rule_name,
    shown,
    summarise,
    tier_chips,
    undecided_chip,
)
from kamrules.text import fmt, label, problem, say

AUTHOR = "kamrules"
# Excel drops all links of a sheet that has more than 65,530.
MOST_LINKS = 65_000
MOST_FRAMED = 1_000
HEADER_HEIGHT = 32
NOTE_WIDTH, NOTE_COLUMNS, NOTE_LINE = 340, 46, 18
FORMATS: Mapping[Type, str] = {
    "int": sheets.COUNT,
    "money": sheets.MONEY,
    "percent": sheets.PERCENT,
    "date": sheets.DATE,
    "datetime": sheets.DATETIME,
}
_CONTENT_TYPES, _CORE = "[Content_Types].xml", "docProps/core.xml"
_ENTRY = re.compile(rb"<(?:Default|Override)\b[^>]*/>")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)

Links = Mapping[tuple[str, str], str]  # where a rule stands, by table and id


class Block(NamedTuple):
    """Result columns of one sheet, and the number of the first."""

    sheet: Sheet
    first: int
    columns: Sequence[ResultColumn]


class Earlier(NamedTuple):
    """What an earlier run wrote: statuses by code and place, history, first columns by sheet."""

    statuses: Mapping[tuple[str, str], str]
    history: Sequence[Sequence[Any]]
    first: Mapping[str, int]


def annotate(source: Path, target: Path, result: Result, lang: Lang) -> None:
    """Write *target*: the workbook *source* with the result beside the rows it concerns."""
    with warnings.catch_warnings(action="ignore"):
        workbook = load_workbook(source, keep_vba=source.suffix.lower() == ".xlsm", rich_text=True)
    _fill(workbook, result, lang)
    _date(workbook, source, result.as_of)
    replace_file(target, _package(workbook, result.as_of))


def replace_file(target: Path, content: bytes) -> None:
    """Put *content* in the place of a file in one step; raise what keeps us from it."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        held = problem("E002", Cell(target.name), name=target.name, reason=reason)
        raise UsageError([held], exit_code=3) from error
    finally:
        temporary.unlink(missing_ok=True)


def _fill(workbook: Workbook, result: Result, lang: Lang) -> None:
    """Put a result into a workbook, in place of what an earlier run put there."""
    summary = summarise(result, lang)
    earlier = _take_out(workbook)
    sheets.add_styles(workbook, lang)
    titles = {
        kind: sheets.free_title(workbook, label(f"sheet_{kind}").of(lang)) for kind in sheets.SHEETS
    }
    sheets.add_problems(workbook, summary, titles["problems"], earlier.statuses)
    rules = sheets.add_rules(workbook, summary, titles["rules"])
    sheets.add_history(workbook, lang, titles["history"], _history(result, earlier.history))
    links = {rule: place_link(titles["rules"], ref) for rule, ref in rules.items()}
    blocks = [
        Block(sheet, _first_column(workbook[sheet.title], sheet, len(columns), earlier), columns)
        for sheet, columns in result_columns(result, lang, links)
    ]
    for block in blocks:
        _put_columns(workbook[block.sheet.title], block)
    framed = _frame(workbook, result, lang)
    _add_tier_notes(workbook, blocks[0], result, lang)
    sheets.add_summary(workbook, summary, _places(titles, blocks[0]))
    sheets.add_record(workbook, result.record, titles, map(_added, blocks), framed)
    _open_at(workbook, titles["summary"])


def _history(result: Result, earlier: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    """Return the earlier rows that belong to another date, and a row for each decided customer."""
    decided = result.customers.drop_nulls("tier").select("id", "tier", "share")
    return [
        *(row for row in earlier if row[0] != result.as_of),
        *((result.as_of, *row) for row in decided.iter_rows()),
    ]


def _places(titles: Mapping[str, str], block: Block) -> sheets.Places:
    tier, change = (get_column_letter(block.first + i) for i in (0, 2))
    return sheets.Places(titles, block.sheet.title, block.sheet.header_row, tier, change)


def _added(block: Block) -> sheets.Added:
    headers = tuple(_header(column) for column in block.columns)
    return sheets.Added(block.sheet.title, get_column_letter(block.first), headers)


def _open_at(workbook: Workbook, title: str) -> None:
    workbook.active = workbook.sheetnames.index(title)
    for sheet in workbook.worksheets:
        # Excel edits all selected sheets together.
        sheet.sheet_view.tabSelected = sheet.title == title
    # openpyxl writes formulas without their values, so Excel has to work them out.
    workbook.calculation = workbook.calculation or CalcProperties()
    workbook.calculation.fullCalcOnLoad = True


# what an earlier run left


def _take_out(workbook: Workbook) -> Earlier:
    """Remove what an earlier run added, and return what the next one keeps of it."""
    mark = sheets.read_mark(workbook)
    titles = {kind: title for kind, title in mark.sheets.items() if title in workbook.sheetnames}
    statuses = sheets.read_statuses(workbook[titles["problems"]]) if "problems" in titles else {}
    history = sheets.read_history(workbook[titles["history"]]) if "history" in titles else []
    first = {
        added.sheet: _remove_columns(workbook[added.sheet], added.headers)
        for added in mark.columns
        if added.sheet in workbook.sheetnames
    }
    _restore_styles(workbook, mark)
    _remove_notes(workbook)
    hidden = (sheets.CHARTS, sheets.RECORD) if mark.sheets else ()
    for title in (*titles.values(), *hidden):
        if title in workbook.sheetnames:
            workbook.remove(workbook[title])
    return Earlier(statuses, history, {title: n for title, n in first.items() if n})


def _remove_columns(sheet: Any, headers: Sequence[str]) -> int:
    """Remove our columns, wherever they stand by now, and return the number of the first."""
    head = _style_number(sheet.parent, "kam.head")
    tops: dict[int, int] = {
        cell.column: cell.row
        for cell in _cells(sheet)
        if cell._style.xfId == head and cell.value in headers
    }
    for row, column in [*sheet._cells]:
        if row >= tops.get(column, row + 1):
            del sheet._cells[row, column]
    kept = ConditionalFormattingList()
    for formatting in sheet.conditional_formatting:
        spans = [range(r.min_col, r.max_col + 1) for r in formatting.sqref.ranges]
        if not all(column in tops for span in spans for column in span):
            for rule in formatting.rules:
                kept.add(formatting, rule)
    sheet.conditional_formatting = kept
    return min(tops, default=0)


def _restore_styles(workbook: Workbook, mark: sheets.Mark) -> None:
    """Give framed cells the style they had; one that was sorted away, that of its column."""
    by_cell = {(title, ref): style for title, ref, style in mark.framed}
    by_column = {(title, ref.rstrip("0123456789")): s for (title, ref), s in by_cell.items()}
    frames = {_style_number(workbook, f"kam.{name}") for name in ("error", "warning")}
    for title in {title for title, _ in by_cell} & set(workbook.sheetnames):
        for cell in _cells(workbook[title]):
            if cell._style.xfId in frames:
                plain = by_column.get((title, cell.column_letter), cell._style)
                cell._style = copy(by_cell.get((title, cell.coordinate), plain))


def _remove_notes(workbook: Workbook) -> None:
    for sheet in workbook.worksheets:
        for cell in _cells(sheet):
            if cell.comment and cell.comment.author == AUTHOR:
                cell.comment = None


def _cells(sheet: Any) -> list[Any]:
    """Return the cells of a sheet that have a style; openpyxl gives none to some it makes up."""
    return [cell for cell in sheet._cells.values() if cell._style]


def _style_number(workbook: Workbook, name: str) -> int:
    names = workbook.named_styles
    return names.index(name) if name in names else -1


# columns


def result_columns(
    result: Result, lang: Lang, links: Links
) -> list[tuple[Sheet, list[ResultColumn]]]:
    """Return the columns to add, by the sheet whose rows they decide; customers come first."""
    columns = {"customers": _customer_columns(result, lang, links)}
    labels = Counter(o.label for d in result.decisions for o in d.table.outputs)
    for decision in result.decisions:
        if decision.table.for_each not in result.data.sheets:
            continue
        its = columns.setdefault(decision.table.for_each, [])
        its += _output_columns(decision, result, lang, labels)
        if decision.table.for_each != "customers":
            name = decision.table.name
            rules = {row: (name, rule) for row, rule in _pairs(decision, RULE)}
            its.append(_rule_column(rules, result, lang, links))
    return [(result.data.sheets[key], its) for key, its in columns.items()]


def _customer_columns(result: Result, lang: Lang, links: Links) -> list[ResultColumn]:
    rows = {row[ROW]: row for row in result.customers.iter_rows(named=True)}
    chips, undecided = tier_chips(result, lang), undecided_chip(lang)
    looks = {chip.label: sheets.tier_style(chip) for chip in (*chips.values(), undecided)}
    tiers = {n: (chips[row["tier"]] if row["tier"] else undecided).label for n, row in rows.items()}
    rules = {n: (row["table"] or "", row["rule"]) for n, row in rows.items()}
    return [
        ResultColumn(label("tier"), tiers, styles=looks),
        ResultColumn(label("share"), {n: row["share"] for n, row in rows.items()}, "percent"),
        _change_column(rows, result, lang),
        _rule_column(rules, result, lang, links),
        _text_column(label("why"), {n: row[f"why_{lang}"] for n, row in rows.items()}, most=70),
    ]


def _change_column(
    rows: Mapping[int, Mapping[str, Any]], result: Result, lang: Lang
) -> ResultColumn:
    arrows = {"up": "▲", "down": "▼"}
    values: dict[int, str | None] = dict.fromkeys(rows)
    styles: dict[str, str] = {}
    for n, row in rows.items():
        if row["change"] in arrows:
            words = f"{arrows[row['change']]} {shown(result, row['previous'], lang)}"
            values[n], styles[words] = words, f"result.{row['change']}"
        elif row["change"] == "new":
            values[n] = label("new").of(lang)
    return ResultColumn(label("change"), values, width=14, styles=styles)


def _rule_column(
    rules: Mapping[int, tuple[str, str | None]], result: Result, lang: Lang, links: Links
) -> ResultColumn:
    """Return the ids of rules by row, with the title of their table where there are several."""
    titles = {d.table.name: f"{d.table.title.of(lang)} " for d in result.decisions}
    if len({table for table, rule in rules.values() if rule}) <= 1:
        titles = {}
    values: dict[int, str | None] = dict.fromkeys(rules)
    places: dict[str, str] = {}
    for n, (table, rule) in rules.items():
        if rule:
            values[n] = words = titles.get(table, "") + rule_name(rule, lang)
            place = links.get((table, rule.split(",")[0]))
            places |= {words: place} if place else {}
    return ResultColumn(label("rule"), values, width=20 if titles else 10, links=places)


def _output_columns(
    decision: Decision, result: Result, lang: Lang, labels: Mapping[str, int]
) -> Iterator[ResultColumn]:
    """Yield a column for each output of a table that is not the tier itself."""
    for output in decision.table.outputs:
        if _is_tier(decision, output.label, result):
            continue
        name = result.labels.get(output.label) or both(output.label)
        if labels[output.label] > 1:
            title = decision.table.title
            name = Text(f"{name.zh} ({title.zh})", f"{name.en} ({title.en})")
        values = {n: _typed(value, result, lang) for n, value in _pairs(decision, output.label)}
        if any(isinstance(value, str) for value in values.values()):
            yield _text_column(name, values, most=40)
        else:
            yield ResultColumn(name, values, output.type, width=max(12, _widest([name.zh]) + 3))


def _is_tier(decision: Decision, output: str, result: Result) -> bool:
    """Return whether an output is what the tier column shows already."""
    tiers = result.customers.select(ROW, "table", tier=pl.col("tier").cast(pl.String))
    given = decision.frame.select(ROW, given=pl.col(output).cast(pl.String, strict=False))
    pairs = tiers.join(given, on=ROW, how="left")
    named = both(output).zh == "等级" or both(output).en.casefold() == "tier"
    chosen = named or decision.table.name in tiers["table"]
    return chosen and bool(pairs["tier"].eq_missing(pairs["given"]).all())


def _typed(value: Any, result: Result, lang: Lang) -> Any:
    """Return an output as a cell holds it."""
    if isinstance(value, str):
        return shown(result, value, lang)
    if isinstance(value, list):
        return fmt([_typed(item, result, lang) for item in value], lang=lang)
    return fmt(value, lang=lang) if isinstance(value, bool | dt.timedelta) else value


def _text_column(name: Text, values: Mapping[int, Any], most: float) -> ResultColumn:
    return ResultColumn(name, values, width=min(most, max(12, _widest(values.values()) + 3)))


def _widest(values: Iterable[Any]) -> int:
    return max((sheets.width(str(value)) for value in values if value is not None), default=0)


def _pairs(decision: Decision, column: str) -> Iterator[tuple[int, Any]]:
    return decision.frame.select(ROW, column).iter_rows()


def _header(column: ResultColumn) -> str:
    zh, en = column.header
    return zh if zh == en else f"{zh}\n{en}"


def _first_column(sheet: Any, spec: Sheet, count: int, earlier: Earlier) -> int:
    """Return where result columns begin: where they were if there is room, else right of all."""
    first, top = earlier.first.get(sheet.title), spec.header_row
    if first is None:
        merges = sheet.merged_cells.ranges
        ends: list[int] = [merge.max_col for merge in merges if merge.max_row >= top]
        return 1 + max([spec.last_column, *ends])
    cells = sheet._cells.values()
    used: list[int] = [cell.column for cell in cells if cell.value is not None]
    if any(first <= column < first + count for column in used):
        return max(used) + 1
    return first


def _put_columns(sheet: Worksheet, block: Block) -> None:
    top = block.sheet.header_row
    for i, column in enumerate(block.columns, block.first):
        letter = get_column_letter(i)
        sheets.put(sheet.cell(top, i), _header(column), "head")
        _set_width(sheet, i, column.width)
        _put_values(sheet, i, column)
        if column.header == label("share") and column.values:
            rows = f"{letter}{min(column.values)}:{letter}{max(column.values)}"
            sheet.conditional_formatting.add(rows, sheets.data_bar())
    height = sheet.row_dimensions[top].height or _needed_height(sheet, top)
    sheet.row_dimensions[top].height = max(height, HEADER_HEIGHT)


def _needed_height(sheet: Any, row: int) -> float:
    """Return the height of a row that nobody set, now that we set it."""
    tall = 1
    for cell in sheet[row]:
        if cell.value and cell.alignment.wrap_text:
            size = sheet.column_dimensions.get(get_column_letter(cell.column))
            tall = max(tall, sheets.lines(str(cell.value), size.width if size else 8))
    return 15.0 * tall


def _put_values(sheet: Worksheet, number: int, column: ResultColumn) -> None:
    plain = "result.text" if column.width > 20 else "result"
    linked = len(column.values) <= MOST_LINKS
    for row, value in column.values.items():
        place = column.links.get(value) if linked else None
        style = column.styles.get(value, "result.link" if place else plain)
        number_format = FORMATS.get(_time_type(value) or column.type, "")
        cell = sheets.put(sheet.cell(row, number), value, style, number_format)
        if place:
            sheets.link(cell, place)


def _time_type(value: Any) -> Type | None:
    if isinstance(value, dt.datetime):
        return "datetime"
    return "date" if isinstance(value, dt.date) else None


def _set_width(sheet: Worksheet, column: int, width: float) -> None:
    """Set a column's width; a setting that spans several columns is split around it."""
    sizes = sheet.column_dimensions
    for size in [*sizes.values()]:
        low, high = size.min or 0, size.max or 0
        if low <= column <= high and low < high:
            for first, last in ((low, column - 1), (column + 1, high)):
                if first <= last:
                    part = copy(size)
                    part.index = get_column_letter(first)
                    part.min, part.max = first, last
                    sizes[part.index] = part
            if low == column:
                del sizes[get_column_letter(low)]
    sizes[get_column_letter(column)].width = width


# frames and notes


def _frame(workbook: Any, result: Result, lang: Lang) -> list[tuple[str, str, Any]]:
    """Frame bad cells and say on each what is wrong; return the styles they had."""
    framed: dict[tuple[str, str], Any] = {}
    notes: dict[tuple[str, str], list[str]] = {}
    for found in sorted(result.problems, key=lambda p: p.severity != "error"):
        cells = list(_bad_cells(workbook, found, result.data.book))
        for cell in cells:
            place = (cell.parent.title, cell.coordinate)
            if place not in framed:
                framed[place] = copy(cell._style) or StyleArray()
                _put_frame(cell, workbook._named_styles[f"kam.{found.severity}"])
        if cells:
            place = (cells[0].parent.title, cells[0].coordinate)
            notes.setdefault(place, []).append(_problem_note(found, lang))
    for (title, ref), words in notes.items():
        _add_note(workbook[title][ref], "\n\n".join(words))
    return [(title, ref, style) for (title, ref), style in framed.items()]


def _bad_cells(workbook: Workbook, found: Problem, book: str) -> Iterator[Any]:
    where = found.where
    if found.severity == "notice" or where.book != book or where.sheet not in workbook.sheetnames:
        return
    sheet = workbook[where.sheet]
    for ref in re.split(r"[,;\s]+", where.ref):
        try:
            left, top, right, bottom = range_boundaries(ref)
        except ValueError:
            continue
        if left and top and right and bottom:
            bottom = max(top, min(bottom, sheet.max_row))
            rows = sheet.iter_rows(top, bottom, left, right)
            cells = (cell for row in rows for cell in row if not isinstance(cell, MergedCell))
            yield from islice(cells, MOST_FRAMED)


def _put_frame(cell: Any, frame: Any) -> None:
    style, look = copy(cell._style) or StyleArray(), frame.as_tuple()
    style.fontId, style.fillId, style.borderId = look.fontId, look.fillId, look.borderId
    style.xfId = look.xfId
    cell._style = style


def _problem_note(found: Problem, lang: Lang) -> str:
    parts = (
        say(label("note_found"), found=found.found or label("empty")),
        say(label("note_fix"), fix=found.fix),
        say(label("note_effect"), effect=found.effect),
    )
    return "\n".join([f"[{found.code}] {found.what.of(lang)}", *(p.of(lang) for p in parts)])


def _add_tier_notes(workbook: Workbook, block: Block, result: Result, lang: Lang) -> None:
    """Say on the tiers that changed or were not decided how that came."""
    sheet = workbook[block.sheet.title]
    tables = {decision.table.name: decision.table for decision in result.decisions}
    noted = pl.col("tier").is_null() | pl.col("change").is_in(["up", "down"])
    for row in result.customers.filter(noted).iter_rows(named=True):
        tier = shown(result, row["tier"], lang) if row["tier"] else label("undecided")
        previous = shown(result, row["previous"], lang) if row["previous"] else label("none")
        parts = [say(label("note_tier"), tier=tier, previous=previous)]
        if row["rule"] and row["table"] in tables:
            table = tables[row["table"]]
            policy = f"{table.policy} {HIT_POLICIES[table.policy].of(lang)}"
            rule = rule_name(row["rule"], lang)
            parts.append(say(label("note_rule"), rule=rule, table=table.title, policy=policy))
        parts.append(say(label("note_why"), why=row[f"why_{lang}"] or ""))
        parts.append(say(label("note_explain"), book=result.data.book, key=row["id"] or ""))
        _add_note(sheet.cell(row[ROW], block.first), "\n".join(part.of(lang) for part in parts))


def _add_note(cell: Any, words: str) -> None:
    """Add a note to a cell that has none; Excel does not size notes by itself."""
    if cell.comment is None:
        height = NOTE_LINE * sheets.lines(words, NOTE_COLUMNS) + 20
        cell.comment = Comment(sheets.clean(words), AUTHOR, height, NOTE_WIDTH)


# the package


def _date(workbook: Workbook, source: Path, as_of: dt.date) -> None:
    """Take back what openpyxl makes up where a file does not say who created it, and when."""
    with zipfile.ZipFile(source) as package:
        told = package.read(_CORE) if _CORE in package.namelist() else b""
    if b":created" not in told:
        workbook.properties.created = dt.datetime.combine(as_of, dt.time())
    if workbook.properties.creator == "openpyxl":
        workbook.properties.creator = None


def _package(workbook: Workbook, as_of: dt.date) -> bytes:
    """Return the file of a workbook: the same bytes for the same content."""
    saved, packed = io.BytesIO(), io.BytesIO()
    workbook.save(saved)
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(packed, "w") as new:
        for name in sorted(old.namelist(), key=lambda name: (name != _CONTENT_TYPES, name)):
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, _settled(name, old.read(name), as_of))
    return packed.getvalue()


def _settled(name: str, content: bytes, as_of: dt.date) -> bytes:
    """Return a part without the clock and the accidental order that openpyxl leaves in it."""
    if name == _CORE:
        stamp = rf"\g<1>{as_of.isoformat()}T00:00:00Z".encode()
        return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", stamp, content)
    if name == _CONTENT_TYPES:
        entries = sorted(_ENTRY.findall(content))
        return _ENTRY.sub(b"", content).replace(b"</Types>", b"".join(entries) + b"</Types>")
    return content
