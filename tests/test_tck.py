"""The cases of the conformance suite get one answer, whoever decides them."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from kamrules.engine.decide import Decided
from kamrules.engine.decision import MISSING, RULE
from kamrules.sheets.column import ROW
from kamrules.sql.table import view_name
from tests.kit.databases import in_order, made, rows_of
from tests.kit.oracle import answer
from tests.kit.shipped import views
from tests.kit.tck import decided_cases, in_a_database

duckdb = pytest.importorskip("duckdb", reason="needs DuckDB: install kamrules[dev]")


def test_the_engine_and_the_oracle_agree_on_the_conformance_suite(shared: Path) -> None:
    compared = 0
    for decided in decided_cases(shared / "tck"):
        frame = decided.decision().frame
        wild = {row for _, rows in decided.violations() for row in rows}
        for row, got in zip(decided.frame.to_dicts(), frame.to_dicts(), strict=True):
            outputs, ids, missing, violation = answer(decided.compiled.linked, row)
            labels = [o.label for o in decided.table.outputs]
            assert [got[label] for label in labels] == (outputs or [None] * len(labels))
            assert (got[RULE] or "") == ",".join(ids)
            assert set((got[MISSING] or "").split(", ")) - {""} == missing
            assert (row[ROW] in wild) == bool(violation)
            compared += 1
    assert compared == 51


def in_duckdb(decided: Decided) -> list[dict[str, Any]]:
    with duckdb.connect(config={"threads": 1}) as database:
        database.register("customers", in_a_database(decided).to_arrow())
        for statement in made(decided.compiled.linked, "duckdb"):
            database.execute(statement)
        return rows_of(database, view_name(decided.table))


def in_sqlite(decided: Decided) -> list[dict[str, Any]]:
    rows = in_a_database(decided)
    database = sqlite3.connect(":memory:")
    columns = ", ".join(f'"{c}"' for c in rows.columns)
    database.execute(f"CREATE TABLE customers ({columns})")
    database.executemany(
        f"INSERT INTO customers VALUES ({', '.join('?' * rows.width)})", rows.rows()
    )
    for statement in made(decided.compiled.linked, "sqlite"):
        database.execute(statement)
    found = rows_of(database, view_name(decided.table))
    database.close()
    return found


@pytest.mark.parametrize("run", [in_duckdb, in_sqlite], ids=["duckdb", "sqlite"])
def test_databases_decide_the_conformance_suite_as_the_engine_does(shared: Path, run: Any) -> None:
    compared = 0
    for decided in decided_cases(shared / "tck"):
        assert in_order(run(decided)) == in_order(views(decided, decided.decision(), ROW))
        compared += decided.frame.height
    assert compared == 51
