"""Runs a query plan: fetch, merge, check objects, shape the client's answer."""
