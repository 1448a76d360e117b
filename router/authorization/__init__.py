"""Field-level authorization: rules, policies, and the part of the schema that a caller may use."""
