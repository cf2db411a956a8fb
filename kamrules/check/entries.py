"""Single cells of a table: words outside the values of a column, and what Excel or a slip did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from kamrules.check.finding import Finding, finding
from kamrules.check.regions import Regions
from kamrules.check.wording import constant_text
from kamrules.engine.axis import constants, is_constant
from kamrules.messages.text import problem
from kamrules.rules.cell.sfeel import (
    AnyOf,
    AnyValue,
    Compare,
    Interval,
    ListOf,
    Lit,
    Not,
    Test,
    fold,
    literals,
)
from kamrules.rules.decision_table import DecisionTable, Entry, Input, Output
from kamrules.words.names import both, closest
from kamrules.words.types import NUMERIC, TEXTUAL, Type

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LOST = re.compile(r"\d(?:\.\d+)?e\+1[5-9]|\d(?:\.\d+)?e\+[2-9]\d", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
# A share above this is written with a percent sign by people who mean it.
_ALL = Decimal(1)


def check_entries(table: DecisionTable) -> Iterator[Finding]:
    """Yield what Excel or a slip of the pen may have made of the cells of a table."""
    rules = (*table.rules, *([table.default] if table.default else []))
    columns: list[tuple[Input | Output, list[Entry]]] = [
        *((s, [r.inputs[n] for r in table.rules]) for n, s in enumerate(table.inputs)),
        *((s, [r.outputs[n] for r in rules]) for n, s in enumerate(table.outputs)),
    ]
    for spec, entries in columns:
        for entry in entries:
            yield from _slips(spec, entry)
        if spec.type in TEXTUAL:
            yield from _zeros(entries)
    for spec in table.inputs:
        at = table.inputs.index(spec)
        if table.rules and all(isinstance(r.inputs[at].meaning, AnyValue) for r in table.rules):
            yield finding(problem("W419", spec.where, table=table.name, column=both(spec.label)))


def _slips(spec: Input | Output, entry: Entry) -> Iterator[Finding]:
    texts = [str(x.value) for x in literals(entry.meaning) if isinstance(x.value, str)]
    if spec.type in TEXTUAL:
        for text in texts:
            if _DAY.fullmatch(text):
                yield finding(problem("W430", entry.where, found=text))
            elif _LOST.fullmatch(text):
                yield finding(problem("W432", entry.where, found=text))
    if spec.type == "percent":
        for lit in _direct(entry.meaning):
            if isinstance(lit.value, Decimal) and abs(lit.value) > _ALL and is_bare(lit):
                plain = constant_text(lit.value, "number")
                yield finding(
                    problem(
                        "W433", entry.where, found=entry.text, column=both(spec.label),
                        percent=f"{constant_text(lit.value, 'percent')}", fixed=f"{plain}%",
                    )
                )  # fmt: skip
                break
    if spec.type in NUMERIC and (pair := _pair(entry.meaning)):
        low, high = (constant_text(v, spec.type, spec.scale) for v in pair)
        yield finding(problem("W434", entry.where, found=entry.text, low=low, high=high))


def _direct(node: Any) -> Iterator[Lit]:
    """Yield the constants that stand for values of the column itself, not parts of a formula."""
    if isinstance(node, Lit):
        yield node
    elif isinstance(node, Compare):
        yield from _direct(node.value)
    elif isinstance(node, Interval):
        yield from (*_direct(node.low), *_direct(node.high))
    elif isinstance(node, ListOf):
        yield from (lit for item in node.items for lit in _direct(item))
    elif isinstance(node, AnyOf):
        yield from (lit for test in node.tests for lit in _direct(test))
    elif isinstance(node, Not):
        yield from _direct(node.test)


def is_bare(lit: Lit) -> bool:
    """Return whether a number was typed without a percent sign."""
    return bool(lit.raw) and not set(lit.raw) & set("%‰％")


def _pair(test: Test) -> tuple[Decimal, Decimal] | None:
    """Return the two numbers of ``[1,5]``, which people write for a range."""
    if isinstance(test, Compare) and isinstance(test.value, ListOf) and len(test.value.items) == 2:
        low, high = test.value.items
        if isinstance(low, Lit) and isinstance(high, Lit) and isinstance(low.value, Decimal):
            return (low.value, high.value) if isinstance(high.value, Decimal) else None
    return None


def _zeros(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield the codes that seem to have lost their zeros: 1 among 002 and 003."""
    codes = [
        (entry, str(x.value))
        for entry in entries
        for x in literals(entry.meaning)
        if isinstance(x.value, str) and _DIGITS.fullmatch(x.value)
    ]
    padded = [code for _, code in codes if code.startswith("0") and len(code) > 1]
    width = max(map(len, padded), default=0)
    for entry, code in codes:
        if len(code) < width:
            fixed, others = code.zfill(width), ", ".join(dict.fromkeys(padded[:3]))
            yield finding(problem("W431", entry.where, found=code, fixed=fixed, others=others))


def check_values(regions: Regions) -> Iterator[Finding]:
    """Yield the words and numbers of conditions that their column cannot have."""
    table = regions.linked.table
    for dimension in regions.dimensions:
        axis, spec = dimension.axis, dimension.spec
        if axis is None:
            continue
        possible = set(dimension.regions)
        allowed = [dimension.words[r] for r in dimension.regions if r in dimension.words]
        for rule in table.rules:
            entry = rule.inputs[dimension.place]
            if not is_constant(entry.meaning, spec.type):
                continue
            for word in _outside(axis.classes, possible, entry.meaning, spec.type, axis.synonyms):
                yield finding(
                    problem(
                        "W418", entry.where, found=word, column=both(spec.label),
                        allowed=", ".join(allowed), suggest=closest(word, allowed),
                    )
                )  # fmt: skip


def _outside(
    classes: Mapping[Any, int],
    possible: set[int],
    test: Test,
    type_: Type,
    synonyms: Mapping[str, str],
) -> Iterable[str]:
    if type_ not in TEXTUAL:
        return []
    found = dict.fromkeys(str(value) for value, _ in constants(test))
    return [w for w in found if classes[synonyms.get(fold(w), fold(w))] not in possible]
