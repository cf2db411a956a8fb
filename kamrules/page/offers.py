"""What plugins offer to a run: report templates, sheets, and columns beside the rows of sheets."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar, get_args

import pluggy
import polars as pl

from kamrules.hooks import plugins
from kamrules.hooks.failed import failed, gave, hook_failed
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
from kamrules.sheets.column import SheetSpec
from kamrules.sheets.merge import Uses
from kamrules.words.text import Lang, Text


class Files(NamedTuple):
    """Files for one folder, by name; *suffix* is that of all of them."""

    folder: str
    contents: Mapping[str, bytes]
    suffix: str


_TYPES = (pl.Boolean, pl.Categorical, pl.Date, pl.Datetime, pl.Enum, pl.Null, pl.String)
_VALUES = (str, int, float, dt.date, type(None))  # bool is an int, datetime a date


T = TypeVar("T")
Offer = Report | SectionsReport | SheetReport | ColumnsReport | FilesReport


def _offered(
    manager: pluggy.PluginManager, result: Result | None = None
) -> Iterator[tuple[str, Offer]]:
    """Yield what plugins offer, by plugin; of one kind and name, the first plugin's.

    Of a *result* without any sheet that a plugin describes, that plugin has nothing to say.
    """
    seen: set[tuple[type, str]] = set()
    silent = _silent(manager, result) if result else set()
    for plugin, offer, _ in plugins.call_each(manager, "reports", get_args(Offer)):
        if plugin in silent:
            continue
        if isinstance(offer, ColumnsReport):
            yield plugin, offer
        elif (type(offer), offer.name) not in seen:
            seen.add((type(offer), offer.name))
            yield plugin, offer


def _silent(manager: pluggy.PluginManager, result: Result) -> set[str]:
    """Return the plugins that describe sheets of which a book has none."""
    described: dict[str, set[str]] = {}
    for plugin, spec, _ in plugins.call_each(manager, "sheets", (SheetSpec, Uses)):
        described.setdefault(plugin, set()).add(spec.key)
    return {plugin for plugin, keys in described.items() if not keys & result.data.sheets.keys()}


def _asked(plugin: str, name: str, function: Callable[..., T], result: Result, lang: Lang) -> T:
    """Return what a function of an offer gives; *name* is what it is called there."""
    try:
        return function(result, lang)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin can fail in any way that Python can
        raise failed(plugin, hook_failed(name), error, function) from error


def templates(manager: pluggy.PluginManager) -> Iterator[tuple[str, Report]]:
    """Yield the reports that are templates, with the plugin's name."""
    for plugin, offer in _offered(manager):
        if isinstance(offer, Report):
            yield plugin, offer


def sections(result: Result, lang: Lang, manager: pluggy.PluginManager) -> Iterator[Sections]:
    """Yield the sections that plugins give to the first page."""
    for plugin, offer in _offered(manager, result):
        if isinstance(offer, SectionsReport):
            given = _asked(plugin, "sections", offer.sections, result, lang)
            if not isinstance(given, Sections):
                said = gave(given, "Sections")
                raise failed(plugin, hook_failed("sections"), said, offer.sections)
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
            found = _asked(plugin, "files", offer.files, result, lang)
            if not isinstance(found, Mapping) or not all(map(_is_file, found.items())):
                said = gave(found, "dict[str, bytes]")
                raise failed(plugin, hook_failed("files"), said, offer.files)
            contents = {f"{_plain(n)}{offer.suffix}": b for n, b in found.items()}
            yield Files(offer.name, contents, offer.suffix)


def _is_file(named: tuple[object, object]) -> bool:
    return isinstance(named[0], str) and isinstance(named[1], bytes)


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
    found = _asked(plugin, "columns", offer.columns, result, lang)
    wrong = None if isinstance(found, Iterable) else gave(found, "ResultColumn", many=True)
    columns = [] if wrong else list(found)
    wrong = wrong or next(filter(None, (_wrong_column(c, offer) for c in columns)), None)
    if wrong:
        raise failed(plugin, hook_failed("columns"), wrong, offer.columns)
    return columns


def _wrong_column(column: object, offer: SheetReport | ColumnsReport) -> Text | None:
    """Return what of a column cannot be written, None where it can."""
    if not isinstance(column, ResultColumn):
        return gave(column, "ResultColumn")
    name = column.header.en
    if held := _odd(column.values):
        return Text(f"列 {name!r} 里有 {held}", f"column {name!r} holds {held}")
    if isinstance(offer, ColumnsReport) and not _fits(column):
        return Text(
            f"列 {name!r} 的每个值都要有一行", f"column {name!r} needs a row for each value"
        )
    if odd := ", ".join(sorted(set(column.styles.values()) - set(LOOKS))):
        return Text(f"列 {name!r}: 没有样式 {odd}", f"column {name!r}: no style {odd}")
    return None


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
