"""What other cuts would lead to."""
