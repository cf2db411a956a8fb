"""A decision table as SQL sees it: inputs as regions, rules in their order, rows of a relation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kamrules.engine.axis import Axis, is_constant, mentions_blank
from kamrules.engine.expressions import Scope, UnsupportedError, kind_of
from kamrules.engine.policy import Policy
from kamrules.rules.cell.ast import AnyValue, Compare, Expr, Lit, Name, Test, names
from kamrules.rules.decision_table import Entry, Output, Rule
from kamrules.rules.link import LinkedTable
from kamrules.rules.words import DEFAULT
from kamrules.sql.formulas import Formulas
from kamrules.sql.inputs import CASES, KEY, UNDECIDED, Input, Place, Source, refused, view_name
from kamrules.sql.syntax import Values, all_of, any_of, case, name, quoted, runs
from kamrules.words.fold import fold
from kamrules.words.types import NUMERIC, TEXTUAL, Type


class TableSql:
    """What both forms of a table's SQL are made of."""

    def __init__(
        self, linked: LinkedTable, source: Source, synonyms: Mapping[str, str], dialect: str
    ) -> None:
        self.linked, self.table, self.source = linked, linked.table, source
        self.policy, self.view = self.table.policy, view_name(self.table)
        self.values, self.synonyms = Values(dialect), synonyms
        self.formulas = Formulas(self.values)
        self.words: dict[str, list[str]] = {}
        for other, word in synonyms.items():
            self.words.setdefault(word, [word]).append(other)
        self.inputs = list(self._inputs())
        self.referred = self._referred()
        self.places = list(self._places())

    def _inputs(self) -> Iterator[Input]:
        """Yield the inputs: the constant conditions of a column together, each other one alone."""
        table, count = self.table, 0
        for n, (spec, column) in enumerate(zip(table.inputs, self.linked.inputs, strict=True)):
            entries = [r.inputs[n] for r in table.rules]
            tests: list[Test] = [e.meaning for e in entries]
            if all(isinstance(t, AnyValue) for t in tests):
                continue
            if spec.type == "duration":
                en = "databases share no type for lengths of time"
                raise refused(table, "数据库里没有通用的时长类型", en, spec.where)
            knows_blank = any(mentions_blank(t) for t in tests)
            worked_out: dict[Test, Entry] = {}
            for entry in entries:
                if not is_constant(entry.meaning, spec.type):
                    worked_out.setdefault(entry.meaning, entry)
            constant = [AnyValue() if t in worked_out else t for t in tests]
            if not all(isinstance(t, AnyValue) for t in constant):
                listed = list(dict.fromkeys(constant))
                axis = Axis(spec.type, listed, self.synonyms, knows_blank=knows_blank)
                truths = tuple(axis.truth(t) for t in constant)
                count += 1
                given = column in self.source.views
                yield Input(f"in{count}", spec.label, column, axis, truths, given_open=given)
            yes = Compare("=", Lit(True))
            axis = Axis("bool", [yes], {}, knows_blank=False)
            for entry in worked_out.values():
                scope = Scope(self.linked.names, (column, spec.type))
                condition = self._condition(entry, scope, knows_blank=knows_blank)
                met = [yes if t == entry.meaning else AnyValue() for t in tests]
                count += 1
                truths = tuple(axis.truth(t) for t in met)
                yield Input(f"in{count}", spec.label, column, axis, truths, condition)

    def _condition(self, entry: Entry, scope: Scope, *, knows_blank: bool) -> str:
        """Return a condition that no constant can cut, NULL where it is unknown."""
        test, (column, _) = entry.meaning, scope.ask or ("", "")
        with self._said_at(entry):
            written = self.formulas.condition(test, scope)
        if knows_blank:
            # The table says what a blank means, so a blank here meets no other condition.
            blank = f"{self.formulas.columns[column][0]} IS NULL"
            written = case([(blank, f"COALESCE({written}, FALSE)")], written)
        read = {column, *(self.linked.names[fold(n.name)][0] for n in names(test))}
        unread = [
            f"{self.formulas.columns[c][0]}_undecided = 0"
            for c in sorted(read)
            if c in self.source.views and c in self.formulas.columns
        ]
        return case([(all_of(unread), written)]) if unread else written

    @contextmanager
    def _said_at(self, entry: Entry) -> Iterator[None]:
        """Refuse the table at a cell that cannot be worked out."""
        try:
            yield
        except UnsupportedError as error:
            zh, en = f"{entry.text} 写不成 SQL ({error})", f"SQL cannot say {entry.text} ({error})"
            raise refused(self.table, zh, en, entry.where) from error

    def _referred(self) -> dict[Expr, tuple[str, str]]:
        """Return the results that are no constants: their names in the SQL, and what gives them.

        What gives a result is empty for a column as it stands.
        """
        found: dict[Expr, tuple[str, str]] = {}
        for rule in self.rules.values():
            for entry in rule.outputs:
                meaning = entry.meaning
                if isinstance(meaning, Lit) or meaning in found:
                    continue
                written = ""
                if not isinstance(meaning, Name):
                    with self._said_at(entry):
                        scope = Scope(self.linked.names)
                        if kind_of(meaning, scope) not in ("number", "truth"):
                            raise UnsupportedError(kind_of(meaning, scope))
                        written = self.formulas.value(meaning, scope)
                found[meaning] = f"value{len(found) + 1}", written
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
    def is_small(self) -> bool:
        """Return whether the table has few enough rules for one CASE."""
        return len(self.places) <= CASES

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
        parts = self._without_value(one, regions)
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

    def _without_value(self, one: Input, regions: int) -> list[str]:
        """Return the conditions that a row has no value, of the kinds among some regions."""
        blank, unread = (bool(regions >> at & 1) for at in (one.axis.blank, one.axis.unreadable))
        if not one.given_open or (blank and unread):
            return [f"{one.name} IS NULL"] if blank else []
        found = [f"({one.name} IS NULL AND {one.undecided} = 0)"] if blank else []
        return found + ([f"{one.undecided} = 1"] if unread else [])

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
        blanks = [self.within(i, i.open(rule)) for i in self.inputs if i.open(rule)]
        if not blanks:
            return ""
        return all_of([*(self.within(i, i.maybe(rule)) for i in self.inputs), any_of(blanks)])

    # Rows and results

    def rows(self) -> dict[str, str]:
        """Return the steps to ``given``: key, inputs, and the columns that results refer to."""
        key = f"s.{name(self.source.key)}"
        read, last = [f"{key} AS {KEY}"], [KEY]
        views = {c: v for c, v in self.source.views.items() if c not in self.linked.constants}
        used = set()
        for one in self.inputs:
            if one.test:
                last.append(f"{one.test} AS {one.name}")
                continue
            used.add(one.column)
            value = self._read(one.column, one.axis.type)
            last.append(one.name)
            if one.given_open:
                flag = self._undecided(one.column)
                value = case([(f"{flag} = 0", value)])
                read.append(f"{flag} AS {one.undecided}")
                last.append(one.undecided)
            read.append(f"{value} AS {one.name}")
        for column, (alias, type_) in self.formulas.columns.items():
            used.add(column)
            read.append(f"{self._compared(column, type_)} AS {alias}")
            if column in views:
                read.append(f"{self._undecided(column)} AS {alias}_undecided")
        for meaning, (alias, written) in self.referred.items():
            last.append(f"{written} AS {alias}" if written else alias)
            if not written and isinstance(meaning, Name):
                column = self.linked.names[fold(meaning.name)][0]
                used.add(column)
                read.append(f"{self._typed(column)} AS {alias}")
        joins = "".join(
            f" LEFT JOIN {name(v)} ON {name(v)}.{name(self.source.key)} = {key}"
            for v in sorted({views[c] for c in used if c in views})
        )
        relation = f"{name(self.source.relation)} AS s{joins}"
        first = f"SELECT {', '.join(read)} FROM {relation} WHERE {key} IS NOT NULL"
        if not self.formulas.columns:
            return {"given": first}
        steps, before = self.formulas.steps("read")
        return {"read": first, **steps, "given": f"SELECT {', '.join(last)} FROM {before}"}

    @property
    def kept(self) -> list[str]:
        """Return the columns of the rows."""
        flags = [i.undecided for i in self.inputs if i.given_open]
        return [
            KEY,
            *(i.name for i in self.inputs),
            *flags,
            *(a for a, _ in self.referred.values()),
        ]

    def _undecided(self, column: str) -> str:
        return f"COALESCE({name(self.source.views[column])}.{UNDECIDED}, 0)"

    def _raw(self, column: str) -> str:
        if column in self.linked.constants:
            value = self.linked.constants[column]
            return self.values.literal(value, "text" if isinstance(value, str) else "number")
        return f"{name(self.source.views.get(column, 's'))}.{name(column)}"

    def _typed(self, column: str) -> str:
        """Return a column as people typed it."""
        raw, blank = self._raw(column), self.source.blanks.get(column)
        if blank is None or column in self.linked.constants:
            return raw
        return f"COALESCE(NULLIF(TRIM({raw}), ''), {quoted(blank)})"

    def _read(self, column: str, type_: Type) -> str:
        """Return a column as it is compared: text without blanks around it, in small letters."""
        raw, blank = self._raw(column), self.source.blanks.get(column)
        if type_ in TEXTUAL:
            raw = f"NULLIF(LOWER(TRIM({raw})), '')"
        if blank is None or column in self.linked.constants:
            return raw
        meant = self.values.literal(fold(blank) if type_ in TEXTUAL else blank, type_)
        return f"COALESCE({raw}, {meant})"

    def _compared(self, column: str, type_: Type) -> str:
        """Return a column as formulas read it: texts under one name, numbers with a fraction."""
        raw = self._read(column, type_)
        if type_ in TEXTUAL:
            pairs = [(quoted(other), quoted(word)) for other, word in self.synonyms.items()]
            return case(pairs, raw, of=raw) if pairs else raw
        return f"CAST({raw} AS DOUBLE)" if type_ in NUMERIC else raw

    def given(self, meaning: Any, output: Output) -> str:
        """Return a result of a rule: a constant, or what a column of the rows says."""
        if isinstance(meaning, Lit):
            return self.values.literal(meaning.value, output.type)
        return self.referred[meaning][0]

    def missing(self, opens: Mapping[str, Sequence[str]]) -> str:
        """Return the labels of the inputs that keep a row open, where one of *opens* holds."""
        labels: dict[str, list[str]] = {}
        for one in self.inputs:
            labels.setdefault(one.label, []).extend(opens.get(one.name, ()))
        parts = [
            case([(any_of(whens), quoted(", " + label))], "''")
            for label, whens in labels.items()
            if whens
        ]
        return f"NULLIF(SUBSTR({' || '.join(parts)}, 3), '')" if parts else "CAST(NULL AS TEXT)"
