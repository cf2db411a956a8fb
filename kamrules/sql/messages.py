"""What can be wrong in sql."""

from __future__ import annotations

from kamrules.messages.message import message
from kamrules.messages.phrases import IN_RULE, TABLE
from kamrules.words.text import Text

# fmt: off
NOT_IN_SQL = message("E332", kind="syntax",
    what=("规则表 {table} 不能写成 SQL", "table {table} cannot be written as SQL"),
    fix=("用 kamrules apply 判定它, 或改写这条规则",
         "decide it with kamrules apply, or write the rule otherwise"),
    effect=("SQL 里没有这张表", "the SQL is without this table"),
    example={"table": TABLE,
             "why": Text("数据库里没有通用的时长类型",
                         "databases have no common type for lengths of time")}, place=IN_RULE)
# fmt: on
