"""What plugins work out from the data."""
