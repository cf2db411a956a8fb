"""What a run says in the end: headline, reasons, what is undecided, and the record to repeat it."""

from __future__ import annotations

import polars as pl

import kamrules
from kamrules.hooks import plugins
from kamrules.intake.mark import checksum_of
from kamrules.run import governance, headline
from kamrules.run.result import Result
from kamrules.run.stages import Decided, Run
from kamrules.run.undecided import undecided
from kamrules.sheets.period import period


def outcome(found: Decided, run: Run) -> Result:
    """Return what was decided as a result, with the record that repeats the run."""
    data, ruled, problems = found.data, found.known.ruled, list(found.problems)
    names = headline.labels_of_columns(data)
    subjects, grades, scheme = headline.subjects(data, found.tables, names)
    open_tables = set(subjects.filter(pl.col("grade").is_null())["table"])
    for table, _ in found.tables:
        if table.table.name in open_tables:
            sheet = data.sheets[table.table.for_each]
            told = undecided(table, sheet, data.book, whole_columns=True)
            problems += [p for p in told if p not in problems]
    tables = {b.name: ", ".join(t.name for t in b.tables) for b in ruled.rulebooks if b.tables}
    set_ = dict.fromkeys(ruled.parameters.values())
    record = {
        "kamrules": kamrules.__version__,
        "as-of": ruled.as_of.isoformat(),
        **headline.grades_line(data, grades),
        **ruled.origin,
        **{f"rules {book}": listed for book, listed in tables.items()},
        **{f"rules file {p.name}": f"sha256 {checksum_of(p)}" for p in run.rules},
        **{f"plugin {name}": origin for name, origin in plugins.origins(run.manager).items()},
        **{f"parameter {p.name}": str(p.value) for p in set_},
        **{f"previous {p.name}": f"sha256 {checksum_of(p)}" for p in [run.previous] if p},
        **governance.rows(d.table for _, d in found.tables),
    }
    return Result(
        data, ruled.as_of, period(data, ruled.as_of), scheme, tuple(grades), subjects,
        tuple(d for _, d in found.tables), tuple(problems),
        {label.zh: label for label in ruled.labels}, record,
        governance.changes(data.record, record),
    )  # fmt: skip
