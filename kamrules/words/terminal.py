"""Text for a terminal of 80 columns: tables and paragraphs, measured as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kamrules.words.width import width, wrap

COLUMNS = 80


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = (), indent: str = "") -> list[str]:
    """Return rows as lines in columns; the last column wraps where a line would be too long."""
    return [line for lines in blocks(rows, right, indent) for line in lines]


def blocks(
    rows: Sequence[Sequence[str]], right: Sequence[int] = (), indent: str = ""
) -> list[list[str]]:
    """Return for each row its lines in columns."""
    if not rows:
        return []
    last = len(rows[0]) - 1
    widths = [max(width(row[c]) for row in rows) for c in range(last + 1)]
    before = len(indent) + sum(w + 2 for w in widths[:last])
    room = max(COLUMNS - before, 16)
    found = []
    for row in rows:
        cells = [
            padded(text, w, right=c in right)
            for c, (text, w) in enumerate(zip(row[:last], widths, strict=False))
        ]
        texts = [row[last]] if width(row[last]) <= room else list(wrap(row[last], room))
        if last in right:
            texts = [padded(t, min(widths[last], room), right=True) for t in texts]
        head = indent + "".join(cell + "  " for cell in cells)
        lines = enumerate(texts or [""])
        found.append([((" " * before if n else head) + text).rstrip() for n, text in lines])
    return found


def paragraph(text: str, indent: str = "", hanging: str = "") -> Iterator[str]:
    """Yield a sentence as lines; those after the first are indented by *hanging* as well."""
    first = True
    for line in wrap(text, COLUMNS - len(indent) - len(hanging)):
        yield indent + ("" if first else hanging) + line
        first = False


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """Return *text* filled with blanks to a width in columns of the terminal."""
    space = " " * (columns - width(text))
    return space + text if right else text + space
