"""How a router and the subgraphs in other processes know one another: by a shared secret."""
