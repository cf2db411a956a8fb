"""A trace and the nearest better outcomes, as people and programs read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from kamrules.ask.explain.nearest import Better
from kamrules.ask.explain.trace import Reading, RuleTrace, TableTrace, Trace
from kamrules.messages.text import label
from kamrules.page.shown import rule_name, shown
from kamrules.rules.decision_table import HIT_POLICIES
from kamrules.run.stages import Workings
from kamrules.run.why import WHY_MISSING, WHY_NO_RULE
from kamrules.words.names import aliases, both
from kamrules.words.shown import fmt
from kamrules.words.terminal import paragraph, table
from kamrules.words.text import Lang, Text, say

# fmt: off
EXPLAIN_OUTCOME = Text("{grade} {given}   上期 {previous}   规则 {rule}   基准日 {date}",
                       "{grade} {given}   previous {previous}   rule {rule}   as of {date}")
EXPLAIN_UNDECIDED = Text("(未判定)", "(undecided)")
EXPLAIN_BECAUSE = Text("因为: {why}", "because: {why}")
EXPLAIN_NEAREST = Text("差一点", "Nearest better")
EXPLAIN_BEST = Text("已是最高{grade}.", "This is the best {grade}.")
EXPLAIN_NONE = Text("改动任何一项都得不到更好的{grade}.",
                    "No single change gives a better {grade}.")
EXPLAIN_POINTS = Text("{name}再高 {more} 个百分点 ({now} → {then}), 即期内{measure} +{extra}, "
                      "即为 {given} ({rule}); 合计也随之增加",
                      "{name} up {more} points ({now} → {then}), that is {measure} of +{extra} "
                      "in the period: {given} ({rule}); totals grow with it")
EXPLAIN_MORE = Text("期内{measure} +{extra}, 则 {name} {now} → {then}, 即为 {given} ({rule}); "
                    "合计也随之增加",
                    "{measure} of +{extra} in the period, so {name} {now} → {then}: {given} "
                    "({rule}); totals grow with it")
EXPLAIN_CELL = Text("{name} {now} → {then} ({where}), 即为 {given} ({rule})",
                    "{name} {now} → {then} ({where}): {given} ({rule})")
EXPLAIN_FACT = Text("{name} {now} → {then}, 即为 {given} ({rule})",
                    "{name} {now} → {then}: {given} ({rule})")
EXPLAIN_NO_COLUMN = Text("{sheet} 表要加这一列", "add the column to {sheet}")
EXPLAIN_MARKS = Text("√ 满足   × 不满足   ? 未知 (缺数据)   · 未再比较",
                     "√ met   × not met   ? unknown (no data)   · not reached")
EXPLAIN_NOT_REACHED = Text("· 未再比较", "· not reached")
EXPLAIN_HIT = Text("命中", "hit")
EXPLAIN_UNREADABLE = Text("(读不懂)", "(unreadable)")
EXPLAIN_OTHERS = Text("其他规则表的结果 (--all 或 --table 名称 看细节)",
                      "Results of other tables (--all or --table NAME for more)")
EXPLAIN_NOTHING = Text("没有结果: {why}", "no result: {why}")
# fmt: on


_NAMED = re.compile(r"\{([^{}]+)\}")
_MARKS = {"met": "√", "not met": "×", "unknown": "?", "not reached": "·"}


def as_text(workings: Workings, trace: Trace, better: Sequence[Better], lang: Lang) -> str:
    """Return an explanation for a terminal."""
    return "\n".join(_Writer(workings, lang).lines(trace, better))


class _Writer:
    """Writes one explanation in one language."""

    def __init__(self, workings: Workings, lang: Lang) -> None:
        self.workings, self.result, self.lang = workings, workings.result, lang

    def lines(self, trace: Trace, better: Sequence[Better]) -> Iterator[str]:
        """Yield the lines of an explanation."""
        yield from self._outcome(trace)
        yield ""
        if trace.subject["grade"] is not None:
            yield from self._better(trace, better)
            yield ""
        yield self._say(EXPLAIN_MARKS)
        for one in trace.tables:
            yield ""
            yield from self._table(one)
        if trace.others:
            yield ""
            yield self._say(EXPLAIN_OTHERS)
            yield from table([self._other(t) for t in trace.others], indent="  ")

    def _other(self, one: TableTrace) -> list[str]:
        """Return what a table gave that has no part in the grade."""
        rule = rule_name(one.rule, self.lang) if one.rule else "-"
        given = [
            f"{both(o.label).of(self.lang)} {self.value(v, o.type)}"
            for o, v in zip(one.table.table.outputs, one.outputs.values(), strict=True)
            if v is not None
        ]
        said = ", ".join(given) or ("-" if one.rule else self._nothing(one))
        if not self._is_about_subjects(one):
            said = f"{one.row.local}: {said}"
        return [one.title.of(self.lang), rule, said]

    def _nothing(self, one: TableTrace) -> str:
        missing = one.missing or ""
        columns = Text(*(", ".join(both(m).of(x) for m in missing.split(", ")) for x in _LANGS))
        why = say(WHY_MISSING, columns=columns) if missing else WHY_NO_RULE
        return self._say(EXPLAIN_NOTHING, why=why)

    def _is_about_subjects(self, one: TableTrace) -> bool:
        sheet = self.workings.data.subjects
        return sheet is not None and one.table.table.for_each == sheet.spec.key

    def _say(self, sentence: Text, /, **params: Any) -> str:
        return say(sentence, **self.result.headline.spoken, **params).of(self.lang)

    def value(self, value: Any, type_: Any = "any") -> str:
        """Return a value as people read it, in the language where it has a name."""
        if isinstance(value, list):
            return (", " if self.lang == "en" else "、").join(self.value(v, type_) for v in value)
        text = fmt(value, type_, self.lang)
        return shown(self.result, text, self.lang) if isinstance(value, str) else text

    def typed(self, text: str) -> str:
        """Return a rule cell as typed, with the words that stand for one thing translated."""
        if self.lang == "zh":
            return text
        text = _NAMED.sub(lambda found: "{" + self._english(found[1]) + "}", text)
        return shown(self.result, text, self.lang).replace("空", "null")

    def _english(self, name: str) -> str:
        labels = (o.label for t in self.workings.linked for o in t.table.outputs)
        return next((both(n).en for n in labels if set(aliases(name)) & set(aliases(n))), name)

    def _outcome(self, trace: Trace) -> Iterator[str]:
        row = trace.subject
        yield "  ".join(filter(None, (row["id"], row["name"], trace.where.local)))
        if self.workings.data.subjects is None:
            return
        given = self.value(row["grade"]) if row["grade"] else self._say(EXPLAIN_UNDECIDED)
        previous = self.value(row["previous"]) if row["previous"] else "-"
        rule = rule_name(row["rule"], self.lang) if row["rule"] else "-"
        if row["table"]:
            rule += f" ({both(row['table']).of(self.lang)})"
        params = {"given": given, "previous": previous, "rule": rule, "date": self.result.as_of}
        yield self._say(EXPLAIN_OUTCOME, **params)
        yield from paragraph(self._say(EXPLAIN_BECAUSE, why=row[f"why_{self.lang}"]), "", "  ")

    def _better(self, trace: Trace, better: Sequence[Better]) -> Iterator[str]:
        grades, grade = self.result.grades, trace.subject["grade"]
        if grade is None:
            return
        if grades and grade == grades[0]:
            yield self._say(EXPLAIN_BEST)
            return
        yield self._say(EXPLAIN_NEAREST)
        for one in better:
            yield from paragraph(self.sentence(one), "  ", "  ")
        if not better:
            yield "  " + self._say(EXPLAIN_NONE)

    def sentence(self, better: Better) -> str:
        """Return what would have to change, and what follows."""
        known = {"given": self.value(better.grade), "rule": rule_name(better.rule, self.lang)}
        now, then = (self.value(v, better.type) for v in (better.now, better.then))
        known |= {"name": better.name.of(self.lang), "now": now, "then": then}
        if better.kind == "measure":
            known["extra"] = fmt(better.extra, "money", self.lang)
            if better.type == "percent" and better.then > (better.now or 0):
                more = (better.then - (better.now or 0)) * 100
                return self._say(EXPLAIN_POINTS, more=f"{more:.2f}", **known)
            return self._say(EXPLAIN_MORE, **known)
        if better.kind == "fact":
            return self._say(EXPLAIN_FACT, **known)
        sheet = self.workings.data.subjects
        title = sheet.title if sheet else ""
        where = better.where.local if better.where else self._say(EXPLAIN_NO_COLUMN, sheet=title)
        return self._say(EXPLAIN_CELL, where=where, **known)

    def _table(self, one: TableTrace) -> Iterator[str]:
        policy = f"{one.policy} {HIT_POLICIES[one.policy].of(self.lang)}"
        where = f"[{one.where.book}]{one.where.local}"
        title = one.title.of(self.lang)
        of_row = "" if self._is_about_subjects(one) else f"  {one.row.local}"
        yield f"{title}  {policy}  {where}{of_row}"
        yield from table([self._reading(r) for r in one.readings], indent="  ")
        rows = [self._rule(one, r) for r in one.rules]
        if rows:
            yield from table(
                [[label(n).of(self.lang) for n in ("rule", "result", "conditions")], *rows],
                indent="  ",
            )
        if one.rule is None and not any(r.hit for r in one.rules):
            yield from paragraph(self._nothing(one), "  ", "  ")

    def _reading(self, reading: Reading) -> list[str]:
        if reading.unreadable:
            value = self._say(EXPLAIN_UNREADABLE)
        else:
            value = self.value(reading.value, reading.type)
        where = f"[{reading.where.book}]{reading.where.local}" if reading.where else ""
        if reading.where and reading.where.book == self.workings.data.book:
            where = reading.where.local
        origin = reading.origin.of(self.lang)
        return [reading.name.of(self.lang), value, "  ".join(filter(None, (where, origin)))]

    def _rule(self, one: TableTrace, rule: RuleTrace) -> list[str]:
        single = rule.hit and one.rule == rule.id
        given = one.outputs.values() if single else rule.outputs
        result = [
            self.typed(v) if isinstance(v, str) else self.value(v, o.type)
            for v, o in zip(given, one.table.table.outputs, strict=True)
        ]
        name = rule_name(rule.id, self.lang)
        if rule.hit:
            name += " " + self._say(EXPLAIN_HIT)
        if not rule.reached and rule.conditions:
            said = self._say(EXPLAIN_NOT_REACHED)
        else:
            said = "; ".join(
                f"{_MARKS[c.state]} {one.readings[c.reading].name.of(self.lang)} "
                f"{self.typed(c.text)}"
                for c in rule.conditions
            )
        return [name, ", ".join(result), said or "-"]


_LANGS: tuple[Lang, ...] = ("zh", "en")


def as_json(workings: Workings, trace: Trace, better: Sequence[Better], lang: Lang) -> Any:
    """Return an explanation for ``--format json``."""
    writer = _Writer(workings, lang)
    row = trace.subject
    headline = workings.result.headline
    columns = {
        "id": "id", "name": "name", headline.measure: "measure", "share": "share",
        headline.grade.en: "grade", "table": "table", "rule": "rule", "missing": "missing",
        "previous": "previous", "change": "change",
    }  # fmt: skip
    return {
        "as_of": workings.result.as_of.isoformat(),
        headline.spoken["subject"].en: {name: row[column] for name, column in columns.items()}
        | {"why": row[f"why_{lang}"], "where": str(trace.where)},
        "nearest": [
            {
                "kind": headline.measure if b.kind == "measure" else b.kind,
                "column": b.column, "name": b.name.of(lang), "now": b.now, "then": b.then,
                "where": str(b.where) if b.where else None, headline.grade.en: b.grade,
                "table": b.table, "rule": b.rule, f"extra_{headline.measure}": b.extra,
                "sentence": writer.sentence(b),
            }
            for b in better
        ],
        "tables": [_table_json(t, lang) for t in trace.tables],
    }  # fmt: skip


def _table_json(one: TableTrace, lang: Lang) -> Any:
    return {
        "table": one.table.table.name, "policy": one.policy, "where": str(one.where),
        "row": str(one.row), "outputs": dict(one.outputs), "rule": one.rule, "missing": one.missing,
        "inputs": [
            {
                "label": r.label, "value": None if r.unreadable else r.value,
                "unreadable": r.unreadable, "where": str(r.where) if r.where else None,
                "origin": r.origin.of(lang),
            }
            for r in one.readings
        ],
        "rules": [
            {
                "id": r.id, "where": str(r.where), "hit": r.hit, "reached": r.reached,
                "outputs": list(r.outputs),
                "conditions": [
                    {
                        "input": one.readings[c.reading].label, "test": c.text, "state": c.state,
                        "where": str(c.where),
                    }
                    for c in r.conditions
                ],
            }
            for r in one.rules
        ],
    }  # fmt: skip
