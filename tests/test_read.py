"""A workbook is read as typed frames; what cannot be read is a problem at its cell."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kamrules.guard import sheet_check, xml_check
from kamrules.guard import workbook as guard
from kamrules.intake.body import DUPLICATE, Body
from kamrules.intake.read import read
from kamrules.messages.problem import Problem, UsageError
from kamrules.sheets.column import ROW, UNREADABLE, SheetSpec
from kamrules.sheets.sheet import Data
from kamrules.words.units import read_unit
from tests.kit.sheets import SPECS

Book = Callable[..., Path]


TWO_CUSTOMERS = """
    | 客户编号 | 客户名称 |
    | KA001   | 甲公司   |
    | KA002   | 乙公司   |
"""


def frame(data: Data, key: str = "customers") -> pl.DataFrame:
    found = data.frame(key)
    assert found is not None
    return found


def customers(book: Book, tmp_path: Path, table: str) -> tuple[pl.DataFrame, list[Problem]]:
    data, problems = read(book(tmp_path / "客户.xlsx", 客户=table), SPECS)
    return frame(data), problems


def refused(path: Path) -> Problem:
    with pytest.raises(UsageError) as caught:
        read(path, SPECS)
    assert caught.value.exit_code == 2
    return caught.value.problems[0]


def places(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(p.code, p.where.local) for p in problems]


# Good books


def test_a_sheet_becomes_a_typed_frame_with_excel_row_numbers(tmp_path, book):
    path = book(
        tmp_path / "客户.xlsx",
        客户="""
        | 客户编号 | 客户名称 | 年销售额 | 利润率 | 首次合作日期 | 逾期天数 |
        | KA001   | 甲公司   | 1200    | 0.05  | 2024-03-01  | 30      |
        | '00123  | 乙公司   | 1,200万 | 5%    | 2024年3月2日 |         |
        """,
    )

    data, problems = read(path, SPECS)

    assert problems == []
    assert frame(data).rows(named=True) == [
        {
            ROW: 2, "customer_id": "KA001", "customer_name": "甲公司", "sales": 1200.0,
            "margin": 0.05, "since": dt.date(2024, 3, 1), "overdue": 30, DUPLICATE: False,
        },
        {
            ROW: 3, "customer_id": "00123", "customer_name": "乙公司", "sales": 12_000_000.0,
            "margin": 0.05, "since": dt.date(2024, 3, 2), "overdue": None, DUPLICATE: False,
        },
    ]  # fmt: skip
    assert frame(data).schema[ROW] == pl.UInt32
    sheet = data.sheets["customers"]
    assert (data.book, sheet.title, sheet.header_row) == ("客户.xlsx", "客户", 1)
    assert sheet.last_column == 6
    assert sheet.letters["sales"] == "C"
    assert sheet.headers["sales"] == "年销售额"


def test_the_northwind_book_reads_without_a_problem(shared):
    data, problems = read(shared / "data" / "northwind_kam.xlsx", SPECS)

    assert problems == []
    assert list(data.sheets) == ["customers", "orders"]
    assert frame(data).height == 91
    assert frame(data, "orders").height == 2155
    assert round(frame(data, "orders")["amount"].sum(), 2) == 1265793.04
    assert frame(data, "orders")["date"].max() == dt.date(1998, 5, 6)
    assert frame(data, "orders").schema["Shipped Date"] == pl.Datetime("ms")


def test_blank_rows_are_left_out_and_the_others_keep_their_numbers(tmp_path, book):
    found, _ = customers(
        book,
        tmp_path,
        """
        | 客户编号 | 客户名称 |
        | KA001   | 甲公司   |

        | KA002   | 乙公司   |
        """,
    )

    assert found[ROW].to_list() == [2, 4]


def test_leading_blank_rows_and_columns_and_titles_do_not_shift_anything(tmp_path, book):
    path = book(tmp_path / "客户.xlsx", 客户=TWO_CUSTOMERS, 销售="| x |")
    workbook = load_workbook(path)
    sheet = workbook["销售"]
    sheet["A1"].value = None
    sheet["C2"] = "2024 年销售明细"
    for column, cells in {
        "C": ["客户编号", "KA001", "KA002"],
        "D": ["日期", dt.date(2024, 3, 1), "2024-03-02"],
        "E": ["金额(万元)", 0.12345678901234, "约300"],
    }.items():
        for row, value in enumerate(cells, 4):
            sheet[f"{column}{row}"] = value
    workbook.save(path)

    data, problems = read(path, SPECS)

    orders = frame(data, "orders")
    assert data.sheets["orders"].header_row == 4
    assert data.sheets["orders"].last_column == 5
    assert data.sheets["orders"].letters["date"] == "D"
    assert orders[ROW].to_list() == [5, 6]
    assert orders["amount"].to_list() == [1234.5678901234, None]
    assert places(problems) == [("E101", "销售!E6")]


def test_a_number_among_texts_keeps_all_its_digits(tmp_path, book):
    found, _ = customers(
        book,
        tmp_path,
        """
        | 客户编号 | 客户名称 | 年销售额           | 利润率 |
        | KA001   | 甲公司   | 0.123456789012345 | 7%    |
        | KA002   | 乙公司   | 1,200             | 0.3333333333333333 |
        """,
    )

    assert found["sales"].to_list() == [0.123456789012345, 1200.0]
    assert found["margin"].to_list() == [0.07, 0.3333333333333333]


def test_a_sheet_with_a_header_and_no_rows_is_an_empty_frame(tmp_path, book):
    found, problems = customers(book, tmp_path, "| 客户编号 | 客户名称 | 年销售额 |")

    assert problems == []
    assert found.height == 0
    assert found.schema["sales"] == pl.Float64


def test_a_blank_cell_takes_the_value_its_column_gives_blanks(tmp_path, book):
    found, _ = customers(
        book,
        tmp_path,
        """
        | 客户编号 | 客户名称 | 战略意义 |
        | KA001   | 甲公司   |         |
        | KA002   | 乙公司   | 重大     |
        | KA003   | 丙公司   | #N/A    |
        """,
    )

    assert found["strategic"].to_list() == ["无", "重大", None]


# Which sheet is which


@pytest.mark.parametrize("title", ["客户", "Customers", "客户 Customers", "客戶表", "ACCOUNTS "])
def test_a_sheet_is_known_by_its_name_in_either_language_or_both(tmp_path, book, title):
    data, _ = read(book(tmp_path / "b.xlsx", **{title: TWO_CUSTOMERS}), SPECS)

    assert data.sheets["customers"].title == title


def test_a_sheet_of_another_name_is_known_by_its_headers(tmp_path, book):
    path = book(
        tmp_path / "b.xlsx",
        Sheet1="""
        | 客户编号 | 日期       | 金额 |
        | KA001   | 2024-03-01 | 5   |
        """,
        名单=TWO_CUSTOMERS,
    )

    data, problems = read(path, SPECS)

    assert {key: s.title for key, s in data.sheets.items()} == {
        "orders": "Sheet1",
        "customers": "名单",
    }
    assert problems == []


@pytest.mark.parametrize("title", ["_kam", "问题 Problems", "规则", "Summary", "拜访计划"])
def test_our_own_sheets_are_not_known_by_their_headers(tmp_path, book, title):
    data, problems = read(
        book(
            tmp_path / "b.xlsx",
            **{title: "| 客户编号 | 日期 | 拜访人 |\n| KA001 | 2024-03-01 | 张三 |"},
            客户=TWO_CUSTOMERS,
        ),
        (*SPECS, SheetSpec("plan", "拜访计划", "Visit Plan", (), derived=True, reserved=True)),
    )

    assert list(data.sheets) == ["customers"]
    assert problems == []


def test_of_two_sheets_of_a_kind_the_one_that_names_more_columns_is_read(tmp_path, book):
    data, _ = read(
        book(
            tmp_path / "b.xlsx",
            客户表="| 客户编号 | 客户名称 |\n| X | 旧 |",
            客户="| 客户编号 | 客户名称 | 年销售额 |\n| KA001 | 甲 | 5 |",
        ),
        SPECS,
    )

    assert data.sheets["customers"].title == "客户"


def test_a_sheet_that_nobody_reads_and_an_empty_one_are_left_alone(tmp_path, book):
    path = book(
        tmp_path / "b.xlsx", 备忘="| 电话 | 张三 |", 客户=TWO_CUSTOMERS, 销售="| |", 拜访=""
    )

    data, problems = read(path, SPECS)

    assert list(data.sheets) == ["customers"]
    assert problems == []


def test_a_hidden_sheet_is_read(tmp_path, book):
    path = book(tmp_path / "b.xlsx", 首页="| 说明 |", 客户=TWO_CUSTOMERS)
    workbook = load_workbook(path)
    workbook["客户"].sheet_state = "hidden"
    workbook.save(path)

    data, _ = read(path, SPECS)

    assert frame(data).height == 2


# Headers


@pytest.mark.parametrize(
    ("header", "typed", "sales"),
    [
        ("年销售额(万元)", "1,200", 12_000_000.0),
        ("年销售额（千元）", "5", 5000.0),
        ("年销售额\\n(百万元)", "5", 5e6),
        ("年销售额【亿元】", "0.5", 5e7),
        ("年销售额(元)", "5", 5.0),
        ("年销售额(人民币万元)", "5", 5e4),
        ("年销售额/万元", "5", 5e4),
        ("Annual Sales (k)", "5", 5000.0),
        ("Annual Sales (M)", "5", 5e6),
        ("annual sales (RMB 10k)", "5", 5e4),
        (" 年 销 售 额 *", "5", 5.0),
        ("年销售额：", "5", 5.0),
        ("年銷售額", "5", 5.0),
        ("年销售额 Annual Sales", "5", 5.0),
        ("年销售额\\nAnnual Sales\\n(万元)", "5", 5e4),
        ("Annual Sales 年销售额", "5", 5.0),
        ("年销售额(Annual Sales)", "5", 5.0),
        ("采购额(必填)", "5", 5.0),
        ("SALES", "5", 5.0),
    ],
)
def test_a_header_is_understood_with_its_unit(tmp_path, book, header, typed, sales):
    found, problems = customers(
        book, tmp_path, f"| 客户编号 | 客户名称 | {header} |\n| KA001 | 甲公司 | {typed} |"
    )

    assert problems == []
    assert found["sales"].to_list() == [sales]


@pytest.mark.parametrize(
    "header",
    [
        "年销售额(美元)",
        "年销售额 USD",
        "年销售额(%)",
        "年销售额(预计)",
        "2023年销售额",
        "年销售额 2023",
        "逾期天数(月)",
    ],
)
def test_a_header_that_says_something_else_is_kept_and_not_guessed(tmp_path, book, header):
    found, problems = customers(
        book, tmp_path, f"| 客户编号 | 客户名称 | {header} |\n| KA001 | 甲公司 | 5 |"
    )

    assert found.columns[3] == header
    assert found[header].to_list() == [5.0]
    assert [(p.code, p.severity, p.where.ref) for p in problems] == [("W204", "warning", "C1")]


def test_a_suggestion_names_what_the_header_may_mean(tmp_path, book):
    _, (problem,) = customers(
        book, tmp_path, "| 客户编号 | 客户名称 | 销售金额 |\n| KA001 | 甲公司 | 5 |"
    )

    assert problem.code == "W204"
    assert problem.where.local == "客户!C1"
    assert problem.what.zh == "表头 “销售金额” 不认识"
    assert problem.what.en == "the header “销售金额” is not known"
    assert problem.fix.zh == "若就是它, 把表头改成 年销售额"
    assert problem.fix.en == "if that is what it means, rename it Annual Sales"


def test_a_unit_row_below_the_header_scales_its_columns(tmp_path, book):
    found, problems = customers(
        book,
        tmp_path,
        """
        | 客户编号 | 客户名称 | 年销售额 | 利润率 | 逾期天数 |
        |         |         | (万元)  | %     | 天      |
        | KA001   | 甲公司   | 5       | 0.05  | 3       |
        """,
    )

    assert problems == []
    assert found.drop(DUPLICATE).rows() == [(3, "KA001", "甲公司", 5e4, 0.05, 3)]


def test_a_line_above_the_header_states_the_unit_of_money(tmp_path, book):
    found, _ = customers(
        book,
        tmp_path,
        """
        | 客户一览 |        | 单位：万元 |
        | 客户编号 | 客户名称 | 年销售额 | 逾期天数 |
        | KA001   | 甲公司   | 5       | 3       |
        """,
    )

    assert found["sales"].to_list() == [5e4]
    assert found["overdue"].to_list() == [3]


def test_headers_over_two_rows_are_joined(tmp_path, book):
    path = book(
        tmp_path / "b.xlsx",
        客户=TWO_CUSTOMERS,
        销售="""
        | 客户  |      | 日期 | 销售 |      | 去年 |      |
        | 编号  | 备注 |      | 金额 | 利润 | 金额 | 利润 |
        | KA001 | x   | 2024-03-01 | 5 | 1 | 4 | 2 |
        """,
    )
    workbook = load_workbook(path)
    workbook["销售"].merge_cells("A1:B1")
    workbook["销售"].merge_cells("D1:E1")
    workbook["销售"].merge_cells("C1:C2")
    workbook.save(path)

    data, problems = read(path, SPECS)

    orders = data.sheets["orders"]
    assert orders.header_row == 2
    assert orders.frame.rows(named=True) == [
        {
            ROW: 3, "customer_id": "KA001", "备注": "x", "date": dt.date(2024, 3, 1),
            "amount": 5.0, "利润": 1.0, "金额": 4.0, "去年 利润": 2.0,
        }
    ]  # fmt: skip
    assert places(problems) == [("W207", "销售!F2")]


def test_of_two_headers_of_one_column_its_own_name_is_taken(tmp_path, book):
    found, (problem,) = customers(
        book, tmp_path, "| 编号 | 客户名称 | 客户编号 |\n| 1 | 甲公司 | KA001 |"
    )

    assert found["customer_id"].to_list() == ["KA001"]
    assert found["编号"].to_list() == [1]
    assert (problem.code, problem.severity, problem.where.local) == ("W207", "warning", "客户!A1")
    assert problem.what.zh == "表头 “编号” 与 客户!C1 是同一列"
    assert problem.what.en == "the header “编号” means the same column as 客户!C1"


def test_unknown_columns_keep_their_headers_made_unique(tmp_path, book):
    found, _ = customers(
        book,
        tmp_path,
        "| 客户编号 | 客户名称 | 备注 | 备注 | #row |\n| KA001 | 甲公司 | a | 2 | 2024-03-01 |",
    )

    assert found.columns == [
        ROW, "customer_id", "customer_name", "备注", "备注 D", "#row E", DUPLICATE
    ]  # fmt: skip
    assert found.row(0)[3:6] == ("a", 2.0, dt.datetime(2024, 3, 1))


@pytest.mark.parametrize(
    ("text", "scale", "base"),
    [
        ("万元", 1e4, "元"),
        ("（千元）", 1e3, "元"),
        ("%", 1.0, "%"),
        ("天", 1.0, "天"),
        ("万件", 1e4, "件"),
    ],
)
def test_a_unit_is_a_scale_and_a_base(text, scale, base):
    assert read_unit(text) == (scale, base)


@pytest.mark.parametrize("text", ["", "全称", "自治区", "KA001", "元/件"])
def test_other_words_are_no_units(text):
    assert read_unit(text) is None


# Books that stop the run


def test_a_file_that_is_no_workbook_stops_the_run(tmp_path):
    path = tmp_path / "客户.xlsx"
    path.write_text("客户编号,客户名称", encoding="utf-8")

    assert refused(path).code == "E003"


def test_a_book_whose_rows_begin_late_is_not_called_empty(tmp_path, book):
    path = book(tmp_path / "客户.xlsx", 客户="\n" * 40 + TWO_CUSTOMERS.strip())

    problem = refused(path)

    assert problem.code == "E202"
    assert problem.where.sheet == "客户"


def test_an_empty_book_stops_the_run(tmp_path, book):
    problem = refused(book(tmp_path / "空.xlsx", Sheet1=""))

    assert problem.code == "E007"
    assert str(problem.where) == "空.xlsx"
    assert problem.what.zh == "空.xlsx 是空的"
    assert problem.what.en == "空.xlsx is empty"


def test_a_book_without_customers_lists_its_sheets_and_what_may_be_meant(tmp_path, book):
    path = book(
        tmp_path / "b.xlsx",
        Sheet1="| 客户代号 | 客户全称 |\n| KA001 | 甲公司 |",
        大客户="| 姓名 |",
    )

    problem = refused(path)

    assert problem.code == "E201"
    assert problem.where.book == "b.xlsx"
    assert problem.what.zh == "b.xlsx 里没有 “客户” 表"
    assert problem.what.en == "b.xlsx has no “Customers” sheet"
    assert problem.why.zh == (
        "里面的工作表有: Sheet1、大客户; 是不是 大客户、Sheet1!B1 “客户全称”、Sheet1!A1 “客户代号”"
    )
    assert problem.why.en.startswith("its sheets are: Sheet1, 大客户; perhaps ")
    assert problem.fix.zh == "把这张表命名为 “客户”, 并在表头写上 客户编号、客户名称"


def test_a_customers_sheet_without_a_header_stops_the_run(tmp_path, book):
    problem = refused(book(tmp_path / "b.xlsx", 客户="| KA001 | 甲公司 |\n| KA002 | 乙公司 |"))

    assert problem.code == "E202"
    assert str(problem.where) == "'[b.xlsx]客户'"
    assert problem.what.zh == "“客户” 表里找不到表头"
    assert problem.what.en == "the “Customers” sheet has no header row"


def test_a_customers_sheet_without_a_required_column_stops_the_run(tmp_path, book):
    path = book(
        tmp_path / "b.xlsx", 客户="| 客户代号 | 客户名称 | 年销售额 |\n| KA001 | 甲公司 | 5 |"
    )

    problem = refused(path)

    assert (problem.code, problem.severity) == ("E203", "error")
    assert problem.where.local == "客户!A1:C1"
    assert problem.what.zh == "“客户” 表缺少必需的列 “客户编号”"
    assert problem.what.en == "the “Customers” sheet lacks the column “Customer ID”"
    assert problem.why.zh == "表头里没有这个名称或它的同义词; 是不是 客户代号"
    assert problem.why.en == "no header is its name or a synonym of it; perhaps 客户代号"
    assert problem.effect.en == "nothing was decided, nothing was written"


def test_another_sheet_without_a_required_column_is_left_out(tmp_path, book):
    path = book(
        tmp_path / "b.xlsx",
        客户=TWO_CUSTOMERS,
        销售="| 客户名称 | 日期 | 销售额 |\n| 甲公司 | 2024-03-01 | 5 |",
    )

    data, (problem,) = read(path, SPECS)

    assert list(data.sheets) == ["customers"]
    assert (problem.code, problem.severity) == ("E203", "error")
    assert problem.where.local == "销售!A1:C1"
    assert problem.effect.en == "the sheet was not read; the others were"


def test_a_sheet_that_only_looks_like_a_kind_and_lacks_a_column_is_a_warning(tmp_path, book):
    path = book(
        tmp_path / "b.xlsx",
        客户=TWO_CUSTOMERS,
        备忘="| 客户编号 | 日期 | 内容 |\n| KA001 | 1 | x |",
    )

    data, (problem,) = read(path, SPECS)

    assert list(data.sheets) == ["customers"]
    assert (problem.code, problem.severity, problem.where.sheet) == ("E203", "warning", "备忘")


def test_another_sheet_without_a_header_is_left_out(tmp_path, book):
    data, (problem,) = read(book(tmp_path / "b.xlsx", 客户=TWO_CUSTOMERS, 销售="| 1 | 2 |"), SPECS)

    assert list(data.sheets) == ["customers"]
    assert (problem.code, problem.where.sheet) == ("E202", "销售")


class PanicException(BaseException):
    """What a panic of the reader's Rust code looks like."""


@pytest.mark.parametrize("error", [PanicException("index out of bounds"), ValueError("bad sheet")])
def test_whatever_the_reader_raises_is_a_damaged_workbook(tmp_path, book, monkeypatch, error):
    def failing(_: object) -> None:
        raise error

    path = book(tmp_path / "b.xlsx", 客户=TWO_CUSTOMERS)
    monkeypatch.setattr(fastexcel, "read_excel", failing)

    problem = refused(path)

    assert problem.code == "E006"
    assert problem.why.en == f"the reader says: {error}"


def test_an_interrupt_is_no_damaged_workbook(tmp_path, book, monkeypatch):
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    path = book(tmp_path / "b.xlsx", 客户=TWO_CUSTOMERS)
    monkeypatch.setattr(fastexcel, "read_excel", interrupted)

    with pytest.raises(KeyboardInterrupt):
        read(path, SPECS)


# Cells


def test_an_unreadable_cell_is_null_flagged_and_a_problem_at_its_place(tmp_path, book):
    found, (problem,) = customers(
        book,
        tmp_path,
        """
        | 客户编号 | 客户名称 | 年销售额 | 利润率 |
        | KA001   | 甲公司   | 约300   | 0.05  |
        | KA002   | 乙公司   | 5       | 0.07  |
        """,
    )

    assert found["sales"].to_list() == [None, 5.0]
    assert found["sales" + UNREADABLE].to_list() == [True, False]
    assert "margin" + UNREADABLE not in found.columns
    assert str(problem.where) == "'[客户.xlsx]客户'!C2"
    assert (problem.code, problem.severity, problem.key) == ("E101", "error", "KA001")
    assert problem.found == "约300"
    assert problem.what.zh == "年销售额 要数字, 这里不是"
    assert problem.what.en == "Annual Sales needs a number"


def test_an_error_cell_is_never_a_blank(tmp_path, book):
    found, (problem,) = customers(
        book,
        tmp_path,
        """
        | 客户编号 | 客户名称 | 逾期天数 |
        | KA001   | 甲公司   | #N/A    |
        | KA002   | 乙公司   |         |
        """,
    )

    assert found["overdue"].to_list() == [None, None]
    assert found["overdue" + UNREADABLE].to_list() == [True, False]
    assert (problem.code, problem.severity, problem.where.local) == ("E110", "error", "客户!C2")
    assert (problem.found, problem.key) == ("#N/A", "KA001")
    assert problem.what.zh == "逾期天数 是错误值 #N/A"
    assert problem.what.en == "Overdue Days holds the error #N/A"


def test_a_formula_without_its_value_is_never_a_blank(tmp_path, book):
    found, problems = customers(
        book,
        tmp_path,
        """
        | 客户编号 | 客户名称 | 年销售额 | 客户等级 |
        | KA001   | 甲公司   | =1+1    | ="A"    |
        |         |         | =2+2    |         |
        """,
    )

    assert found[ROW].to_list() == [2, 3]
    assert found["sales" + UNREADABLE].to_list() == [True, True]
    assert found["grade" + UNREADABLE].to_list() == [True, False]
    assert places(problems) == [
        ("E111", "客户!C2"),
        ("E111", "客户!D2"),
        ("E209", "客户!A3"),
        ("E111", "客户!C3"),
    ]
    assert problems[0].what.zh == "年销售额 的公式没有保存结果"
    assert problems[0].what.en == "the formula of Annual Sales was saved without its result"


def test_bad_cells_of_unknown_columns_are_warnings(tmp_path, book):
    found, problems = customers(
        book,
        tmp_path,
        """
        | 客户编号 | 客户名称 | 备注 | 得分 |
        | KA001   | 甲公司   | #REF! | =1 |
        """,
    )

    assert found["备注" + UNREADABLE].to_list() == [True]
    assert [(p.code, p.severity, p.where.ref) for p in problems] == [
        ("E110", "warning", "C2"),
        ("E111", "warning", "D2"),
    ]


def test_cells_outside_the_table_are_no_problem(tmp_path, book):
    _, problems = customers(
        book,
        tmp_path,
        """
        | 汇总 | =SUM(A:A) | #N/A |
        | 客户编号 | 客户名称 |
        | KA001   | 甲公司   | #N/A |
        """,
    )

    assert problems == []


def test_five_for_five_percent_is_a_warning(tmp_path, book):
    found, (problem,) = customers(
        book,
        tmp_path,
        """
        | 客户编号 | 客户名称 | 利润率(%) |
        | KA001   | 甲公司   | 5        |
        | KA002   | 乙公司   | 0.05     |
        | KA003   | 丙公司   | 150%     |
        """,
    )

    assert found["margin"].to_list() == [5.0, 0.05, 1.5]
    assert (problem.code, problem.severity, problem.where.local) == ("W112", "warning", "客户!C2")
    assert problem.what.zh == "利润率 大于 100%: 500%"
    assert problem.what.en == "Margin is more than 100%: 500%"
    assert problem.fix.zh.startswith("若本意是 5%, 输入 5%")
    assert problem.fix.en.startswith("if 5% was meant, type 5%")


def test_a_value_outside_the_choices_is_kept_with_a_warning(tmp_path, book):
    found, (problem,) = customers(
        book, tmp_path, "| 客户编号 | 客户名称 | 战略意义 |\n| KA001 | 甲公司 | 很大 |"
    )

    assert found["strategic"].to_list() == ["很大"]
    assert (problem.code, problem.severity, problem.where.local) == ("W208", "warning", "客户!C2")
    assert problem.what.zh == "战略意义 的值 “很大” 不在选项里"
    assert problem.what.en == "“很大” is not one of the choices of Strategic"
    assert problem.why.zh == "选项是 重大、无"


def test_the_same_problem_in_many_cells_is_one_problem_with_a_range(tmp_path, book):
    lines = [f"| KA{i:03} | 公司{i} | {'约300' if i > 1 else 5} |" for i in range(1, 9)]
    table = "\n".join(["| 客户编号 | 客户名称 | 年销售额 |", *lines])

    _, (problem,) = customers(book, tmp_path, table)

    assert problem.where.local == "客户!C3:C9"
    assert problem.what.zh == "年销售额 要数字, 这里不是 (共 7 个单元格)"
    assert problem.what.en == "Annual Sales needs a number (7 cells)"
    assert (problem.found, problem.key) == ("约300", "")


def test_five_cells_with_the_same_problem_stay_single(tmp_path, book):
    lines = [f"| KA{i:03} | 公司{i} | #N/A |" for i in range(1, 6)]
    table = "\n".join(["| 客户编号 | 客户名称 | 年销售额 |", *lines])

    _, problems = customers(book, tmp_path, table)

    assert [p.where.ref for p in problems] == ["C2", "C3", "C4", "C5", "C6"]


def test_a_truth_value_among_numbers_is_refused_at_its_cell(tmp_path, book):
    table = """
        | 客户编号 | 客户名称 | 年销售额 | 逾期天数 | 客户等级 |
        | KA001   | 甲公司   | 1200    | 3       | 5       |
        | KA002   | 乙公司   | TRUE    | FALSE   | TRUE    |
    """

    found, problems = customers(book, tmp_path, table)

    assert places(problems) == [("E101", "客户!C3"), ("E104", "客户!D3")]
    assert problems[0].found == "TRUE"
    assert problems[0].key == "KA002"
    assert found["sales"].to_list() == [1200.0, None]
    assert found["sales" + UNREADABLE].to_list() == [False, True]
    assert found["overdue"].to_list() == [3, None]


# Large sheets, whose columns the guard has seen already


HEADERS = (
    "客户编号", "客户名称", "年销售额", "利润率", "首次合作日期", "逾期天数", "客户等级", "备注", "战略意义",
)  # fmt: skip


def large(path: Path, seed: int) -> Path:
    """Write a book with each kind of cell that a large one may have, some of them blank or bad."""
    chance, book = random.Random(seed), Workbook()
    sheet = book.create_sheet("客户", 0)
    sheet.append(HEADERS)
    for row in range(2, 200):
        if chance.random() < 0.02:
            continue  # a row that the file does not have
        values = (
            f"KA{row}", chance.choice((" 甲 & <乙>", "丙\n公司", "_x000D_", " ", "0012")),
            chance.random() * 10**6, chance.choice((0.25, 1e-7, 0)),
            dt.datetime(2024, 1, 1) + dt.timedelta(days=chance.random() * 700),
            chance.randrange(90), chance.choice((True, False)),
            f"=A{row}", chance.choice(("重大", "无", None)),
        )  # fmt: skip
        for column, value in enumerate(values, 1):
            if chance.random() < 0.97:
                sheet.cell(row, column, value)
            if chance.random() < 0.01:
                sheet.cell(row, column, "#N/A")
    book.save(path)
    return path


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("mac", [False, True])
def test_a_large_sheet_is_read_as_a_small_one_is(tmp_path, monkeypatch, seed, mac):
    path = large(tmp_path / "客户.xlsx", seed)
    if mac:
        workbook = load_workbook(path)
        workbook.epoch = CALENDAR_MAC_1904
        workbook.save(path)
    small, as_small = read(path, SPECS)

    monkeypatch.setattr(xml_check, "SKIMMED", 0)
    monkeypatch.setattr(sheet_check, "SKIMMED_COLUMN", 0)
    monkeypatch.setattr(sheet_check, "LEARNED", 40)
    monkeypatch.setattr(Body, "_any_frame", None)
    large_, as_large = read(path, SPECS)

    assert frame(large_).schema == frame(small).schema
    assert frame(large_).equals(frame(small))
    assert as_large == as_small


def test_a_large_sheet_with_several_kinds_in_a_column_is_left_to_the_reader(tmp_path, monkeypatch):
    path = large(tmp_path / "客户.xlsx", 1)
    workbook = load_workbook(path)
    for row in range(2, 200):
        workbook["客户"].cell(row, 3).value = "1,200万" if row % 3 else 5
    workbook.save(path)
    small, _ = read(path, SPECS)

    monkeypatch.setattr(xml_check, "SKIMMED", 0)
    monkeypatch.setattr(sheet_check, "SKIMMED_COLUMN", 0)
    monkeypatch.setattr(sheet_check, "LEARNED", 40)

    assert guard.inspect(path).sheets[0].columns is None
    assert frame(read(path, SPECS)[0]).equals(frame(small))


# Keys


def test_the_later_rows_of_a_repeated_customer_are_errors(tmp_path, book):
    found, problems = customers(
        book,
        tmp_path,
        """
        | 客户编号 | 客户名称 |
        | 1001    | 甲公司   |
        | 1002    | 乙公司   |
        | '1001   | 丙公司   |
        """,
    )

    (problem,) = problems
    assert found["customer_id"].to_list() == ["1001", "1002", "1001"]
    assert found[DUPLICATE].to_list() == [False, False, True]
    assert (problem.code, problem.severity, problem.where.local) == ("E205", "error", "客户!A4")
    assert problem.key == "1001"
    assert problem.what.zh == "客户编号 1001 重复"
    assert problem.what.en == "Customer ID 1001 occurs twice"
    assert problem.why.zh == "第一次在 客户!A2"
    assert problem.why.en == "the first is at 客户!A2"


def test_a_row_without_a_key_is_an_error_and_stays(tmp_path, book):
    found, (problem,) = customers(
        book, tmp_path, "| 客户编号 | 客户名称 |\n| KA001 | 甲公司 |\n| | 乙公司 |"
    )

    assert found["customer_id"].to_list() == ["KA001", None]
    assert found[DUPLICATE].to_list() == [False, False]
    assert (problem.code, problem.severity, problem.where.local) == ("E209", "error", "客户!A3")
    assert problem.what.zh == "这一行没有 客户编号"
    assert problem.what.en == "this row has no Customer ID"


def orders(book: Book, tmp_path: Path, keys: list[str]) -> list[Problem]:
    lines = [f"| {key} | 2024-03-01 | 5 |" for key in keys]
    table = "\n".join(["| 客户编号 | 日期 | 销售额 |", *lines])
    data, problems = read(book(tmp_path / "b.xlsx", 销售=table, 客户=TWO_CUSTOMERS), SPECS)
    assert frame(data, "orders").height == len(keys)
    return problems


def test_orders_of_an_unknown_customer_are_one_warning_for_each_customer(tmp_path, book):
    problems = orders(book, tmp_path, ["KA001", "KA009", "KA002", "KA009", "KA007"])

    assert places(problems) == [("W206", "销售!A3:A5"), ("W206", "销售!A6")]
    assert {p.severity for p in problems} == {"warning"}
    assert [p.key for p in problems] == ["KA009", "KA007"]
    assert problems[0].what.zh == "客户编号 KA009 不在“客户”表里"
    assert problems[0].what.en == "Customer ID KA009 is not in the Customers sheet"
    assert problems[0].why.zh == "2 行用到它"
    assert problems[0].effect.zh == "这些行计入合计, 但不属于任何编号"


def test_very_many_unknown_customers_are_one_warning(tmp_path, book):
    (problem,) = orders(book, tmp_path, [f"X{i}" for i in range(30)])

    assert problem.where.local == "销售!A2:A31"
    assert problem.found.startswith("X0, X1, X2")
    assert problem.what.zh.endswith("(共 30 个编号)")
    assert problem.what.en.endswith("(30 keys)")


def test_an_order_without_a_customer_is_a_warning(tmp_path, book):
    (problem,) = orders(book, tmp_path, ["KA001", ""])

    assert (problem.code, problem.severity, problem.where.local) == ("W210", "warning", "销售!A3")
    assert problem.what.zh == "这一行没有 客户编号"
    assert problem.what.en == "this row has no Customer ID"
    assert problem.effect.zh == "这一行计入合计, 但不属于任何编号"


def test_problems_come_in_the_order_of_the_book(tmp_path, book):
    path = book(
        tmp_path / "b.xlsx",
        销售="| 客户编号 | 日期 | 销售额 |\n| KA009 | x | y |\n| | 2024-03-01 | y |",
        客户="""
        | 客户编号 | 客户名称 | 利润率 | 销售金额 |
        | KA001   | 甲公司   | x     | 1       |
        | KA001   | 乙公司   | 5     | 1       |
        """,
    )

    _, problems = read(path, SPECS)

    assert places(problems) == [
        ("W206", "销售!A2"),
        ("E102", "销售!B2"),
        ("E101", "销售!C2"),
        ("W210", "销售!A3"),
        ("E101", "销售!C3"),
        ("W204", "客户!D1"),
        ("E101", "客户!C2"),
        ("E205", "客户!A3"),
        ("W112", "客户!C3"),
    ]
    assert places(problems) == places(read(path, SPECS)[1])
