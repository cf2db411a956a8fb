"""The engine beside its peers and a plain C loop: the same tables, the same rows, one run.

Run: python benchmarks/peers.py            (about ten minutes where nothing else runs; --quick half)
Peers: pip install -e '.[peers]'
Every measurement is a process of its own. All of them are made three times, one engine after the
other, so that the load of the machine meets them alike. CPU is user and system time, the median of
all rounds; a slow engine decides fewer rows, so compare the columns per row.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

# The two cores the figures are for.
os.environ.setdefault("POLARS_MAX_THREADS", "2")

import floor
import polars as pl
from engines import ENGINES
from workloads import workload

from kamrules.engine.decide import CompiledTable, decide

OURS, SIZES = "kamrules", (1_000, 10_000, 100_000, 1_000_000)
# What each engine decides: the table, the rows, how often.
RUNS: list[tuple[str, str, int, int]] = [
    *((OURS, table, n, 3) for table in ("tiering", "collect", "1000", "10000") for n in SIZES),
    *(("duckdb", "tiering", n, 3) for n in SIZES),
    ("duckdb", "1000", 20_000, 3),
    ("duckdb", "collect", 20_000, 3),
    *(
        ("zen-engine", table, n, 3)
        for table in ("tiering", "1000", "collect")
        for n in (1_000, 20_000)
    ),
    ("zen-engine", "10000", 10_000, 3),
    *(("python closures", table, 10_000, 3) for table in ("tiering", "1000", "collect")),
    ("rule-engine", "tiering", 2_000, 3),
    ("rule-engine", "1000", 50, 3),
    ("durable-rules", "tiering", 500, 3),
    ("pyDMNrules", "tiering", 50, 3),
]
# What is asked of this engine, per row of CPU: peer, table, times as fast.
GOALS = [
    ("zen-engine", "tiering", 300), ("zen-engine", "1000", 100), ("zen-engine", "collect", 200),
    ("duckdb", "tiering", 3), ("pyDMNrules", "tiering", 1000),
]  # fmt: skip
PASSES = 3
# An engine that takes so many seconds to get ready is measured once.
SLOW = 10
# Rows whose rules are compared between engines.
COMPARED = 50


def spent() -> float:
    """Return the CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(engine: str, table: str, rows: int, rounds: int) -> dict[str, Any]:
    """Return CPU seconds a round, of getting ready, the peak memory, and the first rules."""
    data = workload(table).rows(rows)
    if engine.startswith("C loop"):
        run, answers = floor.prepared(data, coded="coded" in engine)
        ready = 0.0
        first = [[n] for n in (run(), answers())[1][:COMPARED]]
        found = _timed(run, rounds)
    else:
        linked = workload(table).linked()
        start = spent()
        load, decided, rules = ENGINES[engine](linked)
        ready = spent() - start
        given = load(data)
        # The first round also works out what is kept for the next.
        first = rules(decided(load(data.head(COMPARED))))
        found = _timed(lambda: decided(given), rounds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rounds": found, "ready": ready, "peak": peak, "first": first}


def _timed(run: Any, rounds: int) -> list[float]:
    run()
    gc.collect()
    found = []
    for _ in range(rounds):
        start = spent()
        run()
        found.append(spent() - start)
    return found


def by_turns(rows: int, rounds: int) -> dict[str, Any]:
    """Return CPU seconds of what is compared most closely, round by round in one process.

    Between one process and the next the machine may be a third faster or slower.
    """
    runs = {f"C loop{how}": floor.prepared(workload("tiering").rows(rows), coded=bool(how))[0]
            for how in (("", ", coded") if floor.compiler() else ())}  # fmt: skip
    for table in ("tiering", "1000", "10000"):
        load, decided, _ = ENGINES[OURS](workload(table).linked())
        runs[table] = partial(decided, load(workload(table).rows(rows)))
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name] += _timed(run, 1)
    return found


def compiling(rules: int) -> dict[str, Any]:
    """Return CPU seconds of reading, compiling, proving no overlap, and the first decision."""
    start = spent()
    linked = workload(str(rules)).linked()
    # What reading leaves behind is cleared away on its own account.
    gc.collect()
    read = spent()
    compiled = CompiledTable(linked, {})
    ready = spent()
    overlaps = sum(1 for _ in compiled.regions.overlaps())
    proved = spent()
    rows = workload(str(rules)).rows(100_000)
    made = spent()
    decide(linked, rows, {}).decision()
    return {
        "read": read - start, "compile": ready - read, "proof": proved - ready,
        "overlaps": overlaps, "first": spent() - made,
    }  # fmt: skip


def child(*arguments: str) -> dict[str, Any]:
    """Return what a measurement in a process of its own says, or why there is none."""
    command = [sys.executable, str(Path(__file__)), "--child", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return {"missing": lines[-1] if lines else f"ended with {done.returncode}"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print what every engine takes, and how it compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer sizes")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        engine, *rest = options.child
        special = {"compiling": compiling, "by turns": by_turns}.get(engine)
        numbers = [int(n) for n in rest[special is None :]]
        print(json.dumps(special(*numbers) if special else measure(engine, rest[0], *numbers)))
        return
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    print(
        f"load of the machine before: {load} on {os.cpu_count()} cores; Polars {pl.__version__}\n"
    )
    results = _measured(options.quick)
    _compare(results)
    print(f"\nload after: {', '.join(f'{x:.1f}' for x in os.getloadavg())}")


def _measured(quick: bool) -> dict[tuple[str, str, int], dict[str, Any]]:
    runs = [r for r in RUNS if not quick or r[2] in (50, 500, 1_000, 2_000, 100_000, 1_000_000)]
    if floor.compiler():
        runs += [("C loop", "tiering", 1_000_000, 3), ("C loop, coded", "tiering", 1_000_000, 3)]
    else:
        print("C loop: no C compiler here, so the floor is not measured")
    results: dict[tuple[str, str, int], dict[str, Any]] = {}
    for engine, table, rows, rounds in runs * PASSES:
        known = results.get((engine, table, rows))
        if known and ("missing" in known or known["ready"] > SLOW):
            continue
        found = child(engine, table, str(rows), str(rounds))
        if known and "rounds" in found:
            found["rounds"] += known["rounds"]
        results[engine, table, rows] = found
    print("| engine | table | rows | CPU ms | us a row | ready ms | peak MB | same rules |")
    print("|---|---|--:|--:|--:|--:|--:|---|")
    for (engine, table, rows), found in results.items():
        if "missing" in found:
            print(f"| {engine} | {table} | {rows:,} | not measured: {found['missing'][:90]} |||||")
            continue
        found["cpu"] = statistics.median(found["rounds"])
        ours = results[OURS, table, SIZES[0]]["first"]
        same = sum(a == b for a, b in zip(found["first"], ours, strict=True))
        print(
            f"| {engine} | {table} | {rows:,} | {found['cpu'] * 1e3:,.2f} "
            f"| {found['cpu'] / rows * 1e6:,.4f} | {found['ready'] * 1e3:,.0f} "
            f"| {found['peak']:,.0f} | {same} of {COMPARED} |"
        )
    return {key: found for key, found in results.items() if "missing" not in found}


def _compare(results: dict[tuple[str, str, int], dict[str, Any]]) -> None:
    """Print the ratios that are asked for."""

    def a_row(engine: str, table: str) -> float | None:
        found = {n: r["cpu"] / n for (e, t, n), r in results.items() if (e, t) == (engine, table)}
        return found[max(found)] if found else None

    def say(what: str, value: float | None, goal: str, good: bool) -> None:
        shown = (
            "not measured" if value is None else f"{value:,.2f}" if value < 100 else f"{value:,.0f}"
        )
        met = "" if not goal else "yes" if good else "NO" if value else "-"
        print(f"| {what} | {shown} | {goal} | {met} |")

    print("\n| per row of CPU | found | asked | met |\n|---|--:|--:|---|")
    for peer, table, goal in GOALS:
        theirs, ours = a_row(peer, table), a_row(OURS, table)
        ratio = theirs / ours if theirs and ours else None
        say(f"{peer} / {OURS}, {table}", ratio, f">= {goal}", bool(ratio and ratio >= goal))
    for engine in ("python closures", "rule-engine", "durable-rules"):
        theirs, ours = a_row(engine, "tiering"), a_row(OURS, "tiering")
        say(f"{engine} / {OURS}, tiering", theirs / ours if theirs and ours else None, "", True)
    turns = child("by turns", str(SIZES[-1]), "9")
    for few, many, most in (
        ("1000", "10000", 1.3), ("C loop", "tiering", 6), ("C loop, coded", "tiering", 6),
    ):  # fmt: skip
        if few in turns:
            times = [b / a for a, b in zip(turns[few], turns[many], strict=True)]
            ratio = statistics.median(times)
            say(f"{many} / {few}, by turns", ratio, f"<= {most}", ratio <= most)
    for table in ("tiering", "1000", "10000", "collect"):
        found = [
            results[OURS, table, n]["cpu"] / n * 1e6 for n in SIZES if (OURS, table, n) in results
        ]
        falling = all(b <= a * 1.1 for a, b in pairwise(found))
        shown = " > ".join(f"{f:.3f}" for f in found)
        print(
            f"| us a row as rows grow, {table} | {shown} | falling or flat | {'yes' if falling else 'NO'} |"
        )
        peak = results[OURS, table, SIZES[-1]]["peak"]
        say(f"peak MB at 1,000,000 rows, {table}", peak, "< 400", peak < 400)
    runs = [child("compiling", "10000") for _ in range(PASSES)]
    found = {what: statistics.median(run[what] for run in runs) for what in runs[0]}
    total = found["compile"] + found["proof"]
    say("s to compile 10,000 rules and prove no overlap", total, "< 0.6", total < 0.6)
    print(
        f"\n10,000 rules: read {found['read']:.2f} s, compile {found['compile']:.2f} s, proof "
        f"{found['proof']:.2f} s ({found['overlaps']:.0f} overlaps), compiled and first 100,000 rows "
        f"{found['first']:.2f} s"
    )


if __name__ == "__main__":
    main()
