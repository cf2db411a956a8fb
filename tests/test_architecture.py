"""Each module imports only from those above it in the way of the data."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "kamrules"


def order() -> list[str]:
    """Return the modules in the order of the table on the page about the design."""
    page = (ROOT / "docs" / "design.md").read_text("utf-8")
    return re.findall(r"^\| `([\w.]+)` \|", page, re.MULTILINE)


def modules() -> dict[str, Path]:
    """Return every module of the package by its name within it."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name != "__init__.py":
            found[".".join(path.relative_to(PACKAGE).with_suffix("").parts)] = path
    return found


def imported(path: Path) -> set[str]:
    """Return the modules of the package that a module imports when it is loaded or run."""
    names: set[str] = set()
    tree = ast.parse(path.read_text("utf-8"))
    checked = {id(n) for i in ast.walk(tree) if isinstance(i, ast.If) and "TYPE_CHECKING" in ast.dump(i.test) for n in ast.walk(i)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in checked:
            package, _, within = (node.module or "").partition(".")
            if package == "kamrules":
                names |= {f"{within}.{a.name}".strip(".") for a in node.names} | {within}
    return names & set(modules())


def test_the_page_about_the_design_names_every_module_once() -> None:
    assert sorted(order()) == sorted(modules().keys() - {"__main__"})


@pytest.mark.parametrize("name", list(modules()))
def test_a_module_imports_only_from_those_above_it(name: str) -> None:
    names = [*order(), "__main__"]
    above = set(names[: names.index(name)])

    assert imported(modules()[name]) <= above
