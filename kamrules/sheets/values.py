"""What a person typed in a cell, as the value it means; refused with a reason where unclear."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from kamrules.messages.message import Message, Refusal
from kamrules.sheets.messages import (
    NO_DATE,
    NO_DURATION,
    NO_MOMENT,
    NO_MONTHS,
    NO_NUMBER,
    NO_TIME,
    NO_WHOLE_NUMBER,
    NO_YES_OR_NO,
    UNIT_TWICE,
)
from kamrules.words.dtypes import DTYPES
from kamrules.words.text import Text
from kamrules.words.types import NUMERIC, Type
from kamrules.words.units import MONEY, POWERS, SHARES, alternatives

# Marks of direction, joiners and byte order marks come along with pasted text; nobody sees them.
_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
_BLANK = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + _UNSEEN
_FOLD = str.maketrans(dict.fromkeys(_UNSEEN) | dict.fromkeys("\u2010\u2012\u2013\u2212", "-"))

# What a text is not, and what to type instead, by code.
_KINDS: Mapping[Message, tuple[Text, Text]] = {
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
_SIMPLE = str.maketrans("〇两壹贰叁肆伍陆柒捌玖拾佰仟萬億", "零二一二三四五六七八九十百千万亿")
_DIGITS = "零一二三四五六七八九"
# A last digit needs 十 or 零 before it: 一百二 is 120 to one person and 102 to another.
_SECTION = "(?:(D)千)?零?(?:(D)百)?零?(?:(D?)十)?零?(?:(?<![百千万亿])(D))?"
_CHINESE = re.compile(
    f"(?:(?!零|亿){_SECTION}亿)?(?:(?!零?万){_SECTION}万)?{_SECTION}".replace(
        "D", f"[{_DIGITS[1:]}]"
    )
)
_LARGEST = 10**15  # Excel keeps 15 digits

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

_DATE = re.compile(r"(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2})(?!\d)(?: ?[日号])?", re.ASCII)
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?=$|[ T])", re.ASCII)
_CLOCK = re.compile(r"[ T]*(\d{1,2}):(\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(Z|[-+]\d\d:?\d\d)?", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.\d*)?", re.ASCII)
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", re.ASCII)
_YEAR_MONTH = re.compile(r"(\d{4}) ?[-/.年] ?(\d{1,2}) ?月?", re.ASCII)
_SHORT_YEAR = re.compile(r"(\d\d)年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?[日号]?", re.ASCII)
_MONTH_DAY = re.compile(r"(\d{1,2}) ?[-/月] ?(\d{1,2}) ?[日号]?", re.ASCII)
_EPOCH = dt.datetime(1899, 12, 30)  # day 0 of Excel's serial numbers
_BARE_TIME = dt.date(1899, 12, 31)  # the day under a time without one, as calamine reads it
_FIRST_YEAR = 1900  # of Excel's calendar

_DURATION = re.compile(
    r"""(-?)(?P<iso>P)?(?=.*\d)(?:(N)\ ?(?:D|days?|天))?(?(iso)(?:T|$)|\ ?)
    (?:(N)\ ?(?:H|hours?|个?小时))?\ ?(?:(N)\ ?(?:M(?(iso)|in(?:utes?)?)|分钟?))?
    \ ?(?:(N)\ ?(?:S|seconds?|秒钟?))?""".replace("N", r"\d{1,7}(?:\.\d{1,6})?"),
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_MONTHS = re.compile(
    r"""(-?)(?P<iso>P)?(?=.*\d)(?:(\d{1,3})\ ?(?:Y|years?|年))?
    \ ?(?:(\d{1,4})\ ?(?:M(?(iso)|onths?)|个?月))?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_YES = {"是", "有", "对", "真", "y", "yes", "true", "t", "1", "√", "✓", "✔"}
_NO = {"否", "无", "错", "假", "n", "no", "false", "f", "0", "×", "✗", "✘"}


def number(text: str, scale: float = 1.0) -> float | Refusal:
    """Return the number a text says: 0.05 for 5%, 12000000 for 1,200万; multiplied by *scale*."""
    return _number(text, scale)


def percent(text: str) -> float | Refusal:
    """Return the share a text says: 0.05 for 5%, 百分之五 and 0.05."""
    return _number(text)


def integer(text: str) -> int | Refusal:
    """Return the whole number a text says."""
    return _integer(text)


def date(text: str) -> dt.date | Refusal:
    """Return the day a text names; a time of day is dropped."""
    value = _moment(text, NO_DATE)
    return value if isinstance(value, Refusal) else value.date()


def moment(text: str) -> dt.datetime | Refusal:
    """Return the day and time a text names, midnight where it names no time."""
    return _moment(text, NO_MOMENT)


def time_of_day(text: str) -> dt.time | Refusal:
    """Return the time of day a text says, with its offset where it has one."""
    typed = _fold(text)
    return _clock(typed.removeprefix(f"{_BARE_TIME} ")) or _refusal(NO_TIME, typed)


def duration(text: str) -> dt.timedelta | Refusal:
    """Return the length of time a text says: P1DT4H, 3天, 4小时, 30 minutes."""
    typed = _fold(text)
    if not (found := _DURATION.fullmatch(typed)):
        return _refusal(NO_DURATION, typed)
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups()[2:])
    length = dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] else length


def months(text: str) -> int | Refusal:
    """Return the number of months a text says: 18 for P1Y6M, 1年6个月 and 18."""
    typed = _fold(text)
    if not (found := _MONTHS.fullmatch(typed)):
        return _integer(text, fault=NO_MONTHS)
    total = int(found[3] or 0) * 12 + int(found[4] or 0)
    return -total if found[1] else total


def boolean(text: str) -> bool | Refusal:
    """Return whether a text says yes."""
    typed = _fold(text)
    word = typed.casefold()
    return word in _YES if word in _YES | _NO else _refusal(NO_YES_OR_NO, typed)


_READERS: Mapping[Type, Callable[[str], Any]] = {
    "int": integer, "number": number, "money": number, "percent": percent,
    "date": date, "datetime": moment, "time": time_of_day, "duration": duration,
    "months": months, "bool": boolean,
}  # fmt: skip
# A whole number is kept as one until it is decided about.
_DTYPES = {**{type_: DTYPES[type_] for type_ in _READERS}, "int": pl.Int64()}


def read(text: str, type_: Type) -> Any | Refusal:
    """Return the value of a type that a text says; for text types the stripped text."""
    reader = _READERS.get(type_)
    return reader(text) if reader else text.strip(_BLANK)


def read_column(
    raw: pl.Series, type_: Type, scale: float = 1.0
) -> tuple[pl.Series, dict[int, Refusal]]:
    """Return a column as typed values, and by row position why a cell is refused.

    Numbers are multiplied by *scale*: 1e4 where the header says 万元.
    """
    if type_ not in _DTYPES:
        clean = raw.fill_nan(None) if raw.dtype.is_float() else raw
        return (clean if type_ == "any" and raw.dtype != pl.String else _texts(clean)), {}
    cells = _texts(raw) if raw.dtype == pl.String else raw
    column = _cast(cells, type_, scale)
    unread = (column.is_null() & cells.is_not_null()).arg_true()
    if unread.is_empty():
        return column, {}
    texts = _texts(cells.gather(unread))
    readings = {text: _read_cell(text, type_, scale) for text in texts.unique()}
    good = {text: value for text, value in readings.items() if not isinstance(value, Refusal)}
    values = texts.replace_strict(
        pl.Series(list(good), dtype=pl.String),
        pl.Series(list(good.values()), dtype=_DTYPES[type_]),
        default=None,
        return_dtype=_DTYPES[type_],
    )
    bad = values.is_null()
    refused = zip(unread.filter(bad), texts.filter(bad), strict=True)
    return column.scatter(unread, values), {row: readings[text] for row, text in refused}


def _texts(raw: pl.Series) -> pl.Series:
    """Return cells as the text people see in them, null where there is none."""
    if raw.dtype == pl.String:
        stripped = raw.str.strip_chars(_BLANK)
        return stripped.set(stripped == "", None)
    if raw.dtype.is_float():
        whole = (raw == raw.floor()) & (raw.abs() < _LARGEST)
        return raw.cast(pl.Int64, strict=False).cast(pl.String).zip_with(whole, raw.cast(pl.String))
    if isinstance(raw.dtype, pl.Datetime):
        return raw.dt.to_string("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    if isinstance(raw.dtype, pl.Duration):
        return raw.dt.to_string()
    return raw.cast(pl.String)


def _cast(cells: pl.Series, type_: Type, scale: float) -> pl.Series:
    """Return the values of the cells that need no parsing, null for the others."""
    wanted, is_text = _DTYPES[type_], cells.dtype == pl.String
    if wanted.is_numeric() and (is_text or cells.dtype.is_numeric()):
        numbers = cells.cast(pl.Float64, strict=False)
        if scale != 1.0 and type_ in NUMERIC:
            numbers = (numbers * scale).round_sig_figs(15)
        bad = ~numbers.is_finite()
        if wanted.is_integer():
            bad |= (numbers != numbers.floor()) | (numbers.abs() > _LARGEST)
        return numbers.set(bad, None).cast(wanted)
    if is_text and type_ in {"date", "datetime"}:
        # What calamine prints among texts has 19 characters; 24-3-1 must not be the year 24.
        printed = cells.set(cells.str.len_bytes() != 19, None)
        cells = printed.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    if type_ in {"date", "datetime"} and isinstance(cells.dtype, pl.Date | pl.Datetime):
        return cells.set(cells.dt.year() < _FIRST_YEAR, None).cast(wanted)
    if type_ == "time" and isinstance(cells.dtype, pl.Datetime):
        return cells.set(cells.dt.date() != _BARE_TIME, None).dt.time()
    if type(cells.dtype) is type(wanted):
        return cells.cast(wanted)
    return pl.Series(cells.name, [None], dtype=wanted).new_from_index(0, len(cells))


def _read_cell(text: str, type_: Type, scale: float) -> Any | Refusal:
    if type_ in NUMERIC:
        return _integer(text, scale) if type_ == "int" else _number(text, scale)
    value = read(text, type_)
    if isinstance(value, dt.datetime | dt.time) and value.tzinfo:
        # Beside local times, the only ones Excel knows, this one would be hours off.
        local = str(value.replace(tzinfo=None))
        why = Text("{}带时区", "{} names a time zone")
        fix = Text(f"写当地时间, 例如 {local}", f"type the local time, such as {local}")
        return _refusal(NO_MOMENT if type_ == "datetime" else NO_TIME, text, why, fix)
    return value


def _fold(text: str) -> str:
    """Return *text* in half-width characters with single spaces."""
    if not text.isascii():
        # NFKC would make a digit of a footnote mark: 10² -> 102.
        text = "".join(
            c if unicodedata.category(c) == "No" else unicodedata.normalize("NFKC", c) for c in text
        ).translate(_FOLD)
    return " ".join(text.split())


def _safe(text: str) -> str:
    """Return *text* as messages show it: short, and in characters that GBK has."""
    short = text if len(text) <= 30 else text[:29] + "…"
    return short.replace("¥", "￥").encode("gbk", "replace").decode("gbk")


def _refusal(
    fault: Message, typed: str, why: Text | None = None, fix: Text | None = None
) -> Refusal:
    """Return the refusal of *typed*; ``{}`` in *why* stands for it."""
    kind, example = _KINDS[fault]
    why = (why or kind) if typed else Text("这里没有内容", "nothing is typed here")
    fix = fix or Text(
        f"填{example.zh}; 没有值就留空", f"type {example.en}, or leave the cell empty"
    )
    seen = f"“{_safe(typed)}”"
    return fault.refusal(why=Text(*(side.replace("{}", seen) for side in why)), fix=fix)


def _change(*texts: str) -> Text:
    return Text("改成 " + " 或 ".join(texts), "type " + " or ".join(texts))


def _number(text: str, scale: float = 1.0, fault: Message = NO_NUMBER) -> float | Refusal:
    typed = _fold(text)
    if not (parsed := _parsed(typed)):
        why, meant = _suspicion(typed)
        shown = [_in_unit(t, scale) for t in meant]
        return _refusal(fault, typed, why, _change(*shown) if shown else None)
    value, own = parsed
    scaled = value if own or scale == 1.0 else float(f"{value * scale:.15g}")
    if not math.isfinite(scaled):
        return _refusal(fault, typed)
    if own and scale != 1.0:
        if own in {"%", "百分之"} and scale == 0.01:
            return value
        if own in SHARES:
            why = Text("{}是百分数, 表头写的是别的单位", "{} is a share; the header names a unit")
            return _refusal(fault, typed, why)
        return UNIT_TWICE.refusal(typed=_safe(typed), plain=f"{value / scale:.15g}")
    return scaled


def _integer(text: str, scale: float = 1.0, fault: Message = NO_WHOLE_NUMBER) -> int | Refusal:
    value = _number(text, scale, fault)
    if isinstance(value, Refusal):
        return value
    if abs(value) > _LARGEST:
        why = Text("{}超过 15 位", "{} has more than 15 digits")
        fix = Text("改短; 编号之类放在文字列里", "shorten it; codes belong in a text column")
        return _refusal(fault, _fold(text), why, fix)
    below = math.floor(value)
    fix = _change(f"{below / scale:.15g}", f"{(below + 1) / scale:.15g}")
    return (
        below if value == below else _refusal(fault, _fold(text), _KINDS[NO_WHOLE_NUMBER][0], fix)
    )


def _in_unit(text: str, scale: float) -> str:
    """Return how to type a number that *text* means where the header names the unit."""
    value, own = _parsed(text) or (0.0, "")
    return f"{value / scale:.15g}" if "e" in text or (own and scale != 1.0) else _safe(text)


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
        whole = _chinese(found["chinese"])
        if whole is None or (whole < 10 and not own and not found["decimals"]):
            return None  # a lone 一 is as likely a dash
        own = own or ("万" if whole >= 10_000 else "")
        digits = f"{whole}.{_arabic(found['decimals'] or '')}"
    power = sum(_POWERS.get(word or "", 0) for word in found.group("front", "scale", "part"))
    sign = -1 if found["minus"] in {"-", "负"} or found["sign"] == "-" else 1
    return sign * float(f"{digits}e{power + int(found['exponent'] or 0)}"), own


def _chinese(typed: str) -> int | None:
    """Return the number that Chinese numerals with their places say, None for 二〇二四."""
    if not (found := _CHINESE.fullmatch(typed.translate(_SIMPLE))):
        return None
    value = 0
    for digit in found.groups():  # of each place; the ten of 十五 is empty
        value = value * 10 + (0 if digit is None else _DIGITS.index(digit) if digit else 1)
    return value


def _arabic(chinese: str) -> str:
    return "".join(str(_DIGITS.index(c)) for c in chinese.translate(_SIMPLE))


def _suspicion(typed: str) -> tuple[Text | None, Sequence[str]]:
    """Return what keeps a text from being a number, as far as it shows, and what was meant."""
    if len(typed) > 60:
        return None, []  # the patterns below are slow on long texts
    if not re.search(r"[0-9]", typed):
        if typed and set(typed.translate(_SIMPLE)) <= set(_DIGITS):
            return Text("{}要用数字 0-9 写", "{} must be typed in digits"), [_arabic(typed)]
        return None, []
    if (meant := typed.translate(_LOOKALIKE)) != typed and _parsed(meant):
        letter, digit = next(p for p in zip(typed, meant, strict=True) if p[0] != p[1])
        zh, en = ("零", "zero") if digit == "0" else ("一", "one")
        why = Text(f"{{}}含字母 {letter}(不是{zh})", f"{{}} has the letter {letter}, not a {en}")
        return why, [meant]
    if _DATE.match(_dated(typed)):
        return Text("{}是日期", "{} is a date"), []
    for pattern, why, templates in _NO_NUMBERS:
        if pattern.match(typed):
            meanings = [t for t in (pattern.sub(t, typed) for t in templates) if _parsed(t)]
            if meanings or not templates:
                return why, meanings
    return None, []


def _moment(text: str, fault: Message) -> dt.datetime | Refusal:
    typed = _fold(text)
    plain = _dated(typed)
    if _SERIAL.fullmatch(plain) and 20_000 <= float(plain) <= 80_000:
        # Excel's own clock is good to a millisecond.
        return _EPOCH + dt.timedelta(seconds=round(float(plain) * 86_400, 3))
    if not (found := _DATE.match(plain)):
        return _refusal(fault, typed, *_no_day(plain))
    year, month, day = map(int, found.groups())
    nearest = _nearest(year, month, day)
    if (year, month, day) != (nearest.year, nearest.month, nearest.day):
        return _refusal(fault, typed, _impossible(year, month), _such_as(nearest))
    rest = plain[found.end() :]
    clock = _clock(rest) if rest else dt.time()
    if clock is None:
        why = Text("{}的日期后面看不懂", "{} is not clear after the date")
        return _refusal(fault, typed, why, _change(str(nearest)))
    return dt.datetime.combine(nearest, clock)


def _dated(typed: str) -> str:
    """Return a date with its Chinese numerals and its eight digits set apart: 2024-03-01."""
    if "年" in typed or "月" in typed:
        typed = re.sub(
            f"[{_DIGITS}十]+",
            lambda m: str(_chinese(m[0])) if "十" in m[0] else _arabic(m[0]),
            typed.translate(_SIMPLE),
        )
    return _COMPACT.sub(r"\1-\2-\3", typed)


def _clock(typed: str) -> dt.time | None:
    if not (found := _CLOCK.fullmatch(typed)):
        return None
    try:
        return dt.time.fromisoformat(f"{found[1]:0>2}:{found[2]}{found[3] or ''}")
    except ValueError:
        return None


def _nearest(year: int, month: int, day: int) -> dt.date:
    """Return the day of the calendar that is nearest to three typed numbers."""
    year, month = max(year, _FIRST_YEAR), min(max(month, 1), 12)
    return dt.date(year, month, min(max(day, 1), calendar.monthrange(year, month)[1]))


def _impossible(year: int, month: int) -> Text:
    if year < _FIRST_YEAR:
        return Text("Excel 的日期从 1900 年开始", "dates in Excel begin in 1900")
    if not 1 <= month <= 12:
        return Text(f"没有 {month} 月", f"there is no month {month}")
    days = calendar.monthrange(year, month)[1]
    return Text(f"{year} 年 {month} 月只有 1 日到 {days} 日", f"{year}-{month:02} has {days} days")


def _such_as(day: dt.date) -> Text:
    return Text(f"写全年月日, 例如 {day}", f"type year, month and day, such as {day}")


def _no_day(plain: str) -> tuple[Text | None, Text | None]:
    """Return what keeps a text from naming one day, and what to type instead."""
    if found := _DAY_MONTH_YEAR.fullmatch(plain):
        first, second, year = map(int, found.groups())
        both = {_nearest(year, first, second), _nearest(year, second, first)}
        real = sorted(d for d in both if {d.month, d.day} == {first, second})
        why = Text("{}的顺序不是年月日", "{} is not in the order year, month, day")
        if len(real) > 1:
            why = Text("{}分不清哪个是月, 哪个是日", "{} may have the day or the month first")
        return why, _change(*map(str, real)) if real else None
    if found := _YEAR_MONTH.fullmatch(plain):
        year, month = map(int, found.groups())
        return Text("{}缺少日", "{} lacks the day"), _such_as(_nearest(year, month, 1))
    if found := _SHORT_YEAR.fullmatch(plain):
        year, month, day = map(int, found.groups())
        why = Text("{}的年份只有两位", "{} has a year of two digits")
        return why, _such_as(_nearest(2000 + year, month, day))
    if found := _MONTH_DAY.fullmatch(plain):
        why = Text("{}缺少年份", "{} lacks the year")
        return why, _such_as(_nearest(2024, *map(int, found.groups())))
    return None, None
