"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.orders import queries


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.order = self.rows(queries.orders_by_id)
        self.orders = self.lists(queries.orders_of)
        self.items = self.parts(queries.items_by_order)
        self.product = self.rows(queries.products_by_id)
