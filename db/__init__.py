"""Engines, unit of work, outbox and relay: what every subgraph needs from a database."""
