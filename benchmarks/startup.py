"""CPU of the commands as a user starts them, beside starting Python and importing Polars.

Run: python benchmarks/startup.py
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 7


def cpu(*arguments: str) -> float:
    """Return the median CPU seconds of a command."""
    spent = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        # Elsewhere than the checkout, so that the installed package runs.
        subprocess.run(
            [sys.executable, *arguments], capture_output=True, check=True, cwd=tempfile.gettempdir()
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(spent)


def parsing() -> float:
    """Return the CPU seconds that 100 distinct cells take once the module is imported."""
    from kamrules.rules.cell.parse import parse_test

    cells = [f"[{n}%..{n + 5}%)" for n in range(40)]
    cells += [f">= {n}万" for n in range(30)]
    cells += [f'"客户{n}", not-{n}' for n in range(15)] + [f"not({n}, {n + 1})" for n in range(15)]
    start = time.process_time()
    for cell in cells:
        parse_test(cell, "text" if "客户" in cell else "number")
    return time.process_time() - start


def main() -> None:
    """Print CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        book = str(Path(folder) / "demo" / "customers.xlsx")
        subprocess.run(
            [sys.executable, "-m", "kamrules", "init", str(Path(book).parent)],
            capture_output=True,
            check=True,
        )
        rows = [
            ("python", cpu("-c", "pass")),
            ("import polars", cpu("-c", "import polars")),
            ("kamrules --help", cpu("-m", "kamrules", "--help")),
            ("kamrules apply demo --dry-run", cpu("-m", "kamrules", "apply", book, "--dry-run")),
            ("kamrules apply demo", cpu("-m", "kamrules", "apply", book)),
            ("100 rule cells parsed", parsing()),
        ]
    for name, seconds in rows:
        print(f"{name:<32} {seconds * 1000:6.0f} ms of CPU")


if __name__ == "__main__":
    main()
