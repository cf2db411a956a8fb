"""What helps those who test rules and plugins."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kamrules.testing.books import write_book
    from kamrules.testing.runs import apply_twice, decide, results

__all__ = ["apply_twice", "decide", "results", "write_book"]


def __getattr__(name: str) -> Any:
    # pytest imports this room for its plugin, before a test needs any of it.
    if name == "write_book":
        from kamrules.testing.books import write_book

        return write_book
    if name in __all__:
        from kamrules.testing import runs

        return getattr(runs, name)
    raise AttributeError(f"module 'kamrules.testing' has no attribute {name!r}")
