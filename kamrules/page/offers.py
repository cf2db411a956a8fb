"""What plugins offer to a run: report templates, sheets, and columns beside the rows of sheets."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pluggy
import polars as pl

from kamrules.hooks import plugins
from kamrules.messages.problem import PluginError
from kamrules.page.columns import Additions, ListSheet
from kamrules.page.look import LOOKS
from kamrules.page.page import Sections, Table
from kamrules.page.reports import (
    ColumnsReport,
    FilesReport,
    Report,
    ResultColumn,
    SectionsReport,
    SheetReport,
)
from kamrules.run.result import Result
from kamrules.words.text import Lang


class Files(NamedTuple):
    """Files for one folder, by name; *suffix* is that of all of them."""

    folder: str
    contents: Mapping[str, bytes]
    suffix: str


_TYPES = (pl.Boolean, pl.Categorical, pl.Date, pl.Datetime, pl.Enum, pl.Null, pl.String)
_VALUES = (str, int, float, dt.date, type(None))  # bool is an int, datetime a date


Offer = Report | SectionsReport | SheetReport | ColumnsReport | FilesReport


def _offered(
    manager: pluggy.PluginManager, result: Result | None = None
) -> Iterator[tuple[str, Offer]]:
    """Yield what plugins offer, by plugin; of one kind and name, the first plugin's.

    Of a *result* without any sheet that a plugin describes, that plugin has nothing to say.
    """
    seen: set[tuple[type, str]] = set()
    silent = _silent(manager, result) if result else set()
    for plugin, offer in plugins.call_each(manager, "reports"):
        if plugin in silent:
            continue
        if not isinstance(offer, Offer):
            raise PluginError(
                f"plugin {plugin!r}: reports() gave {offer!r}, "
                "not a Report, SectionsReport, SheetReport, ColumnsReport or FilesReport"
            )
        if isinstance(offer, ColumnsReport):
            yield plugin, offer
        elif (type(offer), offer.name) not in seen:
            seen.add((type(offer), offer.name))
            yield plugin, offer


def _silent(manager: pluggy.PluginManager, result: Result) -> set[str]:
    """Return the plugins that describe sheets of which a book has none."""
    described: dict[str, set[str]] = {}
    for plugin, spec in plugins.call_each(manager, "sheets"):
        described.setdefault(plugin, set()).add(spec.key)
    return {plugin for plugin, keys in described.items() if not keys & result.data.sheets.keys()}


def templates(manager: pluggy.PluginManager) -> Iterator[Report]:
    """Yield the reports that are templates."""
    for _, offer in _offered(manager):
        if isinstance(offer, Report):
            yield offer


def sections(result: Result, lang: Lang, manager: pluggy.PluginManager) -> Iterator[Sections]:
    """Yield the sections that plugins give to the first page."""
    for plugin, offer in _offered(manager, result):
        if isinstance(offer, SectionsReport):
            try:
                given = offer.sections(result, lang)
            except Exception as error:
                raise PluginError(f"plugin {plugin!r} failed in sections(): {error}") from error
            if not isinstance(given, Sections):
                raise PluginError(f"plugin {plugin!r}: sections() gave {given!r}, not Sections")
            yield given


def quoted(result: Result, lang: Lang, manager: pluggy.PluginManager) -> list[Table]:
    """Return the tables of what is commonly quoted, each figure beside the book's own."""
    pages = sections(result, lang, manager)
    parts = (part for one in pages for part in one.parts)
    found = (s for part in parts for band in part.bands for s in band)
    return [s for s in found if isinstance(s, Table) and s.quoted]


def files(result: Result, lang: Lang, manager: pluggy.PluginManager) -> Iterator[Files]:
    """Yield the folders of files that plugins write."""
    for plugin, offer in _offered(manager, result):
        if isinstance(offer, FilesReport):
            try:
                found = dict(offer.files(result, lang))
            except Exception as error:
                raise PluginError(f"plugin {plugin!r} failed in files(): {error}") from error
            yield Files(
                offer.name,
                {f"{_plain(n)}{offer.suffix}": b for n, b in found.items()},
                offer.suffix,
            )


def _plain(name: str) -> str:
    """Return a name that any file system takes: no separators, no marks, not too long."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", name).strip(" .")[:120] or "_"


def additions(result: Result, lang: Lang, manager: pluggy.PluginManager) -> Additions:
    """Return the sheets and columns that plugins add to the result workbook."""
    sheets: list[ListSheet] = []
    columns: dict[str, list[ResultColumn]] = {}
    for plugin, offer in _offered(manager, result):
        if isinstance(offer, Report | SectionsReport | FilesReport) or (
            isinstance(offer, ColumnsReport) and offer.sheet not in result.data.sheets
        ):
            continue
        its = _columns(plugin, offer, result, lang)
        if isinstance(offer, ColumnsReport):
            columns.setdefault(offer.sheet, []).extend(its)
        elif its:
            sheets.append(ListSheet(f"report {offer.name}", offer.title, offer.hint, its))
    return Additions(sheets, columns)


def _columns(
    plugin: str, offer: SheetReport | ColumnsReport, result: Result, lang: Lang
) -> Sequence[ResultColumn]:
    """Return the columns of an offer, or say what about them cannot be written."""
    try:
        columns = list(offer.columns(result, lang))
    except Exception as error:  # a plugin can fail in any way that Python can
        raise PluginError(f"plugin {plugin!r} failed in columns(): {error}") from error
    for column in columns:
        if not isinstance(column, ResultColumn):
            raise PluginError(f"plugin {plugin!r}: columns() gave {column!r}, not a ResultColumn")
        name = column.header.en
        if held := _odd(column.values):
            raise PluginError(f"plugin {plugin!r}: column {name!r} holds {held}")
        if not isinstance(offer, SheetReport) and not _fits(column):
            raise PluginError(f"plugin {plugin!r}: column {name!r} needs a row for each value")
        if odd := sorted(set(column.styles.values()) - set(LOOKS)):
            raise PluginError(f"plugin {plugin!r}: column {name!r}: no style {', '.join(odd)}")
    return columns


def _odd(values: pl.Series) -> str:
    """Return what a column holds that no cell can hold, empty where there is no such thing."""
    if isinstance(values.dtype, pl.Object):
        kinds = {type(value) for value in values}
        return ", ".join(sorted(k.__name__ for k in kinds if not issubclass(k, _VALUES)))
    known = values.dtype.is_numeric() or isinstance(values.dtype, _TYPES)
    return "" if known else str(values.dtype)


def _fits(column: ResultColumn) -> bool:
    """Return whether a column says for each value which row it belongs to, each row once."""
    rows = column.rows
    return rows is not None and len(rows) == len(column.values) and rows.is_unique().all()
