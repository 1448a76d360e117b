"""What a caller may have of an operation: rules, policies, and the schema as the caller sees it."""
