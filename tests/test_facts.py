"""Facts of plugins: declared, supplied with rows, before the tables, between them, and as rows."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import polars as pl
import pytest

from kamrules.check.workbook import check
from kamrules.cli import main as cli
from kamrules.facts.collect import declared
from kamrules.facts.order import in_vain
from kamrules.hooks import plugins
from kamrules.messages.problem import PluginError, Problem, UsageError
from kamrules.plugin import (
    ROW,
    CasesInForce,
    Column,
    Rows,
    SheetSpec,
    columns,
    fact,
    given,
    hookimpl,
    parameter,
    result,
    unreadable,
)
from kamrules.plugin import Book as Places
from kamrules.rules.about import about
from kamrules.rules.catalogue import merged_specs, tables
from kamrules.run import pipeline
from kamrules.run.result import Result
from kamrules.words.text import Text

Book = Callable[..., Path]

CUSTOMERS = """
    | 客户编号 | 客户名称 | 年限 |
    | A1 | 甲 | 9 |
    | A2 | 乙 | 1 |
"""
ORDERS = """
    | 客户编号 | 订单日期 | 金额 |
    | A1 | 2024-01-05 | 100 |
    | A1 | 2024-03-05 | 上百 |
    | A2 | 2024-07-05 | 300 |
"""
GRADE = """
    | 决策表 Decision     | 档次 grade |
    | 命中策略 Hit policy | U |
    | 规则 Rule | 条件 IN | 结果 OUT |
    | 列 Column | 年限    | 档次 Grade |
    | 类型 Type | 整数    | 文本 |
    | R1        | >=5     | 老 |
    | R2        | <5      | 新 |
"""
GIFT = """
    | 决策表 Decision     | 礼品 gift |
    | 命中策略 Hit policy | U |
    | 规则 Rule | 条件 IN  | 结果 OUT |
    | 列 Column | 同档户数 | 礼品 |
    | 类型 Type | 整数     | 文本 |
    | R1        | >=1      | 茶 |
"""
AS_OF = dt.date(2024, 6, 30)
LEVEL = result("customers", "档次", "Grade")
PEERS = (Column("peers", "同档户数", "Peers", "int"),)
DOUBLE = (Column("double", "双倍户数", "Double", "int"),)


@fact("customers", columns=PEERS, after=LEVEL)
def peers(customers: Rows) -> pl.LazyFrame:
    """Return how many customers have the grade of each."""
    return customers.lazy().select("customer_id", pl.len().over("档次").alias("peers"))


def plugin(*facts: Any, sheets: Sequence[SheetSpec] = ()) -> Any:
    """Return a plugin that declares some facts."""

    @hookimpl
    def sheets_() -> Sequence[SheetSpec]:
        return sheets

    return SimpleNamespace(sheets=sheets_, **{f"fact_{n}": f for n, f in enumerate(facts)})


def run_of(*found: Any) -> pipeline.Run:
    manager = plugins.load()
    for n, one in enumerate(found):
        manager.register(one, name=f"mine{n or ''}")
    return pipeline.Run(manager, as_of=AS_OF)


def applied(path: Path, *found: Any) -> Result:
    return pipeline.apply(path, run_of(*found))


def decision(found: Result, name: str) -> pl.DataFrame:
    return next(d.frame for d in found.decisions if name in d.table.name)


def customers_of(found: Result, column: str) -> list[Any]:
    return found.data.sheets["customers"].frame[column].to_list()


def codes(problems: Sequence[Problem]) -> list[str]:
    return [p.code for p in problems]


# What a fact is given


def test_a_fact_is_given_every_column_of_a_sheet_typed_and_blank_where_the_book_has_none(
    tmp_path: Path, book: Book
) -> None:
    seen: dict[str, Rows] = {}

    @fact("customers", columns=PEERS)
    def looks(customers: Rows, orders: Rows, visits: Rows) -> Rows:
        seen.update(customers=customers, orders=orders, visits=visits)
        return customers.select("customer_id", pl.lit(1).alias("peers"))

    applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 销售=ORDERS), plugin(looks))

    assert seen["customers"]["customer_id"].to_list() == ["A1", "A2"]
    assert seen["customers"]["strategic_flag"].to_list() == ["无", "无"]
    assert seen["customers"].schema["first_deal"] == pl.Date
    assert "年限" not in seen["customers"].columns
    assert "share" not in seen["customers"].columns
    assert seen["orders"].schema["paid_amount"] == pl.Float64
    assert seen["visits"].is_empty()
    assert seen["visits"].schema["submitted_at"] == pl.Datetime("us")


def test_what_is_dated_after_the_as_of_date_is_left_out_unless_a_fact_looks_ahead(
    tmp_path: Path, book: Book
) -> None:
    @fact("customers", columns=PEERS)
    def until(orders: Rows) -> Rows:
        return orders.group_by("customer_id").agg(pl.len().alias("peers"))

    @fact("customers", columns=DOUBLE, ahead=True)
    def all_(orders: Rows) -> Rows:
        return orders.group_by("customer_id").agg(pl.len().alias("double"))

    found = applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 销售=ORDERS), plugin(until, all_))

    assert customers_of(found, "peers") == [2, None]
    assert customers_of(found, "double") == [2, 1]


def test_a_fact_knows_which_cells_nobody_could_read_and_where_a_column_stands(
    tmp_path: Path, book: Book
) -> None:
    @fact("customers", columns=PEERS)
    def looks(orders: Rows, book: Places, as_of: dt.date) -> tuple[Rows, list[Problem]]:
        assert (as_of, book.has("orders", "amount"), book.has("visits")) == (AS_OF, True, False)
        assert str(book.at("orders", "amount", [3, 4])) == "'[a.xlsx]销售'!C3:C4"
        assert str(book.at("orders", "amount")) == "'[a.xlsx]销售'!C1"
        bad = orders.filter(unreadable(orders, "amount", "date"))
        assert bad[ROW].to_list() == [3]
        return bad.select("customer_id", pl.lit(1).alias("peers")), []

    found = applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 销售=ORDERS), plugin(looks))

    assert customers_of(found, "peers") == [1, None]


def test_a_fact_takes_parameters_in_the_type_of_their_default_and_what_is_worked_out_once(
    tmp_path: Path, book: Book
) -> None:
    calls = []

    def factor(orders: Rows, by: int = parameter("倍数", "factor", 2)) -> int:
        calls.append(by)
        return orders.height * by

    @fact("customers", columns=PEERS)
    def first(customers: Rows, times: int = given(factor)) -> Rows:
        return customers.select("customer_id", pl.lit(times).alias("peers"))

    @fact("customers", columns=DOUBLE, after="customers.peers")
    def second(customers: Rows, times: int = given(factor)) -> Rows:
        return customers.select("customer_id", (pl.col("peers") * times).alias("double"))

    sheets = {"客户": CUSTOMERS, "销售": ORDERS, "参数": "| 参数 | 值 |\n| 倍数 | 3 |"}
    found = applied(book(tmp_path / "a.xlsx", **sheets), plugin(first, second))

    assert calls == [3]
    assert customers_of(found, "double") == [36, 36]


def test_a_parameter_that_is_no_number_is_told_at_its_cell(tmp_path: Path, book: Book) -> None:
    sheets = {"客户": CUSTOMERS, "销售": ORDERS, "参数": "| 参数 | 值 |\n| 账期天数 | 三个月 |"}

    with pytest.raises(UsageError) as stopped:
        applied(book(tmp_path / "a.xlsx", **sheets))

    (said,) = (p for p in stopped.value.problems if p.code == "E316")
    assert (str(said.where), said.found) == ("'[a.xlsx]参数'!B2", "三个月")
    assert said.what.zh == "参数 “账期天数” 的值用不了"


def test_what_is_worked_out_once_is_so_once_for_those_who_look_ahead_and_once_for_others(
    tmp_path: Path, book: Book
) -> None:
    def rows(orders: Rows) -> int:
        return orders.height

    @fact("customers", columns=PEERS)
    def past(customers: Rows, n: int = given(rows)) -> Rows:
        return customers.select("customer_id", pl.lit(n).alias("peers"))

    @fact("customers", columns=DOUBLE)
    def all_(customers: Rows, n: int = given(rows, ahead=True)) -> Rows:
        return customers.select("customer_id", pl.lit(n).alias("double"))

    found = applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 销售=ORDERS), plugin(past, all_))

    assert (customers_of(found, "peers"), customers_of(found, "double")) == ([2, 2], [3, 3])


LIFTED = """
    | 关联规则 Case rules | 升级 lifted |
    | 对象 For each | 客户 |
    | 规则 Rule | 条件 IN | 条件 IN  | 条件 IN | 结果 OUT |
    | 列 Column | 事件    | 档次     | 另一客户 年限 | 升至 Level |
    | 类型 Type | 文本    | 文本     | 整数 | 选项 |
    | 取值 Values | | | | L1 |
    | E1        | 受理    | 老       | >5 | L1 |
"""


def test_a_fact_of_case_rules_waits_for_what_they_look_at_and_is_blank_without_them(
    tmp_path: Path, book: Book
) -> None:
    seen = []

    @fact("customers", columns=PEERS, source="cases.customers", optional=True)
    def lifted(customers: Rows, cases: CasesInForce) -> Rows:
        rules = cases.about("customers")
        seen.extend(cases.records(rules, "customers", "owner"))
        return customers.select("customer_id", pl.lit(1).alias("peers"))

    customers = CUSTOMERS.replace("年限 |", "年限 | 负责人 |").replace("9 |", "9 | 陈 |")
    book_ = book(tmp_path / "a.xlsx", 客户=customers, 升级=LIFTED, 决策=GRADE)
    found = applied(book_, plugin(lifted))

    assert seen == [("A1", "陈", {"p1": 90_000, "p2": "老"})]
    assert customers_of(found, "peers") == [1, 1]

    without = applied(book(tmp_path / "b.xlsx", 客户=customers, 决策=GRADE), plugin(lifted))
    assert customers_of(without, "peers") == [None, None]
    assert len(seen) == 1


# Before, between and after tables


def test_a_fact_waits_for_the_results_it_names_and_tables_wait_for_the_fact(
    tmp_path: Path, book: Book
) -> None:
    source = book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 礼品=GIFT, 档次=GRADE)

    found = applied(source, plugin(peers))

    assert decision(found, "gift")["礼品"].to_list() == ["茶", "茶"]
    assert customers_of(found, "peers") == [1, 1]
    names = [d.table.name for d in found.decisions]
    assert names.index("档次 grade") < names.index("礼品 gift")


def test_a_fact_may_wait_for_a_fact_that_waits(tmp_path: Path, book: Book) -> None:
    @fact("customers", columns=DOUBLE, after=peers)
    def double(customers: Rows) -> Rows:
        return customers.select("customer_id", (pl.col("peers") * 2).alias("double"))

    found = applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 档次=GRADE), plugin(double, peers))

    assert customers_of(found, "double") == [2, 2]


def test_a_circle_of_tables_and_facts_names_both(tmp_path: Path, book: Book) -> None:
    circle = GRADE.replace("年限 ", "同档户数 ")

    with pytest.raises(UsageError) as stopped:
        applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 档次=circle), plugin(peers))

    (problem,) = (p for p in stopped.value.problems if p.code == "E308")
    assert "档次 grade" in problem.what.zh
    assert "同档户数" in problem.what.zh


GIFTS = SheetSpec(
    "gifts",
    "礼品单",
    "Gifts",
    columns("""
    customer_id | 客户编号 | Customer ID | text
    piece | 第几件 | Piece | int
    """),
    derived=True,
)


@fact(GIFTS, after=LEVEL)
def pieces(customers: Rows) -> pl.LazyFrame:
    """Return two rows a customer."""
    ids = customers.lazy().select("customer_id")
    return ids.join(pl.LazyFrame({"piece": [1, 2]}), how="cross").sort("customer_id", "piece")


def test_a_derived_sheet_has_the_rows_of_its_fact_and_tables_decide_them(
    tmp_path: Path, book: Book
) -> None:
    by_piece = GIFT.replace("同档户数", "第几件 ").replace(
        "| 命中", "| 对象 For each | 礼品单 |\n| 命中"
    )
    by_piece = by_piece.replace(">=1", "2  ")
    source = book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 档次=GRADE, 礼品=by_piece)

    found = applied(source, plugin(pieces, sheets=[GIFTS]))

    assert decision(found, "gift")["礼品"].to_list() == [None, "茶", None, "茶"]
    assert decision(found, "gift")["#row"].to_list() == [2, 3, 4, 5]


def test_a_fact_of_the_rows_of_another_fact_waits_for_them(tmp_path: Path, book: Book) -> None:
    @fact("customers", columns=PEERS)
    def count(gifts: Rows) -> Rows:
        return gifts.group_by("customer_id").agg(pl.len().alias("peers"))

    source = book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 档次=GRADE)
    found = applied(source, plugin(count, pieces, sheets=[GIFTS]))

    assert customers_of(found, "peers") == [2, 2]


def test_tables_about_a_sheet_the_book_does_not_have_are_left_out(
    tmp_path: Path, book: Book
) -> None:
    visits = SheetSpec("extra", "附表", "Extra", columns("note | 备注 | Note | text"))
    table = GIFT.replace("| 命中", "| 对象 For each | 附表 |\n| 命中")

    found = applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 礼品=table), plugin(sheets=[visits]))

    assert all("gift" not in d.table.name for d in found.decisions)


# Known without data


LEASES = SheetSpec(
    "leases", "租赁", "Leases", columns("customer_id | 客户编号 | Customer ID | text required"),
    references="customer_id",
)  # fmt: skip


@fact("customers", source="leases", scope="subject", columns="""
    lease_count | 租赁数 | Leases Held | int | 租赁表的行数 | rows of the Leases sheet
""")  # fmt: skip
def lease_count(leases: Rows) -> pl.LazyFrame:
    """Return how many leases each customer has."""
    return leases.lazy().group_by("customer_id").agg(pl.len().alias("lease_count"))


LESSEE = """
    | 决策表 Decision | 租赁客户 lessee |
    | 命中策略 Hit policy | F |
    | 规则 Rule | 条件 IN | 结果 OUT |
    | 列 Column | 租赁数 | 租赁客户 Lessee |
    | 类型 Type | 整数 | 选项 |
    | 取值 Values | >=0 | 是,否 |
    | R1 | >=1 | 是 |
    | R2 | <1 | 否 |
"""


def test_a_rule_on_a_fact_whose_sheet_is_absent_stops_nothing_and_one_notice_says_so(
    tmp_path: Path, book: Book
) -> None:
    source = book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 规则=LESSEE)

    found = applied(source, plugin(lease_count, sheets=[LEASES]))

    assert decision(found, "lessee")["租赁客户 Lessee"].to_list() == [None, None]
    (said,) = (p for p in found.problems if p.code == "W405")
    assert said.what == Text(
        "没有 租赁 表, 租赁数 无法计算",
        "there is no Leases sheet, so Leases Held cannot be worked out",
    )


def test_check_knows_the_facts_of_a_plugin_whose_sheet_no_book_has(
    tmp_path: Path, book: Book
) -> None:
    rules = book(tmp_path / "rules.xlsx", 规则=LESSEE)

    found = check(rules, run_of(plugin(lease_count, sheets=[LEASES])))

    assert not {"W420", "E312"} & {f.problem.code for f in found.findings}


def test_a_fact_that_may_be_absent_is_blank_without_a_word(tmp_path: Path, book: Book) -> None:
    @fact("customers", columns=PEERS, source="leases", optional=True)
    def count(leases: Rows) -> Rows:
        return leases.select("customer_id", pl.lit(1).alias("peers"))

    source = book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 销售=ORDERS, 规则=GIFT)
    found = applied(source, plugin(count, sheets=[LEASES]))

    assert customers_of(found, "peers") == [None, None]
    assert "W405" not in codes(found.problems)


def test_every_result_that_our_facts_wait_for_is_given_by_our_tables() -> None:
    manager = plugins.load()
    specs = merged_specs(manager)
    given_, _ = tables(manager)
    names = {spec.key: spec.name for spec in specs}

    found = list(in_vain(about(given_, specs), declared(manager), names, "rules.xlsx"))

    assert found == []


def test_a_result_that_no_table_gives_any_more_is_told_with_the_nearest_name(
    tmp_path: Path, book: Book
) -> None:
    renamed = GRADE.replace("档次 Grade", "档次名 Grading")
    source = book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 档次=renamed)

    found = applied(source, plugin(peers))

    (said,) = (p for p in found.problems if p.code == "W323")
    assert said.what.zh == "没有规则表给出 “档次”"
    assert said.why.zh == "同档户数 要用到它; 是不是 档次名"
    assert str(said.where) == "'[a.xlsx]档次'!C4"
    assert customers_of(found, "peers") == [2, 2]


def test_check_tells_of_a_renamed_result_too(tmp_path: Path, book: Book) -> None:
    rules = book(tmp_path / "rules.xlsx", 档次=GRADE.replace("档次 Grade", "档次名 Grading"))

    found = check(rules, run_of(plugin(peers)))

    assert "W323" in codes([f.problem for f in found.findings])


def test_a_result_that_may_be_absent_is_not_asked_for(tmp_path: Path, book: Book) -> None:
    maybe = result("customers", "档次", "Grade", optional=True)

    @fact("customers", columns=PEERS, after=maybe)
    def blank(customers: Rows) -> Rows:
        return customers.select("customer_id", pl.col("档次").is_null().cast(int).alias("peers"))

    found = applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS), plugin(blank))

    assert customers_of(found, "peers") == [1, 1]
    assert "W323" not in codes(found.problems)


# What plugins do wrong


def raises(customers: Rows) -> Rows:
    raise ValueError("no luck")


def leaves(customers: Rows) -> Rows:
    sys.exit(3)


WRONG: dict[str, tuple[Callable[[Rows], Any], str]] = {
    "an exception": (raises, "ValueError: no luck"),
    "sys.exit": (leaves, "SystemExit: 3"),
    "nothing": (lambda customers: None, "it gave NoneType, not rows"),
    "a column that is not there": (
        lambda customers: customers.lazy().select("nowhere"),
        "ColumnNotFoundError: .*nowhere",
    ),
    "a key twice": (
        lambda customers: pl.DataFrame({"customer_id": ["A1", "A1"], "peers": [1, 2]}),
        "customer_id 'A1' more than once",
    ),
    "no column": (lambda customers: customers.select("customer_id"), "lack the column 'peers'"),
    "no key": (lambda customers: pl.DataFrame({"peers": [1]}), "lack the column 'customer_id'"),
    "a column too many": (
        lambda customers: customers.select("customer_id", peers=pl.lit(1), more=pl.lit(2)),
        "the column 'more', which it does not declare",
    ),
    "another type": (
        lambda customers: customers.select("customer_id", peers=pl.lit("many")),
        "'peers' is String, declared as int",
    ),
}


@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
@pytest.mark.parametrize(("work", "said"), WRONG.values(), ids=WRONG)
def test_a_fact_that_goes_wrong_names_plugin_fact_file_and_line(
    work: Callable[[Rows], Any], said: str, late: bool, tmp_path: Path, book: Book
) -> None:
    def wrong(customers: Rows) -> Any:
        return work(customers)

    made = fact("customers", columns=PEERS, after=LEVEL if late else ())(wrong)
    source = book(tmp_path / "a.xlsx", 客户=CUSTOMERS, 档次=GRADE)

    at = r"plugin 'mine' failed in the fact 'peers' \(.*test_facts.py:\d+\): .*"
    with pytest.raises(PluginError, match=at + said) as stopped:
        applied(source, plugin(made))

    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (fact("customerz", columns=PEERS)(lambda customers: customers), "it names 'customerz'"),
        (fact("customers", columns=PEERS)(lambda orderz: orderz), "it names 'orderz'"),
        (fact("customers", columns=PEERS, source="orderz")(raises), "it names 'orderz'"),
        (fact("customers", columns=PEERS, after="orderz.x")(raises), "it names 'orderz'"),
    ],
    ids=["sheet", "argument", "source", "after"],
)
def test_a_fact_that_names_a_sheet_nobody_knows_stops_with_those_there_are(
    made: Any, said: str
) -> None:
    with pytest.raises(
        PluginError, match=rf"'mine'.*test_facts.py:\d+\): {said}; there are .*orders"
    ):
        declared(run_of(plugin(made)).manager)


def test_a_fact_without_columns_or_with_an_unknown_type_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="'customers' names no columns"):
        fact("customers")
    with pytest.raises(ValueError, match="there is no type 'texts'"):
        fact("customers", columns="a | 甲 | A | texts | 含义 | meaning")


def test_two_plugins_that_give_one_fact_are_both_named(tmp_path: Path, book: Book) -> None:
    with pytest.raises(PluginError, match="'mine1' and 'mine' both give the fact 'peers'"):
        applied(book(tmp_path / "a.xlsx", 客户=CUSTOMERS), plugin(peers), plugin(peers))


def test_a_fact_that_a_plugin_takes_from_another_plugin_stays_the_others() -> None:
    one, other = ModuleType("one"), ModuleType("other")
    exec(
        "from kamrules.plugin import Column, fact\n"
        "@fact('customers', columns=(Column('mine_n', '数', 'N', 'int'),))\n"
        "def count(customers): return customers",
        vars(one),
    )
    vars(other)["count"] = vars(one)["count"]

    found = declared(run_of(one, other).manager)

    assert [f.plugin for f in found if f.columns[:1] and f.columns[0].key == "mine_n"] == ["mine"]


def test_the_command_stops_with_one_line(
    tmp_path: Path, book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    source = book(tmp_path / "a.xlsx", 客户=CUSTOMERS)
    file = tmp_path / "mine.py"
    file.write_text(
        "from kamrules.plugin import Column, fact\n"
        "@fact('customers', columns=(Column('mine_n', '数', 'N', 'int'),))\n"
        "def count(customers):\n"
        "    raise SystemExit(0)\n",
        "utf-8",
    )

    with pytest.raises(SystemExit) as stopped:
        cli.run(["apply", str(source), "--as-of", "2024-06-30", "--plugin", str(file)])

    assert stopped.value.code == 4
    said = capsys.readouterr().err
    assert f"plugin 'mine' failed in the fact 'mine_n' ({file}:4): SystemExit: 0" in said
    assert not (tmp_path / "a.kam.xlsx").exists()
