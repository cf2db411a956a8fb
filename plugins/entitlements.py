"""Entitlements: what a tier may expect, what was used of it, and the relationship it calls for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules.plugin import Rows, fact, fact_columns, hookimpl, result

requires = ("tiering",)

LEVEL = result("customers", "服务等级", "Service Level")
RECENT = 180
# Words in the kind of a visit, and the fact that counts it.
USES = {
    "培训": "training_used",
    "咨询": "consulting_used",
    "交流": "exchange_used",
    "客户活动": "events_used",
}
INBOUND = "来电|来访|800|inbound"
FACTS = fact_columns("""
    training_used | 已用培训天数 | Training Days Used | number | 期内类型含 培训 的拜访, 8 小时一天, 没有耗时算一天 | visits of the period whose kind says 培训, 8 hours a day, a day without hours
    consulting_used | 已用咨询天数 | Consulting Days Used | number | 期内类型含 咨询 的拜访, 同上 | visits of the period whose kind says 咨询, likewise
    exchange_used | 已用交流次数 | Exchange Events Used | int | 期内类型含 交流 的拜访次数 | visits of the period whose kind says 交流
    events_used | 已参加客户活动 | Customer Events Attended | int | 期内类型含 客户活动 的拜访次数 | visits of the period whose kind says 客户活动
    outbound_contacts | 主动接触_180天 | Outbound Contacts of 180 Days | int | 最近 180 天我们主动的接触 | contacts of the last 180 days that we made
    inbound_contacts | 来访来电_180天 | Inbound Contacts of 180 Days | int | 最近 180 天类型或方式为来电来访的接触 | contacts of the last 180 days that the customer made
    service_people | 服务人数 | Service People | int | 期内拜访过的不同的人 | different visitors of the period
    last_visitor | 末次接触人 | Last Contact by | text | 最后一次拜访的人 | who made the last visit
""")  # fmt: skip
PEERS = fact_columns("""
    level_customers | 同级客户数 | Customers of the Level | int | 服务等级相同的客户数 | customers of the same service level
""")  # fmt: skip


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "entitlements.xlsx"]


@fact("customers", columns=FACTS, source="visits", optional=True)
def contacts(
    customers: Rows, visits: Rows, as_of: dt.date, period: tuple[dt.date, dt.date]
) -> pl.LazyFrame:
    """Return what visits say of each customer."""
    ids = customers.lazy().select("customer_id").drop_nulls().unique()
    start, end = period
    day = pl.col("date").cast(pl.Date)
    inside, said = day.is_between(start, end), pl.col("kind").fill_null("")
    recent = day.is_between(as_of - dt.timedelta(RECENT), as_of)
    inbound = pl.format("{} {}", said, pl.col("channel").fill_null("")).str.contains(INBOUND)
    used = {key: inside & said.str.contains(word) for word, key in USES.items()}
    days = pl.col("hours").fill_null(8.0) / 8
    counted = visits.lazy().drop_nulls("date").group_by("customer_id")
    return (
        ids.join(
            counted.agg(
                days.filter(used["training_used"]).sum().alias("training_used"),
                days.filter(used["consulting_used"]).sum().alias("consulting_used"),
                used["exchange_used"].sum().alias("exchange_used"),
                used["events_used"].sum().alias("events_used"),
                (recent & ~inbound).sum().alias("outbound_contacts"),
                (recent & inbound).sum().alias("inbound_contacts"),
                pl.col("visitor").filter(inside).drop_nulls().n_unique().alias("service_people"),
                pl.col("visitor").sort_by("date").drop_nulls().last().alias("last_visitor"),
            ),
            on="customer_id",
            how="left",
        )
        .with_columns(pl.col(c.key).fill_null(0) for c in FACTS if c.type != "text")
        .select("customer_id", *(c.key for c in FACTS))
    )  # fmt: skip


@fact("customers", columns=PEERS, after=LEVEL)
def peers(customers: Rows) -> pl.LazyFrame:
    """Return how many customers have the same service level."""
    count = pl.when(pl.col(LEVEL.key).is_not_null()).then(pl.len().over(LEVEL.key))
    known = customers.lazy().drop_nulls("customer_id")
    return known.unique("customer_id", keep="first", maintain_order=True).select(
        "customer_id", count.cast(pl.Int64).alias("level_customers")
    )
