"""The same run where the data is."""
