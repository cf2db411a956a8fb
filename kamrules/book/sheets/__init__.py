"""The sheets of a result workbook that are ours."""
