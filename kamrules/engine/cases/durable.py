"""The matching of case rules by durable-rules: ``python -m kamrules.engine.cases.durable``.

Only what was found to be safe is used: flat conditions, constants before joins, and an equality
that always holds as the last one; one session at a time, through the C module alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from kamrules.engine.cases.cases import (
    Builtin,
    Case,
    CaseRule,
    Condition,
    Fact,
    Match,
    Matcher,
    Other,
    Subject,
    order,
    simulate,
)

_OPS = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_ALWAYS = {"c": {"e": "c"}}


def ruleset(rules: Sequence[CaseRule]) -> dict[str, Any]:
    """Return rules as durable-rules reads them."""
    made: dict[str, Any] = {"$boot": {"all": [{"m": {"boot": 1}}]}}
    for place, rule in enumerate(rules):
        same = {"n": {"e": "n"}}
        # A join with a property that the first record lacks is an error.
        needed = [_has(p) for p in sorted({p for o in rule.others for p, _ in o.joins})]
        subject = [{"k": "s"}, *map(_constant, rule.conditions), *needed, same, _ALWAYS]
        patterns: list[dict[str, Any]] = [
            {"e": {"$and": [{"k": "e"}, {"v": rule.event}]}},
            {"s": {"$and": subject}},
        ]
        if rule.levels:
            level = [{"k": "l"}, *map(_constant, rule.levels), same, _ALWAYS]
            patterns.append({"l": {"$and": level}})
        for n, other in enumerate(rule.others):
            patterns += _other(n, other)
        made[f"r{place}"] = {"all": patterns}
    for kind in "eslr":
        # A fact that no rule mentions would be refused.
        made[f"$see.{kind}"] = {
            "pri": 999,
            "all": [{"m": {"$and": [{"k": kind}, {"$nex": {"never": 1}}]}}],
        }
    return made


def _other(n: int, other: Other) -> list[dict[str, Any]]:
    kind: list[dict[str, Any]] = [{"k": "r"}, {"w": other.kind}] if other.kind else [{"k": "s"}]
    apart = [] if other.kind else [{"$neq": {"n": {"e": "n"}}}]
    joins = [
        {p: {"s": p}} if op == "=" else {"$neq": {p: {"s": p}}}
        for p, op in sorted(other.joins, key=lambda j: j[1] != "=")
    ]
    constants = [*map(_constant, other.conditions), *(_has(p) for p, _ in sorted(other.joins))]
    found = [{f"o{n}": {"$and": [*kind, *constants, *joins, *apart, _ALWAYS]}}]
    if other.levels:
        level = [{"k": "l"}, *map(_constant, other.levels), {"n": {f"o{n}": "n"}}, _ALWAYS]
        found.append({f"x{n}": {"$and": level}})
    return found


def _has(name: str) -> dict[str, Any]:
    return {"$ex": {name: 1}}


def _constant(condition: Condition) -> dict[str, Any]:
    name, op, value = condition
    return {name: value} if op == "=" else {_OPS[op]: {name: value}}


class Durable:
    """The matcher of durable-rules: one handle, one session, no host and no threads."""

    def __init__(self, rules: Sequence[CaseRule]) -> None:
        import durable_rules_engine

        self.rules, self.engine = rules, durable_rules_engine
        text = json.dumps(ruleset(rules), ensure_ascii=False)
        self.handle = self.engine.create_ruleset("cases", text)
        self.begun = False

    def begin(self) -> None:
        """Forget the last case."""
        if self.begun:
            self.engine.delete_state(self.handle, "0")
        self.begun = True
        self.fired: list[tuple[int, dict[str, Fact]]] = []
        # A session in which nothing fired cannot be deleted safely.
        self._tell(self.engine.assert_event, {"id": "boot", "boot": 1})

    def feed(self, facts: Sequence[Fact]) -> None:
        """Take new facts of the case."""
        for fact in facts:
            self._tell(self.engine.assert_fact, fact)

    def matches(self, alive: Mapping[str, Fact]) -> set[Match]:
        """Return the rules that hold, each with the least of the records that agree."""
        least: dict[tuple[int, int], tuple[Fact, ...]] = {}
        for place, found in self.fired:
            if all(fact["id"] in alive for fact in found.values()):
                numbers = range(len(self.rules[place].others))
                others = tuple(found[f"o{n}"] for n in numbers)
                key = place, int(found["e"]["n"])
                first = least.get(key)
                if first is None or list(map(order, others)) < list(map(order, first)):
                    least[key] = others
        self.fired = []
        return {Match(*key, tuple(o["id"] for o in others)) for key, others in least.items()}

    def _tell(self, assert_: Any, fact: Fact) -> None:
        code, state = assert_(self.handle, json.dumps(fact, ensure_ascii=False))
        if code:
            raise RuntimeError(f"durable-rules refused {fact} with code {code}")
        action = self.engine.start_action_for_state(self.handle, state)
        message = action[1] if action else None
        while message:
            ((name, found),) = json.loads(message).items()
            if not name.startswith("$"):
                self.fired.append((int(name[1:]), found))
            message = self.engine.complete_and_start_action(self.handle, state)


def rule_of(plain: Mapping[str, Any]) -> CaseRule:
    """Return a rule that came as JSON."""
    others = tuple(
        Other(
            o["kind"], _conditions(o["conditions"]), tuple((p, op) for p, op in o["joins"]),
            _conditions(o["levels"]),
        )
        for o in plain["others"]
    )  # fmt: skip
    conditions, levels = _conditions(plain["conditions"]), _conditions(plain["levels"])
    return CaseRule(plain["id"], plain["event"], conditions, levels, others, plain["to"])


def _conditions(plain: Sequence[Any]) -> tuple[Condition, ...]:
    return tuple(Condition(*c) for c in plain)


def case_of(plain: Mapping[str, Any]) -> Case:
    """Return a case that came as JSON."""
    subjects = tuple(
        Subject(
            s["id"], s["properties"], tuple((a, b) for a, b in s["open"]),
            tuple((at, name) for at, name in s["events"]),
        )
        for s in plain["subjects"]
    )  # fmt: skip
    return Case(plain["key"], subjects, tuple((k, i, p) for k, i, p in plain["records"]))


def main(matcher: type[Durable] | type[Builtin] = Durable) -> None:
    """Read rules and cases as lines of JSON, write the steps of each case as a line."""
    lines = iter(sys.stdin.buffer)
    head = json.loads(next(lines))
    rules = [rule_of(r) for r in head["rules"]]
    found: Matcher = matcher(rules)
    out = sys.stdout
    for line in lines:
        case = case_of(json.loads(line))
        steps = simulate(rules, head["levels"], case, found)
        out.write(json.dumps([case.key, steps]) + "\n")
        out.flush()
    out.write('"done"\n')


if __name__ == "__main__":
    main()
