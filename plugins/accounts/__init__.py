"""Key accounts: what a run says of customers, their tiers and sales first, and how they spread."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from kamrules.plugin import Report, SectionsReport, hookimpl

from .home import home

requires = ("tiering",)


@hookimpl
def reports() -> Iterable[Report | SectionsReport]:
    template = files("kamrules_templates") / "report.html.j2"
    return [Report("report", template, ".html"), SectionsReport("home", home)]


def example(folder: Path) -> Path:
    """Write the example workbook to a folder and return its path."""
    from .demo import write

    return write(folder)
