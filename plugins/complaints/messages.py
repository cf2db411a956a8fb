"""What can be wrong in complaints."""

from __future__ import annotations

from kamrules.plugin import Text, message

# fmt: off
AFTER_AS_OF = message("W704", kind="calendar",
    what=("{column} 里有 {count} 个日期晚于基准日 {as_of}",
          "{count} dates of {column} lie after the as-of date {as_of}"),
    why=("第一个是 {found}", "the first is {found}"),
    fix=("改正日期; 若确是以后的事, 用更晚的 --as-of",
         "correct the date; if it is right, use a later --as-of"),
    effect=("这些行不计入判定", "these rows do not count"),
    example={"column": Text("拜访日期", "Visit Date"), "count": 2, "as_of": "2024-12-31",
             "found": "2025-12-01"})
BEFORE_RECEIVED = message("W711", kind="calendar",
    what=("{count} 个投诉的 {column} 早于受理时间",
          "{count} complaints have {column} before they were received"),
    why=("例如 {found}", "such as {found}"), fix=("改正其中一个时间", "correct one of the times"),
    effect=("这个时间当作没有填", "that time counts as not given"),
    example={"column": Text("解决时间", "Resolved At"), "count": 2, "found": "C-0107"})
NEGATIVE_PAUSE = message("W712", kind="calendar",
    what=("{count} 个投诉的暂停时长是负数", "{count} complaints have a negative pause"),
    why=("例如 {found}", "such as {found}"),
    fix=("改成正数或清空", "make it positive, or clear it"),
    effect=("当作没有暂停", "no pause counts"), example={"count": 1, "found": "C-0107"})
INCOMPLETE_EVENT = message("W713", kind="calendar",
    what=("{count} 行投诉事件不完整或找不到投诉",
          "{count} complaint events are incomplete or name no complaint"),
    why=("要有投诉编号, 时间和状态, 编号在投诉表里; 例如 {found}",
         "they need a complaint of the Complaints sheet, a time and a state; such as {found}"),
    fix=("补全这些行", "complete these rows"),
    effect=("这些行不计入时钟", "these rows do not count on the clock"),
    example={"count": 2, "found": "C-0107"})
WAITING_SINCE_UNKNOWN = message("W714", kind="calendar",
    what=("{count} 个投诉等客户, 但不知道从何时起",
          "{count} complaints wait for the customer, since when is not known"),
    why=("投诉事件表里没有 等客户 的时间: {found}",
         "the Complaint Events sheet has no time for it: {found}"),
    fix=("在 投诉事件 表里加一行: 投诉编号, 时间, 等客户",
         "add a row to Complaint Events: complaint, time, waiting"),
    effect=("时钟照走, 没有暂停", "the clock goes on"), example={"count": 1, "found": "C-0107"})
UNCLEAR_LIMIT = message("W715", kind="calendar",
    what=("看不懂时限 “{found}”", "the time limit '{found}' is not clear"),
    why=("要写数和单位: 小时, 工时, 工作日, 天",
         "it is a number and a unit: hours, working hours, working days, days"),
    fix=("在 投诉时限 表里写成如 4小时, 8工时, 3工作日",
         "write e.g. 4 hours, 8 working hours, 3 working days in the time limits table"),
    effect=("{count} 个投诉没有这个期限", "{count} complaints have no such deadline"),
    example={"found": "尽快", "count": 3})
TOO_MANY_TO_COMPARE = message("W716", kind="calendar",
    what=("客户 {key} 有 {count} 个投诉", "customer {key} has {count} complaints"),
    why=("超过 {most} 个不再两两比较", "above {most} they are not compared with each other"),
    fix=("核对编号是否填错; 没错就按客户的下属单位分开",
         "check whether the key is right; if so, split the customer by unit"),
    effect=("期限和升级照常; 看另一投诉的规则不用于这个客户",
            "deadlines and levels go on; rules about another complaint are not used for this "
            "customer"),
    example={"key": "KA1001", "count": 1200, "most": 1000})
# fmt: on
