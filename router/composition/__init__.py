"""Subgraph SDLs in, supergraph SDL out: Apollo Federation composition."""
