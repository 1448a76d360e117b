"""The demo world that every subgraph writes its own part of."""
