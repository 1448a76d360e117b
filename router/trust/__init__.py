"""Authentication between the router and subgraphs in other processes, based on a shared secret."""
