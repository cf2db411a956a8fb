"""One crosstab, from its cells to a decision table."""

from __future__ import annotations

from collections.abc import Sequence

from kamrules.messages.problem import Cell
from kamrules.rules.decision_table import DecisionTable, Input, Output, Rule
from kamrules.rules.grid import Grid
from kamrules.rules.table import RULE_ID_TWICE, TableReader
from kamrules.rules.words import is_word, type_of
from kamrules.words.names import aliases
from kamrules.words.types import Type


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
                known = next((self.words[a] for a in aliases(label) if a in self.words), None)
                type_, unit = type_of(grid.text(row, col + 2)) or (
                    known.type if known else "any",
                    "",
                )
                scale = self._power(type_, unit, known, label, grid.cell(row, col + 2))
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
