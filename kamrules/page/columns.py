"""The result columns of a run, from left to right, by the sheet whose rows they decide."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import polars as pl

from kamrules.engine.decision import RULE, Decision
from kamrules.messages.text import label
from kamrules.page.look import grade_style
from kamrules.page.reports import ResultColumn
from kamrules.page.shown import grade_chips, place_link, rule_name, shown, undecided_chip
from kamrules.run.headline import is_named, word
from kamrules.run.result import Result
from kamrules.sheets.column import ROW
from kamrules.sheets.sheet import Sheet
from kamrules.words.names import both
from kamrules.words.shown import fmt
from kamrules.words.text import Lang, Text
from kamrules.words.types import Type
from kamrules.words.width import width


class ListSheet(NamedTuple):
    """A sheet of a plugin: a list; the values of its columns by row, the first 1."""

    kind: str
    title: Text
    hint: Text
    columns: Sequence[ResultColumn]


class Additions(NamedTuple):
    """What plugins add to a result workbook: sheets, and columns by the key of their sheet."""

    sheets: Sequence[ListSheet] = ()
    columns: Mapping[str, Sequence[ResultColumn]] = {}


NOTHING = Additions()
_ARROWS = {"up": "▲", "down": "▼"}
Links = Mapping[tuple[str, str], str]  # where a rule stands, by table and id


def result_columns(
    result: Result, lang: Lang, links: Links, offered: Mapping[str, Sequence[ResultColumn]]
) -> list[tuple[Sheet, list[ResultColumn]]]:
    """Return the columns to add, by the sheet whose rows they decide; subjects come first.

    *offered* are those of plugins, by the key of their sheet; they stand right of the others.
    """
    graded = result.data.subjects
    columns = {graded.spec.key: _grade_columns(result, lang, links)} if graded else {}
    labels = Counter(o.label for d in result.decisions for o in d.table.outputs)
    deciding = Counter(d.table.for_each for d in result.decisions)
    for decision in result.decisions:
        its = columns.setdefault(decision.table.for_each, [])
        its += _output_columns(decision, result, lang, labels)
        if graded is None or decision.table.for_each != graded.spec.key:
            rules = decision.frame.select(ROW, rule=RULE, table=pl.lit(decision.table.name))
            column = _rule_column(rules, result, lang, links)
            if deciding[decision.table.for_each] > 1:
                column = replace(column, header=_of_table(column.header, decision), width=18)
            its.append(column)
    for key in offered:
        columns.setdefault(key, []).extend(offered[key])
    sheets = {k: sheet for k, sheet in result.data.sheets.items() if not sheet.spec.derived}
    return [(sheets[key], its) for key, its in columns.items() if key in sheets and its]


def list_columns(
    rows: Sequence[Sequence[Any]], *heads: tuple[Text, Type, float]
) -> list[ResultColumn]:
    """Return columns that hold *rows*, by name, type and width; none where there are no rows."""
    if not rows:
        return []
    return [
        ResultColumn(name, pl.Series([row[i] for row in rows]), type_, width)
        for i, (name, type_, width) in enumerate(heads)
    ]


def examples(result: Result) -> dict[tuple[str, str], str]:
    """Return a link to the first row for which a rule hit, by table and id of the rule."""
    found: dict[tuple[str, str], str] = {}
    for decision in result.decisions:
        sheet = result.data.sheets.get(decision.table.for_each)
        if sheet is None or sheet.spec.derived:
            continue
        column = sheet.letters.get(sheet.spec.unique, "A")
        hits = decision.frame.select(ROW, RULE).drop_nulls()
        for row, ids in hits.unique(RULE, keep="first", maintain_order=True).iter_rows():
            for id_ in ids.split(","):
                place = place_link(sheet.title, f"{column}{row}")
                found.setdefault((decision.table.name, id_), place)
    return found


def _grade_columns(result: Result, lang: Lang, links: Links) -> list[ResultColumn]:
    chips, undecided = grade_chips(result, lang), undecided_chip(lang)
    looks = {chip.label: grade_style(chip) for chip in (*chips.values(), undecided)}
    labels = {key: chip.label for key, chip in chips.items()}
    subjects = result.subjects
    rows, grades = subjects[ROW], subjects["grade"].cast(pl.String)
    names = grades.replace_strict(labels, default=undecided.label, return_dtype=pl.String)
    return [
        ResultColumn(word(result.headline, "grade"), names, styles=looks, rows=rows),
        ResultColumn(label("share"), subjects["share"], "percent", bar=True, rows=rows),
        _change_column(subjects, result, lang),
        _rule_column(subjects, result, lang, links),
        _text_column(label("why"), rows, subjects[f"why_{lang}"], most=70),
    ]


def _change_column(rows: pl.DataFrame, result: Result, lang: Lang) -> ResultColumn:
    def word(change: str | None, before: str) -> str | None:
        if change in _ARROWS:
            return f"{_ARROWS[change]} {shown(result, before, lang)}"
        return label("new").of(lang) if change == "new" else None

    values, words = _worded(rows, ("change", "previous"), word)
    styles = {
        text: f"result.{change}"
        for (change, _), text in words.items()
        if text and change in _ARROWS
    }
    return ResultColumn(label("change"), values, width=14, styles=styles, rows=rows[ROW])


def _rule_column(rows: pl.DataFrame, result: Result, lang: Lang, links: Links) -> ResultColumn:
    """Return the ids of rules by row, with the title of their table where there are several."""
    titles = {d.table.name: f"{d.table.title.of(lang)} " for d in result.decisions}
    if rows.drop_nulls("rule")["table"].n_unique() <= 1:
        titles = {}

    def word(table: str, rule: str | None) -> str | None:
        return titles.get(table, "") + rule_name(rule, lang) if rule else None

    values, words = _worded(rows, ("table", "rule"), word)
    places = {
        text: place
        for (table, rule), text in words.items()
        if text and (place := links.get((table, rule.split(",")[0])))
    }
    width = 20 if titles else 10
    return ResultColumn(label("rule"), values, width=width, links=places, rows=rows[ROW])


def _worded(
    rows: pl.DataFrame, keys: tuple[str, str], word: Callable[[Any, Any], str | None]
) -> tuple[pl.Series, dict[tuple[Any, Any], str | None]]:
    """Return the words for two columns by row, and those for each pair that stands there."""
    pairs = rows.select(keys).unique(maintain_order=True)
    words = {pair: word(*pair) for pair in pairs.iter_rows()}
    said = pairs.with_columns(pl.Series("#word", list(words.values()), pl.String))
    found = rows.select(keys).join(
        said, on=keys, how="left", nulls_equal=True, maintain_order="left"
    )
    return found["#word"], words


def _output_columns(
    decision: Decision, result: Result, lang: Lang, labels: Mapping[str, int]
) -> Iterator[ResultColumn]:
    """Yield a column for each output of a table that is not the grade itself."""
    for output in decision.table.outputs:
        if _is_grade(decision, output.label, result):
            continue
        name = result.labels.get(output.label) or both(output.label)
        if labels[output.label] > 1:
            name = _of_table(name, decision)
        values = typed(decision.frame[output.label], result, lang)
        if values.null_count() == len(values):
            continue
        if values.dtype == pl.String:
            yield _text_column(name, decision.frame[ROW], values, most=40)
        else:
            wide = max(12, width(name.zh) + 3)
            yield ResultColumn(name, values, output.type, wide, rows=decision.frame[ROW])


def _of_table(name: Text, decision: Decision) -> Text:
    """Return the name of a column with that of its table, where other columns have the same."""
    title = decision.table.title
    return Text(f"{name.zh} ({title.zh})", f"{name.en} ({title.en})")


def _is_grade(decision: Decision, output: str, result: Result) -> bool:
    """Return whether an output is what the column of the grade shows already."""
    named = is_named(output, result.headline.grade)
    chosen = named or decision.table.name in result.subjects["table"]
    if not chosen or decision.frame[output].dtype == pl.List:
        return False
    grades = result.subjects.select(ROW, grade=pl.col("grade").cast(pl.String))
    given = decision.frame.select(ROW, given=pl.col(output).cast(pl.String, strict=False))
    pairs = grades.join(given, on=ROW, how="left")
    return bool(pairs["grade"].eq_missing(pairs["given"]).all())


def typed(values: pl.Series, result: Result, lang: Lang) -> pl.Series:
    """Return outputs as cells hold them: texts in the language of the reader, no lists."""
    if isinstance(values.dtype, pl.List):
        # Lists are few; a text stands for each of them, as what rules say is no list of its own.
        joined = values.cast(pl.List(pl.String)).list.join("\x1f", ignore_nulls=False)
        firsts = pl.DataFrame({"joined": joined, "list": values}).unique(
            "joined", maintain_order=True
        )
        firsts = firsts.drop_nulls()
        said = [fmt([_word(v, result, lang) for v in item], lang=lang) for item in firsts["list"]]
        return joined.replace_strict(firsts["joined"], said, default=None, return_dtype=pl.String)
    if isinstance(values.dtype, pl.Boolean | pl.Duration | pl.String | pl.Enum | pl.Categorical):
        distinct = values.drop_nulls().unique(maintain_order=True)
        said = [_word(value, result, lang) for value in distinct]
        return values.replace_strict(distinct, said, default=None, return_dtype=pl.String)
    return values


def _word(value: Any, result: Result, lang: Lang) -> Any:
    if isinstance(value, str):
        return shown(result, value, lang)
    return fmt(value, lang=lang) if isinstance(value, bool | dt.timedelta) else value


def _text_column(name: Text, rows: pl.Series, values: pl.Series, most: float) -> ResultColumn:
    return ResultColumn(name, values, width=text_width(values, most), rows=rows)


def text_width(texts: pl.Series, most: float) -> float:
    """Return the width of a column that shows its texts."""
    return min(most, max(12, _widest(texts) + 3))


def _widest(texts: pl.Series) -> int:
    """Return the columns that the widest text takes up."""
    widest = 0
    for text in sorted(texts.unique().drop_nulls(), key=len, reverse=True):
        # No character takes more than two columns.
        if 2 * len(text) <= widest:
            break
        widest = max(widest, width(text))
    return widest


def header(column: ResultColumn) -> str:
    """Return the header of a column, in both languages."""
    zh, en = column.header
    return zh if zh == en else f"{zh}\n{en}"
