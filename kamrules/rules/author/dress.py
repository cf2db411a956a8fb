"""A rule workbook that helps its author: its look, prompts, choices, 写法 and 测试 sheets."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.formatting.rule import CellIsRule, Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from kamrules.guard.workbook import inspect
from kamrules.messages.problem import UsageError
from kamrules.rules.author import manual
from kamrules.rules.author.looks import (
    THICK,
    case_blocks,
    choose,
    freeze,
    how_to_write,
    listing,
    look,
    page,
    tests_sheet,
)
from kamrules.rules.cell.ast import Lit, Test, operands
from kamrules.rules.decision_table import DecisionTable, Input, Output
from kamrules.rules.grid import read_grids
from kamrules.rules.hit_policy import HITS
from kamrules.rules.load import load
from kamrules.rules.vocabulary import words_of
from kamrules.rules.words import (
    GLOSSARY_SHEETS,
    PARAMETER_SHEETS,
    PROPERTIES,
    is_sheet,
    is_tests,
    is_word,
)
from kamrules.sheets.column import Column
from kamrules.words.look import (
    CONDITION,
    FAINT,
    INK,
    NOTE,
    PALE,
    RESULT_HEAD,
    SLATE,
    TEAL,
    VALUES,
    WHITE,
)
from kamrules.words.names import aliases, both
from kamrules.words.types import TEXTUAL
from kamrules.words.width import width
from kamrules.xlsx.made import LINE, content

# Empty rows below a table that are ready for new rules.
SPARE = 8
_LIGHT = {"in": CONDITION, "out": RESULT_HEAD, "note": NOTE, "": NOTE}
_BAND = {"in": (SLATE, WHITE), "out": (TEAL, WHITE), "note": (NOTE, INK)}
_STAMP = dt.date(2000, 1, 1)


def dress(source: Path, known: Mapping[str, Column]) -> bytes:
    """Return a rule workbook with prompts, choices and look; every rule cell keeps its meaning.

    *known* gives the columns of workbooks by folded name, for types and choices. Formulas
    become the values they have.
    """
    package = inspect(source)
    rulebook, problems = load(read_grids(package), package.book, known)
    if any(p.severity == "error" for p in problems):
        raise UsageError(problems)
    saved = source.read_bytes()
    book = openpyxl.load_workbook(io.BytesIO(saved))
    values = openpyxl.load_workbook(io.BytesIO(saved), data_only=True)
    for sheet in book.worksheets:
        _freeze_formulas(sheet, values[sheet.title])
        for named in (GLOSSARY_SHEETS, PARAMETER_SHEETS):
            if is_sheet(sheet.title, named):
                listing(sheet)
    words = words_of(list(rulebook.glossary)) | dict(known)
    for table in rulebook.tables:
        _Dressmaker(book[table.where.sheet], table, words).dress()
    for title in dict.fromkeys(t.where.sheet for t in rulebook.tables):
        page(book[title], TEAL)
        freeze(book[title], [t for t in rulebook.tables if t.where.sheet == title])
    for title in dict.fromkeys(b.sheet for b in rulebook.cases):
        case_blocks(book[title], [b for b in rulebook.cases if b.sheet == title])
    if not any(is_tests(s.title) for s in book.worksheets):
        tests_sheet(book.create_sheet("测试 Tests"), rulebook)
    if manual.TITLE not in book.sheetnames:
        how_to_write(book.create_sheet(manual.TITLE))
    return content(book, _saved_on(book))


def _saved_on(book: openpyxl.Workbook) -> dt.date:
    modified = book.properties.modified
    return modified.date() if isinstance(modified, dt.datetime) else _STAMP


def _freeze_formulas(sheet: Worksheet, values: Any) -> None:
    """Put the value in the place of each formula that has one, as saving drops saved values."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.data_type == "f" and values[cell.coordinate].value is not None:
                cell.value = values[cell.coordinate].value


class _Dressmaker:
    """Dresses one table in its sheet."""

    def __init__(self, sheet: Worksheet, table: DecisionTable, words: Mapping[str, Column]) -> None:
        self.sheet, self.table, self.words = sheet, table, words
        anchor = sheet[table.where.ref]
        self.top, self.left = anchor.row, anchor.column
        self.crosstab = is_word(anchor.value, "crosstab")
        rules = (*table.rules, *([table.default] if table.default else []))
        cells = [e.where.ref for r in rules for e in (*r.inputs, *r.outputs)]
        cells += [i.where.ref for i in table.inputs] + [o.where.ref for o in table.outputs]
        places: list[Any] = [sheet[ref] for ref in cells]
        self.last: int = max(c.row for c in places)
        self.right: int = max(c.column for c in places)

    def dress(self) -> None:
        """Give the table its look, prompts and choices."""
        self._title()
        if self.crosstab:
            self._crosstab()
            return
        heads: dict[int, tuple[str, Input | Output | None]] = {
            self._column(i): ("in", i) for i in self.table.inputs
        }
        heads |= {self._column(o): ("out", o) for o in self.table.outputs}
        head_row = self.sheet[self.table.outputs[0].where.ref].row
        while is_word(self._value(head_row - 1, self.right + 1), "note"):
            self.right += 1
        first = head_row + 1
        while is_word(self._value(first, self.left), "type", "values"):
            first += 1
        spare = self._spare()
        for column in range(self.left, self.right + 1):
            kind, spec = heads.get(column, ("", None))
            if not kind and is_word(self._value(head_row - 1, column), "note"):
                kind = "note"
            self._head(head_row, first, column, kind)
            for row in range(first, spare + 1):
                self._rule_cell(self.sheet.cell(row, column), kind, spec)
            if spec is not None:
                self._help(column, first, spare, spec)
            self._width(column, range(head_row, self.last + 1), kind)

    def _column(self, spec: Input | Output) -> int:
        column: int = self.sheet[spec.where.ref].column
        return column

    def _value(self, row: int, column: int) -> Any:
        return self.sheet.cell(row, column).value

    def _spare(self) -> int:
        """Return the last of the empty rows below that nothing else needs."""
        row = self.last
        while row < self.last + SPARE:
            below = range(self.left, self.right + 2)
            ahead = (row + 1, row + 2)
            if any(self._value(r, c) is not None for r in ahead for c in below):
                break
            row += 1
        return row

    def _title(self) -> None:
        """Dress the name and the property rows."""
        sheet, row = self.sheet, self.top
        sheet.row_dimensions[row].height = 30
        label, *rest = (sheet.cell(row, c) for c in range(self.left, self.right + 1))
        look(label, size=9, ink=FAINT, at="left")
        for cell in rest:
            look(cell, size=16, bold=True, at="left")
        row += 1
        while row < self.last and any(is_word(self._value(row, self.left), p) for p in PROPERTIES):
            look(sheet.cell(row, self.left), size=9, ink=FAINT, at="left")
            value = sheet.cell(row, self.left + 1)
            look(value, bold=True, at="left")
            if is_word(self._value(row, self.left), "policy"):
                listed = ",".join(f"{h.letter} {h.name.zh} {h.name.en}" for h in HITS.values())
                choose(sheet, value.coordinate, listed, free=True)
            elif isinstance(value.value, str):
                value.number_format = "@"
            row += 1

    def _head(self, row: int, first: int, column: int, kind: str) -> None:
        sheet = self.sheet
        paper, ink = _BAND.get(kind, (WHITE, FAINT))
        look(sheet.cell(row - 1, column), ink=ink, paper=paper if kind else "", bold=bool(kind))
        look(sheet.cell(row, column), paper=_LIGHT[kind], bold=True, wrap=True)
        sheet.row_dimensions[row].height = 36
        for below in range(row + 1, first):
            look(sheet.cell(below, column), size=9, ink=FAINT, italic=True, wrap=True)
        for place in range(self.left, self.right + 1):
            sheet.cell(first - 1, place).border = THICK

    def _rule_cell(self, cell: Any, kind: str, spec: Input | Output | None) -> None:
        left = kind == "note" or (kind == "out" and spec is not None and spec.type == "text")
        look(cell, at="left" if left else "center", wrap=left, bold=kind == "out")
        cell.border = LINE
        text = cell.value is None or isinstance(cell.value, str)
        if text and (kind == "in" or (kind == "out" and spec and spec.type in TEXTUAL)):
            # Excel leaves text as typed: 1-5 stays 1-5, =5 is no formula.
            cell.number_format = "@"
            if cell.value is not None:
                cell.data_type = "s"

    def _help(self, column: int, first: int, last: int, spec: Input | Output) -> None:
        """Give the cells of a column their prompt and choices, and its values their colours."""
        letter = get_column_letter(column)
        ref = f"{letter}{first}:{letter}{last}"
        words = self._words(spec)
        if isinstance(spec, Input):
            listed = [*words, "-"] if words else []
            choose(self.sheet, ref, ",".join(listed), True, manual.prompt(spec.type, words))
            self.sheet.conditional_formatting.add(ref, _equals("-", font=Font(color=PALE)))
            return
        if words:
            choose(self.sheet, ref, ",".join(words), free=not spec.values)
        for word, (ink, paper) in zip(words, VALUES, strict=False):
            fonts = {"font": Font(color=ink, bold=True), "fill": PatternFill(bgColor=paper)}
            self.sheet.conditional_formatting.add(ref, _equals(word, **fonts))

    def _words(self, spec: Input | Output) -> list[str]:
        """Return the words a column may hold: its Values row, else those of the vocabulary."""
        if spec.type == "bool":
            return ["是", "否"]
        if spec.type not in TEXTUAL:
            return []
        listed = list(_texts(spec.values))
        column = next((self.words[a] for a in aliases(spec.label) if a in self.words), None)
        found = listed or list(column.allowed if column else ())
        return [w for w in found if not set(w) & set(',"')]

    def _crosstab(self) -> None:
        sheet, table = self.sheet, self.table
        for ref in [i.where.ref for i in table.inputs] + [o.where.ref for o in table.outputs]:
            cell = sheet[ref]
            look(sheet.cell(cell.row, self.left), size=9, ink=FAINT, at="left")
            look(cell, bold=True, at="left")
        rows, columns = table.inputs
        for rule in table.rules:
            for entry in rule.inputs:
                look(sheet[entry.where.ref], paper=_LIGHT["in"], bold=True)
                sheet[entry.where.ref].border = LINE
            for entry, spec in zip(rule.inputs, (rows, columns), strict=True):
                self._help_cell(entry.where.ref, spec)
            given = sheet[rule.outputs[0].where.ref]
            self._rule_cell(given, "out", table.outputs[0])
        for column in range(self.left, self.right + 1):
            self._width(column, range(self.top + 1, self.last + 1), "in")

    def _help_cell(self, ref: str, spec: Input) -> None:
        cell = self.sheet[ref]
        if isinstance(cell.value, str):
            cell.number_format = "@"
        if not any(ref in v.sqref for v in self.sheet.data_validations.dataValidation):
            choose(self.sheet, ref, "", True, manual.prompt(spec.type, self._words(spec)))

    def _width(self, column: int, rows: Iterable[int], kind: str) -> None:
        """Make a column as wide as its words, headers in two lines."""
        texts = [str(v) for r in rows if (v := self._value(r, column)) is not None]
        heads = [part for t in texts[:1] for part in both(t)]
        widest = max((width(t) for t in (*heads, *texts[1:])), default=0)
        most = 46 if kind == "note" else 28
        letter = get_column_letter(column)
        before = self.sheet.column_dimensions[letter].width or 0
        self.sheet.column_dimensions[letter].width = max(before, min(max(12, widest + 4), most))


def _texts(tests: Sequence[Test]) -> Iterator[str]:
    for test in tests:
        yield from (
            e.value for e in operands(test) if isinstance(e, Lit) if isinstance(e.value, str)
        )


def _equals(word: str, **looks: Any) -> Rule:
    """Return the conditional format of the cells that hold a word."""
    rule: Rule = CellIsRule("equal", [f'"{word}"'], **looks)  # type: ignore[no-untyped-call]
    return rule
