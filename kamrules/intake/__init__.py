"""A workbook or tables to typed sheets."""
