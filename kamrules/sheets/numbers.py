"""Numbers as people type them, with their units; numbers of months."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from kamrules.messages.message import Message, Refusal, message
from kamrules.messages.phrases import IN_COLUMN, ROW_UNDECIDED
from kamrules.sheets.chinese import DIGITS, SIMPLE, arabic, chinese
from kamrules.sheets.dates import DATE, dated
from kamrules.sheets.typed import (
    KINDS,
    NO_MONTHS,
    NO_NUMBER,
    NO_WHOLE_NUMBER,
    change,
    half_width,
    refusal,
    safe,
)
from kamrules.words.text import Text
from kamrules.words.units import MONEY, POWERS, SHARES, alternatives

# fmt: off
UNIT_TWICE = message("E109", kind="type",
    what=("{column} 的单位写了两次", "{column} names a unit twice"),
    why=("“{typed}”写了单位, 表头也写了单位", "“{typed}” names a unit and so does the header"),
    fix=("改成 {plain}, 按表头的单位", "type {plain}, in the unit of the header"),
    effect=ROW_UNDECIDED,
    example={"found": "1,200万", "column": Text("销售额", "Amount"), "typed": "1,200万",
             "plain": "1200"}, place=IN_COLUMN)
# fmt: on


_POWERS = {**POWERS, **SHARES}
_SCALES, _MONEY = alternatives(POWERS), alternatives(MONEY)
_NUMBER = re.compile(
    rf"""(?P<minus>[-+负])?\ ?(?P<front>\$|(?![元圆块])(?:{_MONEY})|[百千万]分之)?\ ?
    (?P<sign>(?(minus)|[-+]?))
    (?:(?P<digits>[1-9]\d{{0,2}}(?:(?:,\d{{3}})+|(?:\ \d{{3}})+)(?!\d)(?:\.\d+)?|\d+\.?\d*|\.\d+)
       (?:e(?P<exponent>[-+]?\d{{1,3}}))?
      |(?P<chinese>[零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖十拾百佰千仟万萬亿億]+)
       (?:点(?P<decimals>[零〇一二三四五六七八九]+))?)
    \ ?(?:(?P<scale>{_SCALES})?\ ?(?P<unit>(?:{_MONEY})整?)?
       |(?P<part>[%‰]))""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_BRACKETED = re.compile(r"([¥$]?) ?\( ?([^-+()]+?) ?\)")  # an accountant's negative amount
LARGEST = 10**15  # Excel keeps 15 digits

_LOOKALIKE = str.maketrans("OoОоlI", "000011")
# What may keep a text from being a number, why that is refused, and what may be meant.
_NO_NUMBERS = [
    (re.compile(rf"\A(?:{pattern})\Z", re.A | re.I), Text("{}" + zh, "{} " + en), meant)
    for pattern, zh, en, *meant in (
        (r"\D{0,2}?(\d[\d.,]*) ?(?:(\D{1,2}?)|(?=.*\d(\D*)$)) ?[-~〜—至到] ?(\D?\d[\d.,]*\D*)",
         "是区间, 不是一个数", "is a range, not one number", r"\1\2\3", r"\4"),
        (r"(?:[<>≤≥=]+|[大小高低]于|超过?|不足|不到|至少|最多) ?(.+)|(.+?) ?以[上下内]",
         "是比较, 不是一个数", "is a comparison, not one number", r"\1\2"),
        (r"(?:大?约|大概|近|[~≈]|about|around|approx\.?) ?(.+)|(.+?) ?(?:左右|上下|[多余+])",
         "是大概的数", "is approximate", r"\1\2"),
        (r"(-?\d{1,3})\.(\d{3})(?:\.(\d{3}))?,(\d+)|(-?0),(\d+.*)",
         "用逗号作小数点", "has a comma for its decimal point", r"\1\2\3\5.\4\6"),
        (r".*\d\.\d*\..*", "不止一个小数点", "has more than one decimal point"),
        (r"(.+?) ?个?百分点", "说的是相差多少", "says by how much something differs", r"\1%"),
        (r"(.+?) ?k", "的单位 k 不认识, 可能是千", "ends in k, perhaps for thousand", r"\1e3"),
        (r"(.+?) ?w", "的单位 w 不认识, 可能是万", "ends in w, perhaps for 万", r"\1e4"),
        (rf"(.*\d ?(?:{_SCALES}|[元%‰])?)\D+",
         "的单位不认识, 这里只要数字", "has an unknown unit, only the number is wanted", r"\1"),
        (r"\D+?([-+]?[\d.].*)", "的数字前还有别的字", "has more than a number", r"\1"),
        (r"(.*\d),(\d+\D*)",
         "的逗号不是每三位一个", "has commas not in groups of three", r"\1\2", r"\1.\2"),
    )
]  # fmt: skip
_MONTHS = re.compile(
    r"""(-?)(?P<iso>P)?(?=.*\d)(?:(\d{1,3})\ ?(?:Y|years?|年))?
    \ ?(?:(\d{1,4})\ ?(?:M(?(iso)|onths?)|个?月))?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def percent(text: str) -> float | Refusal:
    """Return the share a text says: 0.05 for 5%, 百分之五 and 0.05."""
    return number(text)


def months(text: str) -> int | Refusal:
    """Return the number of months a text says: 18 for P1Y6M, 1年6个月 and 18."""
    typed = half_width(text)
    if not (found := _MONTHS.fullmatch(typed)):
        return integer(text, code=NO_MONTHS)
    total = int(found[3] or 0) * 12 + int(found[4] or 0)
    return -total if found[1] else total


def number(text: str, scale: float = 1.0, code: Message = NO_NUMBER) -> float | Refusal:
    """Return the number a text says: 0.05 for 5%, 12000000 for 1,200万; multiplied by *scale*."""
    typed = half_width(text)
    if not (parsed := _parsed(typed)):
        why, meant = _suspicion(typed)
        shown = [_in_unit(t, scale) for t in meant]
        return refusal(code, typed, why, change(*shown) if shown else None)
    value, own = parsed
    scaled = value if own or scale == 1.0 else float(f"{value * scale:.15g}")
    if not math.isfinite(scaled):
        return refusal(code, typed)
    if own and scale != 1.0:
        if own in {"%", "百分之"} and scale == 0.01:
            return value
        if own in SHARES:
            why = Text("{}是百分数, 表头写的是别的单位", "{} is a share; the header names a unit")
            return refusal(code, typed, why)
        return UNIT_TWICE.refusal(typed=safe(typed), plain=f"{value / scale:.15g}")
    return scaled


def integer(text: str, scale: float = 1.0, code: Message = NO_WHOLE_NUMBER) -> int | Refusal:
    """Return the whole number a text says, multiplied by *scale*."""
    value = number(text, scale, code)
    if isinstance(value, Refusal):
        return value
    if abs(value) > LARGEST:
        why = Text("{}超过 15 位", "{} has more than 15 digits")
        fix = Text("改短; 编号之类放在文字列里", "shorten it; codes belong in a text column")
        return refusal(code, half_width(text), why, fix)
    below = math.floor(value)
    fix = change(f"{below / scale:.15g}", f"{(below + 1) / scale:.15g}")
    return (
        below if value == below else refusal(code, half_width(text), KINDS[NO_WHOLE_NUMBER][0], fix)
    )


def _in_unit(text: str, scale: float) -> str:
    """Return how to type a number that *text* means where the header names the unit."""
    value, own = _parsed(text) or (0.0, "")
    return f"{value / scale:.15g}" if "e" in text or (own and scale != 1.0) else safe(text)


def _parsed(typed: str) -> tuple[float, str] | None:
    """Return a number and the unit that the text itself names, None where it is no number."""
    if bracketed := _BRACKETED.fullmatch(typed):
        typed = f"-{bracketed[1]}{bracketed[2]}"
    if not (found := _NUMBER.fullmatch(typed)):
        return None
    front = found["front"] or ""
    own = found["part"] or found["scale"] or found["unit"] or front
    if front.endswith("分之") and own != front:
        return None
    digits = (found["digits"] or "").replace(",", "").replace(" ", "")
    if found["chinese"]:
        whole = chinese(found["chinese"])
        if whole is None or (whole < 10 and not own and not found["decimals"]):
            return None  # a lone 一 is as likely a dash
        own = own or ("万" if whole >= 10_000 else "")
        digits = f"{whole}.{arabic(found['decimals'] or '')}"
    power = sum(_POWERS.get(word or "", 0) for word in found.group("front", "scale", "part"))
    sign = -1 if found["minus"] in {"-", "负"} or found["sign"] == "-" else 1
    return sign * float(f"{digits}e{power + int(found['exponent'] or 0)}"), own


def _suspicion(typed: str) -> tuple[Text | None, Sequence[str]]:
    """Return what keeps a text from being a number, as far as it shows, and what was meant."""
    if len(typed) > 60:
        return None, []  # the patterns below are slow on long texts
    if not re.search(r"[0-9]", typed):
        if typed and set(typed.translate(SIMPLE)) <= set(DIGITS):
            return Text("{}要用数字 0-9 写", "{} must be typed in digits"), [arabic(typed)]
        return None, []
    if (meant := typed.translate(_LOOKALIKE)) != typed and _parsed(meant):
        letter, digit = next(p for p in zip(typed, meant, strict=True) if p[0] != p[1])
        zh, en = ("零", "zero") if digit == "0" else ("一", "one")
        why = Text(f"{{}}含字母 {letter}(不是{zh})", f"{{}} has the letter {letter}, not a {en}")
        return why, [meant]
    if DATE.match(dated(typed)):
        return Text("{}是日期", "{} is a date"), []
    for pattern, why, templates in _NO_NUMBERS:
        if pattern.match(typed):
            meanings = [t for t in (pattern.sub(t, typed) for t in templates) if _parsed(t)]
            if meanings or not templates:
                return why, meanings
    return None, []
