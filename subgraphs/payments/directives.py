"""What the fields of payments need, and how long their lists are."""

from trellis.schema.directives import RateLimit
from trellis.schema.list_sizes import list_size

# Payments belong to orders: who may read and write those may read and pay them.
READ = [["read:orders"]]
WRITE = [["write:orders"]]

FEW = list_size(5)
"""How many refunds of a payment are expected."""

AGAINST_CARD_TESTING = RateLimit(limit=30, window=3600, burst=10, key="user")
"""Stolen cards are tried out by many small payments; nobody pays that many orders in an hour."""
