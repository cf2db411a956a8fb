"""Customers as other sheets speak of them: who they are, whose, and how they rank."""

from __future__ import annotations

import datetime as dt

import polars as pl

from kamrules.plugin import Rows, result

TIER = result("customers", "等级", "Tier")
LEVEL = result("customers", "服务等级", "Service Level")
UNDECIDED = "未判定"


def graded(customers: Rows) -> Rows:
    """Return id, name, owner, branch and tier of every customer, of rows that wait for its tier."""
    return customers.select(
        "customer_id", "customer_name", "owner", "branch",
        pl.col(TIER.key).fill_null(UNDECIDED).alias("tier"),
    ).unique("customer_id", keep="first", maintain_order=True)  # fmt: skip


def leveled(customers: Rows) -> Rows:
    """Return id, name, owner and level of each customer: the level all schemes share, else its tier."""
    level = pl.coalesce(LEVEL.key, TIER.key, pl.lit(UNDECIDED)).alias("customer_tier")
    known = customers.drop_nulls("customer_id").unique(
        "customer_id", keep="first", maintain_order=True
    )
    return known.select("customer_id", "customer_name", "owner", level)


def end_of(as_of: dt.date) -> dt.datetime:
    """Return the instant a run counts up to: the end of the as-of date."""
    return dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time())
