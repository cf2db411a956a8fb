"""Finding plugins, loading them, calling them; whatever goes wrong names the plugin."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from kamrules.hooks import hookspecs
from kamrules.messages.problem import PluginError

GROUP = "kamrules"


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """One line of ``kamrules plugins``; *error* says why a plugin cannot be used."""

    name: str
    origin: str
    module: str
    hooks: tuple[str, ...]
    error: str = ""


def load(files: Sequence[Path] = (), without: Sequence[str] = ()) -> pluggy.PluginManager:
    """Return a manager that holds every plugin, or raise a PluginError that names the bad one.

    Other people's plugins come before ours, each group by name; *files* are plugins named on the
    command line, *without* the names of plugins to leave out.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    # Reversed, because pluggy calls the plugin registered last first.
    for name, origin, source in reversed(_found(files)):
        if name in without:
            continue
        if manager.has_plugin(name):
            raise PluginError(
                f"two plugins are called {name!r}; one is {origin}. "
                f"Leave both out with --no-plugin {name}, or uninstall one"
            )
        _register(manager, name, origin, source)
    return manager


def _found(files: Sequence[Path]) -> list[tuple[str, str, EntryPoint | Path]]:
    installed = sorted(entry_points(group=GROUP), key=lambda ep: (_ours(ep), ep.name))
    found: list[tuple[str, str, EntryPoint | Path]] = [(f.stem, str(f), f) for f in files]
    return found + [(ep.name, _origin(ep), ep) for ep in installed]


def _register(
    manager: pluggy.PluginManager, name: str, origin: str, source: EntryPoint | Path
) -> None:
    try:
        plugin = _module(source) if isinstance(source, Path) else source.load()
        manager.register(plugin, name=name)
        manager.check_pending()
    except Exception as error:
        said = " ".join(str(error).split())
        raise PluginError(f"plugin {name!r} ({origin}) cannot be used: {said}") from error


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"kamrules_file_plugin_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # importlib.resources and dataclasses look a module up by its name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def describe(files: Sequence[Path] = (), without: Sequence[str] = ()) -> Iterator[PluginInfo]:
    """Yield every plugin by name, broken ones with their error."""
    seen: set[str] = set()
    for name, origin, source in sorted(_found(files), key=lambda f: f[0]):
        module = str(source) if isinstance(source, Path) else source.value
        if name in without:
            yield PluginInfo(name, origin, module, (), "--no-plugin")
            continue
        manager = pluggy.PluginManager(GROUP)
        manager.add_hookspecs(hookspecs)
        if name in seen:
            yield PluginInfo(name, origin, module, (), f"two plugins are called {name!r}")
            continue
        try:
            _register(manager, name, origin, source)
        except PluginError as error:
            yield PluginInfo(name, origin, module, (), str(error))
            continue
        seen.add(name)
        callers = manager.get_hookcallers(manager.get_plugin(name)) or ()
        yield PluginInfo(name, origin, module, tuple(sorted(h.name for h in callers)))


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
        raise PluginError("no plugin has an example workbook")
    writes: Callable[[Path], Path] = found
    return writes


def call_each(
    manager: pluggy.PluginManager, hook: str, **arguments: Any
) -> Iterator[tuple[str, Any]]:
    """Yield what each plugin returns from a hook, with the plugin's name."""
    for implementation in reversed(getattr(manager.hook, hook).get_hookimpls()):
        name = implementation.plugin_name
        try:
            wanted = (arguments[a] for a in implementation.argnames)
            found = list(implementation.function(*wanted))
        except Exception as error:
            raise PluginError(
                f"plugin {name!r} failed in {hook}(): {type(error).__name__}: {error}"
            ) from error
        for one in found:
            yield name, one


def _ours(entry: EntryPoint) -> bool:
    return entry.dist is not None and _package(entry.dist)[0] == GROUP


def _origin(entry: EntryPoint) -> str:
    return " ".join(_package(entry.dist)) if entry.dist else "unknown package"


@lru_cache(maxsize=64)
def _package(package: Distribution) -> tuple[str, str]:
    """Return name and version, for which its metadata would be parsed each time."""
    return package.name, package.version
