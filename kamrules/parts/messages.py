"""What can be wrong in parts."""

from __future__ import annotations

from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW, IN_RULE, NO_RUN, TABLE

# fmt: off
NO_PYSPARK = message("E224", kind="header",
    what=("没有安装 PySpark", "PySpark is not installed"),
    why=("--engine spark 需要它", "--engine spark needs it"),
    fix=("安装 kamrules[spark], 还要有 Java 17 以上",
         "install kamrules[spark]; Java 17 or newer is needed too"),
    effect=NO_RUN, example={}, place=IN_ROW)
NEEDS_EVERY_ROW = message("E330", kind="syntax",
    what=("规则表 {table} 不能分部分判定", "table {table} cannot be decided in parts"),
    why=("“{column}” 需要全部客户, 而它的插件没有说怎样分步计算",
         "“{column}” needs every customer, and its plugin does not say how to work it out in "
         "steps"),
    fix=('在一台机器上运行; 或由插件给事实加上 scope="customer" 或 across=',
         'run it on one machine, or let the plugin give the fact scope="customer" or across='),
    effect=("这张表和用到它的表未判定", "this table, and those that read it, were not decided"),
    example={"table": TABLE, "column": "销售额占比"}, place=IN_RULE)
ROWS_OF_NOBODY = message("E331", kind="syntax",
    what=("规则表 {table} 不能分部分判定", "table {table} cannot be decided in parts"),
    why=("{sheet} 表的行不属于某个客户", "the rows of {sheet} name no customer"),
    fix=("在一台机器上运行", "run it on one machine"),
    effect=("这张表和用到它的表未判定", "this table, and those that read it, were not decided"),
    example={"table": "拜访复核 visit_check", "sheet": "人员"}, place=IN_RULE)
# fmt: on
