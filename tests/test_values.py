"""What people type in cells, read one by one and a column at a time."""

import datetime as dt
import unicodedata
from typing import get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamrules.messages.message import Refusal
from kamrules.messages.problem import Cell
from kamrules.sheets import values
from kamrules.sheets.dates import date, duration, moment, time_of_day
from kamrules.sheets.numbers import integer, months, number, percent
from kamrules.sheets.typed import KINDS
from kamrules.sheets.values import boolean, read, read_column
from kamrules.words.types import Type
from tests.kit.told import MESSAGES

READERS = [number, percent, integer, date, moment, time_of_day, duration, months, boolean]
TYPED = [type_ for type_ in get_args(Type) if type_ not in {"any", "text", "enum"}]
WIDE = {ord(" "): "\u3000", **{code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)}}

NUMBERS = {
    "42": 42,
    "  42 ": 42,
    "42\u00a0": 42,
    "\u202a42\ufeff": 42,
    "３０": 30,
    "１，２００": 1200,
    "1,200": 1200,
    "1,234.5": 1234.5,
    "1,234,567": 1_234_567,
    "1 200": 1200,
    "1e3": 1000,
    "1.2E+07": 12_000_000,
    ".5": 0.5,
    "+5": 5,
    "−3": -3,
    "负3": -3,
    "(1,234)": -1234,
    "（1,234）": -1234,
    "1,200万": 12_000_000,
    "1200万元": 12_000_000,
    "1.1万": 11_000,
    "0.29万": 2900,
    "1.2亿": 120_000_000,
    "5百万": 5_000_000,
    "3千万": 30_000_000,
    "2千": 2000,
    "￥1,234.5": 1234.5,
    "¥1234": 1234,
    "-￥5": -5,
    "￥-5": -5,
    "￥(5)": -5,
    "$12": 12,
    "RMB 3,000": 3000,
    "rmb3000": 3000,
    "CNY 5": 5,
    "3000元": 3000,
    "5%": 0.05,
    "5％": 0.05,
    "-5.2%": -0.052,
    "18 %": 0.18,
    "3‰": 0.003,
    "百分之五": 0.05,
    "百分之五点五": 0.055,
    "百分之12": 0.12,
    "千分之三": 0.003,
    "万分之五": 0.0005,
    "十五": 15,
    "一百二十": 120,
    "两百零五": 205,
    "三十万": 300_000,
    "一万二千": 12_000,
    "一亿零五万": 100_050_000,
    "三点五万": 35_000,
    "壹万贰仟元整": 12_000,
}

NO_NUMBERS = {  # text: (part of the why, part of the fix)
    "约300": ("是大概的数", "改成 300"),
    "300左右": ("是大概的数", "改成 300"),
    "5-8万": ("是区间", "改成 5万 或 8万"),
    "500万~1亿": ("是区间", "改成 500万 或 1亿"),
    "5%—8%": ("是区间", "改成 5% 或 8%"),
    ">500": ("是比较", "改成 500"),
    "≥5%": ("是比较", "改成 5%"),
    "300以上": ("是比较", "改成 300"),
    "12,34": ("不是每三位一个", "改成 1234 或 12.34"),
    "1,20000": ("不是每三位一个", "改成 120000 或 1.20000"),
    "0,5": ("用逗号作小数点", "改成 0.5"),
    "1.200,50": ("用逗号作小数点", "改成 1200.50"),
    "1.2.3": ("不止一个小数点", "例如 1200"),
    "1,2OO": ("“1,2OO”含字母 O(不是零)", "改成 1,200"),
    "１，２ＯＯ": ("“1,2OO”含字母 O(不是零)", "改成 1,200"),
    "1,2OO万": ("含字母 O(不是零)", "改成 1,200万"),
    "l00": ("含字母 l(不是一)", "改成 100"),
    "I2": ("含字母 I(不是一)", "改成 12"),
    "30天": ("单位不认识", "改成 30"),
    "1.2亿美元": ("单位不认识", "改成 1.2亿"),
    "12.5k": ("可能是千", "改成 12500"),
    "5w": ("可能是万", "改成 50000"),
    "Q3": ("数字前还有别的字", "改成 3"),
    "5个百分点": ("说的是相差多少", "改成 5%"),
    "二〇二四": ("要用数字 0-9 写", "改成 2024"),
    "三": ("要用数字 0-9 写", "改成 3"),
    "2024年3月1日": ("是日期", "例如 1200"),
    "N/A": ("不是数字", "留空"),
    "无": ("不是数字", "留空"),
    "-": ("不是数字", "留空"),
    "待定": ("不是数字", "留空"),
    "万": ("不是数字", "留空"),
    "一百二": ("不是数字", "留空"),
    "二三十": ("不是数字", "留空"),
    "元5": ("数字前还有别的字", "改成 5"),
    "百分之5%": ("", "改成 百分之5"),
    "12 34": ("不是数字", "例如 1200"),
    "10²": ("", "改成 10"),
    "⑴": ("不是数字", "例如 1200"),
    "½": ("不是数字", "例如 1200"),
    "nan": ("不是数字", "例如 1200"),
    "Infinity": ("不是数字", "例如 1200"),
    "1e999": ("不是数字", "例如 1200"),
    "true": ("不是数字", "例如 1200"),
    "9" * 400: ("不是数字", "例如 1200"),
    "": ("没有内容", "例如 1200"),
}

FIRST_OF_MARCH = [
    "2024-03-01",
    "2024/3/1",
    "2024.3.1",
    "2024年3月1日",
    "2024 年 3 月 1 日",
    "２０２４年３月１日",
    "２０２４－０３－０１",
    "二〇二四年三月一日",
    "20240301",
    "45352",
    "45352.75",
    "2024-03-01 10:30",
    "2024-03-01 00:00:00",
    "2024年3月1日 9:05",
    "2024-03-01T10:30:00Z",
    "2024-03-01T10:30:00.123+08:00",
]

NO_DATES = {
    "2024年3月": ("缺少日", "例如 2024-03-01"),
    "2024-03": ("缺少日", "例如 2024-03-01"),
    "二〇二四年三月": ("缺少日", "例如 2024-03-01"),
    "24年3月1日": ("年份只有两位", "例如 2024-03-01"),
    "03/04/2024": ("分不清哪个是月, 哪个是日", "改成 2024-03-04 或 2024-04-03"),
    "13/04/2024": ("顺序不是年月日", "改成 2024-04-13"),
    "45/67/2024": ("顺序不是年月日", "例如 2024-03-01"),
    "2024-13-02": ("没有 13 月", "例如 2024-12-02"),
    "20241302": ("没有 13 月", "例如 2024-12-02"),
    "2024-02-30": ("2024 年 2 月只有 1 日到 29 日", "例如 2024-02-29"),
    "2024-01-00": ("2024 年 1 月只有 1 日到 31 日", "例如 2024-01-01"),
    "0224-03-01": ("从 1900 年开始", "例如 1900-03-01"),
    "1899-12-31 10:30:00": ("从 1900 年开始", "例如"),
    "3月1日": ("缺少年份", "例如 2024-03-01"),
    "3/1": ("缺少年份", "例如 2024-03-01"),
    "2024-3-1(已确认)": ("日期后面看不懂", "改成 2024-03-01"),
    "2024-03-01 25:00": ("日期后面看不懂", "改成 2024-03-01"),
    "2024年3月1日 星期五": ("日期后面看不懂", "改成 2024-03-01"),
    "2024-03-0110:30": ("看不出是哪一天", "例如 2024-03-01"),
    "昨天": ("看不出是哪一天", "留空"),
    "待定": ("看不出是哪一天", "留空"),
    "2024Q1": ("看不出是哪一天", "例如 2024-03-01"),
    "03/04/24": ("看不出是哪一天", "例如 2024-03-01"),
    "19999": ("看不出是哪一天", "例如 2024-03-01"),
    "80001": ("看不出是哪一天", "例如 2024-03-01"),
    "": ("没有内容", "例如 2024-03-01"),
}

OTHERS = [  # reader, text, value
    (percent, "0.05", 0.05),
    (percent, "5%", 0.05),
    (percent, "5", 5.0),
    (integer, "1,200", 1200),
    (integer, "3.0", 3),
    (integer, "1.2万", 12_000),
    (integer, "三十", 30),
    (integer, "-7", -7),
    (moment, "2024-03-01", dt.datetime(2024, 3, 1)),
    (moment, "2024/3/1 9:05:07", dt.datetime(2024, 3, 1, 9, 5, 7)),
    (moment, "2024年3月1日10:30", dt.datetime(2024, 3, 1, 10, 30)),
    (moment, "20240301 10:30", dt.datetime(2024, 3, 1, 10, 30)),
    (moment, "45352.4375", dt.datetime(2024, 3, 1, 10, 30)),
    (moment, "2024-03-01T10:30:00Z", dt.datetime(2024, 3, 1, 10, 30, tzinfo=dt.UTC)),
    (time_of_day, "9:05", dt.time(9, 5)),
    (time_of_day, "１０：３０", dt.time(10, 30)),
    (time_of_day, "10:30:59.5", dt.time(10, 30, 59, 500_000)),
    (time_of_day, "00:00", dt.time(0)),
    (time_of_day, "10:30Z", dt.time(10, 30, tzinfo=dt.UTC)),
    (time_of_day, "10:30+08:00", dt.time(10, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))),
    (time_of_day, "1899-12-31 10:30:00", dt.time(10, 30)),
    (duration, "P1DT2H3M4S", dt.timedelta(days=1, hours=2, minutes=3, seconds=4)),
    (duration, "-PT4H", dt.timedelta(hours=-4)),
    (duration, "PT0.5S", dt.timedelta(seconds=0.5)),
    (duration, "3天", dt.timedelta(days=3)),
    (duration, "4小时", dt.timedelta(hours=4)),
    (duration, "30分钟", dt.timedelta(minutes=30)),
    (duration, "1天4小时", dt.timedelta(days=1, hours=4)),
    (duration, "1.5 hours", dt.timedelta(hours=1.5)),
    (months, "P1Y6M", 18),
    (months, "-P2M", -2),
    (months, "1年6个月", 18),
    (months, "2 years", 24),
    (months, "18", 18),
    *((boolean, text, True) for text in ("是", "有", "对", "Y", "yes", "True", "T", "1", "√", "✓")),
    *(
        (boolean, text, False)
        for text in ("否", "无", "错", "n", "NO", "false", "F", "0", "×", "✗")
    ),
]

NO_OTHERS = [  # reader, text, code, part of the why, part of the fix
    (percent, "5个百分点", "E101", "说的是相差多少", "改成 5%"),
    (integer, "3.5", "E104", "不是整数", "改成 3 或 4"),
    (integer, "5%", "E104", "不是整数", "改成 0 或 1"),
    (integer, "约3", "E104", "是大概的数", "改成 3"),
    (integer, "12345678901234567", "E104", "超过 15 位", "文字列"),
    (moment, "2024-03-01 9:60", "E105", "日期后面看不懂", "改成 2024-03-01"),
    (moment, "10:30", "E105", "看不出是哪一天", "例如 2024-03-01 10:30"),
    (time_of_day, "24:00", "E106", "不是时刻", "例如 10:30"),
    (time_of_day, "10:30+25:00", "E106", "不是时刻", "例如 10:30"),
    (time_of_day, "", "E106", "没有内容", "例如 10:30"),
    (duration, "5", "E107", "不是时长", "例如 3天"),
    (duration, "P4M", "E107", "不是时长", "例如 3天"),
    (duration, "PT", "E107", "不是时长", "例如 3天"),
    (duration, "", "E107", "没有内容", "例如 3天"),
    (months, "1.5", "E108", "不是整数", "改成 1 或 2"),
    (months, "2024年3月", "E108", "不是月数", "例如 18"),
    (months, "P", "E108", "不是月数", "例如 18"),
    (boolean, "可能", "E103", "不是 是/否", "填 是 或 否"),
    (boolean, "-", "E103", "不是 是/否", "留空"),
    (boolean, "2", "E103", "不是 是/否", "填 是 或 否"),
]


def told(reading: object) -> tuple[str, str, str]:
    assert isinstance(reading, Refusal)
    return reading.code, reading.why.zh, reading.fix.zh


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_is_read_as_people_type_it(text: str):
    assert number(text) == NUMBERS[text]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_a_doubtful_number_is_refused_with_its_reason_and_what_to_type(text: str):
    why, fix = NO_NUMBERS[text]

    code, said, advised = told(number(text))

    assert code == "E101"
    assert why in said
    assert fix in advised


@pytest.mark.parametrize("text", FIRST_OF_MARCH)
def test_a_full_date_is_read_in_every_common_form(text: str):
    assert date(text) == dt.date(2024, 3, 1)


@pytest.mark.parametrize("text", NO_DATES)
def test_a_doubtful_date_is_refused_with_its_reason_and_what_to_type(text: str):
    why, fix = NO_DATES[text]

    code, said, advised = told(date(text))

    assert code == "E102"
    assert why in said
    assert fix in advised


@pytest.mark.parametrize(("reader", "text", "value"), OTHERS)
def test_other_kinds_are_read_as_people_type_them(reader, text, value):
    assert reader(text) == value


@pytest.mark.parametrize(("reader", "text", "code", "why", "fix"), NO_OTHERS)
def test_other_kinds_are_refused_with_a_reason(reader, text, code, why, fix):
    told_code, said, advised = told(reader(text))

    assert told_code == code
    assert why in said
    assert fix in advised


def test_the_advice_of_a_refusal_is_read_without_another_refusal():
    advised = [told(number(text))[2] for text in NO_NUMBERS]

    typed = [part for fix in advised if "改成" in fix for part in fix[3:].split(" 或 ")]
    assert not [text for text in typed if isinstance(number(text), Refusal)]


def test_english_says_the_same():
    refusal = number("1,2OO")

    assert isinstance(refusal, Refusal)
    assert refusal.why.en == "“1,2OO” has the letter O, not a zero"
    assert refusal.fix.en == "type 1,200"


def test_a_refusal_becomes_a_problem_at_its_cell():
    refusal = number("1,2OO万")
    assert isinstance(refusal, Refusal)

    found = refusal.at(Cell("a.xlsx", "客户", "F11"), found="1,2OO万", column="年销售额")

    assert found.what.zh == "年销售额 要数字, 这里不是"
    assert found.why.zh == "“1,2OO万”含字母 O(不是零)"
    assert found.fix.zh == "改成 1,200万"
    assert found.effect.zh


@pytest.mark.parametrize("type_", ["any", "text", "enum"])
def test_text_is_kept_as_typed_without_the_blanks_around_it(type_: Type):
    assert read(" \u3000Ａ公司 北京\u200b\n", type_) == "Ａ公司 北京"


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("money", "1,200万", 12_000_000),
        ("percent", "5%", 0.05),
        ("int", "3", 3),
        ("date", "2024/3/1", dt.date(2024, 3, 1)),
        ("datetime", "2024/3/1 9:05", dt.datetime(2024, 3, 1, 9, 5)),
        ("time", "9:05", dt.time(9, 5)),
        ("duration", "3天", dt.timedelta(days=3)),
        ("months", "P1Y", 12),
        ("bool", "是", True),
    ],
)
def test_read_follows_the_type_of_the_column(type_: Type, text, value):
    assert read(text, type_) == value


@pytest.mark.parametrize(
    ("raw", "type_", "value"),
    [
        (pl.Series([1.5, None]), "number", [1.5, None]),
        (pl.Series([1, None]), "money", [1.0, None]),
        (pl.Series([5.0, 0.05]), "percent", [5.0, 0.05]),
        (pl.Series([3.0, None]), "int", [3, None]),
        (pl.Series([3], dtype=pl.UInt8), "int", [3]),
        (pl.Series(["1,200", "12", " ", "5%", None]), "number", [1200, 12, None, 0.05, None]),
        (pl.Series(["1.2万", "7"]), "int", [12_000, 7]),
        (pl.Series([10248.0, 1.5, None]), "text", ["10248", "1.5", None]),
        (pl.Series([10248]), "text", ["10248"]),
        (pl.Series([" 甲 ", "", "\u3000", None]), "enum", ["甲", None, None, None]),
        (pl.Series([True, None]), "text", ["true", None]),
        (pl.Series([dt.datetime(2024, 3, 1), dt.datetime(2024, 3, 1, 9, 5)]), "text",
         ["2024-03-01", "2024-03-01 09:05:00"]),
        (pl.Series([dt.date(2024, 3, 1)]), "text", ["2024-03-01"]),
        (pl.Series([1.5, float("nan")]), "any", [1.5, None]),
        (pl.Series([1, None]), "any", [1, None]),
        (pl.Series([" a ", " "]), "any", ["a", None]),
        (pl.Series([dt.date(2024, 3, 1), None]), "date", [dt.date(2024, 3, 1), None]),
        (pl.Series([dt.datetime(2024, 3, 1, 9)]), "date", [dt.date(2024, 3, 1)]),
        (pl.Series(["2024-03-01 00:00:00", "2024/3/1", ""]), "date",
         [dt.date(2024, 3, 1), dt.date(2024, 3, 1), None]),
        (pl.Series([45352.0, 20240301.0, None]), "date", [dt.date(2024, 3, 1)] * 2 + [None]),
        (pl.Series([45352, 20240301]), "date", [dt.date(2024, 3, 1)] * 2),
        (pl.Series([dt.datetime(2024, 3, 1, 9)], dtype=pl.Datetime("ms")), "datetime",
         [dt.datetime(2024, 3, 1, 9)]),
        (pl.Series([dt.date(2024, 3, 1)]), "datetime", [dt.datetime(2024, 3, 1)]),
        (pl.Series(["2024-03-01 00:00:00", "2024-03-01 10:30:05", "2024年3月1日"]), "datetime",
         [dt.datetime(2024, 3, 1), dt.datetime(2024, 3, 1, 10, 30, 5), dt.datetime(2024, 3, 1)]),
        (pl.Series([45352.4375]), "datetime", [dt.datetime(2024, 3, 1, 10, 30)]),
        (pl.Series([dt.time(9, 5), None]), "time", [dt.time(9, 5), None]),
        (pl.Series([dt.datetime(1899, 12, 31, 9, 5), dt.datetime(1899, 12, 31)]), "time",
         [dt.time(9, 5), dt.time(0)]),
        (pl.Series(["9:05", "1899-12-31 00:00:00"]), "time", [dt.time(9, 5), dt.time(0)]),
        (pl.Series([dt.timedelta(hours=3)], dtype=pl.Duration("ms")), "duration",
         [dt.timedelta(hours=3)]),
        (pl.Series(["3天", None]), "duration", [dt.timedelta(days=3), None]),
        (pl.Series([18.0, 6]), "months", [18, 6]),
        (pl.Series(["P1Y", "6"]), "months", [12, 6]),
        (pl.Series([True, None]), "bool", [True, None]),
        (pl.Series([1, 0]), "bool", [True, False]),
        (pl.Series([1.0, 0.0, None]), "bool", [True, False, None]),
        (pl.Series(["是", "无", "", None]), "bool", [True, False, None, None]),
    ],
)  # fmt: skip
def test_a_column_of_any_dtype_becomes_typed_values(raw: pl.Series, type_: Type, value: list):
    column, refusals = read_column(raw, type_)

    assert (column.to_list(), refusals) == (value, {})


@pytest.mark.parametrize(
    ("raw", "type_", "code"),
    [
        (pl.Series([1.0, float("nan"), float("inf")]), "number", "E101"),
        (pl.Series(["1", "nan", "无"]), "money", "E101"),
        (pl.Series([True]), "number", "E101"),
        (pl.Series([dt.date(2024, 3, 1)]), "percent", "E101"),
        (pl.Series([dt.timedelta(hours=3)]), "number", "E101"),
        (pl.Series([3.0, 3.5]), "int", "E104"),
        (pl.Series([3, 10**17]), "int", "E104"),
        (pl.Series([5.0, 19999.0, 80001.0, 20241301.0]), "date", "E102"),
        (pl.Series([dt.datetime(1899, 12, 31, 9, 5)]), "date", "E102"),
        (pl.Series([dt.time(9, 5)]), "date", "E102"),
        (pl.Series([True]), "date", "E102"),
        (pl.Series(["24-03-01 10:00:00", "待定"]), "datetime", "E105"),
        (pl.Series(["2024-03-01T10:30:00Z"]), "datetime", "E105"),
        (pl.Series([dt.datetime(2024, 3, 1, 9)]), "time", "E106"),
        (pl.Series(["10:30+08:00", "下午"]), "time", "E106"),
        (pl.Series([3.0]), "duration", "E107"),
        (pl.Series([1.5]), "months", "E108"),
        (pl.Series([2.0, 1.5]), "bool", "E103"),
        (pl.Series([dt.date(2024, 3, 1)]), "bool", "E103"),
    ],
)
def test_what_a_column_cannot_hold_is_null_and_refused(raw: pl.Series, type_: Type, code: str):
    column, refusals = read_column(raw, type_)

    assert set(refusals) == set(column.is_null().arg_true())
    assert {code} == {refusal.code for refusal in refusals.values()}


@pytest.mark.parametrize("type_", get_args(Type))
@pytest.mark.parametrize("raw", [pl.Series([None, None]), pl.Series([" ", None]), pl.Series([])])
def test_a_blank_column_has_the_dtype_of_its_type(raw: pl.Series, type_: Type):
    column, refusals = read_column(raw.alias("年销售额"), type_)

    assert ("年销售额", len(raw), len(raw)) == (column.name, len(column), column.null_count())
    assert refusals == {}
    if type_ in TYPED:
        assert column.dtype == values._DTYPES[type_]


def test_refusals_stand_at_their_rows_and_the_other_cells_keep_their_values():
    raw = pl.Series("销售额", ["1,200", "约300", None, "5", "约300", "1,2OO"])

    column, refusals = read_column(raw, "money")

    assert column.to_list() == [1200, None, None, 5, None, None]
    advised = {row: refusal.fix.zh for row, refusal in refusals.items()}
    assert advised == {1: "改成 300", 4: "改成 300", 5: "改成 1,200"}
    assert raw.to_list() == ["1,200", "约300", None, "5", "约300", "1,2OO"]


def test_a_time_with_an_offset_is_not_mixed_with_local_times():
    _, refusals = read_column(pl.Series(["2024-03-01T10:30:00Z"]), "datetime")

    assert told(refusals[0])[1:] == (
        "“2024-03-01T10:30:00Z”带时区",
        "写当地时间, 例如 2024-03-01 10:30:00",
    )


def test_numbers_are_multiplied_by_the_unit_of_the_header():
    column, refusals = read_column(pl.Series([1.1, 0.07, 1200, None]), "money", 1e4)

    assert column.to_list() == [11_000, 700, 12_000_000, None]
    assert refusals == {}


def test_typed_numbers_are_multiplied_like_native_ones():
    column, refusals = read_column(pl.Series(["1.1", "1,200", "1 200"]), "money", 1e4)

    assert column.to_list() == [11_000, 12_000_000, 12_000_000]
    assert refusals == {}


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("1,200万", "改成 1200, "),
        ("3000元", "改成 0.3, "),
        ("￥12", "改成 0.0012, "),
        ("三十万", "改成 30, "),
    ],
)
def test_a_unit_beside_the_unit_of_the_header_is_asked_about(text: str, fix: str):
    column, refusals = read_column(pl.Series([text]), "money", 1e4)

    assert column.to_list() == [None]
    assert refusals[0].code == "E109"
    assert fix in refusals[0].fix.zh


@pytest.mark.parametrize(
    ("text", "fix"), [("1,2OO万", "改成 1200"), ("约300", "改成 300"), ("5%", "例如 1200")]
)
def test_advice_is_in_the_unit_of_the_header(text: str, fix: str):
    _, refusals = read_column(pl.Series([text]), "money", 1e4)

    assert fix in told(refusals[0])[2]


def test_a_percent_sign_under_a_percent_header_says_the_same():
    column, refusals = read_column(pl.Series(["5", "5%", "百分之五", "0.5"]), "percent", 0.01)

    assert column.to_list() == [0.05, 0.05, 0.05, 0.005]
    assert refusals == {}


def test_scaled_whole_numbers_stay_whole():
    column, refusals = read_column(pl.Series([1.2, 0.00005]), "int", 1e4)

    assert column.to_list() == [12_000, None]
    assert told(refusals[1])[2] == "改成 0 或 0.0001"


def test_only_distinct_texts_that_do_not_cast_are_parsed(monkeypatch: pytest.MonkeyPatch):
    parsed = []
    number_of = values.number
    monkeypatch.setattr(values, "number", lambda *a: parsed.append(a[0]) or number_of(*a))

    column, refusals = read_column(pl.Series(["1", "2", "1,200", "无"] * 1000), "number")

    assert sorted(parsed) == ["1,200", "无"]
    assert (column.sum(), len(refusals)) == (1203 * 1000, 1000)


@settings(deadline=None)
@given(st.text())
def test_no_text_makes_a_reader_raise_or_a_message_unprintable(text: str):
    for reader in READERS:
        reading = reader(text)
        if isinstance(reading, Refusal):
            problem = reading.at(Cell("客户.xlsx"), column="年销售额")
            for sentence in (problem.what, problem.why, problem.fix, problem.effect):
                assert all(side.encode("gbk") for side in sentence)


@settings(deadline=None)
@given(st.text(alphabet="0123456789,. -+()%‰￥$万亿千百十元一二两〇零分之点年月日:TZPDHMSOlke约>~"))
def test_no_text_of_likely_characters_makes_a_reader_raise(text: str):
    for reader in READERS:
        reader(text)


@settings(deadline=None)
@given(st.lists(st.text()), st.sampled_from(TYPED), st.sampled_from([1.0, 1e4, 0.01]))
def test_no_text_makes_a_column_raise(texts: list[str], type_: Type, scale: float):
    column, refusals = read_column(pl.Series(texts, dtype=pl.String), type_, scale)

    assert len(texts) == len(column)
    assert set(refusals) <= set(column.is_null().arg_true())


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*NUMBERS, *NO_NUMBERS, *FIRST_OF_MARCH[:-2], *NO_DATES])),
    st.sampled_from(TYPED),
)
def test_a_column_reads_each_cell_as_it_is_read_alone(texts: list[str], type_: Type):
    column, refusals = read_column(pl.Series(texts, dtype=pl.String), type_)

    for row, text in enumerate(texts):
        if text.strip():
            assert read(text, type_) == refusals.get(row, column[row])


@given(st.integers(-(10**15), 10**15))
def test_a_number_with_thousands_separators_reads_back(whole: int):
    assert whole == number(f"{whole:,}")
    assert whole == integer(f"{whole:,}")


@given(st.decimals(-(10**9), 10**9, places=2))
def test_an_amount_with_separators_reads_back_in_every_unit(amount):
    assert float(amount) == number(f"{amount:,}")
    assert float(amount * 10_000) == number(f"{amount:,}万元")
    assert float(amount / 100) == number(f"{amount:,}%")


@given(st.dates(dt.date(1900, 1, 1)))
def test_a_date_reads_back(day: dt.date):
    assert day == date(str(day))
    assert day == date(f"{day.year}年{day.month}月{day.day}日")


@settings(deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_full_width_text_reads_like_its_half_width_form(text: str):
    for reader in READERS:
        assert reader(text) == reader(text.translate(WIDE))


@pytest.mark.parametrize("text", [*NUMBERS, *NO_NUMBERS, *NO_DATES])
def test_known_texts_read_the_same_in_full_width(text: str):
    wide = unicodedata.normalize("NFC", text).translate(WIDE)

    assert [reader(text) for reader in READERS] == [reader(wide) for reader in READERS]


def test_every_code_is_in_the_catalogue():
    assert {message.code for message in KINDS} | {"E109"} <= set(MESSAGES)
