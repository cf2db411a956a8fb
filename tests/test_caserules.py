"""Case rules: durable-rules and the built-in matcher reach the same levels, whatever the child does."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence

import pytest

from kamrules.engine.cases import caserun
from kamrules.engine.cases.cases import (
    REACHED,
    Case,
    CaseRule,
    Condition,
    Other,
    Step,
    Subject,
    simulate,
)
from tests.conftest import ROOT

LEVELS = ("L0", "L1", "L2", "L3", "危机")
TIERS, TYPES = ("战略", "重点", "普通"), ("交期", "质量", "服务")
EVENTS = ("受理", "解决 50%", "解决 100%", "响应 100%", "重开")

needs_durable = pytest.mark.skipif(
    not caserun.available(), reason="durable-rules is not installed (it is optional)"
)


def random_rule(pick: random.Random, number: int) -> CaseRule:
    events = (*EVENTS, *(REACHED + level for level in LEVELS[:4]))
    conditions = []
    if pick.random() < 0.4:
        conditions.append(Condition("p1", pick.choice(["=", "!="]), pick.choice(TIERS)))
    if pick.random() < 0.4:
        conditions.append(Condition("p2", pick.choice(["<", "<=", ">", ">="]), pick.randint(1, 4)))
    levels = [Condition("v", pick.choice(["=", "!="]), pick.choice(["", *LEVELS]))]
    others = []
    for kind in ("", "visits"):
        if pick.random() < 0.35:
            few = [Condition("p2", ">=", pick.randint(1, 3))] if pick.random() < 0.5 else []
            joins = [
                (p, pick.choice("=!").replace("!", "!="))
                for p in ("p1", "p3")
                if pick.random() < 0.3
            ]
            known = tuple(levels[:0])
            if kind == "" and pick.random() < 0.5:
                known = (Condition("v", "=", pick.choice(LEVELS)),)
            others.append(Other(kind, tuple(few), tuple(joins), known))
    return CaseRule(
        f"E{number:02}", pick.choice(events), tuple(conditions),
        tuple(levels) if pick.random() < 0.5 else (), tuple(others), pick.randrange(len(LEVELS)),
    )  # fmt: skip


def properties(pick: random.Random) -> dict[str, str | int]:
    found: dict[str, str | int] = {"p2": pick.randint(1, 4)}
    if pick.random() < 0.9:
        found["p1"] = pick.choice(TIERS)
    if pick.random() < 0.9:
        found["p3"] = pick.choice(TYPES)
    return found


def random_case(pick: random.Random, name: str) -> Case:
    subjects = []
    for n in range(pick.randint(1, 6)):
        start = pick.randint(0, 20)
        end = pick.choice([None, start + pick.randint(0, 15)])
        spells = [(start, end)]
        if end is not None and pick.random() < 0.3:
            spells.append((end + pick.randint(1, 5), None))
        events = [(start, "受理")]
        events += [
            (pick.randint(start, 30), pick.choice(EVENTS)) for _ in range(pick.randint(0, 4))
        ]
        subjects.append(Subject(f"T{n}", properties(pick), tuple(spells), tuple(sorted(events))))
    records = tuple(("visits", f"V{n}", properties(pick)) for n in range(pick.randint(0, 3)))
    return Case(name, tuple(subjects), records)


def random_book(seed: int) -> tuple[list[CaseRule], list[Case]]:
    pick = random.Random(seed)
    rules = [random_rule(pick, n) for n in range(pick.randint(1, 12))]
    return rules, [random_case(pick, f"K{n}") for n in range(pick.randint(1, 5))]


def compared(seeds: int) -> int:
    """Return how many steps durable-rules and the built-in matcher agree on; run in a child."""
    from kamrules.engine.cases.durable import Durable

    steps = 0
    for seed in range(seeds):
        rules, cases = random_book(seed)
        mine = caserun.builtin(rules, LEVELS, cases)
        durable = Durable(rules)
        theirs = {c.key: simulate(rules, LEVELS, c, durable) for c in cases}
        assert theirs == mine, f"seed {seed}"
        steps += sum(map(len, mine.values()))
    return steps


@needs_durable
def test_durable_and_builtin_give_the_same_steps_on_400_random_books() -> None:
    script = "from tests.test_caserules import compared; print(compared(400))"

    child = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert child.returncode == 0, child.stderr
    assert int(child.stdout) > 1000


@pytest.mark.parametrize("seed", range(40))
def test_the_order_of_rows_and_of_rules_changes_nothing(seed: int) -> None:
    rules, cases = random_book(seed)
    pick = random.Random(seed)
    mixed = [
        Case(
            c.key,
            tuple(pick.sample(c.subjects, len(c.subjects))),
            tuple(pick.sample(c.records, len(c.records))),
        )
        for c in pick.sample(cases, len(cases))
    ]

    expected = caserun.builtin(rules, LEVELS, cases)

    assert caserun.builtin(pick.sample(rules, len(rules)), LEVELS, mixed) == expected


LADDER = [
    CaseRule("E1", "解决 50%", (), (), (), 0),
    CaseRule("E2", "解决 100%", (), (), (), 2),
    CaseRule("E3", REACHED + "L2", (Condition("p1", "=", "战略"),), (), (), 3),
    CaseRule(
        "E4", REACHED + "L3", (), (), (Other("", levels=(Condition("v", "=", "L3"),)),), 4
    ),
]  # fmt: skip


def ladder_case(name: str, tier: str = "战略") -> Case:
    def subject(id_: str, start: int) -> Subject:
        events = ((start, "受理"), (start + 5, "解决 50%"), (start + 10, "解决 100%"))
        return Subject(id_, {"p1": tier}, ((start, None),), events)

    return Case(name, (subject("T1", 0), subject("T2", 3)))


def test_levels_follow_from_each_other_and_each_is_reached_once() -> None:
    steps = caserun.decide(LADDER, LEVELS, [ladder_case("K")], "builtin").steps["K"]

    assert steps == [
        Step(5, "T1", "E1", -1, 0, ()),
        Step(8, "T2", "E1", -1, 0, ()),
        Step(10, "T1", "E2", 0, 2, ()),
        Step(10, "T1", "E3", 2, 3, ()),
        Step(13, "T2", "E2", 0, 2, ()),
        Step(13, "T2", "E3", 2, 3, ()),
        Step(13, "T2", "E4", 3, 4, ("T1",)),
    ]


def test_a_closed_record_neither_rises_nor_counts_for_others() -> None:
    first, second = ladder_case("K").subjects
    closed = Subject("T1", first.properties, ((0, 7),), first.events)

    steps = caserun.decide(LADDER, LEVELS, [Case("K", (closed, second))], "builtin").steps["K"]

    assert [(s.subject, s.level) for s in steps] == [("T1", 0), ("T2", 0), ("T2", 2), ("T2", 3)]


# A worker that stops at one customer in a way of its own; otherwise the built-in matcher answers.
WORKER = """
import sys, os, signal, time
from kamrules.engine.cases import durable
from kamrules.engine.cases.cases import Builtin
class Planted(Builtin):
    def feed(self, facts):
        if any(f.get("p9") == 1 for f in facts): {end}
        super().feed(facts)
durable.main(Planted)
"""
ENDS = {
    "crash": "os.kill(os.getpid(), signal.SIGSEGV)",
    "hang": "time.sleep(60)",
    "error": "raise RuntimeError('code 303')",
}


def planted(end: str) -> Sequence[str]:
    return (sys.executable, "-c", WORKER.format(end=end))


@needs_durable
@pytest.mark.parametrize("end", ENDS)
def test_a_child_that_fails_costs_no_result_and_is_named(end: str) -> None:
    cases = [ladder_case(f"K{n}", "战略" if n % 3 else "普通") for n in range(12)]
    subjects = cases[5].subjects
    bad = Subject("T1", {**subjects[0].properties, "p9": 1}, subjects[0].open, subjects[0].events)
    cases[5] = Case("K5", (bad, subjects[1]))

    outcome = caserun.decide(LADDER, LEVELS, cases, "durable", planted(ENDS[end]), 2.0)

    assert outcome.steps == caserun.builtin(LADDER, LEVELS, cases)
    assert list(outcome.left) == ["K5"]
    assert ("seconds" if end == "hang" else "exit code") in outcome.left["K5"]


@needs_durable
def test_both_says_where_the_engines_differ() -> None:
    wrong = """
from kamrules.engine.cases import durable
from kamrules.engine.cases.cases import Builtin
class Wrong(Builtin):
    def matches(self, alive):
        return {m for m in super().matches(alive) if m.rule != 3}
durable.main(Wrong)
"""
    cases = [ladder_case("K1"), ladder_case("K2")]

    outcome = caserun.decide(LADDER, LEVELS, cases, "both", (sys.executable, "-c", wrong))

    assert outcome.different
    customer, theirs, ours = outcome.different
    assert (customer, theirs) == ("K1", None)
    assert ours
    assert (ours.at, ours.subject) == (13, "T2")
    assert outcome.steps == caserun.builtin(LADDER, LEVELS, cases)
    assert not caserun.decide(LADDER, LEVELS, cases, "both").different


@needs_durable
def test_what_is_over_the_limits_is_left_to_the_builtin_matcher() -> None:
    subject = ladder_case("K").subjects[0]
    many = tuple(
        Subject(f"T{n}", subject.properties, subject.open, subject.events) for n in range(900)
    )
    cases = [ladder_case("K1"), Case("K2", many)]

    outcome = caserun.decide(LADDER, LEVELS, cases, "durable")

    assert outcome.left == {"K2": "4500 facts, at most 2000"}
    assert len(outcome.steps["K2"]) == 900 * 4
    same = [CaseRule(f"E{n}", "受理", (), (), (), 0) for n in range(61)]
    assert caserun.too_much(same) == "61 rules for one event, at most 60"


def test_without_durable_rules_every_engine_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caserun, "available", lambda: False)
    cases = [ladder_case("K1")]

    for engine in ("auto", "durable", "builtin", "both"):
        outcome = caserun.decide(LADDER, LEVELS, cases, engine)  # type: ignore[arg-type]
        assert (outcome.steps, outcome.engine) == (
            caserun.builtin(LADDER, LEVELS, cases),
            "builtin",
        )
