"""The cases of the conformance suite, as rows of the tables that they are about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import polars as pl

from kamrules.engine.decide import Decided
from kamrules.rules.catalogue import load_rules
from kamrules.rules.cell.sfeel import fold
from kamrules.run.evaluate import decide_objects


def decided_cases(folder: Path) -> Iterator[Decided]:
    """Yield what the engine decides for all cases of a table, table by table."""
    lines = (folder / "cases.jsonl").read_text("utf-8").splitlines()
    cases = sorted(map(json.loads, lines), key=lambda c: (c["book"], c["table"]))
    for (book, name), of_table in groupby(cases, key=lambda c: (c["book"], c["table"])):
        rulebook, _ = load_rules(folder / book, {})
        table = next(t for t in rulebook.tables if t.name == name)
        decided, unread = decide_objects(table, [c["inputs"] for c in of_table], rulebook, {}, book)
        assert unread == {}
        yield decided


def in_a_database(decided: Decided) -> pl.DataFrame:
    """Return the rows as a database holds them: text is folded when it is loaded."""
    texts = [c for c, dtype in decided.frame.schema.items() if dtype == pl.String]
    folded = [pl.col(c).map_elements(fold, pl.String) for c in texts]
    return decided.frame.with_columns(folded)
