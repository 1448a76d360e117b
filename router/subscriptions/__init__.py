"""Doors through which answers stream: WebSocket and server-sent events."""
