"""HTTP routes that subgraphs answer themselves."""
