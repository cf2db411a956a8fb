"""Test cases of a rule workbook: each runs one table, and says where it gives something else."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kamrules.engine.decide import Decided
from kamrules.engine.decision import MISSING
from kamrules.engine.expressions import plain
from kamrules.messages.message import Reason, Refusal, message, reason
from kamrules.messages.phrases import IN_RULE, TABLE
from kamrules.messages.problem import Problem, UsageError
from kamrules.rules.cell.ast import Lit, names
from kamrules.rules.cell.parse import parse_output
from kamrules.rules.constants import native
from kamrules.rules.decision_table import Case, DecisionTable, Given, Input, Output, RuleBook
from kamrules.rules.link import by_name
from kamrules.rules.words import DEFAULT, is_word
from kamrules.run.evaluate import NO_SUCH_TABLE, decide_objects
from kamrules.sheets.column import Column
from kamrules.words.fold import fold
from kamrules.words.names import aliases, both, closest
from kamrules.words.shown import fmt
from kamrules.words.text import Lang, Text
from kamrules.words.types import Type

# fmt: off
OTHER_RESULT = message("E421", kind="test",
    what=("{column} 期望 {expected}, 得到 {got} (规则 {rule})",
          "{column}: expected {expected}, got {got} (rule {rule})"),
    why=("用例 “{name}” 在规则表 {table} 中得到的结果不同",
         "table {table} gives something else for the case '{name}'"),
    fix=("改正规则; 规则没错就改期望值",
         "correct the rule, or what is expected if the rule is right"),
    effect=("这条测试没有通过", "this test fails"),
    example={"name": "T1", "table": TABLE, "column": "评级", "expected": "战略", "got": "重点",
             "rule": "R2"}, place=IN_RULE)
CASE_NOT_RUN = message("E422", kind="test",
    what=("测试用例 “{name}” 不能运行", "the test case '{name}' cannot be run"),
    fix=("{fix}{suggest}", "{fix}{suggest}"), effect=("这条测试没有通过", "this test fails"),
    example={"name": "T1", "why": Text("规则表没有这个结果", "the table has no such result"),
             "fix": Text("清空单元格, 或改正表头", "clear the cell, or correct its header"),
             "suggest": ""}, place=IN_RULE)
OTHER_RULE = message("E423", kind="test",
    what=("期望规则 {expected}, 得到 {got}", "expected rule {expected}, got {got}"),
    why=("用例 “{name}” 在规则表 {table} 中命中的规则不同",
         "another rule of table {table} decides the case '{name}'"),
    fix=("改正规则; 规则没错就改期望规则",
         "correct the rule, or what is expected if the rule is right"),
    effect=("这条测试没有通过", "this test fails"),
    example={"name": "T1", "table": TABLE, "expected": "R1", "got": "R2"}, place=IN_RULE)
# fmt: on
_REASONS: Mapping[str, Reason] = {
    "unused column": reason(
        why=("规则表不用这一列", "the table does not use this column"),
        fix=("清空单元格, 或改正表头", "clear the cell, or correct its header"),
    ),
    "no such result": reason(
        why=("规则表没有这个结果", "the table has no such result"),
        fix=("清空单元格, 或改正表头", "clear the cell, or correct its header"),
    ),
    "no constant": reason(
        why=("用例里只能写常量", "a case holds constants only"),
        fix=("写一个值", "write a value"),
    ),
    "expects nothing": reason(
        why=("没有写期望的结果或规则", "it expects no result and no rule"),
        fix=(
            "在 “期望 ...” 或 “期望规则” 列写上期望的值",
            "write what is expected in a column 'Expected ...' or 'Expected rule'",
        ),
    ),
}  # fmt: skip


_SEPARATORS = re.compile(r"\s*[,，、;；]\s*")
# What the column 期望规则 Expected rule may hold beside rule ids.
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "missing": ("缺数据", "未判定", "no data", "undecided"),
    "none": ("无", "无规则", "none", "no rule"),
    "clash": ("冲突", "conflict", "clash"),
}
_SHOWN = {
    "missing": Text("缺数据", "no data"), "none": Text("无", "none"),
    "clash": Text("冲突", "conflict"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trial:
    """One case that was run: what the table gave, and what is wrong.

    *rules* are the ids that counted, *outcome* is empty or a key of OUTCOMES.
    """

    case: Case
    table: str
    got: Mapping[str, Any]
    types: Mapping[str, Type]
    rules: tuple[str, ...]
    outcome: str
    problems: tuple[Problem, ...]

    @property
    def passed(self) -> bool:
        """Return whether the table gave what the case expects."""
        return not self.problems

    def rule(self, lang: Lang) -> str:
        """Return the ids of the rules that counted, or why none did."""
        if self.outcome:
            return _SHOWN[self.outcome].of(lang)
        return ", ".join(DEFAULT if r == DEFAULT and lang == "zh" else r for r in self.rules)

    def shown(self, lang: Lang) -> str:
        """Return what the table gave, with the rule, in one line."""
        values = "; ".join(fmt(v, self.types[k], lang) for k, v in self.got.items())
        return f"{values} ({self.rule(lang)})" if values else self.rule(lang)


def run_cases(rulebook: RuleBook, known: Mapping[str, Column]) -> list[Trial]:
    """Return every test case of a rule workbook with what its table gives, in their order.

    *known* types the names that are no inputs of a table.
    """
    columns = {**by_name(_outputs(rulebook)), **known, **by_name(rulebook.glossary)}
    found: dict[int, Trial] = {}
    for block in rulebook.cases:
        by_table: dict[str, list[Case]] = {}
        tables: dict[str, DecisionTable] = {}
        for case in block.cases:
            table = _table(rulebook, case.table)
            if table is None:
                found[id(case)] = _untried(case, _no_table(rulebook, case))
            else:
                tables[table.name] = table
                by_table.setdefault(table.name, []).append(case)
        for name, cases in by_table.items():
            trials = _run(tables[name], cases, list(block.columns), rulebook, columns)
            found |= {id(t.case): t for t in trials}
    return [found[id(case)] for block in rulebook.cases for case in block.cases]


def _outputs(rulebook: RuleBook) -> Iterable[Column]:
    for table in rulebook.tables:
        for output in table.outputs:
            type_: Type = "any" if table.policy.gives == "list" else output.type
            yield Column(output.label, *both(output.label), type_, synonyms=aliases(output.label))


def _table(rulebook: RuleBook, name: str) -> DecisionTable | None:
    if not name and len(rulebook.tables) == 1:
        return rulebook.tables[0]
    wanted = set(aliases(name)) - {""}
    return next((t for t in rulebook.tables if wanted & set(aliases(t.name))), None)


def _no_table(rulebook: RuleBook, case: Case) -> Problem:
    known = ", ".join(t.name for t in rulebook.tables) or "-"
    return NO_SUCH_TABLE.at(case.where, found=case.table, table=case.table, tables=known)


def _untried(case: Case, *problems: Problem) -> Trial:
    return Trial(case, case.table, {}, {}, (), "", problems)


def _run(
    table: DecisionTable,
    cases: Sequence[Case],
    headers: Sequence[str],
    rulebook: RuleBook,
    known: Mapping[str, Column],
) -> list[Trial]:
    """Return what one table gives for the cases about it."""
    used = _names(table)
    read = [_Read(table, used, case, headers, rulebook, known) for case in cases]
    try:
        decided, unread = decide_objects(
            table, [r.inputs for r in read], rulebook, known, table.where.book
        )
    except UsageError as error:
        return [_untried(case, *error.problems) for case in cases]
    frame = decided.decision().frame
    trials = []
    for n, (case, its) in enumerate(zip(cases, read, strict=True)):
        row = frame.row(n, named=True)
        outcome, rules = _outcome(decided, n, row)
        got = {o.label: row[o.label] for o in table.outputs}
        types: dict[str, Type] = {o.label: o.type for o in table.outputs}
        bare = Trial(case, table.name, got, types, rules, outcome, ())
        wrong = [*its.problems, *unread.get(n, []), *_differences(bare, table, its)]
        trials.append(Trial(case, table.name, got, types, rules, outcome, tuple(wrong)))
    return trials


class _Read:
    """The cells of a case as values of the columns of its table, and what is wrong with them."""

    def __init__(
        self,
        table: DecisionTable,
        used: Collection[str],
        case: Case,
        headers: Sequence[str],
        rulebook: RuleBook,
        known: Mapping[str, Column],
    ) -> None:
        self.table, self.case, self.known = table, case, known
        self.problems: list[Problem] = []
        self.inputs: dict[str, Any] = {}
        for spec in table.inputs:
            parameter = next(
                (p for a in aliases(spec.label) if (p := rulebook.parameters.get(a))), None
            )
            if parameter and not any(self._same(h, spec.label) for h in headers):
                self.inputs[spec.label] = parameter.value
            elif (column := self._column(spec.label)) and column.blank is not None:
                self.inputs[spec.label] = column.blank
        for given in case.inputs:
            spec_ = next((i for i in table.inputs if self._same(given.label, i.label)), None)
            if spec_ is None and not any(self._same(given.label, name) for name in used):
                labels = [i.label for i in table.inputs]
                self._bad(given, "unused column", suggest=closest(given.label, labels))
            else:
                name = spec_.label if spec_ else given.label
                value = self._constant(given, spec_)
                self.inputs[name] = self.inputs.get(name) if value is None else value
        self.expected: list[tuple[Given, Output, Any]] = []
        for given in case.expected:
            output = next((o for o in table.outputs if self._same(given.label, o.label)), None)
            if output is None:
                labels = [o.label for o in table.outputs]
                self._bad(given, "no such result", suggest=closest(given.label, labels))
            else:
                self.expected.append((given, output, self._expected(given, output)))
        if not case.expected and case.rule is None:
            self._bad(Given("", "", case.where), "expects nothing")

    def _column(self, label: str) -> Column | None:
        return next((self.known[a] for a in aliases(label) if a in self.known), None)

    def _same(self, label: str, other: str) -> bool:
        """Return whether two labels name the same column."""
        one, two = aliases(label), aliases(other)
        if set(one) & set(two):
            return True
        columns = {id(self.known[a]) for a in one if a in self.known}
        return any(id(self.known[a]) in columns for a in two if a in self.known)

    def _bad(self, given: Given, reason: str, **params: Any) -> None:
        self.problems.append(
            CASE_NOT_RUN.at(
                given.where,
                found=given.value,
                column=given.label,
                table=self.table.name,
                name=self.case.name,
                **_REASONS[reason],
                **{"suggest": "", **params},
            )
        )

    def _constant(self, given: Given, spec: Input | Output | None) -> Any:
        type_: Type = spec.type if spec else "any"
        if type_ == "any":
            column = self._column(given.label)
            type_ = column.type if column else "any"
        return self._value(given, given.value, type_, spec.scale if spec else 0)

    def _value(self, given: Given, value: Any, type_: Type, scale: int) -> Any:
        """Return a cell as the constant it says."""
        if isinstance(value, str):
            found = parse_output(value, type_, scale)
            if type_ == "any" and not isinstance(found, Lit):
                return value.strip()
            if not isinstance(found, Lit) and not isinstance(found, Refusal):
                self._bad(given, "no constant")
                return None
        else:
            found = native(value, type_, scale)
        if isinstance(found, Refusal):
            name = self.table.name
            self.problems.append(
                found.at(given.where, found=given.value, table=name, word="", severity="error")
            )
            return None
        return plain(found.value)

    def _expected(self, given: Given, output: Output) -> Any:
        policy = self.table.policy
        if policy.aggregate == "COUNT":
            return self._value(given, given.value, "number", 0)
        if policy.gives != "list" or not isinstance(given.value, str):
            found = self._constant(given, output)
            return [found] if policy.gives == "list" and found is not None else found
        parts = [p for p in _SEPARATORS.split(given.value.strip()) if p]
        return [self._value(given, p, output.type, output.scale) for p in parts]


def _names(table: DecisionTable) -> set[str]:
    """Return the names that the cells of a table use."""
    rules = (*table.rules, *([table.default] if table.default else []))
    entries = (entry for rule in rules for entry in (*rule.inputs, *rule.outputs))
    return {fold(n.name) for e in entries if e.meaning is not None for n in names(e.meaning)}


def _outcome(decided: Decided, n: int, row: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return why no rule counted, or the ids of those that did."""
    outcome = decided.outcomes[decided.at[n]][0]
    if outcome.violation:
        return "clash", ()
    if outcome.undecided:
        return "missing", ()
    if not outcome.rules:
        return ("missing" if row[MISSING] else "none"), ()
    return "", tuple(decided.rule_id(r) for r in outcome.rules)


def _differences(trial: Trial, table: DecisionTable, read: _Read) -> Iterable[Problem]:
    """Yield a problem for each expectation that the table does not meet."""
    ordered = table.policy.gives != "list" or bool(table.policy.order)
    for given, output, expected in read.expected:
        got = trial.got[output.label]
        if not _equal(expected, got, ordered=ordered):
            type_ = "number" if table.policy.aggregate == "COUNT" else output.type
            yield _failed(trial, given, output.label, expected, got, type_)
    if read.case.rule and not _same_rules(read.case.rule.value, trial, ordered=ordered):
        yield OTHER_RULE.at(read.case.rule.where, found=read.case.rule.value, table=table.name,
            name=read.case.name, expected=read.case.rule.value,
            got=Text(trial.rule("zh"), trial.rule("en")),
        )  # fmt: skip


def _failed(
    trial: Trial, given: Given, column: str, expected: Any, got: Any, type_: Type
) -> Problem:
    said: dict[str, Any] = {
        key: Text(*(_quoted(fmt(value, type_, lang), value) for lang in ("zh", "en")))
        for key, value in (("expected", expected), ("got", got))
    }
    rule = Text(trial.rule("zh"), trial.rule("en"))
    return OTHER_RESULT.at(given.where, found=given.value, table=trial.table, name=trial.case.name,
        column=both(column), rule=rule, **said,
    )  # fmt: skip


def _quoted(text: str, value: Any) -> str:
    return f"'{text}'" if isinstance(value, str) else text


def _equal(expected: Any, got: Any, *, ordered: bool) -> bool:
    """Return whether two values are the same as Excel shows them."""
    if isinstance(expected, list) or isinstance(got, list):
        one, other = list(expected or []), list(got or [])
        if not ordered:
            one, other = sorted(one, key=str), sorted(other, key=str)
        return len(one) == len(other) and all(map(_same, one, other))
    return _same(expected, got)


def _same(expected: Any, got: Any) -> bool:
    if isinstance(expected, str) and isinstance(got, str):
        return fold(expected) == fold(got)
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if isinstance(expected, int | float) and isinstance(got, int | float):
        return math.isclose(expected, got, rel_tol=1e-9, abs_tol=1e-15)
    return bool(expected == got)


def _same_rules(expected: str, trial: Trial, *, ordered: bool) -> bool:
    for outcome, words in OUTCOMES.items():
        if fold(expected) in words:
            return trial.outcome == outcome
    if fold(expected) == fold(", ".join(trial.rules)):  # ids of crosstabs may hold commas
        return True
    ids = [DEFAULT if is_word(p, "default") else p for p in _SEPARATORS.split(expected.strip())]
    wanted, found = [fold(i) for i in ids if i], [fold(r) for r in trial.rules]
    return wanted == found if ordered else sorted(wanted) == sorted(found)


def covered(trials: Iterable[Trial]) -> dict[str, dict[str, int]]:
    """Return by table how many cases each rule decided."""
    found: dict[str, dict[str, int]] = {}
    for trial in trials:
        counts = found.setdefault(trial.table, {})
        for rule in trial.rules:
            counts[rule] = counts.get(rule, 0) + 1
    return found
