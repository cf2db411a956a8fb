"""Letters and numbers of columns."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=16_384)
def column_number(name: str) -> int:
    """Return the number of a column from its letters, counted from 1; 0 where they are none."""
    column = 0
    for letter in name if len(name) <= 3 else "":
        if not "A" <= letter <= "Z":
            return 0
        column = column * 26 + ord(letter) - 64
    return column


def letters(column: int) -> str:
    """Return the letters of a column, counted from 1."""
    name = ""
    while column:
        column, digit = divmod(column - 1, 26)
        name = chr(ord("A") + digit) + name
    return name
