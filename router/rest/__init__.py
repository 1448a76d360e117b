"""REST from stored operations: each route is a GraphQL document with a path."""
