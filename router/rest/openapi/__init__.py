"""OpenAPI 3.1 documents, derived from the values that answer: routes, shapes and profiles."""
