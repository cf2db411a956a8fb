"""The verbs of a run: what a result is made of."""
