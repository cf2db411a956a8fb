"""One decision table, from its cells to a value; every fault at its cell."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from kamrules.messages.message import Message, Reason, Refusal, reason
from kamrules.messages.problem import Cell, Problem
from kamrules.rules.cell.messages import UNCLEAR_CELL, WRONG_TYPE
from kamrules.rules.cell.sfeel import (
    AnyOf,
    AnyValue,
    Compare,
    Expr,
    Interval,
    Lit,
    Test,
    fold,
    operands,
    parse_output,
    parse_test,
)
from kamrules.rules.decision_table import DecisionTable, Entry, Input, Output, Rule
from kamrules.rules.grid import Grid, shown
from kamrules.rules.messages import (
    INCOMPLETE_TABLE,
    NO_VALUE_IN_RULE,
    NOT_IN_VALUES,
    RULE_ID_TWICE,
    UNKNOWN_POLICY,
    UNKNOWN_TYPE,
)
from kamrules.rules.words import PROPERTIES, is_word, policy_of, type_of
from kamrules.sheets.column import Column
from kamrules.words.names import aliases, both, closest
from kamrules.words.types import NUMERIC, TEXTUAL, TYPES, Type

_REASONS: Mapping[str, Reason] = {
    "no name": reason(
        why=("表名是空的", "it has no name"),
        fix=("在 决策表 右边写表名", "write a name right of Decision"),
    ),
    "no rule row": reason(
        why=("缺少 “规则” 行", "the Rule row is missing"),
        fix=("在表名下面加一行: 规则 Rule | 条件 IN | 结果 OUT",
             "add a row below the name: Rule | IN | OUT"),
    ),
    "no output": reason(
        why=("没有标为 “结果 OUT” 的列", "no column is marked OUT"),
        fix=("在 “规则” 行给结果列写上 结果 OUT",
             "write OUT above the result column in the Rule row"),
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
        why=("交叉表要有 行, 列, 结果 三行, 下面是条件和结果",
             "a crosstab needs the rows Rows, Columns and OUT, then conditions and results"),
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
        self.policy = "U"

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
            self._say(UNKNOWN_POLICY, where, found=text)

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
            return found
        named = next((self.words[a] for a in aliases(text) if a in self.words), None)
        if named:
            return named.type, 0
        values_row = self._labelled(column_row, first, "values")
        if values_row is not None and self.grid.text(values_row, c):
            return "enum", 0
        self._say(UNKNOWN_TYPE, self.grid.cell(row, c), found=text, column=label)
        return "any", 0

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
        return _INFERRED[kinds.pop()]

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
            id_ = "默认" if is_default else self.grid.text(row, self.col) or f"R{row - first + 1}"
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
        allowed = [_constant_text(t) for t in output.values]
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


class CrosstabReader(TableReader):
    """Reads a crosstab: row conditions x column conditions -> one output."""

    def read(self) -> DecisionTable | None:
        """Return the crosstab as a decision table with a rule for each of its cells."""
        grid, col = self.grid, self.col
        row = self._properties(self.row + 1)
        axes: dict[str, tuple[str, Type, int, Cell]] = {}
        for key in ("rows", "columns", "out"):
            if row < self.end and self.name and is_word(grid.at(row, col), key):
                label = grid.text(row, col + 1)
                typed = type_of(grid.text(row, col + 2)) if grid.text(row, col + 2) else None
                known = next((self.words[a] for a in aliases(label) if a in self.words), None)
                type_, scale = typed or ((known.type, 0) if known else ("any", 0))
                axes[key] = (label, type_, scale, grid.cell(row, col + 1))
                row += 1
        if len(axes) < 3 or row + 1 >= self.end:
            self._incomplete(self.row, "crosstab")
            return None
        self._missing_entries(row, range(col, self.last + 1), ())
        (rows, rt, rs, rw), (cols, ct, cs, cw), (out, ot, os, ow) = (
            axes[k] for k in ("rows", "columns", "out")
        )
        across = [c for c in range(col + 1, self.last + 1) if grid.at(row, c) is not None]
        rt = self._axis_type(rt, [(r, col) for r in range(row + 1, self.end)])
        ct = self._axis_type(ct, [(row, c) for c in across])
        ot = self._axis_type(ot, [(r, c) for r in range(row + 1, self.end) for c in across])
        heads = [self._entry(row, c, ct, cs, self._test) for c in across]
        rules: list[Rule] = []
        for r in range(row + 1, self.end):
            left = self._entry(r, col, rt, rs, self._test)
            for c, head in zip(across, heads, strict=True):
                result = self._entry(r, c, ot, os, self._expr)
                id_ = f"{left.text}/{head.text}"
                if any(rule.id == id_ for rule in rules):
                    self._say(RULE_ID_TWICE, result.where, found=id_, first=left.where.local)
                rules.append(Rule(id_, (left, head), (result,), {}, result.where))
        if self.problems:
            return None
        inputs = [(Input(rows, rt, rw, scale=rs), rs), (Input(cols, ct, cw, scale=cs), cs)]
        return self._table(inputs, [(Output(out, ot, ow, scale=os), os)], rules, None)

    def _axis_type(self, type_: Type, cells: Sequence[tuple[int, int]]) -> Type:
        if type_ != "any":
            return type_
        texts = Grid(self.grid.book, self.grid.sheet, [[self.grid.at(r, c)] for r, c in cells], {})
        probe = TableReader(texts, 0, 0, 0, {}, "")
        probe.end = len(cells)
        return probe._inferred(0, 0)


def native(value: Any, type_: Type, scale: int) -> Lit | Refusal:
    """Return a native cell as a constant of a column's type, or why it is none."""
    lit = literal(value)
    if type_ in TEXTUAL:
        return Lit(shown(value))
    if type_ == "date" and isinstance(lit.value, dt.datetime) and lit.value.time() == dt.time(0):
        return Lit(lit.value.date())
    if type_ == "date" and type(lit.value) is dt.date:
        return lit
    if type_ in NUMERIC and isinstance(lit.value, Decimal):
        return Lit(lit.value.scaleb(scale))
    fits = {"bool": bool, "datetime": dt.date, "time": dt.time, "duration": dt.timedelta}
    if type_ == "any" or (type_ in fits and isinstance(lit.value, fits[type_])):
        return lit
    return WRONG_TYPE.refusal(found=shown(value), literal=shown(value), type=TYPES[type_])


def literal(value: Any) -> Lit:
    """Return a native cell value as a constant."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return Lit(Decimal(f"{value:.15g}"), raw=shown(value))
    return Lit(value)


def admits(test: Test, value: Any) -> bool:
    """Return whether a Values entry made of constants admits a constant."""
    if isinstance(test, Compare) and isinstance(test.value, Lit):
        return _holds(test.op, value, test.value.value)
    if isinstance(test, Interval) and isinstance(test.low, Lit) and isinstance(test.high, Lit):
        above = _holds(">=" if test.low_closed else ">", value, test.low.value)
        return above and _holds("<=" if test.high_closed else "<", value, test.high.value)
    return True


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip


def _holds(op: str, value: Any, other: Any) -> bool:
    if isinstance(value, str) and isinstance(other, str):
        value, other = fold(value), fold(other)
    try:
        return bool(_COMPARE[op](value, other))
    except TypeError:
        return False


def _constant_text(test: Test) -> str:
    if isinstance(test, Compare) and isinstance(test.value, Lit):
        return ("" if test.op == "=" else test.op) + str(test.value.value)
    return "..."


_INFERRED: Mapping[type, Type] = {
    Decimal: "number", bool: "bool", str: "text", dt.date: "date", dt.datetime: "datetime",
    dt.time: "time", dt.timedelta: "duration",
}  # fmt: skip
