"""A new plugin: a sheet, a fact, a rule workbook, and tests that pass at once."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from pathlib import Path

from kamrules.messages.message import message
from kamrules.messages.problem import Cell, UsageError
from kamrules.testing.books import write_book
from kamrules.xlsx.files import replace_file

_NOTHING = ("未写出任何文件", "nothing was written")
# fmt: off
NO_NAME = message("E012", kind="file",
    what=("“{found}” 不能作为插件名", "“{found}” cannot be the name of a plugin"),
    why=("插件名也是 Python 模块名", "it is the name of a Python module, too"),
    fix=("用小写字母, 数字和下划线, 以字母开头, 如 machine_care",
         "use small letters, digits and _, a letter first, such as machine_care"),
    effect=_NOTHING, example={"found": "我的插件"})
FOLDER_TAKEN = message("E013", kind="file",
    what=("文件夹 {name} 已经存在", "the folder {name} exists already"),
    why=("不覆盖已有的文件", "existing files are not overwritten"),
    fix=("换一个名字, 或先移走它", "choose another name, or move the folder away first"),
    effect=_NOTHING, example={"name": "machine_care"})
# fmt: on

_PLUGIN = '''"""{name}: how long ago each machine was looked after."""

import datetime as dt
from importlib.resources import files

from kamrules.plugin import Rows, SheetSpec, columns, fact, hookimpl

MACHINES = SheetSpec("{name}", "设备", "Machines", columns("""
    machine | 设备编号 | Machine | text required | 编号
    cared | 保养日期 | Cared | date event
"""), unique="machine")


@hookimpl
def sheets() -> list[SheetSpec]:
    return [MACHINES]


@hookimpl
def rulesets() -> list[object]:
    return [files(__name__) / "{name}.xlsx"]


@fact(MACHINES, columns="days | 未保养天数 | Days since Care | int 天 | 距上次保养 | since the last care")
def days_since_care({name}: Rows, as_of: dt.date) -> Rows:
    return {name}.select("machine", days=(as_of - {name}["cared"]).dt.total_days())
'''
_TESTS = '''"""What the rules of {name} say of a book written in the test."""

import datetime as dt

import kamrules_{name}
from kamrules.testing import apply_twice, decide, results

MACHINES = """
    设备编号 | 保养日期
    M1       | 2026-01-20
    M2       | 2025-06-01
    M3       |
"""
TODAY = dt.date(2026, 1, 31)


def test_a_machine_not_looked_after_for_90_days_is_due_and_no_date_is_no_answer(kamrules_book):
    book = kamrules_book(设备=MACHINES)

    found = decide(book, kamrules_{name}, as_of=TODAY)

    assert results(found, "{name}", "machine", "days", "保养") == [
        ("M1", 11, "正常"), ("M2", 244, "到期"), ("M3", None, None),
    ]


def test_applying_a_result_again_changes_nothing(kamrules_book):
    first, again = apply_twice(kamrules_book(设备=MACHINES), kamrules_{name}, as_of=TODAY)

    assert first == again
'''
_PROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "kamrules-{name}"
version = "0.1.0"
dependencies = ["kamrules"]

[project.entry-points.kamrules]
{name} = "kamrules_{name}"

[tool.setuptools]
packages = ["kamrules_{name}"]

[tool.setuptools.package-data]
kamrules_{name} = ["*.xlsx"]
"""
_README = """# kamrules-{name}

    pip install -e .        # kamrules finds the plugin
    pytest                  # its tests
    kamrules plugins        # it is listed
"""
_RULES = """
    决策表   | 设备保养 {name}_care | 备注
    命中策略 | F |
    对象     | {name} |
    规则     | 条件 | 结果
    列       | 未保养天数 | 保养
    R1       | <90 | 正常
    默认     |  | 到期
"""


def files(name: str) -> Mapping[str, str]:
    """Return the texts of a new plugin by their paths in its folder."""
    package = f"kamrules_{name}"
    texts = {
        "pyproject.toml": _PROJECT, "README.md": _README, f"{package}/__init__.py": _PLUGIN,
        f"tests/test_{name}.py": _TESTS,
    }  # fmt: skip
    return {path: text.replace("{name}", name) for path, text in texts.items()}


def write(name: str, folder: Path) -> list[Path]:
    """Write a new plugin to a folder of its name; return what was written.

    Raises UsageError where the name is none for a module, or the folder is there.
    """
    if not (name.isidentifier() and name.isascii() and name.islower()) or keyword.iskeyword(name):
        raise UsageError([NO_NAME.at(Cell(name), found=name)])
    if folder.exists():
        raise UsageError([FOLDER_TAKEN.at(Cell(folder.name), name=str(folder))])
    written = []
    for path, text in files(name).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, text.encode())
        written.append(target)
    rules = folder / f"kamrules_{name}" / f"{name}.xlsx"
    return [*written, write_book(rules, 规则=_RULES.replace("{name}", name))]
