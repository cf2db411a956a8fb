"""The 历史 History sheet: the grade in force of every subject at each as-of date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from openpyxl.workbook import Workbook

from kamrules.annotate.sheets.page import put_heads, set_up
from kamrules.page.page import Page
from kamrules.run.headline import word
from kamrules.sheets.column import Headline
from kamrules.words.look import DATE, GREY, PERCENT

HISTORY = (
    ("history_period", 12, DATE), ("subject_id", 16, ""), ("grade", 14, ""), ("share", 12, PERCENT),
    ("outcome", 14, ""),
)  # fmt: skip


def history(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Return date, subject id, grade, share and outcome from the rows of a 历史 sheet."""
    width = len(HISTORY)
    return [
        (date.date() if isinstance(date, dt.datetime) else date, *rest)
        for date, *rest in ([*row, *[None] * width][:width] for row in rows[1:])
        if date
    ]


def add_history(workbook: Workbook, page: Page, title: str, headline: Headline) -> None:
    """Add the 历史 sheet without its rows, one for each as-of date and subject."""
    sheet = workbook.create_sheet(title)
    set_up(sheet, page, GREY)
    sheet.page_setup.orientation = "portrait"
    put_heads(sheet, 1, [(word(headline, name).of(page.lang), wide) for name, wide, _ in HISTORY])
    sheet.print_title_rows = "1:1"
    sheet.freeze_panes = "A2"
