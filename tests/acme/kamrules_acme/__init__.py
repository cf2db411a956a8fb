"""Payment terms of Acme's customers: a complete plugin for kamrules, to be copied."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules.plugin import (
    ROW,
    UNREADABLE,
    Cell,
    Column,
    ColumnsReport,
    Lang,
    Report,
    Result,
    ResultColumn,
    Rows,
    SheetReport,
    SheetSpec,
    Text,
    fact,
    hookimpl,
    unreadable,
)

RATING = Column(
    "acme_rating", "付款评级", "Payment Rating", "enum",
    synonyms=("资信评级", "Rating"), allowed=("A", "B", "C", "D", "未评"), blank="未评",
)  # fmt: skip
DAYS = Column(
    "acme_days_since_order", "未下单天数", "Days Since Order", "int", unit="天",
    meaning=Text("最后一次下单至基准日的天数", "days from the last order to the as-of date"),
)  # fmt: skip


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    """Add a column to the customers sheet, which kamrules itself describes."""
    return [SheetSpec("customers", "客户", "Customers", (RATING,))]


@fact("customers", columns=(DAYS,), source="orders")
def days_since_order(orders: Rows, as_of: dt.date) -> Rows:
    """Count the days since each customer's last order; a date nobody can read leaves it open."""
    return orders.group_by("customer_id").agg(
        (as_of - pl.col("date").max()).dt.total_days().alias(DAYS.key),
        unreadable(orders, "date").any().alias(DAYS.key + UNREADABLE),
    )


@hookimpl
def rulesets() -> Iterable[Traversable]:
    """Bring the rule workbook."""
    return [files(__name__) / "rulesets" / "acme.xlsx"]


@hookimpl
def reports() -> Iterable[Report | SheetReport | ColumnsReport]:
    """Bring a file ``<book>.kam.changes.md``, a sheet, and a column beside the orders."""
    return [
        Report("changes", files(__name__) / "templates" / "changes.md.j2", ".md"),
        SheetReport("acme_quiet", Text("久未下单", "Quiet Customers"), quiet_customers),
        ColumnsReport("orders", ages),
    ]


def quiet_customers(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    """Return customers by the days since their last order, each with a link to its row."""
    sheet = result.data.sheets["customers"]
    rows = sheet.frame.drop_nulls(DAYS.key).sort(DAYS.key, ROW, descending=[True, False])
    places = rows.select("customer_id", ROW).iter_rows()
    links = {id_: Cell("", sheet.title, f"A{row}").local for id_, row in places}
    return [
        ResultColumn(Text("客户编号", "Customer ID"), rows["customer_id"], links=links),
        ResultColumn(DAYS.name, rows[DAYS.key], "int", bar=True),
    ]


def ages(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    """Return the days from each order to the as-of date, by its row."""
    orders = result.data.sheets["orders"].frame.drop_nulls("date")
    days = (result.as_of - orders["date"]).dt.total_days()
    return [ResultColumn(Text("距今天数", "Days Ago"), days, "int", rows=orders[ROW])]
