"""Columns written as a table."""

from __future__ import annotations

import pytest

from kamrules.sheets.column import Column
from kamrules.sheets.specs import columns


def test_a_line_is_a_column() -> None:
    assert columns("""
        id | 编号 | ID | text required | 客户号, No
        amount | 金额 | Amount | money 元
        date | 日期 | Date | date event |
        flag | 意义 | Flag | enum 大/小/无 blank=无
        potential | 潜力 | Potential | number 高=80 低=20
    """) == (
        Column("id", "编号", "ID", "text", synonyms=("客户号", "No"), required=True),
        Column("amount", "金额", "Amount", "money", "元"),
        Column("date", "日期", "Date", "date", event=True),
        Column("flag", "意义", "Flag", "enum", allowed=("大", "小", "无"), blank="无"),
        Column("potential", "潜力", "Potential", "number", words=(("高", 80.0), ("低", 20.0))),
    )


def test_a_type_nobody_knows_is_refused_by_the_columns_name() -> None:
    with pytest.raises(ValueError, match=r"'size'.*'inches'"):
        columns("size | 尺寸 | Size | inches")
