"""``kamrules apply`` where the data is Parquet: decides on this machine or with Spark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from kamrules.cli.options import say, system_language
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW, NO_RUN
from kamrules.messages.problem import Cell, UsageError
from kamrules.messages.shown import as_dict, shown
from kamrules.run import parquet, pipeline
from kamrules.words.text import Lang, Text

# fmt: off
WORKBOOK_IN_PARTS = message("E223", kind="header",
    what=("{name} 是工作簿, 不能分部分读", "{name} is a workbook and cannot be read in parts"),
    why=("--engine spark 读 Parquet", "--engine spark reads Parquet"),
    fix=("给出 Parquet 文件夹或 .toml; 工作簿不用 --engine",
         "name a folder of Parquet files or a .toml; leave --engine out for a workbook"),
    effect=NO_RUN, example={"name": "供应商.xlsx"}, place=IN_ROW)
# fmt: on


# Problems that the terminal shows; the file has all.
SHOWN = 20


def apply(
    source: Path,
    run: pipeline.Run,
    target: str | None,
    engine: str,
    strict: bool,
    lang: Lang | None,
    format_: str,
    files: Sequence[Path],
    without: Sequence[str],
) -> int:
    """Decide, write, print what there is to say, and return the exit code."""
    from kamrules.guard.workbook import NO_FILE

    if not source.exists():
        raise UsageError([NO_FILE.at(Cell(source.name), name=source.name, path=source)])
    if not (source.is_dir() or source.suffix == ".toml"):
        raise UsageError([WORKBOOK_IN_PARTS.at(Cell(source.name), name=source.name)])
    folder = target or str(source.with_name(f"{source.stem}.kam"))
    if engine == "spark":
        from kamrules.parts import spark

        outcome = spark.apply(source, run, folder, files, without)
    else:
        outcome = parquet.apply(source, run, Path(folder))
    language: Lang = lang if lang in ("zh", "en") else system_language()
    say(
        {
            "tables": {t: {"decided": n, "undecided": m} for t, (n, m) in outcome.counts.items()},
            "problems": [as_dict(p, language) for p in outcome.problems],
            "written": list(outcome.written),
        },
        _text(outcome, language),
        format_,
    )
    bad = {"error", "warning"} if strict else {"error"}
    return 1 if any(p.severity in bad for p in outcome.problems) else 0


def _text(outcome: parquet.Outcome, lang: Lang) -> str:
    """Return a run as the terminal shows it."""
    lines = [
        Text(
            f"{name}: 判定 {some:,} 行, 未判定 {others:,} 行",
            f"{name}: {some:,} rows decided, {others:,} not",
        ).of(lang)
        for name, (some, others) in outcome.counts.items()
    ]
    problems = [shown(p, lang) for p in outcome.problems[:SHOWN]]
    if len(outcome.problems) > SHOWN:
        counted = Counter(p.code for p in outcome.problems)
        listed = ", ".join(f"{code} {count}" for code, count in sorted(counted.items()))
        total = len(outcome.problems)
        problems.append(
            Text(f"共 {total} 个问题: {listed}", f"{total} problems: {listed}").of(lang)
        )
    written = [Text("已写出", "written").of(lang), *(f"  {path}" for path in outcome.written)]
    return "\n\n".join(["\n".join(lines), *problems, "\n".join(written)])
