"""Rule workbooks as one SQL script: a view for each table, those that others read first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pluggy

from kamrules.facts.collect import declared
from kamrules.facts.declare import Fact
from kamrules.facts.join import with_derived
from kamrules.facts.order import known_of_subjects
from kamrules.intake.headers import is_named
from kamrules.intake.tables import blank
from kamrules.messages.message import message
from kamrules.messages.phrases import IN_ROW
from kamrules.messages.problem import Cell, Problem, UsageError
from kamrules.rules.about import about_others, described
from kamrules.rules.catalogue import load_rules, merged_specs, vocabulary
from kamrules.rules.decision_table import DecisionTable, RuleBook
from kamrules.rules.link import LinkedTable
from kamrules.run import in_force
from kamrules.sheets.column import Column, SheetSpec
from kamrules.sql.inputs import RefusedError, Source, refused, view_name
from kamrules.sql.syntax import NATIVE
from kamrules.sql.tables import statements
from kamrules.words.fold import fold
from kamrules.words.text import Text

# fmt: off
NO_SQLGLOT = message("E225", kind="header",
    what=("没有安装 sqlglot", "sqlglot is not installed"),
    why=("{name} 的 SQL 由它翻译", "it translates to the SQL of {name}"),
    fix=("安装 kamrules[sql]; duckdb 的 SQL 不需要它",
         "install kamrules[sql]; the SQL of duckdb does without"),
    effect=("未写出 SQL", "no SQL was written"), example={"name": "mysql"}, place=IN_ROW)
NOT_IN_DIALECT = message("E226", kind="header",
    what=("不能写成 {name} 的 SQL", "this cannot be written as SQL of {name}"),
    why=("{reason}", "{reason}"), fix=("用另一种 --dialect", "use another --dialect"),
    effect=("未写出 SQL", "no SQL was written"),
    example={"name": "sqlite",
             "reason": Text("它没有 REGEXP_MATCHES", "it has no REGEXP_MATCHES")}, place=IN_ROW)
# fmt: on


@dataclass(frozen=True, slots=True)
class Script:
    """The statements, the tables they decide, and why other tables are left out."""

    statements: tuple[str, ...]
    tables: tuple[str, ...]
    refused: tuple[Problem, ...]

    @property
    def text(self) -> str:
        """Return the statements as one text."""
        return "".join(f"{statement};\n\n" for statement in self.statements)


def script(
    rules: Sequence[Path],
    dialect: str,
    manager: pluggy.PluginManager,
    *,
    facts_given: bool = False,
    keys: Mapping[str, str] | None = None,
) -> Script:
    """Return the tables of rule workbooks as SQL; their columns are those of relations so named.

    A table that reads facts is refused unless the relations hold them (*facts_given*). *keys* names
    the columns that identify a row of the sheets that have none by themselves.
    """
    plain = merged_specs(manager)
    loaded = [load_rules(path, vocabulary(plain)) for path in rules]
    problems = [p for _, wrong in loaded for p in wrong]
    if any(p.severity == "error" for p in problems):
        raise UsageError(problems)
    facts = declared(manager)
    known = known_of_subjects(plain, facts)
    rulebooks = about_others([book for book, _ in loaded], known, rules[0].stem)
    specs = [_keyed(spec, keys or {}) for spec in (*plain, *described(rulebooks, plain))]
    steps = _steps(rulebooks, specs, facts)
    synonyms = {fold(label.en): fold(label.zh) for book in rulebooks for label in book.labels}
    by_key = {spec.key: spec for spec in specs}
    views: dict[str, str] = {}
    found: list[str] = []
    decided: list[str] = []
    left_out: list[Problem] = []
    lost: set[str] = set()
    for linked in (s for s in steps if isinstance(s, LinkedTable)):
        table, spec = linked.table, by_key[linked.table.for_each]
        reads = {*linked.inputs, *(column for column, _ in linked.names.values())}
        given = [c for f in facts if f.sheet == spec.key for c in f.columns if c.key in reads]
        try:
            _check(table, spec, [] if facts_given else given, sorted(reads & lost))
            blanks = {c.key: c.blank for c in spec.columns if c.blank is not None}
            source = Source(spec.key, spec.unique, blanks, views)
            made = statements(linked, source, synonyms, dialect)
        except RefusedError as error:
            left_out.append(error.problem)
            lost |= {o.label for o in table.outputs}
            continue
        found += [f"-- {_in_a_comment(table)}\n{made[0]}", *made[1:]]
        decided.append(table.name)
        views |= {o.label: view_name(table) for o in table.outputs}
    return Script(tuple(translated(found, dialect)), tuple(decided), tuple(left_out))


def _steps(
    rulebooks: Sequence[RuleBook], specs: Sequence[SheetSpec], facts: Sequence[Fact]
) -> Sequence[LinkedTable | Fact]:
    """Return the tables in their order; UsageError where one cannot be used."""
    data = with_derived(blank(rulebooks[0].name, specs), specs)
    tables = [table for book in rulebooks for table in book.tables]
    parameters = in_force.parameters(rulebooks)
    steps, wrong = in_force.linked(data, facts, tables, specs, parameters)
    errors = [p for p in wrong if p.severity == "error"]
    if errors:
        raise UsageError(errors)
    return steps


def _keyed(spec: SheetSpec, keys: Mapping[str, str]) -> SheetSpec:
    """Return a sheet with the column that was named to identify its rows."""
    named = [column for sheet, column in keys.items() if is_named(sheet, spec)]
    return replace(spec, unique=named[-1]) if named else spec


def _check(
    table: DecisionTable, spec: SheetSpec, facts: Sequence[Column], lost: Sequence[str]
) -> None:
    """Refuse a table whose rows, facts or inputs no relation has."""
    if not spec.unique:
        raise refused(
            table,
            f"{spec.zh} 表没有识别一行的列; 关系里有这样一列时加 --key {spec.key}=列名",
            f"the {spec.en} sheet has no column that identifies a row; where its relation has one,"
            f" add --key {spec.key}=COLUMN",
        )
    if facts:
        zh, en = "、".join(c.zh for c in facts), ", ".join(c.en for c in facts)
        keys = ", ".join(c.key for c in facts)
        raise refused(
            table,
            f"它用到 Python 算出的事实 {zh}; 关系里已有这些列({keys})时加 --facts-given",
            f"it reads facts that Python works out ({en}); add --facts-given where the relation"
            f" has the columns {keys}",
        )
    if lost:
        zh, en = (
            f"它用到 {lost[0]}, 给出它的表不能写成 SQL",
            f"it reads {lost[0]}, whose table is left out",
        )
        raise refused(table, zh, en)


def _in_a_comment(table: DecisionTable) -> str:
    """Return the name of a table so that it cannot end the comment it stands in."""
    return " ".join(f"{table.name}: {table.where}".replace("*", "").split())


def translated(found: Sequence[str], dialect: str) -> list[str]:
    """Return statements in a dialect."""
    if dialect == NATIVE:
        return list(found)
    try:
        import sqlglot
        from sqlglot.errors import SqlglotError
    except ImportError as error:
        raise UsageError([NO_SQLGLOT.at(Cell("--dialect"), name=dialect)]) from error
    try:
        return [
            sqlglot.transpile(s, read=NATIVE, write=dialect, pretty="CREATE VIEW" in s)[0]
            for s in found
        ]
    except (SqlglotError, ValueError) as error:
        said = str(error).splitlines()[0]
        refusal = NOT_IN_DIALECT.at(Cell("--dialect"), name=dialect, reason=Text(said, said))
        raise UsageError([refusal]) from error
