"""When the list of key accounts is reviewed, and whether a tier set by hand still holds."""

from __future__ import annotations

import calendar
import datetime as dt
import re

import polars as pl

from kamrules.plugin import Rows, fact, fact_columns, parameter

HALF_YEAR = (6, 12)
FACTS = fact_columns("""
    review_month | 是否评审月 | Review Month | bool | 基准日在评审月份之内 | the as-of date is in a review month
    next_review | 下次评审日 | Next Review | date | 基准日之后第一个评审月的最后一天 | last day of the first review month after the as-of date
    review_overdue_days | 评审逾期天数 | Days Review is Overdue | int 天 | 历史表中最近一期之后错过的评审, 距今天数 | days since the first review that was missed after the latest period of the History sheet
    manual_days_left | 人工等级剩余天数 | Days Left of Manual Tier | int 天 | 人工等级有效期 - 基准日 | manual tier until - as-of date
""")  # fmt: skip


@fact("customers", columns=FACTS)
def reviews(
    customers: Rows, history: Rows, as_of: dt.date,
    said: str = parameter("评审月份", "review months", ""),
) -> pl.LazyFrame:  # fmt: skip
    """Return the facts about reviews for each customer."""
    months = review_months(said)
    return (
        customers.lazy()
        .drop_nulls("customer_id")
        .unique("customer_id", keep="first", maintain_order=True)
        .select(
            "customer_id",
            pl.lit(as_of.month in months).alias("review_month"),
            pl.lit(next_review(as_of, months)).alias("next_review"),
            pl.lit(_overdue(history, as_of, months), pl.Int64).alias("review_overdue_days"),
            (pl.col("manual_tier_until") - pl.lit(as_of)).dt.total_days().alias("manual_days_left"),
        )
    )


def review_months(said: str) -> tuple[int, ...]:
    """Return parameter 评审月份 such as ``6, 12``, half-yearly where it names no month."""
    months = sorted({int(m) for m in re.findall(r"\d+", said) if 1 <= int(m) <= 12})
    return tuple(months) or HALF_YEAR


def next_review(day: dt.date, months: tuple[int, ...]) -> dt.date:
    """Return the last day of the first of *months* that ends after *day*."""
    ends = (
        dt.date(year, month, calendar.monthrange(year, month)[1])
        for year in (day.year, day.year + 1)
        for month in months
    )
    return next(end for end in ends if end > day)


def _overdue(history: Rows, as_of: dt.date, months: tuple[int, ...]) -> int:
    last = history.filter(pl.col("period") < as_of)["period"].max()
    if not isinstance(last, dt.date):
        return 0
    due = next_review(last, months)
    return max(0, (as_of - due).days)
