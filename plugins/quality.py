"""Data quality: what is missing, old, double or contradictory, and how complete a customer is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules import hookimpl
from kamrules.engine.quotient import divided
from kamrules.facts.fact import Fact
from kamrules.messages.problem import Cell, Problem
from kamrules.messages.text import problem
from kamrules.page.reports import ResultColumn, SheetReport
from kamrules.run.result import Result
from kamrules.sheets.column import ROW, SheetSpec
from kamrules.sheets.period import period
from kamrules.sheets.sheet import Data, Sheet
from kamrules.sheets.specs import columns, fact_columns
from kamrules.words.text import Lang, Text

from .accounts.words import label
from .trade import with_columns

# So many cells with the same fault are told one by one.
SINGLES = 5
# What a file of a customer should hold, and how much each counts.
WEIGHTS = {
    "customer_name": 2, "owner": 2, "phone": 2, "address": 1, "legal_person": 1, "industry": 1,
    "region": 1, "first_deal": 1, "#contact": 3, "#contract": 1, "#feedback": 2,
}  # fmt: skip
_NAMES = {
    "customer_name": "客户名称", "owner": "负责人", "phone": "电话", "address": "地址",
    "legal_person": "法定代表人", "industry": "行业", "region": "地区", "first_deal": "首次合作日期",
    "#contact": "联系人", "#contract": "合同", "#feedback": "客户反馈",
}  # fmt: skip
# Dates of one row that must not come in the other order: sheet, earlier, later.
ORDERED = (
    ("orders", "date", "ship_date"),
    ("orders", "date", "paid_date"),
    ("contracts", "start", "end"),
)
CONTACTS = SheetSpec(
    "contacts",
    "联系人",
    "Contacts",
    columns("""
    contact_id | 联系人编号 | Contact ID | text
    customer_id | 客户编号 | Customer ID | text required | 客户ID, 客户编码
    name | 姓名 | Name | text required | 联系人, 联系人姓名, ContactName
    title | 职务 | Title | text | 职位, 岗位, ContactTitle
    phone | 联系电话 | Phone | text | 手机, 手机号, 电话, Mobile
    """),
    ("客户联系人", "通讯录", "联系人表"),
    references="customer_id",
)
VISITS = SheetSpec(
    "visits",
    "拜访",
    "Visits",
    columns("department | 部门 | Department | text | 所属部门"),
    references="customer_id",
)
FACTS = fact_columns("""
    completeness | 资料完整度 | Completeness | percent | 已填字段的权重 / 全部权重 | weights of the fields that are filled / all weights
    missing_fields | 缺少的资料 | Missing Fields | text | 没有填的字段 | fields that are not filled
    archive_blocks | 档案块数 | Archive Blocks | int | 基本信息, 业务往来, 需求反馈 三块里有几块 | how many of basic data, business and feedback there are
    data_age_days | 资料天数 | Days since Update | int 天 | 基准日 - 更新日期 | as-of date - updated
    updating_departments | 更新部门数_90天 | Departments in 90 Days | int | 最近 90 天接触过客户的部门数; 没有部门列则为空 | departments in contact within 90 days; empty without that column
    visits_without_feedback | 无反馈拜访数 | Visits without Feedback | int | 期内没有写客户反馈的拜访 | visits of the period without feedback
""")  # fmt: skip


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    return [CONTACTS, VISITS]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "quality.xlsx"]


@hookimpl
def reports() -> Iterable[SheetReport]:
    hint = Text(
        "客户信息从哪里来: 各种方式的接触次数",
        "where what is known comes from: contacts by channel",
    )
    return [SheetReport("channels", Text("信息来源", "Sources"), _channels, hint)]


@hookimpl
def facts(data: Data, as_of: dt.date) -> Iterator[Fact]:
    if data.frame("customers") is not None:
        found = tuple(faults(data))
        yield Fact("customers", "customer_id", FACTS, completeness(data, as_of), problems=found)


def completeness(data: Data, as_of: dt.date) -> pl.LazyFrame:
    """Return how complete and how old what is known of each customer is."""
    customers = data.sheets["customers"].frame
    fields = [key for key in WEIGHTS if not key.startswith("#")]
    known = (
        with_columns(customers, *fields, "updated_at")
        .drop_nulls("customer_id")
        .unique("customer_id", keep="first", maintain_order=True)
        .with_columns(pl.col(key).is_not_null() for key in fields)
        .join(_marked(data, "contacts", "#contact"), on="customer_id", how="left")
        .join(_marked(data, "contracts", "#contract"), on="customer_id", how="left")
        .join(_marked(data, "orders", "#order"), on="customer_id", how="left")
        .join(_of_visits(data, as_of), on="customer_id", how="left")
        .with_columns(pl.col("#contact", "#contract", "#order", "#feedback").fill_null(False))
    )
    visits = data.frame("visits")
    if visits is not None:
        counted = ["visits_without_feedback"]
        counted += ["updating_departments"] if "department" in visits.columns else []
        known = known.with_columns(pl.col(counted).fill_null(0))
    score = pl.sum_horizontal(pl.col(key) * weight for key, weight in WEIGHTS.items())
    lacking = [pl.when(~pl.col(key)).then(pl.lit(name)) for key, name in _NAMES.items()]
    basic = pl.all_horizontal("customer_name", "phone") | pl.col("#contact")
    blocks = pl.sum_horizontal(basic, "#order", "#feedback").cast(pl.Int64)
    return known.select(
        "customer_id",
        divided(score, sum(WEIGHTS.values())).alias("completeness"),
        pl.concat_str(lacking, separator="、", ignore_nulls=True).replace("", None).alias("missing_fields"),
        blocks.alias("archive_blocks"),
        (pl.lit(as_of) - pl.col("updated_at")).dt.total_days().alias("data_age_days"),
        "updating_departments",
        "visits_without_feedback",
    )  # fmt: skip


def _marked(data: Data, sheet: str, name: str) -> pl.LazyFrame:
    """Return the customers that a sheet names, marked in a column *name*."""
    frame = data.frame(sheet)
    frame = pl.DataFrame(schema={"customer_id": pl.String}) if frame is None else frame
    return frame.lazy().select("customer_id").unique().with_columns(pl.lit(True).alias(name))


def _of_visits(data: Data, as_of: dt.date) -> pl.LazyFrame:
    visits = data.frame("visits")
    told = {"#feedback": pl.Boolean, "updating_departments": pl.Int64}
    if visits is None:
        return pl.LazyFrame(
            schema={"customer_id": pl.String, **told, "visits_without_feedback": pl.Int64}
        )
    start, end = period(data, as_of)
    day = pl.col("date").cast(pl.Date)
    recent = day.is_between(as_of - dt.timedelta(90), as_of)
    departments = pl.col("department").filter(recent).drop_nulls().n_unique().cast(pl.Int64)
    has = pl.lit("department" in visits.columns)
    without = (day.is_between(start, end) & pl.col("feedback").is_null()).sum()
    return (
        with_columns(visits, "feedback", "department")
        .group_by("customer_id")
        .agg(
            pl.col("feedback").is_not_null().any().alias("#feedback"),
            pl.when(has).then(departments).alias("updating_departments"),
            without.cast(pl.Int64).alias("visits_without_feedback"),
        )
    )


# Faults at their cells


def faults(data: Data) -> Iterator[Problem]:
    """Yield what contradicts itself or stands twice."""
    customers = data.sheets["customers"]
    yield from _names_twice(data.book, customers)
    yield from _without_approver(data.book, customers)
    for key, earlier, later in ORDERED:
        if key in data.sheets:
            yield from _out_of_order(data.book, data.sheets[key], earlier, later)
    if "orders" in data.sheets:
        yield from _lines_twice(data.book, data.sheets["orders"])
        yield from _orders_shared(data.book, data.sheets["orders"])


def _names_twice(book: str, sheet: Sheet) -> Iterator[Problem]:
    if not {"customer_id", "customer_name"} <= set(sheet.frame.columns):
        return
    known = sheet.frame.select(ROW, "customer_id", "customer_name").drop_nulls()
    named = known.group_by("customer_name", maintain_order=True).agg(
        pl.col("customer_id").unique(maintain_order=True), pl.col(ROW)
    )
    twice = named.filter(pl.col("customer_id").list.len() > 1)
    for name, ids, rows in twice.head(SINGLES).rows():
        where = _cell(book, sheet, "customer_name", rows)
        yield problem("W231", where, found=name, keys=", ".join(ids), more="")
    if twice.height > SINGLES:
        rows = twice[ROW].explode().to_list()
        shown = ", ".join(twice["customer_name"].head(3))
        where = _cell(book, sheet, "customer_name", rows)
        yield problem("W231", where, found=f"{shown}, ...", keys=str(twice.height), more="")


def _without_approver(book: str, sheet: Sheet) -> Iterator[Problem]:
    if not {"strategic_flag", "approver"} <= set(sheet.frame.columns):
        return
    frame = sheet.frame
    flagged = pl.col("strategic_flag").is_in(["重大", "重要"]) & pl.col("approver").is_null()
    for row, id_, flag in frame.filter(flagged).select(ROW, "customer_id", "strategic_flag").rows():
        yield problem(
            "W232", _cell(book, sheet, "strategic_flag", [row]), found=flag, key=id_ or ""
        )


def _out_of_order(book: str, sheet: Sheet, earlier: str, later: str) -> Iterator[Problem]:
    if not {earlier, later} <= set(sheet.frame.columns):
        return
    wrong = sheet.frame.filter(pl.col(later) < pl.col(earlier)).select(ROW, earlier, later)
    names = {c.key: c.name for c in sheet.spec.columns}
    if wrong.is_empty():
        return
    groups = [wrong] if wrong.height > SINGLES else [wrong[n] for n in range(wrong.height)]
    for rows in groups:
        found = f"{rows[later][0]} < {rows[earlier][0]}"
        yield problem(
            "W233", _cell(book, sheet, later, rows[ROW].to_list()), found=found,
            later=names[later], earlier=names[earlier], count=rows.height,
        )  # fmt: skip


def _lines_twice(book: str, sheet: Sheet) -> Iterator[Problem]:
    whole = {"order_id", "customer_id", "date", "amount"} <= set(sheet.frame.columns)
    wanted = ("order_id", "line", "customer_id", "date", "product", "amount", "quantity")
    keys = [key for key in wanted if key in sheet.frame.columns]
    if not whole or not {"line", "product"} & set(keys):
        return
    known = sheet.frame.drop_nulls(["order_id", "customer_id", "amount"])
    again = known.filter(~pl.struct(keys).is_first_distinct())
    if not again.is_empty():
        where = _cell(book, sheet, "order_id", again[ROW].to_list())
        found = ", ".join(again["order_id"].unique(maintain_order=True).head(3))
        yield problem("W234", where, found=found, count=again.height, sheet=sheet.title)


def _orders_shared(book: str, sheet: Sheet) -> Iterator[Problem]:
    if not {"order_id", "customer_id"} <= set(sheet.frame.columns):
        return
    known = sheet.frame.select(ROW, "order_id", "customer_id").drop_nulls()
    shared = known.group_by("order_id", maintain_order=True).agg(
        pl.col("customer_id").n_unique(), pl.col(ROW).first()
    )
    shared = shared.filter(pl.col("customer_id") > 1)
    if not shared.is_empty():
        where = _cell(book, sheet, "order_id", shared[ROW].to_list())
        found = ", ".join(shared["order_id"].head(3))
        yield problem("W235", where, found=found, count=shared.height)


def _cell(book: str, sheet: Sheet, column: str, rows: Sequence[int]) -> Cell:
    letter = sheet.letters[column]
    first, last = min(rows), max(rows)
    ref = f"{letter}{first}" if first == last else f"{letter}{first}:{letter}{last}"
    return Cell(book, sheet.title, ref)


def _channels(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    """Return how many contacts came by each channel."""
    visits = result.data.frame("visits")
    if visits is None or "channel" not in visits.columns:
        return []
    counted = visits.group_by("channel").agg(
        pl.len(), pl.col("customer_id").n_unique().alias("customers")
    )
    counted = counted.sort("len", "channel", descending=[True, False])
    names = counted["channel"].fill_null(label("not_known").of(lang))
    return [
        ResultColumn(Text("方式", "Channel"), names, "text", 16),
        ResultColumn(Text("接触次数", "Contacts"), counted["len"], "int", 16),
        ResultColumn(label("customers"), counted["customers"], "int", 16),
    ]
