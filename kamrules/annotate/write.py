"""What a run leaves behind: the annotated workbook, the reports, and what the terminal shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy
import polars as pl

from kamrules.engine.decision import RULE
from kamrules.messages.message import message
from kamrules.messages.problem import Cell, UsageError
from kamrules.messages.shown import as_dict, shown
from kamrules.page.shown import shown as shown_value
from kamrules.run.headline import plural, word
from kamrules.run.result import Result
from kamrules.sheets.column import ROW
from kamrules.words.shown import fmt
from kamrules.words.terminal import table
from kamrules.words.text import Lang, Text
from kamrules.xlsx.files import NOT_OPENED, replace_file

if TYPE_CHECKING:
    from kamrules.page.offers import Files

# fmt: off
CHANGED_MEANWHILE = message("E011", kind="file",
    what=("{name} 在读取期间被改动了", "{name} was changed while it was being read"),
    why=("结果和改动后的内容对不上", "the results do not belong to what it holds now"),
    fix=("等它保存好以后再运行一次", "run again when it has been saved"),
    effect=("没有写出文件", "nothing was written"), example={"name": "供应商.xlsx"})
# fmt: on


_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Targets:
    """Where results go: the workbook's path (by default ``BOOK.kam.xlsx``), and the reports.

    A workbook that is a result of an earlier run is by default brought up to date where it is.
    *fresh* puts the results in a new workbook instead of a copy of the user's.
    """

    workbook: Path | None = None
    report: bool = True
    both: bool = False
    fresh: bool = False


def language(result: Result) -> Lang:
    """Return the language of the headers of the sheet of subjects, or else of all sheets."""
    data = result.data
    sheets = [data.subjects] if data.subjects else data.sheets.values()
    headers = (header for sheet in sheets for header in sheet.headers.values())
    return "zh" if any(_HAN.search(h) for h in headers) else "en"


def write(
    result: Result, book: Path, targets: Targets, lang: Lang, manager: pluggy.PluginManager
) -> list[Path]:
    """Write the annotated workbook and the reports; return their paths."""
    from kamrules.annotate.annotate import annotate, fresh
    from kamrules.intake.mark import INPUT, origin
    from kamrules.page import html
    from kamrules.page.compose import compose
    from kamrules.page.offers import additions, files, sections, templates

    source = origin(book)
    in_place = source.is_result and not targets.fresh
    beside = book if in_place else book.with_name(f"{book.stem}.kam{book.suffix}")
    target = targets.workbook or beside
    if not in_place and target.exists() and target.samefile(book):
        reason = Text("结果不能写到原文件上", "the result cannot replace its own source")
        raise UsageError([NOT_OPENED.at(Cell(target.name), name=target.name, reason=reason)], 3)
    if source.lines()[INPUT] != result.record[INPUT]:
        raise UsageError([CHANGED_MEANWHILE.at(Cell(book.name), name=book.name)], 3)
    langs: tuple[Lang, ...] = (lang, "en" if lang == "zh" else "zh") if targets.both else (lang,)
    extra, pages = additions(result, lang, manager), []
    composed = {one: compose(result, one, list(sections(result, one, manager))) for one in langs}
    for one in langs if targets.report else ():
        for plugin, offered in templates(manager):
            suffix = f".{one}{offered.suffix}" if targets.both else offered.suffix
            stem = target.with_suffix("")
            name = "" if offered.name == "report" else f".{offered.name}"
            path = stem.with_name(stem.name + name + suffix)
            pages.append((path, html.render(composed[one], offered.template, plugin)))
    folders = list(files(result, lang, manager)) if targets.report else []
    if targets.fresh:
        fresh(target, result, composed[lang], extra)
    else:
        annotate(book, target, result, composed[lang], extra)
    for path, page in pages:
        html.write(path, page)
    written = [_folder(target, made) for made in folders]
    return [target, *(path for path, _ in pages), *(path for path in written if path)]


def _folder(target: Path, made: Files) -> Path | None:
    """Write files to their folder beside the workbook; those of an earlier run are gone from it."""
    folder = target.with_name(f"{target.stem}.{made.folder}")
    if not made.contents and not folder.exists():
        return None
    folder.mkdir(exist_ok=True)
    for old in folder.glob(f"*{made.suffix}"):
        if old.name not in made.contents:
            old.unlink()
    for name, content in made.contents.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            replace_file(path, content)
    return folder


def as_json(result: Result, lang: Lang, written: Sequence[Path]) -> dict[str, Any]:
    """Return a run for ``--format json``."""
    return {
        "as_of": result.as_of.isoformat() if result.is_dated else None,
        "period": [day.isoformat() for day in result.period] if result.is_dated else None,
        "scheme": result.scheme,
        **_subjects(result, lang),
        "tables": [
            {"table": d.table.name, "for_each": d.table.for_each, "hits": dict(d.hits)}
            for d in result.decisions
        ],
        "problems": [as_dict(p, lang) for p in result.problems],
        "record": dict(result.record),
        "written": [str(path) for path in written],
    }


def _subjects(result: Result, lang: Lang) -> dict[str, Any]:
    """Return the grades and the subjects under the names their sheet has, nothing without one."""
    sheet, headline = result.data.subjects, result.headline
    if sheet is None:
        return {}
    rows = result.subjects.select(
        pl.col(ROW).alias("row"), "id", "name", pl.col("measure").alias(headline.measure), "share",
        pl.col("grade").alias(headline.grade.en), "table", "rule",
        pl.col(f"why_{lang}").alias("why"), "missing", "previous", "change",
    )  # fmt: skip
    return {plural(headline): dict(_counts(result)), sheet.spec.key: rows.to_dicts()}


def as_text(result: Result, book: Path, lang: Lang, written: Sequence[Path]) -> str:
    """Return a run as the terminal shows it."""
    start, end = result.period
    scheme = shown_value(result, result.scheme, lang) or "-"
    head = Text(
        f"基准日 {result.as_of}   期间 {start} 至 {end}   方案 {scheme}",
        f"as of {result.as_of}   period {start} to {end}   scheme {scheme}",
    ).of(lang)
    lines = _grade_lines(result, lang) if result.data.subjects else _table_lines(result, lang)
    parts = [*([head] if result.data.subjects else []), "\n".join(lines)]
    if result.problems:
        parts.append("\n\n".join(shown(p, lang) for p in result.problems))
    if written:
        kept = Text("已写出(原文件未改动)", "written (the original is unchanged)")
        renewed = Text("已更新", "brought up to date")
        in_place = book in written
        said = (renewed if in_place else kept).of(lang)
        parts.append("\n".join([said, *(f"  {path}" for path in written)]))
    return "\n\n".join(parts)


def _table_lines(result: Result, lang: Lang) -> list[str]:
    """Return a line for each table: how many rows it decides, and how many not."""
    lines = []
    for decision in result.decisions:
        given = decision.frame[RULE]
        open_ = given.null_count()
        name = decision.table.title.of(lang) or decision.table.name
        said = Text(
            f"判定 {len(given) - open_:,} 行, 未判定 {open_:,} 行",
            f"{len(given) - open_:,} rows decided, {open_:,} not",
        )
        lines.append(f"{name}: {said.of(lang)}")
    return lines


def _grade_lines(result: Result, lang: Lang) -> list[str]:
    """Return a line for each grade: subjects, change against last period, part of the measure."""
    heads = word(result.headline, "grade_lines").of(lang).split()
    compared = result.subjects["previous"].is_not_null().any()
    before = dict(result.subjects["previous"].value_counts().iter_rows()) if compared else {}
    rows = [heads]
    for grade, count in _counts(result):
        part = result.subjects.filter(pl.col("grade").eq_missing(grade or None))
        name = shown_value(result, grade, lang) if grade else Text("未判定", "undecided").of(lang)
        moved = f"{count - before.get(grade or None, 0):+d}" if compared and grade else ""
        rows.append(
            [
                name,
                str(count),
                moved,
                fmt(round(part["measure"].sum()), "int", lang),
                fmt(part["share"].sum(), "percent", lang),
            ]
        )
    return table(rows, right=range(1, len(heads)))


def _counts(result: Result) -> list[tuple[str, int]]:
    """Return how many subjects each grade has, best first, the undecided ("") last."""
    found = dict(result.subjects["grade"].value_counts().iter_rows())
    undecided = found.pop(None, 0)
    counts = [(grade, found.pop(grade, 0)) for grade in result.grades]
    return [*counts, *found.items(), *([("", undecided)] if undecided else [])]
