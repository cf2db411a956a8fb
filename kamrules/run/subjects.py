"""What a source is read as: the sheets of plugins, and those that the rules of the run name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kamrules.intake.sources import Read, Source
from kamrules.messages.problem import UsageError
from kamrules.rules.about import described, named, read_by
from kamrules.rules.decision_table import RuleBook
from kamrules.rules.words import is_tests
from kamrules.run import in_force
from kamrules.run.stages import Run
from kamrules.sheets.column import SheetSpec

# A required sheet, its header or one of its columns is not there.
_LACKING = {"E201", "E202", "E203", "E221"}


@dataclass(frozen=True, slots=True)
class Found:
    """What was read, the kinds of its sheets, and the rule books of the run."""

    read: Read
    specs: Sequence[SheetSpec]
    own: in_force.Loaded


def found(source: Source, specs: Sequence[SheetSpec], run: Run) -> Found:
    """Return what a source holds; UsageError where a sheet that must be there is not.

    A book about something else needs no sheet of a plugin where its rules name sheets it has.
    """
    lacking: UsageError | None = None
    try:
        read = source.read(specs)
    except UsageError as error:
        if not {p.code for p in error.problems} & _LACKING:
            raise
        lacking = error
        read = source.read([replace(spec, required=False) for spec in specs])
    own = in_force.own(read.data, run.rules, read.package)
    unnamed = _unnamed(source, read, [book for book, _ in own])
    own = [(named(book, unnamed), wrong) for book, wrong in own]
    more = described([book for book, _ in own], specs)
    if lacking and not more:
        raise lacking
    if not more:
        return Found(read, specs, own)
    extra = source.read([replace(spec, required=bool(lacking)) for spec in more])
    sheets = {**read.data.sheets, **extra.data.sheets}
    read = replace(
        read,
        data=replace(read.data, sheets=sheets),
        problems=(*read.problems, *(p for p in extra.problems if p not in read.problems)),
    )
    own = in_force.own(read.data, run.rules, read.package)
    return Found(read, [*specs, *more], [(named(book, unnamed), wrong) for book, wrong in own])


def _unnamed(source: Source, read: Read, books: Sequence[RuleBook]) -> str:
    """Return the sheet that tables without 对象 For each are about where there are no subjects."""
    if read.data.subjects is not None:
        return ""
    columns = read_by(books)
    rules = {t.where.sheet for b in books for t in (*b.tables, *b.broken, *b.case_rules)}
    rules |= {s.title for s in read.package.sheets if is_tests(s.title)} if read.package else set()
    return source.fitting(columns, rules) if columns else ""
