"""Reports: what they show, and what a template and a customer's name cannot do."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from kamrules.messages.problem import PluginError, UsageError
from kamrules.page.compose import compose
from kamrules.page.html import render, write
from kamrules.page.svg import svg
from tests.kit.results import ROWS, a_result, unchanged
from tests.kit.results import page as page_of

TEMPLATE = files("kamrules_templates") / "report.html.j2"
ENGLISH = [(row, id_, f"Customer {id_}", *rest) for row, id_, _, *rest in ROWS]
HAN = re.compile(r"[\u3400-\u9fff]")


def chart(result, lang, name):
    """Return one of its charts as SVG."""
    (found,) = [s for s in page_of(result, lang).sections if getattr(s, "name", "") == name]
    return svg(found, lang)


def report(result=None, lang="zh", template=TEMPLATE) -> str:
    return render(page_of(result or a_result(), lang), template, "mine")


def template(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.html.j2"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_report_requests_nothing(lang):
    page = report(lang=lang)

    assert not re.search(r"https?:|//[a-z]|\bsrc=|@import|url\(", page)
    assert "default-src 'none'" in page


def test_a_name_is_never_markup():
    page = report()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<script>") == 1


def test_an_english_report_has_no_chinese_word():
    page = report(a_result(ENGLISH, problems=()), "en")

    before_the_rules_as_typed, rules = page.split("Rules as executed")
    assert [line for line in before_the_rules_as_typed.splitlines() if HAN.search(line)] == []
    assert not HAN.search(re.sub(r"<td[^>]*>.*?</td>", "", rules))
    assert '<html lang="en">' in page


def test_every_part_is_there():
    page = report(lang="en")

    for part in (
        "Key-account results",
        "Platinum customers: 1 (20%), bringing 60% of sales.",
        'aria-label="Tier pyramid"',
        'aria-label="Pareto"',
        "Tier changes: previous → now",
        '<span class="place error">客户!C5</span>',
        "type 1200",
        '<td class="why">R2?</td>',
        "run " + compose(a_result(), "en").run,
    ):
        assert part in page


def test_a_table_row_for_each_customer_sorts_by_its_figures():
    page = report(lang="en")

    assert re.findall(r'<tr data-tier="(\w+)"( data-moved)?>', page) == [
        ("Platinum", ""), ("Gold", " data-moved"), ("Gold", " data-moved"), ("Gold", ""),
        ("Undecided", ""),
    ]  # fmt: skip
    assert re.findall(r'data-v="([\d.]*)">[\d,.]+</td>', page)[0] == "6000000.0"


def test_without_a_previous_period_there_is_no_moves_matrix():
    page = report(a_result(unchanged()), "en")

    assert "previous → now" not in page
    assert '<table class="moves">' not in page


def test_a_report_without_problems_says_so():
    assert "Nothing to fix." in report(a_result(problems=()), "en")


def test_figures_of_a_column_have_the_same_decimals_and_round_half_up(tmp_path: Path):
    text = "{{ 0.12345|percent }} {{ 0.5|percent }} {{ 10250|sales }} {{ none|sales }}"

    assert report(template=template(tmp_path, text)) == "12.35% 50.00% 1.0 "


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ summary.titel }}", "titel"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{% for %}", r":1\)"),
        ("{{ 1 + 'a' }}", "unsupported"),
        ("{{ summary.tiers.append(1) }}", "append"),
    ],
)
def test_a_template_that_fails_is_named(tmp_path: Path, text, words):
    with pytest.raises(PluginError, match=rf"mine\.html\.j2.*{words}"):
        report(template=template(tmp_path, text))


def test_a_template_sees_plain_data_only(tmp_path: Path):
    text = """{% macro walk(x) %}
{%- if x is mapping %}{% for v in x.values() %}{{ walk(v) }}{% endfor %}
{%- elif x is string or x is number or x is none %}
{%- elif x is sequence %}{% for v in x %}{{ walk(v) }}{% endfor %}
{%- else %}!{{ x }}{% endif %}{% endmacro %}
{{- walk(summary) }}{{ walk(t) }}{{ walk(charts) }}{{ walk(tones) }}"""

    assert report(template=template(tmp_path, text)).strip() == ""


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch):
    path = tmp_path / "out.html"
    write(path, "一")
    monkeypatch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(OSError("x")))

    with pytest.raises(UsageError):
        write(path, "二")

    assert path.read_text(encoding="utf-8") == "一"
    assert list(tmp_path.iterdir()) == [path]


def test_charts_escape_names_and_use_no_styles():
    drawn = chart(a_result(), "zh", "pareto")

    assert "<title>&lt;script&gt;alert(1)&lt;/script&gt;: 150万</title>" in drawn
    assert "前 2 户 = 80%" in drawn
    assert not re.search(r"\bstyle=|\bclass=", drawn + chart(a_result(), "zh", "pyramid"))


def test_many_customers_make_a_chart_of_bounded_size():
    rows = [(n, f"K{n}", "", 1e6 / n, "铂金", "R1", None, None) for n in range(2, 5000)]

    assert len(chart(a_result(rows), "en", "pareto")) < 60_000
