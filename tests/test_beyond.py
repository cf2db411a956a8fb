"""The README's way from a workbook to Parquet, a database and Spark works as it stands there."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from kamrules.cli import main as cli
from kamrules.engine.decide import DTYPES
from kamrules.hooks import plugins
from kamrules.run import pipeline
from tests.conftest import ROOT, by_id

duckdb = pytest.importorskip("duckdb", reason="needs DuckDB: install kamrules[dev]")
pytest.importorskip("sqlglot", reason="needs sqlglot: install kamrules[sql]")

READMES = (ROOT / "README.md", ROOT / "README.zh.md")
RULES = """
    | 决策表 | 礼品 gift |
    | 命中策略 | F |
    | 规则 | 条件 IN | 结果 OUT |
    | 列 | 等级 Tier | 礼品 Gift |
    | R1 | 战略, 重点 | 茶 |
    | 默认 | | 无 |
    """


def steps(readme: Path) -> dict[str, list[str]]:
    """Return the blocks of the numbered list, which are those of this section, by their kind."""
    found: dict[str, list[str]] = {}
    text = readme.read_text("utf-8")
    for kind, block in re.findall(r"^   ```(\w+)\n(.*?)^   ```$", text, re.MULTILINE | re.DOTALL):
        found.setdefault(kind, []).append(dedent(block))
    return found


def test_both_readmes_show_the_same_way() -> None:
    assert steps(READMES[0]) == steps(READMES[1])
    assert {kind: len(found) for kind, found in steps(READMES[0]).items()} == {
        "python": 1, "bash": 3, "toml": 1,
    }  # fmt: skip


def test_the_way_of_the_readme_leads_to_the_tiers_of_the_workbook(
    the_demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, book: Callable[..., Path]
) -> None:
    blocks = steps(READMES[0])
    monkeypatch.chdir(tmp_path)
    shutil.copy(the_demo, tmp_path / "customers.xlsx")
    book(tmp_path / "rules.xlsx", 规则=RULES)
    run = pipeline.Run(plugins.load(), (Path("rules.xlsx"),))
    result = pipeline.apply(Path("customers.xlsx"), run)
    tiers = by_id(result, "等级", "礼品")
    commands = [shlex.split(c) for b in blocks["bash"] for c in b.splitlines()]

    # What is exported are these with prompts for their authors.
    shutil.copytree(ROOT / "rulesets", "rulesets")

    exec(blocks["python"][0], {})
    for command in commands:
        if command[:2] in (["kamrules", "apply"], ["kamrules", "sql"]) and "spark" not in command:
            done = CliRunner().invoke(cli.cli, command[1:], catch_exceptions=False)
            assert done.exit_code in (0, 1), done.output

    final, gift = (
        pl.read_parquet(f"data.kam/{n}.parquet") for n in ("最终等级 tier_final", "礼品 gift")
    )
    both = final.join(gift, on="customer_id").select("customer_id", "等级 Tier", "礼品 Gift").rows()
    assert {id_: told for id_, *told in both} == {id_: list(told) for id_, told in tiers.items()}

    with duckdb.connect(config={"threads": 1}) as database:
        for key, sheet in result.data.sheets.items():
            frame = sheet.frame.select(c for c in sheet.frame.columns if "#" not in c)
            absent = {c.key for c in sheet.spec.columns} - set(frame.columns)
            blank = [
                pl.lit(None, DTYPES[c.type]).alias(c.key)
                for c in sheet.spec.columns
                if c.key in absent
            ]
            database.register("frame", frame.with_columns(blank).with_row_index("id").to_arrow())
            database.execute(f'CREATE TABLE "{key}" AS SELECT * FROM frame')
            database.unregister("frame")
        script = Path("rules.sql").read_text("utf-8").replace("CREATE VIEW", "CREATE TABLE")
        database.execute(script)
        rows = database.execute(
            'SELECT customer_id, t."等级 Tier", g."礼品 Gift" FROM kam_tier_final t JOIN kam_gift g USING (customer_id)'
        ).fetchall()
    assert {id_: tuple(told) for id_, *told in rows} == tiers


def test_the_commands_of_the_readme_name_real_options() -> None:
    for block in steps(READMES[0])["bash"]:
        for command in block.splitlines():
            words: list[Any] = shlex.split(command)
            if words[0] == "kamrules":
                found = cli.cli.commands[words[1]]
                options = {o for p in getattr(found, "params", []) for o in p.opts}
                assert {w for w in words if w.startswith("-")} <= options
