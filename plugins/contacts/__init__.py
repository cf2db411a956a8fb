"""Contacts: by channel and department, their points, calls after a sale, people, contact lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules.plugin import (
    ROW,
    Book,
    ColumnsReport,
    Rows,
    SheetReport,
    SheetSpec,
    Text,
    fact,
    given,
    hookimpl,
    parameter,
    result,
)

from ..notices import Table, beside_customers, listed
from ..shared.people import LEVEL, TIER, leveled
from .lists import (
    after_sale_list,
    channel_list,
    contact_list,
    customer_list,
    market,
    matrix,
    people_list,
    self_check_list,
)
from .sheets import AFTER_SALE, CHANNELS, CHECKS, CUSTOMERS, LISTS, PEOPLE, SELF_CHECKS, VISITS

requires = ("cadence",)

KEY = ("战略", "重点")
FACE = ("上门", "会议", "展会")
DEPARTMENTS = "质量,市场,造价,技术"
DELIVERIES = 30


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    return [VISITS, CHANNELS, CUSTOMERS, SELF_CHECKS, AFTER_SALE, PEOPLE, CHECKS, LISTS]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "contacts.xlsx"]


@hookimpl
def reports() -> Iterable[SheetReport | ColumnsReport]:
    checks = Text("部门检查", "Department checks")
    information = Text("市场信息", "Market information")
    return [
        SheetReport("contact_channels", CHANNELS.name, partial(listed, channel_list)),
        SheetReport("customer_contacts", CUSTOMERS.name, partial(listed, customer_list)),
        SheetReport("after_sale", AFTER_SALE.name, partial(listed, after_sale_list)),
        SheetReport("people", PEOPLE.name, partial(listed, people_list)),
        SheetReport("self_checks", SELF_CHECKS.name, partial(listed, self_check_list)),
        SheetReport("department_checks", checks, matrix),
        SheetReport("branch_contacts", LISTS.name, partial(listed, contact_list)),
        SheetReport("market_info", information, partial(listed, market)),
        ColumnsReport("customers", partial(beside_customers, "customer_contacts", _BESIDE)),
    ]


_BESIDE: Table = [("last_contact", "text"), ("接触评价", "text"), ("关系接触", "text")]
RELATION = result("customers", "目标关系类型", "Target Relationship")
WEIGHT = result("channels", "渠道权重", "Channel Weight", "number")
DETAILS = result("contacts", "联系人资料", "Contact Details")
STATE = result("visit_plan", "拜访状态", "Visit State")


def dated(visits: Rows) -> Rows:
    """Return the visits of customers up to the as-of date that were not found untrue, by day."""
    wanted = ("channel", "kind", "visitor", "department", "topic", "formality", "self_check")
    real = pl.col("verified").fill_null("") != "不符"
    rows = visits.filter(real).drop_nulls(("customer_id", "date"))
    return rows.select(
        ROW, "customer_id", "date", *wanted, pl.col("date").dt.date().alias("day")
    )  # fmt: skip


@fact(CHANNELS, source="visits", optional=True)
def channels(period: tuple[dt.date, dt.date], calls: Rows = given(dated)) -> pl.LazyFrame:
    """Return how many contacts of the period, and with how many customers, came by each channel."""
    rows = calls.lazy().filter(pl.col("day").is_between(*period))
    counted = rows.group_by(pl.col("channel").fill_null("未填")).agg(
        pl.len().cast(pl.Float64).alias("contacts"),
        pl.col("customer_id").n_unique().cast(pl.Float64).alias("reached"),
    )
    return counted.sort("contacts", "channel", descending=[True, False])


@fact(CUSTOMERS, after=(RELATION, TIER, LEVEL, WEIGHT), source="visits", optional=True)
def customer_contacts(
    customers: Rows,
    channels: Rows,
    book: Book,
    as_of: dt.date,
    period: tuple[dt.date, dt.date],
    calls: Rows = given(dated),
) -> pl.LazyFrame:
    """Return how each customer was contacted in the period, and the last contact there was."""
    weights = channels.select("channel", pl.col(WEIGHT.key).alias("#weight"))
    inside = pl.col("day").is_between(*period)
    # A book that does not keep how formal contacts are has no counts of them.
    said = pl.col("formality")
    kept = pl.lit(book.has("visits", "formality"))
    formal, informal = (
        pl.when(kept).then((inside & (said == kind)).sum().cast(pl.Float64))
        for kind in ("正式", "非正式")
    )
    # One line before a call: when, how, who, about what.
    parts = [pl.col("day").cast(pl.String), "channel", "visitor", "topic"]
    line = pl.concat_str(parts, separator=" ", ignore_nulls=True)
    counted = (
        calls.lazy()
        .with_columns(pl.col("channel").fill_null("未填"))
        .sort("date", ROW)
        .join(weights.lazy(), on="channel", how="left", maintain_order="left")
        .group_by("customer_id")
        .agg(
            inside.sum().cast(pl.Float64).alias("contacts"),
            pl.col("#weight").filter(inside).alias("points"),
            pl.col("channel").filter(inside).n_unique().cast(pl.Float64).alias("channels_used"),
            pl.col("channel").filter(inside).is_in(FACE).mean().alias("face_share"),
            formal.alias("formal"),
            informal.alias("informal"),
            line.last().alias("last_contact"),
            (pl.lit(as_of) - pl.col("day").max()).dt.total_days().alias("last_days"),
        )
        # Added up in a list, in the order of the rows: groups are added up in any.
        .with_columns(pl.col("points").list.sum())
    )
    known = _related(customers).lazy()
    rows = known.join(counted, on="customer_id", how="left", maintain_order="left")
    counts = pl.col("contacts", "points", "channels_used").fill_null(0)
    rows = rows.with_columns(counts, pl.col("last_days").cast(pl.Float64))
    return rows.select(c.key for c in CUSTOMERS.columns)


def _related(customers: Rows) -> Rows:
    """Return name, owner and level of each customer, and the relationship it is to have."""
    known = customers.select("customer_id", pl.col(RELATION.key).alias("relationship")).unique(
        "customer_id", keep="first", maintain_order=True
    )
    return leveled(customers).join(known, on="customer_id", how="left", maintain_order="left")


@fact(SELF_CHECKS, source="visits.self_check", scope="subject", optional=True)
def self_checks(calls: Rows = given(dated)) -> pl.LazyFrame:
    """Return the visits whose visitor checked how well he listened."""
    rows = calls.lazy().drop_nulls("self_check").drop("date")
    named = rows.rename({"day": "date"})
    named = named.with_columns(pl.col(ROW).cast(pl.Float64).alias("visit_row"))
    return named.sort("visit_row").select(c.key for c in SELF_CHECKS.columns)


# Who was called is known of a book that keeps visits.
@fact(AFTER_SALE, after=(RELATION, TIER, LEVEL), source="visits", scope="subject", optional=True)
def after_sale(
    customers: Rows,
    orders: Rows,
    book: Book,
    as_of: dt.date,
    days: int = parameter("售后回访天数", "After-sale Days", DELIVERIES),
    calls: Rows = given(dated),
) -> pl.LazyFrame:
    """Return the deliveries of the last days, and when the customer was next contacted."""
    since = as_of - dt.timedelta(days=days)
    # A book that keeps no dates of delivery delivers on the day of the order.
    delivered = pl.col("ship_date" if book.has("orders", "ship_date") else "date").cast(pl.Date)
    sold = (
        orders.lazy()
        .select(
            "customer_id",
            "order_id",
            delivered.alias("delivered"),
            pl.col("amount").fill_null(1).alias("#amount"),
        )
        .filter(pl.col("delivered").is_between(since, as_of), pl.col("#amount") > 0)
        .drop_nulls("customer_id")
        .unique(["customer_id", "order_id", "delivered"])
        .sort("delivered", "customer_id", "order_id")
    )
    called = calls.lazy().select("customer_id", pl.col("day").alias("called")).sort("called")
    rows = sold.join_asof(
        called, left_on="delivered", right_on="called", by="customer_id", strategy="forward",
        check_sortedness=False,
    )  # fmt: skip
    known = _related(customers).lazy()
    rows = rows.join(known, on="customer_id", how="inner", maintain_order="left")
    gone = (pl.lit(as_of) - pl.col("delivered")).dt.total_days().cast(pl.Float64)
    took = (pl.col("called") - pl.col("delivered")).dt.total_days().cast(pl.Float64)
    rows = rows.with_columns(gone.alias("since_delivery"), took.alias("called_after"))
    return rows.select(c.key for c in AFTER_SALE.columns)


@fact(PEOPLE, after=STATE, source="visits", optional=True)
def people(visit_plan: Rows) -> pl.LazyFrame:
    """Return how far each owner keeps to the plan of visits."""
    late = pl.col(STATE.key).is_in(["从未拜访", "严重逾期", "逾期"])
    counted = visit_plan.lazy().drop_nulls("owner").group_by("owner").agg(
        pl.col("customer_id").n_unique().cast(pl.Float64).alias("customers"),
        pl.len().cast(pl.Float64).alias("due_visits"),
        late.sum().cast(pl.Float64).alias("late_visits"),
        pl.col("overdue_days").max().alias("longest_late"),
        (1 - late.mean()).alias("on_plan"),
    )  # fmt: skip
    return counted.sort("on_plan", "owner").select(c.key for c in PEOPLE.columns)


@fact(CHECKS, after=(TIER, LEVEL), source="visits.department", optional=True)
def department_checks(
    customers: Rows,
    as_of: dt.date,
    period: tuple[dt.date, dt.date],
    departments: str = parameter("检查部门", "Checking Departments", DEPARTMENTS),
    calls: Rows = given(dated),
) -> pl.LazyFrame:
    """Return whether each department looked after each key customer in each month of the period."""
    said = departments.replace("、", ",").replace("，", ",").split(",")
    names = [d.strip() for d in said if d.strip()]
    department = pl.coalesce(
        pl.when(pl.col("department").str.contains(d, literal=True)).then(pl.lit(d)) for d in names
    )
    month = pl.col("day").dt.truncate("1mo").alias("month")
    rows = calls.filter(pl.col("day").is_between(*period))
    rows = rows.with_columns(department.alias("department"), month).drop_nulls("department")
    keys = ["month", "customer_id", "department"]
    done = rows.group_by(keys).agg(pl.len().cast(pl.Float64).alias("checked"))
    first = done["month"].min()
    if not isinstance(first, dt.date):
        return pl.LazyFrame(schema=_CHECKED).select(c.key for c in CHECKS.columns)
    months = pl.DataFrame({"month": pl.date_range(first, as_of, "1mo", eager=True)})
    wanted = leveled(customers).filter(pl.col("customer_tier").is_in(KEY))
    every = wanted.join(months, how="cross").join(pl.DataFrame({"department": names}), how="cross")
    over = pl.col("month") < as_of.replace(day=1)
    found = every.join(done, on=keys, how="left", maintain_order="left").with_columns(
        pl.col("checked").fill_null(0), over.alias("month_over")
    )
    return found.sort("month", "customer_id", maintain_order=True).select(
        c.key for c in CHECKS.columns
    ).lazy()  # fmt: skip


_CHECKED = {c.key: pl.String for c in CHECKS.columns} | {
    "month": pl.Date, "checked": pl.Float64, "month_over": pl.Boolean,
}  # fmt: skip


@fact(LISTS, after=(TIER, LEVEL, DETAILS), source="contacts", optional=True)
def branch_contacts(contacts: Rows, customers: Rows) -> pl.LazyFrame:
    """Return for each branch the key customers with and without a complete contact."""
    known = contacts.filter(pl.col(DETAILS.key) == "齐全")["customer_id"].drop_nulls().unique()
    places = customers.select("customer_id", "branch").unique(
        "customer_id", keep="first", maintain_order=True
    )
    rows = leveled(customers).filter(pl.col("customer_tier").is_in(KEY))
    rows = rows.join(places, on="customer_id", how="left", maintain_order="left")
    has = pl.col("customer_id").is_in(known.implode())
    name = pl.coalesce("customer_name", "customer_id")
    counted = rows.lazy().group_by(pl.col("branch").fill_null("-")).agg(
        pl.len().cast(pl.Float64).alias("key_customers"),
        has.sum().cast(pl.Float64).alias("listed"),
        name.filter(~has).head(20).str.join("、").alias("unlisted"),
        has.mean().alias("list_rate"),
    )  # fmt: skip
    return counted.sort("list_rate", "branch").select(c.key for c in LISTS.columns)
