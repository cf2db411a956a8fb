"""Names as people write them: headers, labels and table names in Chinese, English or both."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from kamrules.words.fold import fold
from kamrules.words.text import Text

_BOTH = re.compile(r"(.*[\u3400-\u9fff]\S*)\s+([^\u3400-\u9fff]*[A-Za-z][^\u3400-\u9fff]*)", re.S)


@lru_cache(maxsize=10_000)
def both(label: str) -> Text:
    """Return the Chinese and the English part of a label such as ``类别 Class``."""
    found = _BOTH.fullmatch(label.strip())
    return Text(found[1].strip(), found[2].strip()) if found else Text(label.strip(), label.strip())


@lru_cache(maxsize=10_000)
def aliases(label: str) -> tuple[str, ...]:
    """Return the folded ways to write a label: the whole, and either language's part."""
    zh, en = both(label)
    return tuple(dict.fromkeys((fold(label), fold(zh), fold(en))))


def closest(name: str, known: Iterable[str]) -> Text:
    """Return ``; 是不是 A, B`` for up to three known names that look like *name*, else empty."""
    by_fold: Mapping[str, str] = {fold(k): k for k in known}
    near = difflib.get_close_matches(fold(name), by_fold, n=3, cutoff=0.5)
    found = ", ".join(by_fold[n] for n in near)
    return Text(f"; 是不是 {found}", f"; did you mean {found}") if found else Text("", "")
