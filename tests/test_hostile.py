"""Each crafted, damaged or odd workbook comes to a clear refusal or a correct reading, cheaply."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pytest

from kamrules.guard.workbook import Limits, inspect
from kamrules.intake.read import read
from kamrules.messages.problem import UsageError
from tests.kit import hostile, mutants
from tests.kit.sheets import SPECS

# Those that take time or memory are read in a process of their own.
COSTLY = (
    "ratio bomb", "lying bomb", "many parts", "overlapping parts", "giant attribute, stored",
    "giant comment", "giant text", "many attributes", "endless elements", "endless comments", "endless line breaks in cells",
    "endless line breaks in strings", "stray cell",
    "stray row", "merge over all", "many merges", "many formats", "amplified text",
    "endless cells", "impossible count of strings", "deep nesting",
)  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "客户.xlsx"


@pytest.mark.parametrize("name", [name for name in hostile.REFUSED if name not in COSTLY])
def test_a_bad_workbook_is_refused_with_the_reason(path, name):
    build, code, why = hostile.REFUSED[name]
    path.write_bytes(build())

    with pytest.raises(UsageError) as caught:
        read(path, SPECS)

    (problem,) = caught.value.problems
    assert problem.code == code
    assert why.casefold() in problem.why.en.casefold()
    assert problem.fix.zh.encode("gbk")
    assert problem.why.zh.encode("gbk")


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, mutants.Cost]:
    """Return what each bomb came to."""
    folder, paths = tmp_path_factory.mktemp("bombs"), []
    for number, name in enumerate(COSTLY):
        paths.append(folder / f"{number}.xlsx")
        paths[-1].write_bytes(hostile.REFUSED[name][0]())
    return dict(zip(COSTLY, mutants.costs(paths), strict=True))


@pytest.mark.parametrize("name", COSTLY)
def test_a_bomb_is_refused_before_it_takes_much(costs, name):
    _, code, why = hostile.REFUSED[name]

    assert costs[name].code == code
    assert why.casefold() in costs[name].why.casefold()
    assert costs[name].seconds < 10
    assert costs[name].megabytes < 512


@pytest.mark.parametrize("name", hostile.READ)
def test_an_odd_workbook_is_read_as_it_is_meant(path, name):
    path.write_bytes(hostile.READ[name]())

    data, problems = read(path, SPECS)

    frame = data.frame("customers")
    assert problems == []
    assert frame is not None
    assert frame.select("#row", "customer_id", "customer_name", "sales", "since").rows() == [
        (2, "KA001", "甲公司", 1200.0, dt.date(2024, 3, 1)),
        (3, "KA002", "乙公司", 3000.0, dt.date(2024, 4, 1)),
    ]


def test_a_place_in_the_sheet_is_named(path):
    path.write_bytes(hostile.cell('<c r="C2" t="n"><v>NaN</v></c>'))

    with pytest.raises(UsageError) as caught:
        inspect(path)

    (problem,) = caught.value.problems
    assert str(problem.where) == "'[客户.xlsx]客户'!C2"
    assert problem.why.zh == "C2 的值 “NaN” 读不懂"


ROWS = "".join(
    f'<row r="{r}"><c r="A{r}"><v>1</v></c><c r="B{r}" s="1"/></row>' for r in range(1, 11)
)


@pytest.mark.parametrize(
    ("limits", "refused"),
    [
        (Limits(rows=10), Limits(rows=9)),
        (Limits(cells=10), Limits(cells=9)),
        (Limits(area=10, sparse=10), Limits(area=9, sparse=9)),
        (Limits(spread=1, sparse=9), Limits(spread=0, sparse=9)),
        (Limits(empty=10), Limits(empty=9)),
        (Limits(formats=2), Limits(formats=1)),
        (Limits(parts=7), Limits(parts=6)),
    ],
)
@pytest.mark.parametrize("skimming", [False, True])
def test_a_limit_is_kept_to_the_unit(path, limits, refused, skimming, monkeypatch):
    path.write_bytes(hostile.book(ROWS))

    with mutants.skimming() if skimming else monkeypatch.context():
        assert inspect(path, limits)
        with pytest.raises(UsageError):
            inspect(path, refused)


@pytest.mark.parametrize("skimming", [False, True])
@pytest.mark.parametrize("cell", ['t="inlineStr"><is><t>{}</t></is>', 't="str"><v>{}</v>'])
def test_the_text_of_all_cells_is_limited_to_the_unit(path, cell, skimming, monkeypatch):
    rows = (f'<row r="{r}"><c r="A{r}" {cell.format("x" * 100)}</c></row>' for r in range(1, 11))
    path.write_bytes(hostile.book("".join(rows)))

    with mutants.skimming() if skimming else monkeypatch.context():
        assert inspect(path, Limits(texts=1000))
        with pytest.raises(UsageError):
            inspect(path, Limits(texts=999))


@pytest.mark.parametrize("first", [0, 100, 200])
def test_mutants_are_refused_or_read_and_do_no_harm(first):
    counts, examples = mutants.run(first, first + 100)

    assert {what: examples[what] for what in counts if not mutants.is_good(what)} == {}
    assert counts.total() == 100
