"""From a normalized operation and the supergraph's tables to a query plan; no I/O."""
