"""What can be wrong in rules."""

from __future__ import annotations

from kamrules.messages.message import message
from kamrules.messages.phrases import IN_RULE, TABLE, TABLE_STOPS
from kamrules.words.text import Text

# fmt: off
UNKNOWN_WORD = message("E303", kind="word", stops=True,
    what=("{type} 列 “{column}” 里的条件写了文字 “{word}”",
          "the condition of the {type} column '{column}' holds the word '{word}'"),
    why=("它不是参数, 也不是列名{suggest}", "it is neither a parameter nor a column{suggest}"),
    fix=("改成数值, 或在 参数 表里定义 “{word}”",
         "write a value, or define '{word}' in the Parameters sheet"),
    effect=TABLE_STOPS,
    example={"found": ">=白银门槛", "word": "白银门槛", "column": "年采购额",
             "type": Text("金额", "money"),
             "suggest": Text("; 是不是 白金门槛", "; did you mean 白金门槛"),
             "table": TABLE}, place=IN_RULE)
CIRCLE = message("E308", kind="cycle", stops=True,
    what=("规则表互相依赖, 成了环: {cycle}", "tables depend on each other in a circle: {cycle}"),
    why=("每张表都要等另一张的结果", "each waits for the other's result"),
    fix=("去掉其中一个条件列, 或改用上期的值, 如 “上期 {name}”",
         "remove one of the conditions, or use last period's value, such as 'previous {name}'"),
    effect=("这些表都不能运行; 未写出任何文件", "none of them can run; nothing was written"),
    example={"cycle": "评级 <- 服务 (评级) <- 评级", "name": "评级"}, place=IN_RULE)
UNKNOWN_COLUMN = message("E312", kind="column", stops=True,
    what=("规则表 {table} 用到不认识的列 “{column}”",
          "table {table} uses the column '{column}', which is not known"),
    why=("工作簿, 事实和其他规则表里都没有它{suggest}",
         "no sheet, fact or other table has it{suggest}"),
    fix=("改正列名, 或在表里加上这一列", "correct the name, or add the column to the sheet"),
    effect=TABLE_STOPS,
    example={"found": "年采购", "column": "年采购",
             "suggest": Text("; 是不是 年采购额", "; did you mean 年采购额"),
             "table": TABLE}, place=IN_RULE)
TABLE_TWICE = message("E313", kind="duplicate", stops=True,
    what=("有两张规则表都叫 “{table}”", "two tables are called '{table}'"),
    why=("另一张在 {first}", "the other is at {first}"),
    fix=("给其中一张改名或删去", "rename or remove one of them"), effect=TABLE_STOPS,
    example={"table": TABLE, "first": "分级!A1"}, place=IN_RULE)
RESULT_TWICE = message("E314", kind="duplicate", stops=True,
    what=("两张规则表都给出 “{column}”", "two tables give '{column}'"),
    why=("{first} 和 {second} 都有这个结果列", "{first} and {second} both have this output"),
    fix=("给其中一列改名", "rename one of the columns"), effect=TABLE_STOPS,
    example={"column": "评级", "first": "分级!A1", "second": "金字塔!A1",
             "table": TABLE}, place=IN_RULE)
LIST_OF_RESULTS = message("E319", kind="syntax", stops=True,
    what=("“{found}” 用不了: {column} 是一组结果",
          "'{found}' cannot be used: {column} is a list of results"),
    why=("R O C 策略的表给出多个值", "tables with policy R, O or C give several values"),
    fix=("改用 C# 计数 或 F 首个", "use C# or F instead"), effect=TABLE_STOPS,
    example={"found": "标签", "column": "标签", "table": TABLE}, place=IN_RULE)
NOT_WORKED_OUT = message("E320", kind="syntax", stops=True,
    what=("规则单元格 “{found}” 算不出来", "the rule cell '{found}' cannot be worked out"),
    fix=("改正类型或函数; 可用: contains starts with ends with matches string length abs floor "
         "ceiling round min max",
         "correct the types or the function; there are: contains, starts with, ends with, "
         "matches, string length, abs, floor, ceiling, round, min, max"),
    effect=TABLE_STOPS,
    example={"found": "lower(?) = 5", "why": Text("没有函数 lower", "there is no function lower"),
             "table": TABLE}, place=IN_RULE)
TWO_TYPES = message("E324", kind="syntax", stops=True,
    what=("规则表 {table} 的条件列 “{column}” 有两种类型",
          "table {table} has the condition column '{column}' with two types"),
    why=("两列读同一列, 类型行却不同", "two columns read the same one, but the Type row differs"),
    fix=("改正其中一个列名, 或写一样的类型", "correct the name of one, or give both the same type"),
    effect=TABLE_STOPS,
    example={"found": "销售额占比", "column": "销售额占比", "table": TABLE}, place=IN_RULE)
# fmt: on
