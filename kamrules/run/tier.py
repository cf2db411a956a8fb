"""The official tier of every customer, with the rule, the reason and the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from kamrules.engine.decide import Decided
from kamrules.engine.decision import MISSING, RULE, Decision
from kamrules.intake.body import DUPLICATE
from kamrules.messages.text import label
from kamrules.rules.cell.sfeel import Compare, Lit, Name
from kamrules.run import why as explain
from kamrules.sheets.column import ROW
from kamrules.sheets.sheet import Data
from kamrules.words.names import aliases
from kamrules.words.text import Lang, Text

TIER = ("等级", "tier")
EFFECTIVE = ("生效等级", "effective tier")
OUTCOME = ("评审结论", "review outcome")
SCHEME = ("采用方案", "scheme")


def labels_of_columns(data: Data) -> dict[str, Text]:
    """Return the names of the columns of customers that plugins describe, by key."""
    return {column.key: column.name for column in data.sheets["customers"].spec.columns}


def customers(
    data: Data, decided: Sequence[tuple[Decided, Decision]], names: Mapping[str, Text]
) -> tuple[pl.DataFrame, list[str], str]:
    """Return what Result.customers holds, the tiers from best to least, and the scheme."""
    sheet = data.sheets["customers"]
    frame = sheet.frame
    chosen = _official(frame, decided, names)
    tiers = _tiers(decided, chosen)
    rank = {t: n for n, t in enumerate(tiers)}
    previous = (
        frame["previous_tier"] if "previous_tier" in frame.columns else _nulls(frame, pl.String)
    )
    now = chosen["tier"].replace_strict(rank, default=None, return_dtype=pl.Int32)
    before = previous.replace_strict(rank, default=None, return_dtype=pl.Int32)
    some = previous.is_not_null().any()
    change = pl.select(
        pl.when(now.is_null())
        .then(None)
        .when(previous.is_null())
        .then(pl.lit("new") if some else None)
        .when(now < before)
        .then(pl.lit("up"))
        .when(now > before)
        .then(pl.lit("down"))
        .when(now == before)
        .then(pl.lit("same"))
    ).to_series()
    found = chosen.with_columns(
        previous.alias("previous"),
        change.cast(pl.String).alias("change"),
        pl.coalesce(_output(frame, EFFECTIVE), chosen["tier"]).alias("effective"),
        _output(frame, OUTCOME).alias("outcome"),
    )
    scheme = next((str(data.parameters[n].value) for n in SCHEME if n in data.parameters), "")
    return found, tiers, scheme


def _output(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Return a result by its name in either language, nulls where no table gives it."""
    given = (frame[c].cast(pl.String) for c in frame.columns if set(aliases(c)) & set(names))
    return next(given, _nulls(frame, pl.String))


def _nulls(frame: pl.DataFrame, dtype: type[pl.DataType]) -> pl.Series:
    return pl.Series([None] * frame.height, dtype=dtype)


def _official(
    frame: pl.DataFrame, decided: Sequence[tuple[Decided, Decision]], names: Mapping[str, Text]
) -> pl.DataFrame:
    """Return ROW, id, name, sales, share, tier, table, rule, why and missing of every customer.

    Where the tier is another table's output, the rule and the reason are that table's.
    """
    columns = set(frame.columns)
    repeated = pl.col(DUPLICATE) if DUPLICATE in columns else pl.lit(False)

    def column(name: str, dtype: type[pl.DataType]) -> pl.Expr:
        return pl.col(name) if name in columns else pl.lit(None, dtype)

    base = frame.select(
        ROW,
        column("customer_id", pl.String).alias("id"),
        column("customer_name", pl.String).alias("name"),
        # A repeated row would count its customer's sales twice.
        pl.when(~repeated).then(column("sales", pl.Float64)).alias("sales"),
        pl.when(~repeated).then(column("share", pl.Float64)).alias("share"),
        repeated.alias("repeated"),
    )
    of_customers = [(d, x) for d, x in decided if d.table.for_each == "customers"]
    by_output = {o.label: (d, x) for d, x in of_customers for o in d.table.outputs}
    official = next((o for o in by_output if set(aliases(o)) & set(TIER)), None)
    if official is None:
        parts = frame.select(ROW, *(pl.lit(None, pl.String).alias(c) for c in _PARTS))
    else:
        parts = by_output[official][1].frame.select(ROW, pl.col(official).alias("tier"))
        parts = parts.join(_reasons(official, by_output, names, frame.select(ROW)), on=ROW)
    found = base.join(parts, on=ROW, how="left", maintain_order="left")
    return found.with_columns(_why_not_decided(lang) for lang in _LANGS).drop("repeated")


_PARTS = ("tier", "table", "rule", "missing", "why_zh", "why_en")


def _why_not_decided(lang: Lang) -> pl.Expr:
    """Return the sentences, with one for the rows that no table saw."""
    why = f"why_{lang}"
    return (
        pl.when(pl.col("repeated"))
        .then(pl.lit(label("why_repeated").of(lang)))
        .when(pl.col("id").is_null())
        .then(pl.lit(label("why_no_key").of(lang)))
        .otherwise(pl.col(why))
        .alias(why)
    )


def _reasons(
    output: str,
    by_output: Mapping[str, tuple[Decided, Decision]],
    names: Mapping[str, Text],
    rows: pl.DataFrame,
) -> pl.DataFrame:
    """Return table, rule, why and missing of an output for some rows, through references."""
    decided, decision = by_output[output]
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
        target = next((o for o in by_output if set(aliases(o)) & set(aliases(meaning.name))), None)
        referring = by_rule.filter(pl.col("rule") == rule.id)
        if target is None or referring.is_empty():
            continue
        theirs = _reasons(target, by_output, names, referring.select(ROW))
        mine = mine.update(theirs, on=ROW, include_nulls=True)
    return mine


_LANGS: tuple[Lang, ...] = ("zh", "en")


def _tiers(decided: Sequence[tuple[Decided, Decision]], chosen: pl.DataFrame) -> list[str]:
    """Return the tiers of the scheme in force, from best to least, then any other that is given."""
    by_output = {
        o.label: (d, x)
        for d, x in decided
        if d.table.for_each == "customers"
        for o in d.table.outputs
    }
    found: dict[str, None] = {}
    official = next((o for o in by_output if set(aliases(o)) & set(TIER)), None)
    todo = [official] if official else []
    seen: set[str] = set()
    while todo:
        output = todo.pop(0)
        seen.add(output)
        decided_, decision = by_output[output]
        table = decided_.table
        at = next(n for n, o in enumerate(table.outputs) if o.label == output)
        listed = [t.value for t in table.outputs[at].values if isinstance(t, Compare)]
        hit = [r.outputs[at].meaning for r in table.rules if decision.hits[r.id]]
        named = {a for m in hit if isinstance(m, Name) for a in aliases(m.name)}
        todo += [o for o in by_output if set(aliases(o)) & named and o not in seen]
        given = listed or [r.outputs[at].meaning for r in table.rules]
        literal = [e.value for e in given if isinstance(e, Lit) and e.value is not None]
        if not named or listed:
            found |= dict.fromkeys(map(str, literal))
    others = chosen["tier"].drop_nulls().unique(maintain_order=True)
    return list(found | dict.fromkeys(others))
