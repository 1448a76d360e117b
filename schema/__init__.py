"""The words that the router and the subgraphs share; imports nothing else of ours."""
