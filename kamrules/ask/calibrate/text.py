"""A calibration, as a terminal and a program show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from kamrules.ask.calibrate.calibration import Cut, Group, Scheme, Trial
from kamrules.messages.text import label
from kamrules.page.page import Table
from kamrules.page.shown import rule_name, shown
from kamrules.run.headline import plural, word
from kamrules.run.result import Result
from kamrules.words.names import both
from kamrules.words.shown import fmt
from kamrules.words.terminal import COLUMNS, paragraph, table
from kamrules.words.text import Lang, Text, say
from kamrules.words.width import width

# fmt: off
CALIBRATE_OFFICIAL = Text("正式方案", "official")
CALIBRATE_CUT = Text("门槛 {column} {value} ({rules})", "Cut {column} {value} ({rules})")
CALIBRATE_NOBODY = Text("缺数据, 一行也判定不了.", "No data: nothing is decided.")
CALIBRATE_NO_SCHEME = Text("没有带数字门槛的分级方案.",
                           "There is no scheme of grades with a cut in numbers.")
CALIBRATE_WARNINGS = Text("注意", "Warnings")
CALIBRATE_QUOTED = Text("通常的说法, 与本工作簿", "What is commonly said, and this book")
# fmt: on


def as_text(
    schemes: Sequence[Scheme], result: Result, lang: Lang, beside: Sequence[Table] = ()
) -> str:
    """Return a calibration for a terminal, with what plugins have shown beside it."""
    return "\n".join(_Writer(result, lang).lines(schemes, beside))


class _Writer:
    """Writes one calibration in one language."""

    def __init__(self, result: Result, lang: Lang) -> None:
        self.result, self.lang = result, lang

    def lines(self, schemes: Sequence[Scheme], beside: Sequence[Table]) -> Iterator[str]:
        start, end = self.result.period
        yield (
            say(label("as_of"), date=self.result.as_of).of(self.lang)
            + "   "
            + say(label("period"), period=f"{start} - {end}").of(self.lang)
        )
        if not schemes:
            yield ""
            yield CALIBRATE_NO_SCHEME.of(self.lang)
        for scheme in schemes:
            yield ""
            yield from self._scheme(scheme)
        for its in beside:
            yield ""
            yield CALIBRATE_QUOTED.of(self.lang)
            heads = [head.label for head in its.heads]
            lines = ([said[0], *figures] for said, *figures in (row.cells for row in its.rows))
            yield from table([heads, *lines], indent="  ")
            for note in dict.fromkeys(row.cells[0][1] for row in its.rows if row.cells[0][1]):
                yield from paragraph("! " + note, "  ", "  ")

    def _scheme(self, scheme: Scheme) -> Iterator[str]:
        title = both(scheme.table).of(self.lang)
        if scheme.official:
            title += f" ({CALIBRATE_OFFICIAL.of(self.lang)})"
        figures = 3 if any(g.profit is not None for g in scheme.groups) else 2
        # A scheme of many grades leaves room for fewer figures.
        while figures > 1 and any(
            width(line) > COLUMNS for c in scheme.cuts for line in self._cut(c, figures)
        ):
            figures -= 1
        yield f"{title}   {word(self.result.headline, _LEGENDS[figures]).of(self.lang)}"
        if not scheme.cuts:
            yield "  " + CALIBRATE_NOBODY.of(self.lang)
        for cut in scheme.cuts:
            yield from self._cut(cut, figures)
        if scheme.warnings:
            yield f"  {CALIBRATE_WARNINGS.of(self.lang)}"
            for warning in scheme.warnings:
                yield from paragraph("! " + warning.of(self.lang), "  ", "  ")

    def _cut(self, cut: Cut, figures: int) -> Iterator[str]:
        value = fmt(cut.value, cut.type, self.lang)
        rules = ", ".join(rule_name(r, self.lang) for r in cut.rules)
        column = cut.column.of(self.lang)
        yield "  " + say(CALIBRATE_CUT, column=column, value=value, rules=rules).of(self.lang)
        names = list(dict.fromkeys(g.grade for t in cut.trials for g in t.groups))
        grades = [self._grade(name) for name in names]
        words = ("calibrate_value", "calibrate_moved", "calibrate_last")
        first, *others = (label(w).of(self.lang) for w in words)
        rows = [[first, *grades, *others]]
        for same in _alike(cut.trials):
            rows.append(self._trial(same, cut, names, figures))
        if all(row[-1] == "-" for row in rows[1:]):
            rows = [row[:-1] for row in rows]
        head, *lines = table(rows, right=range(len(rows[0])), indent="   ")
        yield head
        for trials, line in zip(_alike(cut.trials), lines, strict=True):
            yield " * " + line[3:] if any(t.current for t in trials) else line

    def _grade(self, grade: str | None) -> str:
        if grade is None:
            return label("undecided").of(self.lang)
        return shown(self.result, grade, self.lang)

    def _trial(
        self, trials: Sequence[Trial], cut: Cut, grades: Sequence[str | None], figures: int
    ) -> list[str]:
        trial = trials[0]
        by_grade = {g.grade: g for g in trial.groups}
        ends = dict.fromkeys(fmt(t.value, cut.type, self.lang) for t in (trial, trials[-1]))
        value = "..".join(ends)
        last = "-"
        if trial.up is not None:
            last = f"+{trial.up} -{trial.down}"
        return [value, *(_cell(by_grade.get(t), figures) for t in grades), str(trial.moved), last]


def _alike(trials: Sequence[Trial]) -> Iterator[list[Trial]]:
    """Yield values of a cut that lead to the same, one beside the other, together."""
    for _, same in groupby(trials, lambda t: (t.groups, t.moved, t.up, t.down)):
        yield list(same)


def _cell(group: Group | None, figures: int) -> str:
    if group is None:
        return "0"
    parts = [group.sales, group.profit][: figures - 1]
    return "/".join([str(group.count), *(f"{p * 100:.0f}%" for p in parts if p is not None)])


_LEGENDS = {3: "calibrate_cell_profit", 2: "calibrate_cell", 1: "calibrate_cell_count"}


def as_json(
    schemes: Sequence[Scheme], result: Result, lang: Lang, beside: Sequence[Table] = ()
) -> dict[str, Any]:
    """Return a calibration for ``--format json``."""
    headline = result.headline
    grade, subjects = headline.grade.en, headline.spoken["subjects"].en
    grades = plural(headline)

    def groups(listed: tuple[Group, ...]) -> list[dict[str, Any]]:
        return [
            {grade: g.grade, subjects: g.count, "sales": g.sales, "profit": g.profit}
            for g in listed
        ]

    return {
        "schemes": [
            {
                "table": s.table, "output": s.output.of(lang), "official": s.official,
                grades: groups(s.groups), "warnings": [w.of(lang) for w in s.warnings],
                "cuts": [
                    {
                        "column": c.column.of(lang), "value": float(c.value),
                        "rules": list(c.rules), "borderline": list(c.borderline),
                        "trials": [
                            {
                                "value": float(t.value), "current": t.current,
                                grades: groups(t.groups), "moved": t.moved, "up": t.up,
                                "down": t.down,
                            }
                            for t in c.trials
                        ],
                    }
                    for c in s.cuts
                ],
            }
            for s in schemes
        ],
        "benchmarks": [
            {"figure": said[0], "quoted": quoted, "own": own, "note": said[1]}
            for its in beside
            for said, quoted, own in (row.cells for row in its.rows)
        ],
    }  # fmt: skip
