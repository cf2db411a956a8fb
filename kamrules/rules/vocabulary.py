"""参数 Parameters and 词表 Glossary: the values and names that rule cells use."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from kamrules.messages.message import Refusal, message, reason
from kamrules.messages.phrases import IN_RULE, TABLE, TABLE_STOPS
from kamrules.messages.problem import Problem
from kamrules.rules.grid import Grid
from kamrules.rules.words import type_of, unit_refused
from kamrules.sheets import dates, numbers
from kamrules.sheets.column import Column
from kamrules.sheets.period import UNUSABLE_PARAMETER
from kamrules.sheets.sheet import Parameter
from kamrules.words.fold import fold, folded
from kamrules.words.names import aliases
from kamrules.words.text import Text
from kamrules.words.types import NUMERIC
from kamrules.words.units import is_remark, is_unit, power_of

# fmt: off
UNKNOWN_TYPE = message("E315", kind="type", stops=True,
    what=("列 “{column}” 的类型 “{found}” 不认识",
          "the type '{found}' of column '{column}' is not known"),
    why=("类型可以是 文本 整数 数字 金额 百分比 日期 日期时间 时间 时长 是否, 或词表里的名称",
         "types are text, whole number, number, money, percent, date, date and time, time, "
         "duration, yes/no, or a name of the Glossary"),
    fix=("改正类型行", "correct the Type row"), effect=TABLE_STOPS,
    example={"found": "元", "column": "年采购额", "table": TABLE}, place=IN_RULE)
# fmt: on
_NO_VALUE = reason(
    why=(
        "单元格里是错误值或没有缓存值的公式",
        "the cell holds an error or a formula without a value",
    ),
    fix=("直接写出值", "write the value itself"),
)  # fmt: skip


_PARAMETER_HEADS = {
    "name": ("参数", "名称", "参数名", "项目", "name", "parameter"),
    "value": ("值", "参数值", "value"),
    "unit": ("单位", "unit"),
}
_GLOSSARY_HEADS = {
    "zh": ("中文", "名称", "中文名", "中文名称", "name zh", "chinese"),
    "en": ("英文", "英文名", "英文名称", "name en", "english"),
    "key": ("技术名", "technical name", "列名", "技术列"),
    "type": ("类型", "type"),
    "unit": ("单位", "unit"),
    "allowed": ("取值", "allowed values", "values"),
}


def _heads(grid: Grid, wanted: Mapping[str, tuple[str, ...]]) -> tuple[int, dict[str, int]] | None:
    """Return the first row that names two of the wanted columns, and where each stands."""
    for row in range(min(len(grid.rows), 20)):
        found: dict[str, int] = {}
        for col in range(len(grid.rows[row])):
            said = set(aliases(grid.text(row, col)))
            for key, words in wanted.items():
                if key not in found and said & set(words):
                    found[key] = col
                    break
        if len(found) >= 2:
            return row, found
    return None


def read_parameters(grid: Grid) -> tuple[dict[str, Parameter], list[Problem]]:
    """Return the parameters of a sheet by folded name in either language, and what is wrong."""
    heads = _heads(grid, _PARAMETER_HEADS)
    if heads is None or not {"name", "value"} <= heads[1].keys():
        return {}, []
    row, at = heads
    found: dict[str, Parameter] = {}
    problems: list[Problem] = []
    for r in range(row + 1, len(grid.rows)):
        name = grid.text(r, at["name"])
        if not name:
            continue
        where = grid.cell(r, at["value"])
        if bad := grid.bad.get((r, at["value"])):
            problems.append(UNUSABLE_PARAMETER.at(where, found=bad, name=name, **_NO_VALUE))
            continue
        unit = grid.text(r, at["unit"]) if "unit" in at else ""
        value = _value(grid.at(r, at["value"]))
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = _in_unit(grid.at(r, at["value"]), value, unit)
            if value is None:
                problems.append(unit_refused(unit, grid.cell(r, at["unit"]), name))
                continue
            if isinstance(value, Refusal):
                said = grid.text(r, at["value"])
                problems.append(
                    UNUSABLE_PARAMETER.at(
                        where, found=said, name=name, why=value.why, fix=value.fix
                    )
                )
                continue
        parameter = Parameter(name, value, where, unit)
        found |= dict.fromkeys(aliases(name), parameter)
    return found, problems


def _in_unit(cell: Any, number: float, unit: str) -> float | Refusal | None:
    """Return a number as one of the unit's base, or why it is none; None for no such unit.

    Excel stores 5% as 0.05, so a number beside % is a share already.
    """
    power = power_of(unit, "percent" if folded(unit) == "%" else "number")
    if power is None:
        return None
    scale = 10.0**power
    if isinstance(cell, str):
        return numbers.number(cell, scale)
    return number if scale == 1.0 else float(f"{number * scale:.15g}")


def _value(cell: Any) -> Any:
    """Return a number, date or truth where the cell reads as one, else its text."""
    if isinstance(cell, dt.datetime):
        return cell.date() if cell.time() == dt.time(0) else cell
    if not isinstance(cell, str):
        return cell
    for read in (numbers.number, dates.date):
        found = read(cell)
        if not isinstance(found, Refusal):
            return found
    return cell.strip()


def read_glossary(grid: Grid) -> tuple[list[Column], list[Text], list[Problem]]:
    """Return the columns a sheet names, the values it translates, and what is wrong."""
    heads = _heads(grid, _GLOSSARY_HEADS)
    if heads is None:
        return [], [], []
    row, at = heads
    columns: list[Column] = []
    labels: list[Text] = []
    problems: list[Problem] = []
    for r in range(row + 1, len(grid.rows)):
        said = {key: grid.text(r, at[key]) if key in at else "" for key in _GLOSSARY_HEADS}
        name = said["zh"] or said["en"]
        if not name:
            continue
        both = Text(name, said["en"] or name)
        if set(aliases(said["type"])) & {"值", "value"}:
            labels.append(both)
            continue
        typed = type_of(said["type"] or "文本")
        if typed is None:
            where = grid.cell(r, at["type"])
            problems.append(
                UNKNOWN_TYPE.at(where, found=said["type"], column=name, table=grid.sheet)
            )
            continue
        type_, unit = typed[0], said["unit"] or typed[1]
        if type_ in NUMERIC and unit and not (is_unit(unit) or is_remark(unit)):
            where = grid.cell(r, at["unit" if said["unit"] else "type"])
            problems.append(unit_refused(unit, where, name))
            continue
        allowed = tuple(p.strip().strip('"“”') for p in re.split(r"[,，、;；]", said["allowed"]))
        columns.append(
            Column(
                said["key"] or name,
                *both,
                type_,
                unit,
                allowed=tuple(filter(None, allowed)),
            )
        )
    return columns, labels, problems


def words_of(columns: list[Column]) -> dict[str, Column]:
    """Return the columns of a glossary by every folded name."""
    return {fold(n): c for c in reversed(columns) for n in (c.key, c.en, c.zh)}
