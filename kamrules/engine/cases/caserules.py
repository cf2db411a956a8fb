"""Case rule tables as conditions: constants, lists and ranges, and what records share."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

from kamrules.engine.cases.cases import REACHED, CaseRule, Condition, Other
from kamrules.messages.message import Reason, message, reason
from kamrules.messages.phrases import IN_RULE, TABLE_STOPS
from kamrules.messages.problem import Problem
from kamrules.rules.cell.ast import AnyOf, AnyValue, Compare, Interval, Lit, Name, Not, Test
from kamrules.rules.decision_table import DecisionTable, Entry, Rule
from kamrules.sheets.column import SheetSpec
from kamrules.sheets.sheet import Parameter
from kamrules.words.fold import fold
from kamrules.words.names import aliases, both
from kamrules.words.text import Text

# fmt: off
UNUSABLE_CASE_RULE = message("E340", kind="syntax", stops=True,
    what=("关联规则 {table} 的单元格 “{found}” 用不了",
          "the cell '{found}' of case rules {table} cannot be used"),
    effect=TABLE_STOPS,
    example={"found": "金额 + 1", "table": "来货升级 escalation",
             "why": Text("关联规则的条件只能是常量, 列表, 区间, 非(...), 相同, 不同",
                         "a condition of case rules is a constant, a list, a range, not(...), "
                         "same or different"),
             "fix": Text("写成其中之一; 要算的值先做成决策表的结果列",
                         "write one of these; let a decision table work out what must be worked "
                         "out")}, place=IN_RULE)
# fmt: on
_REASONS: Mapping[str, Reason] = {
    "case rule cell": reason(
        why=(
            "关联规则的条件只能是常量, 列表, 区间, 非(...), 相同, 不同",
            "a condition of case rules is a constant, a list, a range, not(...), same or different",
        ),
        fix=(
            "写成其中之一; 要算的值先做成决策表的结果列",
            "write one of these; let a decision table work out what must be worked out",
        ),
    ),
    "case rule event": reason(
        why=("每条关联规则要有事件", "every case rule needs an event"),
        fix=(
            "在 事件 列写 受理, 重开, 解决 75%, 到达 L2 等",
            "write received, reopened, resolution 75%, reached L2 and the like in the Event column",
        ),
    ),
    "case rule level": reason(
        why=("它不是结果列取值行里的级别", "it is not a level of the Values row of the result"),
        fix=("写取值行里的级别, 如 L0,L1,L2", "write a level of the Values row, such as L0,L1,L2"),
    ),
}  # fmt: skip


_EVENT, _LEVEL = {"事件", "event"}, {"当前级别", "current level"}
_SAME, _DIFFERENT = {"相同", "同", "same"}, {"不同", "different"}
_SHARE = re.compile(r"(响应|反馈|解决|response|feedback|resolution)\s*>?=?\s*(\d+(?:\.\d+)?)\s*%")
_WORDS = {
    "response": "响应", "feedback": "反馈", "resolution": "解决",
    "received": "受理", "reopened": "重开",
}  # fmt: skip
_INVERSE = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
# Numbers count to four decimals, as whole numbers, so that every engine compares them alike.
SCALE = 10_000
_LARGEST = 9_000_000_000_000_000
_EPOCH = dt.datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class CaseRules:
    """A case rule table ready to run.

    *levels* go from least to highest. *labels* are the columns its rules look at, by the sheet
    (its key) and the folded name; *properties* what they are called in conditions. *shares* are the
    parts of a target at which something happens, by target. *said* is what each rule gives beside
    the level, by the folded name of the output.
    """

    table: DecisionTable
    levels: tuple[str, ...]
    rules: tuple[CaseRule, ...]
    labels: Mapping[tuple[str, str], str]
    properties: Mapping[str, str]
    shares: Mapping[str, tuple[float, ...]]
    said: Mapping[str, Mapping[str, Any]]


class _UnusableError(Exception):
    """A cell that case rules cannot use, with the reason."""


def compiled(
    table: DecisionTable,
    parameters: Mapping[str, Parameter],
    specs: Sequence[SheetSpec],
) -> tuple[CaseRules | None, list[Problem]]:
    """Return a case rule table ready to run, and the cells that cannot be used."""
    return _Compiler(table, parameters, specs).compiled()


class _Compiler:
    def __init__(
        self,
        table: DecisionTable,
        parameters: Mapping[str, Parameter],
        specs: Sequence[SheetSpec],
    ) -> None:
        self.table, self.parameters, self.specs = table, parameters, specs
        self.problems: list[Problem] = []
        self.levels = _levels(table)
        self.columns = [self._column(i.label) for i in table.inputs]
        names = sorted({name for _, name in self.columns if name})
        self.properties = {name: f"p{n}" for n, name in enumerate(names, 1)}

    def compiled(self) -> tuple[CaseRules | None, list[Problem]]:
        rules = [r for rule in self.table.rules for r in self._rule(rule)]
        if self.problems:
            return None, self.problems
        labels = {
            (self.table.for_each if kind in ("", _OTHER) else kind, name): i.label
            for (kind, name), i in zip(self.columns, self.table.inputs, strict=True)
            if name and kind != _ABOUT_LEVEL
        }
        shares: dict[str, set[float]] = {}
        for rule in rules:
            if found := _SHARE.fullmatch(rule.event):
                shares.setdefault(found[1], set()).add(float(found[2]) / 100)
        said = {
            rule.id: {
                alias: entry.meaning.value
                for output, entry in zip(self.table.outputs[1:], rule.outputs[1:], strict=True)
                if isinstance(entry.meaning, Lit)
                for alias in aliases(output.label)
            }
            for rule in self.table.rules
        }
        sorted_shares = {k: tuple(sorted(v)) for k, v in shares.items()}
        return CaseRules(
            self.table, self.levels, tuple(rules), labels, self.properties, sorted_shares, said
        ), []

    def _column(self, label: str) -> tuple[str, str]:
        """Return whose column a label names and the column: "" is the subject, its key a sheet."""
        own = next((s for s in self.specs if s.key == self.table.for_each), None)
        for part in both(label):
            text = fold(part)
            if text in _EVENT:
                return _ABOUT_EVENT, ""
            if text in _LEVEL:
                return _ABOUT_LEVEL, ""
            others = ((f"另一{own.zh}", f"other {own.en}") if own else ()) + ("另一", "other ")
            for prefix in map(fold, others):
                if text.startswith(prefix):
                    rest = text.removeprefix(prefix).strip(" ·:")
                    return (_OTHER_LEVEL, "") if rest in _LEVEL else (_OTHER, rest)
            for spec in self.specs:
                for prefix in map(fold, spec.name):
                    rest = text.removeprefix(prefix)
                    # 甲乙 is a column, 甲 乙 the column 乙 of the sheet 甲.
                    if rest != text and rest.startswith((" ", "·")) and spec is not own:
                        return spec.key, rest.strip(" ·:")
        return "", fold(both(label).zh)

    def _rule(self, rule: Rule) -> Iterator[CaseRule]:
        """Yield the ways in which a row applies, one for each combination of its alternatives."""
        events: list[str] = [""]
        subject: list[Any] = [()]
        levels: list[Any] = [()]
        others: dict[str, list[Any]] = {}
        for (kind, name), entry in zip(self.columns, rule.inputs, strict=True):
            try:
                if kind == _ABOUT_EVENT:
                    events = [self._event(value) for value in self._texts(entry)]
                    continue
                found = self._alternatives(entry, self.properties.get(name, "v"))
            except _UnusableError as refused:
                self._say(entry, str(refused))
                events = [] if kind == _ABOUT_EVENT else events
                continue
            if kind == _ABOUT_LEVEL:
                levels = _all(levels, found)
            elif kind == "":
                subject = _all(subject, found)
            elif found != [()]:
                its = others.setdefault("" if kind in (_OTHER, _OTHER_LEVEL) else kind, [])
                its.append((kind, self.properties.get(name, "v"), found))
        to = rule.outputs[0].meaning
        level = fold(str(to.value)) if isinstance(to, Lit) else ""
        ranks = {fold(name): n for n, name in enumerate(self.levels)}
        if level not in ranks:
            self._say(rule.outputs[0], "case rule level")
            return
        if "" in events:
            self._say(rule.outputs[0], "case rule event")
            return
        kinds: list[Any] = [_others(kind, its) for kind, its in sorted(others.items())]
        for conditions, at, *rest in product(subject, levels, *kinds):
            for event in events:
                yield CaseRule(rule.id, event, conditions, at, tuple(rest), ranks[level])

    def _texts(self, entry: Entry) -> list[str]:
        tests = entry.meaning.tests if isinstance(entry.meaning, AnyOf) else (entry.meaning,)
        found = []
        for test in tests:
            if isinstance(test, AnyValue):
                return [""]
            if not isinstance(test, Compare) or test.op != "=":
                raise _UnusableError("case rule cell")
            value = test.value
            found.append(
                value.name if isinstance(value, Name) else str(getattr(value, "value", ""))
            )
        return found

    def _event(self, text: str) -> str:
        """Return the one way to write an event; levels as the table writes them."""
        plain = fold(text)
        if found := _SHARE.fullmatch(plain):
            return f"{_WORDS.get(found[1], found[1])} {float(found[2]):g}%"
        for prefix in ("到达", "reached"):
            if plain.startswith(prefix):
                wanted = plain.removeprefix(prefix).strip()
                named = next((x for x in self.levels if fold(x) == wanted), None)
                if named is None:
                    raise _UnusableError("case rule level")
                return REACHED + named
        return _WORDS.get(plain, plain)

    def _alternatives(self, entry: Entry, name: str) -> list[Any]:
        """Return the conjunctions of which one must hold; (name, op) is shared with the subject."""
        return list(self._of(entry.meaning, name))

    def _of(self, test: Test, name: str) -> Iterator[Any]:
        if isinstance(test, AnyValue):
            yield ()
        elif isinstance(test, AnyOf):
            for one in test.tests:
                yield from self._of(one, name)
        elif isinstance(test, Interval):
            low = Condition(name, ">=" if test.low_closed else ">", self._constant(test.low))
            high = Condition(name, "<=" if test.high_closed else "<", self._constant(test.high))
            yield (low, high)
        elif isinstance(test, Not):
            inner = list(self._of(test.test, name))
            if any(len(one) != 1 or isinstance(one, _Shared) for one in inner):
                raise _UnusableError("case rule cell")
            yield tuple(one[0]._replace(op=_INVERSE[one[0].op]) for one in inner)
        elif isinstance(test, Compare):
            word = fold(str(getattr(test.value, "value", getattr(test.value, "name", ""))))
            if test.op == "=" and word in _SAME | _DIFFERENT:
                yield _Shared((name, "=" if word in _SAME else "!="))
                return
            value = self._constant(test.value)
            if isinstance(value, str) and test.op not in ("=", "!="):
                raise _UnusableError("case rule cell")
            yield (Condition(name, test.op, value),)
        else:
            raise _UnusableError("case rule cell")

    def _constant(self, expr: Any) -> str | int:
        value = expr.value if isinstance(expr, Lit) else None
        if isinstance(expr, Name):
            parameter = next(
                (self.parameters[a] for a in aliases(expr.name) if a in self.parameters), None
            )
            value = parameter.value if parameter else None
        found = encoded(value)
        if found is None:
            raise _UnusableError("case rule cell")
        return found

    def _say(self, entry: Entry, reason: str) -> None:
        why = _REASONS[reason]
        where, name = entry.where, self.table.name
        self.problems.append(UNUSABLE_CASE_RULE.at(where, found=entry.text, table=name, **why))


class _Shared(tuple[str, str]):
    """A property that another record shares with the subject, and ``=`` or ``!=``."""


_ABOUT_EVENT, _ABOUT_LEVEL, _OTHER, _OTHER_LEVEL = "#event", "#level", "#other", "#other level"


def _all(have: Sequence[Any], more: Sequence[Any]) -> list[Any]:
    return [(*one, *two) for one in have for two in more]


def _others(kind: str, its: Sequence[tuple[str, str, list[Any]]]) -> list[Other]:
    """Return the ways in which another record may agree."""
    found = []
    for chosen in product(*(alternatives for _, _, alternatives in its)):
        conditions: list[Condition] = []
        levels: list[Condition] = []
        joins: list[tuple[str, str]] = []
        for (about, _, _), one in zip(its, chosen, strict=True):
            if isinstance(one, _Shared):
                joins.append((one[0], one[1]))
            else:
                (levels if about == _OTHER_LEVEL else conditions).extend(one)
        found.append(Other(kind, tuple(conditions), tuple(joins), tuple(levels)))
    return found


def _levels(table: DecisionTable) -> tuple[str, ...]:
    """Return the levels from least to highest: the Values row, else as the rules name them."""
    listed = [t.value for t in table.outputs[0].values if isinstance(t, Compare)]
    given = listed or [r.outputs[0].meaning for r in table.rules]
    return tuple(dict.fromkeys(str(e.value) for e in given if isinstance(e, Lit)))


def encoded(value: Any) -> str | int | None:
    """Return a value as engines compare it: folded text, or a whole number; None where blank."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, int | float | Decimal):
        scaled = round(Decimal(f"{value:.15g}") * SCALE)
        return max(-_LARGEST, min(_LARGEST, scaled))
    if isinstance(value, dt.datetime):
        return (value - _EPOCH) // dt.timedelta(seconds=1)
    if isinstance(value, dt.date):
        return value.toordinal()
    return fold(str(value))
