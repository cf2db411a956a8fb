"""Words, numbers and colours as people see them."""
