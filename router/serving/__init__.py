"""Puts a configured graph behind a port: wiring, the server, its logs."""
