"""What several messages say: what a problem affects, and where examples stand."""

from __future__ import annotations

from kamrules.messages.problem import Cell

NO_RUN = ("未判定, 未写出任何文件", "nothing was decided, nothing was written")
TABLE_STOPS = (
    "规则表 {table} 不能运行; 未写出任何文件",
    "table {table} cannot run; nothing was written",
)
ROW_UNDECIDED = (
    "用到此值的规则对该行不判定; 其他客户照常",
    "rules that need it do not decide this row; other customers are not affected",
)
KEY_UNDECIDED = (
    "{key} 在 {table} 中未判定; 其他客户照常",
    "{table} does not decide {key}; other customers are not affected",
)

IN_BOOK = Cell("客户.xlsx")
IN_COLUMN = Cell("客户.xlsx", "客户", "F11")
IN_ROW = Cell("客户.xlsx", "客户", "A11")
IN_RULE = Cell("tiering.xlsx", "分级", "C9")
TABLE = "客户分级 tiering"
