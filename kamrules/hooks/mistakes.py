"""What is wrong with a module as a plugin: hooks that are misspelt, unmarked, or take too much."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pluggy

from kamrules.hooks import hookspecs
from kamrules.words.names import closest
from kamrules.words.text import Text

# What each hook may be asked for, by its name.
HOOKS: Mapping[str, tuple[str, ...]] = {
    name: tuple(inspect.signature(value).parameters)
    for name, value in vars(hookspecs).items()
    if hasattr(value, "kamrules_spec")
}
Mistake = tuple[Text, Any, Text]


def mistakes(manager: pluggy.PluginManager, plugin: object) -> Iterator[Mistake]:
    """Yield what is wrong with the hooks of a plugin: what, the function, and what to do."""
    requires = getattr(plugin, "requires", ())
    if isinstance(requires, str) or not all(isinstance(name, str) for name in requires):
        yield (
            Text(f"requires 是 {requires!r}", f"requires is {requires!r}"),
            plugin,
            Text("写成插件名称的元组", "write a tuple of names of plugins"),
        )
    hooks, others = _functions(manager, plugin)
    for name, function in hooks.items():
        if name not in HOOKS:
            near, known = closest(name, HOOKS), ", ".join(HOOKS)
            what = Text(f"没有 hook {name}(){near.zh}", f"unknown hook {name}(){near.en}")
            yield what, function, Text(f"改正名称; 可用的有 {known}", f"there are {known}")
        elif odd := [a for a in inspect.signature(function).parameters if a not in HOOKS[name]]:
            said, takes = ", ".join(odd), ", ".join(HOOKS[name])
            yield (
                Text(f"{name}() 没有参数 {said}", f"{name}() is not given {said}"),
                function,
                Text(f"写成 {name}({takes})", f"write {name}({takes})"),
            )
    for name, function in others.items():
        like = difflib.get_close_matches(name, HOOKS, 1, 0.8)
        if name in HOOKS or (like and not inspect.signature(function).parameters):
            yield (
                Text(f"{name}() 像一个 hook, 但没有标明", f"{name}() looks like a hook, unmarked"),
                function,
                Text(
                    f"写成 @hookimpl {like[0]}(), 不是 hook 就改名为 _{name}()",
                    f"write @hookimpl {like[0]}(), or call it _{name}() if it is none",
                ),
            )
    if not hooks and not hasattr(plugin, "example") and not any(map(_is_fact, _all(plugin))):
        known = ", ".join(f"{name}()" for name in HOOKS)
        yield (
            Text("它没有 hook 也没有事实", "it has no hook and no fact"),
            plugin,
            Text(f"写一个 {known} 或 @fact", f"give it one of {known} or a @fact"),
        )


Functions = dict[str, Callable[..., Any]]


def _functions(manager: pluggy.PluginManager, plugin: object) -> tuple[Functions, Functions]:
    """Return the hooks of a plugin by the hook's name, and its other public functions."""
    hooks: Functions = {}
    others: Functions = {}
    for name in dir(plugin):
        value = getattr(plugin, name, None)
        if inspect.isroutine(value) and not name.startswith("_"):
            options = manager.parse_hookimpl_opts(plugin, name)
            if options is not None:
                hooks[options.get("specname") or name] = value
            elif getattr(value, "__module__", "") == getattr(plugin, "__name__", None):
                others[name] = value
    return hooks, others


def _all(plugin: object) -> Iterator[object]:
    return (getattr(plugin, name, None) for name in dir(plugin))


def _is_fact(value: object) -> bool:
    # By its name, for a fact brings Polars and this room is below none that knows it.
    return type(value).__name__ == "Fact"
