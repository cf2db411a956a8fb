"""Data quality: what is missing, old, double or contradictory, and how complete a customer is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

import polars as pl

from kamrules.plugin import (
    ROW,
    Book,
    Lang,
    Problem,
    Result,
    ResultColumn,
    Rows,
    SheetReport,
    SheetSpec,
    Text,
    Uses,
    divided,
    fact,
    fact_columns,
    hookimpl,
    message,
    uses,
)

from .accounts.words import label
from .visits import CONTACTS

requires = ("credit", "entitlements", "tiering")

# fmt: off
NAME_WITH_SEVERAL_KEYS = message("W231", kind="header",
    what=("客户名称 “{found}” 有几个编号: {keys}",
          "the customer name “{found}” has several keys: {keys}"),
    why=("同一个名称用了不同的编号", "one name stands beside different keys"),
    fix=("是同一个客户就合并成一个编号, 不是就在名称里区分",
         "use one key if it is one customer, else tell the names apart"),
    effect=("它们分别判定, 销售额不相加",
            "they are decided one by one, their sales are not added up"),
    example={"found": "安捷物流", "keys": "KA1022, KA1031"})
NO_APPROVER = message("W232", kind="header",
    what=("战略意义 “{found}” 没有批准人", "the strategic mark “{found}” has no approver"),
    why=("按规定它要经批准", "it wants somebody's approval"),
    fix=("填上 批准人, 或清空 战略意义", "fill in the approver, or clear the mark"),
    effect=("等级照样按它判定", "the tier follows it all the same"),
    example={"found": Text("重大", "major")})
DATES_CONTRADICT = message("W233", kind="header",
    what=("{later} 早于 {earlier}: {found} ({count} 行)",
          "{later} is before {earlier}: {found} ({count} rows)"),
    why=("两个日期互相矛盾", "the two dates contradict each other"),
    fix=("改正其中一个日期", "correct one of them"),
    effect=("用到这两个日期的数字不可信", "figures that use these dates are not reliable"),
    example={"later": Text("解决时间", "Resolved At"), "earlier": Text("受理时间", "Received At"),
             "found": "C-0107", "count": 2})
REPEATED_ROWS = message("W234", kind="header",
    what=("{sheet} 有 {count} 行与前面的行完全相同: 订单 {found}",
          "{count} rows of {sheet} repeat an earlier row: order {found}"),
    why=("订单, 产品, 日期, 金额都一样", "order, product, date and amount are the same"),
    fix=("是重复录入就删去; 确有两行时加上行号",
         "delete them if they were entered twice; give both a line number if they are real"),
    effect=("这些行都计入销售额", "all of them count as sales"),
    example={"sheet": "销售", "count": 3, "found": "SO-2024-0117"})
SHARED_NUMBERS = message("W235", kind="header", severity="notice",
    what=("{count} 个订单编号用于不止一个客户: {found}",
          "{count} order numbers belong to more than one customer: {found}"),
    why=("订单编号不是唯一的", "an order number is no key here"),
    fix=("不是错误就不用改", "leave them if that is as it should be"),
    effect=("销售额按客户编号计算, 不受影响; 订单数按客户分别计算",
            "sales follow the customer's key and are not affected"),
    example={"count": 2, "found": "SO-2024-0117, SO-2024-0230"})
# fmt: on


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
FACTS = fact_columns("""
    completeness | 资料完整度 | Completeness | percent | 已填字段的权重 / 全部权重 | weights of the fields that are filled / all weights
    missing_fields | 缺少的资料 | Missing Fields | text | 没有填的字段 | fields that are not filled
    archive_blocks | 档案块数 | Archive Blocks | int | 基本信息, 业务往来, 需求反馈 三块里有几块 | how many of basic data, business and feedback there are
    data_age_days | 资料天数 | Days since Update | int 天 | 基准日 - 更新日期 | as-of date - updated
    updating_departments | 更新部门数_90天 | Departments in 90 Days | int | 最近 90 天接触过客户的部门数; 没有部门列则为空 | departments in contact within 90 days; empty without that column
    visits_without_feedback | 无反馈拜访数 | Visits without Feedback | int | 期内没有写客户反馈的拜访 | visits of the period without feedback
""")  # fmt: skip


@hookimpl
def sheets() -> Iterable[SheetSpec | Uses]:
    return [CONTACTS, uses("visits", "department")]


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


@fact("customers", columns=FACTS)
def completeness(
    customers: Rows, contacts: Rows, contracts: Rows, orders: Rows, visits: Rows, book: Book,
    as_of: dt.date, period: tuple[dt.date, dt.date],
) -> Rows:  # fmt: skip
    """Return how complete and how old what is known of each customer is."""
    fields = [key for key in WEIGHTS if not key.startswith("#")]
    known = (
        customers.drop_nulls("customer_id")
        .unique("customer_id", keep="first", maintain_order=True)
        .with_columns(pl.col(key).is_not_null() for key in fields)
        .join(_marked(contacts, "#contact"), on="customer_id", how="left")
        .join(_marked(contracts, "#contract"), on="customer_id", how="left")
        .join(_marked(orders, "#order"), on="customer_id", how="left")
        .join(_of_visits(visits, as_of, period), on="customer_id", how="left")
        .with_columns(pl.col("#contact", "#contract", "#order", "#feedback").fill_null(False))
    )
    score = pl.sum_horizontal(pl.col(key) * weight for key, weight in WEIGHTS.items())
    lacking = [pl.when(~pl.col(key)).then(pl.lit(name)) for key, name in _NAMES.items()]
    basic = pl.all_horizontal("customer_name", "phone") | pl.col("#contact")
    blocks = pl.sum_horizontal(basic, "#order", "#feedback").cast(pl.Int64)
    # What the book does not keep is not counted as none.
    counts = (
        pl.when(pl.lit(book.has("visits", kept))).then(pl.col(key).fill_null(0)).alias(key)
        for key, kept in (("updating_departments", "department"), ("visits_without_feedback", ""))
    )
    return known.select(
        "customer_id",
        divided(score, sum(WEIGHTS.values())).alias("completeness"),
        pl.concat_str(lacking, separator="、", ignore_nulls=True).replace("", None).alias("missing_fields"),
        blocks.alias("archive_blocks"),
        (pl.lit(as_of) - pl.col("updated_at")).dt.total_days().alias("data_age_days"),
        *counts,
    )  # fmt: skip


def _marked(rows: Rows, name: str) -> Rows:
    """Return the customers that some rows name, marked in a column *name*."""
    return rows.select("customer_id").unique().with_columns(pl.lit(True).alias(name))


def _of_visits(visits: Rows, as_of: dt.date, period: tuple[dt.date, dt.date]) -> Rows:
    day = pl.col("date").cast(pl.Date)
    recent = day.is_between(as_of - dt.timedelta(90), as_of)
    departments = pl.col("department").filter(recent).drop_nulls().n_unique().cast(pl.Int64)
    without = (day.is_between(*period) & pl.col("feedback").is_null()).sum()
    return visits.group_by("customer_id").agg(
        pl.col("feedback").is_not_null().any().alias("#feedback"),
        departments.alias("updating_departments"),
        without.cast(pl.Int64).alias("visits_without_feedback"),
    )


# Faults at their cells


@fact("customers", columns=(), ahead=True)
def faults(customers: Rows, orders: Rows, contracts: Rows, book: Book) -> list[Problem]:
    """Return what contradicts itself or stands twice."""
    sheets = {"orders": orders, "contracts": contracts}
    return [
        *_names_twice(customers, book),
        *_without_approver(customers, book),
        *(p for key, *names in ORDERED for p in _out_of_order(sheets[key], book, key, *names)),
        *_lines_twice(orders, book),
        *_orders_shared(orders, book),
    ]


def _names_twice(customers: Rows, book: Book) -> Iterator[Problem]:
    known = customers.select(ROW, "customer_id", "customer_name").drop_nulls()
    named = known.group_by("customer_name", maintain_order=True).agg(
        pl.col("customer_id").unique(maintain_order=True), pl.col(ROW)
    )
    twice = named.filter(pl.col("customer_id").list.len() > 1)
    for name, ids, rows in twice.head(SINGLES).rows():
        where = book.at("customers", "customer_name", rows)
        yield NAME_WITH_SEVERAL_KEYS.at(where, found=name, keys=", ".join(ids), more="")
    if twice.height > SINGLES:
        shown = ", ".join(twice["customer_name"].head(3))
        where = book.at("customers", "customer_name", twice[ROW].explode().to_list())
        yield NAME_WITH_SEVERAL_KEYS.at(
            where, found=f"{shown}, ...", keys=str(twice.height), more=""
        )


def _without_approver(customers: Rows, book: Book) -> Iterator[Problem]:
    if not book.has("customers", "approver"):
        return
    flagged = pl.col("strategic_flag").is_in(["重大", "重要"]) & pl.col("approver").is_null()
    found = customers.filter(flagged).select(ROW, "customer_id", "strategic_flag")
    for row, id_, flag in found.rows():
        where = book.at("customers", "strategic_flag", row)
        yield NO_APPROVER.at(where, found=flag, key=id_ or "")


def _out_of_order(
    frame: Rows, book: Book, sheet: str, earlier: str, later: str
) -> Iterator[Problem]:
    wrong = frame.filter(pl.col(later) < pl.col(earlier)).select(ROW, earlier, later)
    groups = [wrong] if wrong.height > SINGLES else [wrong[n] for n in range(wrong.height)]
    for rows in groups:
        found = f"{rows[later][0]} < {rows[earlier][0]}"
        yield DATES_CONTRADICT.at(book.at(sheet, later, rows[ROW].to_list()), found=found,
            later=book.label(sheet, later), earlier=book.label(sheet, earlier), count=rows.height,
        )  # fmt: skip


def _lines_twice(orders: Rows, book: Book) -> Iterator[Problem]:
    if not (book.has("orders", "line") or book.has("orders", "product")):
        return
    keys = ("order_id", "line", "customer_id", "date", "product", "amount", "quantity")
    known = orders.drop_nulls(["order_id", "customer_id", "amount"])
    again = known.filter(~pl.struct(keys).is_first_distinct())
    if not again.is_empty():
        where = book.at("orders", "order_id", again[ROW].to_list())
        found = ", ".join(again["order_id"].unique(maintain_order=True).head(3))
        yield REPEATED_ROWS.at(where, found=found, count=again.height, sheet=book.title("orders"))


def _orders_shared(orders: Rows, book: Book) -> Iterator[Problem]:
    known = orders.select(ROW, "order_id", "customer_id").drop_nulls()
    shared = known.group_by("order_id", maintain_order=True).agg(
        pl.col("customer_id").n_unique(), pl.col(ROW).first()
    )
    shared = shared.filter(pl.col("customer_id") > 1)
    if not shared.is_empty():
        where = book.at("orders", "order_id", shared[ROW].to_list())
        found = ", ".join(shared["order_id"].head(3))
        yield SHARED_NUMBERS.at(where, found=found, count=shared.height)


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
