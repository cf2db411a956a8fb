"""Rule workbooks that help their author, and still say what they said."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kamrules.hooks import plugins
from kamrules.messages.message import Refusal
from kamrules.rules import catalogue
from kamrules.rules.author import manual
from kamrules.rules.author.dress import dress
from kamrules.rules.cell.sfeel import parse_output, parse_test
from kamrules.rules.decision_table import RuleBook
from kamrules.rules.grid import read_grids
from kamrules.rules.load import load
from kamrules.run import pipeline
from kamrules.run.result import Result
from tests.conftest import ROOT

Book = Callable[..., Path]

TABLES = """
    | 决策表     | 折扣 discount | | | |
    | 命中策略   | F | | | |
    | 生效       | 2024-01-01 | | | |
    | 规则       | 条件 IN  | 条件 IN  | 结果 OUT | 备注 |
    | 列         | 年采购额 | 创新型   | 折扣     | 理由 |
    | 类型       | 金额     | 是否     | 百分比   | |
    | R1         | 5000000  | TRUE     | 0.08     | '=见合同 |
    | R2         | '=30     | -        | 5%       | |
    | 默认       |          |          | 0        | |

    | 决策表     | 档 band | | | |
    | 规则       | 条件 IN  | 结果 OUT | | |
    | 列         | 等级     | 档       | | |
    | 类型       | 选项     | 选项     | | |
    | 取值       | 战略,重点 | 甲,乙   | | |
    | R1         | 战略     | 甲       | | |
    | R2         | not(战略) | 乙      | | |
"""
CROSSTAB = """
    | 交叉表 Crosstab | 服务档 service | |
    | 命中策略 | F | |
    | 行 Rows | 等级 | 选项 |
    | 列 Columns | 逾期天数 | 整数 |
    | 结果 OUT | 服务档 | 选项 |
    | | <=30 | >30 |
    | 战略 | A | B |
    | - | B | C |
"""
PARAMETERS = "| 参数 | 值 |\n| 门槛 | 5000000 |\n| 比例 | 0.05 |"
GLOSSARY = (
    "| 中文 | 英文 | 类型 | 取值 |\n| 等级 | Tier | 选项 | 战略,重点 |\n| 战略 | Strategic | 值 | |"
)

pytestmark = pytest.mark.large


def loaded(path: Path, name: str = "book") -> RuleBook:
    known = catalogue.vocabulary(catalogue.merged_specs(plugins.load()))
    rulebook, problems = load(read_grids(path), name, known)
    assert [p.what for p in problems if p.severity == "error"] == []
    return rulebook


def dressed(path: Path, folder: Path) -> Path:
    known = catalogue.vocabulary(catalogue.merged_specs(plugins.load()))
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    target.write_bytes(dress(path, known))
    return target


def without_blank_blocks(rulebook: RuleBook) -> RuleBook:
    """Return what a workbook says, without headers of test cases that nobody filled in yet."""
    return replace(rulebook, cases=tuple(c for c in rulebook.cases if c.cases))


def same(path: Path, tmp_path: Path) -> None:
    assert without_blank_blocks(loaded(dressed(path, tmp_path / "dressed"))) == loaded(path)


def test_all_that_plugins_ship_keeps_its_meaning(tmp_path: Path) -> None:
    for _, source in catalogue.packaged(plugins.load()):
        with as_file(source) as path:
            same(path, tmp_path)


def test_the_rules_of_a_plugin_of_somebody_else_keep_their_meaning(tmp_path: Path) -> None:
    for path in (ROOT / "tests" / "acme").rglob("*.xlsx"):
        same(path, tmp_path)


def test_exported_rules_decide_as_the_packaged_ones(
    the_demo: Path, demo_result: Result, tmp_path: Path
) -> None:
    manager = plugins.load()
    exported = catalogue.export(manager, tmp_path / "rules")

    edited = pipeline.apply(the_demo, pipeline.Run(manager, tuple(exported))).subjects

    assert edited.equals(demo_result.subjects)


def test_native_cells_signs_several_tables_and_crosstabs_keep_their_meaning(
    tmp_path: Path, book: Book
) -> None:
    sheets = {"规则": TABLES, "交叉": CROSSTAB, "参数": PARAMETERS, "词表": GLOSSARY}
    path = book(tmp_path / "rules.xlsx", **sheets)

    same(path, tmp_path)
    assert [len(t.rules) for t in loaded(path).tables] == [2, 2, 4]


def test_external_tables_keep_their_meaning(tmp_path: Path, shared: Path) -> None:
    for path in sorted((shared / "tck").glob("*.xlsx")):
        same(path, tmp_path)


def test_dressing_twice_changes_no_cell(tmp_path: Path, book: Book) -> None:
    path = book(tmp_path / "rules.xlsx", 规则=TABLES)
    once = dressed(path, tmp_path / "once")
    twice = dressed(once, tmp_path / "twice")

    def cells(name: Path) -> dict[str, list[tuple[object, ...]]]:
        return {s.title: list(s.iter_rows(values_only=True)) for s in load_workbook(name)}

    assert cells(twice) == cells(once)


def test_the_same_workbook_is_dressed_the_same(tmp_path: Path, book: Book) -> None:
    path = book(tmp_path / "rules.xlsx", 规则=TABLES, 交叉=CROSSTAB)

    assert dress(path, {}) == dress(path, {})


def test_condition_cells_are_text_and_say_how_to_write(tmp_path: Path, book: Book) -> None:
    path = dressed(book(tmp_path / "rules.xlsx", 规则=TABLES), tmp_path / "dressed")
    sheet = load_workbook(path)["规则"]

    assert [sheet[ref].number_format for ref in ("B8", "C8", "B16")] == ["@", "@", "@"]
    assert sheet["B8"].value == "=30"
    assert sheet["B8"].data_type == "s"
    assert (sheet["B7"].value, sheet["B7"].number_format) == (5000000, "General")
    prompts = {str(v.sqref): v for v in sheet.data_validations.dataValidation if v.prompt}
    money = next(v for ref, v in prompts.items() if ref.startswith("B7"))
    assert ">=100万" in money.prompt
    assert money.promptTitle == manual.PROMPT_TITLE
    tier = next(v for ref, v in prompts.items() if ref.startswith("B16"))
    assert tier.formula1 == '"战略,重点,-"'
    assert not tier.showErrorMessage


def test_a_result_with_values_takes_nothing_else(tmp_path: Path, book: Book) -> None:
    path = dressed(book(tmp_path / "rules.xlsx", 规则=TABLES), tmp_path / "dressed")
    sheet = load_workbook(path)["规则"]

    (band,) = [v for v in sheet.data_validations.dataValidation if str(v.sqref).startswith("C16")]
    assert (band.formula1, band.showErrorMessage) == ('"甲,乙"', True)
    assert "取值" in band.error
    (policy,) = [v for v in sheet.data_validations.dataValidation if str(v.sqref) == "B2"]
    assert "F 首个 First" in policy.formula1
    assert len(policy.formula1) <= 257


def test_rows_below_a_table_are_ready_for_new_rules(tmp_path: Path, book: Book) -> None:
    path = dressed(book(tmp_path / "rules.xlsx", 规则=TABLES), tmp_path / "dressed")
    workbook = load_workbook(path)
    workbook["规则"]["A18"] = "R3"
    workbook["规则"]["C18"] = "甲"
    workbook.save(path)

    assert [r.id for r in loaded(path).tables[1].rules] == ["R1", "R2", "R3"]
    assert workbook["规则"]["B18"].number_format == "@"


def test_a_workbook_without_tests_gets_headers_for_them(tmp_path: Path, book: Book) -> None:
    path = dressed(book(tmp_path / "rules.xlsx", 规则=TABLES), tmp_path / "dressed")
    workbook = load_workbook(path)
    sheet = workbook["测试 Tests"]
    for column, text in enumerate(["大额", "折扣", 5000000, "是", "8%", "R1"], 1):
        sheet.cell(2, column, text)
    workbook.save(path)

    (case,) = [c for block in loaded(path).cases for c in block.cases]
    assert (case.name, case.table) == ("大额", "折扣")
    assert {g.label for g in case.inputs} == {"年采购额", "创新型"}
    assert [(g.label, g.value) for g in case.expected] == [("折扣", "8%")]


def test_how_to_write_shows_what_can_be_written() -> None:
    for cell, type_, _, _ in manual.CONDITIONS:
        assert not isinstance(parse_test(cell, type_), Refusal), cell
    for cell, type_, _, _ in manual.RESULTS:
        assert not isinstance(parse_output(cell, type_), Refusal), cell
    for cell, type_, zh, en in manual.REFUSED:
        refusal = parse_test(cell, type_)
        assert isinstance(refusal, Refusal), cell
        advised = en.removeprefix("write ").split(";")[0]
        assert advised in zh
        assert not isinstance(parse_test(advised, type_), Refusal)


@pytest.mark.parametrize("words", [[], ["战略", "重点"], ["很长的词" * 10] * 20])
def test_a_prompt_is_not_longer_than_excel_takes(words: list[str]) -> None:
    for type_ in ("text", "int", "percent", "money", "date", "bool", "enum", "any", "months"):
        assert len(manual.prompt(type_, words)) <= manual.PROMPT_LENGTH
    assert len(manual.PROMPT_TITLE) <= 32


def test_a_formula_becomes_the_value_it_has(tmp_path: Path, book: Book) -> None:
    path = book(tmp_path / "plain.xlsx", 规则=TABLES, 参数=PARAMETERS)
    formula = tmp_path / "formula.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(formula, "w") as new:
        for name in old.namelist():
            part = old.read(name).decode()
            new.writestr(name, part.replace("<v>5000000</v>", "<f>500*10000</f><v>5000000</v>"))

    found = loaded(dressed(formula, tmp_path / "dressed"))

    assert found.parameters["门槛"].value == 5000000
    assert found.tables[0].rules[0].inputs[0].text == "5000000"
