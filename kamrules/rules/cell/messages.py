"""What can be wrong in cell."""

from __future__ import annotations

from kamrules.messages.message import message
from kamrules.messages.phrases import IN_RULE, TABLE, TABLE_STOPS
from kamrules.words.text import Text

# fmt: off
UNCLEAR_CELL = message("E301", kind="syntax", stops=True,
    what=("看不懂规则单元格 “{found}”", "cannot read the rule cell '{found}'"),
    why=("从 “{near}” 开始读不懂", "it makes no sense from '{near}' on"),
    fix=('写成如 >=5%   [1%..5%)   "战略","重点"   -  ',
         'write e.g. >=5%   [1%..5%)   "A","B"   - '),
    effect=TABLE_STOPS, example={"found": ">=", "near": ">=", "table": TABLE}, place=IN_RULE)
THOUSANDS = message("E302", kind="syntax", stops=True,
    what=("规则单元格 “{found}” 像是千位分隔符",
          "the rule cell '{found}' looks like a thousands separator"),
    why=("在条件里逗号表示 “或”, 会把 5 之类的数也算命中",
         "in a condition a comma means 'or', so a value such as 5 would match"),
    fix=("写成 {fixed}; 若确实是多个值, 写成 {spaced}",
         "write {fixed}; for several values write {spaced}"),
    effect=TABLE_STOPS,
    example={"found": ">=1,000,000", "fixed": ">=1000000", "spaced": ">=1, 0, 0",
             "table": TABLE}, place=IN_RULE)
UNCLEAR_WORD = message("E304", kind="syntax", stops=True,
    what=("规则单元格 “{found}” 用了 “{word}”", "the rule cell '{found}' uses '{word}'"),
    why=("“{word}” 是否含本数不清楚",
         "'{word}' does not say clearly whether the number itself is included"),
    fix=("写成 {fixed}", "write {fixed}"), effect=TABLE_STOPS,
    example={"found": "60以内", "word": "以内", "fixed": "<=60", "table": TABLE}, place=IN_RULE)
UNCLEAR_RANGE = message("E305", kind="syntax", stops=True,
    what=("看不懂区间 “{found}”", "the range '{found}' is not clear"),
    why=("看不出两端的数是否包含在内", "it does not say whether its ends are included"),
    fix=("写成 [{low}..{high}{close}; [ ] 含端点, ( ) 不含",
         "write [{low}..{high}{close}; [ ] include the end, ( ) do not"),
    effect=TABLE_STOPS,
    example={"found": "1%~5%", "low": "1%", "high": "5%", "close": ")",
             "table": TABLE}, place=IN_RULE)
WRONG_TYPE = message("E310", kind="type", stops=True,
    what=("规则单元格 “{found}” 与列的类型不符",
          "the rule cell '{found}' does not fit the type of its column"),
    why=("列是 {type}, 而 “{literal}” 不是", "the column is of type {type}, '{literal}' is not"),
    fix=("改成 {type} 的值, 或改正类型行", "write a value of type {type}, or correct the Type row"),
    effect=TABLE_STOPS,
    example={"found": '"100"', "literal": '"100"', "type": Text("数字", "number"),
             "table": TABLE}, place=IN_RULE)
UNIT_IN_RULE = message("E323", kind="syntax", stops=True,
    what=("规则单元格 “{found}” 里的 “{word}” 是单位",
          "'{word}' in the rule cell '{found}' is a unit"),
    why=("条件里只写数, 单位写在类型行, 如 整数(天)",
         "a condition holds numbers only; the unit belongs in the Type row, such as whole "
         "number(days)"),
    fix=("写成 {fixed}", "write {fixed}"), effect=TABLE_STOPS,
    example={"found": "<=30天", "word": "天", "fixed": "<=30", "table": TABLE}, place=IN_RULE)
# fmt: on
