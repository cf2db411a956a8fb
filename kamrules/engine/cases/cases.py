"""Rules over several records that belong together: the records, their events in time, the steps up.

Nothing here is imported from outside the standard library: children run it beside durable-rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import eq, ge, gt, le, lt, ne
from typing import Any, NamedTuple, Protocol

Fact = dict[str, Any]

# The event that follows when a subject reaches a level, before the level's name.
REACHED = "到达 "
_COMPARE = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


class Condition(NamedTuple):
    """A property compared with a constant."""

    property: str
    op: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Other:
    """Another record of the case: its kind, what it must be, what it shares with the subject.

    The kind "" is another subject. *joins* are properties with ``=`` or ``!=``.
    """

    kind: str
    conditions: tuple[Condition, ...] = ()
    joins: tuple[tuple[str, str], ...] = ()
    levels: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseRule:
    """One way in which a rule applies; the rank of *to* says how high it lifts the subject."""

    id: str
    event: str
    conditions: tuple[Condition, ...]
    levels: tuple[Condition, ...]
    others: tuple[Other, ...]
    to: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A record that is lifted: its properties, when it was open, and what happened to it."""

    id: str
    properties: Mapping[str, str | int]
    open: tuple[tuple[int, int | None], ...]
    events: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """What is decided together, by *key*; *records* are of other kinds: kind, id, properties."""

    key: str
    subjects: tuple[Subject, ...]
    records: tuple[tuple[str, str, Mapping[str, str | int]], ...] = ()


class Step(NamedTuple):
    """A subject reached a level: when, by which rule, from where, and the records that agreed."""

    at: int
    subject: str
    rule: str
    before: int
    level: int
    because: tuple[str, ...]


class Match(NamedTuple):
    """A rule (its place) holds for a subject (its place); *others* are the facts that agreed."""

    rule: int
    subject: int
    others: tuple[str, ...]


class Matcher(Protocol):
    """What finds the rules that hold: the built-in matcher, or durable-rules."""

    def begin(self) -> None:
        """Forget the last case."""

    def feed(self, facts: Sequence[Fact]) -> None:
        """Take new facts of the case."""

    def matches(self, alive: Mapping[str, Fact]) -> set[Match]:
        """Return the rules that hold among the facts that still count."""


def simulate(
    rules: Sequence[CaseRule], levels: Sequence[str], case: Case, matcher: Matcher
) -> list[Step]:
    """Return how the subjects of a case rise, in the order of time; none ever falls.

    All that happens at one instant counts together. A level that is reached is an event of the
    same instant, so rules follow from each other until nothing changes.
    """
    return list(_Course(rules, levels, case, matcher).steps())


class _Course:
    """The course of one case."""

    def __init__(
        self, rules: Sequence[CaseRule], levels: Sequence[str], case: Case, matcher: Matcher
    ) -> None:
        self.rules, self.levels, self.matcher = rules, levels, matcher
        self.subjects = sorted(case.subjects, key=lambda s: (s.open[0][0], s.id))
        self.level = [-1] * len(self.subjects)
        self.alive: dict[str, Fact] = {}
        self.records = case.records
        self.count = 0
        self.of: dict[tuple[str, int], str] = {}  # the fact of a kind that a subject has now

    def steps(self) -> Iterator[Step]:
        """Yield the steps of all instants."""
        self.matcher.begin()
        ordered = sorted(self.records, key=lambda r: (r[0], r[1], sorted(r[2].items())))
        self.matcher.feed([self._fact("r", -1, {**p, "w": k}, id_) for k, id_, p in ordered])
        for at, happening in groupby(self._agenda(), key=lambda entry: entry[0]):
            new: list[Fact] = []
            events = []
            for _, phase, place, name in happening:
                if phase == _CLOSE:
                    self._drop(place)
                elif phase == _OPEN:
                    new += self._opened(place)
                elif ("s", place) in self.of:
                    events.append(self._fact("e", place, {"v": name}))
            yield from self._settle(at, new, events)

    def _agenda(self) -> list[tuple[int, int, int, str]]:
        entries = []
        for place, subject in enumerate(self.subjects):
            for start, end in subject.open:
                if end is not None and end <= start:
                    continue
                entries.append((start, _OPEN, place, ""))
                if end is not None:
                    entries.append((end, _CLOSE, place, ""))
            entries += [(at, _EVENT, place, name) for at, name in subject.events]
        return sorted(set(entries))

    def _settle(self, at: int, new: list[Fact], events: list[Fact]) -> Iterator[Step]:
        new += events
        while new:
            self.matcher.feed(new)
            new = []
            for place, match in sorted(self._best().items()):
                rule = self.rules[match.rule]
                names = tuple(self.alive[f]["name"] for f in match.others)
                subject = self.subjects[place].id
                yield Step(at, subject, rule.id, self.level[place], rule.to, names)
                self.level[place] = rule.to
                new.append(self._levelled(place))
                reached = {"v": REACHED + self.levels[rule.to]}
                events.append(self._fact("e", place, reached))
                new.append(events[-1])
        for event in events:
            del self.alive[event["id"]]

    def _best(self) -> dict[int, Match]:
        """Return the rule that lifts each subject highest, of equals that of the least id."""
        best: dict[int, Match] = {}
        for match in self.matcher.matches(self.alive):
            to = self.rules[match.rule].to
            if to > self.level[match.subject]:
                first = best.get(match.subject)
                if first is None or self._order(match) < self._order(first):
                    best[match.subject] = match
        return best

    def _order(self, match: Match) -> tuple[int, str, tuple[str, ...]]:
        rule = self.rules[match.rule]
        return -rule.to, rule.id, tuple(self.alive[f]["name"] for f in match.others)

    def _opened(self, place: int) -> list[Fact]:
        subject = self.subjects[place]
        fact = self._fact("s", place, subject.properties, subject.id)
        self.of["s", place] = fact["id"]
        return [fact, self._levelled(place)]

    def _levelled(self, place: int) -> Fact:
        self.alive.pop(self.of.get(("l", place), ""), None)
        level = self.level[place]
        name = self.levels[level] if level >= 0 else ""
        fact = self._fact("l", place, {"v": name})
        self.of["l", place] = fact["id"]
        return fact

    def _drop(self, place: int) -> None:
        for kind in "sl":
            self.alive.pop(self.of.pop((kind, place), ""), None)

    def _fact(self, kind: str, place: int, properties: Mapping[str, Any], name: str = "") -> Fact:
        self.count += 1
        id_ = f"f{self.count}"
        fact = {"id": id_, "k": kind, "n": str(place), "c": "1", "name": name, **properties}
        self.alive[id_] = fact
        return fact


_CLOSE, _OPEN, _EVENT = 0, 1, 2


def holds(fact: Fact, conditions: Collection[Condition]) -> bool:
    """Return whether a record meets conditions; a property it lacks meets none."""
    for name, op, value in conditions:
        have = fact.get(name)
        if have is None or type(have) is not type(value) or not _COMPARE[op](have, value):
            return False
    return True


class Builtin:
    """The matcher in plain Python: the reference, and what runs where durable-rules does not."""

    def __init__(self, rules: Sequence[CaseRule]) -> None:
        self.rules = rules
        self.by_event: dict[str, list[int]] = {}
        for place, rule in enumerate(rules):
            self.by_event.setdefault(rule.event, []).append(place)

    def begin(self) -> None:
        """Forget the last case."""
        self.facts: dict[str, list[Fact]] = {}  # subjects under "", records under their kind
        self.events: list[Fact] = []
        self.now: dict[tuple[str, str], Fact] = {}  # the subject and its level, by kind and place

    def feed(self, facts: Sequence[Fact]) -> None:
        """Take new facts of the case."""
        for fact in facts:
            if fact["k"] == "e":
                self.events.append(fact)
            elif fact["k"] != "r":
                self.now[fact["k"], fact["n"]] = fact
            if fact["k"] in "sr":
                self.facts.setdefault(fact.get("w", ""), []).append(fact)

    def matches(self, alive: Mapping[str, Fact]) -> set[Match]:
        """Return the rules that hold, each with the least of the records that agree."""
        self.events = [e for e in self.events if e["id"] in alive]
        found = set()
        for event in self.events:
            subject, level = self.now["s", event["n"]], self.now["l", event["n"]]
            for place in self.by_event.get(event["v"], ()):
                rule = self.rules[place]
                if holds(subject, rule.conditions) and holds(level, rule.levels):
                    others = [self._least(other, subject, alive) for other in rule.others]
                    if None not in others:
                        agreed = tuple(o["id"] for o in others if o)
                        found.add(Match(place, int(event["n"]), agreed))
        return found

    def _least(self, other: Other, subject: Fact, alive: Mapping[str, Fact]) -> Fact | None:
        counted = (f for f in self.facts.get(other.kind, ()) if f["id"] in alive)
        candidates = (f for f in counted if self._agrees(f, other, subject))
        return min(candidates, key=order, default=None)

    def _agrees(self, fact: Fact, other: Other, subject: Fact) -> bool:
        if not other.kind and fact["n"] == subject["n"]:
            return False
        if not holds(fact, other.conditions):
            return False
        if other.levels and not holds(self.now["l", fact["n"]], other.levels):
            return False
        shared = (Condition(p, op, subject[p]) for p, op in other.joins if p in subject)
        return all(p in subject for p, _ in other.joins) and holds(fact, tuple(shared))


def order(fact: Fact) -> tuple[int, int]:
    """Return where a fact stands among those of its case: subjects by time, records as listed."""
    return int(fact["n"]), int(fact["id"][1:])
