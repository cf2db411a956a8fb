"""Text in two languages, and its places filled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Lang = Literal["zh", "en"]


class Text(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str

    def of(self, lang: Lang) -> str:
        """Return the sentence in *lang*."""
        return self.zh if lang == "zh" else self.en


NO_TEXT = Text("", "")


def say(template: Text, **params: Any) -> Text:
    """Return *template* filled with *params* (Text values by language)."""
    return _fill(template, params)


def _fill(template: Text, params: Mapping[str, Any]) -> Text:
    def of(lang: Lang) -> str:
        chosen = {k: v.of(lang) if isinstance(v, Text) else v for k, v in params.items()}
        return template.of(lang).format_map(chosen)

    return Text(of("zh"), of("en"))
