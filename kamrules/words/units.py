"""The one table of units: what 万元, 千万, %, k or 公斤 say wherever a unit is written."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from kamrules.words.fold import folded
from kamrules.words.text import Text
from kamrules.words.types import NUMERIC, Type

_POWERS = {
    "十": 1, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "十亿": 9,
    "百亿": 10, "千亿": 11, "万亿": 12,
}  # fmt: skip
# Powers of ten that may follow the digits of a cell, 萬 and 億 too.
POWERS: Mapping[str, int] = _POWERS | {
    word.replace("万", "萬").replace("亿", "億"): power for word, power in _POWERS.items()
}
# Those in Latin letters stand where only a unit can: behind digits 5m may as well be metres.
_LATIN = {
    "k": 3, "thousand": 3, "10k": 4, "m": 6, "million": 6, "bn": 9, "billion": 9,
}  # fmt: skip
# Powers of ten of parts of a whole; those before the digits end in 分之.
SHARES: Mapping[str, int] = {"%": -2, "‰": -3, "百分之": -2, "千分之": -3, "万分之": -4}
# The currency that amounts are in; others wait to be converted.
CURRENCY = "元"
_BASES: Mapping[str, str] = {
    word: base
    for base, words in {
        "元": "元 圆 块 人民币 rmb cny yuan ¥", "美元": "美元 美金 usd us$ $", "欧元": "欧元 eur €",
        "港元": "港元 港币 hkd", "日元": "日元 jpy", "英镑": "英镑 gbp £", "%": "%", "‰": "‰",
        "天": "天 日 day days", "小时": "小时 时 h hour hours", "分钟": "分钟 min minutes",
        "秒": "秒 秒钟 second seconds", "工作日": "工作日 workdays", "工时": "工时",
        "周": "周 week weeks", "月": "月 个月 month months", "季度": "季度 季 quarter quarters",
        "年": "年 year years", "岁": "岁", "分": "分 points", "次": "次 times", "倍": "倍",
        "件": "件 pcs", "台": "台", "吨": "吨 t", "公斤": "公斤 千克 kg", "个": "个", "箱": "箱",
        "套": "套", "人": "人", "户": "户", "家": "家", "单": "单", "笔": "笔", "张": "张",
        "份": "份", "批": "批", "项": "项", "盒": "盒", "瓶": "瓶", "辆": "辆", "升": "升 公升",
        "米": "米", "公里": "公里 km", "平方米": "平方米 m2",
    }.items()
    for word in words.split()
}  # fmt: skip
# Words of the currency of amounts, and of everything else that is counted.
MONEY = tuple(word for word, base in _BASES.items() if base == CURRENCY)
NOUNS = tuple(word for word, base in _BASES.items() if base not in SHARES)
LISTED = Text(
    "{} (可加 元); {}".format(
        " ".join(_POWERS), " ".join(dict.fromkeys(b for b in _BASES.values() if b != "‰"))
    ),
    "{}; {}".format(
        " ".join(_LATIN), ", ".join(dict.fromkeys(w for w in _BASES if re.match("[a-z]{3}", w)))
    ),
)
_REMARKS = {"必填", "选填", "可选", "必须", "required", "optional"}


class Unit(NamedTuple):
    """A unit: 万元 is 10,000 of the base 元."""

    scale: float
    base: str

    @property
    def power(self) -> int:
        """Return the power of ten that the unit is of its base."""
        return round(math.log10(self.scale))


def alternatives(words: Mapping[str, int] | tuple[str, ...]) -> str:
    """Return words as a pattern that takes the longest."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def is_remark(text: str) -> bool:
    """Return whether words in brackets are no unit, such as 必填."""
    return folded(text) in _REMARKS


@lru_cache(maxsize=10_000)
def read_unit(text: str) -> Unit | None:
    """Return the unit that *text* is, such as ``万元``, ``(天)`` or ``RMB 10k``."""
    plain = re.sub(r"^(?:人民币|rmb|cny)(?=.)", "", folded(text).strip("()[]【】{}"))
    for word, power in {"": 0, **_POWERS, **_LATIN}.items():
        for rest in {plain.removeprefix(word), plain.removesuffix(word)}:
            if len(rest) + len(word) == len(plain) and (rest in _BASES or (word and not rest)):
                return Unit(10.0**power, _BASES.get(rest, ""))
    return None


def scale_of(unit: Unit, type_: Type, stored: str = "") -> float | None:
    """Return what numbers typed in *unit* are multiplied by, None if it cannot be.

    They become values of a column of a type, which are *stored* in the column's own unit.
    """
    own = read_unit(stored) if stored else None
    base = own.base if own else CURRENCY if type_ == "money" else stored
    if unit.base and base and unit.base != base:
        return None
    if type_ == "percent" or unit.base in SHARES:
        return 1.0 if type_ == "percent" and unit.base == "%" else None
    if type_ not in NUMERIC:
        return 1.0 if base and unit.base == base else None
    return unit.scale / (own.scale if own else 1.0)


def _rate(text: str) -> Unit | None:
    """Return the unit that *text* is, alone or for each of another: 元/小时."""
    unit, *each = map(read_unit, text.split("/"))
    return unit if all(one and one.scale == 1 for one in each) else None


def is_unit(text: str) -> bool:
    """Return whether numbers can be in a unit of this name."""
    return _rate(text) is not None


def power_of(text: str, type_: Type, stored: str = "") -> int | None:
    """Return the power of ten that a unit written beside a type stands for, None for no unit.

    Of what is no number nothing is multiplied: there any words may stand.
    """
    if type_ not in NUMERIC or not text or is_remark(text) or folded(text) == folded(stored):
        return 0
    unit = _rate(text)
    scale = scale_of(unit, type_, stored) if unit else None
    return None if scale is None else Unit(scale, "").power
