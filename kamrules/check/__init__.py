"""What is wrong with rules: gaps, overlaps, traps, failing test cases; deciding nothing."""
