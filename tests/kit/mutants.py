"""Good workbooks with something changed for the worse, and what comes of reading them.

``python -m tests.kit.mutants 10000`` reads as many, and counts what happens.
"""

from __future__ import annotations

import io
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from python_calamine import CalamineWorkbook

from kamrules.annotate.__main__ import annotate
from kamrules.guard import sheet_check, xml_check
from kamrules.guard import workbook as guard
from kamrules.intake.read import read
from kamrules.messages.problem import UsageError
from tests.kit.hostile import (
    BOOK,
    RELS,
    ROWS,
    SHEET,
    STRINGS,
    STYLES,
    TYPES,
    Parts,
    packed,
    parts,
    sheet,
)
from tests.kit.sheets import SPECS
from tests.kit.told import MESSAGES

NASTY = (
    "", "0", "-1", "1", "NaN", "1e309", "4294967297", "99999999999999999999", "A1", "XFD1048576", "A0", "ZZZZ1",
    "A1:XFD1048576", "s", "str", "b", "e", "d", "inlineStr", "zzz", "#N/A", "#DIV/0!", "true", "&amp;", "&#0;", "&lt;",
    "&#49;", "&x;", "\x00", "\ud7ff", "甲", "x" * 5000, "_x0000_", "../../x", "sharedStrings.xml", "rId1", "r1", "r2",
)  # fmt: skip
SNIPPETS = (
    "<c/>", "<c><v>1</v></c>", '<c r="A1"><v>1</v></c>', '<c r="C2" t="s"><v>1</v></c>', "<row>", "</row>", "<row/>",
    '<row r="2"/>', '<row r="9"><c r="B9"><v>7</v></c></row>', "<v>5</v>", "<f>1</f>", "<is><t>x</t></is>", "<!-- x -->", "<![CDATA[1]]>",
    "<?x y?>", "<!DOCTYPE x>", "<a>", "</a>", "<a/>", "&amp;", "&#49;", "&x;", "<si/>", "<si><t>x</t></si>",
    '<dimension ref="A1"/>', '<mergeCell ref="A1:B2"/>', '<xf numFmtId="14"/>', '<numFmt numFmtId="14" formatCode="0"/>',
    '<sheet name="x" r:id="r1"/>', "\x01", "<sheetData>", "</sheetData>", '<extLst><c r="A1"/></extLst>', "<x:c/>",
)  # fmt: skip


def mutated(xml: bytes, chance: random.Random) -> bytes:
    """Return XML with one thing in it changed for the worse."""
    tags = spans(rb"<[^<>]*>", xml)
    if not tags:
        return xml
    whole = spans(rb"<(?:c|v|f|row|si|t|xf|sheet|Relationship|Override)\b[^<>]*/>", xml)
    whole += spans(rb"(?s)<(c|v|f|is|row|si|t|sheetData|cellXfs)\b[^<>]*(?<!/)>.*?</\1>", xml)
    values = spans(rb"""(?<==")[^"]*(?=")""", xml) + spans(rb"(?<=>)[^<>]+(?=<)", xml)
    (a, b), (c, d) = sorted((chance.choice(tags), chance.choice(tags)))
    (e, f), (g, h) = sorted((chance.choice(whole or tags), chance.choice(whole or tags)))
    start, end = chance.choice(values or tags)
    nasty, snippet = chance.choice(NASTY).encode(), chance.choice(SNIPPETS).encode()
    at = chance.randrange(len(xml))
    ways = (
        (6, lambda: xml[:start] + nasty + xml[end:]),
        (2, lambda: xml[:e] + xml[f:]),
        (2, lambda: xml[:f] + xml[e:f] + xml[f:]),
        (2, lambda: xml[:f] + xml[g:h] + xml[f:]),
        (2, lambda: xml[:e] + snippet + xml[e:]),
        (1, lambda: xml[:b] + snippet + xml[b:]),
        (1, lambda: xml[:a] + xml[b:]),
        (1, lambda: xml[:a] + xml[c:d] + xml[b:c] + xml[a:b] + xml[d:]),
        (1, lambda: xml[:a] + xml[d:]),
        (1, lambda: xml[:at] + bytes([chance.randrange(256)]) + xml[at + 1 :]),
        (1, lambda: xml[:at]),
    )
    (_, way), *_ = chance.choices(ways, [weight for weight, _ in ways])
    return way()


def spans(pattern: bytes, xml: bytes) -> list[tuple[int, int]]:
    """Return where a pattern is found."""
    return [found.span() for found in re.finditer(pattern, xml)]


def bases() -> list[Parts]:
    """Return good workbooks with everything in them that a customer's may have."""
    cells = (
        '<c r="A{r}" t="inlineStr"><is><t xml:space="preserve"> KA{r} </t></is></c><c r="B{r}" t="str"><f>"x"&amp;"{r}"</f>'
        '<v>公司{r}</v></c><c r="C{r}" s="1"><v>{r}.25</v></c><c r="D{r}" s="1"><v>4{r}000</v></c>'
    )
    odd = (
        '<c r="E{r}" t="e"><v>#N/A</v></c>', '<c r="E{r}"><f>A1</f></c>', '<c r="E{r}" t="b"><v>1</v></c>',
        '<c r="E{r}" s="1"/>', '<c r="E{r}"><v>-1.5E-3</v></c>', "",
    )  # fmt: skip
    rows = [
        f'<row r="{r}" spans="1:5" ht="15">{(cells + odd[r % 6]).format(r=r)}</row>'
        for r in range(2, 40)
    ]
    merge = '<mergeCells count="1"><mergeCell ref="F1:G1"/></mergeCells>'
    long = sheet(ROWS[0] + "".join(rows), '<dimension ref="A1:E39"/>', merge)
    even = (
        '<row r="{r}"><c r="A{r}" t="inlineStr"><is><t>KA{r}</t></is></c><c r="B{r}" t="s"><v>6</v></c>'
        '<c r="C{r}"><f>1+1</f><v>{r}.5</v></c><c r="D{r}" s="1"><v>45{r:03}.25</v></c>'
        '<c r="E{r}" t="str"><v>a&lt;{r}</v></c><c r="F{r}" t="b"><v>1</v></c></row>'
    )
    columns = sheet(ROWS[0] + "".join(even.format(r=r) for r in range(2, 40)))
    return [parts(), parts(sheet=long), parts(sheet=columns)]


def mutant(number: int) -> tuple[bytes, bytes]:
    """Return a mutant, and the good workbook that it was: XML of even numbers, bytes of odd."""
    chance = random.Random(number)
    good = chance.choice(bases())
    method = chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
    if number % 2:
        content = bytearray(packed(good, method))
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
        return bytes(content), packed(good, method)
    bad = dict(good)
    for _ in range(chance.choice((1, 1, 2, 3))):
        name = chance.choice(
            (SHEET, SHEET, SHEET, SHEET, STRINGS, STRINGS, STYLES, BOOK, RELS, TYPES)
        )
        bad[name] = mutated(bad[name], chance)
    return packed(bad, method), packed(good, method)


def inspected(path: Path) -> object:
    """Return what the guard says of a workbook: its sheets, or the code of the refusal."""
    try:
        return guard.inspect(path).sheets
    except UsageError as error:
        return error.problems[0].code


@contextmanager
def skimming() -> Iterator[None]:
    """Have the guard go over rows and strings by patterns however few they are."""
    kept = xml_check.SKIMMED, sheet_check.SKIMMED_COLUMN, sheet_check.LEARNED
    xml_check.SKIMMED, sheet_check.SKIMMED_COLUMN, sheet_check.LEARNED = 0, 0, 3
    try:
        yield
    finally:
        xml_check.SKIMMED, sheet_check.SKIMMED_COLUMN, sheet_check.LEARNED = kept


def told(path: Path) -> str:
    """Return what is read of a workbook, or the code of the refusal."""
    try:
        data, problems = read(path, SPECS)
    except UsageError as error:
        return error.problems[0].code
    frames = [(sheet.frame.schema, sheet.frame.rows()) for sheet in data.sheets.values()]
    return repr((frames, [(p.code, p.where) for p in problems]))


def values(path: Path) -> tuple[str, str]:
    """Return what is read of a workbook, by one reader and by the other."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(guard.inspect(path).content))
    grids = [book.get_sheet_by_name(title).to_python() for title in book.sheet_names]
    return told(path), repr(grids)


def is_written(path: Path) -> bool:
    """Return whether what is written into a workbook leaves one that can be read."""
    content, _ = annotate(path)
    target = path.with_name("out.xlsx")
    target.write_bytes(content)
    return not isinstance(inspected(target), str)


def what_happens(number: int, path: Path) -> str:
    """Return what comes of reading a mutant."""
    bad, good = mutant(number)
    path.write_bytes(bad)
    try:
        parsed = inspected(path)
        with skimming():
            skimmed = inspected(path)
        if skimmed != parsed:
            return "PATTERN AND PARSER DIFFER"
        if isinstance(parsed, str):
            return f"refused {parsed}"
        found = values(path)
        with skimming():
            skimmed = told(path)
        if skimmed != told(path):
            return "COLUMNS AND READER DIFFER"
    except BaseException as error:
        return f"EXCEPTION {type(error).__name__}: {error}"[:200]
    if found[0] in MESSAGES:
        return f"refused {found[0]}"
    try:
        if not is_written(path):
            return "WRITTEN, AND NOT READABLE"
    except UsageError:
        pass  # it is read, and its results go into a new workbook
    except BaseException as error:
        return f"EXCEPTION {type(error).__name__}: {error}"[:200]
    path.write_bytes(good)
    if found == values(path):
        return "read as before"
    return "WRONG VALUE" if number % 2 else "read otherwise"


def is_good(what: str) -> bool:
    """Return whether it is all right for that to happen to a mutant."""
    return what.startswith(("refused ", "read "))


def run(first: int, last: int) -> tuple[Counter[str], dict[str, list[int]]]:
    """Return how often what happened to the mutants from *first* on, and the numbers of some.

    They are read in another process: one that ends early was ended by the mutant after its last.
    """
    counts, examples = Counter[str](), dict[str, list[int]]()
    while first < last:
        command = [sys.executable, "-m", "tests.kit.mutants", "--work", str(first), str(last)]
        worker = subprocess.run(command, capture_output=True, text=True, check=False)
        told = [line.partition(" ") for line in worker.stdout.splitlines()]
        if len(told) < last - first:
            told.append(
                (str(first + len(told)), "", f"CRASH {worker.returncode}: {worker.stderr[-300:]}")
            )
        for number, _, what in told:
            counts[what] += 1
            examples.setdefault(what, []).append(int(number))
        first += len(told)
    return counts, examples


def _work(first: int, last: int) -> None:
    """Print what happens to some mutants; one that takes too long ends the process."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, last):
            start = _limited()
            what = what_happens(number, Path(folder) / "客户.xlsx")
            slow = time.process_time() - start > 10
            print(number, "SLOW" if slow else what, flush=True)


class Cost(NamedTuple):
    """What it took to read a workbook in a process of its own, and what came of it."""

    code: str
    why: str
    seconds: float
    megabytes: int


def costs(paths: Sequence[Path]) -> list[Cost]:
    """Return what it takes to read workbooks, 30 seconds of CPU each at most."""
    command = [sys.executable, "-m", "tests.kit.mutants", "--costs", *map(str, paths)]
    worker = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split("\t") for line in worker.stdout.splitlines()]
    return [Cost(code, why, float(cpu), int(peak)) for code, why, cpu, peak in lines]


def _costs(paths: Sequence[Path]) -> None:
    """Print what it takes to read workbooks, the peak of memory counted anew for each."""
    for path in paths:
        start, code, why = _limited(), "", ""
        Path("/proc/self/clear_refs").write_text("5", "ascii")
        try:
            read(path, SPECS)
        except UsageError as error:
            code, why = error.problems[0].code, error.problems[0].why.en
        seconds = time.process_time() - start
        status = Path("/proc/self/status").read_text("ascii")
        peak = re.search(r"VmHWM:\s*(\d+) kB", status)
        print(code, why, seconds, int(peak[1]) // 1024 if peak else 0, sep="\t", flush=True)


def _limited() -> float:
    """Return the CPU time so far; the process may take 30 seconds more."""
    start = time.process_time()
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(start) + 30, most))
    return start


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--work", first, last]:
            _work(int(first), int(last))
        case ["--costs", *paths]:
            _costs([Path(path) for path in paths])
        case [last, *first]:
            total, numbers = run(int(first[0]) if first else 0, int(last))
            for kind, times in total.most_common():
                print(f"{times:6} {kind}", "" if is_good(kind) else numbers[kind][:5])
