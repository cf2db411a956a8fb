"""One decision table checked by its regions: gaps, overlaps, rows that never count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from kamrules.check.cover import Box, Budget, Exhausted, bits
from kamrules.check.finding import Finding, finding
from kamrules.check.regions import Regions
from kamrules.engine.policy import Policy
from kamrules.messages.message import Message, message
from kamrules.messages.phrases import IN_RULE, TABLE
from kamrules.rules.decision_table import DecisionTable, Rule
from kamrules.rules.hit_policy import HITS
from kamrules.words.names import both
from kamrules.words.text import Text, say

# fmt: off
CHECKED_IN_PART = message("W410", kind="partial", severity="notice",
    what=("规则表 {table} 只检查了一部分: {part}",
          "table {table} was checked in part only: {part}"),
    why=("规则太多太密, 超出了检查的限额",
         "its rules are too many and too dense for the budget of a check"),
    fix=("把表拆小, 或用取值行限定各列的取值",
         "split the table, or limit its columns with a Values row"),
    effect=("可能还有没列出的问题", "there may be more than is listed"),
    example={"table": TABLE, "part": Text("没有找空档", "gaps were not looked for")}, place=IN_RULE)
GAP = message("W411", kind="gap",
    what=("规则表 {table} 有空档: {row}", "table {table} has a gap: {row}"),
    why=("这些取值没有规则命中", "no rule hits these values"),
    fix=("补一行: {cells}; 或加 默认 行", "add a row: {cells}; or a Default row"),
    example={"table": TABLE, "row": "年采购额 [100万..500万), 回款逾期天数 >60",
             "cells": "[100万..500万) | >60",
             "effect": Text("这样的行没有结果", "such rows have no result")}, place=IN_RULE)
OVERLAP = message("W412", kind="overlap", severity="notice",
    what=("规则表 {table} 的 {rule} 与 {others} 重叠: {row}",
          "table {table}: {rule} overlaps {others}: {row}"),
    why=("这些取值会同时命中几条规则", "several rules hit these values"),
    example={"table": TABLE, "rule": "R2", "others": "R4",
             "row": "年采购额 >=500万, 回款逾期天数 <=30",
             "fix": Text("若先后次序是有意的, 不用改", "leave it if the order is meant"),
             "effect": Text("以 R2 为准", "R2 counts")}, place=IN_RULE)
CONFLICT = message("E413", kind="conflict",
    what=("规则表 {table} 的 {rule} 与 {others} 冲突: {row}",
          "table {table}: {rule} conflicts with {others}: {row}"),
    example={"table": TABLE, "rule": "R2", "others": "R4",
             "row": "年采购额 >=500万, 回款逾期天数 <=30",
             "why": Text("命中策略 U 只允许一条", "hit policy U allows only one"),
             "fix": Text("改正条件, 使它们不重叠",
                         "correct the conditions so that they do not overlap"),
             "effect": Text("这样的行不判定", "such rows are not decided")}, place=IN_RULE)
MASKED = message("W414", kind="masked",
    what=("规则表 {table} 的 {rule} 被 {others} 挡住, 永远轮不到",
          "table {table}: {rule} is hidden by {others} and never counts"),
    why=("{others} 的条件包括了它的全部情况, 并且排在前面",
         "the conditions of {others} take in all of its cases and come first"),
    fix=("把 {rule} 移到前面, 改它的条件, 或删去",
         "move {rule} up, change its conditions, or delete it"),
    effect=("{rule} 的结果永远不会出现", "the result of {rule} is never given"),
    example={"table": TABLE, "rule": "R4", "others": "R2"}, place=IN_RULE)
NEVER_HITS = message("W415", kind="unreachable",
    what=("规则表 {table} 的 {rule} 永远不会命中", "table {table}: {rule} can never hit"),
    why=("没有一个允许的取值满足 {cells}", "no value that is allowed meets {cells}"),
    fix=("改正条件, 或改取值行", "correct the condition, or the Values row"),
    effect=("{rule} 的结果永远不会出现", "the result of {rule} is never given"),
    example={"table": TABLE, "rule": "R4", "cells": "分级!B11"}, place=IN_RULE)
REPEATED_RULE = message("W416", kind="duplicate",
    what=("规则表 {table} 的 {rule} 与 {others} 重复", "table {table}: {rule} repeats {others}"),
    why=("条件和结果都相同", "conditions and results are the same"),
    fix=("删去其中一行", "delete one of the rows"),
    example={"table": TABLE, "rule": "R4", "others": "R2",
             "effect": Text("判定不变", "decisions stay the same")}, place=IN_RULE)
BETTER_POLICY = message("W417", kind="policy", severity="notice",
    what=("规则表 {table}: 命中策略可以改为 {better}",
          "table {table}: its hit policy could be {better}"),
    fix=("在命中策略里写 {better}", "write {better} as its hit policy"),
    effect=("判定不变", "decisions stay the same"),
    example={"table": TABLE, "better": "U",
             "why": Text("规则互不重叠", "no rules overlap")}, place=IN_RULE)
# fmt: on


# Regions that may be looked at in one table: a second or two, whatever the machine.
STEPS = 1_500_000
# So many gaps of a table are told, so many rules are named, so many keys are listed.
GAPS, NAMED, KEYS = 20, 6, 3

_IN_GAP = Text(
    "{count} 行落在空档, 如 {keys}: 没有结果",
    "{count} rows fall in it, such as {keys}: no result",
)
_IN_BOTH = Text("{count} 行落在这里, 如 {keys}", "{count} rows are in it, such as {keys}")
_NOBODY = Text("现有数据没有一行落在这里", "no row of the book falls in it")
_UNKNOWN = Text("落在这里的行没有结果", "rows that fall in it have no result")
_BOTH = Text("落在这里的行会命中几条", "rows that fall in it hit several")
_SAME = Text("结果不变", "results stay the same")
_PARTS = {
    "gaps": Text("空档", "gaps"), "hidden": Text("被挡住的规则", "hidden rules"),
    "more": Text("空档超过 {count} 个", "more than {count} gaps"),
}  # fmt: skip
_NO_CHANGE = Text(
    "命中策略 {policy} 允许重叠, 不必改", "hit policy {policy} allows it; nothing to do"
)
_APART = Text("改条件使它们不重叠", "change the conditions so that they do not overlap")
_ONLY_ONE = Text("命中策略 U 只允许一条命中", "hit policy U allows one hit only")
_ALL_EQUAL = Text("命中策略 A 要求结果一致", "hit policy A wants the same results")
_FIX_U = Text(
    "改条件使它们不重叠, 或改用 F 首个 并按先后排列",
    "change the conditions so that they do not overlap, or use F First and put them in order",
)
_NO_OVERLAP = Text(
    "规则互不重叠, U 会在以后出现重叠时报错",
    "no rules overlap; U would report an overlap that comes later",
)
_DEPENDENT = Text(
    "这些条件互相有关, 空档可能并不存在",
    "the conditions depend on each other, so perhaps there is no such gap",
)
_AGREE = Text("重叠的规则结果都相同", "the rules that overlap give the same results")
_NO_RANK = Text(
    "P 和 O 按结果的取值行排序, 这里没有取值行",
    "P and O rank by the Values row of the results, which is missing",
)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that a table decides: their inputs as columns, and the key that people know."""

    frame: pl.DataFrame
    key: str

    def examples(self, regions: Regions, box: Box) -> tuple[int, str] | None:
        """Return how many rows lie in a box and the keys of some, None where nobody can say."""
        inside = regions.inside(self.frame, box)
        if inside is None:
            return None
        keys = self.frame[self.key].filter(inside).head(KEYS).to_list()
        return int(inside.sum()), ", ".join(map(str, keys))


def check_table(regions: Regions, rows: Rows | None) -> list[Finding]:
    """Return what is wrong with the rules of a table, taken together."""
    return [replace(f, table=regions.linked.table.name) for f in _Checker(regions, rows).all()]


class _Checker:
    def __init__(self, regions: Regions, rows: Rows | None) -> None:
        self.regions, self.rows = regions, rows
        self.table: DecisionTable = regions.linked.table
        self.cover = regions.cover
        self.rules = self.table.rules
        self.outputs = [tuple(e.meaning for e in r.outputs) for r in self.rules]
        self.live = [n for n, box in enumerate(self.cover.masks) if all(box)]
        self.partners = self._partners()

    def all(self) -> Iterator[Finding]:
        """Yield all findings; what could not be finished is said."""
        yield from self._unreachable()
        yield from self._gaps()
        yield from self._overlaps()
        yield from self._hidden()
        yield from self._advice()

    def _partners(self) -> list[int]:
        """Return for each rule the rules before it that share a point with it, as bits."""
        dead = sum(1 << n for n, box in enumerate(self.cover.masks) if not all(box))
        return [
            self.cover.touching(box) & ((1 << n) - 1) & ~dead if all(box) else 0
            for n, box in enumerate(self.cover.masks)
        ]

    def _say(self, fault: Message, rule: Rule | None = None, **params: Any) -> Finding:
        where = rule.where if rule else self.table.where
        if rule:
            params["rule"] = rule.id
        return finding(fault.at(where, table=self.table.title, **params))

    def _named(self, rules: int) -> str:
        ids = [self.rules[n].id for n in bits(rules)]
        return ", ".join(ids[:NAMED]) + (f" ... ({len(ids)})" if len(ids) > NAMED else "")

    # rules that no value meets

    def _unreachable(self) -> Iterator[Finding]:
        for n, box in enumerate(self.cover.masks):
            empty = {self.regions.dimensions[d].place for d, mask in enumerate(box) if not mask}
            if empty:
                inputs = zip(self.table.inputs, self.rules[n].inputs, strict=True)
                row = {i.label: e.text for k, (i, e) in enumerate(inputs) if k in empty}
                found = self.rules[n].inputs[min(empty)].text
                yield self._say(NEVER_HITS, self.rules[n], found=found, cells=_where(row))

    # values that no rule meets

    def _gaps(self) -> Iterator[Finding]:
        budget, told = Budget(STEPS), set[Box]()
        # Rows that fill the gaps of a table without overlaps must not overlap each other.
        apart = self.table.policy.overlap != "fine"
        try:
            for space in self._uncovered():
                for box in self.cover.gaps(budget, GAPS + 1, space, apart=apart):
                    if box in told:
                        continue
                    told.add(box)
                    if len(told) > GAPS:
                        yield self._say(CHECKED_IN_PART, part=say(_PARTS["more"], count=GAPS))
                        return
                    yield from self._gap(box)
        except Exhausted:
            yield self._say(CHECKED_IN_PART, part=_PARTS["gaps"])

    def _uncovered(self) -> Iterator[Box]:
        """Yield where gaps can be: everywhere, with a default row only among blanks.

        A blank that is allowed but of which no cell speaks leaves rules open, so that not even
        the default row counts.
        """
        if self.table.default is None:
            yield self.cover.full
            return
        open_ = zip(self.regions.open, self.cover.masks, strict=True)
        yield from dict.fromkeys(box for box, holding in open_ if box != holding and all(box))

    def _gap(self, box: Box) -> Iterator[Finding]:
        effect = self._effect(box, _IN_GAP, _UNKNOWN)
        for cells in self.regions.rows(box):
            row = {i.label: c for i, c in zip(self.table.inputs, cells, strict=True)}
            found = self._say(GAP, row=_where(row), cells=" | ".join(cells), effect=effect)
            found = self._quieter(found)
            if not self.regions.is_certain(box):
                found = _doubtful(found)
            yield replace(found, row=row)

    def _quieter(self, found: Finding) -> Finding:
        """Return a finding as a notice where the table collects."""
        if self.table.policy.gives == "one":
            return found
        return replace(found, problem=replace(found.problem, severity="notice"))

    def _effect(self, box: Box, somebody: Text, nobody_asked: Text) -> Text:
        examples = self.rows.examples(self.regions, box) if self.rows else None
        if examples is None:
            return nobody_asked
        count, keys = examples
        return say(somebody, count=count, keys=keys) if count else _NOBODY

    # values that several rules meet

    def _overlaps(self) -> Iterator[Finding]:
        policy = self.table.policy
        alone = policy.overlap == "error"
        for n, partners in enumerate(self.partners):
            if not partners:
                continue
            rule, mine = self.rules[n], self.outputs[n]
            unlike = sum(1 << p for p in bits(partners) if self.outputs[p] != mine)
            same = self._same(n, partners)
            box = self._shared(n, partners)
            shared = {"row": _where(self._cells(box)), "others": self._named(partners)}
            fix = _APART if alone else say(_NO_CHANGE, policy=policy.shown)
            effect = self._effect(box, _IN_BOTH, _BOTH)
            yield self._say(OVERLAP, rule, **shared, fix=fix, effect=effect)
            if same & ~unlike:
                found = self._say(
                    REPEATED_RULE, rule, others=self._named(same & ~unlike), effect=_SAME
                )
                yield self._quieter(found)
            clash = partners if alone else unlike if policy.overlap == "same" else 0
            clash = sum(1 << p for p in bits(clash) if self._is_certain(n, p))
            if clash:
                box = self._shared(n, clash)
                shared = {"row": _where(self._cells(box)), "others": self._named(clash)}
                why = _ONLY_ONE if alone else _ALL_EQUAL
                effect = self._effect(box, _IN_BOTH, _BOTH)
                fix = _FIX_U if alone else _APART
                yield self._say(CONFLICT, rule, **shared, why=why, fix=fix, effect=effect)

    def _is_certain(self, n: int, other: int) -> bool:
        return self.regions.is_certain(self._shared(n, 1 << other))

    def _same(self, n: int, partners: int) -> int:
        """Return the partners whose conditions are met by exactly the same values."""
        return sum(1 << p for p in bits(partners) if self.cover.masks[p] == self.cover.masks[n])

    def _shared(self, n: int, partners: int) -> Box:
        """Return what a rule has in common with the first of its partners."""
        other = self.cover.masks[next(bits(partners))]
        return tuple(a & b for a, b in zip(self.cover.masks[n], other, strict=True))

    def _cells(self, box: Box) -> Mapping[str, str]:
        cells = self.regions.rows(box)[0]
        return {i.label: c for i, c in zip(self.table.inputs, cells, strict=True)}

    # rules that others always come before

    def _hidden(self) -> Iterator[Finding]:
        if not self.table.policy.chooses:
            return
        order = list(range(len(self.rules)))
        if self.table.policy.chooses == "values":
            ranks = Policy(self.table).ranks
            order.sort(key=lambda n: (ranks[n], n))
        budget, before = Budget(STEPS), 0
        try:
            for n in order:
                box = self.cover.masks[n]
                if not all(box):
                    continue
                rivals = self.cover.touching(box) & before
                before |= 1 << n
                yield from self._hidden_by(n, box, rivals, budget)
        except Exhausted:
            yield self._say(CHECKED_IN_PART, part=_PARTS["hidden"])

    def _hidden_by(self, n: int, box: Box, rivals: int, budget: Budget) -> Iterator[Finding]:
        alone = self.cover.containing(box) & rivals
        twins = self._same(n, alone)
        if any(self.outputs[p] == self.outputs[n] for p in bits(twins)):
            return  # told as a duplicate
        if alone:
            yield self._say(MASKED, self.rules[n], others=self._named(1 << next(bits(alone))))
        elif rivals and self.cover.is_covered(box, rivals, budget):
            found = self._say(MASKED, self.rules[n], others=self._named(rivals))
            yield replace(found, kind="unreachable")

    # what another hit policy would say

    def _advice(self) -> Iterator[Finding]:
        policy = self.table.policy
        freely = policy.gives == "one" and policy.overlap != "error"
        if policy.order == "values" and not any(o.values for o in self.table.outputs):
            yield self._advised("F" if policy.chooses else "R", _NO_RANK)
        elif len(self.rules) > 1 and freely and not any(self.partners):
            yield self._advised("U", _NO_OVERLAP)
        elif policy.overlap == "error" and any(self.partners) and self._agree():
            yield self._advised("A", _AGREE)

    def _agree(self) -> bool:
        return all(
            self.outputs[p] == self.outputs[n]
            for n, partners in enumerate(self.partners)
            for p in bits(partners)
        )

    def _advised(self, better: str, why: Text) -> Finding:
        return self._say(BETTER_POLICY, better=HITS[better].shown, why=why)


def _doubtful(found: Finding) -> Finding:
    """Return a gap that may be none, because its conditions depend on each other."""
    return replace(found, problem=replace(found.problem, severity="notice", effect=_DEPENDENT))


def _where(row: Mapping[str, str]) -> Text:
    """Return the cells of a row that say something, as a sentence."""
    said = [(both(label), cell) for label, cell in row.items() if cell != "-"]
    zh, en = (
        " 且 ".join(f"{n.zh} {c}" for n, c in said),
        " and ".join(f"{n.en} {c}" for n, c in said),
    )
    return Text(zh, en) if said else Text("任何值", "any value")
