"""How what is ours looks in a workbook: named styles kam.*, and how wide texts are."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.workbook import Workbook

from kamrules.page.page import Chip
from kamrules.words.look import (
    ALERT,
    BLUE,
    DATE,
    DATETIME,
    ERROR,
    FONTS,
    FORMATS,
    GREEN,
    HAIR,
    HEAD,
    INK,
    NEUTRAL,
    PALETTE,
    RED,
    RESULT,
    SUB,
    TEAL,
    TILE,
    TONES,
    UNDECIDED,
    WARNING,
    WHITE,
    WHY,
)
from kamrules.words.text import Lang
from kamrules.words.types import Type
from kamrules.words.width import width

LINE = 15  # the height of a line of text


def number_format(value: Any, type_: Type) -> str:
    """Return the number format of a value, empty for that of its style."""
    if isinstance(value, dt.datetime):
        return DATETIME
    return DATE if isinstance(value, dt.date) else FORMATS.get(type_, "")


def lines(text: str, columns: float) -> int:
    """Return how many lines a text takes when wrapped."""
    return sum(max(1, math.ceil(width(part) / columns)) for part in text.split("\n"))


class Look(NamedTuple):
    """A named style; *edges* are style and colour of the sides."""

    size: float = 10
    ink: str = INK
    paper: str = ""
    at: str = "center"
    wrap: bool = False
    bold: bool = False
    underline: bool = False
    edges: Mapping[str, tuple[Any, str]] = {}


_HAIR = {"bottom": ("thin", HAIR)}
_GRADES = {
    **{ink: f"grade.{rank}" for rank, (ink, _) in enumerate(PALETTE, 1)},
    UNDECIDED[0]: "grade.undecided",
    NEUTRAL[0]: "grade.other",
}
LOOKS: Mapping[str, Look] = {
    "title": Look(18, at="left", bold=True),
    "section": Look(12, at="left", bold=True),
    "sub": Look(9, SUB, at="left"),
    "head": Look(ink=WHITE, paper=TEAL, wrap=True, bold=True),
    "head.plain": Look(paper=HEAD, wrap=True, bold=True, edges=_HAIR),
    "head.left": Look(paper=HEAD, at="left", wrap=True, bold=True, edges=_HAIR),
    "cell": Look(wrap=True, edges=_HAIR),
    "text": Look(at="left", wrap=True, edges=_HAIR),
    "strong": Look(wrap=True, bold=True, edges=_HAIR),
    "link": Look(ink=BLUE, underline=True, edges=_HAIR),
    "link.text": Look(ink=BLUE, at="left", edges=_HAIR),
    "fix": Look(ink=GREEN, at="left", wrap=True, bold=True, edges=_HAIR),
    "result": Look(paper=RESULT, edges=_HAIR),
    "result.text": Look(9, WHY, RESULT, "left", edges=_HAIR),
    "result.link": Look(ink=BLUE, paper=RESULT, underline=True, edges=_HAIR),
    "result.up": Look(ink=GREEN, paper=RESULT, edges=_HAIR),
    "result.down": Look(ink=TONES["error"], paper=RESULT, edges=_HAIR),
    **{
        name: Look(ink=ink, paper=paper, wrap=True, bold=True,
                   edges=dict.fromkeys(("left", "right", "top", "bottom"), ("medium", edge)))
        for name, ink, paper, edge in (
            ("error", TONES["error"], ERROR, RED),
            ("warning", TONES["warning"], WARNING, ALERT),
        )
    },
    **{
        f"{name}.{tone}": look
        for tone, ink in TONES.items()
        for name, look in (
            ("tile.label", Look(9, SUB, TILE, edges={"top": ("medium", ink)})),
            ("tile", Look(20, ink, TILE, bold=True)),
            ("level", Look(ink=ink, bold=True, edges=_HAIR)),
            ("finding", Look(ink=ink, at="left", wrap=True)),
        )
    },
    **{
        _GRADES[ink]: Look(ink=ink, paper=paper, bold=True,
                               edges={"left": ("thick", ink), **_HAIR})
        for ink, paper in (*PALETTE, UNDECIDED, NEUTRAL)
    },
}  # fmt: skip


def grade_style(chip: Chip) -> str:
    """Return the style of the cell of a grade."""
    return _GRADES[chip.ink]


def add_styles(workbook: Workbook, lang: Lang) -> None:
    """Add the styles kam.*."""
    for name, look in LOOKS.items():
        workbook.add_named_style(_named_style(f"kam.{name}", look, FONTS[lang]))


def _named_style(name: str, look: Look, font: str) -> NamedStyle:
    sides: dict[str, Any] = {
        at: Side(style=style, color=ink) for at, (style, ink) in look.edges.items()
    }
    return NamedStyle(
        name=name,
        font=Font(
            name=font,
            size=look.size,
            color=look.ink,
            b=look.bold,
            u="single" if look.underline else None,
        ),
        fill=PatternFill("solid", fgColor=look.paper) if look.paper else PatternFill(),
        alignment=Alignment(horizontal=look.at, vertical="center", wrap_text=look.wrap),
        border=Border(**sides),
    )
