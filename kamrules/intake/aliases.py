"""The company's own headers: what a 词表 Glossary sheet of the workbook says they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from kamrules.intake.headers import Row
from kamrules.sheets.column import SheetSpec
from kamrules.words.fold import folded


def _folded(*names: str) -> frozenset[str]:
    return frozenset(map(folded, names))


SHEETS = _folded("词表", "Glossary", "词表 Glossary")
_NAMES = _folded(
    "中文", "名称", "中文 Name zh", "英文", "Name en", "英文 Name en", "技术名", "Technical name",
    "技术名 Technical name",
)  # fmt: skip
_ALIASES = _folded("同义词", "Synonyms", "同义词 Synonyms", "表头", "Header", "表头 Header")


def with_aliases(specs: Sequence[SheetSpec], rows: Sequence[Row]) -> list[SheetSpec]:
    """Return the specs with the synonyms of a glossary, beside the names they have.

    A row names a sheet or a column, by any name we know, and lists the company's own headers for
    it under 同义词 Synonyms.
    """
    given = _given(rows)
    found = []
    for spec in specs:
        columns = tuple(
            replace(c, synonyms=(*_of(given, c.zh, c.en, c.key), *c.synonyms)) for c in spec.columns
        )
        names = (*spec.synonyms, *_of(given, spec.zh, spec.en, spec.key))
        found.append(replace(spec, columns=columns, synonyms=names))
    return found


def _of(given: dict[str, tuple[str, ...]], *names: str) -> tuple[str, ...]:
    return tuple(
        alias for name in dict.fromkeys(map(folded, names)) for alias in given.get(name, ())
    )


def _given(rows: Sequence[Row]) -> dict[str, tuple[str, ...]]:
    """Return the synonyms that the rows give, by folded name."""
    for r, row in enumerate(rows):
        heads = {c: folded(text) for c, text in enumerate(row) if text}
        named = [c for c, head in heads.items() if head in _NAMES]
        listed = [c for c, head in heads.items() if head in _ALIASES]
        if named and listed:
            found: dict[str, tuple[str, ...]] = {}
            for line in rows[r + 1 :]:
                aliases = tuple(
                    filter(None, map(str.strip, re.split("[,，、;；]", line[listed[0]] or "")))
                )
                for c in named:
                    if line[c] and aliases:
                        name = folded(line[c] or "")
                        found[name] = (*found.get(name, ()), *aliases)
            return found
    return {}
