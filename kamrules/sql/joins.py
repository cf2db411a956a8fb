"""A large decision table, or one that collects, as tables of rules that the rows are joined to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from kamrules.rules.cell.ast import Lit
from kamrules.rules.decision_table import Output
from kamrules.sql.inputs import KEY, UNDECIDED, Input, refused
from kamrules.sql.syntax import all_of, any_of, case, double, filled, name, one_if, query, quoted
from kamrules.sql.table import TableSql

# A table of rules grows by the choices of its conditions; beyond this it is of no use to anybody.
LARGEST = 200_000


def by_join(t: TableSql) -> Iterator[str]:
    """Yield the tables of words, conditions and results, and the view that joins them.

    Policies that collect give a row for each hit, or one without a rule; sums give how many hit.
    The many rules of a *t* that is large are joined by equal classes; among a few, a rule that
    takes any class says so by a blank.
    """
    words = [
        f"({quoted(one.name)}, {word}, {region})"
        for one in t.inputs
        if _looked_up(one)
        for region in range(1, one.axis.size)
        for word in t.words_of(one.axis, [region])
    ]
    if words:
        yield from filled(t.view + "_words", ["input TEXT", "word TEXT", "class INTEGER"], words)
    columns = ["pos INTEGER", "grade INTEGER", "outs INTEGER"]
    for one in t.inputs:
        type_ = t.values.type(one.axis.type)
        ends = [f"{one.name}_low {type_}", f"{one.name}_high {type_}"]
        columns += [f"{one.name}_class INTEGER"] if one.classed else ends
        columns.append(f"{one.name}_level INTEGER")
        if one.given_open and not one.classed:
            columns.append(f"{one.name}_unread INTEGER")
    yield from filled(t.view + "_rules", columns, list(_conditions(t)))
    columns = ["pos INTEGER", "rule TEXT"]
    columns += [f"out{n} {_type(t, output)}" for n, output in enumerate(t.table.outputs)]
    yield from filled(t.view + "_results", columns, list(_results(t)))
    yield f"CREATE VIEW {name(t.view)} AS\n{_query(t)}"


def _looked_up(one: Input) -> bool:
    """Return whether the class of a value stands in the table of words."""
    return one.classed and one.axis.type != "bool" and one.axis.size > 1


def _conditions(t: TableSql) -> Iterator[str]:
    """Yield a line for each way in which a rule's conditions can be met."""
    count = 0
    for place in t.places:
        lines = [f"{place.pos}, {place.grade}, {place.outs}"]
        for one in t.inputs:
            ways = list((_classes if one.classed else _ranges)(t, one, place.rule))
            if count + len(lines) * len(ways) > LARGEST:
                zh, en = f"展开后超过 {LARGEST:,} 行", f"it would take more than {LARGEST:,} rows"
                raise refused(t.table, zh, en, t.table.rules[place.rule].where)
            lines = [f"{line}, {way}" for line in lines for way in ways]
        count += len(lines)
        yield from (f"({line})" for line in lines)


def _level(one: Input, rule: int, region: int) -> int:
    """Return what a region does to a condition: 2 meets it, 1 leaves it open, 0 fails it."""
    return 2 if one.true(rule) >> region & 1 else 1 if one.open(rule) >> region & 1 else 0


def _classes(t: TableSql, one: Input, rule: int) -> Iterator[str]:
    """Yield class and level of each class that meets a condition; -1 is a blank, -2 left open."""
    axis = one.axis
    if t.is_small and one.true(rule) == one.everywhere:
        yield "NULL, 2"
        return
    numbers = [*((n, n) for n in range(axis.size)), (axis.blank, -1), (axis.unreadable, -2)]
    for region, number in numbers:
        if level := _level(one, rule, region):
            yield f"{number}, {level}"


def _ranges(t: TableSql, one: Input, rule: int) -> Iterator[str]:
    """Yield low, high and the levels without a value for each range that meets a condition."""
    axis = one.axis
    levels = [_level(one, rule, axis.blank)]
    levels += [_level(one, rule, axis.unreadable)] if one.given_open else []
    ranges = list(t.ranges(axis, one.true(rule) & axis.all))
    if not ranges and any(levels):
        # No value is at or above a cut and below it at once.
        nowhere = t.values.cut(axis.cuts[0] if axis.cuts else 0, axis.type)
        ranges = [(nowhere, nowhere)]
    for low, high in ranges:
        yield ", ".join([low or "NULL", high or "NULL", *map(str, levels)])
        levels = [0] * len(levels)


def _type(t: TableSql, output: Output) -> str:
    return "BIGINT" if t.policy.aggregate == "SUM" else t.values.type(output.type)


def _results(t: TableSql) -> Iterator[str]:
    for pos, rule in t.chosen.items():
        pairs = zip(rule.outputs, t.table.outputs, strict=True)
        values = [_stored(t, entry.meaning, output) for entry, output in pairs]
        yield f"({', '.join([pos, t.id_of(rule), *values])})"


def _stored(t: TableSql, meaning: Any, output: Output) -> str:
    if not isinstance(meaning, Lit):
        return "NULL"
    if t.policy.aggregate == "SUM" and meaning.value is not None:
        return str(int(Decimal(str(meaning.value)) * _scale(t)))
    return t.values.literal(meaning.value, output.type)


def _scale(t: TableSql) -> int:
    """Return what makes every number that is added up whole, so that sums are exact."""
    found = [e.meaning.value for rule in t.rules.values() for e in rule.outputs]
    numbers = [Decimal(str(v)).normalize().as_tuple().exponent for v in found if v is not None]
    return int(10 ** max([0, *(-int(places) for places in numbers)]))


def _query(t: TableSql) -> str:
    columns = [f"g.{column}" for column in t.kept]
    joins, meets, sure = "", [], []
    for one in t.inputs:
        meets.append(_meets(t, one))
        if one.classed:
            columns.append(f"{_class(one)} AS {one.name}_class")
            sure.append(f"r.{one.name}_level = 2")
        else:
            sure.append(any_of([f"c.{one.name} IS NOT NULL", *_without_value(one, "= 2")]))
        if _looked_up(one):
            word = f"w_{one.name}"
            on = f"{word}.input = {quoted(one.name)} AND {word}.word = g.{one.name}"
            joins += f" LEFT JOIN {name(t.view + '_words')} AS {word} ON {on}"
    level = case([(all_of(sure), "2")], "1")
    opens = "".join(
        f", {one_if(any_of(_without_value(i, '= 1')))} AS {i.name}_open" for i in t.inputs
    )
    steps = {
        **t.rows(),
        "coded": f"SELECT {', '.join(columns)} FROM given AS g{joins}",
        "met": f"SELECT c.{KEY}, r.pos, r.grade, r.outs, {level} AS level{opens} FROM coded AS c"
        f" JOIN {name(t.view + '_rules')} AS r ON {all_of(meets)}",
        **(_one_hit(t) if t.policy.gives == "one" else _all_hits(t)),
    }
    missing = t.missing({i.name: [f"b.{i.name}_open = 1"] for i in t.inputs})
    last = (
        f"SELECT g.{KEY} AS {name(t.source.key)}, {_columns(t)}, {missing} AS missing,"
        f" {one_if(_undecided(t))} AS {UNDECIDED} FROM given AS g"
        f" LEFT JOIN best AS t ON t.{KEY} = g.{KEY} LEFT JOIN blocked AS b ON b.{KEY} = g.{KEY}"
        f" LEFT JOIN {name(t.view + '_results')} AS o ON o.pos = {_pos(t)}"
    )
    return query(steps, last, kept=t.values.keeps_steps)


def _class(one: Input) -> str:
    """Return the class of a value, -1 for a blank, -2 for what is left open."""
    ends = [(f"g.{one.undecided} = 1", "-2")] if one.given_open else []
    ends.append((f"g.{one.name} IS NULL", "-1"))
    if one.axis.type == "bool":
        yes, no = (str(one.axis.classes.get(v, 0)) for v in (True, False))
        return case([*ends, (f"g.{one.name}", yes)], no)
    return case(ends, f"COALESCE(w_{one.name}.class, 0)" if _looked_up(one) else "0")


def _meets(t: TableSql, one: Input) -> str:
    """Return the condition that a row meets or may meet a line of the table of rules."""
    if one.classed:
        any_class = [f"r.{one.name}_class IS NULL"] if t.is_small else []
        return any_of([f"r.{one.name}_class = c.{one.name}_class", *any_class])
    low = f"(r.{one.name}_low IS NULL OR c.{one.name} >= r.{one.name}_low)"
    high = f"(r.{one.name}_high IS NULL OR c.{one.name} < r.{one.name}_high)"
    inside = f"(c.{one.name} IS NOT NULL AND {low} AND {high})"
    return any_of([*_without_value(one, ">= 1"), inside])


def _without_value(one: Input, level: str) -> list[str]:
    """Return the conditions that a row has no value, and that a line has some level for that."""
    blank = f"(c.{one.name} IS NULL AND r.{one.name}_level {level})"
    if not one.given_open or one.classed:
        return [blank]
    return [
        f"(c.{one.undecided} = 0 AND {blank})",
        f"(c.{one.undecided} = 1 AND r.{one.name}_unread {level})",
    ]


def _opens(t: TableSql) -> str:
    return "".join(f", MAX(m.{i.name}_open) AS {i.name}_open" for i in t.inputs)


def _one_hit(t: TableSql) -> dict[str, str]:
    """Return the steps to the rule that counts, and to open rules that may say otherwise."""
    before = "h.pos IS NULL"
    if t.policy.overlap != "error":
        before += " OR (m.grade < h.grade AND m.outs <> h.outs)"
    return {
        "best": f"SELECT {KEY}, MIN(pos) AS pos, COUNT(*) AS hits FROM met WHERE level = 2"
        f" GROUP BY {KEY}",
        "hit": f"SELECT met.* FROM met JOIN best ON best.{KEY} = met.{KEY} AND best.pos = met.pos"
        " AND met.level = 2",
        "blocked": f"SELECT m.{KEY}{_opens(t)} FROM met AS m LEFT JOIN hit AS h"
        f" ON h.{KEY} = m.{KEY} WHERE m.level = 1 AND ({before}) GROUP BY m.{KEY}",
    }


def _all_hits(t: TableSql) -> dict[str, str]:
    """Return the steps to all rules that hit, and to those that blanks leave open."""
    if t.policy.gives == "number":
        outputs = range(len(t.table.outputs))
        found = "".join(f", {t.policy.aggregate}(o.out{n}) AS out{n}" for n in outputs)
        best = (
            f"SELECT m.{KEY}, COUNT(*) AS hits{found} FROM met AS m JOIN"
            f" {name(t.view + '_results')} AS o ON o.pos = m.pos WHERE m.level = 2 GROUP BY m.{KEY}"
        )
    else:
        place = f"ROW_NUMBER() OVER (PARTITION BY m.{KEY} ORDER BY m.pos) AS place"
        best = f"SELECT m.{KEY}, m.pos, {place} FROM met AS m WHERE m.level = 2"
    blocked = f"SELECT m.{KEY}{_opens(t)} FROM met AS m WHERE m.level = 1 GROUP BY m.{KEY}"
    return {"blocked": blocked, "best": best}


def _pos(t: TableSql) -> str:
    """Return the number of the rule whose results a row gets."""
    blocked = f"b.{KEY} IS NOT NULL"
    if t.policy.gives == "number":
        return case([(f"t.{KEY} IS NULL AND b.{KEY} IS NULL", "0")], "NULL")
    if t.policy.gives == "list":
        return case([("t.pos IS NOT NULL", "t.pos"), (blocked, "NULL")], t.default)
    ends = [("t.hits > 1", "NULL")] if t.policy.overlap == "error" else []
    return case([*ends, (blocked, "NULL"), ("t.pos IS NULL", t.default)], "t.pos")


def _undecided(t: TableSql) -> str:
    """Return the condition that a row is in conflict or left open."""
    blocked = f"b.{KEY} IS NOT NULL"
    if t.policy.gives == "list":
        return f"{blocked} AND t.pos IS NULL"
    return any_of([blocked, "t.hits > 1"]) if t.policy.overlap == "error" else blocked


def _columns(t: TableSql) -> str:
    """Return the columns of the view beside the key and the missing inputs."""
    outputs = [f"{_value(t, n)} AS {name(o.label)}" for n, o in enumerate(t.table.outputs)]
    if t.policy.gives == "number":
        return ", ".join([*outputs, "COALESCE(t.hits, 0) AS hits"])
    place = ["t.place AS place"] if t.policy.gives == "list" else []
    return ", ".join([*outputs, "o.rule AS rule", *place])


def _value(t: TableSql, n: int) -> str:
    output = t.table.outputs[n]
    if t.policy.aggregate == "COUNT":
        none = f"o.out{n}" if t.table.default else "0"
        whens = [("t.hits IS NOT NULL", "t.hits"), (f"b.{KEY} IS NOT NULL", "NULL")]
        return f"CAST({case(whens, none)} AS DOUBLE)"
    if t.policy.gives == "number":
        found = case([("t.hits IS NULL", f"o.out{n}")], f"t.out{n}")
        exact = f"CAST({found} AS DOUBLE) / {double(float(_scale(t)))}"
        return exact if t.policy.aggregate == "SUM" else found
    referring = [
        (pos, f"g.{t.given(rule.outputs[n].meaning, output)}")
        for pos, rule in t.chosen.items()
        if not isinstance(rule.outputs[n].meaning, Lit)
    ]
    return case(referring, f"o.out{n}", of="o.pos")
