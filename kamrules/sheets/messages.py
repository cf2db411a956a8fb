"""What can be wrong in sheets."""

from __future__ import annotations

from kamrules.messages.message import message
from kamrules.messages.phrases import IN_COLUMN, ROW_UNDECIDED
from kamrules.words.text import Text

# fmt: off
NO_NUMBER = message("E101", kind="type",
    what=("{column} 要数字, 这里不是", "{column} needs a number"), effect=ROW_UNDECIDED,
    example={"found": "约300", "column": Text("销售额", "Amount"),
             "why": Text("“约300”不是一个确定的数", "“约300” is not one definite number"),
             "fix": Text("改成 300", "type 300")}, place=IN_COLUMN)
NO_DATE = message("E102", kind="type",
    what=("{column} 要日期, 这里不是", "{column} needs a date"), effect=ROW_UNDECIDED,
    example={"found": "2024-02-30", "column": Text("订单日期", "Order Date"),
             "why": Text("2024 年 2 月只有 29 天", "February 2024 has 29 days"),
             "fix": Text("改成如 2024-02-29 的日期",
                         "type a date such as 2024-02-29")}, place=IN_COLUMN)
NO_YES_OR_NO = message("E103", kind="type",
    what=("{column} 要 是 或 否, 这里不是", "{column} needs yes or no"), effect=ROW_UNDECIDED,
    example={"found": "大概", "column": Text("创新型", "Innovative"),
             "why": Text("“大概”既不是 是 也不是 否", "“大概” is neither yes nor no"),
             "fix": Text("改成 是 或 否", "type yes or no")}, place=IN_COLUMN)
NO_WHOLE_NUMBER = message("E104", kind="type",
    what=("{column} 要整数, 这里不是", "{column} needs a whole number"), effect=ROW_UNDECIDED,
    example={"found": "2.5", "column": Text("行业排名", "Industry Rank"),
             "why": Text("2.5 不是整数", "2.5 is no whole number"),
             "fix": Text("改成 2 或 3", "type 2 or 3")}, place=IN_COLUMN)
NO_MOMENT = message("E105", kind="type",
    what=("{column} 要日期和时间, 这里不是", "{column} needs a date and time"),
    effect=ROW_UNDECIDED,
    example={"found": "2024-03-01 25:00", "column": Text("受理时间", "Received At"),
             "why": Text("“2024-03-01 25:00”的日期后面看不懂",
                         "“2024-03-01 25:00” is not clear after the date"),
             "fix": Text("改成 2024-03-01", "type 2024-03-01")}, place=IN_COLUMN)
NO_TIME = message("E106", kind="type",
    what=("{column} 要时刻, 这里不是", "{column} needs a time of day"), effect=ROW_UNDECIDED,
    example={"found": "十点", "column": Text("开始时间", "Start Time"),
             "why": Text("“十点”不是时刻", "“十点” is not a time of day"),
             "fix": Text("填时刻, 例如 10:30; 没有值就留空",
                         "type a time such as 10:30, or leave the cell empty")}, place=IN_COLUMN)
NO_DURATION = message("E107", kind="type",
    what=("{column} 要时长, 这里不是", "{column} needs a length of time"), effect=ROW_UNDECIDED,
    example={"found": "三天左右", "column": Text("暂停时长", "Pause"),
             "why": Text("“三天左右”不是时长", "“三天左右” is not a length of time"),
             "fix": Text("填时长, 例如 3天; 没有值就留空",
                         "type a length of time such as 3 days, or leave the cell empty")},
    place=IN_COLUMN)
NO_MONTHS = message("E108", kind="type",
    what=("{column} 要月数, 这里不是", "{column} needs a number of months"), effect=ROW_UNDECIDED,
    example={"found": "半年多", "column": Text("合同期限", "Contract Term"),
             "why": Text("“半年多”不是月数", "“半年多” is not a number of months"),
             "fix": Text("填月数, 例如 18; 没有值就留空",
                         "type a number such as 18, or leave the cell empty")}, place=IN_COLUMN)
UNIT_TWICE = message("E109", kind="type",
    what=("{column} 的单位写了两次", "{column} names a unit twice"),
    why=("“{typed}”写了单位, 表头也写了单位", "“{typed}” names a unit and so does the header"),
    fix=("改成 {plain}, 按表头的单位", "type {plain}, in the unit of the header"),
    effect=ROW_UNDECIDED,
    example={"found": "1,200万", "column": Text("销售额", "Amount"), "typed": "1,200万",
             "plain": "1200"}, place=IN_COLUMN)
# fmt: on
