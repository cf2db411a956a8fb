"""SQL made from decision tables gives, in real databases, what the engine gives."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from kamrules_plugins.sales import portfolio, totals

from kamrules.cli import main as cli
from kamrules.messages.problem import UsageError
from kamrules.rules.link import LinkedTable
from kamrules.sheets.column import ROW
from kamrules.sql import table as sql_table
from kamrules.sql.table import RefusedError, view_name
from tests.conftest import ROOT
from tests.kit.databases import (
    SALES_SQL,
    Rows,
    bits,
    expected,
    in_order,
    made,
    near_numbers,
    readable,
    rows_of,
    stored,
    worked_out,
)
from tests.kit.shipped import Shipped, shipped, sql
from tests.kit.tables import (
    COLUMNS,
    at_exactly_a_percentage,
    customers,
    linked,
    percentages,
    tables,
)

duckdb = pytest.importorskip("duckdb", reason="needs DuckDB: install kamrules[dev]")
pytest.importorskip("sqlglot", reason="needs sqlglot: install kamrules[sql]")

SQL_TYPES = {"text": "TEXT", "date": "DATE", "datetime": "TIMESTAMP", "bool": "BOOLEAN"}


def creation(types: Mapping[str, str]) -> str:
    columns = ", ".join(f'"{c.key}" {types.get(c.type, "DOUBLE")}' for c in COLUMNS)
    return f'CREATE TABLE "customers" ("{ROW}" INTEGER, {columns})'


def insertion(rows: list[tuple[Any, ...]]) -> str:
    place = f"({', '.join('?' * len(rows[0]))})"
    return f"INSERT INTO customers VALUES {', '.join([place] * len(rows))}"


@cache
def duck() -> Any:
    """Return a database for all tables: one takes longer to open than a table to be decided."""
    return duckdb.connect(config={"threads": 1})


def in_duckdb(table: LinkedTable, rows: Rows) -> Rows:
    database, kept = duck(), stored(rows)
    database.execute("CREATE SCHEMA decided; USE decided")
    try:
        database.execute(creation(SQL_TYPES))
        database.execute(insertion(kept), [value for row in kept for value in row])
        for statement in made(table, "duckdb"):
            database.execute(statement)
        return rows_of(database, view_name(table.table))
    finally:
        database.execute("USE main; DROP SCHEMA decided CASCADE")


def in_sqlite(table: LinkedTable, rows: Rows) -> Rows:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(creation(SQL_TYPES | {"date": "TEXT", "datetime": "TEXT"}))
        kept = [str(v) if isinstance(v, dt.date) else v for row in stored(rows) for v in row]
        database.execute(insertion(stored(rows)), kept)
        for statement in made(table, "sqlite"):
            database.execute(statement)
        return rows_of(database, view_name(table.table))


@pytest.mark.parametrize("by_case", [True, False], ids=["case", "join"])
@pytest.mark.parametrize("run", [in_duckdb, in_sqlite], ids=["duckdb", "sqlite"])
@settings(max_examples=50, deadline=None)
@given(table=tables(), rows=customers())
def test_a_database_decides_what_the_engine_decides(
    run: Callable[[LinkedTable, Rows], Rows], by_case: bool, table: Any, rows: Rows
) -> None:
    rule_table = linked(table[0])
    rows = readable(rows)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sql_table, "CASES", 50 if by_case else 0)
        try:
            found = run(rule_table, rows)
        except RefusedError:
            assume(False)

    assert in_order(found) == in_order(expected(rule_table, rows))


@pytest.mark.parametrize("run", [in_duckdb, in_sqlite], ids=["duckdb", "sqlite"])
def test_a_thousand_rules_are_joined_to_the_rows(run: Callable[[LinkedTable, Rows], Rows]) -> None:
    rules = [
        [f"R{n}", f"[{n * 10}..{n * 10 + 9}), {n * 10 + 9.5}", "上海, 北京" if n % 3 else "-", ">=5%" if n % 2 else "not(7%)", n]
        for n in range(1000)
    ]  # fmt: skip
    table = linked([
        ["决策表", "大表 large"], ["命中策略", "F"],
        ["规则", "条件 IN", "条件 IN", "条件 IN", "结果 OUT"], ["列", "金额", "城市", "占比", "折扣"],
        *rules,
    ])  # fmt: skip
    values = {"since": None, "vip": True, "seen": None}
    rows = [
        {"amount": a, "city": c, "share": s, **values}
        for a in (None, -1.0, 0.0, 8.9, 9.0, 9.5, 5004.0, 9999.5, 10_000.0)
        for c in (None, "北京", "广州")
        for s in (None, 0.05, 0.1 * 0.7)
    ]

    assert len([s for s in made(table, "duckdb") if s.startswith("CREATE TABLE")]) == 3
    assert in_order(run(table, rows)) == in_order(expected(table, rows))


@pytest.mark.parametrize("run", [in_duckdb, in_sqlite], ids=["duckdb", "sqlite"])
def test_what_is_worked_out_is_the_same_to_the_last_bit(
    run: Callable[[LinkedTable, Rows], Rows],
) -> None:
    rows = near_numbers()

    for table in worked_out():
        assert in_order(run(table, rows)) == in_order(expected(table, rows))


def test_a_condition_that_sql_cannot_say_is_refused_at_its_cell() -> None:
    table = linked([
        ["决策表", "t"], ["命中策略", "F"], ["规则", "条件 IN", "结果 OUT"], ["列", "城市", "折扣"],
        ["R1", 'matches(?, "^上")', 1],
    ])  # fmt: skip

    with pytest.raises(RefusedError) as refused:
        made(table, "duckdb")

    assert "matches" in refused.value.problem.why.en
    assert refused.value.problem.where.ref == "B5"


@pytest.mark.parametrize("share", ["share", "product"])
def test_customers_at_exactly_a_percentage_of_a_total_meet_it_in_databases(share: str) -> None:
    rows, exact = at_exactly_a_percentage()
    rows = rows.select(ROW, pl.col(share).alias("share"))
    table, wanted = percentages(), f'SELECT "等级" FROM kam_t ORDER BY "{ROW}"'

    with duckdb.connect(config={"threads": 1}) as database:
        database.register("customers", rows.to_arrow())
        database.execute(made(table, "duckdb")[0])
        in_one = [value for (value,) in database.execute(wanted).fetchall()]
    plain = sqlite3.connect(":memory:")
    plain.execute(f'CREATE TABLE customers ("{ROW}" INTEGER, share REAL)')
    plain.executemany("INSERT INTO customers VALUES (?, ?)", rows.rows())
    plain.execute(made(table, "sqlite")[0])
    in_other = [value for (value,) in plain.execute(wanted).fetchall()]
    plain.close()

    assert in_one == exact.to_list()
    assert in_other == exact.to_list()


def test_sums_ranks_and_shares_of_a_database_are_ours_to_the_bit() -> None:
    n = pl.col("n")
    order_lines = pl.int_range(200_000, eager=True).alias("n").to_frame().select(
        ("C" + (n * 7919 % 5003).cast(pl.String)).alias("customer_id"),
        pl.lit(dt.date(2024, 1, 1)).alias("date"),
        (n * 99991 % 1000003 / 100).alias("amount"),
    )  # fmt: skip
    ids = order_lines.select("customer_id").unique()
    day = dt.date(2024, 1, 1)
    ours = bits(portfolio(totals(ids, order_lines, day, day)).collect())

    with duckdb.connect() as database:
        database.register("order_lines", order_lines.to_arrow())
        for _ in range(10):
            again = order_lines.sample(fraction=1.0, shuffle=True)
            assert bits(portfolio(totals(ids, again, day, day)).collect()) == ours
            found = pl.from_arrow(database.sql(SALES_SQL).to_arrow_table())
            assert isinstance(found, pl.DataFrame)
            assert bits(found) == ours


TIERING = str(ROOT / "rulesets" / "tiering.xlsx")


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli.cli, ["sql", *arguments, "--lang", "en"], catch_exceptions=False)


def test_tables_that_read_facts_are_refused_unless_the_relation_has_them() -> None:
    without = run(TIERING)
    with_facts = run(TIERING, "--facts-given")

    assert without.exit_code == 2
    assert "it reads facts that Python works out (Share of Sales)" in without.stderr
    assert without.stdout == ""
    assert 'CREATE VIEW "kam_tier_share"' in with_facts.stdout
    assert "facts" not in with_facts.stderr


def test_a_sheet_without_a_key_is_refused_until_somebody_names_its_column() -> None:
    without = run(TIERING, "--facts-given")
    with_key = run(TIERING, "--facts-given", "--key", "提名=nomination_id")

    assert without.exit_code == 1
    assert without.stderr.count("error E332") == 2
    assert "add --key nominations=COLUMN" in without.stderr
    assert with_key.exit_code == 0
    assert with_key.stderr == ""
    assert with_key.stdout.count("CREATE VIEW") == without.stdout.count("CREATE VIEW") + 2
    assert 's."nomination_id" AS "key"' in with_key.stdout
    assert run(TIERING, "--key", "提名").exit_code == 2


def test_tables_of_several_workbooks_read_each_other() -> None:
    portfolio_ = str(ROOT / "rulesets" / "portfolio.xlsx")

    with pytest.raises(UsageError, match="Service Level"):
        run(portfolio_, "--facts-given")
    together = run(portfolio_, TIERING, str(ROOT / "rulesets" / "credit.xlsx"), "--facts-given")

    assert 'CREATE VIEW "kam_size_quality"' in together.stdout


def loaded_in_duckdb(rows: Shipped) -> Any:
    database = duckdb.connect(config={"threads": 1})
    for sheet, frame_ in rows.frames.items():
        database.register("frame", frame_.to_arrow())
        database.execute(f'CREATE TABLE "{sheet}" AS SELECT * FROM frame')
        database.unregister("frame")
    # As tables they are worked out once, not again for each that reads them.
    database.execute(sql("duckdb").replace("CREATE VIEW", "CREATE TABLE"))
    return database


def loaded_in_sqlite(rows: Shipped) -> Any:
    database = sqlite3.connect(":memory:")
    for sheet, frame_ in rows.frames.items():
        texts = {c for c, t in frame_.schema.items() if t == pl.String or t.is_temporal()}
        columns = ", ".join(f'"{c}" {"TEXT" if c in texts else "REAL"}' for c in frame_.columns)
        database.execute(f'CREATE TABLE "{sheet}" ({columns})')
        plain = [[str(v) if isinstance(v, dt.date) else v for v in r] for r in frame_.rows()]
        places = ", ".join("?" * frame_.width)
        database.executemany(f'INSERT INTO "{sheet}" VALUES ({places})', plain)
    database.executescript(sql("sqlite"))
    return database


@pytest.mark.parametrize("load", [loaded_in_duckdb, loaded_in_sqlite], ids=["duckdb", "sqlite"])
def test_the_shipped_tables_decide_in_databases_what_they_decide_here(
    load: Callable[[Shipped], Any],
) -> None:
    rows = shipped(200)
    database = load(rows)

    for view, (key, decided) in rows.views.items():
        assert in_order(rows_of(database, view), key) == in_order(decided, key), view
    database.close()
    assert len(rows.views) > 80
