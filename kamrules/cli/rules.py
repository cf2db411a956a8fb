"""``kamrules rules``: the rule workbooks that come with the plugins."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamrules.cli.options import Group, common, say, system_language

if TYPE_CHECKING:
    from kamrules.words.text import Lang


@click.group("rules", cls=Group)
def rules_group() -> None:
    """看或取出自带的规则工作簿。See or export the rule workbooks that come with the plugins."""


@rules_group.command("list")
@common
def rules_list_command(
    lang: Lang | None, format_: str, files: tuple[Path, ...], without: tuple[str, ...]
) -> None:
    """列出规则表。List the decision tables."""
    from kamrules.hooks import plugins
    from kamrules.messages.shown import as_dict, shown
    from kamrules.rules import catalogue
    from kamrules.words.terminal import table

    found, problems = catalogue.tables(plugins.load(files, without))
    language = lang or system_language()
    rows = [
        {
            "table": t.name,
            "policy": t.policy.letter,
            "rules": len(t.rules),
            "for_each": t.for_each,
            "where": str(t.where),
            "inputs": [i.label for i in t.inputs],
            "outputs": [o.label for o in t.outputs],
        }
        for t in found
    ]
    lines = table(
        [[t.policy.letter, str(len(t.rules)), t.name, str(t.where)] for t in found], right=[1]
    )
    said = {"tables": rows, "problems": [as_dict(p, language) for p in problems]}
    say(said, "\n".join(lines + [shown(p, language) for p in problems]), format_)
    sys.exit(2 if any(p.severity == "error" for p in problems) else 0)


@rules_group.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default="rules")
@common
def rules_export_command(
    folder: Path, lang: Lang | None, format_: str, files: tuple[Path, ...], without: tuple[str, ...]
) -> None:
    """把自带的规则工作簿写到文件夹, 供修改。Write the rule workbooks to a folder, to be edited."""
    from kamrules.hooks import plugins
    from kamrules.rules import catalogue

    written = catalogue.export(plugins.load(files, without), folder)
    say({"written": [str(p) for p in written]}, "\n".join(str(p) for p in written), format_)
