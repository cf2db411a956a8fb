"""What several messages say: what a problem affects, and where examples stand."""

from __future__ import annotations

from kamrules.messages.problem import Cell

NO_RUN = ("未判定, 未写出任何文件", "nothing was decided, nothing was written")
TABLE_STOPS = (
    "规则表 {table} 不能运行; 未写出任何文件",
    "table {table} cannot run; nothing was written",
)
ROW_UNDECIDED = (
    "用到此值的规则对该行不判定; 其他行照常",
    "rules that need it do not decide this row; other rows are not affected",
)
KEY_UNDECIDED = (
    "{key} 在 {table} 中未判定; 其他行照常",
    "{table} does not decide {key}; other rows are not affected",
)

IN_BOOK = Cell("供应商.xlsx")
IN_COLUMN = Cell("供应商.xlsx", "供应商", "F11")
IN_ROW = Cell("供应商.xlsx", "供应商", "A11")
IN_RULE = Cell("rating.xlsx", "分级", "C9")
TABLE = "供应商评级 rating"
