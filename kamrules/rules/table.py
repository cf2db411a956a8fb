"""One decision table, from its cells to a value; every fault at its cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kamrules.messages.message import Message, Reason, Refusal, message, reason
from kamrules.messages.phrases import IN_RULE, TABLE, TABLE_STOPS
from kamrules.messages.problem import Cell, Problem
from kamrules.rules.cell.ast import AnyOf, AnyValue, Compare, Expr, Lit, Test, operands
from kamrules.rules.cell.parse import UNCLEAR_CELL, parse_output, parse_test
from kamrules.rules.constants import INFERRED, admits, literal, native, said
from kamrules.rules.decision_table import DecisionTable, Entry, Input, Output, Rule
from kamrules.rules.grid import Grid, shown
from kamrules.rules.hit_policy import HITS
from kamrules.rules.vocabulary import UNKNOWN_TYPE
from kamrules.rules.words import DEFAULT, PROPERTIES, is_word, policy_of, type_of, unit_refused
from kamrules.sheets.column import Column
from kamrules.words.fold import fold
from kamrules.words.names import aliases, both, closest
from kamrules.words.text import Text
from kamrules.words.types import Type
from kamrules.words.units import power_of

# fmt: off
UNKNOWN_POLICY = message("E306", kind="syntax", stops=True,
    what=("不认识的命中策略 “{found}”", "the hit policy '{found}' is not known"),
    why=("可用的有 {known}", "there are {known}"),
    fix=("例如写 U 唯一 或 F 首个", "write e.g. U Unique or F First"), effect=TABLE_STOPS,
    example={"found": "X", "table": TABLE, "known": "U A P F R O C C+ C< C> C#"}, place=IN_RULE)
INCOMPLETE_TABLE = message("E307", kind="syntax", stops=True,
    what=("决策表 “{table}” 不完整", "the decision table '{table}' is incomplete"),
    effect=TABLE_STOPS,
    example={"table": TABLE, "why": Text("没有标为 “结果 OUT” 的列", "no column is marked OUT"),
             "fix": Text("在 “规则” 行给结果列写上 结果 OUT",
                         "write OUT above the result column in the Rule row")}, place=IN_RULE)
RULE_ID_TWICE = message("E309", kind="duplicate", stops=True,
    what=("规则编号 “{found}” 用了两次", "the rule id '{found}' is used twice"),
    why=("第一次在 {first}", "the first is at {first}"),
    fix=("给其中一条换一个编号", "give one of them another id"), effect=TABLE_STOPS,
    example={"found": "R3", "first": "分级!A10", "table": TABLE}, place=IN_RULE)
NOT_IN_VALUES = message("E311", kind="value", stops=True,
    what=("“{found}” 不在取值行里", "'{found}' is not in the Values row"),
    why=("取值行写的是: {allowed}", "the Values row says: {allowed}"),
    fix=("改成其中之一{suggest}, 或把它加进取值行",
         "write one of them{suggest}, or add it to the Values row"),
    effect=TABLE_STOPS,
    example={"found": "战咯", "allowed": "战略, 重点, 普通",
             "suggest": Text(": 是不是 战略", ": did you mean 战略"),
             "table": TABLE}, place=IN_RULE)
NO_VALUE_IN_RULE = message("E318", kind="syntax", stops=True,
    what=("规则单元格里是错误值或没有缓存值的公式",
          "the rule cell holds an error or a formula without a value"),
    why=("找到 {found}", "found {found}"),
    fix=("直接写出值, 或在 Excel 中打开并保存一次",
         "write the value itself, or open and save the workbook in Excel once"),
    effect=TABLE_STOPS, example={"found": "#N/A", "table": TABLE}, place=IN_RULE)
# fmt: on
_REASONS: Mapping[str, Reason] = {
    "no name": reason(
        why=("表名是空的", "it has no name"),
        fix=("在 决策表 右边写表名", "write a name right of Decision"),
    ),
    "no rule row": reason(
        why=("缺少 “规则” 行", "the Rule row is missing"),
        fix=(
            "在表名下面加一行: 规则 Rule | 条件 IN | 结果 OUT",
            "add a row below the name: Rule | IN | OUT",
        ),
    ),
    "no output": reason(
        why=("没有标为 “结果 OUT” 的列", "no column is marked OUT"),
        fix=(
            "在 “规则” 行给结果列写上 结果 OUT",
            "write OUT above the result column in the Rule row",
        ),
    ),
    "no column row": reason(
        why=("“规则” 行下面应是 “列” 行", "the Column row must follow the Rule row"),
        fix=("加一行: 列 Column | 各列的名称", "add a row: Column | the name of each column"),
    ),
    "no label": reason(
        why=("这一列没有名称", "this column has no name"),
        fix=("写上列名", "write the column's name"),
    ),
    "no rules": reason(
        why=("没有规则行", "it has no rule rows"),
        fix=("在列名下面写规则", "write rules below the column names"),
    ),
    "crosstab": reason(
        why=(
            "交叉表要有 行, 列, 结果 三行, 下面是条件和结果",
            "a crosstab needs the rows Rows, Columns and OUT, then conditions and results",
        ),
        fix=("照 docs/rules.zh.md 的例子写", "write it like the example in docs/rules.md"),
    ),
}  # fmt: skip


class TableReader:
    """Reads one decision table that starts at an anchor cell."""

    def __init__(
        self, grid: Grid, row: int, col: int, last: int, words: Mapping[str, Column], source: str
    ) -> None:
        self.grid, self.row, self.col, self.words, self.source = grid, row, col, words, source
        self.last = last
        self.end = row
        while self.end < len(grid.rows) and not grid.blank(self.end, col, last):
            self.end += 1
        self.name = next((t for c in range(col + 1, last + 1) if (t := grid.text(row, c))), "")
        self.problems: list[Problem] = []
        self.properties: dict[str, str] = {}
        self.policy = HITS["U"]

    def read(self) -> DecisionTable | None:
        """Return the table, None where it cannot be used; ``problems`` says why."""
        if not self.name:
            self._incomplete(self.row, "no name")
            return None
        rows = self._properties(self.row + 1)
        marks = self._layout(rows)
        if marks is None:
            return None
        ins, outs, notes, column_row, first = marks
        self._missing_entries(first, ins, outs)
        inputs = [self._input(c, column_row, first) for c in ins]
        outputs = [self._output(c, column_row, first) for c in outs]
        if self.problems:
            return None
        rules, default = self._rules(first, ins, outs, notes, column_row, inputs, outputs)
        return self._table(inputs, outputs, rules, default)

    def _table(
        self,
        inputs: Sequence[tuple[Input, int]],
        outputs: Sequence[tuple[Output, int]],
        rules: Sequence[Rule],
        default: Rule | None,
    ) -> DecisionTable:
        return DecisionTable(
            self.name,
            both(self.name),
            self.policy,
            tuple(i for i, _ in inputs),
            tuple(o for o, _ in outputs),
            tuple(rules),
            default,
            self.properties,
            self.grid.cell(self.row, self.col),
            self.properties.get("for each", ""),
            self.source,
        )

    def _say(self, fault: Message, where: Cell, **params: Any) -> None:
        self.problems.append(fault.at(where, table=self.name or "?", **params))

    def _incomplete(self, row: int, reason: str, col: int | None = None) -> None:
        where = self.grid.cell(row, self.col if col is None else col)
        self._say(INCOMPLETE_TABLE, where, **_REASONS[reason])

    def _properties(self, row: int) -> int:
        """Read the property rows; return the row of the markers."""
        while row < self.end and not is_word(self.grid.at(row, self.col), "rule", "rows"):
            for col in range(self.col, self.last):
                cell = self.grid.at(row, col)
                for key in PROPERTIES:
                    if is_word(cell, key):
                        self.properties[key] = self.grid.text(row, col + 1)
                        if key == "policy":
                            self._read_policy(self.properties[key], self.grid.cell(row, col + 1))
            row += 1
        return row

    def _read_policy(self, text: str, where: Cell) -> None:
        if policy := policy_of(text):
            self.policy = policy
        else:
            self._say(UNKNOWN_POLICY, where, found=text, known=" ".join(HITS))

    def _layout(self, row: int) -> tuple[list[int], list[int], list[int], int, int] | None:
        """Return input, output and note columns, the Column row and the first rule row."""
        grid, columns = self.grid, range(self.col + 1, self.last + 1)
        if row >= self.end:
            self._incomplete(self.row, "no rule row")
            return None
        ins = [c for c in columns if is_word(grid.at(row, c), "in")]
        outs = [c for c in columns if is_word(grid.at(row, c), "out")]
        notes = [c for c in columns if is_word(grid.at(row, c), "note")]
        if not outs:
            self._incomplete(row, "no output")
        column_row = row + 1
        if not is_word(grid.at(column_row, self.col), "column"):
            self._incomplete(column_row, "no column row")
        for c in ins + outs:
            if not grid.text(column_row, c):
                self._incomplete(column_row, "no label", c)
        if self.problems:
            return None
        first = column_row + 1
        while first < self.end and is_word(grid.at(first, self.col), "type", "values"):
            first += 1
        return ins, outs, notes, column_row, first

    def _missing_entries(self, first: int, ins: Sequence[int], outs: Sequence[int]) -> None:
        """Report rule cells that hold an error or a formula without a value."""
        for (r, c), text in sorted(self.grid.bad.items()):
            if first <= r < self.end and (c in ins or c in outs):
                self._say(NO_VALUE_IN_RULE, self.grid.cell(r, c), found=text)

    def _labelled(self, column_row: int, first: int, key: str) -> int | None:
        rows = range(column_row + 1, first)
        return next((r for r in rows if is_word(self.grid.at(r, self.col), key)), None)

    def _column_type(self, c: int, column_row: int, first: int) -> tuple[Type, int]:
        """Return the type of a column: its Type row, the vocabulary, or what its cells are."""
        label = self.grid.text(column_row, c)
        known = next((self.words[a] for a in aliases(label) if a in self.words), None)
        row = self._labelled(column_row, first, "type")
        text = self.grid.text(row, c) if row is not None else ""
        if row is None or not text:
            return (
                (known.type, 0) if known and known.type != "any" else (self._inferred(c, first), 0)
            )
        if found := type_of(text):
            return found[0], self._power(*found, known, label, self.grid.cell(row, c))
        named = next((self.words[a] for a in aliases(text) if a in self.words), None)
        if named:
            return named.type, 0
        values_row = self._labelled(column_row, first, "values")
        if values_row is not None and self.grid.text(values_row, c):
            return "enum", 0
        self._say(UNKNOWN_TYPE, self.grid.cell(row, c), found=text, column=label)
        return "any", 0

    def _power(self, type_: Type, unit: str, known: Column | None, label: str, where: Cell) -> int:
        """Return the power of ten of a Type row's unit beside that in which values are stored."""
        stored = known.unit if known else ""
        power = power_of(unit, type_, stored)
        if power is None:
            self.problems.append(unit_refused(unit, where, label, type_, stored))
        return power or 0

    def _inferred(self, c: int, first: int) -> Type:
        """Return the type that all constants of a column share; text where they share none."""
        kinds: set[type] = set()
        for row in range(first, self.end):
            value = self.grid.at(row, c)
            if value is None or fold(shown(value)) in ("-", "空", "null"):
                continue
            parsed = parse_test(value) if isinstance(value, str) else Compare("=", literal(value))
            if isinstance(parsed, Refusal):
                return "text" if parsed.code == UNCLEAR_CELL.code else "number"
            constants = [e for e in operands(parsed) if isinstance(e, Lit)]
            kinds |= {type(e.value) for e in constants if e.value is not None}
            if not constants and not isinstance(parsed, AnyValue):
                kinds.add(str)
        if len(kinds) != 1:
            return "text" if kinds else "any"
        return INFERRED[kinds.pop()]

    def _values(
        self, c: int, column_row: int, first: int, type_: Type, scale: int
    ) -> tuple[Test, ...]:
        row = self._labelled(column_row, first, "values")
        value = self.grid.at(row, c) if row is not None else None
        if row is None or value is None:
            return ()
        parsed = self._test(value, type_, scale, self.grid.cell(row, c))
        if parsed is None or isinstance(parsed, AnyValue):
            return ()
        return parsed.tests if isinstance(parsed, AnyOf) else (parsed,)

    def _input(self, c: int, column_row: int, first: int) -> tuple[Input, int]:
        type_, scale = self._column_type(c, column_row, first)
        label, where = self.grid.text(column_row, c), self.grid.cell(column_row, c)
        values = self._values(c, column_row, first, type_, scale)
        return Input(label, type_, where, values, scale), scale

    def _output(self, c: int, column_row: int, first: int) -> tuple[Output, int]:
        type_, scale = self._column_type(c, column_row, first)
        label, where = self.grid.text(column_row, c), self.grid.cell(column_row, c)
        values = self._values(c, column_row, first, type_, scale)
        return Output(label, type_, where, values, scale), scale

    def _rules(
        self,
        first: int,
        ins: Sequence[int],
        outs: Sequence[int],
        notes: Sequence[int],
        column_row: int,
        inputs: Sequence[tuple[Input, int]],
        outputs: Sequence[tuple[Output, int]],
    ) -> tuple[list[Rule], Rule | None]:
        rules: list[Rule] = []
        default: Rule | None = None
        seen: dict[str, Cell] = {}
        for row in range(first, self.end):
            if all(self.grid.at(row, c) is None for c in (self.col, *ins, *outs)):
                continue
            is_default = is_word(self.grid.at(row, self.col), "default")
            where = self.grid.cell(row, self.col)
            id_ = DEFAULT if is_default else self.grid.text(row, self.col) or f"R{row - first + 1}"
            if id_ in seen:
                self._say(RULE_ID_TWICE, where, found=id_, first=seen[id_].local)
            seen[id_] = where
            conditions = () if is_default else zip(ins, inputs, strict=True)
            tests = tuple(self._entry(row, c, i.type, s, self._test) for c, (i, s) in conditions)
            results = tuple(
                self._result(row, c, o, scale) for c, (o, scale) in zip(outs, outputs, strict=True)
            )
            noted = {self.grid.text(column_row, c): self.grid.text(row, c) for c in notes}
            rule = Rule(id_, tests, results, {k: v for k, v in noted.items() if v}, where)
            if is_default:
                default = rule
            else:
                rules.append(rule)
        if not rules and default is None:
            self._incomplete(self.row, "no rules")
        return rules, default

    def _entry(self, row: int, c: int, type_: Type, scale: int, parse: Any) -> Entry:
        value, where = self.grid.at(row, c), self.grid.cell(row, c)
        return Entry(self.grid.text(row, c) or "-", parse(value, type_, scale, where), where)

    def _result(self, row: int, c: int, output: Output, scale: int) -> Entry:
        entry = self._entry(row, c, output.type, scale, self._expr)
        if isinstance(entry.meaning, Lit) and entry.meaning.value is not None and output.values:
            self._allowed(entry, output)
        return entry

    def _allowed(self, entry: Entry, output: Output) -> None:
        if any(admits(test, entry.meaning.value) for test in output.values):
            return
        allowed = [said(t) for t in output.values]
        suggest = closest(entry.text, allowed)
        self._say(
            NOT_IN_VALUES,
            entry.where,
            found=entry.text,
            allowed=", ".join(allowed),
            suggest=suggest,
        )

    def _test(self, value: Any, type_: Type, scale: int, where: Cell) -> Test | None:
        if value is None:
            return AnyValue()
        if isinstance(value, str):
            test = parse_test(value, type_, scale)
            if isinstance(test, Refusal):
                self._refuse(test, where, value)
                return None
            return test
        constant = self._native(value, type_, scale, where)
        return None if constant is None else Compare("=", constant)

    def _expr(self, value: Any, type_: Type, scale: int, where: Cell) -> Expr | None:
        if value is None:
            return Lit(None)
        if isinstance(value, str):
            found = parse_output(value, type_, scale)
            if isinstance(found, Refusal):
                self._refuse(found, where, value)
                return None
            return found
        return self._native(value, type_, scale, where)

    def _native(self, value: Any, type_: Type, scale: int, where: Cell) -> Lit | None:
        """Return a native cell as a constant of the column's type."""
        found = native(value, type_, scale)
        if isinstance(found, Lit):
            return found
        self._refuse(found, where, shown(value))
        return None

    def _refuse(self, refusal: Refusal, where: Cell, text: str) -> None:
        self.problems.append(refusal.at(where, found=text.strip(), table=self.name, word=""))
