"""CPU of checking large tables for gaps, overlaps and hidden rows, and whether it was complete.

Run: python benchmarks/check.py
"""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import Any

from kamrules.check.regions import regions_of
from kamrules.check.tables import check_table
from kamrules.rules.grid import Grid
from kamrules.rules.link import LinkedTable, by_name, link
from kamrules.rules.load import load
from kamrules.sheets.column import Column

WORDS = "ABCDEFG"
# Rules, columns, share of cells that hold a condition, distinct cuts of a number column.
SIZES = (
    (1000, 4, 0.6, 20), (1000, 4, 1.0, 20), (1000, 4, 1.0, 1000), (100, 5, 0.6, 20),
    (100, 5, 1.0, 20), (100, 5, 0.6, 1000), (100, 5, 0.9, 1000), (1000, 8, 0.5, 1000),
)  # fmt: skip


def table(rules: int, columns: int, filled: float, cuts: int, policy: str) -> LinkedTable:
    """Return a random table: number ranges and lists of words in turn."""
    random.seed(1)
    names = [f"c{n}" for n in range(columns)]
    kinds = ["number" if n % 2 == 0 else "enum" for n in range(columns)]

    def cell(kind: str) -> str:
        if random.random() >= filled:
            return "-"
        if kind == "number":
            low = random.randint(0, cuts)
            return f"[{low}..{low + random.randint(1, max(6, cuts // 3))})"
        return ", ".join(random.sample(WORDS, random.randint(1, 3)))

    rows: list[list[Any]] = [
        ["Decision", "t"],
        ["Hit policy", policy],
        ["Rule", *["IN"] * columns, "OUT"],
        ["Column", *names, "out"],
        ["Type", *kinds, "number"],
        ["Values", *(None if k == "number" else ",".join(WORDS) for k in kinds), None],
    ]
    rows += [[f"R{n + 1}", *map(cell, kinds), n] for n in range(rules)]
    known = by_name([Column(n, n, n, "any") for n in names])
    book, problems = load([Grid("b.xlsx", "t", rows, {})], "b.xlsx", known)
    assert problems == []
    linked, problems = link(book.tables, {"customers": known}, {})
    assert problems == []
    return linked[0]


def main() -> None:
    """Print a line for each size and hit policy."""
    for size in SIZES:
        for policy in ("F", "U"):
            linked = table(*size, policy)
            started = time.process_time()
            found = check_table(regions_of(linked, {}, {}), None)
            seconds = time.process_time() - started
            kinds = Counter(f.kind for f in found)
            partial = [f.problem.what.en.partition(": ")[2] for f in found if f.kind == "partial"]
            rules, columns, filled, cuts = size
            print(
                f"{rules:5} x {columns} {policy} {filled:4.0%} filled {cuts:5} cuts"
                f" {seconds:6.2f} s CPU  gaps {kinds['gap']:2} overlaps {kinds['overlap']:4}"
                f" hidden {kinds['masked'] + kinds['unreachable']:4}"
                f"  {'partial: ' + '; '.join(partial) if partial else 'complete'}"
            )


if __name__ == "__main__":
    main()
