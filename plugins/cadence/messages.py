"""What can be wrong in cadence."""

from __future__ import annotations

from kamrules.plugin import Text, message

# fmt: off
NOT_STAFF = message("W705", kind="calendar",
    what=("{count} 行的 {column} 不在人员表里: {found}",
          "{count} rows have a {column} who is not in the Staff sheet: {found}"),
    why=("人员 表里没有这个姓名或工号", "the Staff sheet has no such name or number"),
    fix=("补上人员, 或改正姓名", "add the person, or correct the name"),
    effect=("照常判定, 但不知道其上级", "the rows are decided, but the manager is not known"),
    example={"column": Text("拜访人", "visitor"), "count": 2, "found": "王敏"})
# fmt: on
