"""Mutation testing: make small changes to the code, one at a time, and see whether a test fails."""
