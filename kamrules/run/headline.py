"""The official grade of every subject, with the rule, the reason and the change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from kamrules.engine.decide import Decided
from kamrules.engine.decision import MISSING, RULE, Decision
from kamrules.intake.body import DUPLICATE
from kamrules.messages.text import label
from kamrules.rules.cell.ast import Compare, Lit, Name
from kamrules.run import why as explain
from kamrules.sheets.column import NO_HEADLINE, ROW, Headline
from kamrules.sheets.sheet import Data, Sheet
from kamrules.words.fold import fold
from kamrules.words.names import aliases
from kamrules.words.text import Lang, Text

# fmt: off
WHY_REPEATED = Text("编号重复, 只判定第一行", "repeated key, only the first row is decided")
WHY_NO_KEY = Text("没有编号, 不判定", "no key, not decided")
# fmt: on


_LANGS: tuple[Lang, ...] = ("zh", "en")
_PARTS = ("grade", "table", "rule", "missing", "why_zh", "why_en")
_TEXTS = ("id", "name", "grade", "table", "rule", "missing", "why_zh", "why_en", "previous",
          "change", "effective", "outcome")  # fmt: skip
_NOBODY = pl.DataFrame(
    schema={ROW: pl.UInt32, "measure": pl.Float64, "share": pl.Float64}
    | dict.fromkeys(_TEXTS, pl.String)
)

Results = Mapping[str, tuple[Decided, Decision]]  # by their names


def word(headline: Headline, name: str) -> Text:
    """Return the word or sentence of a sheet or report, as the headline has it said."""
    return {**headline.spoken, **headline.words}.get(name) or label(name)


def is_named(label_: str, names: Text) -> bool:
    """Return whether a result goes by one of two names."""
    return bool({fold(name) for name in names if name} & set(aliases(label_)))


def grades_line(data: Data, grades: Sequence[str]) -> dict[str, str]:
    """Return the line of the run record that lists the grades, none where nothing is graded."""
    sheet = data.subjects
    if sheet is None or sheet.spec.headline is None:
        return {}
    return {plural(sheet.spec.headline): ", ".join(grades)}


def plural(headline: Headline) -> str:
    """Return what the grades are called where programs read them."""
    return f"{headline.grade.en}s"


def labels_of_columns(data: Data) -> dict[str, Text]:
    """Return the names of the columns of the sheet of subjects that plugins describe, by key."""
    sheet = data.subjects
    return {column.key: column.name for column in sheet.spec.columns} if sheet else {}


def subjects(
    data: Data, decided: Sequence[tuple[Decided, Decision]], names: Mapping[str, Text]
) -> tuple[pl.DataFrame, list[str], str]:
    """Return what Result.subjects holds, the grades from best to least, and the scheme."""
    sheet = data.subjects
    if sheet is None or sheet.spec.headline is None:
        return _NOBODY, [], ""
    frame, headline = sheet.frame, sheet.spec.headline
    results = {
        o.label: (d, x)
        for d, x in decided
        if d.table.for_each == sheet.spec.key
        for o in d.table.outputs
    }
    official = next((o for o in results if is_named(o, headline.grade)), None)
    chosen = _official(sheet, official, results, names)
    grades = _grades(official, results, chosen)
    previous = _text(frame, (c for c in frame.columns if c == headline.previous))
    found = chosen.with_columns(
        previous.alias("previous"),
        _change(chosen["grade"], previous, grades).alias("change"),
        pl.coalesce(_result(frame, headline.effective), chosen["grade"]).alias("effective"),
        _result(frame, headline.outcome).alias("outcome"),
    )
    parameters = (data.parameters.get(name) for name in headline.scheme)
    return found, grades, next((str(p.value) for p in parameters if p), "")


def _change(now: pl.Series, previous: pl.Series, grades: Sequence[str]) -> pl.Series:
    """Return for each subject whether it rose, fell, stayed or is new, null where nobody knows."""
    rank = {grade: n for n, grade in enumerate(grades)}
    after, before = (
        s.replace_strict(rank, default=None, return_dtype=pl.Int32) for s in (now, previous)
    )
    some = previous.is_not_null().any()
    change = pl.select(
        pl.when(after.is_null())
        .then(None)
        .when(previous.is_null())
        .then(pl.lit("new") if some else None)
        .when(after < before)
        .then(pl.lit("up"))
        .when(after > before)
        .then(pl.lit("down"))
        .when(after == before)
        .then(pl.lit("same"))
    ).to_series()
    return change.cast(pl.String)


def _result(frame: pl.DataFrame, names: Text) -> pl.Series:
    """Return a result by its name in either language, nulls where no table gives it."""
    return _text(frame, (c for c in frame.columns if is_named(c, names)))


def _text(frame: pl.DataFrame, columns: Iterable[str]) -> pl.Series:
    column = next(iter(columns), None)
    nothing = pl.Series([None] * frame.height, dtype=pl.String)
    return nothing if column is None else frame[column].cast(pl.String)


def named(sheet: Sheet) -> pl.DataFrame:
    """Return ROW, id, name, measure, share of every subject, and whether its row is repeated."""
    columns, headline = set(sheet.frame.columns), sheet.spec.headline or NO_HEADLINE
    repeated = pl.col(DUPLICATE) if DUPLICATE in columns else pl.lit(False)

    def column(name: str, dtype: type[pl.DataType]) -> pl.Expr:
        return pl.col(name) if name in columns else pl.lit(None, dtype)

    return sheet.frame.select(
        ROW,
        column(sheet.spec.unique, pl.String).alias("id"),
        column(headline.name, pl.String).alias("name"),
        # A repeated row would count what its subject is measured by twice.
        pl.when(~repeated).then(column(headline.measure, pl.Float64)).alias("measure"),
        pl.when(~repeated).then(column(headline.share, pl.Float64)).alias("share"),
        repeated.alias("repeated"),
    )


def _official(
    sheet: Sheet, official: str | None, results: Results, names: Mapping[str, Text]
) -> pl.DataFrame:
    """Return of every subject who it is, its grade, table, rule, why and what is missing.

    Where the grade is another table's output, the rule and the reason are that table's.
    """
    frame = sheet.frame
    if official is None:
        parts = frame.select(ROW, *(pl.lit(None, pl.String).alias(c) for c in _PARTS))
    else:
        parts = results[official][1].frame.select(ROW, pl.col(official).alias("grade"))
        parts = parts.join(_reasons(official, results, names, frame.select(ROW)), on=ROW)
    found = named(sheet).join(parts, on=ROW, how="left", maintain_order="left")
    return found.with_columns(_why_not_decided(lang) for lang in _LANGS).drop("repeated")


def _why_not_decided(lang: Lang) -> pl.Expr:
    """Return the sentences, with one for the rows that no table saw."""
    why = f"why_{lang}"
    return (
        pl.when(pl.col("repeated"))
        .then(pl.lit(WHY_REPEATED.of(lang)))
        .when(pl.col("id").is_null())
        .then(pl.lit(WHY_NO_KEY.of(lang)))
        .otherwise(pl.col(why))
        .alias(why)
    )


def _reasons(
    output: str, results: Results, names: Mapping[str, Text], rows: pl.DataFrame
) -> pl.DataFrame:
    """Return table, rule, why and missing of an output for some rows, through references."""
    decided, decision = results[output]
    at = next(n for n, o in enumerate(decided.table.outputs) if o.label == output)
    whys = {f"why_{lang}": explain.sentences(decided, decision, names, lang) for lang in _LANGS}
    mine = decision.frame.select(
        ROW,
        pl.lit(decided.table.name).alias("table"),
        pl.col(RULE).alias("rule"),
        pl.col(MISSING).alias("missing"),
    ).with_columns(**whys)
    mine = rows.join(mine, on=ROW, how="left", maintain_order="left")
    by_rule = mine.select(ROW, "rule")
    for rule in decided.table.rules:
        meaning = rule.outputs[at].meaning
        if not isinstance(meaning, Name):
            continue
        target = next((o for o in results if set(aliases(o)) & set(aliases(meaning.name))), None)
        referring = by_rule.filter(pl.col("rule") == rule.id)
        if target is None or referring.is_empty():
            continue
        theirs = _reasons(target, results, names, referring.select(ROW))
        mine = mine.update(theirs, on=ROW, include_nulls=True)
    return mine


def _grades(official: str | None, results: Results, chosen: pl.DataFrame) -> list[str]:
    """Return the grades of the scheme in force, best first, then any other that is given."""
    found: dict[str, None] = {}
    todo = [official] if official else []
    seen: set[str] = set()
    while todo:
        output = todo.pop(0)
        seen.add(output)
        decided, decision = results[output]
        table = decided.table
        at = next(n for n, o in enumerate(table.outputs) if o.label == output)
        listed = [t.value for t in table.outputs[at].values if isinstance(t, Compare)]
        hit = [r.outputs[at].meaning for r in table.rules if decision.hits[r.id]]
        named = {a for m in hit if isinstance(m, Name) for a in aliases(m.name)}
        todo += [o for o in results if set(aliases(o)) & named and o not in seen]
        given = listed or [r.outputs[at].meaning for r in table.rules]
        literal = [e.value for e in given if isinstance(e, Lit) and e.value is not None]
        if not named or listed:
            found |= dict.fromkeys(map(str, literal))
    others = chosen["grade"].drop_nulls().unique(maintain_order=True)
    return list(found | dict.fromkeys(others))
