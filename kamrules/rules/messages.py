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
UNKNOWN_POLICY = message("E306", kind="syntax", stops=True,
    what=("不认识的命中策略 “{found}”", "the hit policy '{found}' is not known"),
    why=("可用的有 {known}", "there are {known}"),
    fix=("例如写 U 唯一 或 F 首个", "write e.g. U Unique or F First"), effect=TABLE_STOPS,
    example={"found": "X", "table": TABLE, "known": "U A P F R O C C+ C< C> C#"}, place=IN_RULE)
INCOMPLETE_TABLE = message("E307", kind="syntax", stops=True,
    what=("决策表 “{table}” 不完整", "the decision table '{table}' is incomplete"),
    effect=TABLE_STOPS,
    example={"table": TABLE, "why": Text("没有标为 “结果 OUT” 的列", "no column is marked OUT"),
             "fix": Text("在 “规则” 行给结果列写上 结果 OUT",
                         "write OUT above the result column in the Rule row")}, place=IN_RULE)
CIRCLE = message("E308", kind="cycle", stops=True,
    what=("规则表互相依赖, 成了环: {cycle}", "tables depend on each other in a circle: {cycle}"),
    why=("每张表都要等另一张的结果", "each waits for the other's result"),
    fix=("去掉其中一个条件列, 或改用上期的值, 如 “上期 {name}”",
         "remove one of the conditions, or use last period's value, such as 'previous {name}'"),
    effect=("这些表都不能运行; 未写出任何文件", "none of them can run; nothing was written"),
    example={"cycle": "等级 <- 服务 (等级) <- 等级", "name": "等级"}, place=IN_RULE)
RULE_ID_TWICE = message("E309", kind="duplicate", stops=True,
    what=("规则编号 “{found}” 用了两次", "the rule id '{found}' is used twice"),
    why=("第一次在 {first}", "the first is at {first}"),
    fix=("给其中一条换一个编号", "give one of them another id"), effect=TABLE_STOPS,
    example={"found": "R3", "first": "分级!A10", "table": TABLE}, place=IN_RULE)
NOT_IN_VALUES = message("E311", kind="value", stops=True,
    what=("“{found}” 不在取值行里", "'{found}' is not in the Values row"),
    why=("取值行写的是: {allowed}", "the Values row says: {allowed}"),
    fix=("改成其中之一{suggest}, 或把它加进取值行",
         "write one of them{suggest}, or add it to the Values row"),
    effect=TABLE_STOPS,
    example={"found": "战咯", "allowed": "战略, 重点, 普通",
             "suggest": Text(": 是不是 战略", ": did you mean 战略"),
             "table": TABLE}, place=IN_RULE)
UNKNOWN_COLUMN = message("E312", kind="column", stops=True,
    what=("规则表 {table} 用到不认识的列 “{column}”",
          "table {table} uses the column '{column}', which is not known"),
    why=("工作簿, 事实和其他规则表里都没有它{suggest}",
         "no sheet, fact or other table has it{suggest}"),
    fix=("改正列名, 或在客户表里加上这一列",
         "correct the name, or add the column to the customers sheet"),
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
    example={"column": "等级", "first": "分级!A1", "second": "金字塔!A1",
             "table": TABLE}, place=IN_RULE)
UNKNOWN_TYPE = message("E315", kind="type", stops=True,
    what=("列 “{column}” 的类型 “{found}” 不认识",
          "the type '{found}' of column '{column}' is not known"),
    why=("类型可以是 文本 整数 数字 金额 百分比 日期 日期时间 时间 时长 是否, 或词表里的名称",
         "types are text, whole number, number, money, percent, date, date and time, time, "
         "duration, yes/no, or a name of the Glossary"),
    fix=("改正类型行", "correct the Type row"), effect=TABLE_STOPS,
    example={"found": "元", "column": "年采购额", "table": TABLE}, place=IN_RULE)
NO_VALUE_IN_RULE = message("E318", kind="syntax", stops=True,
    what=("规则单元格里是错误值或没有缓存值的公式",
          "the rule cell holds an error or a formula without a value"),
    why=("找到 {found}", "found {found}"),
    fix=("直接写出值, 或在 Excel 中打开并保存一次",
         "write the value itself, or open and save the workbook in Excel once"),
    effect=TABLE_STOPS, example={"found": "#N/A", "table": TABLE}, place=IN_RULE)
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
