"""Help texts that wrap by the width a terminal gives to Chinese characters."""

from __future__ import annotations

from collections.abc import Iterable

import click

from kamrules.words.width import width, wrap


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
