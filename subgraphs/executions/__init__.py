"""Executions: code that people run in a sandbox, its output while it runs, and its result."""
