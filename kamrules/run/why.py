"""One decision -> one sentence: the rule's conditions beside the values that met them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from kamrules.engine.decide import Decided
from kamrules.engine.decision import MISSING, RULE, Decision
from kamrules.rules.cell.ast import AnyValue, Compare, Lit, Test
from kamrules.rules.decision_table import Rule
from kamrules.sheets.column import ROW
from kamrules.words.names import aliases, both
from kamrules.words.text import Lang, Text, say
from kamrules.words.types import NUMERIC, Type

# fmt: off
WHY_CLASH = Text("规则 {ids} 同时命中, 见 问题 表", "rules {ids} hit together, see Problems")
WHY_MISSING = Text("缺数据: {columns}", "no data: {columns}")
WHY_NO_RULE = Text("没有规则命中", "no rule hits")
WHY_DEFAULT = Text("没有规则命中, 用默认行", "no rule hits, the default row counts")
WHY_HITS = Text("命中 {ids}", "hits {ids}")
WHY_ALWAYS = Text("无条件", "no condition")
# fmt: on


_REASON = ("理由", "reason", "why")


def sentences(
    decided: Decided, decision: Decision, labels: Mapping[str, Text], lang: Lang
) -> pl.Series:
    """Return a sentence for each row of the table's sheet; *labels* names the frame's columns."""
    status = pl.Series(
        [_status(decided, n, lang) for n in range(len(decided.outcomes))], dtype=pl.String
    ).gather(decided.at)
    frame = decided.frame.with_columns(
        decision.frame[RULE], decision.frame[MISSING], status.alias("#status")
    )
    by_id = {r.id: r for r in decided.table.rules}
    parts = []
    for (id_,), rows in frame.group_by([RULE], maintain_order=True):
        rule = by_id.get(str(id_)) if id_ is not None else None
        why = pl.col("#status") if rule is None else _conditions(rule, decided, labels, lang)
        parts.append(rows.select(ROW, why.alias("why")))
    if not parts:
        return pl.Series([], dtype=pl.String)
    found = frame.select(ROW).join(pl.concat(parts), on=ROW, how="left", maintain_order="left")
    return found["why"]


def _status(decided: Decided, place: int, lang: Lang) -> str:
    """Return the sentence of an outcome that no single rule explains."""
    outcome, missing = decided.outcomes[place]
    ids = ", ".join(decided.rule_id(r) for r in outcome.rules)
    if outcome.violation:
        return say(WHY_CLASH, ids=ids).of(lang)
    if outcome.undecided:
        names = [both(m) for m in missing]
        columns = Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))
        return say(WHY_MISSING, columns=columns).of(lang)
    if not outcome.rules:
        return WHY_NO_RULE.of(lang)
    return say((WHY_DEFAULT if outcome.rules == (-1,) else WHY_HITS), ids=ids).of(lang)


def _conditions(rule: Rule, decided: Decided, labels: Mapping[str, Text], lang: Lang) -> pl.Expr:
    """Return ``销售额占比 9.9% >=5%, ...`` for the rows a rule decided."""
    parts: list[pl.Expr] = []
    linked = decided.compiled.linked
    for entry, spec, column in zip(rule.inputs, decided.table.inputs, linked.inputs, strict=True):
        if isinstance(entry.meaning, AnyValue):
            continue
        name = labels.get(column, both(spec.label)).of(lang)
        value = shown(pl.col(column), spec.type, lang)
        text = entry.text if lang == "zh" else entry.text.replace("空", "null")
        said = [] if _is_one_word(entry.meaning) else [pl.lit(text)]
        parts.append(pl.concat_str(pl.lit(name), value, *said, separator=" "))
    reason = _reason(rule, decided, lang)
    if not parts:
        return pl.lit(WHY_ALWAYS.of(lang)) if reason is None else reason
    conditions = pl.concat_str(parts, separator=", ")
    return conditions if reason is None else pl.format("{}: {}", reason, conditions)


def _is_one_word(test: Test) -> bool:
    """Return whether a test is one text, which the value itself says already."""
    return (
        isinstance(test, Compare)
        and isinstance(test.value, Lit)
        and isinstance(test.value.value, str)
    )


def _reason(rule: Rule, decided: Decided, lang: Lang) -> pl.Expr | None:
    """Return the author's reason with ``{column}`` filled in; Chinese ones in Chinese only."""
    noted = (v for k, v in rule.notes.items() if any(p.casefold() in _REASON for p in both(k)))
    text = next(noted, "")
    if not text or (lang == "en" and not text.isascii()):
        return None
    inputs = decided.table.inputs
    columns = dict(zip(inputs, decided.compiled.linked.inputs, strict=True))
    pieces: list[pl.Expr] = []
    for n, piece in enumerate(re.split(r"\{([^{}]+)\}", text)):
        named = [i for i in inputs if n % 2 and set(aliases(i.label)) & set(aliases(piece))]
        pieces += [shown(pl.col(columns[i]), i.type, lang) for i in named[:1]] or [pl.lit(piece)]
    return pl.concat_str(pieces)


def shown(value: pl.Expr, type_: Type, lang: Lang) -> pl.Expr:
    """Return a column as people read it, as ``text.fmt`` shows single values."""
    blank = "空" if lang == "zh" else "blank"
    if type_ == "percent":
        text = pl.format("{}%", number_text(value.cast(pl.Float64) * 100, 2))
    elif type_ in NUMERIC:
        text = number_text(value.cast(pl.Float64), 2 if type_ == "money" else 6)
    elif type_ == "bool":
        yes, no = ("是", "否") if lang == "zh" else ("yes", "no")
        text = pl.when(value).then(pl.lit(yes)).otherwise(pl.lit(no))
        text = pl.when(value.is_not_null()).then(text)
    elif type_ == "datetime":
        text = value.dt.strftime("%Y-%m-%d %H:%M")
    else:
        text = value.cast(pl.String)
    return text.fill_null(blank)


def number_text(value: pl.Expr, places: int) -> pl.Expr:
    """Return numbers with thousands separators, rounded half up, without trailing zeros."""
    unit = 10**places
    scaled = ((value.abs() * unit).round_sig_figs(15) + 0.5).floor().cast(pl.Int64)
    whole = (scaled // unit).cast(pl.String).str.reverse().str.replace_all(r"(\d{3})", "${1},")
    whole = whole.str.strip_chars_end(",").str.reverse()
    rest = (scaled % unit).cast(pl.String).str.zfill(places).str.strip_chars_end("0")
    rest = pl.when(rest == "").then(pl.lit("")).otherwise(pl.format(".{}", rest))
    sign = pl.when((value < 0) & (scaled > 0)).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str(sign, whole, rest)
