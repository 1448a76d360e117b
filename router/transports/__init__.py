"""Transports to subgraphs: in-process, HTTP and WebSocket, with one Protocol."""
