"""Requests with an ``Idempotency-Key``: carried out once, answered as often as they come."""
