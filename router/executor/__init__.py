"""Runs a query plan: fetch, merge, shape the client's answer. Needs the planner's data only."""
