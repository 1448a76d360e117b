"""Workflows: through which states the issues of a project go, and the history of their moves."""
