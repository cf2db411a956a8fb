"""Plugins that are broken in any way: one line that names plugin, file and line, nothing written."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from kamrules.cli.main import cli
from kamrules.facts.declare import Awaited, Fact
from kamrules.hooks import plugins
from kamrules.run import pipeline
from kamrules.sheets.column import SheetSpec
from tests.kit.books import CUSTOMERS, ORDERS
from tests.kit.command import run

Book = Callable[..., Path]

HEAD = "from pathlib import Path\nimport polars as pl\nfrom kamrules.plugin import *\n"
# What a plugin holds from its fourth line on; the line to blame, 0 for the whole file; what is said.
BROKEN = {
    "a misspelt hook": ("@hookimpl\ndef ruleset(): return []", 4, "unknown hook ruleset()"),
    "a hook by another name": ("@hookimpl\ndef start(): return []", 4, "there are"),
    "a hook that is not marked": ("def sheets(): return []", 4, "write @hookimpl sheets()"),
    "a misspelt hook, not marked": ("def report(): return []", 4, "write @hookimpl reports()"),
    "nothing": ("x = 1", 0, "it has no hook and no fact"),
    "a module that is not there": ("import nonexistent_mod", 4, "there is no module nonexistent"),
    "a name that is not there": ("from kamrules.plugin import facty", 4, "ImportError: cannot"),
    "no Python": ("def broken(:", 4, "its syntax is wrong: invalid syntax"),
    "no Python of an indent": ("def f():\nreturn", 5, "its syntax is wrong: expected an indented"),
    "an end at import": ("import sys\nsys.exit(3)", 5, "SystemExit: 3"),
    "another end at import": ("class End(BaseException): pass\nraise End('x')", 5, "End: x"),
    "a line break in what is said": ("raise ValueError('a\\nb')", 4, "ValueError: a;"),
    "needs in a text": ("requires = 'tiering'\nx = fact", 0, "write a tuple of names"),
    "an exception": (
        "@hookimpl\ndef sheets():\n    return 1 / 0",
        6,
        "ZeroDivisionError: division",
    ),
    "an exception below": (
        "def one(): return [][1]\n@hookimpl\ndef sheets():\n    return one()",
        4,
        "failed in sheets()",
    ),
    "an exception while it lists": (
        "@hookimpl\ndef rulesets():\n    yield Path(__file__)\n    raise OSError('gone')",
        7,
        "OSError: gone",
    ),
    "an end in a hook": ("@hookimpl\ndef sheets():\n    raise SystemExit(0)", 6, "SystemExit: 0"),
    "None": ("@hookimpl\ndef sheets(): return None", 4, "it gave None, not a list of SheetSpec"),
    "one thing": (
        "@hookimpl\ndef rulesets(): return Path('x.xlsx')",
        4,
        "not a list of Traversable",
    ),
    "another type": (
        "@hookimpl\ndef sheets(): return [('visits', 1)]",
        4,
        "('visits', 1), not a Shee",
    ),
    "a text": (
        "@hookimpl\ndef rulesets(): return ['x.xlsx']",
        4,
        "str 'x.xlsx', not a Traversable",
    ),
    "an unknown argument": ("@hookimpl\ndef sheets(today): return []", 4, "is not given today"),
    "an unknown type in a table": (
        "C = columns('a | 甲 | A | monies')",
        4,
        "there is no type 'monies'",
    ),
    "an unknown type of a column": (
        "@hookimpl\ndef sheets(): return [SheetSpec('s', '表', 'S', (Column('a', '甲', 'A', 'monie'),))]",
        4,
        "has the type 'monie', which there is not; did you mean money",
    ),
    "a rule workbook that is not there": (
        "@hookimpl\ndef rulesets(): return [Path(__file__).with_name('missing.xlsx')]",
        4,
        "there is no rule workbook",
    ),
    "a template that is not there": (
        "@hookimpl\ndef reports(): return [Report('r', Path(__file__).with_name('t.j2'), '.md')]",
        None,
        "t.j2): there is no file",
    ),
    "a template that fails": (
        "Path(__file__).with_name('t.j2').write_text('a\\n{{ summary.nothing }}')\n"
        "@hookimpl\ndef reports(): return [Report('r', Path(__file__).with_name('t.j2'), '.md')]",
        None,
        "t.j2:2): UndefinedError",
    ),
    "no report": ("@hookimpl\ndef reports(): return [1]", 4, "int 1, not a Report"),
    "no columns": (
        "@hookimpl\ndef reports(): return [SheetReport('r', Text('a', 'A'), lambda r, l: None)]",
        5,
        "it gave None, not a list of ResultColumn",
    ),
    "columns that fail": (
        "def cols(result, lang):\n    return result.nothing\n"
        "@hookimpl\ndef reports(): return [ColumnsReport('customers', cols)]",
        5,
        "AttributeError: 'Result' object has no attribute 'nothing'",
    ),
    "an end in columns": (
        "def cols(result, lang):\n    raise SystemExit\n"
        "@hookimpl\ndef reports(): return [ColumnsReport('customers', cols)]",
        5,
        "failed in columns()",
    ),
    "columns of another length than their rows": (
        "def cols(result, lang):\n"
        "    return [ResultColumn(Text('a', 'A'), pl.Series([1, 2]), rows=pl.Series([2]))]\n"
        "@hookimpl\ndef reports(): return [ColumnsReport('customers', cols)]",
        4,
        "column 'A' needs a row for each value",
    ),
    "files that are no bytes": (
        "@hookimpl\ndef reports(): return [FilesReport('f', '.md', lambda r, l: {'a': 'text'})]",
        5,
        "dict {'a': 'text'}, not a dict[str, bytes]",
    ),
    "files that fail": (
        "def made(result, lang): return {1 / 0: b''}\n"
        "@hookimpl\ndef reports(): return [FilesReport('f', '.md', made)]",
        4,
        "failed in files()",
    ),
}


@pytest.fixture
def workbook(tmp_path: Path, book: Book) -> Path:
    return book(tmp_path / "客户.xlsx", 客户=CUSTOMERS, 销售=ORDERS)


@pytest.mark.parametrize(("source", "line", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_one_line_that_names_plugin_file_and_line(
    source: str, line: int | None, said: str, tmp_path: Path, workbook: Path
) -> None:
    file = tmp_path / "my_plugin.py"
    file.write_text(HEAD + source, "utf-8")

    english = run("apply", workbook, "--plugin", file, "--lang", "en")
    chinese = run("apply", workbook, "--plugin", file, "--lang", "zh", "--traceback")

    place = "" if line is None else re.escape(f"{file}:{line})" if line else f"{file})")
    assert english.exit_code == chinese.exit_code == 4
    assert re.match(rf"kamrules: plugin 'my_plugin'.*{place}", english.stderr), english.stderr
    assert said in english.stderr
    assert english.stderr.count("\n") == 1
    assert re.match(rf"kamrules: 插件 'my_plugin'.*{place}", chinese.stderr), chinese.stderr
    assert "PluginError" in chinese.stderr.splitlines()[-2] or "Traceback" in chinese.stderr
    assert {p.name for p in tmp_path.iterdir()} <= {
        "客户.xlsx",
        "my_plugin.py",
        "t.j2",
        "__pycache__",
    }


def test_a_plugin_named_by_a_short_path_is_blamed_at_its_line(
    tmp_path: Path, workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("\n\nimport nonexistent_mod", "utf-8")

    result = run("apply", workbook, "--plugin", "mine.py", "--lang", "en")

    assert f"({tmp_path / 'mine.py'}:3): there is no module nonexistent_mod" in result.stderr


def test_an_end_while_a_fact_is_worked_out_is_one_line_too(tmp_path: Path, workbook: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        HEAD
        + "def gone(value): raise SystemExit(3)\n"
        + "@fact('customers', columns='mine_n | 数 | N | int | 数 | number')\n"
        + "def mine(customers):\n"
        + "    n = pl.col('customer_id').map_elements(gone, return_dtype=pl.Int64)\n"
        + "    return customers.lazy().select('customer_id', mine_n=n)\n",
        "utf-8",
    )

    result = run("apply", workbook, "--plugin", file, "--lang", "en")

    assert result.exit_code == 4
    assert re.match(
        rf"kamrules: plugin 'mine' .*'mine_n' \({re.escape(str(file))}:\d+\)", result.stderr
    )


def test_two_plugins_of_one_name_are_told_apart_by_where_they_are(
    tmp_path: Path, workbook: Path
) -> None:
    file = tmp_path / "tiering.py"
    file.write_text(HEAD + "@hookimpl\ndef sheets(): return []", "utf-8")

    result = run("apply", workbook, "--plugin", file, "--lang", "en")

    assert result.exit_code == 4
    assert f"two plugins are called 'tiering', one is {file}; rename one" in result.stderr


def test_an_error_nobody_foresaw_is_written_to_a_file_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "main", lambda *args, **names: {}["unforeseen"])

    first, second = run("doctor", "--lang", "en"), run("doctor", "--lang", "zh")

    (report,) = tmp_path.glob("kamrules-error-*.txt")
    assert first.exit_code == second.exit_code == 4
    assert first.stderr == (
        f"kamrules: internal error KeyError, written down in {report.name}; "
        "please send that file to the maintainers\n"
    )
    assert f"内部错误 KeyError, 经过写在 {report.name}" in second.stderr
    assert "KeyError: 'unforeseen'" in report.read_text("utf-8")


def test_an_error_nobody_foresaw_is_written_elsewhere_where_the_folder_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(cli, "main", lambda *args, **names: 1 / 0)

    result = run("doctor", "--lang", "en", "--traceback")

    (report,) = tmp_path.glob("kamrules-error-*.txt")
    assert str(report) in result.stderr
    assert "ZeroDivisionError" in result.stderr.splitlines()[-2]


def test_every_command_has_the_option_that_shows_all_of_an_error() -> None:
    groups = {name: c for name, c in cli.commands.items() if isinstance(c, click.Group)}
    commands = {name: c for name, c in cli.commands.items() if name not in groups}
    for group in groups.values():
        commands |= group.commands

    without = [
        name
        for name, command in commands.items()
        if not any("--traceback" in option.opts for option in command.params)
    ]
    assert without == []


def needs() -> dict[str, tuple[str, ...]]:
    """Return what each of our plugins declares to need."""
    return {info.name: info.requires for info in plugins.describe()}


def closure(name: str) -> set[str]:
    """Return a plugin and all that it needs."""
    return {name}.union(*(closure(other) for other in needs()[name]))


def alone(name: str) -> list[str]:
    """Return the plugins that one does without."""
    return sorted(needs().keys() - closure(name))


@pytest.mark.parametrize("name", sorted(needs()))
def test_a_plugin_of_ours_runs_with_those_that_it_declares_to_need(
    name: str, the_demo: Path
) -> None:
    manager = plugins.load(without=alone(name))

    result = pipeline.apply(the_demo, pipeline.Run(manager))

    assert [p for p in result.problems if p.severity == "error"] == []


def test_facts_sheets_and_results_that_a_plugin_takes_from_another_are_of_one_it_needs() -> None:
    manager = plugins.load()
    modules = {plugin.__name__: name for name, plugin in manager.list_name_plugin()}
    undeclared = []
    for name, plugin in manager.list_name_plugin():
        tree = ast.parse(Path(plugin.__file__).read_text("utf-8"))
        for node in (n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level):
            other = modules.get(f"kamrules_plugins.{node.module}", name)
            values = [getattr(plugin, a.asname or a.name, None) for a in node.names]
            if any(isinstance(v, Fact | SheetSpec | Awaited) for v in values):
                undeclared += [(name, other)] if other not in closure(name) else []

    assert undeclared == []


def test_a_plugin_that_others_need_is_not_left_out_alone(workbook: Path) -> None:
    english = run("apply", workbook, "--no-plugin", "cadence", "--lang", "en")
    chinese = run("apply", workbook, "--no-plugin", "cadence", "--lang", "zh")
    typed = [
        word for name in ("contacts", "recovery", "satisfaction") for word in ("--no-plugin", name)
    ]

    assert english.exit_code == chinese.exit_code == 4
    assert english.stderr == (
        "kamrules: plugins that need cadence, which --no-plugin cadence leaves out: "
        "contacts, recovery, satisfaction; keep cadence, or add "
        "--no-plugin contacts --no-plugin recovery --no-plugin satisfaction\n"
    )
    assert "插件 contacts, recovery, satisfaction 需要 cadence" in chinese.stderr
    assert run("apply", workbook, "--no-plugin", "cadence", *typed).exit_code == 0


def test_a_need_that_is_not_installed_is_named_and_the_list_of_plugins_shows_it(
    tmp_path: Path, workbook: Path
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(HEAD + "requires = ('yours',)\n@hookimpl\ndef sheets(): return []", "utf-8")

    result = run("apply", workbook, "--plugin", file, "--lang", "en")
    listed = json.loads(run("plugins", "--plugin", file, "--format", "json").stdout)["plugins"]

    assert (
        "need yours, which is not installed: mine; install it, or add --no-plugin mine"
        in result.stderr
    )
    requires = {one["name"]: one["requires"] for one in listed}
    assert (requires["mine"], requires["cadence"]) == (["yours"], ["company", "tiering"])
    assert {i.name: i.error.en for i in plugins.describe([file])}["mine"] == "needs yours"
    assert "需要 tiering" in " ".join(run("plugins", "--lang", "zh").stdout.split())
