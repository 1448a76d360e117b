"""Channels and direct messages between people, who of them is there, and who is typing."""
