"""Rules staff keep in Excel, applied to a workbook, every decision explained."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kamrules.hooks.hookspecs import hookimpl

__version__ = "0.1.0"
__all__ = ["__version__", "hookimpl"]


def __getattr__(name: str) -> Any:
    # Importing pluggy only when a plugin asks for the marker keeps --help quick.
    if name == "hookimpl":
        from kamrules.hooks.hookspecs import hookimpl

        return hookimpl
    raise AttributeError(f"module 'kamrules' has no attribute {name!r}")
