"""Columns, kinds of sheets, sheets as read, periods and working time."""
