"""Our sheets of a result workbook."""
