"""The language of a rule cell."""
