"""Parts of the customers, worked out apart as Spark does, get the decisions of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from kamrules.hooks import plugins
from kamrules.intake.read import CUSTOMERS, read
from kamrules.intake.tables import places, read_tables
from kamrules.parts import spark
from kamrules.rules.catalogue import merged_specs
from kamrules.run import parquet, pipeline

pytestmark = pytest.mark.large

pa = pytest.importorskip("pyarrow", reason="needs pyarrow: install kamrules[spark]")

PARTS = 3
# Tables that hang on several customers at once in a way that parts cannot be told of, and why.
LEFT_OUT = {
    "细分评价 segment_quality": "its rows are segments, not customers",
    "抽查率 spot_check": "visits are compared with those to other customers",
    "重复接触 dup_contact": "visits are compared with those to other customers",
    "拜访状态 adherence": "the plan shares out the days of a person",
    "月度回访 monthly_return": "the months begin with the first return of all",
    "例会纪要 minutes": "the months begin with the first return of all",
    "回访满意度 return_satisfaction": "visits are compared with those to other customers",
    "目标关系 relationship_type": "an account is weighed against those of its tier",
    "关系差距 relationship_gap": "it reads the type of relationship aimed at",
    "服务义务 obligations": "it reads the type of relationship aimed at",
    "造假处理 falsified": "its rows are branches, not customers",
    "渠道权重 channel_weight": "its rows are channels, not customers",
    "接触评价 contact_level": "it reads the weights of channels",
    "关系接触 relationship_contact": "it reads the type of relationship aimed at",
    "售后电话 after_sale_call": "it reads the type of relationship aimed at",
    "人员拜访评价 person_adherence": "its rows are people, not customers",
    **dict.fromkeys(
        (
            "调查项目 survey_item",
            "项目权重 survey_weight",
            "改进措施 survey_measure",
            "满意度标准 satisfaction_standard",
            "满意度评级 satisfaction_rating",
            "调查周期 survey_due",
            "满意度趋势 satisfaction_trend",
            "满意与忠诚 satisfied_loyal",
            "满意与利润 satisfied_profit",
            "满意度核对 survey_check",
            "接触满意度 contact_satisfaction",
            "隐性投诉 implicit_complaint",
        ),
        "the scale of scores is that of everybody's",
    ),
}


@pytest.fixture
def tables(the_demo: Path, tmp_path: Path) -> Path:
    """Return a folder with the sheets of the demo workbook as Parquet files."""
    data, _ = read(the_demo, merged_specs(plugins.load()))
    folder = tmp_path / "tables"
    folder.mkdir()
    for key, sheet in data.sheets.items():
        columns = [c for c in sheet.frame.columns if "#" not in c]
        sheet.frame.select(columns).write_parquet(folder / f"{key}.parquet")
    return folder


def in_parts(folder: Path) -> tuple[dict[str, pl.DataFrame], set[str]]:
    """Return what each table decides when customers are dealt out to parts, and tables left out."""
    run = pipeline.Run(plugins.load())
    specs = {spec.key: spec for spec in merged_specs(run.manager)}
    at = places(folder, list(specs.values()))
    found = {key: pl.read_parquet(place) for key, place in at.items()}
    dealt = {key for key in found if specs[key].references or key == CUSTOMERS}
    empty = {key: frame.clear() if key in dealt else frame for key, frame in found.items()}
    whole, _ = read_tables("tables", found, list(specs.values()))
    plan, _, problems = spark.planned(
        "tables", empty, dealt, run, lambda _: pipeline.as_of_date(whole)
    )
    rows = []
    for key, columns in plan.columns.items():
        customer = pl.col(specs[key].references or specs[key].unique)
        fields = [pl.col(c).alias(f"c{n}") for n, c in enumerate(columns)]
        part = (customer.hash(7) % PARTS).fill_null(0).cast(pl.Int32).alias("part")
        rows.append(found[key].select(part, pl.struct(fields).alias(key)))
    dealt_out = pl.concat(rows, how="diagonal").to_arrow()

    first = joined(spark.each("part", spark.first_pass(plan))(iter(dealt_out.to_batches())))
    about = first["about"].to_pylist()
    data = first.filter(pa.array([a == "data" for a in about]))
    totals = first.filter(pa.array([a != "data" for a in about]))
    passed = [
        *data.to_batches(),
        *spark.each("about", spark.across_pass(plan))(iter(totals.to_batches())),
        *spark.whole_pass(plan)(iter(data.to_batches())),
    ]
    decided: dict[str, list[pl.DataFrame]] = {}
    for batch in spark.each("part", spark.second_pass(plan))(iter(passed)):
        for name, content in zip(batch["about"].to_pylist(), batch["content"], strict=True):
            if name != parquet.PROBLEMS:
                decided.setdefault(name, []).append(spark.opened(content.as_py()))
    left_out = {p.what.zh.split()[1] for p in problems if p.code in ("E330", "E331")}
    return {name: pl.concat(frames) for name, frames in decided.items()}, left_out


def joined(batches: Iterator[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(list(batches))


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort([c for c, t in frame.schema.items() if not isinstance(t, pl.List)])


def test_parts_get_the_decisions_of_the_whole(tables: Path, tmp_path: Path) -> None:
    outcome = parquet.apply(tables, pipeline.Run(plugins.load()), tmp_path / "whole")

    decided, left_out = in_parts(tables)

    assert {name.split()[0] for name in LEFT_OUT} >= left_out
    assert set(outcome.counts) - set(decided) <= set(LEFT_OUT)
    assert {
        "占比分级 tier_share",
        "最终等级 tier_final",
        "拜访节奏 cadence",
        "投诉时限 sla",
    } <= set(decided)
    for name, found in decided.items():
        whole = pl.read_parquet(tmp_path / "whole" / parquet.file_name(name))
        assert in_order(found).equals(in_order(whole), null_equal=True), name
