"""Hit policies: a record each, which everybody asks; its letter is only for people and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kamrules.words.text import Text


@dataclass(frozen=True, slots=True)
class HitPolicy:
    """What the rules that hit *give*: one result, a list of them, or one number made of them.

    *order* is that of the rows of the table or of its Values row, empty where there is none.
    *overlap* says whether two rules may hit at once: never, with the same results only, or freely.
    *aggregate* makes the number.
    """

    letter: str
    name: Text
    gives: Literal["one", "list", "number"] = "one"
    order: Literal["", "rows", "values"] = ""
    overlap: Literal["error", "same", "fine"] = "fine"
    aggregate: Literal["", "SUM", "MIN", "MAX", "COUNT"] = ""

    @property
    def chooses(self) -> str:
        """Return the order by which one of several hits is chosen, empty where none is."""
        return self.order if self.gives == "one" else ""

    @property
    def shown(self) -> Text:
        """Return the letter and the name."""
        return Text(f"{self.letter} {self.name.zh}", f"{self.letter} {self.name.en}")


_ALL = (
    HitPolicy("U", Text("唯一", "Unique"), overlap="error"),
    HitPolicy("A", Text("一致", "Any"), overlap="same"),
    HitPolicy("P", Text("优先", "Priority"), order="values"),
    HitPolicy("F", Text("首个", "First"), order="rows"),
    HitPolicy("R", Text("规则序", "Rule order"), "list", "rows"),
    HitPolicy("O", Text("输出序", "Output order"), "list", "values"),
    HitPolicy("C", Text("汇集", "Collect"), "list"),
    HitPolicy("C+", Text("求和", "Sum"), "number", aggregate="SUM"),
    HitPolicy("C<", Text("最小", "Min"), "number", aggregate="MIN"),
    HitPolicy("C>", Text("最大", "Max"), "number", aggregate="MAX"),
    HitPolicy("C#", Text("计数", "Count"), "number", aggregate="COUNT"),
)
HITS: Mapping[str, HitPolicy] = {policy.letter: policy for policy in _ALL}
