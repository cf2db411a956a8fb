"""Sales, shares and ranks of the tiering plugin."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kamrules_plugins.review import next_review, review_months
from kamrules_plugins.sales import portfolio, totals

from kamrules.annotate.annotate import annotate
from kamrules.hooks import plugins
from kamrules.messages.problem import Cell
from kamrules.page.compose import compose
from kamrules.run import pipeline
from kamrules.run.result import Result
from kamrules.sheets.column import ROW, UNREADABLE
from kamrules.sheets.period import check_period, period
from kamrules.sheets.sheet import Data, Parameter

from .conftest import by_id, write_book

START, END = dt.date(2024, 1, 1), dt.date(2024, 12, 31)


def orders(lines: list[tuple[str | None, dt.date | None, float | None]]) -> pl.DataFrame:
    schema = {"customer_id": pl.String, "date": pl.Date, "amount": pl.Float64}
    return pl.DataFrame(lines, schema=schema, orient="row").with_row_index(ROW)


def facts(ids: list[str], lines: list[Any]) -> dict[str, dict[str, Any]]:
    customers = pl.DataFrame({"customer_id": ids})
    frame = portfolio(totals(customers, orders(lines), START, END)).collect()
    return {row["customer_id"]: row for row in frame.to_dicts()}


def day(month: int, day_: int = 1, year: int = 2024) -> dt.date:
    return dt.date(year, month, day_)


def test_a_share_is_the_part_of_all_orders_of_the_period() -> None:
    found = facts(
        ["A", "B", "C"],
        [("A", day(1), 60.0), ("A", day(2), 15.0), ("B", day(12, 31), 20.0), ("A", day(1, 1, 2025), 900.0),
         ("X", day(3), 5.0)],
    )  # fmt: skip

    assert [found[c]["sales"] for c in "ABC"] == [75.0, 20.0, 0.0]
    assert [found[c]["share"] for c in "ABC"] == [0.75, 0.2, 0.0]
    assert [found[c]["rank"] for c in "ABC"] == [1, 2, None]
    assert [found[c]["rank_position"] for c in "ABC"] == [0.0, 0.5, None]
    assert [found[c]["cumulative_share"] for c in "ABC"] == [0.75, 0.95, None]
    assert [found[c]["cumulative_share_before"] for c in "ABC"] == [0.0, 0.75, None]


def test_equal_sales_share_the_smallest_rank() -> None:
    found = facts(["A", "B", "C"], [("A", day(1), 5.0), ("B", day(1), 5.0), ("C", day(1), 1.0)])

    assert [found[c]["rank"] for c in "ABC"] == [1, 1, 3]


def test_returns_are_taken_off_and_a_negative_total_has_no_rank() -> None:
    found = facts(["A", "B"], [("A", day(1), 5.0), ("A", day(2), -8.0), ("B", day(1), 103.0)])

    assert (found["A"]["sales"], found["A"]["share"], found["A"]["rank"]) == (-3.0, -0.03, None)
    assert found["B"]["share"] == 1.03


def test_a_customer_with_an_unreadable_order_has_unknown_sales() -> None:
    lines = orders([("A", day(1), None), ("A", day(1), 5.0), ("B", day(1), 5.0), ("C", None, 5.0), ("D", day(1, 1, 2020), None)])  # fmt: skip
    lines = lines.with_columns(
        pl.Series("amount" + UNREADABLE, [True, False, False, False, True]),
        pl.Series("date" + UNREADABLE, [False, False, False, True, False]),
    )
    customers = pl.DataFrame({"customer_id": ["A", "B", "C", "D"]})

    found = portfolio(totals(customers, lines, START, END)).collect().sort("customer_id")

    assert found["sales"].to_list() == [None, 5.0, None, 0.0]
    assert found["sales" + UNREADABLE].to_list() == [True, False, True, False]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.decimals(0, 99999, places=2)), min_size=1),
    st.randoms(),
)
def test_sums_are_the_same_in_every_order_of_the_lines(lines: Any, random: Any) -> None:
    listed = [(c, day(1), float(a)) for c, a in lines]
    shuffled = listed.copy()
    random.shuffle(shuffled)

    assert facts(["A", "B", "C"], listed) == facts(["A", "B", "C"], shuffled)


def test_parts_of_the_customers_give_the_bits_that_the_whole_gives() -> None:
    ids = [f"C{n:05}" for n in range(2000)]
    lines = orders(
        [(ids[n * 7919 % 2000], day(1 + n % 12), (n * 7907 % 99991) / 100) for n in range(20_000)]
    )
    customers = pl.DataFrame({"customer_id": ids})
    whole = portfolio(totals(customers, lines, START, END)).collect().sort("customer_id")

    for run in range(10):
        part = pl.col("customer_id").hash(run) % 7
        parts = [
            totals(customers.filter(part == n), lines.filter(part == n), START, END)
            for n in range(7)
        ]
        found = portfolio(pl.concat(parts)).collect().sort("customer_id")
        for column in found.columns:
            bits = [
                f[column].reinterpret(signed=False) if f[column].dtype.is_float() else f[column]
                for f in (found, whole)
            ]
            assert bits[0].equals(bits[1], null_equal=True)


def test_a_line_too_large_for_fixed_point_is_unknown_and_sums_do_not_wrap_around() -> None:
    found = facts(
        ["A", "B", "C"],
        [("A", day(1), 1e15), ("B", day(1), 9e14), ("B", day(1), 9e14), ("C", day(1), 1.0)],
    )

    assert found["A"]["sales"] is None
    assert found["A"]["sales" + UNREADABLE]
    assert found["B"]["sales"] == 1.8e15


def data(**parameters: Any) -> Data:
    cell = Cell("b.xlsx", "参数", "B2")
    return Data("b.xlsx", {}, {k: Parameter(k, v, cell) for k, v in parameters.items()})


@pytest.mark.parametrize(
    ("parameters", "as_of", "expected"),
    [
        ({}, dt.date(1997, 12, 31), (dt.date(1997, 1, 1), dt.date(1997, 12, 31))),
        ({}, dt.date(1998, 5, 6), (dt.date(1997, 5, 7), dt.date(1998, 5, 6))),
        ({}, dt.date(2024, 2, 29), (dt.date(2023, 3, 1), dt.date(2024, 2, 29))),
        ({"期间": "上一年度"}, dt.date(2024, 6, 1), (dt.date(2023, 1, 1), dt.date(2023, 12, 31))),
        (
            {"period": "Last Year"},
            dt.date(2024, 6, 1),
            (dt.date(2023, 1, 1), dt.date(2023, 12, 31)),
        ),
        (
            {"期间": "自定义", "期间开始": dt.date(2024, 1, 1), "期间结束": dt.date(2024, 3, 31)},
            dt.date(2024, 6, 1),
            (dt.date(2024, 1, 1), dt.date(2024, 3, 31)),
        ),
    ],
)
def test_the_period_follows_the_parameters(
    parameters: dict[str, Any], as_of: dt.date, expected: tuple[dt.date, dt.date]
) -> None:
    assert period(data(**parameters), as_of) == expected
    assert check_period(data(**parameters), as_of) == []


@pytest.mark.parametrize("parameters", [{"期间": "半年"}, {"期间": "自定义", "期间开始": "一月"}])
def test_a_period_nobody_understands_is_a_problem(parameters: dict[str, Any]) -> None:
    (problem,) = check_period(data(**parameters), dt.date(2024, 6, 1))

    assert problem.code == "E316"


# What a run says of a small book

CUSTOMERS = """
客户编号 | 客户名称 | 负责人 | 发展潜力 | 客户总采购额 | 首次合作日期 | 竞争对手
A | 甲 | 王 | 80 | 2000 | 2020-06-30 | 乙厂、丙厂
B | 乙 | 王 | | 1000 | | 丁厂
C | 丙 | 李 | 90 | | |
"""
ORDERS = """
订单编号 | 客户编号 | 日期 | 销售额 | 成本 | 折扣 | 产品类别 | 回款日期
1 | A | 2024-01-10 | 500 | 300 | 0.1 | 甲类 | 2024-02-09
2 | A | 2024-04-10 | 300 | 200 | | 乙类 | 2024-09-30
3 | A | 2024-07-09 | 200 | 100 | | 甲类 |
4 | B | 2024-12-31 | 250 | 350 | 0.2 | 甲类 |
5 | A | 2023-01-10 | 800 | 500 | | 甲类 | 2023-01-20
6 | B | 2023-12-01 | 100 | 50 | | 甲类 | 2023-12-31
"""
VISITS = """
客户编号 | 拜访日期 | 拜访人 | 耗时 | 费用 | 客户反馈
A | 2024-03-01 | 王 | 3 | 50 | 好
B | 2024-03-02 | 王 | 1 | 10 |
"""


def applied(path: Path, **options: Any) -> Result:
    return pipeline.apply(path, pipeline.Run(plugins.load(), **options))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Result:
    path = tmp_path_factory.mktemp("small") / "b.xlsx"
    return applied(
        write_book(path, 客户=CUSTOMERS, 销售=ORDERS, 拜访=VISITS, 参数="参数 | 值\n工时费率 | 10")
    )


def test_profit_is_that_of_the_orders_and_its_share_that_of_all(small: Result) -> None:
    said = by_id(small, "profit", "margin", "profit_share", "profit_rank_position")

    assert said["A"] == (400.0, 0.4, pytest.approx(400 / 300), 0.0)
    assert said["B"] == (-100.0, -0.4, pytest.approx(-100 / 300), 0.5)
    assert said["C"] == (0.0, None, 0.0, None)


def test_the_net_contribution_takes_visits_off(small: Result) -> None:
    assert by_id(small, "net_contribution") == {"A": 400 - 50 - 30, "B": -100 - 10 - 10, "C": 0}
    assert by_id(small, "effort_share") == {"A": 0.75, "B": 0.25, "C": 0.0}
    assert by_id(small, "feedback_count") == {"A": 1, "B": 0, "C": 0}


def test_growth_compares_the_days_that_both_periods_have(small: Result) -> None:
    # The first order of the book is of 10 January 2023, so last year counts from there.
    assert by_id(small, "previous_sales") == {"A": 800.0, "B": 100.0, "C": None}
    assert by_id(small, "growth") == {"A": 0.25, "B": 1.5, "C": None}


def test_a_single_month_of_the_year_before_makes_no_growth(book: Any, tmp_path: Path) -> None:
    orders = """
    客户编号 | 日期 | 销售额
    A | 2023-12-20 | 10
    A | 2024-03-01 | 500
    A | 2024-12-31 | 12
    """
    result = applied(book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=orders))

    assert by_id(result, "growth")["A"] is None
    assert by_id(result, "previous_sales")["A"] == 10


def test_habits_are_those_up_to_the_as_of_date(small: Result) -> None:
    said = by_id(
        small, "tenure_months", "active_months", "order_count", "order_gap", "days_since_order"
    )

    assert said["A"] == (54, 3, 3, 91.0, 175)
    assert said["B"] == (13, 1, 1, None, 0)
    assert said["C"] == (None, 0, 0, None, None)


def test_an_order_is_late_when_paid_after_the_credit_period_or_not_at_all(small: Result) -> None:
    assert by_id(small, "late_payments") == {"A": 2, "B": 0, "C": 0}
    assert by_id(small, "paid_days")["A"] == (30 + 173) / 2


def test_discounts_suppliers_and_the_share_of_wallet(small: Result) -> None:
    said = by_id(small, "discounted_share", "highest_discount", "supplier_count", "wallet_share")

    assert said == {
        "A": (0.5, 0.1, 2, 0.5),
        "B": (1.0, 0.2, 1, 0.25),
        "C": (None, None, None, None),
    }


def test_without_costs_there_is_no_profit_and_the_loss_is_one_of_sales(
    book: Any, tmp_path: Path
) -> None:
    orders = "客户编号 | 日期 | 销售额\nA | 2024-03-01 | 30\nB | 2024-12-31 | 10"

    result = applied(book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=orders))

    assert by_id(result, "profit", "profit_share") == dict.fromkeys("ABC", (None, None))
    assert by_id(result, "loss_impact") == {"A": 0.75, "B": 0.25, "C": 0.0}
    assert not [p for p in result.problems if p.code == "W403"]


def test_a_total_profit_below_zero_shares_out_the_positive_profits(
    book: Any, tmp_path: Path
) -> None:
    orders = "客户编号 | 日期 | 销售额 | 利润\nA | 2024-03-01 | 30 | 5\nB | 2024-12-31 | 10 | -20"

    result = applied(book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=orders))

    assert by_id(result, "profit_share") == {"A": 1.0, "B": 0.0, "C": 0.0}
    assert by_id(result, "loss_impact") == {"A": 0.75, "B": 0.25, "C": 0.0}


def test_an_unreadable_cost_leaves_the_profit_open_not_blank(book: Any, tmp_path: Path) -> None:
    orders = "客户编号 | 日期 | 销售额 | 成本\nA | 2024-03-01 | 30 | 约20\nB | 2024-12-31 | 10 | 4"

    result = applied(book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=orders))

    frame = result.data.sheets["customers"].frame
    assert frame["profit" + UNREADABLE].to_list() == [True, False, False]
    value = next(d for d in result.decisions if d.table.name.endswith("tier_value"))
    assert value.frame["#rule"].is_null().to_list() == [True, False, False]


def test_T55_T51_customers_have_an_order_for_their_owner(small: Result) -> None:
    assert by_id(small, "priority") == {"A": 1, "B": 2, "C": 1}


def test_T35_all_schemes_are_computed_side_by_side(small: Result) -> None:
    schemes = ("占比等级", "金字塔层", "价值类别", "六标准等级", "ABC 等级", "积分等级")
    columns = small.data.sheets["customers"].frame.columns
    given = [next(c for c in columns if c.startswith(scheme)) for scheme in schemes]

    assert by_id(small, *given)["A"] == ("战略", "重要客户(VIP)", "铂金", "重点", "A", "重点")


@pytest.mark.parametrize(
    ("scheme", "tier"),
    [("占比", "战略"), ("金字塔", "重要客户(VIP)"), ("价值", "白金"), ("六标准", "重点"), ("ABC", "A"), ("积分", "重点"), ("统一", "标准")],
)  # fmt: skip
def test_T18_T46_one_scheme_is_official_by_a_parameter(
    book: Any, tmp_path: Path, scheme: str, tier: str
) -> None:
    parameters = f"参数 | 值\n采用方案 | {scheme}\n铂金称呼 | 白金"
    path = book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 拜访=VISITS, 参数=parameters)

    assert applied(path).subjects["grade"][0] == tier


def test_an_official_scheme_without_its_data_decides_nobody_and_says_so(
    book: Any, tmp_path: Path
) -> None:
    orders = "客户编号 | 日期 | 销售额\nA | 2024-03-01 | 30\nB | 2024-12-31 | 10"
    path = book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=orders, 参数="参数 | 值\n采用方案 | 价值")

    result = applied(path)

    assert result.subjects["grade"].null_count() == 3
    assert ["tier_value" in p.what.en for p in result.problems if p.code == "W403"] == [True]


# Manual tiers

MANUAL = """
客户编号 | 客户名称 | 人工等级 | 批准人 | 人工等级理由 | 人工等级有效期
A | 甲 | 普通 | 何总 | 转入代理 | 2025-06-30
B | 乙 | 战略 | | 总裁关系 | 2025-06-30
C | 丙 | 战略 | 何总 | | 2025-06-30
D | 丁 | 战略 | 何总 | 新项目 |
E | 戊 | 战略 | 何总 | 新项目 | 2024-12-30
F | 己 | | | |
"""


def test_a_manual_tier_counts_only_with_approver_reason_and_expiry(
    book: Any, tmp_path: Path
) -> None:
    orders = "客户编号 | 日期 | 销售额\nA | 2024-12-31 | 30"

    result = applied(book(tmp_path / "b.xlsx", 客户=MANUAL, 销售=orders))

    check = by_id(result, "人工等级核对 Manual Tier Check")
    assert check == {
        "A": "有效",
        "B": "缺批准人",
        "C": "缺理由",
        "D": "缺有效期",
        "E": "已过期",
        "F": "无",
    }
    assert result.subjects["grade"].to_list() == ["普通", *["非大客户"] * 5]
    assert result.subjects["outcome"][0] == "人工"
    beside = by_id(result, "计算等级 Computed Tier", "人工与计算 Manual vs Computed")
    assert (beside["A"], beside["F"]) == (("战略", "不一致"), ("非大客户", None))


# Nominations

NOMINATIONS = """
期次 | 部门 | 客户编号 | 提名理由
2024H1 | 资金中心 | B | 付款好
2024H2 | 市场开发部 | A | 潜力大
2024H2 | 市场开发部 | A | 实力大
2024H2 | 资金中心 | A | 付款好
2024H2 | 造价合约中心 | A | 利润大
2024H2 | 造价合约中心 | B | 利润大
2024H2 | 造价合约中心 | C | 付款好
"""


def test_T42_the_lists_of_the_departments_are_merged_and_checked(book: Any, tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 部门提名=NOMINATIONS)

    result = applied(path)

    tiers = by_id(result, "nominating_departments", "提名等级 Nomination Tier")
    assert tiers == {"A": (3, "战略"), "B": (1, "普通"), "C": (0, "未提名")}
    whom = by_id(result, "nominated_by_whom")
    assert (
        whom["A"]
        == "市场开发部(潜力大)、市场开发部(实力大)、资金中心(付款好)、造价合约中心(利润大)"
    )
    said = result.data.sheets["nominations"].frame["数据支持 Supported by Data"].to_list()
    assert said == [None, "支持", "不支持", "不支持", "支持", "不支持", None]


# Reviews


def test_the_next_review_is_the_end_of_the_next_review_month() -> None:
    assert review_months("6、12") == (6, 12)
    assert review_months("3.0") == (3,)
    assert review_months("") == (6, 12)
    assert next_review(dt.date(2024, 6, 29), (6, 12)) == dt.date(2024, 6, 30)
    assert next_review(dt.date(2024, 6, 30), (6, 12)) == dt.date(2024, 12, 31)
    assert next_review(dt.date(2024, 12, 31), (2,)) == dt.date(2025, 2, 28)


def sold(big: int, middle: int) -> str:
    """Return orders of a year: two customers' sales of 1,000 in all, the rest by others."""
    lines = [
        f"A | 2024-03-01 | {big}",
        f"B | 2024-03-01 | {middle}",
        f"C | 2024-03-01 | {10_000 - big - middle}",
    ]
    return "\n".join(["客户编号 | 日期 | 销售额", *lines])


def test_T43_tiers_are_frozen_between_reviews_and_borderline_falls_are_held_once(
    book: Any, tmp_path: Path
) -> None:
    """Four runs: a first list, one between reviews, and two reviews with A just below 5%."""
    steps = (
        (sold(600, 40), "2024-06-30", ("战略", "战略", "新增"), ("非大客户", "非大客户", "新增")),
        (sold(480, 300), "2024-09-30", ("重点", "战略", "待评审"), ("重点", "非大客户", "待评审")),
        (sold(480, 300), "2024-12-31", ("重点", "战略", "临界观察"), ("重点", "重点", "升级")),
        (sold(480, 300), "2025-02-28", ("重点", "战略", "待评审"), ("重点", "重点", "不变")),
    )  # fmt: skip
    previous = None
    customers = "客户编号 | 客户名称\nA | 甲\nB | 乙\nC | 丙"
    for n, (orders, day_, a, b) in enumerate(steps):
        path = book(tmp_path / f"{n}.xlsx", 客户=customers, 销售=orders)
        result = applied(path, as_of=dt.date.fromisoformat(day_), previous=previous)
        said = result.subjects.select("grade", "effective", "outcome").rows()
        assert tuple(said[:2]) == (a, b), day_
        previous = tmp_path / f"{n}.kam.xlsx"
        annotate(path, previous, result, compose(result, "zh"))


def test_a_fall_that_was_watched_takes_effect_at_the_next_review(book: Any, tmp_path: Path) -> None:
    history = """
    期次 | 客户编号 | 等级 | 占比 | 评审结论
    2024-06-30 | A | 战略 | 0.048 | 临界观察
    """
    path = book(
        tmp_path / "b.xlsx",
        客户="客户编号 | 客户名称\nA | 甲\nC | 丙",
        销售=sold(480, 300),
        历史=history,
    )

    result = applied(path, as_of=dt.date(2024, 12, 31))

    assert result.subjects.select("effective", "outcome").row(0) == ("重点", "降级")
    assert by_id(result, "next_review", "review_overdue_days")["A"] == (dt.date(2025, 6, 30), 0)


def test_a_missed_review_is_overdue_from_its_last_day(book: Any, tmp_path: Path) -> None:
    history = "期次 | 客户编号 | 等级\n2024-03-31 | A | 战略"
    path = book(
        tmp_path / "b.xlsx", 客户="客户编号 | 客户名称\nA | 甲", 销售=sold(480, 300), 历史=history
    )

    result = applied(path, as_of=dt.date(2024, 7, 10))

    assert by_id(result, "review_overdue_days") == {"A": 10}
