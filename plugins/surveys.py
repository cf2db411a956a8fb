"""Surveys: the sheet of answers or forms, as scores of one scale."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from kamrules.plugin import (
    ROW,
    Book,
    Problem,
    Rows,
    SheetSpec,
    columns,
    fact,
    fmt,
    message,
    parameter,
)

from .complaints.messages import AFTER_AS_OF
from .shared.people import LEVEL, TIER, UNDECIDED, leveled

# fmt: off
SCORE_OUT_OF_RANGE = message("W731", kind="calendar",
    what=("{count} 个得分超出 0 到 {most}", "{count} scores are outside 0 to {most}"),
    why=("例如 {found}; 满分见参数 满意度满分",
         "such as {found}; the parameter Highest Score says the most"),
    fix=("改正得分, 或改参数 满意度满分", "correct the scores, or the parameter Highest Score"),
    effect=("这些得分不计入满意度", "these scores do not count"),
    example={"count": 2, "found": "12", "most": "10"})
# fmt: on

_WORDS = "很满意=100 满意=80 一般=60 不满意=40 很不满意=20"
# Items that a form may have as columns of its own: the eight of monthly returns, and five of service.
FORM = columns(f"""
    quality | 工程质量 | Quality | number {_WORDS}
    progress | 施工进度 | Progress | number {_WORDS}
    technique | 技术管理 | Technique | number {_WORDS}
    materials | 物资管理 | Materials | number {_WORDS}
    safety | 安全管理 | Safety | number {_WORDS}
    documents | 资料管理 | Documents | number {_WORDS}
    site | 文明施工 | Site | number {_WORDS}
    service | 服务配合 | Service | number {_WORDS}
    manners | 礼仪 | Manners | number {_WORDS}
    process | 服务流程 | Process | number {_WORDS}
    channel_choice | 渠道选择 | Channel Choice | number {_WORDS}
    offers | 优惠措施 | Offers | number {_WORDS}
    modernity | 服务先进性 | Modernity | number {_WORDS}
    """)
SURVEYS = SheetSpec(
    "surveys",
    "满意度",
    "Surveys",
    columns(f"""
    customer_id | 客户编号 | Customer ID | text required | 客户ID, 客户编码, 客户
    date | 调查日期 | Date | date required event | 日期, 填写日期
    contact | 联系人 | Contact | text | 受访人, 填写人
    kind | 性质 | Kind | enum 调查/抽查 blank=调查
    item | 项目 | Item | text | 题目
    score | 得分 | Score | number {_WORDS} | 满意度, 评分, 分数
    weight | 权重 | Weight | percent
    comment | 意见 | Comment | text | 建议
    method | 方式 | Method | enum 问卷/电话/现场
    by | 调查人 | By | text
    driver | 留下原因 | Reason to Stay | enum 位置/价格/建议/选择/关系 | 忠诚原因
    measure | 改进措施 | Measure | text | 措施
    measure_owner | 措施责任人 | Measure Owner | text
    measure_due | 措施期限 | Measure Due | date
    measure_done | 措施完成 | Measure Done | date
    """)
    + FORM,
    ("满意度调查", "顾客满意度调查表", "问卷", "回访评分", "CSAT"),
    references="customer_id",
)
VISITS = SheetSpec(
    "visits",
    "拜访",
    "Visits",
    columns(f"satisfaction | 满意度评分 | Satisfaction | number {_WORDS}"),
    references="customer_id",
)
ANSWERS = SheetSpec(
    "survey_answers",
    "调查答卷",
    "Survey Answers",
    columns("""
    answer_row | 行 | Row | int
    customer_id | 客户编号 | Customer ID | text
    customer_tier | 客户等级 | Customer Tier | text
    answered | 调查日期 | Date | date
    contact | 联系人 | Contact | text
    kind | 性质 | Kind | enum 调查/抽查
    item | 项目 | Item | text
    score | 得分率 | Score | percent
    given_weight | 权重 | Weight | percent
    comment | 意见 | Comment | text
    measure | 改进措施 | Measure | text
    measure_owner | 措施责任人 | Measure Owner | text
    measure_due | 措施期限 | Measure Due | date
    measure_done | 措施完成 | Measure Done | date
    measure_late | 措施逾期_天 | Measure Overdue Days | int
    """),
    derived=True,
)
SCALES = (5.0, 10.0, 100.0)
POLL, CHECK = "调查", "抽查"
MOST = parameter("满意度满分", "Highest Score", "自动")


def scale(most: str, scores: Sequence[pl.Series]) -> float:
    """Return what the highest score is: as the parameter says, else the least that holds them all."""
    said = pl.Series([most]).cast(pl.Float64, strict=False)[0]
    if said is not None and said > 0:
        return float(said)
    top = max((m for s in scores if isinstance(m := s.max(), int | float)), default=0)
    return next((s for s in SCALES if top <= s), SCALES[-1])


@fact(ANSWERS, after=(TIER, LEVEL), source="surveys", ahead=True, optional=True)
def answers(
    surveys: Rows, customers: Rows, book: Book, as_of: dt.date, most: str = MOST
) -> tuple[pl.LazyFrame, list[Problem]]:
    """Return a row for each score of a survey, whether it has rows or columns for its items."""
    late = (pl.lit(as_of) - pl.col("measure_due")).dt.total_days().cast(pl.Float64)
    known = surveys.with_columns(
        pl.col("weight").alias("given_weight"),
        pl.col(ROW).cast(pl.Float64).alias("answer_row"),
        pl.col("date").alias("answered"),
        pl.col("item").fill_null("整体"),
        pl.col("kind").fill_null(POLL),
        pl.when(pl.col("measure_done").is_null() & (late > 0)).then(late).alias("measure_late"),
    )
    problems = _ahead(surveys, book, as_of)
    known = known.filter(pl.col("date") <= as_of).drop_nulls("customer_id")
    form = {c.key: c.zh for c in FORM}
    highest = scale(most, [surveys[c] for c in ("score", *form)])
    kept = [c.key for c in ANSWERS.columns if c.key not in ("item", "score", "customer_tier")]
    wide = known.select(*kept, *form)
    across = wide.unpivot([*form], index=kept, variable_name="item", value_name="score")
    parts = [
        known.select(*kept, "item", "score"),
        across.with_columns(pl.col("item").replace_strict(form)),
    ]
    rows = pl.concat(parts).drop_nulls("score")
    outside = rows.filter(~pl.col("score").is_between(0, highest))
    if outside.height:
        keys = {zh: key for key, zh in form.items()}
        column = keys.get(outside["item"][0], "score")
        where = book.at("surveys", column, int(outside["answer_row"][0]))
        found = fmt(outside["score"][0])
        said = SCORE_OUT_OF_RANGE.at(where, found=found, count=outside.height, most=fmt(highest))
        problems.append(said)
    rows = rows.filter(pl.col("score").is_between(0, highest))
    rows = rows.with_columns(pl.col("score") / highest)
    levels = leveled(customers).select("customer_id", "customer_tier")
    rows = rows.join(levels, on="customer_id", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("customer_tier").fill_null(UNDECIDED))
    rows = rows.sort("answer_row", maintain_order=True)
    return rows.select(c.key for c in ANSWERS.columns).lazy(), problems


def _ahead(surveys: Rows, book: Book, as_of: dt.date) -> list[Problem]:
    ahead = surveys.filter(pl.col("date") > as_of)
    if ahead.is_empty():
        return []
    where = book.at("surveys", "date", ahead[ROW][0])
    found = ahead["date"].min()
    name = book.label("surveys", "date")
    return [AFTER_AS_OF.at(where, found=found, column=name, as_of=as_of, count=ahead.height)]
