"""The lists of contacts on the sheets of the result workbook."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from kamrules.plugin import (
    Lang,
    Result,
    ResultColumn,
    Text,
    period,
    typed,
)

from ..notices import Table, column_of, frame_of
from .sheets import CHECKS


def channel_list(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    return "channels", frame_of(result, "channels"), [
        ("channel", "text"), ("contacts", "int"), ("reached", "int"), ("渠道权重", "number"),
    ]  # fmt: skip


def customer_list(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    frame = frame_of(result, "customer_contacts")
    if frame is not None:
        due = column_of(frame, "关系接触")
        asked = pl.col(due) != "不要求" if due else pl.lit(False)
        frame = frame.filter(asked | pl.col("last_days").is_not_null())
        frame = frame.sort("last_days", "customer_id", descending=[True, False], nulls_last=False)
    return "customer_contacts", frame, [
        ("owner", "text"), ("customer_id", "text"), ("customer_name", "text"),
        ("customer_tier", "text"), ("relationship", "text"), ("last_contact", "text"),
        ("last_days", "int"), ("关系接触", "text"), ("contacts", "int"), ("points", "number"),
        ("接触评价", "text"), ("channels_used", "int"), ("face_share",
         "percent"), ("formal", "int"), ("informal", "int"),
    ]  # fmt: skip


def after_sale_list(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    frame = frame_of(result, "after_sale")
    if frame is not None and (state := column_of(frame, "售后电话")):
        frame = frame.filter(pl.col(state) != "不要求")
    return "after_sale", frame, [
        ("owner", "text"), ("customer_id", "text"), ("customer_name", "text"),
        ("order_id", "text"), ("delivered", "date"), ("relationship", "text"),
        ("since_delivery", "int"), ("called_after", "int"), ("售后电话", "text"),
    ]  # fmt: skip


def people_list(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    return "people", frame_of(result, "people"), [
        ("owner", "text"), ("customers", "int"), ("due_visits", "int"), ("late_visits", "int"),
        ("longest_late", "int"), ("on_plan", "percent"), ("人员拜访评价", "text"),
    ]  # fmt: skip


def self_check_list(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    return "self_checks", frame_of(result, "self_checks"), [
        ("date", "date"), ("visitor", "text"), ("customer_id", "text"), ("self_check", "text"),
        ("自检分", "number"), ("拜访质量", "text"),
    ]  # fmt: skip


def contact_list(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    return "branch_contacts", frame_of(result, "branch_contacts"), [
        ("branch", "text"), ("key_customers", "int"), ("listed", "int"), ("list_rate", "percent"),
        ("unlisted", "text"),
    ]  # fmt: skip


def market(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    frame = frame_of(result, "visits")
    if frame is None or "market_info" not in frame.columns:
        return "visits", None, []
    told = frame.drop_nulls("market_info").with_columns(pl.col("date").cast(pl.Date).alias("day"))
    told = told.filter(pl.col("day").is_between(*period(result.data, result.as_of))).sort(
        "date", descending=True
    )
    return "visits", told, [
        ("date", "datetime"), ("customer_id", "text"), ("visitor", "text"), ("market_info", "text"),
    ]  # fmt: skip


def matrix(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    """Return the checks as a matrix: a row for each month and customer, a column a department."""
    frame = frame_of(result, "department_checks")
    state = column_of(frame, "部门检查") if frame is not None else None
    if frame is None or state is None:
        return []
    index = ["month", "customer_id", "customer_name", "customer_tier"]
    wide = frame.pivot("department", index=index, values=state, maintain_order=True)
    names = {c.key: c.name for c in CHECKS.columns}
    return [
        ResultColumn(
            names.get(key) or Text(key, key),
            typed(wide[key], result, lang),
            "date" if key == "month" else "text",
            24 if key == "customer_name" else 14,
        )
        for key in wide.columns
    ]
