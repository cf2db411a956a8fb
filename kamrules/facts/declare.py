"""Facts as their authors declare them: a function, the columns it gives, and what it waits for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar, cast

import polars as pl

from kamrules.hooks.failed import place
from kamrules.messages.problem import Problem
from kamrules.sheets.column import ROW, Column, SheetSpec
from kamrules.sheets.specs import fact_columns
from kamrules.words.types import Type

Rows = pl.DataFrame
Found = Rows | pl.LazyFrame | tuple[Rows | pl.LazyFrame, Sequence[Problem]] | Sequence[Problem]
Scope = Literal["subject", "portfolio"]
T = TypeVar("T")

# What identifies the rows of a sheet, known when all plugins are.
_KEY = "?"
# Arguments of a fact that are no sheets.
OTHERS = ("as_of", "period", "book", "cases")


@dataclass(frozen=True, slots=True)
class Awaited:
    """A result of a decision table, or a column of another fact, that a fact waits for.

    It is a column of the rows of *sheet* under its *key*, blank where nothing gives it; an
    *optional* one may be left out of the rules without a word.
    """

    sheet: str
    column: Column
    optional: bool = False

    @property
    def key(self) -> str:
        """Return the name of the column in the rows."""
        return self.column.key


@dataclass(frozen=True, slots=True)
class Fact:
    """Typed columns for a sheet, known without data, and the function that works them out.

    *key* is the column its rows are joined on, empty where they are the rows of a derived sheet.
    *work* is the author's function; in a run it takes the data, and returns rows and problems.

    *scope* says what a row needs: "subject" the rows of its own subject alone, so that any part of
    the subjects may be worked out apart from the others; "portfolio" those of all. A portfolio fact
    that is to run on parts comes in two steps: its function returns what each key adds, and
    *across* turns what all parts add, in any order, into *columns*.

    It is not run without one of its *source*, and is blank then; a notice says so unless it is
    *optional*. Sources are sheets, columns as ``sheet.column``, and case rules as ``cases.sheet``,
    after whose columns it runs. Rows that are dated after the as-of date are left out unless it
    looks *ahead*.
    """

    sheet: str
    key: str
    columns: tuple[Column, ...]
    work: Callable[..., Any]
    after: tuple[Awaited, ...] = ()
    source: tuple[str, ...] = ()
    scope: Scope = "portfolio"
    across: Callable[[pl.LazyFrame], pl.LazyFrame] | None = None
    ahead: bool = False
    optional: bool = False
    inputs: tuple[str, ...] = ()
    plugin: str = ""
    waits: bool = False  # for a table or another fact
    runs: bool = True  # whether what it is worked out from is there

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the function gives for some rows, as a test asks it."""
        return self.work(*args, **kwargs)

    @property
    def name(self) -> str:
        """Return the name of the fact among those of all plugins."""
        return (
            f"{self.sheet}.{self.columns[0].key if self.columns else place(declared_by(self.work))}"
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A parameter that a fact asks for, and its value where nobody set it."""

    zh: str
    en: str
    default: Any


@dataclass(frozen=True, slots=True)
class Given:
    """Something that several facts need, worked out once from what its own arguments name."""

    work: Callable[..., Any]
    ahead: bool = False


After = Awaited | Fact | str


def result(
    sheet: str, zh: str, en: str, type_: Type = "text", *, optional: bool = False
) -> Awaited:
    """Return a handle on a result of a decision table about a sheet."""
    return Awaited(sheet, Column(zh, zh, en, type_), optional)


def parameter(zh: str, en: str, default: T) -> T:
    """Return the default of an argument that takes a parameter's value, in the default's type."""
    return cast(T, Asked(zh, en, default))


def given(work: Callable[..., T], *, ahead: bool = False) -> T:
    """Return the default of an argument that takes what another function makes of the book.

    It is given no rows that are dated after the as-of date unless it looks *ahead*.
    """
    return cast(T, Given(work, ahead))


def fact(
    sheet: str | SheetSpec,
    *,
    columns: str | Sequence[Column] | None = None,
    each: str = "",
    after: After | Sequence[After] = (),
    source: str | tuple[str, ...] = (),
    scope: Scope = "portfolio",
    across: Callable[[pl.LazyFrame], pl.LazyFrame] | None = None,
    ahead: bool = False,
    optional: bool = False,
) -> Callable[[Callable[..., Found]], Fact]:
    """Return the decorator that makes a function the declaration of a fact.

    *sheet* with *columns* gets columns, joined on *each* ("row", a key, or what identifies its
    rows); a derived *sheet* alone gets its rows. *after* names results, other facts, or a column
    of a fact as ``sheet.key``.
    """
    spec = sheet if isinstance(sheet, SheetSpec) else None
    key = spec.key if spec else str(sheet)
    on = {"row": ROW, "": (spec.unique if spec else "") or _KEY}.get(each, each)
    is_rows = bool(spec and spec.derived and columns is None)
    if columns is None and not is_rows:
        raise ValueError(f"a fact about {key!r} names no columns")
    listed = fact_columns(columns) if isinstance(columns, str) else tuple(columns or ())
    awaited = tuple(_awaited((after,) if isinstance(after, After) else after))
    sources = (source,) if isinstance(source, str) else source

    def declared(work: Callable[..., Found]) -> Fact:
        inputs = tuple(dict.fromkeys(_sheets(work)))
        return Fact(
            key,
            "" if is_rows else on,
            spec.columns if spec and is_rows else listed,
            work, awaited,
            sources or (inputs[:1] if is_rows else (key,)),
            scope, across, ahead, optional, inputs,
        )  # fmt: skip

    return declared


def _awaited(after: Sequence[After]) -> Iterator[Awaited]:
    for one in after:
        if isinstance(one, Fact):
            yield from (Awaited(one.sheet, column) for column in one.columns)
        elif isinstance(one, str):
            sheet, _, key = one.partition(".")
            yield Awaited(sheet, Column(key, key, key, "any"))
        else:
            yield one


def _sheets(work: Callable[..., Any]) -> Iterator[str]:
    """Yield the sheets a function needs, by the names of its arguments and of those given to it."""
    for name, argument in arguments(work).items():
        if isinstance(argument, Given):
            yield from _sheets(argument.work)
        elif argument is inspect.Parameter.empty and name not in OTHERS:
            yield name


def sheet_of(source: str) -> str:
    """Return the sheet of a source."""
    return source.partition(".")[0]


def arguments(work: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the arguments of a function with their defaults."""
    return {name: p.default for name, p in inspect.signature(work).parameters.items()}


def declared_by(work: Callable[..., Any]) -> Callable[..., Any]:
    """Return the author's function of a fact, also where a run has made it ready."""
    declared = getattr(work.args[0], "work", work) if isinstance(work, partial) else work
    return cast(Callable[..., Any], declared)
