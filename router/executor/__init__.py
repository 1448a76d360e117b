"""Runs a query plan: fetches, merges, checks objects and projects the client's response."""
