"""Rule workbooks: what staff write becomes decision tables."""
