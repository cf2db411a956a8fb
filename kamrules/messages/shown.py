"""Problems as people and programs read them."""

from __future__ import annotations

from kamrules.messages.problem import Problem
from kamrules.words.text import Lang, Text

_SEVERITY = {
    "error": Text("错误", "error"),
    "warning": Text("警告", "warning"),
    "notice": Text("提示", "notice"),
}
_FIELDS = (
    ("why", Text("原因", "why")),
    ("fix", Text("改法", "fix")),
    ("effect", Text("影响", "effect")),
)


def as_dict(problem: Problem, lang: Lang) -> dict[str, str]:
    """Return a problem for ``--format json``."""
    sentences = {k: getattr(problem, k).of(lang) for k in ("what", "why", "fix", "effect")}
    return {
        "code": problem.code, "severity": problem.severity, "sheet": problem.where.sheet,
        "cell": problem.where.ref, "where": str(problem.where), "found": problem.found,
        "key": problem.key, **sentences,
    }  # fmt: skip


def shown(problem: Problem, lang: Lang) -> str:
    """Return a problem as the terminal shows it."""
    severity = _SEVERITY[problem.severity].of(lang)
    head = f"{severity} {problem.code}  {problem.where}  {problem.what.of(lang)}"
    said = [(label.of(lang), getattr(problem, key).of(lang)) for key, label in _FIELDS]
    return "\n".join([head, *(f"   {label}: {sentence}" for label, sentence in said if sentence)])
