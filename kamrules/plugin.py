"""The contract: everything a plugin may import, and nothing else."""

from kamrules.engine.cases import caserun
from kamrules.engine.cases.caserules import CaseRules
from kamrules.engine.cases.cases import Case, Step, Subject
from kamrules.facts.cases import CasesInForce
from kamrules.facts.declare import Awaited, Rows, fact, given, parameter, result
from kamrules.facts.inputs import Book, unreadable
from kamrules.hooks.hookspecs import hookimpl
from kamrules.messages.message import message
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.messages.text import label
from kamrules.page.columns import list_columns, text_width, typed
from kamrules.page.compose import is_idle
from kamrules.page.page import (
    Bar,
    Chip,
    Columns,
    Curve,
    Finding,
    Head,
    Kind,
    Matrix,
    Move,
    Part,
    Point,
    Pyramid,
    Row,
    Section,
    Sections,
    Sentences,
    Slab,
    Table,
    Target,
    Tile,
    Tiles,
)
from kamrules.page.reports import (
    ColumnsReport,
    FilesReport,
    Report,
    ResultColumn,
    SectionsReport,
    SheetReport,
)
from kamrules.page.shown import (
    BULK,
    LAST,
    grade_chips,
    heading,
    other_chip,
    rule_name,
    shown,
    undecided_chip,
    unit_of,
)
from kamrules.rules.catalogue import EXISTS
from kamrules.run.governance import on_trial
from kamrules.run.headline import word
from kamrules.run.result import Result
from kamrules.sheets import worktime
from kamrules.sheets.column import ROW, UNREADABLE, Column, Headline, SheetSpec
from kamrules.sheets.merge import Uses, uses
from kamrules.sheets.period import before, period
from kamrules.sheets.sheet import Data
from kamrules.sheets.specs import columns, fact_columns
from kamrules.sheets.worktime import in_english
from kamrules.words.dtypes import DTYPES
from kamrules.words.fold import fold
from kamrules.words.look import Tone
from kamrules.words.names import aliases, both
from kamrules.words.quotient import divided
from kamrules.words.shown import fmt
from kamrules.words.text import NO_TEXT, Lang, Text, say
from kamrules.words.types import Type
from kamrules.xlsx.made import Heading, choices, content, fill

__all__ = [
    "BULK",
    "DTYPES",
    "EXISTS",
    "LAST",
    "NO_TEXT",
    "ROW",
    "UNREADABLE",
    "Awaited",
    "Bar",
    "Book",
    "Case",
    "CaseRules",
    "CasesInForce",
    "Cell",
    "Chip",
    "Column",
    "Columns",
    "ColumnsReport",
    "Curve",
    "Data",
    "FilesReport",
    "Finding",
    "Head",
    "Heading",
    "Headline",
    "Kind",
    "Lang",
    "Matrix",
    "Move",
    "Part",
    "Point",
    "Problem",
    "Pyramid",
    "Report",
    "Result",
    "ResultColumn",
    "Row",
    "Rows",
    "Section",
    "Sections",
    "SectionsReport",
    "Sentences",
    "SheetReport",
    "SheetSpec",
    "Slab",
    "Step",
    "Subject",
    "Table",
    "Target",
    "Text",
    "Tile",
    "Tiles",
    "Tone",
    "Type",
    "UsageError",
    "Uses",
    "aliases",
    "before",
    "both",
    "caserun",
    "choices",
    "columns",
    "content",
    "divided",
    "fact",
    "fact_columns",
    "fill",
    "fmt",
    "fold",
    "given",
    "grade_chips",
    "heading",
    "hookimpl",
    "in_english",
    "is_idle",
    "label",
    "list_columns",
    "message",
    "on_trial",
    "other_chip",
    "parameter",
    "period",
    "result",
    "rule_name",
    "say",
    "shown",
    "text_width",
    "typed",
    "undecided_chip",
    "unit_of",
    "unreadable",
    "uses",
    "word",
    "worktime",
]
