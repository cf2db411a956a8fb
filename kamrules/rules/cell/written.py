"""How people write a rule cell, as the grammar has it; what reads two ways is refused."""

from __future__ import annotations

import re

from kamrules.messages.message import Refusal, message
from kamrules.messages.phrases import IN_RULE, TABLE, TABLE_STOPS
from kamrules.rules.cell.grammar import UNITS
from kamrules.words.types import Type
from kamrules.words.units import NOUNS, alternatives

# fmt: off
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
UNIT_IN_RULE = message("E323", kind="syntax", stops=True,
    what=("规则单元格 “{found}” 里的 “{word}” 是单位",
          "'{word}' in the rule cell '{found}' is a unit"),
    why=("条件里只写数, 单位写在类型行, 如 整数(天)",
         "a condition holds numbers only; the unit belongs in the Type row, such as whole "
         "number(days)"),
    fix=("写成 {fixed}", "write {fixed}"), effect=TABLE_STOPS,
    example={"found": "<=30天", "word": "天", "fixed": "<=30", "table": TABLE}, place=IN_RULE)
# fmt: on


_QUOTES = '"“”„＂'
_NUMBER = rf"[-+]?\d+(?:\.\d+)?(?:{UNITS})?"
_NOUNS = alternatives(NOUNS)
_DAY = r"\d{4}-\d{1,2}-\d{1,2}"
_THOUSANDS = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_SPAN = re.compile(rf"({_DAY}|{_NUMBER})\s*(?:~|-|至|到)\s*({_DAY}|{_NUMBER})")
_SUFFIX = re.compile(rf"({_NUMBER})\s*(?:{_NOUNS})?\s*(以上|以下|以内|及以上|及以下)")
_OPEN_SPAN = re.compile(rf"({_DAY}|{_NUMBER})\s*\.\.\s*({_DAY}|{_NUMBER})")
_COUNTED = re.compile(rf"((?:>=|<=|!=|<>|[<>=≤≥≠])?\s*{_NUMBER})\s*({_NOUNS})")
_WRITTEN_DAY = re.compile(r"(?<!\d)(\d{4})\s*[年/.]\s*(\d{1,2})\s*[月/.]\s*(\d{1,2})(?!\d)\s*日?")
_WRITTEN_TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2}))?(?![\d:])")
_SUFFIX_FIX = {"以上": ">={0}", "及以上": ">={0}", "及以下": "<={0}", "以内": "<={0}"}


def half_width(text: str) -> str:
    """Return *text* with full-width signs as their half-width form, outside quotes, same length."""
    out, quoted = [], False
    for char in text:
        if char in _QUOTES:
            quoted = not quoted
            out.append('"')
        elif quoted:
            out.append(char)
        elif "！" <= char <= "～":
            out.append(chr(ord(char) - 0xFEE0))
        else:
            out.append(_SIGNS.get(char, char))
    return "".join(out)


_SIGNS = {
    "、": ",", "，": ",", "；": ",", "【": "[", "】": "]", "〔": "[", "〕": "]", "—": "-", "–": "-",
    "−": "-", "～": "~", "〜": "~", "\u3000": " ", "\u00a0": " ", "×": "*", "÷": "/", "…": "..",
}  # fmt: skip


def spelled(plain: str, type_: Type) -> str:
    """Return a cell of a date or time column with its dates and times as the grammar has them."""
    if type_ not in ("date", "datetime", "time") or '"' in plain:
        return plain
    if type_ == "time":
        return _WRITTEN_TIME.sub(lambda m: f'@"{int(m[1]):02}:{m[2]}:{m[3] or "00"}"', plain)
    return _WRITTEN_DAY.sub(lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", plain)


# A word of a text column is the text itself, so it may hold hyphens and slashes, begin with a digit
# and end in brackets, as in 重要(VIP). A cell about ? quotes its texts.
_WORD = re.compile(
    r"(?P<negation>(?:not|非|不是|不属于)\s*(?=\())"
    r"|[^\s,\"()\[\]<>=!{}@≤≥≠][^,\"()\[\]<>=!{}≤≥≠]*(?:\([^,\"()]*\))?",
    re.IGNORECASE,
)


def quoted_words(plain: str) -> str:
    """Return the cell of a text column with its bare words in quotes, 空 and null as they are."""

    def quoted(found: re.Match[str]) -> str:
        word = found[0].rstrip()
        return (
            word
            if found["negation"] or word in ("空", "null")
            else '"' + word.replace("\\", "\\\\") + '"'
        )

    pieces = re.split(r'("(?:\\.|[^"\\])*"|\{[^{}]*\})', plain)
    if any("?" in p for p in pieces[::2]):
        return plain
    pieces[::2] = [_WORD.sub(quoted, p) for p in pieces[::2]]
    return "".join(pieces)


def ambiguous(plain: str) -> Refusal | None:
    """Return the refusal of text that other engines silently read as something else."""
    bare = re.sub(r'"[^"]*"', lambda m: " " * len(m[0]), plain)
    if found := _THOUSANDS.search(bare):
        fixed = _THOUSANDS.sub(lambda m: m[0].replace(",", ""), bare)
        spaced = ", ".join(p.strip() for p in bare.split(","))
        return THOUSANDS.refusal(found.start(), found=plain, fixed=fixed, spaced=spaced)
    at = 0
    for piece in bare.split(","):
        item = piece.strip()
        if (found := _SPAN.fullmatch(item)) and not re.fullmatch(_DAY, item):
            close = "]" if re.fullmatch(_DAY, found[2]) else ")"
            return UNCLEAR_RANGE.refusal(at, found=plain, low=found[1], high=found[2], close=close)
        if found := _OPEN_SPAN.fullmatch(item):
            return UNCLEAR_RANGE.refusal(at, found=plain, low=found[1], high=found[2], close="]")
        if found := _SUFFIX.fullmatch(item):
            fix = _SUFFIX_FIX.get(found[2], "<{0}  /  <={0}").format(found[1])
            return UNCLEAR_WORD.refusal(at, found=plain, fixed=fix, word=found[2])
        if found := _COUNTED.fullmatch(item):
            return UNIT_IN_RULE.refusal(at, found=plain, fixed=found[1], word=found[2])
        at += len(piece) + 1
    return None
