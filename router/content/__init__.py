"""Contents: bytes that subgraphs store, sent to clients by links and by REST routes."""
