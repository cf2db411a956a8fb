"""Two runs compared, as a terminal, a program and a workbook show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kamrules.ask.diff.impact import CaseChange, Change, Differing, Impact, Move, Side
from kamrules.messages.text import label
from kamrules.page.shown import rule_name
from kamrules.run.headline import word
from kamrules.words.names import both
from kamrules.words.shown import fmt
from kamrules.words.terminal import blocks, paragraph, table
from kamrules.words.text import Lang, Text, say

# fmt: off
DIFF_HEADING = Text("{old}  →  {new}", "{old}  →  {new}")
DIFF_RULES = Text("规则变化: {count} 处", "Rule changes: {count}")
DIFF_NO_RULES = Text("规则没有变化.", "The rules are the same.")
DIFF_MOVES = Text("{grade}变化: {count} / {total} {counter} (升 {up}, 降 {down})",
                  "{Grade} changes: {count} of {total} {subjects} ({up} up, {down} down)")
DIFF_NO_MOVES = Text("没有{subject}变级.", "No {subject} changes {grade}.")
DIFF_MORE = Text("... 另有 {count} {counter}, 用 --all 全部列出",
                 "... {count} more; --all lists them")
DIFF_OTHER_RULE = Text("另有 {count} {counter}{grade}不变, 命中的规则变了.",
                       "{count} more keep their {grade} by another rule.")
DIFF_MONEY = Text("变级{subjects}的{measure}: 升 {up}, 降 {down}",
                  "{Measure} of those who move: up {up}, down {down}")
DIFF_TOTALS = Text("各{grade}", "By {grade}")
DIFF_RESULTS = Text("其他结果变化: {count} 处", "Other results that differ: {count}")
DIFF_TESTS = Text("测试变化: {count} 个", "Tests that change: {count}")
DIFF_CASE_PASSES = Text("现在通过", "passes now")
DIFF_CASE_FAILS = Text("现在不通过", "fails now")
# fmt: on


# Subjects, changes and other results that the terminal lists unless all are asked for.
LISTED = 20


def as_text(impact: Impact, lang: Lang, *, everything: bool = False) -> str:
    """Return a comparison for a terminal."""
    return "\n".join(_Writer(impact, lang, everything).lines())


def shown(impact: Impact, value: Any, lang: Lang, column: str = "") -> str:
    """Return a value of a result in the language, by its name there where it has one."""
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(shown(impact, v, lang, column) for v in value) or "-"
    for side in (impact.new, impact.old):
        if isinstance(value, str) and value in side.labels:
            return side.labels[value].of(lang)
    return fmt(value, impact.new.types.get(column, "any"), lang)


def grade(impact: Impact, value: str | None, lang: Lang) -> str:
    """Return a grade as people read it."""
    return label("undecided").of(lang) if value is None else shown(impact, value, lang)


def named(name: str, lang: Lang) -> str:
    """Return a name in one language."""
    return both(name).of(lang) if name else ""


class _Writer:
    """Writes one comparison in one language."""

    def __init__(self, impact: Impact, lang: Lang, everything: bool) -> None:
        self.impact, self.lang, self.everything = impact, lang, everything

    def lines(self) -> Iterator[str]:
        impact = self.impact
        yield self._say(DIFF_HEADING, old=_titled(impact.old), new=_titled(impact.new))
        yield ""
        yield from self._rules()
        if impact.cases:
            yield ""
            yield self._say(DIFF_TESTS, count=len(impact.cases))
            yield from table([self._case(c) for c in self._some(impact.cases)], indent="  ")
            yield from self._more(impact.cases)
        yield ""
        yield from self._moves()
        yield ""
        yield self._say(DIFF_TOTALS)
        yield from self._totals()
        if impact.results:
            yield ""
            yield self._say(DIFF_RESULTS, count=len(impact.results))
            yield from table(self._results(), indent="  ")

    def _results(self) -> list[list[str]]:
        """Return every other result that differs, or how many of each and an example."""
        if self.everything:
            return [
                [r.key, named(r.column, self.lang), self._from_to(r)] for r in self.impact.results
            ]
        found: dict[tuple[str, str], list[Differing]] = {}
        for result in self.impact.results:
            found.setdefault((result.sheet, result.column), []).append(result)
        return [
            [
                named(column, self.lang), str(len(some)),
                f"{some[0].key}: {self._from_to(some[0])}",
            ]
            for (_, column), some in found.items()
        ]  # fmt: skip

    def _say(self, sentence: Text, /, **params: Any) -> str:
        return say(sentence, **self.impact.new.headline.spoken, **params).of(self.lang)

    def _from_to(self, result: Differing) -> str:
        old, new = (
            shown(self.impact, value, self.lang, result.column)
            for value in (result.old, result.new)
        )
        return f"{old} → {new}"

    def _some(self, listed: Sequence[Any]) -> Sequence[Any]:
        return listed if self.everything else listed[:LISTED]

    def _more(self, listed: Sequence[Any]) -> Iterator[str]:
        if len(listed) > LISTED and not self.everything:
            yield "  " + self._say(DIFF_MORE, count=len(listed) - LISTED)

    def _rules(self) -> Iterator[str]:
        changes = self.impact.changes
        if not changes:
            yield self._say(DIFF_NO_RULES)
            return
        yield self._say(DIFF_RULES, count=len(changes))
        for title in dict.fromkeys(c.table for c in changes):
            mine = [c for c in changes if c.table == title]
            yield "  " + (named(title, self.lang) or label("parameter").of(self.lang))
            yield from table([self.change(c) for c in mine], indent="    ")

    def change(self, change: Change) -> list[str]:
        """Return a change of a rule: the rule, its column, what changed, and where."""
        where = change.new_where or change.old_where
        place = f"[{where.book}]{where.local}" if where else ""
        rule = rule_name(change.rule, self.lang) if change.rule else ""
        said = change.new or change.old
        if change.kind == "cell" or (change.old and change.new):
            said = f"{change.old or '-'} → {change.new or '-'}"
        what = named(change.column, self.lang)
        if change.kind not in ("cell", "parameter"):
            what = f"{label(change.kind).of(self.lang)} {what}".rstrip()
        return [rule, what, f"{said}  {place}"]

    def _case(self, change: CaseChange) -> list[str]:
        word = DIFF_CASE_PASSES if change.new.passed else DIFF_CASE_FAILS
        said = self._say(word)
        if not change.new.passed:
            said += f": {change.new.said.of(self.lang)} ({change.new.where.local})"
        return [named(change.table, self.lang), change.case, said]

    def _moves(self) -> Iterator[str]:
        moves = self.impact.moves
        if not moves:
            yield self._say(DIFF_NO_MOVES)
        else:
            ways = [m.direction for m in moves]
            counts = {"up": ways.count("up"), "down": ways.count("down")}
            total = self.impact.new.subjects.height
            yield self._say(DIFF_MOVES, count=len(moves), total=total, **counts)
            some = self._some(moves)
            lines = blocks([self._move(m) for m in some], right=(3,), indent="  ")
            for move, said in zip(some, lines, strict=True):
                yield from said
                yield from paragraph(move.why.of(self.lang), "      ")
            yield from self._more(moves)
            sums = {
                way: fmt(round(sum(m.measure or 0 for m in moves if m.direction == way)), "int")
                for way in ("up", "down")
            }
            yield self._say(DIFF_MONEY, **sums)
        if self.impact.other_rule:
            yield self._say(DIFF_OTHER_RULE, count=self.impact.other_rule)

    def _move(self, move: Move) -> list[str]:
        old, new = (
            " ".join(filter(None, (grade(self.impact, t, self.lang), self._rule(r))))
            for t, r in ((move.old, move.old_rule), (move.new, move.new_rule))
        )
        measure = move.old_measure if move.measure is None else move.measure
        sold = "-" if measure is None else fmt(round(measure), "int", self.lang)
        way = label(move.direction).of(self.lang)
        return [move.id, way, f"{old} → {new}", sold, move.name]

    def _rule(self, rule: str | None) -> str:
        return rule_name(rule, self.lang) if rule else ""

    def _totals(self) -> Iterator[str]:
        lang = self.lang
        headline = self.impact.new.headline
        heads = [
            word(headline, n)
            for n in ("Grade", "count", "count_change", "Measure", "measure_change")
        ]
        rows = [[h.of(lang) for h in heads]]
        for total in self.impact.totals:
            counts = f"{total.old_count} → {total.new_count}"
            more = total.new_measure - total.old_measure
            rows.append([
                grade(self.impact, total.grade, lang), counts,
                f"{total.new_count - total.old_count:+d}",
                fmt(round(total.new_measure), "int", lang),
                f"{'+' if round(more) >= 0 else ''}{fmt(round(more), 'int', lang)}",
            ])  # fmt: skip
        yield from table(rows, right=range(1, 5), indent="  ")


def _titled(side: Side) -> str:
    return f"{side.title} ({side.as_of})"


def as_json(impact: Impact, lang: Lang) -> dict[str, Any]:
    """Return a comparison for ``--format json``."""
    headline, moved = impact.new.headline, impact.new.headline.measure
    grade_, subjects = headline.grade.en, headline.spoken["subjects"].en
    return {
        "old": {"title": impact.old.title, "as_of": impact.old.as_of.isoformat()},
        "new": {"title": impact.new.title, "as_of": impact.new.as_of.isoformat()},
        "rules": [
            {
                "kind": c.kind, "table": c.table, "rule": c.rule, "column": c.column,
                "old": c.old, "new": c.new,
                "old_where": str(c.old_where) if c.old_where else None,
                "new_where": str(c.new_where) if c.new_where else None,
            }
            for c in impact.changes
        ],
        subjects: [
            {
                "id": m.id, "name": m.name, f"old_{moved}": m.old_measure, moved: m.measure,
                "old": m.old, "new": m.new, "old_rule": m.old_rule, "new_rule": m.new_rule,
                "direction": m.direction, "why": m.why.of(lang),
            }
            for m in impact.moves
        ],
        "tests": [
            {
                "table": c.table, "case": c.case, "old": c.old, "new": c.new.passed,
                "said": c.new.said.of(lang), "where": str(c.new.where),
            }
            for c in impact.cases
        ],
        f"same_{grade_}_other_rule": impact.other_rule,
        f"{grade_}s": [
            {
                grade_: t.grade, "old": t.old_count, "new": t.new_count,
                f"old_{moved}": t.old_measure, f"new_{moved}": t.new_measure,
            }
            for t in impact.totals
        ],
        "results": [
            {"sheet": r.sheet, "key": r.key, "column": r.column, "old": r.old, "new": r.new}
            for r in impact.results
        ],
    }  # fmt: skip
