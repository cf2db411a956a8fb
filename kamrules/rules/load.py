"""Rule workbook -> decision tables, glossary, parameters; every fault at its cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kamrules.messages.problem import Problem
from kamrules.rules.cases import read_cases
from kamrules.rules.crosstab import CrosstabReader
from kamrules.rules.decision_table import CaseBlock, DecisionTable, RuleBook
from kamrules.rules.grid import Grid
from kamrules.rules.table import TableReader
from kamrules.rules.vocabulary import read_glossary, read_parameters, words_of
from kamrules.rules.words import (
    GLOSSARY_SHEETS,
    PARAMETER_SHEETS,
    is_anchor,
    is_sheet,
    is_tests,
    is_word,
)
from kamrules.sheets.column import Column
from kamrules.sheets.sheet import Parameter
from kamrules.words.text import Text


def load(
    grids: Sequence[Grid], name: str, known: Mapping[str, Column]
) -> tuple[RuleBook, list[Problem]]:
    """Return what a rule workbook says, and what is wrong with it.

    *known* gives columns by folded name; a table without a Type row takes their types.
    """
    problems: list[Problem] = []
    glossary: list[Column] = []
    labels: list[Text] = []
    parameters: dict[str, Parameter] = {}
    tables: list[DecisionTable] = []
    broken: list[DecisionTable] = []
    cases: list[CaseBlock] = []
    case_rules: list[DecisionTable] = []
    for grid in grids:
        if is_sheet(grid.sheet, GLOSSARY_SHEETS):
            columns, pairs, wrong = read_glossary(grid)
            glossary += columns
            labels += pairs
            problems += wrong
        elif is_sheet(grid.sheet, PARAMETER_SHEETS):
            found, wrong = read_parameters(grid)
            parameters |= found
            problems += wrong
        elif is_tests(grid.sheet):
            cases += read_cases(grid)
    words = words_of(glossary) | dict(known)
    for grid in grids:
        if is_tests(grid.sheet):
            continue
        for reader in _readers(grid, words, name):
            table = reader.read()
            problems += reader.problems
            if table is not None:
                over_records = is_word(grid.at(reader.row, reader.col), "case rules")
                good = case_rules if over_records else tables
                (broken if reader.problems else good).append(table)
    rulebook = RuleBook(
        name, tuple(tables), tuple(glossary), parameters, tuple(labels), tuple(cases),
        tuple(broken), tuple(case_rules),
    )  # fmt: skip
    return rulebook, problems


def _readers(
    grid: Grid, words: Mapping[str, Column], source: str
) -> Iterator[TableReader | CrosstabReader]:
    """Yield a reader for each cell of a sheet that starts a table."""
    for row, cells in enumerate(grid.rows):
        anchors = [c for c, v in enumerate(cells) if is_anchor(v)]
        for n, col in enumerate(anchors):
            last = anchors[n + 1] - 1 if n + 1 < len(anchors) else grid.width - 1
            reader = CrosstabReader if is_word(cells[col], "crosstab") else TableReader
            yield reader(grid, row, col, last, words, source)
