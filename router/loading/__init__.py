"""Subgraphs and supergraphs as configured, before anything is served."""
