"""What plugins work out from the data: declared, supplied with rows, put in order, joined."""
