"""One story that goes through all doors, in each edition."""
