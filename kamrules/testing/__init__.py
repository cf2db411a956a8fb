"""What helps those who test rules and plugins."""
