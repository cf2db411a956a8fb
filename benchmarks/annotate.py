"""Writing results beside 100,000 rows: CPU and memory, against openpyxl's load and save.

Run ``python benchmarks/annotate.py``; every figure comes from a process of its own.
"""

from __future__ import annotations

import datetime as dt
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS, BASE_ROWS, SMALL = 100_000, 20_000, 48
COLUMNS = 20
BOOK = "book.xlsx"


def write_book(path: Path, rows: int) -> None:
    """Write a workbook of 20 mixed columns."""
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("客户")
    sheet.append(["客户编号", *(f"列{i}" for i in range(2, COLUMNS + 1))])
    for row in range(rows):
        kinds = (f"客户 {row % 997}", row * 1.37, row, dt.date(2024, 1, 1), row % 2 == 0)
        sheet.append([f"K{row}", *(kinds[i % len(kinds)] for i in range(COLUMNS - 1))])
    workbook.save(path)


def a_result(rows: int):
    """Return a result of 6 columns for so many customers."""
    import polars as pl

    from kamrules.engine.decision import MISSING, RULE, Decision
    from kamrules.messages.problem import Cell
    from kamrules.rules.decision_table import DecisionTable, Entry, Output, Rule
    from kamrules.run.result import Result
    from kamrules.sheets.column import ROW, SheetSpec
    from kamrules.sheets.sheet import Data, Sheet
    from kamrules.words.text import Text

    where = Cell("rules.xlsx", "分级", "A1")
    numbers = list(range(2, rows + 2))
    tiers = ("铂金", "黄金", "铁质")
    customers = pl.DataFrame(
        {
            ROW: numbers,
            "id": [f"K{row}" for row in numbers],
            "name": [f"客户 {row % 997}" for row in numbers],
            "sales": [row * 1.37 for row in numbers],
            "share": [1 / row for row in numbers],
            "tier": [tiers[row % 3] for row in numbers],
            "table": ["分级"] * rows,
            "rule": [f"R{row % 3}" for row in numbers],
            "why_zh": [f"销售占比 {1 / row:.6%}, 在 1% 与 5% 之间" for row in numbers],
            "why_en": [""] * rows,
            "missing": [None] * rows,
            "previous": [None] * rows,
            "change": [None] * rows,
            "effective": [tiers[row % 3] for row in numbers],
            "outcome": [None] * rows,
        },
        schema_overrides=dict.fromkeys(("missing", "previous", "change", "outcome"), pl.String),
    )
    outputs = (Output("折扣", "percent", where),)
    rules = tuple(
        Rule(f"R{i}", (), (Entry("5%", None, where),), {}, where) for i in range(len(tiers))
    )
    table = DecisionTable("分级", Text("分级", "Tiers"), "F", (), outputs, rules, None, {}, where)
    frame = pl.DataFrame(
        {ROW: numbers, "折扣": [0.05] * rows, RULE: customers["rule"], MISSING: [None] * rows}
    )
    hits = {rule.id: rows // 3 for rule in rules}
    spec = SheetSpec("customers", "客户", "Customers", ())
    read = customers.select(ROW, "id")
    sheet = Sheet(spec, "客户", read, 1, {"id": "A"}, {"id": "客户编号"}, COLUMNS)
    day = dt.date(2025, 12, 31)
    return Result(
        Data(BOOK, {"customers": sheet}), day, (dt.date(2025, 1, 1), day), "分级", tiers,
        customers, (Decision(table, frame, hits),), (), {}, {"kamrules": "benchmark"},
    )  # fmt: skip


def ours(folder: Path, rows: int) -> float:
    """Annotate the book; return the CPU seconds, imports included."""
    import kamrules.run.pipeline  # noqa: F401  a run has loaded it by then

    result = a_result(rows)
    start = cpu()
    from kamrules.annotate.annotate import annotate
    from kamrules.page.compose import compose

    annotate(folder / f"{rows}.xlsx", folder / f"{rows}.kam.xlsx", result, compose(result, "zh"))
    return cpu() - start


def theirs(folder: Path, rows: int) -> float:
    """Load the book with openpyxl, add the same cells, save it; return the CPU seconds."""
    result = a_result(rows)
    start = cpu()
    from openpyxl import load_workbook

    from kamrules.annotate.sheets.page import put
    from kamrules.page.look import add_styles

    workbook = load_workbook(folder / f"{rows}.xlsx")
    add_styles(workbook, "zh")
    sheet, history = workbook["客户"], workbook.create_sheet("历史")
    looks = (("grade", "grade.1", ""), ("share", "result", "0.00%"), ("change", "result", ""),
             ("rule", "result", ""), ("why_zh", "result.text", ""))  # fmt: skip
    for row in result.subjects.iter_rows(named=True):
        number = row["#row"]
        for i, (name, style, number_format) in enumerate(looks, COLUMNS + 1):
            put(sheet.cell(number, i), row[name], style, number_format)
        put(sheet.cell(number, COLUMNS + 6), 0.05, "result", "0.00%")
        for i, value in enumerate((result.as_of, row["id"], row["grade"], row["share"]), 1):
            put(history.cell(number, i), value, "cell")
    workbook.save(folder / f"{rows}.openpyxl.xlsx")
    return cpu() - start


def cpu() -> float:
    """Return the CPU seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured(way: str, folder: Path, rows: int) -> tuple[float, float]:
    """Return the CPU seconds of one way, and the peak memory in MB of its process."""
    command = [sys.executable, __file__, way, str(folder), str(rows)]
    # What is installed is compiled once, so compiling is no part of a run.
    env = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder), "PYTHONDONTWRITEBYTECODE": ""}
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    seconds, peak = run.stdout.split()
    return float(seconds), float(peak)


def main() -> None:
    """Print the figures and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in (SMALL, BASE_ROWS, ROWS):
            write_book(folder / f"{rows}.xlsx", rows)
        base, base_peak = measured("theirs", folder, BASE_ROWS)
        new, peak = measured("ours", folder, ROWS)
        small, _ = min(measured("ours", folder, SMALL) for _ in range(3))
        scale = ROWS / BASE_ROWS
        print(f"openpyxl, {BASE_ROWS:,} rows        {base:6.2f} s CPU  {base_peak:5.0f} MB")
        print(f"openpyxl, scaled to {ROWS:,} {base * scale:6.2f} s CPU")
        print(f"kamrules, {ROWS:,} rows       {new:6.2f} s CPU  {peak:5.0f} MB")
        print(f"ratio                        {base * scale / new:6.1f}")
        print(f"kamrules, {SMALL} rows, imports   {small:6.2f} s CPU")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        way, where, count = sys.argv[1:]
        seconds = {"ours": ours, "theirs": theirs}[way](Path(where), int(count))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(seconds, peak)
    else:
        main()
