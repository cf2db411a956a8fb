"""A result in the workbook it is about."""
