"""What the documentation says is so: its examples run, and it names every hook and command."""

from __future__ import annotations

import dataclasses
import datetime as dt
import inspect
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import polars as pl
import pytest
from click.testing import CliRunner
from kamrules_plugins.accounts.summary import Summary
from openpyxl import Workbook, load_workbook

from kamrules.cli import main as cli
from kamrules.engine.decide import DTYPES, decide
from kamrules.engine.decision import RULE
from kamrules.engine.expressions import plain
from kamrules.guard.package_check import MB, Limits
from kamrules.hooks import hookspecs, plugins
from kamrules.messages.message import Refusal
from kamrules.messages.problem import Problem
from kamrules.page.page import Page
from kamrules.rules.cell.sfeel import Lit
from kamrules.rules.decision_table import HIT_POLICIES
from kamrules.rules.grid import Grid
from kamrules.rules.link import LinkedTable, by_name, link
from kamrules.rules.load import load
from kamrules.rules.words import type_of
from kamrules.run import evaluate, pipeline
from kamrules.sheets import values
from kamrules.sheets.column import ROW, Column
from tests.conftest import ROOT, write_book
from tests.kit.told import MESSAGES

READMES = (ROOT / "README.md", ROOT / "README.zh.md")
PAGES = (
    *READMES,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
)
RULES = tuple(ROOT / "docs" / name for name in ("rules.md", "rules.zh.md"))
REPORTS = tuple(ROOT / "docs" / name for name in ("reports.md", "reports.zh.md"))
WORKBOOKS = tuple(ROOT / "docs" / name for name in ("workbooks.md", "workbooks.zh.md"))
PLUGINS = tuple(ROOT / "docs" / name for name in ("plugins.md", "plugins.zh.md"))


def titled(path: Path) -> str:
    """Return a page's name for the list of tests."""
    return path.name


class Block(NamedTuple):
    """A fenced block: the words after the fence, its text, and the line it begins in."""

    info: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text("utf-8")
    return [
        Block(found[1].strip(), found[2], text[: found.start()].count("\n") + 1)
        for found in re.finditer(r"^```([^\n`]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def rows_below(page: Path, *headers: tuple[str, ...]) -> list[list[str]]:
    """Return the rows of the Markdown table that has one of *headers*."""
    lines = page.read_text("utf-8").splitlines()
    for at, line in enumerate(lines):
        if tuple(cells(line)) in headers:
            body = lines[at + 2 :]
            end = next((n for n, text in enumerate(body) if not text.startswith("|")), len(body))
            return [cells(text) for text in body[:end]]
    raise AssertionError(f"{page.name} has no table {headers[0]}")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


# The language of cells


def compiled(
    cell: str, type_: str, out: str = "yes", kind: str = "text"
) -> tuple[LinkedTable | None, list[Problem]]:
    """Return a table of one rule, or why it cannot be used."""
    rows = [
        ["决策表", "t"],
        ["规则", "条件", "结果"],
        ["列", "值", "得到"],
        ["类型", type_, kind],
        ["R1", cell, out],
    ]
    known = by_name([])
    rulebook, problems = load([Grid("docs.xlsx", "规则", rows, {})], "docs.xlsx", known)
    if problems:
        return None, problems
    columns = {"customers": by_name([_column(type_)])}
    linked, problems = link(rulebook.tables, columns, {})
    return linked[0], problems


def _column(type_: str) -> Column:
    found = type_of(type_)
    assert found, type_
    return Column("值", "值", "value", found[0])


def hits(cell: str, type_: str, value: str | None) -> tuple[bool, bool]:
    """Return whether a value meets a condition, and whether that is known."""
    linked, problems = compiled(cell, type_)
    assert problems == []
    assert linked is not None
    kind = linked.table.inputs[0].type
    read = None if value is None else values.read(value, kind)
    assert not isinstance(read, Refusal), (value, kind)
    frame = pl.DataFrame({ROW: [2], "值": pl.Series([read], dtype=DTYPES[kind])})
    decided = decide(linked, frame, {})
    return decided.decision().frame[RULE][0] is not None, not decided.outcomes[0][0].undecided


CONDITIONS = (("cell", "type", "meets", "does not meet"), ("单元格", "类型", "满足", "不满足"))
BLANK = ("blank", "空白")


def conditions() -> list[Any]:
    return [
        pytest.param(cell.strip("`"), type_, meets, fails, id=f"{page.name} {cell}")
        for page in RULES
        for cell, type_, meets, fails in rows_below(page, *CONDITIONS)
    ]


@pytest.mark.parametrize(("cell", "type_", "meets", "fails"), conditions())
def test_a_condition_meets_what_the_page_says(
    cell: str, type_: str, meets: str, fails: str
) -> None:
    for listed, expected in ((meets, True), (fails, False)):
        for value in filter(None, map(str.strip, listed.split(";"))):
            assert hits(cell, type_, None if value in BLANK else value) == (expected, True), value
    if not {*BLANK} & {v.strip() for v in f"{meets};{fails}".split(";")}:
        assert hits(cell, type_, None) == (False, False)


REFUSED = (("cell", "type", "code", "write"), ("单元格", "类型", "代码", "改成"))


def refusals() -> list[Any]:
    return [
        pytest.param(cell.strip("`"), type_, code, fix.strip("`"), id=f"{page.name} {cell}")
        for page in RULES
        for cell, type_, code, fix in rows_below(page, *REFUSED)
    ]


@pytest.mark.parametrize(("cell", "type_", "code", "fix"), refusals())
def test_a_cell_is_refused_with_the_fix_the_page_says(
    cell: str, type_: str, code: str, fix: str
) -> None:
    _, problems = compiled(cell, type_)

    assert [p.code for p in problems] == [code]
    assert all(fix in p.fix.zh and fix in p.fix.en for p in problems)
    assert all(p.severity == "error" for p in problems)


RESULTS = (("cell", "type", "gives"), ("单元格", "类型", "得到"))


def results() -> list[Any]:
    return [
        pytest.param(cell.strip("`"), type_, gives, id=f"{page.name} {cell}")
        for page in RULES
        for cell, type_, gives in rows_below(page, *RESULTS)
    ]


@pytest.mark.parametrize(("cell", "type_", "gives"), results())
def test_a_result_gives_what_the_page_says(cell: str, type_: str, gives: str) -> None:
    linked, problems = compiled("-", "text", cell, type_)
    assert problems == []
    assert linked is not None

    output = linked.table.outputs[0]
    given = linked.table.rules[0].outputs[0].meaning
    assert isinstance(given, Lit)
    expected = None if gives in BLANK else values.read(gives, output.type)
    assert plain(given.value) == expected


TYPES = (("type", "names", "data that fits"), ("类型", "写法", "数据举例"))


@pytest.mark.parametrize("page", RULES, ids=titled)
def test_the_types_have_the_names_and_read_the_values_the_page_says(page: Path) -> None:
    for _, names, examples in rows_below(page, *TYPES):
        types = {type_of(name.strip()) for name in names.split(",")}
        assert len(types) == 1, names
        found = types.pop()
        assert found, names
        for example in examples.split(";"):
            read = values.read(example.strip(), found[0])
            assert not isinstance(read, Refusal), (names, example)


@pytest.mark.parametrize("page", RULES, ids=titled)
def test_the_hit_policies_are_all_there(page: Path) -> None:
    text = page.read_text("utf-8")
    for letter, name in HIT_POLICIES.items():
        assert f"`{letter}`" in text
        assert name.zh in text


# Tables with cases


def write_table(path: Path, text: str) -> str:
    """Write a table of a page as a workbook; return its name. A line ``[title]`` begins a sheet."""
    book = Workbook()
    sheet, r = book.worksheets[0], 0
    for line in text.rstrip().splitlines():
        r += 1
        if re.fullmatch(r"\[[^|]+\]", line):
            sheet, r = book.create_sheet(line[1:-1]), 0
            continue
        for c, cell in enumerate(line.split("|"), 1):
            if cell.strip():
                sheet.cell(r, c).value = cell.strip()
                sheet.cell(r, c).data_type = "s"
    book.save(path)
    return text.splitlines()[0].split("|")[1].strip()


def tables_with_cases() -> list[Any]:
    params = []
    for page in RULES:
        found = blocks(page)
        tables = [b for b in found if b.info == "table"]
        cases = [b for b in found if b.info == "cases"]
        assert len(tables) == len(cases) > 4
        for table, case in zip(tables, cases, strict=True):
            assert table.line < case.line
            params.append(pytest.param(table.text, case.text, id=f"{page.name}:{table.line}"))
    return params


@pytest.mark.parametrize(("table", "cases"), tables_with_cases())
def test_a_table_decides_its_cases_as_the_page_says(table: str, cases: str, tmp_path: Path) -> None:
    name = write_table(tmp_path / "rules.xlsx", table)
    lines = [line.split("=>") for line in cases.splitlines()]
    (tmp_path / "cases.jsonl").write_text("\n".join(line[0] for line in lines), "utf-8")

    answers = list(
        evaluate.evaluate(
            tmp_path / "rules.xlsx", name, tmp_path / "cases.jsonl", plugins.load(), "en"
        )
    )

    said = [
        (a["output"], " ".join([*a["rules"], *(p["code"] for p in a["problems"])])) for a in answers
    ]
    expected = []
    for _, right in lines:
        output, _, names = right.strip().partition(" ")
        expected.append((json.loads(output), " ".join(names.split())))
    assert said == expected


# Commands


@pytest.fixture
def workplace(demo_book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which the commands of a page run, with the demo book in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# The commands of a page are the same in both languages.
COMMANDS = [pytest.param(p, marks=pytest.mark.large if ".zh." in p.name else ()) for p in PAGES]


@pytest.mark.parametrize("page", COMMANDS, ids=titled)
def test_the_commands_of_a_page_run(page: Path, workplace: Path) -> None:
    runner = CliRunner()
    output: list[str] = []
    for block in blocks(page):
        kind, _, name = block.info.partition(" ")
        if name and kind == "table":
            write_table(workplace / name, block.text)
        elif name:
            (workplace / name).write_text(block.text, "utf-8")
        elif kind == "console":
            output = []
            for line in block.text.splitlines():
                command, _, comment = line.partition("  # exit code ")
                assert command.startswith("$ kamrules "), line
                done = runner.invoke(cli.cli, shlex.split(command)[2:])
                assert done.exit_code == int(comment or 0), (line, done.output, done.exception)
                output += done.stdout.splitlines()
        elif kind == "output":
            assert output == block.text.splitlines()
        elif kind == "answers":
            shown = [json.loads(line) for line in block.text.splitlines()]
            given = [json.loads(line) for line in output]
            assert [{k: a[k] for k in s} for s, a in zip(shown, given, strict=True)] == shown


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


@pytest.mark.parametrize("readme", READMES, ids=titled)
def test_every_command_has_help_and_is_in_the_readme(readme: Path) -> None:
    text = readme.read_text("utf-8")
    for name, command in commands(cli.cli):
        assert command.help, name
        assert all(p.help for p in command.params if isinstance(p, click.Option)), name
        assert f"`kamrules {name}" in text, name


@pytest.mark.parametrize("readme", READMES, ids=titled)
def test_the_rules_in_the_readme_are_those_we_ship(readme: Path) -> None:
    head = ("决策表 Decision", "占比分级 tier_share", "", "", "", "")
    shown = [[c.strip("*") for c in row] for row in rows_below(readme, head)]

    sheet = load_workbook(ROOT / "rulesets" / "tiering.xlsx").worksheets[0]
    shipped = [
        ["" if c is None else str(c) for c in row]
        for row in sheet.iter_rows(max_col=6, values_only=True)
    ]
    assert all(row in shipped for row in shown)
    assert [row[0] for row in shown][-6:] == ["R1", "R2", "R3", "R4", "R5", "R6"]


def test_both_readmes_have_the_same_two_commands() -> None:
    english, chinese = ([b.text.strip() for b in blocks(p) if b.info == "sh"] for p in READMES)

    assert english == chinese
    assert len(english) == 2
    assert all("\n" not in command for command in english)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = [b.text.strip() for b in blocks(READMES[0]) if b.info == "sh"][1]

    assert command in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()


# Plugins


@pytest.mark.parametrize("page", PLUGINS, ids=titled)
def test_every_hook_is_there_with_its_arguments(page: Path) -> None:
    text = page.read_text("utf-8")
    for name, hook in vars(hookspecs).items():
        if hasattr(hook, "kamrules_spec"):
            line = f"def {name}{inspect.signature(hook)}".replace("'", "")
            assert line in text, line


@pytest.mark.parametrize("page", PLUGINS, ids=titled)
def test_the_plugin_of_the_page_decides(page: Path, workplace: Path) -> None:
    block = next(b for b in blocks(page) if b.info == "python my_plugin.py")
    plugin = workplace / "my_plugin.py"
    plugin.write_text(block.text, "utf-8")
    table = next(b for b in blocks(page) if b.info == "table my_rules.xlsx")
    name = write_table(workplace / "my_rules.xlsx", table.text)

    result = pipeline.apply(
        workplace / "demo" / "customers.xlsx", pipeline.Run(plugins.load([plugin]))
    )

    decision = next(d for d in result.decisions if d.table.name == name)
    assert result.problems == ()
    assert all(count > 0 for count in decision.hits.values())

    bare = write_book(workplace / "bare.xlsx", 客户="| 客户编号 | 客户名称 |\n| A1 | 甲 |")
    run = pipeline.Run(plugins.load([plugin]), as_of=dt.date(2024, 6, 30))
    assert any(
        "订单行数" in p.what.zh for p in pipeline.apply(bare, run).problems if p.code == "W405"
    )


# Every page


@pytest.mark.parametrize("page", PAGES, ids=titled)
def test_no_page_names_a_machine_or_a_registry(page: Path) -> None:
    text = page.read_text("utf-8")

    assert not re.findall(r"/(?:work|home|root|tmp|Users|opt|usr)/\w+|\b[A-Z]:\\\w+", text)
    assert not re.findall(r"pypi\.|registry\.|index-url|mirrors?\.", text)


@pytest.mark.parametrize("page", PAGES, ids=titled)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target
    anchors = {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


@pytest.mark.parametrize(
    "page", [p for p in PAGES if not p.name.startswith("CHANGELOG")], ids=titled
)
def test_a_page_has_one_sentence_a_line(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for line in text.splitlines():
        if not line.startswith("|"):
            plain = re.sub(r"`[^`]*`", "x", line)
            assert not re.search(r"(?<!e\.g)(?<!\d)[.?!] +[A-Z]|[。？！](?=.)", plain), line


def test_problem_codes_on_the_pages_exist() -> None:
    for page in PAGES:
        for code in re.findall(r"\b[EW]\d{3}\b", page.read_text("utf-8")):
            assert code in MESSAGES, (page.name, code)


# Workbooks


@pytest.mark.parametrize("page", WORKBOOKS, ids=titled)
def test_the_limits_are_those_of_the_page(page: Path) -> None:
    shown = {int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", page.read_text("utf-8"))}
    sizes = {"file", "entry", "total", "texts", "grace"}
    limits = dataclasses.asdict(Limits())

    for name in set(limits) - {"area", "depth", "attributes", "token"}:
        assert limits[name] // (MB if name in sizes else 1) in shown, name


@pytest.mark.parametrize("page", REPORTS, ids=titled)
def test_every_field_of_a_summary_is_on_the_page_about_reports(page: Path) -> None:
    text = page.read_text("utf-8")
    inner = {"parts", "measure", "unit", "scale", "words", "values"}
    for field in (*dataclasses.fields(Page), *dataclasses.fields(Summary)):
        assert f"`summary.{field.name}`" in text or field.name in inner
