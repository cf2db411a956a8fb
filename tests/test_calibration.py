"""What other cuts of a tier scheme lead to, beside what is commonly said."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from kamrules.ask.calibrate import calibration
from kamrules.ask.calibrate import text as calibration_text
from kamrules.ask.calibrate.calibration import Cut, Scheme
from kamrules.hooks import plugins
from kamrules.page import offers
from kamrules.run import pipeline
from kamrules.words.width import width
from tests.conftest import write_book
from tests.kit.books import CUSTOMERS, SHARE
from tests.kit.command import run

Book = Callable[..., Path]

ORDERS = """
    | 订单编号 | 客户编号 | 日期       | 销售额 | 利润 |
    | 1       | A001    | 2024-03-01 | 9000  | 1500 |
    | 2       | A002    | 2024-05-01 | 960   | 100  |
    | 3       | A003    | 2024-06-30 | 40    | -600 |
"""
LAST = """
    | 期次       | 客户编号 | 等级     |
    | 2023-12-31 | A001    | 重点     |
    | 2023-12-31 | A002    | 战略     |
    | 2023-12-31 | A003    | 非大客户 |
"""


def worked(path: Path, *rules: Path, **options: Any) -> pipeline.Workings:
    return pipeline.workings(path, pipeline.Run(plugins.load(), rules, **options))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Scheme]:
    """Return the calibration of three customers without a history."""
    path = tmp_path_factory.mktemp("plain") / "客户.xlsx"
    return calibration.calibrate(worked(write_book(path, 客户=CUSTOMERS, 销售=ORDERS)))


def share(schemes: Sequence[Scheme]) -> Scheme:
    return next(s for s in schemes if "tier_share" in s.table)


def cut(scheme: Scheme, value: float) -> Cut:
    return next(c for c in scheme.cuts if float(c.value) == value)


def test_a_cut_is_tried_at_other_values_between_its_neighbours(plain: Sequence[Scheme]) -> None:
    found = cut(share(plain), 0.05)

    values = [float(t.value) for t in found.trials]
    assert values == sorted(values)
    assert min(values) > 0.01
    assert [float(t.value) for t in found.trials if t.current] == [0.05]
    assert found.rules == ("R2", "R4")
    by_value = {float(t.value): [g.count for g in t.groups] for t in found.trials}
    # A002 has 9.6%, but is key by its strategic importance whatever the cut.
    assert by_value[0.05] == [2, 0, 0, 1]
    assert by_value[0.1] == [1, 1, 0, 1]


def test_a_trial_is_what_rules_with_that_cut_decide(
    tmp_path: Path, book: Book, shared: Path
) -> None:
    northwind = shared / "data" / "northwind_kam.xlsx"
    found = cut(share(calibration.calibrate(worked(northwind))), 0.01)

    for trial in found.trials[::4]:
        written = f"{float(trial.value) * 100:.15g}%"
        table = SHARE.replace("1%", written)
        rules = book(tmp_path / "rules.xlsx", 分级=table)
        result = worked(northwind, rules).result
        counts = dict(result.subjects["grade"].value_counts().iter_rows())
        assert {g.grade: g.count for g in trial.groups if g.count} == counts, written


def test_tiers_have_their_part_of_sales_and_profit(plain: Sequence[Scheme]) -> None:
    groups = share(plain).groups

    assert [(g.grade, g.count, g.sales, g.profit) for g in groups] == [
        ("战略", 2, pytest.approx(0.996), pytest.approx(1.6)),
        ("重点", 0, 0, 0),
        ("普通", 0, 0, 0),
        ("非大客户", 1, pytest.approx(0.004), pytest.approx(-0.6)),
    ]


def test_moves_are_counted_against_now_and_against_last_period(tmp_path: Path, book: Book) -> None:
    path = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 历史=LAST)

    found = cut(share(calibration.calibrate(worked(path))), 0.05)

    moves = {float(t.value): (t.moved, t.up, t.down) for t in found.trials}
    assert moves[0.05] == (0, 1, 0)
    assert moves[0.1] == (1, 1, 1)


def test_empty_oversized_and_borderline_tiers_are_warned_of(tmp_path: Path, book: Book) -> None:
    near = ORDERS.replace("| 40 ", "| 96 ")
    path = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=near)

    warnings = [w.zh for w in share(calibration.calibrate(worked(path))).warnings]

    assert warnings == [
        "66.67% 的客户都是 战略 (2 户): 分级区分度低, 请核对门槛.",
        "没有客户达到 重点: 请核对门槛.",
        "没有客户达到 普通: 请核对门槛.",
        "1 户离门槛 销售额占比 1% 不到 10%: A003",
    ]


def test_the_ends_of_a_values_row_are_no_cuts(shared: Path) -> None:
    found = calibration.calibrate(worked(shared / "data" / "northwind_kam.xlsx"))

    pyramid = next(s for s in found if "tier_pyramid" in s.table)
    assert [float(c.value) for c in pyramid.cuts] == [0.01, 0.2, 0.5]
    assert not pyramid.official


def test_northwind_of_1997_has_3_strategic_and_28_key_customers(shared: Path) -> None:
    workings = worked(shared / "data" / "northwind_kam.xlsx", as_of=dt.date(1997, 12, 31))

    counts = [g.count for g in share(calibration.calibrate(workings)).groups]
    assert counts[:2] == [3, 28]


def test_counts_are_cut_at_whole_numbers_only_and_nobody_is_near_one(
    tmp_path: Path, book: Book
) -> None:
    path = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)
    schemes = calibration.calibrate(worked(path))

    grade = next(s for s in schemes if "tier_criteria_grade" in s.table)
    assert all(t.value == int(t.value) for c in grade.cuts for t in c.trials)
    assert not any(c.borderline for c in grade.cuts)


def test_a_scheme_that_decides_nobody_warns_of_no_tiers(plain: Sequence[Scheme]) -> None:
    bank = next(s for s in plain if "tier_bank" in s.table)

    assert (bank.cuts, bank.warnings) == ((), ())


def test_values_that_lead_to_the_same_are_one_line_and_quoted_figures_follow(
    tmp_path: Path, book: Book
) -> None:
    path = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)

    said = run("calibrate", path, "--lang", "en").stdout

    assert re.search(r"\n \* +0.5%..2% ", said)
    assert re.search(r"sales of the largest 20% of customers +80% +90%\n", said)
    assert re.search(r"profit of the best 20% \(Meridien\) +150% +150%\n", said)
    assert "the worst tenth earns -600 on average" in said.replace("\n    ", " ")


def test_a_calibration_fits_a_terminal(tmp_path: Path, book: Book) -> None:
    path = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 历史=LAST)
    workings = worked(path)
    found = calibration.calibrate(workings)

    for lang in ("zh", "en"):
        beside = offers.quoted(workings.result, lang, workings.run.manager)
        text = calibration_text.as_text(found, workings.result, lang, beside)
        assert max(width(line) for line in text.splitlines()) <= 80
        text.encode("gbk")


def test_calibrate_answers_programs_in_json(tmp_path: Path, book: Book) -> None:
    path = book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)

    answer = json.loads(run("calibrate", path, "--format", "json").stdout)

    official = next(s for s in answer["schemes"] if s["official"])
    assert official["tiers"][0] == {
        "tier": "战略", "customers": 2, "sales": pytest.approx(0.996), "profit": pytest.approx(1.6),
    }  # fmt: skip
    assert {c["value"] for c in official["cuts"]} == {0.01, 0.05, 60.0}
