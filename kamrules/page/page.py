"""What a page is made of: sections of plain data in one language, side by side in parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kamrules.messages.problem import Severity
from kamrules.words.look import Tone
from kamrules.words.text import Lang

# Where a figure leads to: the column of grades, that of changes, or the sheet of problems.
Target = Literal["grade", "change", "problems"]
# How the cells of a column are drawn. A "bar" is a part with a bar of the colour of its row's
# grade, a "change" a pair of a Chip and up, down, same, new or "", a "reason" a pair of a rule and
# its sentence, a "noted" a pair of a text and a note below it.
Kind = Literal[
    "text", "word", "figure", "count", "percent", "measure", "grade", "bar", "change", "reason",
    "sentence", "noted",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chip:
    """A grade as shown; *key* is the value itself, empty for undecided. Rank 0 is the best."""

    key: str
    label: str
    rank: int
    ink: str
    paper: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure at the top; *key* names what it counts."""

    key: str
    label: str
    value: str
    tone: Tone
    target: Target = "grade"


@dataclass(frozen=True, slots=True)
class Tiles:
    """Figures in a row."""

    tiles: tuple[Tile, ...]
    kind: str = field(default="tiles", init=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence worth reading first."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences under a title."""

    title: str
    lines: tuple[Finding, ...]
    kind: str = field(default="sentences", init=False)


@dataclass(frozen=True, slots=True)
class Slab:
    """One slab of a pyramid: as wide as its count."""

    label: str
    count: int
    share: float
    ink: str


@dataclass(frozen=True, slots=True)
class Pyramid:
    """Centred slabs, one below the other; *counted* says what they count."""

    name: str
    title: str
    hint: str
    slabs: tuple[Slab, ...]
    counted: str
    kind: str = field(default="chart", init=False)


@dataclass(frozen=True, slots=True)
class Bar:
    """One column of a chart: its place, its name, its value and what all up to it make up."""

    rank: int
    name: str
    value: float
    cumulative: float
    ink: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Falling columns and the line of their cumulative share; the one of rank *marked* has a mark.

    *names* are those of the columns and of the line. Values are shown divided by *scale*.
    """

    name: str
    title: str
    hint: str
    bars: tuple[Bar, ...]
    names: tuple[str, str]
    level: float
    marked: int
    mark: str
    unit: str
    scale: float
    kind: str = field(default="chart", init=False)


@dataclass(frozen=True, slots=True)
class Point:
    """A place on a curve."""

    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A line from nothing to its last point, its peak and its end marked."""

    name: str
    title: str
    hint: str
    points: tuple[Point, ...]
    peak: Point
    mark: str
    unit: str
    scale: float
    kind: str = field(default="chart", init=False)


@dataclass(frozen=True, slots=True)
class Head:
    """A column of a table; *span* is how much room it has on the first sheet of a workbook."""

    label: str
    kind: Kind
    span: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row; *number* is its Excel row, *group* and *moved* what people filter by."""

    cells: tuple[Any, ...]
    number: int = 0
    group: str = ""
    moved: bool = False
    ink: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; a *list* can be searched, filtered by *groups* and sorted.

    *rest* says what is not in it. A measure is shown divided by *scale*, with one decimal where it
    has a *unit*. *report* and *book* say whether reports and the first sheet of a workbook show it,
    *quoted* that its figures stand beside those that are commonly quoted.
    """

    title: str
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    hint: str = ""
    rest: str = ""
    unit: str = ""
    scale: float = 1
    list: bool = False
    groups: tuple[str, ...] = ()
    report: bool = True
    book: bool = False
    quoted: bool = False
    kind: str = field(default="table", init=False)


@dataclass(frozen=True, slots=True)
class Move:
    """A cell of a matrix."""

    count: int
    change: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts by grade before (down) and now (across)."""

    title: str
    rows: tuple[Chip, ...]
    columns: tuple[Chip, ...]
    cells: tuple[tuple[Move, ...], ...]
    kind: str = field(default="matrix", init=False)


Chart = Pyramid | Columns | Curve
Section = Tiles | Sentences | Chart | Table | Matrix


@dataclass(frozen=True, slots=True)
class Part:
    """Sections under a heading; those of one of *bands* stand side by side.

    A part with a *name* is a place that figures lead to.
    """

    heading: str
    bands: tuple[tuple[Section, ...], ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sections:
    """What a plugin gives to a page; *values* are what templates see in ``summary``, by name."""

    parts: tuple[Part, ...]
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A problem as shown; *link* is the place to go to, empty outside the workbook of the run."""

    code: str
    severity: Severity
    level: str
    place: str
    link: str
    subject: str
    what: str
    found: str
    why: str
    fix: str
    effect: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule with its cells as typed; *grades* says which outputs are grades."""

    id: str
    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    grades: tuple[Chip | None, ...]
    notes: tuple[str, ...]
    hits: int
    change: str = ""


@dataclass(frozen=True, slots=True)
class TableLines:
    """A decision table as executed; *state* says who answers for it, and whether it decided."""

    name: str
    title: str
    policy: str
    source: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    notes: tuple[str, ...]
    rules: tuple[RuleLine, ...]
    state: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Plain data for one reader: what plugins give, and problems and rules of any run.

    *measure* is what a template calls the measure, shown with *unit* and divided by *scale*.
    *words* are all labels in the reader's language.
    """

    lang: Lang
    book: str
    title: str
    subtitle: str
    run: str
    parts: tuple[Part, ...]
    problems: tuple[ProblemLine, ...]
    tables: tuple[TableLines, ...]
    measure: str = "measure"
    unit: str = ""
    scale: float = 1
    words: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sections(self) -> tuple[Section, ...]:
        """Return all sections in order."""
        return tuple(s for part in self.parts for band in part.bands for s in band)
