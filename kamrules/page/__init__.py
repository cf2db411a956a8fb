"""A result as a page of sections, which the workbook and the HTML report draw alike."""
