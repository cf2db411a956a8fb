"""Numbers in Chinese numerals."""

from __future__ import annotations

import re

SIMPLE = str.maketrans("〇两壹贰叁肆伍陆柒捌玖拾佰仟萬億", "零二一二三四五六七八九十百千万亿")
DIGITS = "零一二三四五六七八九"
# A last digit needs 十 or 零 before it: 一百二 is 120 to one person and 102 to another.
_SECTION = "(?:(D)千)?零?(?:(D)百)?零?(?:(D?)十)?零?(?:(?<![百千万亿])(D))?"
_CHINESE = re.compile(
    f"(?:(?!零|亿){_SECTION}亿)?(?:(?!零?万){_SECTION}万)?{_SECTION}".replace(
        "D", f"[{DIGITS[1:]}]"
    )
)


def chinese(typed: str) -> int | None:
    """Return the number that Chinese numerals with their places say, None for 二〇二四."""
    if not (found := _CHINESE.fullmatch(typed.translate(SIMPLE))):
        return None
    value = 0
    for digit in found.groups():  # of each place; the ten of 十五 is empty
        value = value * 10 + (0 if digit is None else DIGITS.index(digit) if digit else 1)
    return value


def arabic(chinese: str) -> str:
    """Return Chinese digits one by one as 0-9."""
    return "".join(str(DIGITS.index(c)) for c in chinese.translate(SIMPLE))
