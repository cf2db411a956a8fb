"""A result workbook read back: its subjects, rules and results, to compare with another."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import pluggy
import polars as pl
from python_calamine import CalamineWorkbook

from kamrules.ask.diff.impact import Side, Stated
from kamrules.facts.cases import Ruling
from kamrules.facts.join import with_facts
from kamrules.guard import workbook as guard
from kamrules.intake.read import read
from kamrules.intake.record import RECORD, record_of
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW
from kamrules.messages.problem import Cell, UsageError
from kamrules.messages.text import label
from kamrules.rules.catalogue import load_rules, merged_specs, packaged
from kamrules.run.headline import is_named, named, plural, word
from kamrules.sheets.column import NO_HEADLINE, ROW
from kamrules.sheets.sheet import Data, Sheet
from kamrules.words.fold import fold
from kamrules.words.text import Text

# fmt: off
NO_RESULT_FILE = message("E217", kind="header",
    what=("{name} 不是 kamrules 写出的结果", "{name} is not a result of kamrules"),
    why=("里面没有运行记录", "it holds no record of a run"),
    fix=("比较两个结果时都用 .kam.xlsx; 比较规则时用 kamrules diff BOOK --rules NEW --against OLD",
         "compare two .kam.xlsx files; to compare rules use kamrules diff BOOK --rules NEW "
         "--against OLD"),
    effect=("未比较", "nothing was compared"), example={"name": "供应商.xlsx"}, place=IN_ROW)
# fmt: on


def of_result(path: Path, manager: pluggy.PluginManager) -> Side:
    """Return a result workbook as one side of a comparison."""
    package = guard.inspect(path)
    book = CalamineWorkbook.from_filelike(io.BytesIO(package.content))
    if RECORD not in book.sheet_names:
        raise UsageError([NO_RESULT_FILE.at(Cell(path.name), name=path.name)])
    record = [[str(v) for v in row] for row in book.get_sheet_by_name(RECORD).to_python()]
    said = {row[0]: row[1] for row in record if len(row) > 1 and not row[0].startswith("#")}
    if "as-of" not in said:
        raise UsageError([NO_RESULT_FILE.at(Cell(path.name), name=path.name)])
    titles = {row[1]: row[2] for row in record if row[0] == "#sheet"}
    as_of = dt.date.fromisoformat(said["as-of"])
    data, labels = _data(path, manager, as_of)
    sheet = data.subjects
    if sheet is None:
        raise UsageError([NO_RESULT_FILE.at(Cell(path.name), name=path.name)])
    words = {fold(text): zh for zh, both in labels.items() for text in both}
    own = record_of(package.content).columns.get(sheet.title, frozenset())
    columns = _columns(book, sorted(own), sheet, words)
    tables = _tables(book, titles.get("rules", ""), path.name)
    known = ("grade", "rule", "why_zh", "why_en")
    results = columns.drop([c for c in (*known, "share", "change", "id", ROW) if c in columns])
    subjects = named(sheet).select(ROW, "id", "name", "measure")
    subjects = subjects.join(columns.select(ROW, *known), on=ROW, how="left")
    title, headline = sheet.title, sheet.spec.headline or NO_HEADLINE
    keyed = results.with_columns(columns["id"].alias("key")).drop_nulls("key")
    grades = tuple(filter(None, said.get(plural(headline), "").split(", ")))
    return Side(path.name, as_of, grades, subjects, tuple(tables), {title: keyed}, labels, headline)


def _data(
    path: Path, manager: pluggy.PluginManager, as_of: dt.date
) -> tuple[Data, Mapping[str, Text]]:
    """Return the data of the book with its facts, and the names of values in both languages."""
    data, _ = read(path, merged_specs(manager))
    labels: list[Text] = []
    for _, source in packaged(manager):
        with as_file(source) as rules:
            labels += load_rules(rules, {})[0].labels
    own, _ = load_rules(path, {}, frozenset(s.title for s in data.sheets.values()))
    data = replace(data, parameters=own.parameters)
    data, *_ = with_facts(data, as_of, manager, Ruling())
    return data, {text.zh: text for text in (*labels, *own.labels)}


def _columns(
    book: CalamineWorkbook, mine: Sequence[int], sheet: Sheet, words: Mapping[str, str]
) -> pl.DataFrame:
    """Return the result columns of the sheet of subjects, with ROW and the subject's id."""
    headline = sheet.spec.headline or NO_HEADLINE
    rows = book.get_sheet_by_name(sheet.title).to_python(skip_empty_area=False)
    heads = rows[sheet.header_row - 1]
    found: dict[str, list[Any]] = {}
    for column in mine:
        name = str(heads[column - 1]).replace("\n", " ")
        key = next((k for k in _KNOWN if is_named(name, word(headline, k))), name)
        values = [rows[n - 1][column - 1] for n in sheet.frame[ROW]]
        found[key] = [words.get(fold(v), v or None) if isinstance(v, str) else v for v in values]
    frame = named(sheet).select(ROW, "id")
    undecided = label("undecided")
    grades = [None if t in undecided else t for t in found.pop("grade", [None] * frame.height)]
    whys = found.pop("why", [None] * frame.height)
    return frame.with_columns(
        pl.Series("grade", grades, dtype=pl.String),
        pl.Series("rule", found.pop("rule", [None] * frame.height), dtype=pl.String),
        pl.Series("why_zh", whys, dtype=pl.String),
        pl.Series("why_en", whys, dtype=pl.String),
        *(pl.Series(k, v, dtype=pl.Object) for k, v in found.items()),
    )


_KNOWN = ("grade", "share", "change", "rule", "why")


def _tables(book: CalamineWorkbook, title: str, name: str) -> Iterator[Stated]:
    """Yield the tables of the Rules sheet of a result."""
    if title not in book.sheet_names:
        return
    rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
    texts = [[_text(v) for v in row] for row in rows]
    for n, row in enumerate(texts):
        if n >= 2 and row[0] in label("rule") and len(row) > 1 and row[1] in label("hits"):
            yield _table(texts, n, Cell(name, title))


def _table(rows: Sequence[Sequence[str]], at: int, sheet: Cell) -> Stated:
    """Return the table whose headers stand in a row; its title and policy are above them."""
    heads = rows[at]
    used = [c for c in range(2, len(heads)) if heads[c]]
    columns = {c: heads[c].removeprefix("→ ") for c in used}
    rules: dict[str, Mapping[str, tuple[str, Cell]]] = {}
    for n in range(at + 1, len(rows)):
        if not rows[n][0]:
            break
        cells = {columns[c]: (rows[n][c], Cell(sheet.book, sheet.sheet, f"A{n + 1}")) for c in used}
        rules[rows[n][0]] = cells
    where = Cell(sheet.book, sheet.sheet, f"A{at - 1}")
    policy = rows[at - 1][0].split(" · ")[0]
    return Stated(rows[at - 2][0], policy, where, tuple(columns.values()), rules)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)
