"""The verbs of a run, in order."""
