"""Help texts that wrap by the width a terminal gives to Chinese characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from unicodedata import east_asian_width

import click


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


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


class Formatter(click.HelpFormatter):
    """click's formatter, measuring columns instead of characters."""

    def write_text(self, text: str) -> None:
        """Write paragraphs wrapped to the terminal."""
        indent = " " * self.current_indent
        for n, paragraph in enumerate(text.replace("\r", "").split("\n\n")):
            if n:
                self.write("\n")
            for line in wrap(paragraph, self.width - self.current_indent):
                self.write(f"{indent}{line}\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write terms and what they mean as two columns."""
        rows = list(rows)
        indent = " " * self.current_indent
        column = min(max(width(term) for term, _ in rows), col_max) + col_spacing
        room = max(self.width - self.current_indent - column, 20)
        for term, meaning in rows:
            lines = list(wrap(meaning, room)) or [""]
            self.write(f"{indent}{term}")
            if width(term) + col_spacing > column:
                self.write(f"\n{indent}{' ' * column}")
            else:
                self.write(" " * (column - width(term)))
            self.write(f"\n{indent}{' ' * column}".join(lines) + "\n")


class Context(click.Context):
    """A context whose help is written by Formatter."""

    formatter_class = Formatter
