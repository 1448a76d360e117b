"""The part of the schema that a caller may use."""
