"""Sheets that several plugins describe, put together; what contradicts is an error by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, get_args

from kamrules.messages.problem import PluginError
from kamrules.sheets.column import Column, SheetSpec
from kamrules.words.fold import fold
from kamrules.words.names import closest
from kamrules.words.text import NO_TEXT, Text
from kamrules.words.types import Type


@dataclass(frozen=True, slots=True)
class Uses:
    """Columns of a sheet that another plugin describes."""

    key: str
    columns: tuple[str, ...]


class Said(NamedTuple):
    """What a plugin says of a sheet or a column of one, and where its code says so."""

    plugin: str
    of: Any
    at: str

    @property
    def by(self) -> str:
        """Return plugin, file and line."""
        return f"{self.plugin!r} ({self.at})"


def uses(sheet: str, *columns: str) -> Uses:
    """Return that a plugin reads columns of a sheet which another one describes."""
    return Uses(sheet, columns)


def merged(said: Iterable[tuple[str, SheetSpec | Uses, str]]) -> list[SheetSpec]:
    """Return the sheets of all plugins in the order they are named, or say what contradicts.

    What each plugin says comes with its name, and the file and line that says so.
    """
    parts: dict[str, list[Said]] = {}
    for one in said:
        parts.setdefault(one[1].key, []).append(Said(*one))
    found = {key: _sheet(its) for key, its in parts.items()}
    for its in parts.values():
        for one in its:
            if isinstance(one.of, Uses):
                _check(one, found)
    return [spec for spec in found.values() if spec]


def _check(one: Said, found: dict[str, SheetSpec | None]) -> None:
    """Raise a PluginError where a plugin uses a sheet or a column that nobody describes."""
    spec = found[one.of.key]
    keys = {key: key for key, known in found.items() if known}
    if spec is None:
        raise _unknown(one, Text("表", "sheet"), one.of.key, keys)
    keys = {c.key: c.key for c in spec.columns}
    for key in one.of.columns:
        if key not in keys:
            name = Text(f"{spec.key} 表的列", f"column of {spec.key}")
            raise _unknown(one, name, key, keys)


def _unknown(one: Said, kind: Text, key: str, known: Iterable[str]) -> PluginError:
    near = closest(key, known)
    return PluginError(
        Text(
            f"插件 {one.by} 要用{kind.zh} {key!r}, 但没有插件描述它{near.zh}; "
            "改正名称, 或不要去掉描述它的插件",
            f"plugin {one.by} uses the {kind.en} {key!r}, which no plugin describes{near.en}; "
            "correct the name, or use the plugin that describes it",
        )
    )


def _sheet(parts: Sequence[Said]) -> SheetSpec | None:
    """Return one sheet of what plugins say of it, None where they only use it."""
    specs = [one for one in parts if isinstance(one.of, SheetSpec)]
    if not specs:
        return None
    first: SheetSpec = specs[0].of
    where = Text(f"{first.key} 表", f"the sheet {first.key}")
    columns: dict[str, list[Said]] = {}
    for plugin, spec, at in specs:
        for column in spec.columns:
            columns.setdefault(column.key, []).append(Said(plugin, column, at))
    _no_name_twice(first, columns.values())
    return replace(
        first,
        columns=tuple(_column(its, where) for its in columns.values()),
        synonyms=_names(specs),
        required=any(one.of.required for one in specs),
        unique=_one(specs, "unique", where),
        references=_one(specs, "references", where),
        derived=_one(specs, "derived", where, unsaid=()),
        reserved=any(one.of.reserved for one in specs),
        headline=_one(specs, "headline", where),
    )


def _column(parts: Sequence[Said], sheet: Text) -> Column:
    """Return one column of what plugins say of it; the first describes it."""
    first: Column = parts[0].of
    where = Text(f"{sheet.zh}的列 {first.key}", f"the column {first.key} of {sheet.en}")
    for one in parts:
        if one.of.type not in get_args(Type):
            raise _no_type(one, where)
    if len(parts) == 1:
        return first
    words: dict[str, Said] = {}
    for plugin, column, at in parts:
        for word, number in column.words:
            its = Said(plugin, number, at)
            if words.setdefault(word, its).of != number:
                raise _contradict(words[word], its, where, f"{word}=", words[word].of, number)
    return replace(
        first,
        type=_type(parts, where),
        unit=_one(parts, "unit", where),
        synonyms=_names(parts),
        required=any(one.of.required for one in parts),
        allowed=tuple(dict.fromkeys(word for one in parts for word in one.of.allowed)),
        blank=_one(parts, "blank", where),
        event=any(one.of.event for one in parts),
        words=tuple((word, one.of) for word, one in words.items()),
        meaning=next((one.of.meaning for one in parts if one.of.meaning != NO_TEXT), NO_TEXT),
    )


def _type(parts: Sequence[Said], where: Text) -> Type:
    """Return the one type of a column; text with choices is still text."""
    types = {one.of.type for one in parts}
    found: Type = "enum" if types == {"text", "enum"} else _one(parts, "type", where)
    return found


def _one(
    parts: Sequence[Said], field: str, where: Text, unsaid: tuple[Any, ...] = ("", None)
) -> Any:
    """Return what plugins say of a field; those that say nothing agree with all."""
    said = [one for one in parts if getattr(one.of, field) not in unsaid]
    values = [getattr(one.of, field) for one in said]
    for one, value in zip(said, values, strict=True):
        if value != values[0]:
            raise _contradict(said[0], one, where, f"{field} ", values[0], value)
    return values[0] if values else getattr(parts[0].of, field)


def _contradict(
    one: Said, other: Said, where: Text, field: str, first: object, second: object
) -> PluginError:
    values = f"{field}{str(first)[:60]} / {field}{str(second)[:60]}"
    return PluginError(
        Text(
            f"插件 {one.by} 和 {other.by} 对{where.zh}说法不同: {values}; "
            f"改成一样的, 或只用 uses() 使用它, 或用 --no-plugin 去掉其中一个",
            f"plugins {one.by} and {other.by} contradict each other about {where.en}: {values}; "
            f"say the same in both, or only use it with uses(), or leave one out with --no-plugin",
        )
    )


def _no_type(one: Said, where: Text) -> PluginError:
    near, known = closest(str(one.of.type), get_args(Type)), ", ".join(get_args(Type))
    return PluginError(
        Text(
            f"插件 {one.by}: {where.zh}的类型 {one.of.type!r} 不存在{near.zh}; 可用的有 {known}",
            f"plugin {one.by}: {where.en} has the type {one.of.type!r}, which there is not"
            f"{near.en}; there are {known}",
        )
    )


def _names(parts: Sequence[Said]) -> tuple[str, ...]:
    """Return all synonyms, and what later plugins call what the first one names otherwise."""
    first = parts[0].of
    later = (name for one in parts[1:] for name in (one.of.zh, one.of.en, *one.of.synonyms))
    others = (name for name in later if name not in (first.zh, first.en))
    return tuple(dict.fromkeys((*first.synonyms, *others)))


def _no_name_twice(spec: SheetSpec, columns: Iterable[Sequence[Said]]) -> None:
    """Raise a PluginError where two columns of a sheet claim one name for their header."""
    taken: dict[str, Said] = {}
    for one, name in _claims(columns):
        first = taken.setdefault(fold(name), one)
        if first.of.key != one.of.key:
            both = f"{first.of.key} / {one.of.key}"
            raise PluginError(
                Text(
                    f"插件 {first.by} 和 {one.by}: {spec.key} 表的两列 {both} 都叫 {name!r}; "
                    "一个名称只能指一列, 从其中一列去掉它",
                    f"plugins {first.by} and {one.by}: two columns of the sheet {spec.key}, "
                    f"{both}, are both called {name!r}; take the name from one of them",
                )
            )


def _claims(columns: Iterable[Sequence[Said]]) -> Iterator[tuple[Said, str]]:
    for parts in columns:
        for one in parts:
            for name in (one.of.zh, one.of.en, *one.of.synonyms):
                yield one, name
