"""Decision tables, test cases and rule workbooks as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kamrules.messages.problem import Cell
from kamrules.sheets.column import Column
from kamrules.sheets.sheet import Parameter
from kamrules.words.text import Text
from kamrules.words.types import Type

if TYPE_CHECKING:
    from kamrules.rules.cell.sfeel import Test


HIT_POLICIES: Mapping[str, Text] = {
    "U": Text("唯一", "Unique"),
    "A": Text("一致", "Any"),
    "P": Text("优先", "Priority"),
    "F": Text("首个", "First"),
    "R": Text("规则序", "Rule order"),
    "O": Text("输出序", "Output order"),
    "C": Text("汇集", "Collect"),
    "C+": Text("求和", "Sum"),
    "C<": Text("最小", "Min"),
    "C>": Text("最大", "Max"),
    "C#": Text("计数", "Count"),
}


@dataclass(frozen=True, slots=True)
class Input:
    """An input column of a decision table: what its header names, and its type.

    *scale* is the power of ten of the unit its constants are written in.
    """

    label: str
    type: Type
    where: Cell
    values: tuple[Test, ...] = ()
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Output:
    """An output column; *values* is the Values row in order (ranks P and O)."""

    label: str
    type: Type
    where: Cell
    values: tuple[Any, ...] = ()
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule cell as typed and as understood; an input entry holds a Test, an output an Expr."""

    text: str
    meaning: Any
    where: Cell


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a decision table."""

    id: str
    inputs: tuple[Entry, ...]
    outputs: tuple[Entry, ...]
    notes: Mapping[str, str]
    where: Cell


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A decision table as staff wrote it. *default* is the 默认 Default row's outputs."""

    name: str
    title: Text
    policy: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    default: Rule | None
    properties: Mapping[str, str]
    where: Cell
    for_each: str = ""  # the sheet whose rows are decided; empty for the subjects
    source: str = ""  # the workbook it came from, for the run record


@dataclass(frozen=True, slots=True)
class Given:
    """A cell of a test case: the label of its column, its value as typed, and where it stands."""

    label: str
    value: Any
    where: Cell


@dataclass(frozen=True, slots=True)
class Case:
    """A test case: the inputs of one table, and what it shall give; *rule* ids as typed."""

    name: str
    table: str
    inputs: tuple[Given, ...]
    expected: tuple[Given, ...]
    rule: Given | None
    where: Cell
    row: int  # 1-based


@dataclass(frozen=True, slots=True)
class CaseBlock:
    """The cases below one header row of a 测试 Tests sheet.

    *columns* maps the meaning of a column (case, table, rule, note, got, result) or its header to
    its 1-based number; *width* is the last column that any of its rows uses.
    """

    sheet: str
    header_row: int  # 1-based
    width: int
    columns: Mapping[str, int]
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """What one rule workbook says; *labels* are values with a name in both languages.

    *broken* are the tables with a faulty cell, as far as they can be read.
    *case_rules* are its tables of rules over several records that belong together.
    """

    name: str
    tables: tuple[DecisionTable, ...] = ()
    glossary: tuple[Column, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    labels: tuple[Text, ...] = ()
    cases: tuple[CaseBlock, ...] = ()
    broken: tuple[DecisionTable, ...] = ()
    case_rules: tuple[DecisionTable, ...] = ()
