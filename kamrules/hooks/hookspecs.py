"""The hooks of a plugin; what all plugins return is kept."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources.abc import Traversable

import pluggy

from kamrules.sheets.column import SheetSpec
from kamrules.sheets.merge import Uses

hookspec = pluggy.HookspecMarker("kamrules")
hookimpl = pluggy.HookimplMarker("kamrules")


@hookspec
def sheets() -> Iterable[SheetSpec | Uses]:  # type: ignore[empty-body]
    """Sheets and columns the plugin reads: names and synonyms, types, units, what is required.

    Several plugins may describe a sheet; their columns are put together, and what they say of one
    column must agree. One that only reads another's columns says so by ``uses``.
    """


@hookspec
def rulesets() -> Iterable[Traversable]:  # type: ignore[empty-body]
    """Rule workbooks."""


@hookspec
def reports() -> Iterable[object]:  # type: ignore[empty-body]
    """Templates of files, sections of the first page, sheets and columns of the result workbook.

    Each is a Report, SectionsReport, SheetReport, ColumnsReport or FilesReport.
    """
