"""A decision table as SQL sees it: inputs as regions, rules in their order, rows of a relation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kamrules.engine.axis import Axis, Truth, is_constant, mentions_blank
from kamrules.engine.decide import DEFAULT
from kamrules.engine.policy import Policy
from kamrules.model import TEXTUAL, Cell, DecisionTable, Output, Problem, Rule, Text, Type
from kamrules.rules.link import LinkedTable
from kamrules.rules.names import both
from kamrules.sfeel import AnyValue, Lit, Name, fold
from kamrules.sql.syntax import Values, all_of, any_of, case, name, quoted, runs
from kamrules.text import problem

KEY = name("key")


class RefusedError(Exception):
    """A table that SQL cannot express; *problem* says why."""

    def __init__(self, problem_: Problem) -> None:
        super().__init__(problem_.what.en)
        self.problem = problem_


def refused(table: DecisionTable, zh: str, en: str, where: Cell | None = None) -> RefusedError:
    """Return the error that a table cannot be written as SQL."""
    return RefusedError(problem("E332", where or table.where, table=table.name, why=Text(zh, en)))


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
    """An input that conditions read: its name in the SQL, and where each rule's condition holds."""

    name: str
    label: str
    column: str
    axis: Axis
    truths: tuple[Truth, ...]

    @property
    def everywhere(self) -> int:
        """Return all regions of values and blanks; in a database nothing is unreadable."""
        return (1 << (self.axis.size + 1)) - 1

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

    def open(self, rule: int) -> bool:
        """Return whether a blank leaves a rule's condition unknown."""
        return bool(self.maybe(rule) & ~self.true(rule))


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


class TableSql:
    """What both forms of a table's SQL are made of."""

    def __init__(
        self, linked: LinkedTable, source: Source, synonyms: Mapping[str, str], dialect: str
    ) -> None:
        self.linked, self.table, self.source = linked, linked.table, source
        self.policy, self.view = self.table.policy, view_name(self.table)
        self.values = Values(dialect)
        self.words: dict[str, list[str]] = {}
        for other, word in synonyms.items():
            self.words.setdefault(word, [word]).append(other)
        self.inputs = list(self._inputs(synonyms))
        self.referred = self._referred()
        self.places = list(self._places())

    def _inputs(self, synonyms: Mapping[str, str]) -> Iterator[Input]:
        table = self.table
        for n, (spec, column) in enumerate(zip(table.inputs, self.linked.inputs, strict=True)):
            for entry in (r.inputs[n] for r in table.rules):
                if not is_constant(entry.meaning, spec.type):
                    zh, en = (
                        f"{entry.text} 不是与常量的比较",
                        f"{entry.text} compares with no constant",
                    )
                    raise refused(table, zh, en, entry.where)
            tests = [r.inputs[n].meaning for r in table.rules]
            if all(isinstance(t, AnyValue) for t in tests):
                continue
            if spec.type == "duration":
                en = "databases share no type for lengths of time"
                raise refused(table, "数据库里没有通用的时长类型", en, spec.where)
            knows_blank = any(mentions_blank(t) for t in tests)
            axis = Axis(spec.type, list(dict.fromkeys(tests)), synonyms, knows_blank=knows_blank)
            truths = tuple(axis.truth(t) for t in tests)
            yield Input(f"in{n + 1}", spec.label, column, axis, truths)

    def _referred(self) -> dict[str, str]:
        """Return the columns that results refer to, with their names in the SQL."""
        found: dict[str, str] = {}
        for rule in self.rules.values():
            for entry in rule.outputs:
                if isinstance(entry.meaning, Name):
                    column = self.linked.names[fold(entry.meaning.name)][0]
                    found.setdefault(column, f"value{len(found) + 1}")
                elif not isinstance(entry.meaning, Lit):
                    zh, en = f"{entry.text} 要计算", f"{entry.text} is worked out"
                    raise refused(self.table, zh, en, entry.where)
        return found

    def _places(self) -> Iterator[Place]:
        policy = Policy(self.table)
        outputs = list(dict.fromkeys(policy.outputs))
        ranks: Sequence[Any] = policy.ranks or range(len(self.table.rules))
        grades = {rank: n for n, rank in enumerate(sorted(set(ranks)), 1)}
        listed = sorted(range(len(ranks)), key=lambda r: (ranks[r], r))
        for pos, rule in enumerate(listed, 1):
            yield Place(pos, rule, grades[ranks[rule]], outputs.index(policy.outputs[rule]) + 1)

    @property
    def rules(self) -> dict[int, Rule]:
        """Return the rules by their place in the table, the default row as -1."""
        default = {-1: self.table.default} if self.table.default else {}
        return {**default, **dict(enumerate(self.table.rules))}

    @property
    def chosen(self) -> dict[str, Rule]:
        """Return the rules by the number the SQL gives them, the default row as 0."""
        default = {"0": self.table.default} if self.table.default else {}
        return {**default, **{str(p.pos): self.table.rules[p.rule] for p in self.places}}

    @property
    def default(self) -> str:
        """Return the number of the default row, NULL without one."""
        return "0" if self.table.default else "NULL"

    def id_of(self, rule: Rule) -> str:
        """Return the id of a rule, of the default row its name."""
        return quoted(DEFAULT if rule is self.table.default else rule.id)

    # Conditions

    def words_of(self, axis: Axis, regions: Iterable[int]) -> list[str]:
        """Return the texts or truth values of some classes, under all their names."""
        chosen = set(regions)
        found = [value for value, region in axis.classes.items() if region in chosen]
        if axis.type == "bool":
            return [self.values.literal(value, "bool") for value in found]
        return [quoted(word) for value in found for word in self.words.get(value, [value])]

    def within(self, one: Input, regions: int) -> str:
        """Return the condition that a value is in some regions, "" where it always is."""
        if regions == one.everywhere:
            return ""
        axis = one.axis
        parts = [f"{one.name} IS NULL"] if regions >> axis.blank & 1 else []
        values = regions & axis.all
        if values == axis.all:
            parts.append(f"{one.name} IS NOT NULL")
        elif one.classed:
            parts += self._among(one, values)
        else:
            for low, high in self.ranges(axis, values):
                ends = [f"{one.name} >= {low}"] if low else []
                ends += [f"{one.name} < {high}"] if high else []
                parts.append(" AND ".join(ends))
        return any_of(parts)

    def ranges(self, axis: Axis, values: int) -> Iterator[tuple[str, str]]:
        """Yield the ends of the ranges that some regions make, "" where there is none."""
        for start, end in runs(values):
            low = self.values.cut(axis.cuts[start - 1], axis.type) if start else ""
            high = self.values.cut(axis.cuts[end - 1], axis.type) if end < axis.size else ""
            yield low, high

    def _among(self, one: Input, values: int) -> list[str]:
        chosen = [n for n in range(one.axis.size) if values >> n & 1]
        if 0 not in chosen:
            return (
                [f"{one.name} IN ({', '.join(self.words_of(one.axis, chosen))})"] if chosen else []
            )
        others = self.words_of(one.axis, set(range(1, one.axis.size)) - set(chosen))
        return [f"({one.name} IS NOT NULL AND NOT {one.name} IN ({', '.join(others)}))"]

    def holds(self, rule: int) -> str:
        """Return the condition that a rule holds."""
        return all_of(self.within(i, i.true(rule)) for i in self.inputs)

    def unknown(self, rule: int) -> str:
        """Return the condition that a blank leaves a rule open, "" where none can."""
        blanks = [f"{i.name} IS NULL" for i in self.inputs if i.open(rule)]
        if not blanks:
            return ""
        return all_of([*(self.within(i, i.maybe(rule)) for i in self.inputs), any_of(blanks)])

    # Rows and results

    def rows(self) -> str:
        """Return the query of the rows: key, inputs, and the columns that results refer to."""
        key = f"s.{name(self.source.key)}"
        columns = [f"{key} AS {KEY}"]
        columns += [f"{self._read(i.column, i.axis.type)} AS {i.name}" for i in self.inputs]
        columns += [f"{self._raw(column)} AS {value}" for column, value in self.referred.items()]
        used = {i.column for i in self.inputs} | set(self.referred)
        views = sorted({self.source.views[c] for c in used if c in self.source.views})
        joins = "".join(
            f" LEFT JOIN {name(v)} ON {name(v)}.{name(self.source.key)} = {key}" for v in views
        )
        relation = f"{name(self.source.relation)} AS s{joins}"
        return f"SELECT {', '.join(columns)} FROM {relation} WHERE {key} IS NOT NULL"

    @property
    def kept(self) -> list[str]:
        """Return the columns of the rows."""
        return [KEY, *(i.name for i in self.inputs), *self.referred.values()]

    def _raw(self, column: str) -> str:
        if column in self.linked.constants:
            value = self.linked.constants[column]
            return self.values.literal(value, "text" if isinstance(value, str) else "number")
        return f"{name(self.source.views.get(column, 's'))}.{name(column)}"

    def _read(self, column: str, type_: Type) -> str:
        """Return a column as it is compared: text without blanks around it, in small letters."""
        raw, blank = self._raw(column), self.source.blanks.get(column)
        if type_ in TEXTUAL:
            raw = f"NULLIF(LOWER(TRIM({raw})), '')"
        if blank is None or column in self.linked.constants:
            return raw
        meant = self.values.literal(fold(blank) if type_ in TEXTUAL else blank, type_)
        return f"COALESCE({raw}, {meant})"

    def given(self, meaning: Any, output: Output) -> str:
        """Return a result of a rule: a constant or a column."""
        if isinstance(meaning, Name):
            return self.referred[self.linked.names[fold(meaning.name)][0]]
        return self.values.literal(meaning.value, output.type)

    def missing(self, opens: Mapping[str, Sequence[str]], rows: str = "") -> str:
        """Return the labels of the blank inputs that keep a row open, where *opens* holds."""
        parts = []
        for one in self.inputs:
            if opens.get(one.name):
                blank = f"{rows}{one.name} IS NULL AND {any_of(opens[one.name])}"
                parts.append(case([(blank, quoted(", " + one.label))], "''"))
        return f"NULLIF(SUBSTR({' || '.join(parts)}, 3), '')" if parts else "CAST(NULL AS TEXT)"
