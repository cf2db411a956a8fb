"""Text in two languages, as it is compared, units, numbers as shown, names, widths."""
