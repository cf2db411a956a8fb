"""The annotated workbook: what is added, what stays, and what a second run does."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.table import Table
from python_calamine import CalamineWorkbook

from kamrules.annotate.annotate import annotate, fresh
from kamrules.engine.decision import RULE, Decision
from kamrules.intake.mark import Added, read_mark
from kamrules.messages.problem import Cell, UsageError
from kamrules.page.columns import Additions, ListSheet
from kamrules.page.reports import ResultColumn
from kamrules.rules.decision_table import Output
from kamrules.sheets.column import SheetSpec
from kamrules.sheets.sheet import Sheet
from kamrules.words.text import Text
from kamrules.xlsx.cells import clean
from kamrules.xlsx.workbook import opened
from tests.kit.results import ROWS, UNREADABLE, a_result, page, table

HEADERS = ["等级\nTier", "占比\nShare", "变化\nChange", "规则\nRule", "判定依据\nWhy",
           "折扣\nDiscount", "范围\nScope"]  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a customer workbook with a note, a fill, a formula and a text that looks like one."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "客户"
    sheet.append(["客户编号", "客户名称", "年销售额"])
    for row, id_, name, sales, *_ in ROWS:
        sheet.append([id_, None, sales or "=1,2OO"])
        sheet.cell(row, 2, name).data_type = "s"
    sheet["C5"].data_type = "s"
    sheet["C5"].fill = PatternFill("solid", fgColor="FFFF00")
    sheet["C5"].number_format = "#,##0"
    sheet["B2"].comment = Comment("老客户", "王敏")
    orders = workbook.create_sheet("销售")
    orders.append(["合计", "=SUM(B2:B9)"])
    workbook.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


def annotated(source: Path, result=None, lang="zh", name="out.xlsx") -> Path:
    target = source.with_name(name)
    result = result or a_result()
    annotate(source, target, result, page(result, lang))
    return target


def rows(sheet, first: str, last: str) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet[f"{first}:{last}"]]


def test_every_cell_of_the_source_stays_as_it_was(source: Path):
    before = load_workbook(source)
    after = load_workbook(annotated(source))

    for sheet in before.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                now = after[sheet.title][cell.coordinate]
                assert (now.value, now.data_type, now.number_format) == (
                    cell.value, cell.data_type, cell.number_format,
                )  # fmt: skip
    assert after["客户"]["B2"].comment.text == "老客户"


def test_results_stand_right_of_the_last_column_as_plain_values(source: Path):
    sheet = load_workbook(annotated(source))["客户"]

    assert rows(sheet, "D1", "J1") == [HEADERS]
    assert rows(sheet, "D2", "J6") == [
        ["铂金", 0.6, None, "R1", "销售占比 2", 0.05, "全部"],
        ["黄金", 0.2, "▼ 铂金", "R2", "销售占比 3", 0.05, "全部"],
        ["黄金", 0.15, "▲ 铁质", "R2", "销售占比 4", 0.05, "全部"],
        ["未判定", None, None, None, "缺 年销售额", 0.05, "全部"],
        ["黄金", 0.05, "新增", "默认", "销售占比 6", 0.05, "全部"],
    ]
    assert (sheet["E2"].number_format, sheet["D2"].style) == ("0.00%", "kam.grade.1")


def test_another_reader_sees_the_same_results(source: Path):
    sheet = CalamineWorkbook.from_path(annotated(source, lang="en")).get_sheet_by_name("客户")

    found = sheet.to_python()

    assert found[0][3:] == HEADERS
    assert [row[3] for row in found[1:]] == ["Platinum", "Gold", "Gold", "Undecided", "Gold"]
    assert found[1][:3] == ["K1", "华东机电", 6_000_000.0]


def test_a_rule_links_to_its_row_and_a_problem_to_its_cell(source: Path):
    workbook = load_workbook(annotated(source))

    rule = workbook["客户"]["G3"].hyperlink.location
    problem = workbook["问题"]["D5"]

    assert rule == "'规则'!A8"
    assert workbook["规则"]["A8"].value == "R2"
    assert (problem.value, problem.hyperlink.location) == ("客户!C5", "'客户'!C5")


def test_a_bad_cell_is_framed_and_says_what_to_do(source: Path):
    cell = load_workbook(annotated(source))["客户"]["C5"]

    assert (cell.value, cell.style, cell.number_format) == ("=1,2OO", "kam.error", "#,##0")
    assert cell.comment.text == (
        "[E101] 年销售额 要数字\n当前: =1,2OO\n怎么改: 改成 1200\n影响: K4 未判定"
    )


def test_only_changed_and_undecided_tiers_have_notes(source: Path):
    sheet = load_workbook(annotated(source, lang="en"))["客户"]

    assert [row for row in range(2, 7) if sheet.cell(row, 4).comment] == [3, 4, 5]
    assert sheet["D4"].comment.text == (
        "Tier: Gold  (previous Iron)\nRule: R2 of Tiering, F First\nBecause: share of sales 4\n"
        "Check: kamrules explain book.xlsx K3"
    )


def test_a_cell_with_a_note_of_its_own_keeps_it(source: Path):
    result = a_result(problems=[replace(UNREADABLE, where=Cell("book.xlsx", "客户", "B2"))])

    assert load_workbook(annotated(source, result))["客户"]["B2"].comment.text == "老客户"


def test_no_text_becomes_a_formula(source: Path):
    target = annotated(source)

    with zipfile.ZipFile(target) as package:
        parts = [package.read(n).decode() for n in package.namelist() if "worksheets/sheet" in n]
    formulas = [f for part in parts for f in re.findall(r"<f>([^<]*)</f>", part)]
    assert formulas == ["SUM(B2:B9)"]
    workbook = load_workbook(target)
    assert workbook["规则"]["C8"].value == "=1+1"
    assert workbook["规则"]["C8"].data_type == "s"


def test_characters_that_xml_cannot_hold_are_left_out():
    assert clean("a\x00b\x0bc\ud800d\uffff") == "abcd"


def test_the_same_result_gives_the_same_bytes(source: Path):
    first, second = annotated(source), annotated(source, name="again.xlsx")

    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("problems", [(), (UNREADABLE,)])
def test_applying_twice_equals_applying_once(source: Path, problems):
    once = annotated(source, a_result(problems=problems))
    twice = annotated(once, a_result(problems=problems), name="twice.xlsx")

    assert twice.read_bytes() == once.read_bytes()


def test_the_dates_of_the_file_come_from_the_run(source: Path):
    properties = load_workbook(annotated(source)).properties

    assert properties.modified == dt.datetime(2025, 9, 24)
    assert properties.created == load_workbook(source).properties.created


def test_a_second_run_in_another_language_replaces_the_first(source: Path):
    workbook = load_workbook(annotated(annotated(source), lang="en", name="en.xlsx"))

    assert workbook.sheetnames == [
        "Summary", "客户", "销售", "Problems", "Rules", "History", "_kam_charts", "_kamrules",
    ]  # fmt: skip
    assert rows(workbook["客户"], "D1", "K1") == [[*HEADERS, None]]


def test_a_corrected_cell_gets_its_own_style_back(source: Path):
    once = annotated(source)
    corrected = load_workbook(annotated(once, a_result(problems=()), name="two.xlsx"))["客户"]["C5"]

    assert (corrected.style, corrected.fill.fgColor.rgb) == ("Normal", "00FFFF00")
    assert corrected.comment is None


def test_a_framed_cell_that_was_sorted_away_gets_the_style_of_its_column(source: Path):
    once = annotated(source)
    workbook = load_workbook(once)
    sheet = workbook["客户"]
    sheet["C6"]._style, sheet["C5"]._style = sheet["C5"]._style, sheet["C6"]._style
    workbook.save(once)

    sheet = load_workbook(annotated(once, a_result(problems=()), name="two.xlsx"))["客户"]

    assert sheet["C6"].style == "Normal"


def test_the_status_of_a_problem_is_kept(source: Path):
    once = annotated(source)
    workbook = load_workbook(once)
    workbook["问题"]["K5"].value = "忽略"
    workbook.save(once)

    sheet = load_workbook(annotated(once, lang="en", name="two.xlsx"))["Problems"]

    assert sheet["K5"].value == "Ignore"
    assert sheet.data_validations.dataValidation[0].formula1 == '"To fix,Fixed,Ignore"'


def test_history_keeps_other_dates_and_replaces_its_own(source: Path):
    earlier = replace(a_result(), as_of=dt.date(2025, 6, 30))
    once = annotated(annotated(source, earlier), name="two.xlsx")

    sheet = load_workbook(annotated(once, name="three.xlsx"))["历史"]

    assert rows(sheet, "A1", "D1") == [["期次", "客户编号", "等级", "占比"]]
    dates = [row[0].value.date() for row in sheet.iter_rows(min_row=2)]
    assert dates == [dt.date(2025, 6, 30)] * 4 + [dt.date(2025, 9, 24)] * 4
    assert rows(sheet, "B2", "D2") == [["K1", "铂金", 0.6]]


def test_a_sheet_of_theirs_with_our_title_is_left_alone(source: Path):
    workbook = load_workbook(source)
    workbook.create_sheet("问题")["A1"] = "会议问题"
    workbook.save(source)

    found = load_workbook(annotated(annotated(source), name="two.xlsx"))

    assert found["问题"]["A1"].value == "会议问题"
    assert found["kam 问题"]["A1"].value == "问题 Problems · 1"


def test_columns_move_with_a_column_that_was_inserted(source: Path):
    once = annotated(source)
    workbook = load_workbook(once)
    workbook["客户"].insert_cols(2)
    workbook["客户"]["B1"].value = "区域"
    workbook.save(once)

    sheet = load_workbook(annotated(once, name="two.xlsx"))["客户"]

    assert rows(sheet, "A1", "L1") == [
        ["客户编号", "区域", "客户名称", "年销售额", *HEADERS, None],
    ]  # fmt: skip


def test_a_column_of_theirs_right_of_ours_is_not_overwritten(source: Path):
    result = a_result()
    once = annotated(source, replace(result, decisions=result.decisions[:1]))
    workbook = load_workbook(once)
    workbook["客户"]["I1"].value = "备注"
    workbook.save(once)

    sheet = load_workbook(annotated(once, name="two.xlsx"))["客户"]

    assert rows(sheet, "D1", "P1") == [[None] * 5 + ["备注", *HEADERS]]


def test_rows_of_other_sheets_are_decided_beside_them_too(source: Path):
    result = a_result()
    where = Cell("care.xlsx", "销售", "A1")
    grading = table("grade", (Output("级别 Grade", "text", where),), ("R1", "-", "A"))
    spec = SheetSpec("orders", "销售", "Orders", ())
    orders = Sheet(spec, "销售", pl.DataFrame({"#row": [2]}), 1, {}, {}, 2)
    frame = pl.DataFrame({"#row": [2], "级别 Grade": ["A"], RULE: ["R1"]})
    graded = Decision(replace(grading, for_each="orders"), frame, {"R1": 1})

    found = annotated(
        source,
        replace(
            result,
            data=replace(result.data, sheets={**result.data.sheets, "orders": orders}),
            decisions=(*result.decisions, graded),
        ),
    )

    assert rows(load_workbook(found)["销售"], "C1", "D2") == [
        ["级别\nGrade", "规则\nRule"],
        ["A", "R1"],
    ]


def test_a_width_that_spans_our_columns_is_split(source: Path):
    workbook = load_workbook(source)
    size = workbook["客户"].column_dimensions["C"]
    size.min, size.max, size.width = 3, 20, 30
    workbook.save(source)

    with zipfile.ZipFile(annotated(source)) as package:
        part = package.read("xl/worksheets/sheet1.xml").decode()

    columns = [dict(re.findall(r'(\w+)="([^"]*)"', c)) for c in re.findall(r"<col ([^>]*)>", part)]
    spans = [(int(c["min"]), int(c["max"]), float(c["width"])) for c in columns]
    assert spans[0] == (3, 3, 30.0)
    assert spans[-1] == (11, 20, 30.0)
    assert all(b < c for (_, b, _), (c, _, _) in pairwise(spans))


def test_where_results_are_many_all_but_the_first_can_be_folded_away(source: Path):
    result = a_result()
    labels = [f"项{n}" for n in range(8)]
    outputs = tuple(Output(name, "int", Cell("care.xlsx", "多", "A1")) for name in labels)
    many = table("many", outputs, ("R1", "-", ";".join("1" * len(labels))))
    rows_ = result.subjects["#row"]
    ones = [pl.lit(1).alias(name) for name in labels]
    frame = pl.DataFrame(rows_).with_columns(pl.lit("R1").alias(RULE), *ones)
    decision = Decision(replace(many, for_each="customers"), frame, {"R1": frame.height})

    found = annotated(source, replace(result, decisions=(*result.decisions, decision)))

    sizes = load_workbook(found)["客户"].column_dimensions
    assert load_workbook(found)["客户"].sheet_format.outlineLevelCol == 1
    assert [sizes[c].outlineLevel for c in ("D", "H", "I")] == [0, 0, 1]
    assert not load_workbook(annotated(source))["客户"].sheet_format.outlineLevelCol


def test_rows_of_a_list_are_as_tall_as_their_texts(source: Path):
    texts = pl.Series(["短", "每一步都写明从何而来" * 8])
    column = ResultColumn(Text("推导", "Derivation"), texts, width=44)
    target = source.with_name("out.xlsx")

    listed = ListSheet("steps", Text("步骤", "Steps"), Text("", ""), [column])
    annotate(source, target, a_result(), page(a_result(), "zh"), Additions([listed]))

    heights = load_workbook(target)["步骤"].row_dimensions
    assert (heights[5].height, heights[6].height) == (None, 60)


def test_the_record_says_what_was_added(source: Path):
    with opened(annotated(source), "book.xlsx") as book:
        mark = read_mark(book)

    assert mark.record == {"kamrules": "0.1.0", "rules tiering.xlsx": "分级"}
    assert mark.columns == (Added("客户", "D", tuple(HEADERS)),)
    assert mark.sheets == {
        "summary": "汇总", "problems": "问题", "rules": "规则", "history": "历史",
        "charts": "_kam_charts",
    }  # fmt: skip
    assert [(title, ref) for title, ref, _ in mark.framed] == [("客户", "C5")]


def test_a_file_held_open_is_a_problem_with_exit_code_3(source: Path, monkeypatch):
    def held(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", held)

    with pytest.raises(UsageError) as caught:
        annotated(source)

    assert caught.value.exit_code == 3
    assert [p.code for p in caught.value.problems] == ["E002"]
    assert [path.name for path in source.parent.iterdir()] == ["book.xlsx"]


def test_the_source_is_not_written(source: Path):
    before = source.read_bytes()

    annotated(source)

    assert source.read_bytes() == before


@pytest.mark.parametrize(
    ("problems", "title"), [((), "汇总"), ((UNREADABLE,), "问题")], ids=["summary", "problems"]
)
def test_the_summary_is_what_opens_or_what_has_to_be_corrected(source: Path, problems, title: str):
    workbook = load_workbook(annotated(source, replace(a_result(), problems=problems)))

    assert workbook.active.title == title
    assert [s.title for s in workbook.worksheets if s.sheet_view.tabSelected] == [title]
    assert len(workbook["汇总"]._charts) == 2
    view = workbook["问题"].sheet_view
    assert [s.activeCell for s in view.selection if s.pane == view.pane.activePane] == ["A5"]


def test_a_count_of_hits_links_to_a_row_it_is_about(source: Path):
    sheet = load_workbook(annotated(source))["规则"]

    links = {row[0].value: row[1].hyperlink.location for row in sheet if row[1].hyperlink}
    assert links == {"R1": "'客户'!A2", "R2": "'客户'!A3", "默认": "'客户'!A6"}


def test_the_record_is_hidden_where_no_menu_shows_it(source: Path):
    workbook = load_workbook(annotated(source))

    assert workbook["_kamrules"].sheet_state == "veryHidden"
    assert workbook["_kam_charts"].sheet_state == "hidden"


def test_a_fresh_workbook_holds_the_data_that_was_read_and_the_result(tmp_path: Path):
    result = a_result()
    read = pl.DataFrame(
        {"#row": [2, 3], "id": ["K1", "=2"], "since": [dt.date(2024, 1, 2), None], "n": [1.5, 2.0]}
    )
    sheet = replace(
        result.data.sheets["customers"],
        frame=read,
        letters={"id": "A", "since": "B", "n": "C"},
        headers={"id": "客户编号", "since": "起始", "n": "数"},
    )
    data = replace(result.data, sheets={"customers": sheet})

    fresh(tmp_path / "new.xlsx", replace(result, data=data), page(result, "zh"))

    found = load_workbook(tmp_path / "new.xlsx")
    assert rows(found["客户"], "A1", "D3") == [
        ["客户编号", "起始", "数", "等级\nTier"],
        ["K1", dt.datetime(2024, 1, 2), 1.5, "铂金"],
        ["=2", None, 2, "黄金"],
    ]
    assert found["客户"]["A3"].data_type == "s"
    assert found.active.title == "问题"


def test_a_workbook_that_cannot_be_changed_safely_is_refused(source: Path):
    with zipfile.ZipFile(source, "a") as package:
        package.writestr("_xmlsignatures/sig1.xml", "<Signature/>")

    with pytest.raises(UsageError) as caught:
        annotated(source)

    assert [p.code for p in caught.value.problems] == ["E020"]
    assert [path.name for path in source.parent.iterdir()] == ["book.xlsx"]


def test_only_parts_that_carry_a_result_change(source: Path):
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(annotated(source)) as after:
        changed = [n for n in before.namelist() if before.read(n) != after.read(n)]

    assert sorted(changed) == [
        "[Content_Types].xml", "docProps/core.xml", "xl/_rels/workbook.xml.rels",
        "xl/comments/comment1.xml", "xl/drawings/commentsDrawing1.vml", "xl/styles.xml",
        "xl/workbook.xml", "xl/worksheets/sheet1.xml",
    ]  # fmt: skip


def test_a_table_of_theirs_over_our_columns_is_theirs(source: Path):
    once = annotated(source)
    workbook = load_workbook(once)
    workbook["客户"].add_table(Table(displayName="t", ref="A1:J6"))
    workbook.save(once)

    sheet = load_workbook(annotated(once, lang="en", name="two.xlsx"))["客户"]

    assert rows(sheet, "D1", "K1") == [[*HEADERS, HEADERS[0]]]
    assert sheet["K2"].value == "Platinum"


def test_a_sheet_without_room_is_refused(source: Path):
    result = a_result()
    sheet = replace(result.data.sheets["customers"], last_column=16_380)
    data = replace(result.data, sheets={"customers": sheet})

    with pytest.raises(UsageError, match="results cannot be added"):
        annotated(source, replace(result, data=data))


def test_named_ranges_follow_the_sheets_they_belong_to(source: Path):
    workbook = load_workbook(source)
    workbook["销售"].print_title_rows = "1:1"
    workbook.save(source)

    found = load_workbook(annotated(annotated(source), name="two.xlsx"))

    assert found["销售"].print_title_rows == "$1:$1"
    assert found["问题"].print_title_rows == "$4:$4"
    assert found["客户"].print_title_rows is None
