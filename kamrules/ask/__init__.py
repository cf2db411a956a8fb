"""Why, what if, and what changed."""
