"""Every message has an example, in both languages, that fits every console; plugins bring theirs."""

from __future__ import annotations

import pickle
import re
import string
from types import ModuleType

import pytest

from kamrules.messages.explain import explain
from kamrules.messages.message import Message, message
from kamrules.messages.problem import Cell, PluginError
from kamrules.messages.registry import known
from kamrules.words.text import Text
from tests.kit.told import MESSAGES

LATE = message(
    "ACME-1",
    kind="acme",
    what=("{sheet} 来晚了", "{sheet} came late"),
    why=("例如 {found}", "such as {found}"),
    effect=("照常", "goes on"),
    example={"sheet": Text("仓库", "Stock"), "found": "A1", "fix": Text("早来", "come early")},
)


def plugin(name: str, *messages: Message) -> ModuleType:
    """Return a plugin with some messages."""
    found = ModuleType(name)
    vars(found).update({f"M{n}": one for n, one in enumerate(messages)})
    return found


def places(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.parametrize("code", MESSAGES)
def test_every_message_and_its_example_is_in_both_languages_and_fits_gbk(code: str) -> None:
    told = MESSAGES[code]
    for name in ("what", "why", "fix", "effect"):
        for text in (getattr(told, name), getattr(told.shown, name)):
            text.zh.encode("gbk")
            assert bool(text.zh) == bool(text.en)
            assert places(getattr(told, name).zh) == places(getattr(told, name).en)
        plain = getattr(told, name).en.replace("空", "").replace("万", "")
        assert not re.search("[\u4e00-\u9fff]", plain), code


@pytest.mark.parametrize("code", MESSAGES)
def test_an_example_fills_every_place_and_nothing_else(code: str) -> None:
    told = MESSAGES[code]
    wanted = {p for n in ("what", "why", "fix", "effect") for p in places(getattr(told, n).zh)}

    assert wanted <= set(told.example) | {"found", "key"}
    assert "{" not in told.shown.what.zh.replace('{"', "")


@pytest.mark.parametrize("code", MESSAGES)
def test_the_letter_of_a_code_is_its_severity(code: str) -> None:
    assert (MESSAGES[code].severity == "error") == code.startswith("E")


@pytest.mark.parametrize("code", MESSAGES)
def test_a_problem_knows_its_kind_and_whether_it_stops_a_run_and_survives_a_process(
    code: str,
) -> None:
    told = MESSAGES[code].shown

    assert told.kind == MESSAGES[code].kind != "problem"
    assert told.stops == MESSAGES[code].stops
    assert pickle.loads(pickle.dumps(told)) == told
    assert pickle.loads(pickle.dumps(MESSAGES[code])) == MESSAGES[code]
    assert not MESSAGES[code].at(Cell("a.xlsx"), severity="notice", **MESSAGES[code].example).stops


def test_the_message_of_a_plugin_is_explained_like_ours() -> None:
    said = explain("ACME-1", [plugin("acme", LATE)]).as_text("en")

    assert said.startswith("ACME-1 Warning: ... came late")
    assert "Stock came late" in said
    assert "come early" in said


def test_a_code_with_two_meanings_is_an_error_that_names_both_modules() -> None:
    other = message("ACME-1", kind="acme", what=("另一个", "another"), example={})

    with pytest.raises(PluginError, match=r"one and two both have a message ACME-1"):
        known([plugin("one", LATE), plugin("two", other)])
