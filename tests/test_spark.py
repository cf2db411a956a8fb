"""Spark decides what this machine decides: by kamrules itself, and by the SQL it writes."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kamrules_plugins.sales import portfolio, totals

from kamrules.cli import main as cli
from kamrules.hooks import plugins
from kamrules.plugin import ROW, Column, Rows, fact, result
from kamrules.run import in_force, parquet, pipeline
from kamrules.sql.table import RefusedError, view_name
from tests.conftest import write_book
from tests.kit.databases import (
    SALES_SQL,
    bits,
    expected,
    in_order,
    made,
    near_numbers,
    readable,
    stored,
    worked_out,
)
from tests.kit.shipped import shipped, sql, views
from tests.kit.tables import (
    COLUMNS,
    at_exactly_a_percentage,
    customers,
    linked,
    percentages,
    tables,
)
from tests.kit.tck import decided_cases, in_a_database

# PySpark warns about versions of what it uses.
pytestmark = pytest.mark.filterwarnings("default")


# What has nothing to do with tiers and cadence would only make the test longer.
OTHERS = (
    "complaints", "contacts", "credit", "entitlements", "escalation", "portfolio", "quality",
    "recovery", "satisfaction",
)  # fmt: skip
# The final and the effective tier and the cadence, and all that they are made of.
TIERS_AND_CADENCE = {
    "tier_share", "tier_pyramid", "tier_value", "tier_criteria", "tier_criteria_grade",
    "tier_bank", "tier_abc", "tier_points", "points_possible", "tier_score", "nomination_merge",
    "manual_check", "previous_order", "tier_borderline", "tier_computed", "tier_final",
    "tier_order", "tier_effective", "qualifying", "cadence", "facts",
}  # fmt: skip


Counts = Mapping[str, tuple[int, int]]
SPARK_TYPES = {"text": "string", "date": "date", "bool": "boolean", "datetime": "timestamp_ntz"}


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return a session on this machine."""
    sql = pytest.importorskip("pyspark.sql", reason="needs PySpark: install kamrules[spark]")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("needs Java 17 or newer, on the PATH or in JAVA_HOME")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "4g")
        # To compile more thoroughly costs more than it saves in so short a life.
        .config("spark.driver.extraJavaOptions", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    yield session
    session.stop()


def write_tables(folder: Path, count: int) -> Path:
    """Return a folder with so many customers and ten times as many order lines, some of them bad."""
    (folder / "orders").mkdir(parents=True)
    n, line = pl.col("n"), pl.int_range(count * 10, eager=True).alias("n").to_frame()
    ids = "C" + n.cast(pl.String).str.zfill(7)
    people = pl.int_range(count, eager=True).alias("n").to_frame().select(
        # A few have no id, or one that was used before.
        pl.when(n % 5003 == 7).then(None).when(n % 4999 == 8).then(pl.lit("C0000000")).otherwise(ids)
        .alias("客户编号"),
        ("客户" + n.cast(pl.String)).alias("客户名称"),
        pl.when(n % 401 == 0).then(pl.lit("重大")).when(n % 97 == 0).then(pl.lit("Important"))
        .when(n % 3 == 0).then(pl.lit("无")).alias("战略意义"),
        pl.when(n % 5 > 0).then((n * 104729 % 101).cast(pl.Float64)).alias("发展潜力"),
        pl.when(n % 2 == 0).then(pl.lit("普通")).alias("上期等级"),
    )  # fmt: skip
    people.write_parquet(folder / "客户.parquet")
    # Customers differ in size, and some order lines name nobody in the list.
    who = (n * 7919 + n // 13) % (count + count // 50)
    amount = ((n * 99991) % 1000003).cast(pl.Float64) / 100
    lines = line.select(
        ("C" + who.cast(pl.String).str.zfill(7)).alias("Customer ID"),
        (pl.lit(dt.date(2023, 6, 1)) + pl.duration(days=n * 7 % 700)).alias("Date"),
        pl.when(n % 9973 == 5).then(float("nan")).when(who < 20).then(amount * count / 10)
        .otherwise(amount).alias("Amount"),
        (amount * 0.3 - n % 700).alias("Profit"),
    )  # fmt: skip
    visits = pl.int_range(count // 10, eager=True).alias("n").to_frame().select(
        ("C" + (n * 37 % count).cast(pl.String).str.zfill(7)).alias("客户编号"),
        (pl.lit(dt.date(2024, 9, 1)) + pl.duration(days=n % 240)).alias("拜访日期"),
        pl.lit("电话").alias("方式"),
        pl.lit("甲").alias("拜访人"),
        (n * 7 % 31 / 10).alias("耗时"),
    )  # fmt: skip
    visits.write_parquet(folder / "visits.parquet")
    half = lines.height // 2
    lines[:half].write_parquet(folder / "orders" / "part-0.parquet")
    lines[half:].write_parquet(folder / "orders" / "part-1.parquet")
    return folder


def only(names: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no table count but some, here and on Spark."""
    on = in_force.on

    def chosen(*given: Any) -> Any:
        found, problems = on(*given)
        return [t for t in found if t.name.split()[-1] in names], problems

    monkeypatch.setattr(in_force, "on", chosen)


# Facts whose values a table of its own gives out, so that they can be compared to the last bit.
FACTS = (
    "期内销售额", "销售额占比", "销售名次", "排名位置", "累计销售占比", "累计销售占比_之前", "期内利润", "毛利率",
    "利润占比", "利润排名位置", "流失影响率", "净贡献", "上期销售额", "增长率", "合作月数", "平均订单额", "平均订单额位置",
    "拜访工时", "投入占比", "忠诚度", "潜力估算", "当前价值", "公司销售额",
)  # fmt: skip


def giving_facts(folder: Path) -> Path:
    """Return a rule workbook with the table *facts*."""
    named = [f"{n} f{place}" for place, n in enumerate(FACTS)]
    lines = [
        ["决策表", "事实 facts"], ["命中策略", "U"],
        ["规则", "条件 IN", *["结果 OUT"] * len(FACTS)], ["列", "战略意义", *(f"值 {n}" for n in named)],
        ["类型", "文本", *["数字"] * len(FACTS)], ["R1", "-", *FACTS],
    ]  # fmt: skip
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return write_book(folder / "facts.xlsx", 规则=text)


def assert_same_decisions(
    spark: Any,
    folder: Path,
    count: int,
    there: Callable[[Path, pipeline.Run, str], Counts],
) -> set[str]:
    """Return the names of the tables that this machine and Spark decide, all of them alike."""
    source = write_tables(folder / "data", count)
    run = pipeline.Run(plugins.load(without=OTHERS), (giving_facts(folder),))
    here = parquet.apply(source, run, folder / "here")
    counts = there(source, run, str(folder / "there"))

    assert counts.items() <= here.counts.items()
    for name in map(parquet.file_name, counts):
        one = pl.read_parquet(folder / "here" / name)
        other = pl.read_parquet(folder / "there" / name / "*.parquet")
        assert one.schema == other.schema
        key = one.columns[0]
        assert one.sort(key).equals(other.sort(key), null_equal=True)
    one = pl.read_parquet(folder / "here" / "problems.parquet")
    other = pl.read_parquet(folder / "there" / "problems.parquet" / "*.parquet")
    assert set(one["code"]) <= set(other["code"])
    if "事实 facts" in counts:
        values = pl.read_parquet(folder / "here" / "事实 facts.parquet")
        assert sum(values[c].n_unique() > count // 20 for c in values.columns) > len(FACTS) // 2
    return {name.split()[-1] for name in counts}


def by_function(source: Path, run: pipeline.Run, target: str) -> Counts:
    """Return what Spark counts in a folder."""
    from kamrules.parts import spark as on_spark

    return on_spark.apply(source, run, target, without=OTHERS).counts


def by_command(source: Path, run: pipeline.Run, target: str) -> Counts:
    """Return what the command counts in tables that a file lists, one of them of a catalogue."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    session.read.parquet(str(source / "visits.parquet")).write.saveAsTable("default.kam_visits")
    tables = source.with_name("tables.toml")
    tables.write_text(
        'customers = "data/客户.parquet"\norders = "data/orders"\nvisits = "table:default.kam_visits"\n',
        "utf-8",
    )
    words = ["apply", str(tables), "--engine", "spark", "-o", target, "--format", "json"]
    words += [word for path in run.rules for word in ("-r", str(path))]
    words += [word for name in OTHERS for word in ("--no-plugin", name)]
    done = CliRunner().invoke(cli.cli, words, catch_exceptions=False)
    assert done.exit_code in (0, 1), done.output
    told = json.loads(done.stdout)["tables"]
    return {name: (n["decided"], n["undecided"]) for name, n in told.items()}


def test_200_000_customers_with_2_000_000_order_lines_get_tiers_and_cadence_of_the_local_run(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(TIERS_AND_CADENCE, monkeypatch)

    assert assert_same_decisions(spark, tmp_path, 200_000, by_function) == TIERS_AND_CADENCE

    share = pl.read_parquet(tmp_path / "here" / "占比分级 tier_share.parquet")
    assert share["占比等级 Share Tier"].n_unique() > 3
    assert share["rule"].null_count() > 0


def test_every_table_that_parts_can_decide_gives_2_000_customers_the_decisions_of_the_local_run(
    spark: Any, tmp_path: Path
) -> None:
    assert assert_same_decisions(spark, tmp_path, 2_000, by_command) > TIERS_AND_CADENCE


def test_a_table_that_reads_a_fact_of_everybody_is_left_out_where_it_cannot_be_taken_apart(
    tmp_path: Path, book: Any
) -> None:
    from kamrules.parts import spark as on_spark

    column = Column("my_rank", "我的名次", "My Rank", "int")

    @fact("customers", columns=(column,), after=result("customers", "等级", "Tier"))
    def my_rank(customers: Rows) -> Rows:
        return customers.select("customer_id", my_rank=pl.lit(1))

    rules = book(tmp_path / "rules.xlsx", 规则="""
        | 决策表 | 名次 |
        | 命中策略 | F |
        | 规则 | 条件 IN | 结果 OUT |
        | 列 | 我的名次 | 礼品 |
        | R1 | <=3 | 茶 |
        """)  # fmt: skip
    manager = plugins.load()
    manager.register(SimpleNamespace(my_rank=my_rank), name="mine")
    run = pipeline.Run(manager, (rules,), as_of=dt.date(2024, 12, 31))
    people = pl.read_parquet(write_tables(tmp_path / "data", 10) / "客户.parquet").clear()

    plan, _, problems = on_spark.planned(
        "data", {"customers": people}, {"customers"}, run, pipeline.as_of_date
    )

    assert "名次" not in {linked.table.name for linked in plan.linked}
    assert any("My Rank" in p.why.en for p in problems if p.code == "E330")


@settings(
    # Spark takes seconds for a table.
    max_examples=60 if os.environ.get("KAMRULES_EVERY") else 2, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(drawn=st.lists(tables(), min_size=4, max_size=4), rows=customers())
def test_the_sql_of_spark_decides_what_the_engine_decides(
    spark: Any, drawn: list[Any], rows: list[dict[str, Any]]
) -> None:
    spark.sql("DROP DATABASE IF EXISTS kam CASCADE")
    spark.sql("CREATE DATABASE kam")
    spark.sql("USE kam")
    schema = ", ".join(f"`{c.key}` {SPARK_TYPES.get(c.type, 'double')}" for c in COLUMNS)
    rows = readable(rows)
    frame = spark.createDataFrame(stored(rows), f"`{ROW}` int, {schema}")
    frame.write.saveAsTable("customers")
    checked = 0
    for n, (table, _) in enumerate(drawn):
        named = linked([["决策表", f"t{n}"], *table[1:]])
        try:
            script = made(named, "spark")
        except RefusedError:
            continue
        for statement in script:
            spark.sql(statement)
        found = [row.asDict() for row in spark.table(f"kam_t{n}").collect()]
        assert in_order(found) == in_order(expected(named, rows))
        checked += 1
    assert checked


def test_spark_decides_the_conformance_suite_as_the_engine_does(spark: Any, shared: Path) -> None:
    compared = 0
    for n, decided in enumerate(decided_cases(shared / "tck")):
        # Several workbooks have a table of the same name.
        spark.sql(f"CREATE DATABASE tck{n}")
        spark.sql(f"USE tck{n}")
        rows = in_a_database(decided).with_columns(pl.col(ROW).cast(pl.Int32))
        spark.createDataFrame(rows.to_arrow()).createOrReplaceTempView("customers")
        *before, view = made(decided.compiled.linked, "spark")
        for statement in before:
            spark.sql(statement)
        found = [row.asDict() for row in spark.sql(view.partition(" AS\n")[2]).collect()]
        assert in_order(found) == in_order(views(decided, decided.decision(), ROW))
        compared += len(rows)
    assert compared == 51


def test_what_is_worked_out_by_spark_is_the_same_to_the_last_bit(spark: Any) -> None:
    spark.sql("CREATE DATABASE IF NOT EXISTS formulas")
    spark.sql("USE formulas")
    rows = near_numbers()
    schema = ", ".join(f"`{c.key}` {SPARK_TYPES.get(c.type, 'double')}" for c in COLUMNS)
    numbers = spark.createDataFrame(stored(rows), f"`{ROW}` int, {schema}")
    numbers.createOrReplaceTempView("customers")

    for table in worked_out():
        for statement in made(table, "spark"):
            spark.sql(statement.replace("CREATE VIEW", "CREATE TEMPORARY VIEW"))
        found = [row.asDict() for row in spark.table(view_name(table.table)).collect()]
        assert in_order(found) == in_order(expected(table, rows))


# Tables with formulas, conditions between columns, and what others leave undecided.
WITH_FORMULAS = {
    "kam_tier_upgrade", "kam_tier_score", "kam_vip_traits", "kam_manual_vs_computed",
    "kam_tier_effective",
}  # fmt: skip


@pytest.mark.parametrize("chosen", [WITH_FORMULAS, pytest.param(None, marks=pytest.mark.large)])
def test_the_shipped_tables_decide_in_spark_what_they_decide_here(
    spark: Any, chosen: set[str] | None
) -> None:
    from kamrules.parts.spark import _arrow

    rows = shipped(200)
    views = rows.views
    statements = sql("spark").split(";\n\n")
    spark.sql("DROP DATABASE IF EXISTS shipped CASCADE")
    spark.sql("CREATE DATABASE shipped")
    spark.sql("USE shipped")
    for sheet, frame in rows.frames.items():
        spark.createDataFrame(_arrow(frame)).createOrReplaceTempView(sheet)
    for view, (_, decided) in views.items():
        # What a table reads from others is as they decide it here.
        read = f"LEFT JOIN `{view}`"
        if any(read in s and (not chosen or _made(s) in chosen) for s in statements):
            frame = pl.DataFrame(decided, infer_schema_length=None)
            given = _arrow(frame.with_columns(pl.col(pl.Null).cast(pl.String)))
            spark.createDataFrame(given).createOrReplaceTempView(view)

    compared = 0
    for statement in statements:
        view = _made(statement)
        if view not in (chosen or views):
            continue
        if "CREATE VIEW" not in statement:
            spark.sql(statement)
            continue
        key, decided = views[view]
        found = [row.asDict() for row in spark.sql(statement.partition(" AS\n")[2]).collect()]
        assert in_order(found, key) == in_order(decided, key), view
        compared += 1
    assert compared == len(chosen or views)


def _made(statement: str) -> str:
    """Return the view that a statement is for."""
    found = re.search(
        r"(?:CREATE VIEW|CREATE TABLE|INSERT INTO) `(\w+?)(?:_rules|_words|_results)?`", statement
    )
    return found[1] if found else ""


def test_customers_at_exactly_a_percentage_of_a_total_meet_it_on_spark(spark: Any) -> None:
    spark.sql("CREATE DATABASE IF NOT EXISTS percentages")
    spark.sql("USE percentages")
    rows, exact = at_exactly_a_percentage()
    (view,) = made(percentages(), "spark")

    for share in ("share", "product"):
        given = rows.select(pl.col(ROW).cast(pl.Int64), pl.col(share).alias("share"))
        spark.createDataFrame(given.to_arrow()).createOrReplaceTempView("customers")
        spark.sql(view.replace("CREATE VIEW", "CREATE OR REPLACE TEMPORARY VIEW"))
        found = pl.from_arrow(spark.table("kam_t").toArrow())

        assert isinstance(found, pl.DataFrame)
        assert found.sort(ROW)["等级"].equals(exact)


def test_sums_ranks_and_shares_of_spark_are_ours_to_the_bit(spark: Any, tmp_path: Path) -> None:
    source = write_tables(tmp_path / "data", 2000)
    orders = pl.read_parquet(source / "orders").with_columns(pl.col("Amount").fill_nan(None))
    names = {"Customer ID": "customer_id", "Date": "date", "Amount": "amount"}
    orders = orders.select(*names).rename(names)
    ids = orders.select("customer_id").unique()
    ours = portfolio(totals(ids, orders, dt.date.min, dt.date.max)).collect()
    orders.write_parquet(tmp_path / "orders.parquet")
    spark.read.parquet(str(tmp_path / "orders.parquet")).createOrReplaceTempView("order_lines")

    for _ in range(10):
        found = pl.from_arrow(spark.sql(SALES_SQL.replace('"', "`")).toArrow())

        assert isinstance(found, pl.DataFrame)
        assert bits(found) == bits(ours)
