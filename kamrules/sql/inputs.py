"""What the SQL of a table is made of: its rows, its inputs as regions, its rules in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kamrules.engine.axis import Axis, Truth
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_RULE, TABLE
from kamrules.messages.problem import Cell, Problem
from kamrules.rules.decision_table import DecisionTable
from kamrules.sql.syntax import name
from kamrules.words.names import both
from kamrules.words.text import Text
from kamrules.words.types import TEXTUAL

# fmt: off
NOT_IN_SQL = message("E332", kind="syntax",
    what=("规则表 {table} 不能写成 SQL", "table {table} cannot be written as SQL"),
    fix=("用 kamrules apply 判定它, 或改写这条规则",
         "decide it with kamrules apply, or write the rule otherwise"),
    effect=("SQL 里没有这张表", "the SQL is without this table"),
    example={"table": TABLE,
             "why": Text("数据库里没有通用的时长类型",
                         "databases have no common type for lengths of time")}, place=IN_RULE)
# fmt: on


# So many rules become one CASE; databases compile larger ones badly or not at all.
CASES = 50
KEY = name("key")
# The column of a view that is 1 where its table leaves a row open or in conflict.
UNDECIDED = name("undecided")


class RefusedError(Exception):
    """A table that SQL cannot express; *problem* says why."""

    def __init__(self, problem_: Problem) -> None:
        super().__init__(problem_.what.en)
        self.problem = problem_


def refused(table: DecisionTable, zh: str, en: str, where: Cell | None = None) -> RefusedError:
    """Return the error that a table cannot be written as SQL."""
    return RefusedError(NOT_IN_SQL.at(where or table.where, table=table.name, why=Text(zh, en)))


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of a table are: a relation, and the column that identifies a row.

    *blanks* says what an empty cell of a column means, *views* gives the view of each result.
    """

    relation: str
    key: str
    blanks: Mapping[str, str]
    views: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Input:
    """An input that conditions read: its name in the SQL, and where each rule's condition holds.

    It is a column, or a condition that no constant can cut, worked out as *test*. *given_open* says
    that it comes from a table that may leave it open, which counts as a value nobody can read.
    """

    name: str
    label: str
    column: str
    axis: Axis
    truths: tuple[Truth, ...]
    test: str = ""
    given_open: bool = False

    @property
    def undecided(self) -> str:
        """Return the column that is 1 where the table the input comes from leaves it open."""
        return f"{self.name}_undecided"

    @property
    def everywhere(self) -> int:
        """Return all regions; what stands in a database can be read."""
        return (1 << (self.axis.size + 1 + self.given_open)) - 1

    @property
    def classed(self) -> bool:
        """Return whether the input has classes, as texts and truth values do, not ranges."""
        return self.axis.type in TEXTUAL or self.axis.type == "bool"

    def true(self, rule: int) -> int:
        """Return the regions in which a rule's condition holds."""
        return self.truths[rule].true & self.everywhere

    def maybe(self, rule: int) -> int:
        """Return the regions in which a rule's condition holds or is unknown."""
        return self.truths[rule].maybe & self.everywhere

    def open(self, rule: int) -> int:
        """Return the regions in which a rule's condition is unknown."""
        return self.maybe(rule) & ~self.true(rule)


@dataclass(frozen=True, slots=True)
class Place:
    """A rule in the order in which rules count: of *grade*s that are equal none comes first.

    *pos* counts from 1; *outs* tells rules with different results apart.
    """

    pos: int
    rule: int
    grade: int
    outs: int


def view_name(table: DecisionTable) -> str:
    """Return the name of the view that holds a table's results."""
    return "kam_" + "_".join(both(table.name).en.split())
