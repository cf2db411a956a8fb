"""A small decision table as one query of CASE expressions."""

from __future__ import annotations

from kamrules.rules.words import DEFAULT
from kamrules.sql.inputs import KEY, UNDECIDED, Place
from kamrules.sql.syntax import any_of, case, name, one_if, query, quoted
from kamrules.sql.table import TableSql


def by_case(t: TableSql) -> str:
    """Return the query of key, results, rule and missing inputs, for policies with one outcome.

    Each row gets the first rule that holds, and a flag for each rule that a blank leaves open; an
    open rule that would come first and say otherwise keeps the row from being decided.
    """
    open_ = [p for p in t.places if t.unknown(p.rule)]
    flags = [f"{case((t.holds(p.rule), str(p.pos)) for p in t.places)} AS hit"]
    flags += [f"{one_if(t.unknown(p.rule))} AS open{p.pos}" for p in open_]
    flags += _counted(t)
    grades = case(((str(p.pos), str(p.grade)) for p in t.places), of="hit")
    outs = case(((str(p.pos), str(p.outs)) for p in t.places), of="hit")
    blocks = "".join(f", {one_if(_blocks(t, p))} AS block{p.pos}" for p in open_)
    steps = {
        **t.rows(),
        "met": f"SELECT {', '.join([*t.kept, *flags])} FROM given",
        "graded": f"SELECT met.*, {grades} AS grade, {outs} AS outs FROM met",
        "weighed": f"SELECT graded.*{blocks} FROM graded",
        "chosen": f"SELECT weighed.*, {_chosen(t, open_)} AS pos, {_open(t, open_)} AS {UNDECIDED}"
        " FROM weighed",
    }
    results = [
        f"CAST({_result(t, n)} AS {t.values.type(output.type)}) AS {name(output.label)}"
        for n, output in enumerate(t.table.outputs)
    ]
    opens = {
        i.name: [
            f"(block{p.pos} = 1 AND {t.within(i, i.open(p.rule))})" for p in open_ if i.open(p.rule)
        ]
        for i in t.inputs
    }
    last = (
        f"SELECT {KEY} AS {name(t.source.key)}, {', '.join(results)}, {_rule(t)} AS rule,"
        f" {t.missing(opens)} AS missing, {UNDECIDED} FROM chosen"
    )
    return query(steps, last, kept=t.values.keeps_steps)


def _counted(t: TableSql) -> list[str]:
    """Return the columns that tell a violation: more than one hit, or kind of result."""
    if t.policy.overlap == "error":
        return [f"{' + '.join(one_if(t.holds(p.rule)) for p in t.places)} AS hits"]
    if t.policy.overlap == "same":
        groups: dict[int, list[str]] = {}
        for place in t.places:
            groups.setdefault(place.outs, []).append(t.holds(place.rule))
        ids = (
            case([(t.holds(p.rule), quoted("," + t.table.rules[p.rule].id))], "''")
            for p in t.places
        )
        kinds = " + ".join(one_if(any_of(conditions)) for conditions in groups.values())
        return [f"{kinds} AS hits", f"SUBSTR({' || '.join(ids)}, 2) AS rules"]
    return []


def _blocks(t: TableSql, open_: Place) -> str:
    """Return the condition that an open rule keeps a row from being decided."""
    if t.policy.overlap != "fine":
        return f"open{open_.pos} = 1 AND hit IS NULL"
    before = f"grade > {open_.grade} AND outs <> {open_.outs}"
    return f"open{open_.pos} = 1 AND (hit IS NULL OR ({before}))"


def _ends(t: TableSql, open_: list[Place]) -> list[str]:
    """Return the conditions that a row is in conflict or open."""
    return [
        *(["hits > 1"] if t.policy.overlap != "fine" else []),
        *(f"block{p.pos} = 1" for p in open_),
    ]


def _open(t: TableSql, open_: list[Place]) -> str:
    return one_if(any_of(_ends(t, open_)))


def _chosen(t: TableSql, open_: list[Place]) -> str:
    """Return the number of the rule that counts, 0 for the default row, NULL for none."""
    whens = [(end, "NULL") for end in [any_of(_ends(t, open_))] if _ends(t, open_)]
    return case([*whens, ("hit IS NULL", t.default)], "hit")


def _result(t: TableSql, n: int) -> str:
    output = t.table.outputs[n]
    whens = ((pos, t.given(rule.outputs[n].meaning, output)) for pos, rule in t.chosen.items())
    return case(whens, of="pos")


def _rule(t: TableSql) -> str:
    if t.policy.overlap == "same":
        return case([("pos > 0", "rules"), ("pos = 0", quoted(DEFAULT))])
    return case(((pos, t.id_of(rule)) for pos, rule in t.chosen.items()), of="pos")
