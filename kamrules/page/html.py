"""Turns a page into a report by a Jinja template that gets plain data and nothing else."""

from __future__ import annotations

import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from kamrules.hooks.failed import failed
from kamrules.page.page import Chart, Page, Section, Table
from kamrules.page.svg import svg
from kamrules.words.look import TONES
from kamrules.words.shown import fmt
from kamrules.words.text import Text, say
from kamrules.xlsx.files import replace_file


def render(page: Page, template: Traversable, plugin: str) -> str:
    """Return a report in the language of its page, by the template of a plugin.

    A template sees *summary* (what the page says, and what plugins give beside its parts), *parts*
    and *lists* (those with a list), *t* (labels by name), *charts* (SVG by name) and *tones*
    (colours), and the filters count, percent, fill, and one that is called as the measure is.
    """
    environment = ImmutableSandboxedEnvironment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(_filters(page))
    try:
        source = environment.from_string(template.read_text("utf-8"))
        return source.render(**_seen(page))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a template can fail in any way that Python can
        frames = traceback.walk_tb(error.__traceback__)
        lines = [number for frame, number in frames if frame.f_code.co_filename == "<template>"]
        line = getattr(error, "lineno", None) or next(reversed(lines), None)
        place = Path(f"{template}:{line}" if line else str(template))
        raise failed(plugin, Text("的模板出错", "failed in its template"), error, place) from error


def write(path: Path, text: str) -> None:
    """Write a report in one step."""
    replace_file(path, text.encode("utf-8"))


def _seen(page: Page) -> dict[str, Any]:
    """Return what a template sees, by name."""
    parts = [replace(p, bands=tuple(filter(_is_reported, p.bands))) for p in page.parts]
    parts = [part for part in parts if part.bands]
    plain = asdict(replace(page, parts=tuple(parts)))
    words, values, drawn = (plain.pop(name) for name in ("words", "values", "parts"))
    listed = [any(map(_is_list, part.bands[0])) for part in parts]
    return {
        "summary": {**plain, **values},
        "parts": [part for part, is_list in zip(drawn, listed, strict=True) if not is_list],
        "lists": [part for part, is_list in zip(drawn, listed, strict=True) if is_list],
        "t": words,
        "charts": defaultdict(Markup, _charts(page)),
        "tones": dict(TONES),
    }


def _charts(page: Page) -> dict[str, Markup]:
    return {s.name: svg(s, page.lang) for s in page.sections if isinstance(s, Chart)}


def _is_reported(band: Sequence[Section]) -> bool:
    return not any(isinstance(section, Table) and not section.report for section in band)


def _is_list(section: object) -> bool:
    return isinstance(section, Table) and section.list


def _filters(page: Page) -> Mapping[str, Callable[..., str]]:
    lang = page.lang

    def count(value: float | None) -> str:
        return "" if value is None else fmt(value, "int", lang)

    def percent(value: float | None) -> str:
        return "" if value is None else _fixed(value * 100, 2) + "%"

    def measure(value: float | None) -> str:
        return "" if value is None else _fixed(value / page.scale, 1 if page.unit else 0)

    def fill(name: str, **params: Any) -> str:
        return say(Text(page.words[name], page.words[name]), **params).of(lang)

    return {
        "count": count,
        "percent": percent,
        page.measure: measure,
        "measure": measure,
        "fill": fill,
    }


def _fixed(value: float, places: int) -> str:
    """Return a number for a column, where all have the same decimals; rounds as fmt does."""
    exact = Decimal(f"{value:.15g}").quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{exact:,}"
