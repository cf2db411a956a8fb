"""Text in two languages, numbers as shown, names, widths."""
