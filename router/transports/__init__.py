"""Ways to reach a subgraph: in-process, HTTP, WebSocket; one Protocol, the same behaviour."""
