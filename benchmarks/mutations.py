"""How many slips in a rule workbook its own 测试 sheet, or check, catches.

    python benchmarks/mutations.py [--list] [RULES...]

Every cell of every table that decides is changed in turn, in the ways people slip. Conditions and
results: another bound, another sign, a missing word, another result, a cell left blank. Above them:
another hit policy, a column named as its neighbour, misspelt or left blank, another type, a word of
the Values row of a result. Notes, sources and the like decide nothing. A slip is caught when a case
fails that passed, or check says an error or warning it did not say before.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path
from typing import Any

from kamrules.check import workbook
from kamrules.check.cases import run_cases
from kamrules.check.entries import check_entries, check_values
from kamrules.check.regions import regions_of
from kamrules.check.tables import check_table
from kamrules.hooks import plugins
from kamrules.rules.catalogue import merged_specs, packaged, vocabulary
from kamrules.rules.decision_table import DecisionTable
from kamrules.rules.grid import Grid, read_grids
from kamrules.rules.load import load
from kamrules.rules.words import is_tests, is_word
from kamrules.words.names import aliases

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SIGNS = {">=": ">", ">": ">=", "<=": "<", "<": "<=", "[": "(", "(": "[", "]": ")", ")": "]"}


def slips(text: str, others: list[str]) -> Iterator[str]:
    """Yield the ways in which a cell may be mistyped; *others* are the words of its column."""
    if found := _NUMBER.search(text):
        number = found[0]
        for changed in (str(int(float(number)) + 1), str(int(float(number)) * 10)):
            yield text[: found.start()] + changed + text[found.end() :]
    for sign in (">=", "<=", ">", "<", "[", "(", "]", ")"):
        if sign in text and not (sign in "([" and not _is_interval(text)):
            if sign in ")]" and not _is_interval(text):
                continue
            yield text.replace(sign, _SIGNS[sign], 1)
            break
    if "," in text:
        yield text.rpartition(",")[0]
    for other in others[:2]:
        if other != text:
            yield other
    yield "" if text not in ("", "-") else (others[0] if others else ">=1")


def _is_interval(text: str) -> bool:
    return ".." in text


class Bench:
    """One rule workbook: what it says as it is, and what is found when a cell is changed."""

    def __init__(self, path: Path, manager: Any) -> None:
        self.path, self.manager = path, manager
        self.grids = read_grids(path)
        self.known = vocabulary(merged_specs(manager))
        rulebook, problems = load(self.grids, path.name, self.known)
        assert not problems, [p.what.en for p in problems]
        self.rulebook = rulebook
        self.rules = workbook.joined(rulebook, manager)
        self.before: dict[str, set[Any]] = {t.name: self.found(t.name) for t in rulebook.tables}

    def found(self, name: str) -> set[Any]:
        """Return everything that is said about one table."""
        rulebook, problems = load(self.of_table(name), self.path.name, self.known)
        said: set[Any] = {(p.code, p.where.ref) for p in problems}
        if problems:
            return said
        rules = self.rules
        tables = [t for t in rulebook.tables if t.name == name]
        book = replace(
            rules.rulebook, tables=tuple(tables),
            cases=tuple(replace(b, cases=tuple(c for c in b.cases if same(c.table, name)))
                        for b in rules.rulebook.cases),
        )  # fmt: skip
        linked, wrong, _ = workbook._linked(
            workbook._about(tables, merged_specs(self.manager)), rules.columns,
            book.parameters, book, self.manager,
        )  # fmt: skip
        said |= {(p.code, p.where.ref) for p in wrong if p.severity != "notice"}
        for table in linked:
            regions = regions_of(table, rules.columns, rules.synonyms)
            for check in (
                check_entries(table.table),
                check_values(regions),
                check_table(regions, None),
            ):
                said |= {
                    (f.problem.code, f.problem.where.ref, f.problem.what.en)
                    for f in check
                    if f.problem.severity != "notice"
                }
        said |= {("test", t.case.where.ref) for t in run_cases(book, rules.columns) if not t.passed}
        return said

    def of_table(self, name: str) -> list[Grid]:
        """Return the sheets that a table needs: its own, the glossary and the parameters."""
        table = next(t for t in self.rulebook.tables if t.name == name)
        others = {t.where.sheet for t in self.rulebook.tables} - {table.where.sheet}
        return [g for g in self.grids if g.sheet not in others and not is_tests(g.sheet)]

    def mutations(self, table: DecisionTable) -> Iterator[tuple[str, str, str]]:
        """Yield address, old and new text of every slip in a table."""
        columns = [*zip(*(r.inputs for r in table.rules), strict=True)]
        rules = (*table.rules, *([table.default] if table.default else []))
        if table.policy != "C#":  # what it gives is a count, whatever its results are
            columns += [*zip(*(r.outputs for r in rules), strict=True)]
        for column in columns:
            words = list(dict.fromkeys(e.text for e in column if e.text != "-"))
            for entry in column:
                others = [w for w in words if w != entry.text]
                for new in dict.fromkeys(slips(entry.text, others)):
                    if new != entry.text:
                        yield entry.where.ref, entry.text, new
        yield from self._above(table)

    def _above(self, table: DecisionTable) -> Iterator[tuple[str, str, str]]:
        """Yield slips in the rows above the rules: hit policy, names, types, Values."""
        grid = next(g for g in self.grids if g.sheet == table.where.sheet)
        row, column = _place(table.where.ref)
        for line in range(row, row + 20):
            label = grid.text(line, column)
            if is_word(label, "policy"):
                old = grid.text(line, column + 1)
                for new in ("U 唯一 Unique", "F 首个 First", "C 汇集 Collect", ""):
                    if new[:1] != old[:1]:
                        yield grid.cell(line, column + 1).ref, old, new
            elif is_word(label, "column", "type"):
                yield from self._header(grid, line, column, is_word(label, "column"))
            elif is_word(label, "values"):
                # That of a condition decides nothing.
                yield from self._header(grid, line, column + len(table.inputs), named=False)
            elif is_word(label, "rule"):
                marks = line
            elif any(label == r.id for r in table.rules):
                break
        for at in range(column + 1, column + 1 + len(table.inputs)):
            yield grid.cell(marks, at).ref, grid.text(marks, at), ""

    @staticmethod
    def _header(grid: Grid, line: int, first: int, named: bool) -> Iterator[tuple[str, str, str]]:
        for at in range(first + 1, grid.width):
            old = grid.text(line, at)
            if not old:
                continue
            beside = grid.text(line, at - 1 if at > first + 1 else at + 1)
            if not named:
                # Without a type the column has that of its fact, and says the same.
                changed = (new for new in slips(old, [beside]) if new not in ("", old))
                yield from ((grid.cell(line, at).ref, old, new) for new in changed)
            elif not old.startswith(("理由", "依据", "备注")):
                # One of two languages says what the other says, so both are misspelt.
                misspelt = " ".join(word[1:] for word in old.split(" "))
                for new in (beside, misspelt, ""):
                    yield grid.cell(line, at).ref, old, new

    def caught(self, table: DecisionTable, ref: str, new: str) -> bool:
        """Return whether anything new is said when a cell is changed."""
        grid = next(g for g in self.grids if g.sheet == table.where.sheet)
        row, column = _place(ref)
        rows = grid.rows
        line = list(rows[row]) + [""] * (column + 1 - len(rows[row]))
        kept, line[column] = list(rows[row]), new or None
        changed = [*rows[:row], line, *rows[row + 1 :]]
        at = self.grids.index(grid)
        self.grids[at] = Grid(grid.book, grid.sheet, changed, grid.bad)
        try:
            return bool(self.found(table.name) - self.before[table.name])
        finally:
            self.grids[at] = grid
            assert list(rows[row]) == kept


def same(one: str, other: str) -> bool:
    """Return whether two names of a table are the same."""
    return not one or bool(set(aliases(one)) & set(aliases(other)))


def _place(ref: str) -> tuple[int, int]:
    """Return the row and the column of an address, from 0."""
    letters = ref.rstrip("0123456789")
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return int(ref[len(letters) :]) - 1, number - 1


def measure(path: Path, manager: Any, listed: bool) -> tuple[int, int]:
    """Return how many slips were tried in a workbook, and how many were caught."""
    bench = Bench(path, manager)
    tried = caught = 0
    for table in bench.rulebook.tables:
        mine = found = 0
        for ref, old, new in bench.mutations(table):
            mine += 1
            if bench.caught(table, ref, new):
                found += 1
            elif listed:
                print(f"  not caught: {table.where.sheet}!{ref}  {old!r} -> {new!r}")
        tried, caught = tried + mine, caught + found
        print(f"{path.name:20} {found:5} of {mine:5} {found / max(mine, 1):7.1%}  {table.name}")
    return tried, caught


def main() -> int:
    """Print the rate for each table and for all; exit 1 below nine in ten."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--list", action="store_true", help="name the slips that were not caught")
    parser.add_argument("rules", nargs="*", type=Path)
    arguments = parser.parse_args()
    manager, tried, caught = plugins.load(), 0, 0
    started = time.process_time()
    if arguments.rules:
        for path in arguments.rules:
            counts = measure(path, manager, arguments.list)
            tried, caught = tried + counts[0], caught + counts[1]
    else:
        for _, source in packaged(manager):
            with as_file(source) as path:
                counts = measure(path, manager, arguments.list)
            tried, caught = tried + counts[0], caught + counts[1]
    rate = caught / max(tried, 1)
    seconds = time.process_time() - started
    print(f"all: {caught} of {tried} slips caught, {rate:.1%}; {seconds:.1f} s CPU")
    return 0 if rate >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
