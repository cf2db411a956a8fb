"""Finding plugins, loading them, calling them; whatever goes wrong names the plugin."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pluggy

from kamrules.hooks import hookspecs
from kamrules.hooks.failed import CANNOT, failed, gave, hook_failed, place
from kamrules.hooks.mistakes import mistakes
from kamrules.messages.problem import PluginError
from kamrules.words.text import NO_TEXT, Lang, Text

GROUP = "kamrules"


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """One line of ``kamrules plugins``; *error* says why a plugin cannot be used."""

    name: str
    origin: str
    module: str
    hooks: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    error: Text = NO_TEXT

    def shown(self, lang: Lang) -> str:
        """Return the hooks and what the plugin needs, or its error."""
        needs = Text("需要", "needs").of(lang)
        said = [*self.hooks, *((needs, *self.requires) if self.requires else ())]
        return self.error.of(lang) or " ".join(said)


class Brought(NamedTuple):
    """One thing that a plugin returns from a hook; *at* is the file and line of the hook."""

    plugin: str
    value: Any
    at: str


def load(files: Sequence[Path] = (), without: Sequence[str] = ()) -> pluggy.PluginManager:
    """Return a manager that holds every plugin, or raise a PluginError that names the bad one.

    Other people's plugins come before ours, each group by name; *files* are plugins named on the
    command line, *without* the names of plugins to leave out.
    """
    manager = _empty()
    # Reversed, because pluggy calls the plugin registered last first.
    for name, origin, source in reversed(_found(files)):
        if name in without:
            continue
        if manager.has_plugin(name):
            raise PluginError(_twice(name, origin))
        _register(manager, name, origin, source)
    if lacking := next(_lacking(manager, without), None):
        raise PluginError(lacking)
    return manager


def _empty() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    return manager


def _found(files: Sequence[Path]) -> list[tuple[str, str, EntryPoint | Path]]:
    installed = sorted(entry_points(group=GROUP), key=lambda ep: (_ours(ep), ep.name))
    found: list[tuple[str, str, EntryPoint | Path]] = [(f.stem, str(f), f) for f in files]
    return found + [(ep.name, _origin(ep), ep) for ep in installed]


def _twice(name: str, origin: str) -> Text:
    return Text(
        f"有两个插件都叫 {name!r}, 其中一个是 {origin}; "
        f"给其中一个改名, 或用 --no-plugin {name} 都不用",
        f"two plugins are called {name!r}, one is {origin}; "
        f"rename one, or leave both out with --no-plugin {name}",
    )


def _register(
    manager: pluggy.PluginManager, name: str, origin: str, source: EntryPoint | Path
) -> None:
    is_file = isinstance(source, Path)
    doing = CANNOT if is_file else Text(f"({origin}) {CANNOT.zh}", f"({origin}) {CANNOT.en}")
    try:
        plugin = _module(source) if isinstance(source, Path) else source.load()
        found = next(mistakes(manager, plugin), None)
        if found is None:
            manager.register(plugin, name=name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin can fail in any way that Python can
        home = source if isinstance(source, Path) else _home(source)
        raise failed(name, doing, error, home) from error
    if found is not None:
        raise failed(name, doing, *found)


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"kamrules_file_plugin_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # importlib.resources and dataclasses look a module up by its name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _home(entry: EntryPoint) -> Path:
    """Return the file or folder of the package that a plugin is in; it need not be importable."""
    spec = importlib.util.find_spec(entry.module.partition(".")[0])
    file = Path(spec.origin if spec and spec.origin else entry.module)
    return file.parent if file.name == "__init__.py" else file


def _lacking(manager: pluggy.PluginManager, without: Sequence[str]) -> Iterator[Text]:
    """Yield each plugin that others need and that is not there, with what to type instead."""
    needs = {name: _needs(plugin) for name, plugin in reversed(manager.list_name_plugin())}
    for lost in dict.fromkeys(n for wanted in needs.values() for n in wanted if n not in needs):
        gone = {lost}
        while more := {name for name, wanted in needs.items() if gone & {*wanted}} - gone:
            gone |= more
        by = ", ".join(name for name, wanted in needs.items() if lost in wanted)
        typed = " ".join(f"--no-plugin {name}" for name in needs if name in gone)
        if lost in without:
            yield Text(
                f"插件 {by} 需要 {lost}, 而 --no-plugin {lost} 去掉了它; "
                f"不要去掉 {lost}, 或再加上 {typed}",
                f"plugins that need {lost}, which --no-plugin {lost} leaves out: {by}; "
                f"keep {lost}, or add {typed}",
            )
        else:
            yield Text(
                f"插件 {by} 需要 {lost}, 但没有安装它; 安装它, 或加上 {typed}",
                f"plugins that need {lost}, which is not installed: {by}; "
                f"install it, or add {typed}",
            )


def _needs(plugin: object) -> tuple[str, ...]:
    """Return the names of the plugins that a plugin declares to need."""
    return tuple(getattr(plugin, "requires", ()))


def describe(files: Sequence[Path] = (), without: Sequence[str] = ()) -> list[PluginInfo]:
    """Return every plugin by name, broken ones with their error."""
    manager, named = _empty(), sorted(_found(files), key=lambda f: f[0])
    found = [_described(manager, *one, one[0] in without) for one in named]
    there = {info.name for info in found if not info.error.en}
    return [
        replace(info, error=Text(f"需要 {', '.join(lost)}", f"needs {', '.join(lost)}"))
        if not info.error.en and (lost := [n for n in info.requires if n not in there])
        else info
        for info in found
    ]


def _described(
    manager: pluggy.PluginManager, name: str, origin: str, source: EntryPoint | Path, out: bool
) -> PluginInfo:
    info = PluginInfo(name, origin, str(source) if isinstance(source, Path) else source.value)
    if out:
        return replace(info, error=Text("--no-plugin", "--no-plugin"))
    if manager.has_plugin(name):
        return replace(info, error=_twice(name, origin))
    try:
        _register(manager, name, origin, source)
    except PluginError as error:
        return replace(info, error=error.said)
    plugin = manager.get_plugin(name)
    hooks = sorted(h.name for h in manager.get_hookcallers(plugin) or ())
    return replace(info, hooks=tuple(hooks), requires=_needs(plugin))


def origins(manager: pluggy.PluginManager) -> dict[str, str]:
    """Return the package and version of each plugin in use, the module's file for a plugin file."""
    packaged = {ep.name: _origin(ep) for ep in entry_points(group=GROUP)}
    names = sorted(name for name, _ in manager.list_name_plugin())
    return {
        name: packaged.get(name) or str(getattr(manager.get_plugin(name), "__file__", name))
        for name in names
    }


def example(manager: pluggy.PluginManager) -> Callable[[Path], Path]:
    """Return what writes an example workbook to a folder: the first plugin's ``example``."""
    loaded = (plugin for _, plugin in reversed(manager.list_name_plugin()))
    found = next((p.example for p in loaded if hasattr(p, "example")), None)
    if found is None:
        raise PluginError(
            Text(
                "没有插件带示例工作簿; 不要去掉带它的插件",
                "no plugin has an example workbook; use one that has",
            )
        )
    writes: Callable[[Path], Path] = found
    return writes


def call_each(
    manager: pluggy.PluginManager, hook: str, kinds: tuple[type, ...], **arguments: Any
) -> Iterator[Brought]:
    """Yield what each plugin returns from a hook, each of one of *kinds*."""
    for implementation in reversed(getattr(manager.hook, hook).get_hookimpls()):
        name, function = implementation.plugin_name, implementation.function
        doing, wanted = hook_failed(hook), " / ".join(kind.__name__ for kind in kinds)
        try:
            found = function(*(arguments[a] for a in implementation.argnames))
            given = list(found) if isinstance(found, Iterable) else None
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise failed(name, doing, error, implementation.plugin) from error
        if given is None:
            raise failed(name, doing, gave(found, wanted, many=True), function)
        for one in given:
            if not isinstance(one, kinds):
                raise failed(name, doing, gave(one, wanted), function)
            yield Brought(name, one, place(function))


def _ours(entry: EntryPoint) -> bool:
    return entry.dist is not None and _package(entry.dist)[0] == GROUP


def _origin(entry: EntryPoint) -> str:
    return " ".join(_package(entry.dist)) if entry.dist else "unknown package"


@lru_cache(maxsize=64)
def _package(package: Distribution) -> tuple[str, str]:
    """Return name and version, for which its metadata would be parsed each time."""
    return package.name, package.version
