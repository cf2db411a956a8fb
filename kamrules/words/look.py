"""The one place of colours, fonts and number formats, of sheets, charts and rule workbooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from kamrules.words.text import Lang
from kamrules.words.types import Type

Tone = Literal["plain", "note", "warning", "error"]

FONTS: Mapping[Lang, str] = {"zh": "微软雅黑", "en": "Calibri"}

INK, SUB, WHITE = "1F2933", "66727F", "FFFFFF"
TEAL, RED, GREEN, BLUE, GREY = "0F4C5C", "D92D20", "067647", "0B63C5", "8896A5"
HAIR, HEAD, TILE, RESULT, WHY = "D9DFE5", "EEF1F4", "F5F8FA", "F7FBFC", "374553"
ERROR, WARNING, ALERT = "FDECEA", "FEF4E6", "DC6803"
# charts
GRID, AXIS, FRAME, BAR = "E8ECF0", "C5CED6", "E1E6EB", "9CC5CF"
# workbooks that are ours from the start, and those of rules
MADE_HEAD, MADE_LINE = "E3ECEF", "E3E8EC"
SLATE, PALE, FAINT, QUIET = "3E5C76", "C2CAD1", "7B8794", "7A8A99"
CONDITION, RESULT_HEAD, NOTE = "DDE5ED", "D3E6E9", "EDF1F4"

TONES: Mapping[Tone, str] = {
    "plain": INK,
    "note": "A8690B",
    "warning": "B54708",
    "error": "B42318",
}
# Ink and paper by rank: indigo, amber, slate, brown; then teal, plum, olive, steel, and again.
PALETTE = (
    ("3B4A8C", "E4E8F6"),
    ("A8690B", "FBF0D6"),
    ("5B6B7B", "EBEFF3"),
    ("85604F", "F4EBE6"),
    ("0F766E", "E0F2F0"),
    ("7A3E78", "F3E8F2"),
    ("5F6B1E", "F0F2E0"),
    ("2F6690", "E3EEF6"),
)
UNDECIDED = (TONES["error"], ERROR)
NEUTRAL = (SUB, "F1F3F5")
# Values of a column of a rule table; those that mean the same in a result have its colours there.
VALUES = (*PALETTE[:4], ("4F7A5B", "E6F1E8"), ("7A4F7A", "F3E8F3"))

PERCENT, COUNT, MONEY, MEASURE = "0.00%", "#,##0", "#,##0.00", "#,##0.0"
DATE, DATETIME = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
FORMATS: Mapping[Type, str] = {
    "int": COUNT, "money": MONEY, "percent": PERCENT, "date": DATE, "datetime": DATETIME,
}  # fmt: skip
