"""A real server process and real clients."""
