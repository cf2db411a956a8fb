"""The contract: everything a plugin may import, and nothing else."""

from kamrules.engine.decide import DTYPES
from kamrules.facts.declare import Rows, fact, given, parameter, result
from kamrules.facts.inputs import Book, CasesInForce, unreadable
from kamrules.hooks.hookspecs import hookimpl
from kamrules.messages.message import message
from kamrules.messages.problem import Cell, Problem
from kamrules.page.reports import ColumnsReport, FilesReport, Report, ResultColumn, SheetReport
from kamrules.rules.catalogue import EXISTS
from kamrules.rules.cell.sfeel import fold
from kamrules.run.result import Result
from kamrules.sheets.column import ROW, UNREADABLE, Column, Headline, SheetSpec
from kamrules.sheets.merge import Uses, uses
from kamrules.sheets.period import before
from kamrules.sheets.specs import columns, fact_columns
from kamrules.words.quotient import divided
from kamrules.words.text import Lang, Text
from kamrules.words.types import Type

__all__ = [
    "DTYPES",
    "EXISTS",
    "ROW",
    "UNREADABLE",
    "Book",
    "CasesInForce",
    "Cell",
    "Column",
    "ColumnsReport",
    "FilesReport",
    "Headline",
    "Lang",
    "Problem",
    "Report",
    "Result",
    "ResultColumn",
    "Rows",
    "SheetReport",
    "SheetSpec",
    "Text",
    "Type",
    "Uses",
    "before",
    "columns",
    "divided",
    "fact",
    "fact_columns",
    "fold",
    "given",
    "hookimpl",
    "message",
    "parameter",
    "result",
    "unreadable",
    "uses",
]
