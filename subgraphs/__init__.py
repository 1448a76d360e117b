"""One folder per bounded context; folders never import one another."""
