"""Requests with an ``Idempotency-Key`` are executed once, and get the same response each time."""
