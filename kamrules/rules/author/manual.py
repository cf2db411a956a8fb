"""How to write a rule cell: the examples of the 写法 sheet, and the prompts on condition cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kamrules.words.types import TEXTUAL, Type

TITLE = "写法 How to write"
HEADS = ("写法 Cell", "类型 Type", "意思", "Meaning")
# Cell, type of the column, and what it means; a test reads every one of them.
CONDITIONS: Sequence[tuple[str, Type, str, str]] = (
    ("-", "number", "不限; 空单元格也是不限", "any value; an empty cell means the same"),
    (">=5%", "percent", "5% 以上, 含 5%", "5% or more"),
    ("<90", "int", "小于 90", "less than 90"),
    ("[1%..5%)", "percent", "1% 到 5%, 含 1%, 不含 5%", "1% to 5%, with 1%, without 5%"),
    ("(30..60]", "int", "30 到 60, 不含 30, 含 60", "30 to 60, without 30, with 60"),
    (">=100万", "money", "100 万元以上", "1,000,000 or more"),
    ("10, 20", "int", "10 或 20; 逗号是 “或”", "10 or 20; a comma means or"),
    ("<10, >90", "int", "小于 10 或大于 90", "less than 10, or more than 90"),
    ("not(10, 20)", "int", "不是 10 也不是 20", "neither 10 nor 20"),
    ("空", "number", "没有填", "blank"),
    ("<60, 空", "number", "小于 60, 或没有填", "less than 60, or blank"),
    ("战略", "enum", "就是 战略", "exactly 战略"),
    ("战略, 重点", "enum", "战略 或 重点", "战略 or 重点"),
    ("不是(战略)", "enum", "不是 战略", "anything but 战略"),
    ("是", "bool", "是 (或 true)", "yes (or true)"),
    (">=2024-01-31", "date", "2024-01-31 当天或以后", "2024-01-31 or later"),
    ("[2024-01-01..2024-12-31]", "date", "2024 年内", "within 2024"),
    ('包含(?, "科技")', "text", "文字里有 科技; ? 是列的值", "holds 科技; ? is the value"),
    (">=白金门槛", "money", "参数 表里的值", "a value of the Parameters sheet"),
    ("> 上期销售额 * 1.1", "money", "与另一列比, 可以 + - * /", "against another column"),
)  # fmt: skip
RESULTS: Sequence[tuple[str, Type, str, str]] = (
    ("战略", "enum", "结果就是 战略", "the result is 战略"),
    ("8%", "percent", "结果是 8%", "the result is 8%"),
    ("{初评}", "text", "用另一张表的结果", "the result of another table"),
    ("年采购额 * 2%", "money", "算出来的数", "a number that is worked out"),
)
# What is refused, and the text to write instead.
REFUSED: Sequence[tuple[str, Type, str, str]] = (
    (">=1,000,000", "money", "写成 >=1000000 或 >=100万", "write >=1000000"),
    ("1%~5%", "percent", "写成 [1%..5%)", "write [1%..5%)"),
    ("100万以上", "money", "写成 >=100万", "write >=100万"),
    ("60以内", "int", "写成 <=60", "write <=60"),
    ("<=30天", "int", "写成 <=30; 单位写在类型行", "write <=30; the unit belongs in the Type row"),
)
SECTIONS = (
    ("条件 Conditions: 同一行的条件要全部满足 all conditions of a row must hold", CONDITIONS),
    ("结果 Results", RESULTS),
    ("不接受的写法 What is refused", REFUSED),
)
ADVICE = (
    "缺数据: 空白既不算满足也不算不满足, 不会落进 默认 行; 空白有意义时写 空. "
    "A blank neither meets nor fails a condition and never falls into the Default row; "
    "write 空 where a blank means something.",
    "改完后: kamrules check 这个文件, 再 kamrules diff 数据.xlsx --rules 这个文件, 看谁会变级. "
    "After a change: kamrules check FILE, then kamrules diff BOOK --rules FILE to see who moves.",
)
# Signs and ranges by type, for the prompt of a cell.
_SAMPLES: Mapping[Type, Sequence[str]] = {
    "percent": (">=5%   <1%", "[1%..5%)  含 1% 不含 5%"),
    "money": (">=100万   <50万", "[50万..100万)  含 50万"),
    "int": (">=30   <90", "[30..60)  含 30 不含 60"),
    "number": (">=60   <60", "[30..60)  含 30 不含 60"),
    "date": (">=2024-01-31", "[2024-01-01..2024-12-31]"),
    "datetime": (">=2024-01-31", "[2024-01-01..2024-12-31]"),
    "bool": ("是   否   yes / no",),
    "text": ("华东, 华南  逗号 = 或", '包含(?, "科技")'),
    "enum": ("逗号 = 或  comma = or", "不是(...)  not"),
}
PROMPT_TITLE = "怎么写条件 How to write"
PROMPT_LENGTH = 255


def prompt(type_: Type, words: Sequence[str] = ()) -> str:
    """Return what a condition cell says when it is chosen, in at most 255 characters."""
    lines = ["-  不限 any", *_SAMPLES.get(type_, _SAMPLES["number"])]
    if words:
        lines.append("可用: " + ", ".join(words))
    if type_ not in TEXTUAL and type_ != "bool":
        lines.append("<10, >90  逗号 = 或 comma = or")
    lines.append("空  没有填 blank;  空单元格 = 不限")
    text = "\n".join(lines)
    return text if len(text) <= PROMPT_LENGTH else text[: PROMPT_LENGTH - 3] + "..."
