"""The look of a rule workbook: cells, choices, pages, and the sheets that go with its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from kamrules.rules.author import manual
from kamrules.rules.decision_table import CaseBlock, DecisionTable, RuleBook
from kamrules.words.look import INK, NOTE, QUIET, TEAL
from kamrules.words.names import both
from kamrules.words.types import Type
from kamrules.words.width import width
from kamrules.xlsx.made import FONT, LINE

THICK = Border(bottom=Side(style="medium", color=TEAL))


def look(
    cell: Any, *, size: float = 10, ink: str = INK, paper: str = "", bold: bool = False,
    italic: bool = False, at: str = "center", wrap: bool = False,
) -> None:  # fmt: skip
    """Give a cell its font, place and paper."""
    cell.font = Font(name=FONT, size=size, color=ink, bold=bold, italic=italic)
    cell.alignment = Alignment(horizontal=at, vertical="center", wrap_text=wrap or None)
    cell.fill = PatternFill("solid", fgColor=paper) if paper else PatternFill()


def choose(sheet: Worksheet, ref: str, listed: str, free: bool, prompt: str = "") -> None:
    """Offer a list in some cells; where they are *free*, other texts are taken too."""
    # A list in a validation holds at most 255 characters.
    some = listed if len(listed) <= 255 else ""
    formula = '"{}"'.format(some.replace('"', '""')) if some else None
    validation = DataValidation(
        type="list" if some else None, formula1=formula, allow_blank=True,
        showErrorMessage=not free,
    )  # fmt: skip
    if not free:
        validation.errorTitle = "不在取值里 Not a value"
        validation.error = (
            "只能选取值行里的词; 要加新的词, 先写进 取值 Values 行. "
            "Choose a word of the Values row; add a new one there first."
        )
    if prompt:
        validation.promptTitle, validation.prompt = manual.PROMPT_TITLE, prompt
        validation.showInputMessage = True
    validation.add(ref)
    sheet.add_data_validation(validation)


def page(sheet: Worksheet, tab: str = QUIET) -> None:
    """Set up a sheet: no grid, a coloured tab, landscape, as wide as the paper."""
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = tab
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def freeze(sheet: Worksheet, tables: Sequence[DecisionTable]) -> None:
    """Keep the headers in sight where a sheet holds one table."""
    first = tables[0].rules[0].where.ref if tables[0].rules else ""
    if len(tables) == 1 and first:
        cell = sheet[first]
        sheet.freeze_panes = sheet.cell(cell.row, cell.column + 1).coordinate


def listing(sheet: Worksheet) -> None:
    """Dress a sheet of parameters or of the glossary: its header row and its rows."""
    for row in sheet.iter_rows():
        for cell in row:
            head = cell.row == 1
            paper = NOTE if head else ""
            look(cell, paper=paper, bold=head, at="center" if head else "left", wrap=True)
            cell.border = THICK if head else LINE
    for column in range(1, sheet.max_column + 1):
        texts = [str(v) for r in range(1, sheet.max_row + 1) if (v := sheet.cell(r, column).value)]
        widest = max(map(width, texts), default=0)
        sheet.column_dimensions[get_column_letter(column)].width = min(max(12, widest + 4), 56)
    sheet.freeze_panes = "B2"
    page(sheet)


def tests_sheet(sheet: Worksheet, rulebook: RuleBook) -> None:
    """Write the headers of the test cases of each table, ready to be filled in."""
    row = 1
    for table in rulebook.tables:
        heads = [
            "用例 Case", "表 Table", *(i.label for i in table.inputs),
            *(_expected(o.label) for o in table.outputs), "期望规则 Expected rule", "备注 Note",
        ]  # fmt: skip
        for column, head in enumerate(heads, 1):
            sheet.cell(row, column, head)
        cases(sheet, row, len(heads), 2)
        row += 4
    page(sheet)


def case_blocks(sheet: Worksheet, blocks: Sequence[CaseBlock]) -> None:
    """Dress the blocks of test cases of a sheet."""
    for block in blocks:
        cases(sheet, block.header_row, block.width, len(block.cases))
    page(sheet)


def cases(sheet: Worksheet, head: int, columns: int, rows: int) -> None:
    """Dress a header row and the rows below it; results that stand there keep their colours."""
    sheet.row_dimensions[head].height = 44
    for column in range(1, columns + 1):
        look(sheet.cell(head, column), paper=NOTE, bold=True, wrap=True)
        sheet.cell(head, column).border = THICK
        letter = get_column_letter(column)
        size = sheet.column_dimensions[letter].width or 0
        sheet.column_dimensions[letter].width = max(size, 18)
        for row in range(head + 1, head + rows + 1):
            cell = sheet.cell(row, column)
            if not cell.fill.fill_type:
                look(cell)
            cell.border = LINE


def _expected(label: str) -> str:
    zh, en = both(label)
    return f"期望 {zh}" if zh == en else f"期望 {zh} Expected {en}"


def how_to_write(sheet: Worksheet) -> None:
    """Write the language of cells by example, in both languages."""
    row = 1
    for title, examples in manual.SECTIONS:
        look(sheet.cell(row, 1, title), size=12, bold=True, at="left")
        for column, head in enumerate(manual.HEADS, 1):
            cell = sheet.cell(row + 1, column, head)
            look(cell, paper=NOTE, bold=True)
            cell.border = THICK
        row += 2
        for example, type_, zh, en in examples:
            named = f"{_TYPE_NAMES[type_]}"
            for column, text in enumerate((example, named, zh, en), 1):
                cell = sheet.cell(row, column, text)
                cell.data_type, cell.number_format = "s", "@"
                look(cell, bold=column == 1, at="left", wrap=True)
                cell.border = LINE
            row += 1
        row += 1
    for text in manual.ADVICE:
        cell = sheet.cell(row, 1, text)
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=4)
        look(cell, at="left", wrap=True)
        sheet.row_dimensions[row].height = 44
        row += 1
    for letter, size in zip("ABCD", (28, 18, 38, 46), strict=True):
        sheet.column_dimensions[letter].width = size
    page(sheet)


_TYPE_NAMES: Mapping[Type, str] = {
    "number": "数字 number", "percent": "百分比 percent", "int": "整数 whole number",
    "money": "金额 money", "enum": "选项 choice", "bool": "是否 yes/no", "date": "日期 date",
    "text": "文本 text",
}  # fmt: skip
