"""Loads the configured subgraphs and supergraph."""
