"""How often a caller may do what."""
