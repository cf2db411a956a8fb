"""The result columns of a run, from left to right, by the sheet whose rows they decide."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import polars as pl

from kamrules.book.sheets.look import tier_style, width
from kamrules.model import ROW, RULE, Decision, Lang, Result, ResultColumn, Sheet, Text
from kamrules.rules.names import both
from kamrules.summary import place_link, rule_name, shown, tier_chips, undecided_chip
from kamrules.text import fmt, label


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
Links = Mapping[tuple[str, str], str]  # where a rule stands, by table and id


def result_columns(
    result: Result, lang: Lang, links: Links, offered: Mapping[str, Sequence[ResultColumn]]
) -> list[tuple[Sheet, list[ResultColumn]]]:
    """Return the columns to add, by the sheet whose rows they decide; customers come first.

    *offered* are those of plugins, by the key of their sheet; they stand right of the others.
    """
    columns = {"customers": _customer_columns(result, lang, links)}
    labels = Counter(o.label for d in result.decisions for o in d.table.outputs)
    deciding = Counter(d.table.for_each for d in result.decisions)
    for decision in result.decisions:
        its = columns.setdefault(decision.table.for_each, [])
        its += _output_columns(decision, result, lang, labels)
        if decision.table.for_each != "customers":
            rules = dict(_pairs(decision, RULE))
            tables = dict.fromkeys(rules, decision.table.name)
            column = _rule_column(tables, rules, result, lang, links)
            if deciding[decision.table.for_each] > 1:
                column = replace(column, header=_of_table(column.header, decision), width=18)
            its.append(column)
    for key in offered:
        columns.setdefault(key, []).extend(offered[key])
    sheets = {k: sheet for k, sheet in result.data.sheets.items() if not sheet.spec.derived}
    return [(sheets[key], its) for key, its in columns.items() if key in sheets and its]


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


def _customer_columns(result: Result, lang: Lang, links: Links) -> list[ResultColumn]:
    chips, undecided = tier_chips(result, lang), undecided_chip(lang)
    looks = {chip.label: tier_style(chip) for chip in (*chips.values(), undecided)}
    labels = {key: chip.label for key, chip in chips.items()}
    rows = result.customers
    numbers = rows[ROW].to_list()

    def column(name: str) -> dict[int, Any]:
        return dict(zip(numbers, rows[name].to_list(), strict=True))

    tiers = {n: labels.get(tier, undecided.label) for n, tier in column("tier").items()}
    return [
        ResultColumn(label("tier"), tiers, styles=looks),
        ResultColumn(label("share"), column("share"), "percent", bar=True),
        _change_column(rows, result, lang),
        _rule_column(column("table"), column("rule"), result, lang, links),
        _text_column(label("why"), column(f"why_{lang}"), most=70),
    ]


def _change_column(rows: pl.DataFrame, result: Result, lang: Lang) -> ResultColumn:
    arrows = {"up": "▲", "down": "▼"}
    values: dict[int, str | None] = dict.fromkeys(rows[ROW])
    styles: dict[str, str] = {}
    changed = rows.drop_nulls("change").select(ROW, "change", "previous")
    for n, change, previous in changed.iter_rows():
        if change in arrows:
            words = f"{arrows[change]} {shown(result, previous, lang)}"
            values[n], styles[words] = words, f"result.{change}"
        elif change == "new":
            values[n] = label("new").of(lang)
    return ResultColumn(label("change"), values, width=14, styles=styles)


def _rule_column(
    tables: Mapping[int, str | None],
    rules: Mapping[int, str | None],
    result: Result,
    lang: Lang,
    links: Links,
) -> ResultColumn:
    """Return the ids of rules by row, with the title of their table where there are several."""
    titles = {d.table.name: f"{d.table.title.of(lang)} " for d in result.decisions}
    pairs = set(zip(tables.values(), rules.values(), strict=True))
    if len({table for table, rule in pairs if rule}) <= 1:
        titles = {}
    words = {
        (table, rule): titles.get(table or "", "") + rule_name(rule, lang)
        for table, rule in pairs
        if rule
    }
    places = {
        shown_as: place
        for (table, rule), shown_as in words.items()
        if (place := links.get((table or "", (rule or "").split(",")[0])))
    }
    values = {n: words[tables[n], rule] if rule else None for n, rule in rules.items()}
    return ResultColumn(label("rule"), values, width=20 if titles else 10, links=places)


def _output_columns(
    decision: Decision, result: Result, lang: Lang, labels: Mapping[str, int]
) -> Iterator[ResultColumn]:
    """Yield a column for each output of a table that is not the tier itself."""
    for output in decision.table.outputs:
        if _is_tier(decision, output.label, result):
            continue
        name = result.labels.get(output.label) or both(output.label)
        if labels[output.label] > 1:
            name = _of_table(name, decision)
        values = {n: _typed(value, result, lang) for n, value in _pairs(decision, output.label)}
        if all(value is None for value in values.values()):
            continue
        if any(isinstance(value, str) for value in values.values()):
            yield _text_column(name, values, most=40)
        else:
            yield ResultColumn(name, values, output.type, width=max(12, _widest([name.zh]) + 3))


def _of_table(name: Text, decision: Decision) -> Text:
    """Return the name of a column with that of its table, where other columns have the same."""
    title = decision.table.title
    return Text(f"{name.zh} ({title.zh})", f"{name.en} ({title.en})")


def _is_tier(decision: Decision, output: str, result: Result) -> bool:
    """Return whether an output is what the tier column shows already."""
    if decision.frame[output].dtype == pl.List:
        return False
    tiers = result.customers.select(ROW, "table", tier=pl.col("tier").cast(pl.String))
    given = decision.frame.select(ROW, given=pl.col(output).cast(pl.String, strict=False))
    pairs = tiers.join(given, on=ROW, how="left")
    named = both(output).zh == "等级" or both(output).en.casefold() == "tier"
    chosen = named or decision.table.name in tiers["table"]
    return chosen and bool(pairs["tier"].eq_missing(pairs["given"]).all())


def _typed(value: Any, result: Result, lang: Lang) -> Any:
    """Return an output as a cell holds it."""
    if isinstance(value, str):
        return shown(result, value, lang)
    if isinstance(value, list):
        return fmt([_typed(item, result, lang) for item in value], lang=lang)
    return fmt(value, lang=lang) if isinstance(value, bool | dt.timedelta) else value


def _text_column(name: Text, values: Mapping[int, Any], most: float) -> ResultColumn:
    return ResultColumn(name, values, width=min(most, max(12, _widest(values.values()) + 3)))


def _widest(values: Iterable[Any]) -> int:
    widest = 0
    for text in map(str, filter(None, values)):
        # No character takes more than two columns.
        if 2 * len(text) > widest:
            widest = max(widest, width(text))
    return widest


def _pairs(decision: Decision, column: str) -> Iterator[tuple[int, Any]]:
    return decision.frame.select(ROW, column).iter_rows()


def header(column: ResultColumn) -> str:
    """Return the header of a column, in both languages."""
    zh, en = column.header
    return zh if zh == en else f"{zh}\n{en}"
