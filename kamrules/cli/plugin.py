"""``kamrules plugin new``: write a plugin that passes its own tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.cli.options import Group, common, say, system_language

if TYPE_CHECKING:
    from kamrules.words.text import Lang


@click.group("plugin", cls=Group)
def plugin_group() -> None:
    """写一个新插件。Write a new plugin."""


@plugin_group.command("new")
@click.argument("name")
@common
def plugin_new_command(
    name: str, lang: Lang | None, format_: str, files: tuple[Path, ...], without: tuple[str, ...]
) -> None:
    """写一个新插件: 一张表, 一个事实, 一张规则表和测试。Write a new plugin with its tests."""
    from kamrules.testing import scaffold
    from kamrules.words.text import Text

    written = scaffold.write(name, Path(name))
    after = Text(
        f"已写出 {name}\n下一步: cd {name} && pip install -e . && pytest",
        f"wrote {name}\nnext: cd {name} && pip install -e . && pytest",
    )
    said = {"written": [str(path) for path in written]}
    say(said, after.of(lang or system_language()), format_)
