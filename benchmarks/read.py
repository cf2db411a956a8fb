"""CPU of reading 100,000 x 20 cells, beside openpyxl read-only and fastexcel without any check.

Run: python benchmarks/read.py [ROWS]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import fastexcel
from openpyxl import load_workbook

from kamrules.guard.workbook import inspect
from kamrules.intake.read import read
from kamrules.sheets.column import Column, SheetSpec

RUNS = 3
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
HEADERS = (
    "客户编号", "客户名称", "地区", "行业", "渠道", "负责人", "等级", "备注",
    "年销售额", "利润率", "回款", "折扣", "订单数", "数量", "逾期天数", "库存",
    "首次合作日期", "最近拜访", "是否战略", "毛利",
)  # fmt: skip
SPECS = (
    SheetSpec(
        "customers",
        "客户",
        "Customers",
        (
            Column("customer_id", "客户编号", "Customer ID", "text", required=True),
            Column("customer_name", "客户名称", "Customer Name", "text", required=True),
            Column("sales", "年销售额", "Annual Sales", "money"),
            Column("margin", "利润率", "Margin", "percent"),
            Column("overdue", "逾期天数", "Overdue Days", "int"),
            Column("since", "首次合作日期", "First Deal", "date"),
            Column("strategic", "是否战略", "Strategic", "bool"),
        ),
        required=True,
        unique="customer_id",
    ),
)


class Strings(dict[str, int]):
    """The shared strings and their numbers."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]


def write_book(path: Path, rows: int, shared: bool) -> None:
    """Write a workbook as Excel does (shared strings) or as openpyxl does (strings in cells)."""
    chance, strings = random.Random(1), Strings()
    letters = [chr(ord("A") + i) for i in range(len(HEADERS))]

    def text(value: str) -> str:
        if shared:
            return f' t="s"><v>{strings[value]}</v></c>'
        return f' t="inlineStr"><is><t>{value}</t></is></c>'

    def row(r: int) -> str:
        values = [
            text(f"KA{r:06}"), text(f"公司{r % 9000}"), *(text(f"类{chance.randrange(50)}") for _ in range(5)),
            "" if r % 3 else text(f"备注{r % 700}"),
            f"><v>{chance.random() * 10**6:.2f}</v></c>",
            *(f"><v>{chance.random():.4f}</v></c>" for _ in range(3)),
            *(f"><v>{chance.randrange(10**4)}</v></c>" for _ in range(4)),
            *(f' s="1"><v>{44000 + chance.randrange(1500)}</v></c>' for _ in range(2)),
            f' t="b"><v>{chance.randrange(2)}</v></c>',
            f"><f>I{r}-K{r}</f><v>{chance.random() * 10**5!r}</v></c>",
        ]  # fmt: skip
        cells = (f'<c r="{c}{r}"{v}' for c, v in zip(letters, values, strict=True) if v)
        return f'<row r="{r}" spans="1:20">{"".join(cells)}</row>'

    head = "".join(f'<c r="{c}1"{text(h)}' for c, h in zip(letters, HEADERS, strict=True))
    body = "".join(row(r) for r in range(2, rows + 2))
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{head}</row>{body}</sheetData></worksheet>'
    listed = "".join(f"<si><t>{value}</t></si>" for value in strings)
    kinds = {
        "workbook": "sheet.main",
        "worksheets/sheet1": "worksheet",
        "styles": "styles",
        "sharedStrings": "sharedStrings",
    }
    overrides = "".join(
        f'<Override PartName="/xl/{n}.xml" ContentType="{TYPES}{k}+xml"/>' for n, k in kinds.items()
    )
    related = [
        ("worksheet", "worksheets/sheet1.xml"),
        ("styles", "styles.xml"),
        ("sharedStrings", "sharedStrings.xml"),
    ]
    formats = (
        "<cellXfs>"
        + "".join(f'<xf numFmtId="{i}" fontId="0" fillId="0" borderId="0"/>' for i in (0, 14))
        + "</cellXfs>"
    )
    fonts = "<fonts><font/></fonts><fills><fill><patternFill/></fill></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>',
        "_rels/.rels": relationships([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="客户" sheetId="1" r:id="r0"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships(related),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{fonts}{formats}</styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}" uniqueCount="{len(strings)}">{listed}</sst>',
        "xl/worksheets/sheet1.xml": sheet,
    }  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, xml in parts.items():
            archive.writestr(name, xml)


def relationships(targets: list[tuple[str, str]]) -> str:
    """Return the XML of a relationships part."""
    items = "".join(
        f'<Relationship Id="r{i}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{items}</Relationships>'


def with_openpyxl(path: Path) -> None:
    """Read all values with openpyxl, read-only."""
    for row in load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True):
        del row


def with_fastexcel(path: Path) -> None:
    """Read all values with fastexcel."""
    fastexcel.read_excel(path).load_sheet(0).to_polars()


def cpu(work: Callable[[Path], object], path: Path, runs: int = RUNS) -> float:
    """Return the least CPU seconds of some runs."""
    spent = []
    for _ in range(runs):
        start = time.process_time()
        work(path)
        spent.append(time.process_time() - start)
    return min(spent)


def main() -> None:
    """Print CPU seconds, and how many times as much openpyxl takes."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        for shared, kind in ((True, "shared strings"), (False, "strings in cells")):
            path = Path(folder) / "客户.xlsx"
            write_book(path, rows, shared)
            ours = cpu(lambda path: read(path, SPECS), path)
            times = {
                "kamrules, checked and typed": ours,
                "of that, the guard": cpu(inspect, path),
                "fastexcel, no checks": cpu(with_fastexcel, path),
                "openpyxl read-only": cpu(with_openpyxl, path, runs=1),
            }
            print(f"{rows:,} x {len(HEADERS)} cells, {kind}, {path.stat().st_size / 1e6:.1f} MB")
            for name, seconds in times.items():
                print(
                    f"  {name:<28} {seconds:6.2f} s of CPU  {times['openpyxl read-only'] / seconds:5.1f}"
                )


if __name__ == "__main__":
    main()
