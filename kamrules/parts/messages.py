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
TOO_LARGE_AS_A_WHOLE = message("E330", kind="rules",
    what=("规则表 {table} 未判定: 它要用到所有行",
          "table {table} is not decided: it needs every row"),
    why=("共 {rows} 行, 一个任务最多处理 {most} 行",
         "there are {rows} rows, and one task takes {most} at most"),
    fix=('在一台内存足够的机器上运行; 或由插件给事实加上 scope="subject" 或 across=',
         'run it on one machine with enough memory, or let the plugin give its facts '
         'scope="subject" or across='),
    effect=("这张表和用到它的表未判定; 其他表照常",
            "this table, and those that read it, were not decided; the others were"),
    example={"table": TABLE, "rows": 12_000_000, "most": 2_000_000}, place=IN_RULE)
# fmt: on
