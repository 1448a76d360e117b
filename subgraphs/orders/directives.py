"""What the fields of orders need, and how long their lists are."""

from trellis.schema.list_sizes import list_size

READ = [["read:orders"]]
WRITE = [["write:orders"]]

MAX_ITEMS = 50
"""A basket of a person; the rows of a larger one would be locked for too long."""

FEW_ITEMS = list_size(5)
"""What is assumed of an order."""
