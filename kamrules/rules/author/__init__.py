"""What helps those who write rules."""
