"""Decision tables as SQL, from the same regions that the engine decides by.

A condition becomes ``=``, ``IN``, ``>=``, ``<`` and ``IS NULL`` and nothing else, because these
mean the same in every database.
"""

from __future__ import annotations

from collections.abc import Mapping

from kamrules.rules.link import LinkedTable
from kamrules.sql.cases import by_case
from kamrules.sql.inputs import CASES, Source, refused
from kamrules.sql.joins import by_join
from kamrules.sql.syntax import name
from kamrules.sql.table import TableSql


def statements(
    linked: LinkedTable, source: Source, synonyms: Mapping[str, str], dialect: str
) -> list[str]:
    """Return the statements that make the view of a table's results, or raise RefusedError."""
    table = TableSql(linked, source, synonyms, dialect)
    if table.policy.gives == "one" and table.is_small:
        return [f"CREATE VIEW {name(table.view)} AS\n{by_case(table)}"]
    if table.policy.overlap == "same":
        letter = table.policy.letter
        zh = f"策略 {letter} 超过 {CASES} 条规则"
        en = f"policy {letter} with more than {CASES} rules"
        raise refused(linked.table, zh, en)
    return list(by_join(table))
