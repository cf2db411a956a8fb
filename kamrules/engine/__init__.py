"""Decision tables meet rows."""
