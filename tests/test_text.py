"""Messages exist in both languages, fit every console, and numbers are shown one way."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from kamrules.messages.problem import Cell
from kamrules.words.shown import fmt
from kamrules.words.types import TYPES
from tests.kit.told import MESSAGES, TEXTS

ALL = [
    *TEXTS.items(),
    *TYPES.items(),
]


def is_chinese(text: str) -> bool:
    """Return whether a text holds Chinese, but for the words of cells that English quotes."""
    return any("\u4e00" <= c <= "\u9fff" for c in text.replace("空", "").replace("万", ""))


def test_every_message_is_in_both_languages_and_fits_gbk() -> None:
    faults = [
        (name, text)
        for name, text in ALL
        if bool(text.zh) != bool(text.en)
        or is_chinese(text.en)
        or any(one.encode("gbk", "ignore").decode("gbk") != one for one in text)
    ]

    assert faults == []


def test_a_problem_says_its_place_as_excel_does() -> None:
    where = Cell("book.xlsx", "客户", "F11")

    found = MESSAGES["E301"].at(where, found="5 !", near="!", table="分级")

    assert str(found.where) == "'[book.xlsx]客户'!F11"
    assert found.where.local == "客户!F11"
    assert Cell("b.xlsx", "My 'Sheet", "A1").local == "'My ''Sheet'!A1"
    assert "5 !" in found.what.zh
    assert "分级" in found.effect.zh


@pytest.mark.parametrize(
    ("value", "type_", "zh"),
    [
        (0.125, "percent", "12.5%"),
        (0.09895, "percent", "9.9%"),
        (0.00125, "percent", "0.13%"),
        (1234567.005, "money", "1,234,567.01"),
        (-0.5, "number", "-0.5"),
        (100, "int", "100"),
        (Decimal("2.50"), "number", "2.5"),
        (1e21, "number", "1,000,000,000,000,000,000,000"),
        (None, "number", "空"),
        (True, "bool", "是"),
        (dt.date(2024, 1, 31), "date", "2024-01-31"),
        (dt.datetime(2024, 1, 31, 8, 5), "datetime", "2024-01-31 08:05"),
        (["甲", "乙"], "text", "甲、乙"),
    ],
)
def test_values_are_shown_one_way_rounded_half_up(value: object, type_: str, zh: str) -> None:
    assert fmt(value, type_, "zh") == zh  # type: ignore[arg-type]
