"""The house: every folder of kamrules/ is a room, and a room imports only rooms above it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE, PLUGINS = ROOT / "kamrules", ROOT / "plugins"


def rooms() -> list[str]:
    """Return the rooms in the order of the table on the page about the design."""
    page = (ROOT / "docs" / "design.md").read_text("utf-8")
    table = page.partition("## Rooms")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


def modules(folder: Path) -> dict[str, Path]:
    """Return every module below a folder by its name within it; a package by that of its folder."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        found[".".join(p for p in parts if p != "__init__")] = path
    return found


def imported(path: Path, package: str) -> Iterator[str]:
    """Yield what a module imports from *package*, for types alone too: ``module.name``."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and not node.level:
            top, _, within = (node.module or "").partition(".")
            if top == package:
                yield from (f"{within}.{a.name}".strip(".") for a in node.names)


def known(name: str, among: dict[str, Path]) -> str:
    """Return the module that an imported name is, or is a name of."""
    return name if name in among else name.rpartition(".")[0]


def test_at_the_top_of_the_core_stand_three_files() -> None:
    assert {p.name for p in CORE.glob("*.py")} == {"__init__.py", "__main__.py", "plugin.py"}


def test_the_page_about_the_design_names_every_room_in_its_order() -> None:
    folders = {p.name for p in CORE.iterdir() if p.is_dir() and p.name != "__pycache__"}

    assert sorted(rooms()) == sorted(folders)


def test_a_room_imports_only_rooms_above_it() -> None:
    order, wrong = rooms(), []
    for name, path in modules(CORE).items():
        room = name.partition(".")[0]
        if room in order:
            below = {*order[order.index(room) + 1 :], "plugin"}
            taken = {found.partition(".")[0] for found in imported(path, "kamrules")}
            wrong += [f"{name} imports {other}" for other in sorted(taken & below)]

    assert wrong == []


def test_no_modules_import_each_other_in_a_circle_not_even_for_types() -> None:
    among = modules(CORE)
    graph = {
        name: {known(found, among) for found in imported(path, "kamrules")} - {name}
        for name, path in among.items()
    }

    assert list(TopologicalSorter(graph).static_order())


def test_no_module_has_more_than_400_lines_and_no_function_more_than_50() -> None:
    long = []
    for folder in (CORE, PLUGINS):
        for path in modules(folder).values():
            source = path.read_text("utf-8")
            where = path.relative_to(ROOT)
            if len(source.splitlines()) > 400:
                long.append(str(where))
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.FunctionDef):
                    lines = (node.end_lineno or node.lineno) - node.lineno + 1
                    long += [f"{where}: {node.name}"] if lines > 50 else []

    assert long == []


def test_plugins_import_nothing_of_the_core_but_the_contract() -> None:
    wrong = []
    for name, path in modules(PLUGINS).items():
        names = {found.partition(".")[0] for found in imported(path, "kamrules")}
        wrong += [f"{name} imports {found}" for found in sorted(names - {"plugin", "hookimpl"})]

    assert wrong == []


def test_plugins_take_no_private_names_of_each_other() -> None:
    private = [
        f"{path.name}: {alias.name}"
        for path in modules(PLUGINS).values()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
        if alias.name.startswith("_")
    ]

    assert private == []


# What key accounts are about: none of it is known to the core.
WORDS = re.compile(
    r"customer|\btiers?\b|tiering|complaint|\borders?_|\"orders\"|\"visits?\"|\bvisits?\b|cadence"
    r"|pareto|whale|客户|等级|投诉|拜访|回访|订单",
    re.IGNORECASE,
)


def test_the_core_knows_no_key_accounts() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in sorted(CORE.rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if WORDS.search(line)
    ]

    assert found == []


def test_tests_share_what_the_kit_has_and_do_not_import_each_other() -> None:
    tests = ROOT / "tests"
    wrong = [
        f"{path.name} imports {name}"
        for path in sorted(tests.rglob("*.py"))
        for name in imported(path, "tests")
        if name.startswith("test_")
    ]

    assert wrong == []
