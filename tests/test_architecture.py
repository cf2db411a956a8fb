"""Each module imports only from those above it in the way of the data."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ORDER = (
    "model", "specs", "text", "help", "options", "problems", "values", "sfeel", "hookspecs", "plugins",
    "book.package_check", "book.xml_check", "book.plain_rows", "book.cell_check", "book.sheet_check",
    "book.shared_check", "book.trial", "book.readers", "book.guard", "book.plain_columns",
    "book.headers", "book.record", "book.read", "rules.names", "rules.words", "rules.grid", "rules.vocabulary",
    "rules.cases", "rules.table", "rules.load", "rules.link", "engine.cuts", "engine.axis", "engine.expressions",
    "engine.policy", "engine.decide", "engine.usable", "explain", "period", "worktime", "catalogue", "evaluate", "facts",
    "undecided", "decisions", "tier", "app", "summary", "charts",
    "book.splice", "book.package", "book.styles", "book.cells", "book.rows", "book.worksheet",
    "book.workbook", "book.notes", "book.graft", "book.sheets.look", "book.columns",
    "book.sheets.page", "book.sheets.summary", "book.sheets.problems", "book.sheets.rules",
    "book.sheets.history", "book.sheets.listing", "book.earlier", "book.blocks", "book.remarks",
    "files", "book.annotate", "book.__main__", "report", "offers", "write", "demo", "doctor", "check.cases", "check.trials", "commands.test", "cli", "__main__",
)  # fmt: skip
PACKAGE = Path(__file__).resolve().parent.parent / "kamrules"


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


def test_the_order_names_every_module() -> None:
    assert sorted(ORDER) == sorted(modules())


@pytest.mark.parametrize("name", list(modules()))
def test_a_module_imports_only_from_those_above_it(name: str) -> None:
    above = set(ORDER[: ORDER.index(name)])

    assert imported(modules()[name]) <= above
