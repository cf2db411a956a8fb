"""Satisfaction: surveys and scores of visits, standards by tier, measures, satisfied beside loyal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import polars as pl

from kamrules.plugin import (
    NO_TEXT,
    Book,
    ColumnsReport,
    Lang,
    Result,
    ResultColumn,
    Rows,
    SheetReport,
    SheetSpec,
    Text,
    columns,
    divided,
    fact,
    fact_columns,
    fmt,
    hookimpl,
    list_columns,
    result,
    shown,
)

from .cadence import ITEMS
from .notices import Table, beside_customers, column_of, frame_of, listed
from .shared.people import LEVEL, TIER, leveled
from .surveys import ANSWERS, CHECK, FORM, MOST, POLL, SURVEYS, VISITS, answers, scale

requires = ("cadence",)

BLOCK = result("survey_answers", "项目类别", "Item Block")
WEIGHT = result("survey_answers", "标准权重", "Standard Weight", "percent")
STATE = result("survey_answers", "措施状态", "Measure State")

FACTS = fact_columns("""
    satisfaction | 满意度 | Satisfaction | percent | 12 个月内最近一次调查的加权平均: 先按联系人, 再按客户 | weighted mean of the last survey within 12 months, by contact and then by customer
    satisfaction_product | 产品满意度 | Product Satisfaction | percent | 其中产品类项目 | of its items about products
    satisfaction_service | 服务满意度 | Service Satisfaction | percent | 其中服务类项目 | of its items about service
    satisfaction_before | 上次满意度 | Satisfaction Before | percent | 前一次调查 | of the survey before
    satisfaction_checked | 抽查满意度 | Satisfaction as Checked | percent | 最近一次抽查 | of the last check
    satisfaction_returned | 回访八项满意度 | Satisfaction of Returns | percent | 12 个月内月度回访八项的平均 | mean of the eight items of monthly returns within 12 months
    satisfaction_contacts | 接触满意度 | Satisfaction of Contacts | percent | 180 天内拜访的满意度评分的平均 | mean of the scores of visits within 180 days
    survey_age | 距上次调查_天 | Days since Survey | int 天 | 基准日 - 最近一次调查日期 | as-of date - last survey
""")  # fmt: skip
CUSTOMERS = SheetSpec(
    "customer_satisfaction",
    "客户满意度",
    "Customer Satisfaction",
    columns("""
    customer_id | 客户编号 | Customer ID | text
    customer_name | 客户名称 | Customer Name | text
    owner | 负责人 | Owner | text
    customer_tier | 客户等级 | Customer Tier | text
    competition | 行业竞争 | Competition | enum 高/中/低
    satisfaction | 满意度 | Satisfaction | percent
    satisfaction_product | 产品满意度 | Product Satisfaction | percent
    satisfaction_service | 服务满意度 | Service Satisfaction | percent
    satisfaction_contacts | 接触满意度 | Satisfaction of Contacts | percent
    satisfaction_change | 满意度变化 | Change of Satisfaction | percent
    reported_less_checked | 自报减抽查 | Reported less Checked | percent
    survey_age | 距上次调查_天 | Days since Survey | int
    low_items | 低分项目 | Low Items | text
    loyal | 客户忠诚度 | Customer Loyalty | number
    gained | 客户利润 | Customer Profit | money 元
    """),
    derived=True,
)
YEAR, RECENT = dt.timedelta(days=365), dt.timedelta(days=180)


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    return [SURVEYS, VISITS, ANSWERS, CUSTOMERS]


@hookimpl
def rulesets() -> Iterable[Traversable]:
    return [files("kamrules_rulesets") / "satisfaction.xlsx"]


@hookimpl
def reports() -> Iterable[SheetReport | ColumnsReport]:
    measures = Text("改进措施", "Measures")
    return [
        SheetReport("satisfaction", Text("满意度分析", "Satisfaction"), _overview),
        SheetReport("survey_items", Text("满意度项目", "Survey items"), _items),
        SheetReport("customer_satisfaction", CUSTOMERS.name, partial(listed, _of_customers)),
        SheetReport("measures", measures, partial(listed, _measures)),
        ColumnsReport("customers", partial(beside_customers, "customer_satisfaction", _BESIDE)),
    ]


@fact("customers", columns=FACTS, after=(answers, BLOCK, WEIGHT))
def satisfaction(
    customers: Rows,
    survey_answers: Rows,
    visits: Rows,
    book: Book,
    as_of: dt.date,
    most: str = MOST,
) -> pl.LazyFrame:
    """Return what surveys, checks, returns and visits say of each customer."""
    found = customers.select("customer_id").drop_nulls().unique().lazy()
    returns = _of_visits(visits, book.has("visits", "satisfaction"), as_of, most)
    for part in (_of_surveys(survey_answers, as_of), returns):
        found = found.join(part, on="customer_id", how="left")
    return found.select("customer_id", *(c.key for c in FACTS))


def _of_surveys(answers: Rows, as_of: dt.date) -> pl.LazyFrame:
    """Return the last surveys by customer; a survey is what was answered in one quarter."""
    keys = ("satisfaction", "satisfaction_product", "satisfaction_service", "satisfaction_before")
    weight = pl.coalesce("given_weight", WEIGHT.key, 1.0)
    block = pl.col(BLOCK.key)
    of = {keys[0]: pl.lit(True), keys[1]: block == "产品", keys[2]: block == "服务"}
    points = (pl.when(its).then(pl.col("score") * weight).alias(k) for k, its in of.items())
    weights = (pl.when(its).then(weight).alias(f"#{k}") for k, its in of.items())
    weighed = answers.lazy().with_columns(*points, *weights)
    # Added up in lists, in the order of the rows: groups are added up in any.
    whole = {k: pl.col(f"#{k}").list.sum() for k in of}
    means = [pl.col(k).list.sum() / pl.when(whole[k] > 0).then(whole[k]) for k in of]
    survey: list[Any] = [
        "customer_id",
        "kind",
        pl.col("answered").dt.truncate("1q").alias("quarter"),
    ]
    each = (
        weighed.group_by(*survey, "contact")
        .agg(*of, *(f"#{k}" for k in of), pl.col("answered").max())
        .with_columns(means)
        .sort("contact")
        .group_by("customer_id", "kind", "quarter")
        .agg(*of, pl.col("answered").max())
        .with_columns(pl.col(list(of)).list.mean())
        .sort("quarter")
    )
    year = pl.col("answered") > as_of - YEAR
    polls = each.filter(pl.col("kind") == POLL)
    last = polls.group_by("customer_id").agg(
        *(pl.when(year.last()).then(pl.col(k).last()).alias(k) for k in keys[:3]),
        pl.col("satisfaction").get(-2, null_on_oob=True).alias(keys[3]),
        (pl.lit(as_of) - pl.col("answered").last()).dt.total_days().alias("survey_age"),
    )
    checks = each.filter((pl.col("kind") == CHECK) & year)
    checked = checks.group_by("customer_id").agg(
        pl.col("satisfaction").last().alias("satisfaction_checked")
    )
    return last.join(checked, on="customer_id", how="full", coalesce=True)


def _of_visits(visits: Rows, scored: bool, as_of: dt.date, most: str) -> pl.LazyFrame:
    """Return the mean scores of the visits of each customer."""
    names = ("satisfaction_returned", "satisfaction_contacts")
    day = pl.col("date").cast(pl.Date)
    of_year = day.is_between(as_of - YEAR, as_of, closed="right")
    returns = of_year & (pl.col("kind") == "月度回访")
    items = pl.mean_horizontal(ITEMS) / 10
    score = pl.col("satisfaction")
    highest = scale(most, [visits["satisfaction"]] if scored else [])
    recent = day.is_between(as_of - RECENT, as_of)
    return (
        visits.lazy()
        .group_by("customer_id")
        .agg(
            items.filter(returns).alias(names[0]),
            score.filter(recent).alias(names[1]),
        )
        # Added up in lists, in the order of the rows: groups are added up in any.
        .with_columns(pl.col(names).list.mean())
        .with_columns(divided(pl.col(names[1]), highest))
    )


FACT_KEYS = tuple(c.key for c in FACTS)


@fact(
    CUSTOMERS,
    after=(TIER, LEVEL, satisfaction, "customers.loyalty", "customers.profit", STATE),
    source=("surveys", "visits.satisfaction"),
    scope="subject",
    optional=True,
)
def customer_satisfaction(customers: Rows, survey_answers: Rows) -> Rows:
    """Return a row for each customer, with what its satisfaction is judged by."""
    known = customers.drop_nulls("customer_id").unique(
        "customer_id", keep="first", maintain_order=True
    )
    reported = pl.coalesce("satisfaction", "satisfaction_returned")
    rows = known.select(
        "customer_id",
        pl.col("industry_competition").fill_null("中").alias("competition"),
        *FACT_KEYS,
        (pl.col("satisfaction") - pl.col("satisfaction_before")).alias("satisfaction_change"),
        (reported - pl.col("satisfaction_checked")).alias("reported_less_checked"),
        pl.col("loyalty").cast(pl.Float64).alias("loyal"),
        pl.col("profit").cast(pl.Float64).alias("gained"),
    )
    rows = rows.join(leveled(customers), on="customer_id", how="left", maintain_order="left")
    low = _low(survey_answers)
    rows = rows.join(low, on="customer_id", how="left", maintain_order="left")
    return rows.select(c.key for c in CUSTOMERS.columns)


def _low(answers: Rows) -> Rows:
    """Return the items of the last survey of each customer that need a measure."""
    quarter = pl.col("answered").dt.truncate("1q")
    last = answers.filter(pl.col("kind") == POLL, quarter == quarter.max().over("customer_id"))
    low = last.filter(pl.col(STATE.key) != "不需要")
    items = pl.col("item").unique(maintain_order=True).str.join("、")
    return low.group_by("customer_id", maintain_order=True).agg(items.alias("low_items"))


# Sheets

_BESIDE: Table = [("satisfaction", "percent"), ("满意度评级", "text"), ("调查状态", "text")]


def _of_customers(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    frame = frame_of(result, "customer_satisfaction")
    if frame is not None:
        judged = pl.any_horizontal(
            pl.col(c).is_not_null() for c in ("survey_age", "satisfaction_contacts")
        )
        asked = pl.col(named) != "不要求" if (named := column_of(frame, "调查状态")) else judged
        frame = frame.filter(judged | asked).sort("satisfaction", "customer_id", nulls_last=True)
    return "customer_satisfaction", frame, [
        ("customer_id", "text"), ("customer_name", "text"), ("owner", "text"),
        ("customer_tier", "text"), ("satisfaction", "percent"), ("满意度达标线", "percent"),
        ("满意度评级", "text"), ("satisfaction_product", "percent"),
        ("satisfaction_service", "percent"), ("satisfaction_change", "percent"),
        ("满意度趋势", "text"), ("low_items", "text"), ("满意度动作", "text"),
        ("satisfaction_contacts", "percent"), ("接触预警", "text"),
        ("reported_less_checked", "percent"), ("满意度核对", "text"), ("loyal", "number"),
        ("满意与忠诚", "text"), ("gained", "money"), ("满意与利润", "text"),
        ("survey_age", "int"), ("调查状态", "text"),
    ]  # fmt: skip


def _measures(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    frame = frame_of(result, "survey_answers")
    state = column_of(frame, "措施状态") if frame is not None else None
    if frame is not None and state:
        frame = frame.filter(pl.col(state) != "不需要").sort(
            "answered", "customer_id", "item", descending=[True, False, False]
        )
    return "survey_answers", frame if state else None, [
        ("customer_id", "text"), ("customer_tier", "text"), ("answered", "date"),
        ("item", "text"), ("score", "percent"), ("comment", "text"), ("measure", "text"),
        ("measure_owner", "text"), ("measure_due", "date"), ("measure_done", "date"),
        ("measure_late", "int"), ("措施状态", "text"),
    ]  # fmt: skip


def _items(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    """Return the mean of each item of surveys, the lowest first, and the mean of the year before."""
    frame = frame_of(result, "survey_answers")
    if frame is None:
        return []
    block = column_of(frame, "项目类别")
    said = pl.col(block).first() if block else pl.lit(None, pl.String)
    now, polls = pl.col("answered") > result.as_of - YEAR, pl.col("kind") == POLL
    before = ~now & (pl.col("answered") > result.as_of - 2 * YEAR)
    score, state = pl.col("score"), column_of(frame, "措施状态")
    low = pl.col(state) != "不需要" if state else pl.lit(False)
    rows = (
        frame.filter(polls).group_by("item")
        .agg(
            said.alias("block"), now.sum().alias("answers"), score.filter(now).alias("mean"),
            (low & now).sum().alias("low"), score.filter(before).alias("was"),
        )
        .with_columns(pl.col("mean", "was").list.mean())
        .sort("mean", "item", nulls_last=True)
    )  # fmt: skip
    heads = columns("""
        item | 项目 | Item | text
        block | 项目类别 | Block | text
        answers | 答案数 | Answers | int
        mean | 平均得分率 | Mean | percent
        low | 低分答案数 | Low Answers | int
        was | 上年平均 | Mean of the Year Before | percent
        """)
    shown_ = [(r[0], shown(result, r[1], lang), *r[2:]) for r in rows.rows()]
    return list_columns(shown_, *((c.name, c.type, 18) for c in heads))


def _overview(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    """Return coverage, means, the square of satisfied and loyal, and the reasons to stay."""
    frame = frame_of(result, "customer_satisfaction")
    if frame is None:
        return []
    lines: list[tuple[str, str, str]] = []

    def add(zh: str, en: str, value: Any, note: Text = NO_TEXT, type_: Any = "percent") -> None:
        if value is not None:
            lines.append((Text(zh, en).of(lang), fmt(value, type_, lang), note.of(lang)))

    key = frame.filter(pl.col("customer_tier").is_in(["战略", "重点"]))
    if key.height:
        asked = (key["survey_age"] <= YEAR.days).sum()
        note = Text(f"{asked} / {key.height} 个战略和重点客户, 12 个月内", f"{asked} of {key.height} strategic and key customers, 12 months")  # fmt: skip
        add("调查覆盖率", "Coverage of surveys", asked / key.height, note)
    target = Text("目标 90% (种子)", "target 90% (seed)")
    add("平均满意度", "Mean satisfaction", frame["satisfaction"].mean(), target)
    add("产品满意度", "Satisfaction with products", frame["satisfaction_product"].mean())
    add("服务满意度", "Satisfaction with service", frame["satisfaction_service"].mean())
    by_tier = frame.group_by("customer_tier").agg(pl.col("satisfaction").mean(), pl.len())
    for tier, mean, _ in by_tier.sort("customer_tier").rows():
        name = shown(result, tier, lang)
        add(f"平均满意度: {name}", f"Mean satisfaction: {name}", mean)
    square = column_of(frame, "满意与忠诚")
    if square:
        note = Text("满意不等于忠诚", "satisfied is not loyal")
        for said, count in frame[square].drop_nulls().value_counts().sort(square).rows():
            name = shown(result, said, lang)
            add(f"满意与忠诚: {name}", f"Satisfied and loyal: {name}", count, note, "int")
    for name, count in _drivers(result):
        reason = shown(result, name, lang)
        add(f"留下原因: {reason}", f"Reason to stay: {reason}", count, type_="int")
    surveys = result.data.frame("surveys")
    if surveys is not None:
        kept = [surveys[c] for c in ("score", *(c.key for c in FORM)) if c in surveys.columns]
        note = Text("参数 满意度满分; 自动 = 5, 10, 100 中容得下所有得分的最小者", "parameter Highest Score; automatic: the least of 5, 10, 100 that holds all scores")  # fmt: skip
        said = Book(result.data).parameter("满意度满分", "Highest Score")
        most = str(said.value) if said else ""
        add("得分的满分", "Highest score", scale(most, kept), note, "number")
    heads = columns("""
        figure | 项目 | Figure | text
        value | 数值 | Value | text
        note | 说明 | Note | text
        """)
    widths = zip(heads, (36, 16, 60), strict=True)
    return list_columns(lines, *((c.name, c.type, wide) for c, wide in widths))


def _drivers(result: Result) -> list[tuple[str, int]]:
    """Return why customers stay, the most frequent reason first."""
    surveys = result.data.frame("surveys")
    if surveys is None or "driver" not in surveys.columns:
        return []
    named = surveys.filter(pl.col("date") <= result.as_of)["driver"].drop_nulls().value_counts()
    return named.sort("count", "driver", descending=[True, False]).rows()
