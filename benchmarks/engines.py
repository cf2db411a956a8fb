"""Each engine of the benchmarks: how it takes a table, and how it decides rows with it."""

from __future__ import annotations

import datetime as dt
import json
import operator
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
from workloads import Condition, conditions, days, outputs

from kamrules.engine.decide import CompiledTable
from kamrules.engine.decision import RULE
from kamrules.rules.link import LinkedTable
from kamrules.sheets.column import ROW

# A prepared engine: *decide* takes what *load* made of the rows, *rules* reads the answer.
Prepared = tuple[Callable[[pl.DataFrame], Any], Callable[[Any], Any], Callable[[Any], list[Any]]]


def kamrules(linked: LinkedTable) -> Prepared:
    """Return this project's engine."""
    compiled = CompiledTable(linked, {})

    def rules(decision: Any) -> list[Any]:
        found = decision.frame[RULE].fill_null("").str.replace_all("R", "").str.split(",")
        return [[int(i) for i in ids if i] for ids in found.to_list()]

    return (lambda rows: rows, lambda rows: compiled.decide(rows).decision(), rules)


def zen(linked: LinkedTable) -> Prepared:
    """Return GoRules zen-engine with its batch call, the fastest of its calls."""
    import zen as gorules

    engine = gorules.ZenEngine(
        {"loader": {"type": "static", "content": {"table": _zen_decision(linked)}}}
    )
    collect = linked.table.policy == "C"

    def decide(rows: list[dict[str, Any]]) -> Any:
        return engine.evaluate_batch([{"key": "table", "context": row} for row in rows])

    def rules(answers: Any) -> list[Any]:
        found = [a["data"]["result"] or [] for a in answers]
        return [[r["rule"] for r in f] if collect else [f["rule"]] if f else [] for f in found]

    return (_dicts(linked, days), decide, rules)


def _zen_decision(linked: LinkedTable) -> dict[str, Any]:
    rules = []
    for n, (tests, given) in enumerate(zip(conditions(linked), outputs(linked), strict=True)):
        rule = {"_id": f"r{n}", "out rule": str(n)}
        rule |= {f"in {c}": "" for c in linked.inputs}
        rule |= {f"in {t.column}": _zen_cell(t) for t in tests}
        rule |= {f"out {n}": json.dumps(v) for n, v in enumerate(given)}
        rules.append(rule)
    named = {f"out {n}": o.label for n, o in enumerate(linked.table.outputs)} | {"out rule": "rule"}
    content = {
        "hitPolicy": "collect" if linked.table.policy == "C" else "first",
        "inputs": [{"id": f"in {c}", "name": c, "field": c} for c in linked.inputs],
        "outputs": [{"id": i, "name": label, "field": label} for i, label in named.items()],
        "rules": rules,
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
        {
            "id": "table", "type": "decisionTableNode", "name": "table",
            "position": {"x": 1, "y": 0}, "content": content,
        },
        {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 2, "y": 0}},
    ]  # fmt: skip
    edges = [
        {"id": "1", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "2", "sourceId": "table", "targetId": "out", "type": "edge"},
    ]
    return {"nodes": nodes, "edges": edges}


def _zen_cell(test: Condition) -> str:
    listed = ", ".join(json.dumps(days(v)) for v in test.values)
    if test.kind == "in":
        return listed
    if test.kind == "not in":
        return f"not($ in [{listed}])"
    low, high = days(test.low), days(test.high)
    if low is not None and high is not None:
        return f"{'[' if test.low_closed else '('}{low}..{high}{']' if test.high_closed else ')'}"
    if low is not None:
        return f"{'>=' if test.low_closed else '>'} {low}"
    return f"{'<=' if test.high_closed else '<'} {high}"


def closures(linked: LinkedTable) -> Prepared:
    """Return plain Python: a list of functions a rule, asked row by row."""
    rules = [[(t.column, _closure(t)) for t in tests] for tests in conditions(linked)]
    given = outputs(linked)
    collect = linked.table.policy == "C"

    def decide(rows: list[dict[str, Any]]) -> list[Any]:
        answers = []
        for row in rows:
            hits = []
            for n, tests in enumerate(rules):
                for column, holds in tests:
                    if not holds(row[column]):
                        break
                else:
                    hits.append(n)
                    if not collect:
                        break
            answers.append((hits, [given[n] for n in hits]))
        return answers

    return (_dicts(linked, lambda v: v), decide, lambda answers: [hits for hits, _ in answers])


def _closure(test: Condition) -> Callable[[Any], bool]:
    values = frozenset(test.values)
    if test.kind != "between":
        return values.__contains__ if test.kind == "in" else lambda v: v not in values
    low, high = test.low, test.high
    above = operator.ge if test.low_closed else operator.gt
    below = operator.le if test.high_closed else operator.lt
    if high is None:
        return lambda v: v is not None and above(v, low)
    if low is None:
        return lambda v: v is not None and below(v, high)
    return lambda v: v is not None and above(v, low) and below(v, high)


def rule_engine(linked: LinkedTable) -> Prepared:
    """Return rule-engine: an expression a rule."""
    import rule_engine as library

    compiled = [
        library.Rule(" and ".join(_expression(t) for t in tests) or "true")
        for tests in conditions(linked)
    ]
    collect = linked.table.policy == "C"

    def decide(rows: list[dict[str, Any]]) -> list[Any]:
        answers = []
        for row in rows:
            hits = (n for n, rule in enumerate(compiled) if rule.matches(row))
            answers.append(
                list(hits) if collect else [n for n in [next(hits, None)] if n is not None]
            )
        return answers

    return (_dicts(linked, lambda v: v), decide, lambda answers: answers)


def _expression(test: Condition) -> str:
    def literal(value: Any) -> str:
        return f'd"{value}"' if isinstance(value, dt.date) else json.dumps(value)

    if test.kind != "between":
        listed = f"{test.column} in [{', '.join(map(literal, test.values))}]"
        return listed if test.kind == "in" else f"not ({listed})"
    parts = []
    if test.low is not None:
        parts.append(f"{test.column} {'>=' if test.low_closed else '>'} {literal(test.low)}")
    if test.high is not None:
        parts.append(f"{test.column} {'<=' if test.high_closed else '<'} {literal(test.high)}")
    return " and ".join(parts)


def durable_rules(linked: LinkedTable) -> Prepared:
    """Return durable-rules: a rule each, an event a row."""
    from durable.lang import m, post, pri, ruleset, when_all

    got: dict[int, list[int]] = {}
    # It refuses an event that it has seen before in a session.
    sessions = map(str, count(1))

    # It takes a function of two arguments for one that goes on later.
    def hit(n: int) -> Callable[[Any], None]:
        return lambda context: got.setdefault(int(context.m.row), []).append(n)

    with ruleset("table"):
        for n, tests in enumerate(conditions(linked)):
            parts = [_durable(getattr(m, t.column), t) for t in tests] or [m.row >= 0]
            whole = parts[0]
            for part in parts[1:]:
                whole = whole & part
            when_all(pri(n + 1), whole)(hit(n))

    def load(rows: pl.DataFrame) -> list[dict[str, Any]]:
        found = _dicts(linked, days)(rows)
        # It refuses numbers that JSON writes with an exponent but no point, such as 8e-06.
        return [
            {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()} | {"row": n}
            for n, row in enumerate(found)
        ]

    def decide(rows: list[dict[str, Any]]) -> list[Any]:
        got.clear()
        session = next(sessions)
        for row in rows:
            post("table", row | {"sid": session})
        return [got.get(n, [])[:1] for n in range(len(rows))]

    return (load, decide, lambda answers: answers)


def _durable(field: Any, test: Condition) -> Any:
    values = [days(v) for v in test.values]
    if test.kind == "in":
        whole = field == values[0]
        for value in values[1:]:
            whole = whole | (field == value)
        return whole
    if test.kind == "not in":
        whole = field != values[0]
        for value in values[1:]:
            whole = whole & (field != value)
        return whole
    low, high = days(test.low), days(test.high)
    above = None if low is None else field >= low if test.low_closed else field > low
    below = None if high is None else field <= high if test.high_closed else field < high
    return above & below if above is not None and below is not None else above or below


def pydmnrules(linked: LinkedTable) -> Prepared:
    """Return pyDMNrules, whose tables stand in a workbook with double borders."""
    import openpyxl
    import pyDMNrules
    from openpyxl.styles import Border, Side

    names, given = list(linked.inputs), outputs(linked)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "table"
    sheet["B2"] = "table"
    labels = [o.label for o in linked.table.outputs]
    rows: list[list[Any]] = [["F", *names, *labels, "rule"]]
    for n, tests in enumerate(conditions(linked)):
        cells = {t.column: _s_feel(t) for t in tests}
        shown = [json.dumps(v) if isinstance(v, str) else v for v in given[n]]
        rows.append([n + 1, *(cells.get(c, "-") for c in names), *shown, n])
    thin, double = Side("thin"), Side("double")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            cell = sheet.cell(3 + r, 2 + c, value)
            right = double if c == len(names) else thin
            cell.border = Border(left=thin, right=right, top=thin, bottom=thin if r else double)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        book.save(path)
        engine = pyDMNrules.DMN()
        status = engine.load(str(path))
    if status.get("errors"):
        raise SystemExit(str(status["errors"]))

    def decide(found: list[dict[str, Any]]) -> list[Any]:
        return [engine.decide(row)[1] for row in found]

    def rules(answers: list[Any]) -> list[Any]:
        last = [a[-1] if isinstance(a, list) else a for a in answers]
        return [[int(a["Result"]["rule"])] for a in last]

    return (_dicts(linked, lambda v: v), decide, rules)


def _s_feel(test: Condition) -> str:
    def literal(value: Any) -> str:
        return f'date("{value}")' if isinstance(value, dt.date) else json.dumps(value)

    listed = ", ".join(map(literal, test.values))
    if test.kind != "between":
        return listed if test.kind == "in" else f"not({listed})"
    low, high = test.low, test.high
    if low is not None and high is not None:
        left, right = "[" if test.low_closed else "(", "]" if test.high_closed else ")"
        return f"{left}{literal(low)}..{literal(high)}{right}"
    if low is not None:
        return f"{'>=' if test.low_closed else '>'} {literal(low)}"
    return f"{'<=' if test.high_closed else '<'} {literal(high)}"


def duckdb(linked: LinkedTable) -> Prepared:
    """Return DuckDB: one CASE gives the rule, a join its outputs; Arrow in and out."""
    import duckdb as library
    import pyarrow

    connection = library.connect()
    connection.execute("SET threads = 2")
    given, labels = outputs(linked), [o.label for o in linked.table.outputs]
    columns = {"rule": pyarrow.array(range(len(given)), pyarrow.int16())}
    columns |= {c: pyarrow.array([g[n] for g in given]) for n, c in enumerate(labels)}
    connection.register("given", pyarrow.table(columns))
    connection.execute("CREATE TABLE outputs AS SELECT * FROM given")
    if linked.table.policy == "C":
        each = (
            f"CASE WHEN {_sql(tests)} THEN {n} END" for n, tests in enumerate(conditions(linked))
        )
        hits = f"list_filter([{', '.join(each)}], lambda x: x IS NOT NULL)"
        query = f'SELECT "{ROW}", {hits} AS rule FROM rows'
    else:
        whens = " ".join(
            f"WHEN {_sql(tests)} THEN CAST({n} AS SMALLINT)"
            for n, tests in enumerate(conditions(linked))
        )
        listed = ", ".join(labels)
        query = (
            f'WITH hit AS (SELECT "{ROW}", CASE {whens} END AS rule FROM rows) '
            f'SELECT hit."{ROW}", hit.rule, {listed} FROM hit LEFT JOIN outputs USING (rule)'
        )

    def decide(rows: Any) -> Any:
        connection.register("rows", rows)
        return connection.sql(query).to_arrow_table()

    def rules(table: Any) -> list[Any]:
        found = table.sort_by(ROW).column("rule").to_pylist()
        return [r if isinstance(r, list) else [] if r is None else [r] for r in found]

    return (lambda rows: rows.to_arrow(compat_level=pl.CompatLevel.oldest()), decide, rules)


def _sql(tests: list[Condition]) -> str:
    def literal(value: Any) -> str:
        if isinstance(value, str):
            return "'" + value.replace("'", "''") + "'"
        return f"DATE '{value}'" if isinstance(value, dt.date) else f"CAST({value!r} AS DOUBLE)"

    parts = []
    for test in tests:
        listed = ", ".join(map(literal, test.values))
        if test.kind == "in":
            parts.append(f"{test.column} IN ({listed})")
        elif test.kind == "not in":
            parts.append(f"{test.column} NOT IN ({listed})")
        if test.low is not None:
            parts.append(f"{test.column} {'>=' if test.low_closed else '>'} {literal(test.low)}")
        if test.high is not None:
            parts.append(f"{test.column} {'<=' if test.high_closed else '<'} {literal(test.high)}")
    return " AND ".join(parts) or "TRUE"


def _dicts(
    linked: LinkedTable, shown: Callable[[Any], Any]
) -> Callable[[pl.DataFrame], list[dict[str, Any]]]:
    """Return how rows become dicts."""

    def load(rows: pl.DataFrame) -> list[dict[str, Any]]:
        found = rows.select(linked.inputs).to_dicts()
        return [{k: shown(v) for k, v in row.items()} for row in found]

    return load


ENGINES: dict[str, Callable[[LinkedTable], Prepared]] = {
    "kamrules": kamrules,
    "duckdb": duckdb,
    "zen-engine": zen,
    "python closures": closures,
    "durable-rules": durable_rules,
    "rule-engine": rule_engine,
    "pyDMNrules": pydmnrules,
}
