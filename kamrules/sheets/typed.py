"""Typed text made plain, and why it is not what a column wants."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from kamrules.messages.message import Message, Refusal, message
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
    example={"found": "2024-02-30", "column": Text("交货日期", "Delivery Date"),
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
# fmt: on


# Marks of direction, joiners and byte order marks come along with pasted text; nobody sees them.
_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
BLANK = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + _UNSEEN
_FOLD = str.maketrans(dict.fromkeys(_UNSEEN) | dict.fromkeys("\u2010\u2012\u2013\u2212", "-"))

# What a text is not, and what to type instead, by code.
KINDS: Mapping[Message, tuple[Text, Text]] = {
    fault: (Text("{}" + zh, "{} " + en), Text(example_zh, example_en))
    for fault, zh, en, example_zh, example_en in (
        (NO_NUMBER, "不是数字", "is not a number", "数字, 例如 1200", "a number such as 1200"),
        (NO_DATE, "看不出是哪一天", "does not name a day",
         "年月日, 例如 2024-03-01", "a date such as 2024-03-01"),
        (NO_YES_OR_NO, "不是 是/否", "is not yes or no", " 是 或 否", "yes or no"),
        (NO_WHOLE_NUMBER, "不是整数", "is not a whole number", "整数, 例如 30",
         "a whole number such as 30"),
        (NO_MOMENT, "看不出是哪一天", "does not name a day",
         "日期和时刻, 例如 2024-03-01 10:30", "a date and time such as 2024-03-01 10:30"),
        (NO_TIME, "不是时刻", "is not a time of day", "时刻, 例如 10:30", "a time such as 10:30"),
        (NO_DURATION, "不是时长", "is not a length of time",
         "时长, 例如 3天", "a length of time such as 3 days"),
        (NO_MONTHS, "不是月数", "is not a number of months", "月数, 例如 18",
         "a number such as 18"),
    )
}  # fmt: skip


def half_width(text: str) -> str:
    """Return *text* in half-width characters with single spaces."""
    if not text.isascii():
        # NFKC would make a digit of a footnote mark: 10² -> 102.
        text = "".join(
            c if unicodedata.category(c) == "No" else unicodedata.normalize("NFKC", c) for c in text
        ).translate(_FOLD)
    return " ".join(text.split())


def safe(text: str) -> str:
    """Return *text* as messages show it: short, and in characters that GBK has."""
    short = text if len(text) <= 30 else text[:29] + "…"
    return short.replace("¥", "￥").encode("gbk", "replace").decode("gbk")


def refusal(
    fault: Message, typed: str, why: Text | None = None, fix: Text | None = None
) -> Refusal:
    """Return the refusal of *typed*; ``{}`` in *why* stands for it."""
    kind, example = KINDS[fault]
    why = (why or kind) if typed else Text("这里没有内容", "nothing is typed here")
    fix = fix or Text(
        f"填{example.zh}; 没有值就留空", f"type {example.en}, or leave the cell empty"
    )
    seen = f"“{safe(typed)}”"
    return fault.refusal(why=Text(*(side.replace("{}", seen) for side in why)), fix=fix)


def change(*texts: str) -> Text:
    """Return the advice to type one of these texts."""
    return Text("改成 " + " 或 ".join(texts), "type " + " or ".join(texts))
