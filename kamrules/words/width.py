"""Texts measured and wrapped by the columns a terminal gives to Chinese characters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from unicodedata import east_asian_width


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@cache
def _columns(character: str) -> int:
    return 2 if east_asian_width(character) in "WF" else 1


def wrap(text: str, room: int) -> Iterator[str]:
    """Yield *text* as lines of at most *room* columns; Chinese may break between any characters."""
    line = ""
    for word in _pieces(" ".join(text.split())):
        if line and width(line + word.rstrip()) > room:
            yield line.rstrip()
            line = ""
        line += word if line else word.lstrip()
    if line.strip():
        yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """Yield words with their trailing blank, and single wide characters with what closes them."""
    word = ""
    for char in text:
        if word and (word[-1] == " " or width(word[-1]) == 2 or width(char) == 2):
            if char in _CLOSING and word[-1] != " ":
                word += char
                continue
            yield word
            word = ""
        word += char
    if word:
        yield word


# A line does not begin with one of these.
_CLOSING = frozenset(",.;:!?)]}、。，；：！？）】”")
