"""What changed between rules or results."""
