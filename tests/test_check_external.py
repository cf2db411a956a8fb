"""The verifier agrees with what another engine's own tests say about its tables."""

from __future__ import annotations

import csv

import pytest

from kamrules.check import workbook
from kamrules.hooks import plugins
from kamrules.run import pipeline
from tests.conftest import ROOT

FOLDER = ROOT.parent / "shared" / "dmn_analysis"


def expected() -> list[tuple[str, str, str]]:
    if not (FOLDER / "expected.csv").exists():
        return []
    with (FOLDER / "expected.csv").open() as file:
        return [(r["book"], r["has_gap"], r["has_overlap"]) for r in csv.DictReader(file)]


@pytest.mark.large
@pytest.mark.skipif(not expected(), reason=f"needs the analysis tables in {FOLDER}")
def test_gaps_and_overlaps_are_those_that_another_engine_asserts() -> None:
    run = pipeline.Run(plugins.load())
    wrong = []
    for book, gap, overlap in expected():
        kinds = {f.kind for f in workbook.check(FOLDER / book, run).findings}
        said = (str(int("gap" in kinds)), str(int("overlap" in kinds)))
        if any(want and want != got for want, got in zip((gap, overlap), said, strict=True)):
            wrong.append((book, gap, overlap, said))

    assert wrong == []
