"""Outputs kept as files: a test compares with the file, or writes it where KAMRULES_GOLDEN=write."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "golden"


def same(name: str, text: str) -> bool:
    """Return whether a text is the golden file of that name."""
    path = FOLDER / name
    if os.environ.get("KAMRULES_GOLDEN") == "write":
        path.write_text(text, "utf-8")
    return path.read_text("utf-8") == text
