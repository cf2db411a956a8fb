"""The values that every other module passes on: cells, problems, columns, sheets, facts, tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import polars as pl

    from kamrules.engine.caserules import CaseRules
    from kamrules.sfeel import Test

    Later = Callable[["Data"], "pl.LazyFrame | tuple[pl.LazyFrame, Sequence[Problem]]"]

Lang = Literal["zh", "en"]
Severity = Literal["error", "warning", "notice"]
Type = Literal[
    "any", "text", "int", "number", "money", "percent", "date", "datetime", "time", "duration",
    "months", "bool", "enum",
]  # fmt: skip

NUMERIC: frozenset[Type] = frozenset({"int", "number", "money", "percent"})
TEXTUAL: frozenset[Type] = frozenset({"text", "enum"})

# Column of every data frame that holds the Excel row number.
ROW = "#row"
# Suffix of the boolean column that marks cells with a value nobody could read.
UNREADABLE = "#unreadable"


class Text(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str

    def of(self, lang: Lang) -> str:
        """Return the sentence in *lang*."""
        return self.zh if lang == "zh" else self.en


NO_TEXT = Text("", "")


class UsageError(Exception):
    """The run cannot start or its rules cannot be used: exit code 2 (3 when a file is locked)."""

    def __init__(self, problems: Sequence[Problem], exit_code: int = 2) -> None:
        super().__init__("; ".join(p.what.en for p in problems))
        self.problems = tuple(problems)
        self.exit_code = exit_code


class PluginError(Exception):
    """A plugin cannot be used: exit code 4."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a workbook, written as Excel writes it; *ref* may be a range or empty."""

    book: str
    sheet: str = ""
    ref: str = ""

    @property
    def local(self) -> str:
        """Return the place within its workbook, such as ``客户!F11``."""
        if not self.sheet:
            return self.book
        name = (
            self.sheet if self.sheet.isidentifier() else "'" + self.sheet.replace("'", "''") + "'"
        )
        return f"{name}!{self.ref}" if self.ref else name

    def __str__(self) -> str:
        if not self.sheet:
            return self.book
        quoted = f"'[{self.book}]{self.sheet.replace(chr(39), chr(39) * 2)}'"
        return f"{quoted}!{self.ref}" if self.ref else quoted


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a place: why, what to type instead, and what it affects."""

    code: str
    severity: Severity
    where: Cell
    what: Text
    why: Text
    fix: Text
    effect: Text
    found: str = ""
    key: str = ""  # customer concerned, as the book names it


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a typed value or rule cell is not understood, and what to type instead."""

    code: str
    why: Text
    fix: Text
    position: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A named, typed column of a sheet, a fact, or a glossary entry.

    *unit* is the unit of stored values (元, 天 ...). *blank* is what an empty cell means.
    *event* marks dates at which something happened; the last of them is the default as-of date.
    *words* are texts that stand for numbers, such as 高 for 80.
    """

    key: str
    zh: str
    en: str
    type: Type
    unit: str = ""
    synonyms: tuple[str, ...] = ()
    required: bool = False
    allowed: tuple[str, ...] = ()
    blank: str | None = None
    event: bool = False
    words: tuple[tuple[str, float], ...] = ()
    meaning: Text = NO_TEXT

    @property
    def name(self) -> Text:
        """Return the header people see."""
        return Text(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class SheetSpec:
    """A kind of sheet a plugin reads: names, columns, and the columns that identify a row.

    *references* names the key column that must occur in the customers sheet. A *derived* sheet is
    not read: its rows come from a fact.
    """

    key: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    synonyms: tuple[str, ...] = ()
    required: bool = False
    unique: str = ""
    references: str = ""
    derived: bool = False

    @property
    def name(self) -> Text:
        """Return the sheet's name."""
        return Text(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as read: *frame* has ROW, one column a known key, unknown columns by their header.

    *letters* maps each frame column to its Excel column letters, *headers* to the header as typed.
    """

    spec: SheetSpec
    title: str
    frame: pl.DataFrame
    header_row: int
    letters: Mapping[str, str]
    headers: Mapping[str, str]
    last_column: int  # 1-based, the last used column of the sheet
    facts: tuple[Column, ...] = ()  # what plugins work out for it


@dataclass(frozen=True, slots=True)
class Data:
    """Everything read from a customer workbook; sheets by spec key.

    *record* is that of an earlier run, *cases* are the case rules in force, *case_engine* what
    decides them.
    """

    book: str
    sheets: Mapping[str, Sheet]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    record: Mapping[str, str] = field(default_factory=dict)
    cases: Sequence[CaseRules] = ()
    case_engine: str = "auto"

    def frame(self, key: str) -> pl.DataFrame | None:
        """Return the frame of a sheet, None where the book has no such sheet."""
        return self.sheets[key].frame if key in self.sheets else None

    def parameter(self, name: str, default: Any) -> Any:
        """Return a parameter's value, *default* where nobody set it."""
        found = self.parameters.get(name)
        return default if found is None or found.value is None else found.value


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named value of a 参数 Parameters sheet: float, str, bool, date or None."""

    name: str
    value: Any
    where: Cell
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """Typed columns for one sheet, worked out from the data.

    *frame* holds *key* and one column for each of *columns* (its key); it is joined to the sheet on
    *key*, or is the rows of a derived sheet where *key* is empty.

    *scope* says what a row needs: "customer" the rows of its own customer alone, so that any part
    of the customers may be worked out apart from the others; "portfolio" those of everybody. A
    portfolio fact that is to run on parts of the customers comes in two steps: *frame* is what
    each key adds (totals), and *across* turns those of all parts, in any order, into *columns*.
    *source* is the key of the sheet whose rows it is worked out from.

    A fact that needs results of decision tables, or other such facts, names them in *after*. Its
    *frame* is then a function that is called with the data once they are there: each is a column of
    its sheet, under the name given in *after*. It returns the frame, or the frame and problems.
    """

    sheet: str
    key: str
    columns: tuple[Column, ...]
    frame: pl.LazyFrame | Later
    scope: Literal["customer", "portfolio"] = "portfolio"
    problems: tuple[Problem, ...] = ()
    after: tuple[str, ...] = ()
    across: Callable[[pl.LazyFrame], pl.LazyFrame] | None = None
    source: str = ""


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
    for_each: str = "customers"
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
    *case_rules* are its tables of rules over several records of one customer.
    """

    name: str
    tables: tuple[DecisionTable, ...] = ()
    glossary: tuple[Column, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    labels: tuple[Text, ...] = ()
    cases: tuple[CaseBlock, ...] = ()
    broken: tuple[DecisionTable, ...] = ()
    case_rules: tuple[DecisionTable, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report a plugin offers: a template file, and the suffix of what it writes."""

    name: str
    template: Any  # importlib.resources Traversable
    suffix: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What one table decided for the rows of its sheet.

    *frame* holds ROW, one column for each output (its label), RULE (the id of the rule that gave
    them, ids joined by "," where several did, "默认" for the default row, null where undecided) and
    MISSING (labels of the blank or unreadable inputs that kept the row from being decided, or, for
    collecting policies, that were left out; null otherwise). *hits* counts rows by rule id.
    """

    table: DecisionTable
    frame: pl.DataFrame
    hits: Mapping[str, int]


RULE = "#rule"
MISSING = "#missing"


@dataclass(frozen=True, slots=True)
class Result:
    """One run: what was read, what was decided, and what is wrong.

    *customers* has one row for each row of the customers sheet, in sheet order: ROW, id, name,
    sales, share (null where unknown), tier, table and rule that gave it, why_zh and why_en (a
    sentence for every row), missing, previous (last period's tier or null), change ("up", "down",
    "same", "new" or null), effective (the tier in force, which a review may hold back) and outcome
    (what the review said, or null). *tiers* lists the tiers of the official scheme from best to
    least, *labels* the two names of values that the glossary translates. *record* is what a repeat
    of the run needs, *rule_changes* says which rules are new, changed or removed since an earlier
    run, by table and rule.
    """

    data: Data
    as_of: dt.date
    period: tuple[dt.date, dt.date]
    scheme: str
    tiers: tuple[str, ...]
    customers: pl.DataFrame
    decisions: tuple[Decision, ...]
    problems: tuple[Problem, ...]
    labels: Mapping[str, Text]
    record: Mapping[str, str]
    rule_changes: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column to add beside the user's own: *values* as typed cells, in Excel *rows*.

    *rows* are counted from 1 in a list of its own. *styles* names a cell style for each text that
    has one, *links* the place a text links to. *bar* shows figures as bars behind them.
    """

    header: Text
    values: pl.Series
    type: Type = "text"
    width: float = 12
    styles: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    bar: bool = False
    rows: pl.Series | None = None


@dataclass(frozen=True, slots=True)
class ColumnsReport:
    """Columns a plugin adds beside the rows of a sheet (its key); their values by Excel row."""

    sheet: str
    columns: Callable[[Result, Lang], Sequence[ResultColumn]]


@dataclass(frozen=True, slots=True)
class FilesReport:
    """Files a plugin writes to a folder of their own, their contents by name without *suffix*."""

    name: str
    suffix: str
    files: Callable[[Result, Lang], Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class SheetReport:
    """A sheet a plugin adds to the result: a list; the values of *columns* by row, the first 1."""

    name: str
    title: Text
    columns: Callable[[Result, Lang], Sequence[ResultColumn]]
    hint: Text = NO_TEXT
