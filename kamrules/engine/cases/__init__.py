"""Rules over several records."""
