"""The contract: everything a plugin may import, and nothing else."""

from kamrules.engine.cases import caserun
from kamrules.engine.cases.caserules import CaseRules
from kamrules.engine.cases.cases import Case, Step, Subject
from kamrules.facts.cases import CasesInForce
from kamrules.facts.declare import Awaited, Rows, fact, given, parameter, result
from kamrules.facts.inputs import Book, unreadable
from kamrules.hooks.hookspecs import hookimpl
from kamrules.messages.message import message
from kamrules.messages.problem import Cell, Problem
from kamrules.page.reports import ColumnsReport, FilesReport, Report, ResultColumn, SheetReport
from kamrules.rules.catalogue import EXISTS
from kamrules.run.result import Result
from kamrules.sheets import worktime
from kamrules.sheets.column import ROW, UNREADABLE, Column, Headline, SheetSpec
from kamrules.sheets.merge import Uses, uses
from kamrules.sheets.period import before
from kamrules.sheets.specs import columns, fact_columns
from kamrules.words.dtypes import DTYPES
from kamrules.words.fold import fold
from kamrules.words.quotient import divided
from kamrules.words.text import Lang, Text
from kamrules.words.types import Type

__all__ = [
    "DTYPES",
    "EXISTS",
    "ROW",
    "UNREADABLE",
    "Awaited",
    "Book",
    "Case",
    "CaseRules",
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
    "Step",
    "Subject",
    "Text",
    "Type",
    "Uses",
    "before",
    "caserun",
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
    "worktime",
]
