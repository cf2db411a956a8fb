"""A workbook's package patched without loss."""
