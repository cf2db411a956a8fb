"""Rules staff keep in Excel, applied to a customer workbook, every decision explained."""

from kamrules.hookspecs import hookimpl

__version__ = "0.1.0"
__all__ = ["__version__", "hookimpl"]
