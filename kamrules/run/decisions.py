"""Every table in its order: inputs typed as the table says, outputs joined to the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from kamrules.engine.decide import Decided, decide
from kamrules.engine.decision import Decision
from kamrules.facts.declare import Fact
from kamrules.facts.join import worked_out
from kamrules.intake.body import DUPLICATE
from kamrules.messages.problem import Cell, Problem
from kamrules.rules.link import LinkedTable, compatible
from kamrules.run.undecided import undecided
from kamrules.sheets import values
from kamrules.sheets.column import ROW, UNREADABLE
from kamrules.sheets.sheet import Data, Sheet
from kamrules.words.dtypes import DTYPES
from kamrules.words.fold import fold
from kamrules.words.names import aliases
from kamrules.words.text import Text


def decide_all(
    data: Data, steps: Sequence[LinkedTable | Fact], labels: Sequence[Text]
) -> tuple[list[tuple[Decided, Decision]], Data, list[Problem]]:
    """Return what each table decides, and the data with all outputs and late facts as columns."""
    synonyms = {fold(label.en): fold(label.zh) for label in labels}
    problems: list[Problem] = []
    tables = [step.table for step in steps if isinstance(step, LinkedTable)]
    given = {alias for t in tables for o in t.outputs for alias in aliases(o.label)}
    found: list[tuple[Decided, Decision]] = []
    for table in steps:
        if isinstance(table, Fact):
            data, wrong = worked_out(table, data)
            problems += wrong
            continue
        sheet = data.sheets.get(table.table.for_each)
        if sheet is None:
            continue
        frame, wrong = _inputs(_decidable(sheet), table, data.book)
        if frame.is_empty():
            continue
        problems += wrong
        decided = decide(table, frame, synonyms)
        decision = decided.decision()
        passed_on = {i.label for i in decided.table.inputs if set(aliases(i.label)) & given}
        problems += undecided(decided, sheet, data.book, passed_on)
        found.append((decided, decision))
        widened = _widened(sheet.frame, _outputs(decided, decision))
        widened_sheet = {table.table.for_each: replace(sheet, frame=widened)}
        data = replace(data, sheets={**data.sheets, **widened_sheet})
    return found, data, problems


def _outputs(decided: Decided, decision: Decision) -> pl.DataFrame:
    """Return ROW and outputs, marked unreadable where the table could not decide: not blank."""
    labels = [o.label for o in decision.table.outputs]
    # A sum or count of what is known is not the sum or count.
    part = decided.table.policy.gives == "number"
    left_open = set()
    for place in decided.counts:
        outcome, missing = decided.outcomes[place]
        if outcome.violation or (missing and (part or not outcome.counted)):
            left_open.add(place)
    flags = [decided.come_to(left_open)] * len(labels) if left_open else []
    marks = [f.alias(label + UNREADABLE) for f, label in zip(flags, labels, strict=False)]
    return pl.DataFrame([*(decision.frame[c] for c in (ROW, *labels)), *marks])


def _widened(frame: pl.DataFrame, outputs: pl.DataFrame) -> pl.DataFrame:
    """Return a sheet with the outputs of a table that decided all or some of its rows."""
    given = [column for column in outputs if column.name != ROW]
    if outputs.height == frame.height and not {c.name for c in given} & set(frame.columns):
        return frame.hstack(given)
    return frame.join(outputs, on=ROW, how="left", maintain_order="left")


def _decidable(sheet: Sheet) -> Sheet:
    """Return the sheet without the rows whose key is blank or was used before."""
    frame = sheet.frame
    # Most sheets lose no row: a wide sheet is not copied for every table.
    if sheet.spec.unique in frame.columns and frame[sheet.spec.unique].null_count():
        frame = frame.filter(pl.col(sheet.spec.unique).is_not_null())
    if DUPLICATE in frame.columns and frame[DUPLICATE].any():
        frame = frame.filter(~pl.col(DUPLICATE))
    return replace(sheet, frame=frame)


def _inputs(sheet: Sheet, table: LinkedTable, book: str) -> tuple[pl.DataFrame, list[Problem]]:
    """Return the sheet's frame with every column the table needs, typed as the table says."""
    frame, problems = sheet.frame, []
    known = {c.key: c for c in sheet.spec.columns}
    for column, value in table.constants.items():
        frame = frame.with_columns(pl.lit(value).alias(column))
    named = {c: t for c, t in table.names.values() if c not in table.types}
    for column, type_ in {**table.types, **named}.items():
        if column not in frame.columns:
            blank = known[column].blank if column in known else None
            frame = frame.with_columns(pl.lit(blank, DTYPES[type_]).alias(column))
        have = known[column].type if column in known else "any"
        if column in table.constants or column not in sheet.letters or compatible(have, type_):
            continue
        series, refusals = values.read_column(frame[column], type_)
        bad = pl.Series(column + UNREADABLE, [False] * frame.height)
        for place, refusal in refusals.items():
            bad[place] = True
            where = Cell(book, sheet.title, f"{sheet.letters[column]}{frame[ROW][place]}")
            problems.append(
                refusal.at(where, found=frame[column][place], column=Text(column, column))
            )
        frame = frame.with_columns(series.alias(column))
        if refusals:
            frame = frame.with_columns(bad)
    return frame, problems
