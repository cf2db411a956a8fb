"""Rule cells mean what their author wrote, or are refused with the text to write instead."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamrules.messages.message import Refusal
from kamrules.rules.cell.ast import (
    AnyOf,
    AnyValue,
    Arith,
    Ask,
    Call,
    Compare,
    Holds,
    Interval,
    ListOf,
    Lit,
    Logic,
    Months,
    Name,
    Not,
    Relation,
    Test,
    Within,
    expressions,
    names,
    operands,
)
from kamrules.rules.cell.parse import parse_output, parse_test
from kamrules.words.fold import fold
from kamrules.words.types import Type


def read(text: str, type_: Type = "number") -> Test:
    """Return the test of a cell, whose constants carry no positions."""
    found = parse_test(text, type_)
    assert not isinstance(found, Refusal), found
    return found


def number(value: str) -> Lit:
    return Lit(Decimal(value))


def plain(node: object) -> object:
    """Return a test without positions and spellings, so that tests can be compared."""
    if isinstance(node, Lit):
        value = node.value
        return ("lit", value.normalize() if isinstance(value, Decimal) else value)
    if isinstance(node, Name):
        return ("name", node.name)
    if isinstance(node, tuple):
        return tuple(plain(n) for n in node)
    if hasattr(node, "__slots__"):
        return (
            type(node).__name__,
            *(plain(getattr(node, n)) for n in node.__slots__ if n != "pos"),
        )
    return node


@pytest.mark.parametrize(
    ("text", "type_", "meaning"),
    [
        ("", "number", AnyValue()),
        ("-", "text", AnyValue()),
        ("—", "number", AnyValue()),
        ("5", "number", Compare("=", number("5"))),
        (">= 5%", "percent", Compare(">=", number("0.05"))),
        ("<3‰", "number", Compare("<", number("0.003"))),
        (">=1.2亿", "money", Compare(">=", number("120000000"))),
        (">500万", "money", Compare(">", number("5000000"))),
        ("<>7", "number", Compare("!=", number("7"))),
        ("-5", "number", Compare("=", number("-5"))),
        ("[1%..5%)", "percent", Interval(number("0.01"), True, number("0.05"), False)),
        ("]1..2[", "number", Interval(number("1"), False, number("2"), False)),
        ("1, 3", "number", AnyOf((Compare("=", number("1")), Compare("=", number("3"))))),
        ("not(1, >5)", "number", Not(AnyOf((Compare("=", number("1")), Compare(">", number("5")))))),
        ("非(1)", "number", Not(Compare("=", number("1")))),
        ("不低于5%", "percent", Compare(">=", number("0.05"))),
        ("null", "number", Compare("=", Lit(None))),
        ("not(空)", "text", Not(Compare("=", Lit(None)))),
        ("[1,2]", "number", Compare("=", ListOf((number("1"), number("2"))))),
        (">= 白金门槛 * 2", "money", Compare(">=", Arith("*", Name("白金门槛"), number("2")))),
        (">{年采购额(万元)}", "money", Compare(">", Name("年采购额(万元)"))),
        ("是", "bool", Compare("=", Lit(True))),
        ("false", "bool", Compare("=", Lit(False))),
        ("白金", "text", Compare("=", Lit("白金"))),
        ("是", "text", Compare("=", Lit("是"))),
        ("001", "text", Compare("=", Lit("001"))),
        ("3M公司", "text", Compare("=", Lit("3M公司"))),
        ("重要客户(VIP), A/B", "text", AnyOf((Compare("=", Lit("重要客户(VIP)")), Compare("=", Lit("A/B"))))),
        ('"a,b"', "text", Compare("=", Lit("a,b"))),
        ('<>""', "text", Compare("!=", Lit(""))),
        (">=2024-01-31", "date", Compare(">=", Lit(dt.date(2024, 1, 31)))),
        (">=2024年1月31日", "date", Compare(">=", Lit(dt.date(2024, 1, 31)))),
        ("[2024/1/1..2024.1.31]", "date", Interval(Lit(dt.date(2024, 1, 1)), True, Lit(dt.date(2024, 1, 31)), True)),
        (">8:30", "time", Compare(">", Lit(dt.time(8, 30)))),
        ('@"2024-01-31"', "date", Compare("=", Lit(dt.date(2024, 1, 31)))),
        ('<date("2024-01-31")', "date", Compare("<", Lit(dt.date(2024, 1, 31)))),
        ('<date and time("2024-01-31T08:00:00")', "datetime", Compare("<", Lit(dt.datetime(2024, 1, 31, 8)))),
        ('>time("08:30:00")', "time", Compare(">", Lit(dt.time(8, 30)))),
        ('>=duration("PT4H")', "duration", Compare(">=", Lit(dt.timedelta(hours=4)))),
        ('<duration("P1Y2M")', "months", Compare("<", Lit(Months(14)))),
        ('contains(?, "医")', "text", Holds(Call("contains", (Ask(), Lit("医"))))),
        ("? > 3 and ? < 5", "number", Holds(Logic("and", (Relation(">", Ask(), number("3")), Relation("<", Ask(), number("5")))))),
        ("? in [1..3)", "number", Holds(Within(Ask(), Interval(number("1"), True, number("3"), False)))),
    ],
)  # fmt: skip
def test_a_cell_means_what_its_author_wrote(text: str, type_: Type, meaning: Test) -> None:
    assert plain(read(text, type_)) == plain(meaning)


@pytest.mark.parametrize(
    ("typed", "half_width", "type_"),
    [
        ("≥５％", ">=5%", "percent"),
        ("【1%..5%）", "[1%..5%)", "percent"),
        ("“白金”，“黄金”", '"白金","黄金"', "text"),
        ("白金、黄金", "白金,黄金", "text"),
        ("ｎｏｔ（１，２）", "not(1,2)", "number"),
        ("＞ １００万", "> 100万", "money"),
        ("≠３", "!=3", "number"),
    ],
)
def test_full_width_input_reads_as_its_half_width_form(
    typed: str, half_width: str, type_: Type
) -> None:
    assert plain(read(typed, type_)) == plain(read(half_width, type_))


@pytest.mark.parametrize(
    ("text", "type_", "code", "fix"),
    [
        (">=1,000,000", "money", "E302", "1000000"),
        ("1,000", "number", "E302", "1000"),
        ("1%~5%", "percent", "E305", "[1%..5%)"),
        ("1-5", "number", "E305", "[1..5)"),
        ("1至5", "int", "E305", "[1..5)"),
        ("2024-01-01~2024-12-31", "date", "E305", "[2024-01-01..2024-12-31]"),
        ("5%以上", "percent", "E304", ">=5%"),
        ("1%以下", "percent", "E304", "<1%"),
        ('"高"', "number", "E310", "数字"),
        ("5", "date", "E310", "日期"),
        (">=", "number", "E301", "[1%..5%)"),
        ("[1..5", "number", "E301", ""),
        ("2024-13-01", "date", "E301", ""),
        ("1%..5%", "percent", "E305", "[1%..5%]"),
        (">=30天", "int", "E323", ">=30"),
        ("((((" * 500, "number", "E301", ""),
        ("1+" * 90 + "1", "number", "E301", ""),
    ],
)
def test_a_doubtful_cell_is_refused_with_the_text_to_write(
    text: str, type_: Type, code: str, fix: str
) -> None:
    found = parse_test(text, type_)

    assert isinstance(found, Refusal)
    assert found.code == code
    assert fix in found.fix.zh


def test_a_refusal_points_at_the_place() -> None:
    found = parse_test(">=5 !! 3", "number")

    assert isinstance(found, Refusal)
    assert found.position == 4
    assert "!! 3" in found.why.en


def test_a_word_in_a_number_column_is_a_name_to_be_looked_up() -> None:
    assert [n.name for n in names(read(">= 白金门槛"))] == ["白金门槛"]


def test_the_unit_of_a_column_scales_its_plain_numbers_only() -> None:
    assert plain(parse_test(">=100", "money", 4)) == plain(Compare(">=", number("1000000")))
    assert plain(parse_test(">=100万", "money", 4)) == plain(Compare(">=", number("1000000")))


@pytest.mark.parametrize(
    ("text", "type_", "meaning"),
    [
        ("专属团队 · 4h, 全年", "text", Lit("专属团队 · 4h, 全年")),
        ('"Approved"', "text", Lit("Approved")),
        ("{占比等级}", "text", Name("占比等级")),
        ("空", "text", Lit(None)),
        ("8%", "percent", Lit(Decimal("0.08"))),
        ("{年采购额} * 2", "money", Arith("*", Name("年采购额"), number("2"))),
        ("否", "bool", Lit(False)),
        ("2024-01-31", "date", Lit(dt.date(2024, 1, 31))),
    ],
)
def test_an_output_is_a_value_text_as_it_is(text: str, type_: Type, meaning: object) -> None:
    assert plain(parse_output(text, type_)) == plain(meaning)


def test_an_output_is_no_condition() -> None:
    found = parse_output(">=5", "number")

    assert isinstance(found, Refusal)


def test_texts_are_compared_folded() -> None:
    assert fold(" ＡＢ　ｃ ") == fold("ab C")
    assert fold("Straße") == fold("STRASSE")


def test_every_expression_of_a_cell_is_found() -> None:
    cell = read("not([{a}..{b}), {c} + 1, ? in (>{d}))")

    assert sorted(e.name for e in operands(cell) if isinstance(e, Name)) == ["a", "b", "c", "d"]
    assert list(expressions(Lit(1))) == [Lit(1)]


TEXTS = st.text(
    '[](){}<>=!?.,、，%万亿-+*/"“”空是否非not and or in 0123456789abc中文@~…·\n', max_size=30
)


@given(
    st.one_of(TEXTS, st.text(max_size=40)),
    st.sampled_from(["number", "text", "date", "bool", "any"]),
)
def test_no_text_makes_the_parser_fail(text: str, type_: Type) -> None:
    parse_test(text, type_)
    parse_output(text, type_)


@given(st.decimals(-999, 999, places=2), st.decimals(-999, 999, places=2))
def test_a_half_open_range_equals_its_two_comparisons(low: Decimal, high: Decimal) -> None:
    interval = read(f"[{low}..{high})")

    assert isinstance(interval, Interval)
    assert plain(Compare(">=", interval.low)) == plain(read(f">={low}"))
    assert plain(Compare("<", interval.high)) == plain(read(f"<{high}"))


@given(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12))
def test_a_bare_word_of_a_text_column_equals_the_quoted_one(word: str) -> None:
    if fold(word) in ("空", "null", "not", "非", "不是") or word.startswith(("非", "不是")):
        return
    half = parse_test(f'"{word}"', "text")

    assert plain(parse_test(word, "text")) == plain(half)
