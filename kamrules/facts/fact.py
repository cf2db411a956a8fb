"""What plugins work out from the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kamrules.messages.problem import Problem
from kamrules.sheets.column import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from kamrules.sheets.sheet import Data

    Later = Callable[["Data"], "pl.LazyFrame | tuple[pl.LazyFrame, Sequence[Problem]]"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Typed columns for one sheet, worked out from the data.

    *frame* holds *key* and one column for each of *columns* (its key); it is joined to the sheet on
    *key*, or is the rows of a derived sheet where *key* is empty.

    *scope* says what a row needs: "customer" the rows of its own customer alone, so that any part
    of the customers may be worked out apart from the others; "portfolio" those of everybody. A
    portfolio fact that is to run on parts of the customers comes in two steps: *frame* is what
    each key adds (totals), and *across* turns those of all parts, in any order, into *columns*.
    *source* is the key of the sheet whose rows it is worked out from.

    A fact that needs results of decision tables, or other such facts, names them in *after*. Its
    *frame* is then a function that is called with the data once they are there: each is a column of
    its sheet, under the name given in *after*. It returns the frame, or the frame and problems.
    """

    sheet: str
    key: str
    columns: tuple[Column, ...]
    frame: pl.LazyFrame | Later
    scope: Literal["customer", "portfolio"] = "portfolio"
    problems: tuple[Problem, ...] = ()
    after: tuple[str, ...] = ()
    across: Callable[[pl.LazyFrame], pl.LazyFrame] | None = None
    source: str = ""
