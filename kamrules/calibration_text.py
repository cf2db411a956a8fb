"""A calibration, as a terminal and a program show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kamrules.calibration import Calibration, Cut, Group, Scheme, Trial
from kamrules.help import width
from kamrules.model import Lang, Result, Text
from kamrules.rules.names import both
from kamrules.summary import rule_name, shown
from kamrules.terminal import COLUMNS, paragraph, table
from kamrules.text import fmt, label, say


def as_text(calibration: Calibration, result: Result, lang: Lang) -> str:
    """Return a calibration for a terminal."""
    return "\n".join(_Writer(result, lang).lines(calibration))


class _Writer:
    """Writes one calibration in one language."""

    def __init__(self, result: Result, lang: Lang) -> None:
        self.result, self.lang = result, lang

    def lines(self, calibration: Calibration) -> Iterator[str]:
        start, end = self.result.period
        yield (
            say(label("as_of"), date=self.result.as_of).of(self.lang)
            + "   "
            + say(label("period"), period=f"{start} - {end}").of(self.lang)
        )
        if not calibration.schemes:
            yield ""
            yield label("calibrate_no_scheme").of(self.lang)
        for scheme in calibration.schemes:
            yield ""
            yield from self._scheme(scheme)
        yield ""
        yield label("calibrate_promises").of(self.lang)
        unknown = label("calibrate_unknown").of(self.lang)
        rows = [
            [p.source, p.promised.of(self.lang), p.found.of(self.lang) or unknown]
            for p in calibration.promises
        ]
        yield from table(rows, indent="  ")

    def _scheme(self, scheme: Scheme) -> Iterator[str]:
        title = both(scheme.table).of(self.lang)
        if scheme.official:
            title += f" ({label('calibrate_official').of(self.lang)})"
        figures = 3 if any(g.profit is not None for g in scheme.groups) else 2
        # A scheme of many tiers leaves room for fewer figures.
        while figures > 1 and any(
            width(line) > COLUMNS for c in scheme.cuts for line in self._cut(c, figures)
        ):
            figures -= 1
        yield f"{title}   {label(_LEGENDS[figures]).of(self.lang)}"
        if not scheme.cuts:
            yield "  " + label("calibrate_nobody").of(self.lang)
        for cut in scheme.cuts:
            yield from self._cut(cut, figures)
        if scheme.warnings:
            yield f"  {label('calibrate_warnings').of(self.lang)}"
            for warning in scheme.warnings:
                yield from paragraph("! " + warning.of(self.lang), "  ", "  ")

    def _cut(self, cut: Cut, figures: int) -> Iterator[str]:
        value = fmt(cut.value, cut.type, self.lang)
        rules = ", ".join(rule_name(r, self.lang) for r in cut.rules)
        column = cut.column.of(self.lang)
        yield "  " + say(label("calibrate_cut"), column=column, value=value, rules=rules).of(
            self.lang
        )
        names = list(dict.fromkeys(g.tier for t in cut.trials for g in t.groups))
        tiers = [self._tier(name) for name in names]
        words = ("calibrate_value", "calibrate_moved", "calibrate_last")
        first, *others = (label(w).of(self.lang) for w in words)
        rows = [
            [first, *tiers, *others],
            *(self._trial(t, cut, names, figures) for t in cut.trials),
        ]
        if all(row[-1] == "-" for row in rows[1:]):
            rows = [row[:-1] for row in rows]
        yield from table(rows, right=range(len(rows[0])), indent="    ")

    def _tier(self, tier: str | None) -> str:
        if tier is None:
            return label("undecided").of(self.lang)
        return shown(self.result, tier, self.lang)

    def _trial(
        self, trial: Trial, cut: Cut, tiers: Sequence[str | None], figures: int
    ) -> list[str]:
        by_tier = {g.tier: g for g in trial.groups}
        value = ("* " if trial.current else "") + fmt(trial.value, cut.type, self.lang)
        last = "-"
        if trial.up is not None:
            last = f"+{trial.up} -{trial.down}"
        return [value, *(_cell(by_tier.get(t), figures) for t in tiers), str(trial.moved), last]


def _cell(group: Group | None, figures: int) -> str:
    if group is None:
        return "0"
    parts = [group.sales, group.profit][: figures - 1]
    return "/".join([str(group.customers), *(f"{p * 100:.0f}%" for p in parts if p is not None)])


_LEGENDS = {3: "calibrate_cell_profit", 2: "calibrate_cell", 1: "calibrate_cell_count"}


def as_json(calibration: Calibration, lang: Lang) -> dict[str, Any]:
    """Return a calibration for ``--format json``."""

    def groups(listed: tuple[Group, ...]) -> list[dict[str, Any]]:
        return [
            {"tier": g.tier, "customers": g.customers, "sales": g.sales, "profit": g.profit}
            for g in listed
        ]

    def text(said: Text) -> str | None:
        return said.of(lang) or None

    return {
        "schemes": [
            {
                "table": s.table, "output": s.output.of(lang), "official": s.official,
                "tiers": groups(s.groups), "warnings": [w.of(lang) for w in s.warnings],
                "cuts": [
                    {
                        "column": c.column.of(lang), "value": float(c.value),
                        "rules": list(c.rules), "borderline": list(c.borderline),
                        "trials": [
                            {
                                "value": float(t.value), "current": t.current,
                                "tiers": groups(t.groups), "moved": t.moved, "up": t.up,
                                "down": t.down,
                            }
                            for t in c.trials
                        ],
                    }
                    for c in s.cuts
                ],
            }
            for s in calibration.schemes
        ],
        "promises": [
            {"source": p.source, "promised": p.promised.of(lang), "found": text(p.found)}
            for p in calibration.promises
        ],
    }  # fmt: skip
