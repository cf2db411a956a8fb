"""``kamrules apply`` from end to end: where its CPU goes, and what reading and writing alone cost.

Run ``python benchmarks/apply.py``, or with numbers of customers behind it; each has ten order lines.
Every figure comes from a process of its own. The base reads the book with python-calamine and
writes what the result holds with XlsxWriter in constant-memory mode. In the end two runs are
profiled, for how many Python functions more are called where there are more rows.
"""

from __future__ import annotations

import cProfile
import datetime as dt
import pstats
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZES = (1_000, 10_000, 100_000)
LINES = 10
PROFILED = (10_000, 20_000)
HEADS = ("客户编号", "客户名称", "负责人", "地区", "战略意义", "发展潜力", "上期等级")
ORDER_HEADS = ("订单编号", "客户编号", "日期", "销售额", "产品名称")
VERBS = ("read", "rules", "facts", "decide", "explain", "write")


def write_book(path: Path, count: int) -> None:
    """Write a book of so many customers and ten times as many order lines."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("客户")
    sheet.write_row(0, 0, HEADS)
    for n in range(count):
        flag = "重大" if n % 401 == 0 else "重要" if n % 97 == 0 else "无"
        sheet.write_row(
            n + 1, 0, (f"K{n:06}", f"客户 {n}", f"业务员{n % 50}", f"地区{n % 30}", flag)
        )
        if n % 5:
            sheet.write_number(n + 1, 5, n * 7919 % 101)
        # As it is in life, most customers are what they were.
        known = {"重大": "战略", "重要": "重点"}
        before = "普通" if n % 5 and n * 7919 % 101 >= 60 else "非大客户"
        sheet.write_string(n + 1, 6, known.get(flag, before))
    sheet = book.add_worksheet("销售")
    sheet.write_row(0, 0, ORDER_HEADS)
    first = dt.date(2024, 1, 1)
    for n in range(count * LINES):
        # A few customers have most of the sales.
        who = n * 7919 % count
        amount = (n * 99991 % 1_000_003) / (1 if who < count // 100 else 1000)
        sheet.write_row(n + 1, 0, (f"D{n:07}", f"K{who:06}"))
        sheet.write_datetime(n + 1, 2, first + dt.timedelta(days=n * 7 % 366), day)
        sheet.write_number(n + 1, 3, round(amount, 2))
        sheet.write_string(n + 1, 4, f"产品{n % 200}")
    book.close()


def theirs(book: Path) -> dict[str, float]:
    """Return the CPU seconds of reading a book, and of writing it with six columns more."""
    import xlsxwriter
    from python_calamine import CalamineWorkbook

    start = cpu()
    source = CalamineWorkbook.from_path(book)
    sheets = {name: source.get_sheet_by_name(name).to_python() for name in source.sheet_names}
    read = cpu()
    target = xlsxwriter.Workbook(book.with_suffix(".base.xlsx"), {"constant_memory": True})
    day = target.add_format({"num_format": "yyyy-mm-dd"})
    added = (
        "普通",
        0.0123,
        "同",
        "R6",
        "占比 1% 以下且无潜力记录: 销售额占比 0.01% <1%, 发展潜力 空",
        "普通",
    )
    for name, rows in sheets.items():
        sheet = target.add_worksheet(name)
        for r, row in enumerate(rows):
            for c, value in enumerate([*row, *added] if name == "客户" else row):
                if isinstance(value, dt.date):
                    sheet.write_datetime(r, c, value, day)
                elif isinstance(value, str):
                    sheet.write_string(r, c, value)
                else:
                    sheet.write_number(r, c, value)
    target.close()
    return {"read": read - start, "write": cpu() - read}


def ours(book: Path) -> dict[str, float]:
    """Return the CPU seconds of each verb of a run."""
    from kamrules.annotate import write
    from kamrules.hooks import plugins
    from kamrules.run import headline, in_force, pipeline

    spent = dict.fromkeys(VERBS, 0.0)

    def timed(module: Any, name: str, verb: str) -> None:
        function: Callable[..., Any] = getattr(module, name)

        def timing(*arguments: Any, **named: Any) -> Any:
            start = cpu()
            try:
                return function(*arguments, **named)
            finally:
                spent[verb] += cpu() - start

        setattr(module, name, timing)

    timed(pipeline, "read", "read")
    timed(pipeline, "inspect", "read")
    timed(in_force, "load", "rules")
    timed(pipeline, "with_facts", "facts")
    timed(pipeline, "decide_all", "decide")
    timed(headline, "subjects", "explain")
    start = cpu()
    run = pipeline.Run(plugins.load())
    result = pipeline.apply(book, run)
    before = cpu()
    write.write(result, book, write.Targets(), "zh", run.manager)
    spent["write"] = cpu() - before
    return {**spent, "all": cpu() - start}


def calls(book: Path) -> dict[str, float]:
    """Return how many Python functions a run calls, and print the ones it calls most."""
    profile = cProfile.Profile(builtins=False)
    profile.runcall(ours, book)
    stats = pstats.Stats(profile)
    counts = sorted(((v[1], k) for k, v in stats.stats.items()), reverse=True)  # type: ignore[attr-defined]
    for count, (file, line, name) in counts[:8]:
        print(f"{count:>12,}  {Path(file).name}:{line} {name}", file=sys.stderr)
    return {"calls": float(stats.total_calls)}  # type: ignore[attr-defined]


def cpu() -> float:
    """Return the CPU seconds of this process and of those it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def measured(way: str, book: Path) -> dict[str, float]:
    """Return the figures of one way, and the peak memory in MB of its process."""
    run = subprocess.run(
        [sys.executable, __file__, way, str(book)], check=True, stdout=subprocess.PIPE, text=True
    )
    return {
        name: float(value) for name, value in (line.split() for line in run.stdout.splitlines())
    }


def main(sizes: list[int]) -> None:
    """Print the figures of each size."""
    for count in sizes:
        with tempfile.TemporaryDirectory() as folder:
            book = Path(folder) / "book.xlsx"
            write_book(book, count)
            base, mine = measured("theirs", book), measured("ours", book)
        whole = base["read"] + base["write"]
        print(f"\n{count:,} customers, {count * LINES:,} order lines")
        print(
            f"  calamine {base['read']:.2f} s + XlsxWriter {base['write']:.2f} s = {whole:.2f} s CPU, {base['peak']:.0f} MB"
        )
        print(
            f"  kamrules {mine['all']:.2f} s CPU, {mine['peak']:.0f} MB: ratio {mine['all'] / whole:.2f}"
        )
        print(
            "  "
            + ", ".join(
                f"{verb} {mine[verb]:.2f} s ({mine[verb] / mine['all']:.0%})" for verb in VERBS
            ),
            flush=True,
        )
    with tempfile.TemporaryDirectory() as folder:
        counted = []
        for count in PROFILED:
            book = Path(folder) / f"{count}.xlsx"
            write_book(book, count)
            counted.append(measured("calls", book)["calls"])
    rows = (PROFILED[1] - PROFILED[0]) * (1 + LINES)
    print(f"\nPython functions called for each row more: {(counted[1] - counted[0]) / rows:.3f}")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in ("ours", "theirs", "calls"):
        found = {"ours": ours, "theirs": theirs, "calls": calls}[sys.argv[1]](Path(sys.argv[2]))
        found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        for name, value in found.items():
            print(name, value)
    else:
        main([int(a) for a in sys.argv[1:]] or list(SIZES))
