"""Sheets as read, and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kamrules.messages.problem import Cell
from kamrules.sheets.column import Column, SheetSpec

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as read: *frame* has ROW, one column a known key, unknown columns by their header.

    *letters* maps each frame column to its Excel column letters, *headers* to the header as typed.
    """

    spec: SheetSpec
    title: str
    frame: pl.DataFrame
    header_row: int
    letters: Mapping[str, str]
    headers: Mapping[str, str]
    last_column: int  # 1-based, the last used column of the sheet
    facts: tuple[Column, ...] = ()  # what plugins work out for it


def referred(sheets: Mapping[str, Sheet], spec: SheetSpec) -> Sheet | None:
    """Return the sheet that rows of a kind refer to: the one whose rows that key identifies."""
    named = (s for s in sheets.values() if s.spec is not spec and s.spec.unique == spec.references)
    return next(named, None) if spec.references else None


@dataclass(frozen=True, slots=True)
class Data:
    """Everything read from a workbook; sheets by spec key, *record* is that of an earlier run."""

    book: str
    sheets: Mapping[str, Sheet]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    record: Mapping[str, str] = field(default_factory=dict)

    @property
    def subjects(self) -> Sheet | None:
        """Return the sheet whose rows are graded, None where no sheet has a headline."""
        return next((s for s in self.sheets.values() if s.spec.headline), None)

    def frame(self, key: str) -> pl.DataFrame | None:
        """Return the frame of a sheet, None where the book has no such sheet."""
        return self.sheets[key].frame if key in self.sheets else None

    def parameter(self, name: str, default: Any) -> Any:
        """Return a parameter's value, *default* where nobody set it."""
        found = self.parameters.get(name)
        return default if found is None or found.value is None else found.value


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named value of a 参数 Parameters sheet: float, str, bool, date or None."""

    name: str
    value: Any
    where: Cell
    unit: str = ""
