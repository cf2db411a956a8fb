"""Turns a summary into a report by a Jinja template that gets plain data and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from kamrules.messages.problem import PluginError
from kamrules.messages.text import LABELS
from kamrules.page import charts
from kamrules.page.summary import TONES, Summary
from kamrules.words.shown import fmt
from kamrules.words.text import say
from kamrules.xlsx.files import replace_file


def render(summary: Summary, template: Traversable) -> str:
    """Return a report in the language of its summary.

    A template sees *summary* (its fields as dicts, tuples, strings and numbers), *t* (labels by
    name), *charts* (SVG) and *tones* (colours), and the filters count, percent, sales and fill.
    """
    environment = ImmutableSandboxedEnvironment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(_filters(summary))
    try:
        page = environment.from_string(template.read_text("utf-8"))
        return page.render(
            summary=asdict(summary),
            t={name: text.of(summary.lang) for name, text in LABELS.items()},
            charts=_charts(summary),
            tones=dict(TONES),
        )
    except Exception as error:  # a template can fail in any way that Python can
        line = getattr(error, "lineno", None)
        place = f"{template.name}, line {line}" if line else template.name
        raise PluginError(f"template {place}: {error}") from error


def write(path: Path, text: str) -> None:
    """Write a report in one step."""
    replace_file(path, text.encode("utf-8"))


def _charts(summary: Summary) -> dict[str, Markup]:
    pareto, whale, lang = summary.pareto, summary.whale, summary.lang
    unit, scale = summary.sales_unit, summary.sales_scale
    return {
        "pyramid": charts.pyramid_svg(summary.tiers, lang),
        "pareto": charts.pareto_svg(pareto, unit, scale, lang) if pareto else Markup(""),
        "whale": charts.whale_svg(whale, unit, scale, lang) if whale else Markup(""),
    }


def _filters(summary: Summary) -> Mapping[str, Callable[..., str]]:
    lang, places = summary.lang, 1 if summary.sales_unit else 0

    def count(value: float) -> str:
        return fmt(value, "int", lang)

    def percent(value: float | None) -> str:
        return "" if value is None else _fixed(value * 100, 2) + "%"

    def sales(value: float | None) -> str:
        return "" if value is None else _fixed(value / summary.sales_scale, places)

    def fill(name: str, **params: Any) -> str:
        return say(LABELS[name], **params).of(lang)

    return {"count": count, "percent": percent, "sales": sales, "fill": fill}


def _fixed(value: float, places: int) -> str:
    """Return a number for a column, where all have the same decimals; rounds as fmt does."""
    exact = Decimal(f"{value:.15g}").quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{exact:,}"
