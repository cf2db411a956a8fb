"""Cases decided: by durable-rules in child processes, by the built-in matcher, or by both."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Literal

from kamrules.engine.cases.cases import Builtin, Case, CaseRule, Step, simulate

Engine = Literal["auto", "durable", "builtin", "both"]
Steps = dict[str, list[Step]]

# Fewer cases than this are decided sooner than a child process starts.
FEW = 200
CHUNK = 1000
# Subjects of a case that are compared with each other; in larger ones no pairs are looked at.
MOST_SUBJECTS = 2000
TIMEOUT = 60.0
# What durable-rules was found to bear; beyond it the built-in matcher decides.
MOST_RULES, MOST_SAME_EVENT, MOST_FACTS, MOST_PROPERTIES, LONGEST = 300, 60, 2000, 40, 10_000
COMMAND = (sys.executable, "-m", "kamrules.engine.cases.durable")


@dataclass
class Outcome:
    """What was decided, and what there is to say: cases that broke the child, limits, differences.

    *left* are the cases durable-rules did not decide, with the reason. *different* is the first
    case of which the engines differ, with the step of durable-rules and that of the other.
    """

    steps: Steps = field(default_factory=dict)
    engine: str = "builtin"
    left: dict[str, str] = field(default_factory=dict)
    different: tuple[str, Step | None, Step | None] | None = None


def available() -> bool:
    """Return whether durable-rules is installed."""
    return find_spec("durable_rules_engine") is not None and sys.version_info < (3, 13)


def decide(
    rules: Sequence[CaseRule],
    levels: Sequence[str],
    cases: Sequence[Case],
    engine: Engine = "auto",
    command: Sequence[str] = COMMAND,
    timeout: float = TIMEOUT,
) -> Outcome:
    """Return the steps of all cases by key; the engine never changes a step."""
    if engine == "builtin" or not rules or not available():
        return Outcome(builtin(rules, levels, cases))
    if engine == "auto" and len(cases) < FEW:
        return Outcome(builtin(rules, levels, cases))
    outcome = Outcome(engine="durable")
    reason = too_much(rules)
    fit: list[Case] = []
    for case in cases:
        why = reason or _too_large(case)
        if why:
            outcome.left[case.key] = why
        else:
            fit.append(case)
    _in_children(rules, levels, fit, outcome, command, timeout)
    again = cases if engine == "both" else [c for c in cases if c.key in outcome.left]
    for key, steps in builtin(rules, levels, again).items():
        theirs = outcome.steps.get(key, steps)
        if theirs != steps and not outcome.different:
            outcome.different = (key, *_difference(theirs, steps))
        outcome.steps[key] = steps
    return outcome


def builtin(rules: Sequence[CaseRule], levels: Sequence[str], cases: Iterable[Case]) -> Steps:
    """Return the steps of all cases by the built-in matcher."""
    alone = [r for r in rules if not any(o.kind == "" for o in r.others)]
    all_, few = Builtin(rules), Builtin(alone)
    return {
        case.key: simulate(alone, levels, case, few)
        if len(case.subjects) > MOST_SUBJECTS
        else simulate(rules, levels, case, all_)
        for case in cases
    }


def too_much(rules: Sequence[CaseRule]) -> str:
    """Return why durable-rules should not be given these rules, empty where it may."""
    same = max((sum(r.event == rule.event for r in rules) for rule in rules), default=0)
    if len(rules) > MOST_RULES:
        return f"{len(rules)} rules, at most {MOST_RULES}"
    if same > MOST_SAME_EVENT:
        return f"{same} rules for one event, at most {MOST_SAME_EVENT}"
    longest = max((len(v) for v in _texts(rules)), default=0)
    return f"a text of {longest} characters" if longest > LONGEST else ""


def _texts(rules: Sequence[CaseRule]) -> Iterable[str]:
    for rule in rules:
        for condition in (*rule.conditions, *(c for o in rule.others for c in o.conditions)):
            if isinstance(condition.value, str):
                yield condition.value


def _too_large(case: Case) -> str:
    if len(case.subjects) > MOST_SUBJECTS:
        return f"{len(case.subjects)} subjects, at most {MOST_SUBJECTS}"
    count = len(case.records) + sum(2 + len(s.events) for s in case.subjects)
    if count > MOST_FACTS:
        return f"{count} facts, at most {MOST_FACTS}"
    properties = [*(s.properties for s in case.subjects), *(p for _, _, p in case.records)]
    if any(len(p) > MOST_PROPERTIES for p in properties):
        return f"more than {MOST_PROPERTIES} properties"
    texts = (v for p in properties for v in p.values() if isinstance(v, str))
    if any(len(v) > LONGEST or "\0" in v or not v.isprintable() for v in texts):
        return "a text that is too long or not printable"
    return ""


def _in_children(
    rules: Sequence[CaseRule],
    levels: Sequence[str],
    cases: Sequence[Case],
    outcome: Outcome,
    command: Sequence[str],
    timeout: float,
) -> None:
    """Add the steps of cases; a child that dies or hangs is narrowed to the case it stopped at."""
    head = json.dumps({"rules": [asdict(r) for r in rules], "levels": list(levels)})
    todo = [list(cases[n : n + CHUNK]) for n in range(0, len(cases), CHUNK)]
    while todo:
        chunk = todo.pop(0)
        steps, failure = _child(head, chunk, command, timeout)
        outcome.steps |= steps
        rest = [c for c in chunk if c.key not in steps]
        if not rest:
            continue
        if len(chunk) == 1:
            outcome.left[rest[0].key] = failure
        else:
            # The child stopped at the first case it did not answer.
            todo += [part for part in (rest[:1], rest[1:]) if part]


def _child(
    head: str, cases: Sequence[Case], command: Sequence[str], timeout: float
) -> tuple[Steps, str]:
    """Return what one child answered, and how it ended where it did not answer all."""
    lines = "\n".join([head, *(json.dumps(asdict(c)) for c in cases)]) + "\n"
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        answer, _ = child.communicate(lines.encode(), timeout)
        failure = f"exit code {child.returncode}"
    except subprocess.TimeoutExpired:
        child.kill()
        answer, _ = child.communicate()
        failure = f"no answer within {timeout:g} seconds"
    steps: Steps = {}
    for line in answer.decode(errors="replace").splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            break
        if said != "done":
            key, found = said
            steps[key] = [Step(s[0], s[1], s[2], s[3], s[4], tuple(s[5])) for s in found]
    return steps, failure


def _difference(
    durable: Sequence[Step], builtin_: Sequence[Step]
) -> tuple[Step | None, Step | None]:
    pairs = zip([*durable, None], [*builtin_, None], strict=False)
    return next((a, b) for a, b in pairs if a != b)
