"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.payments import queries
from trellis.subgraphs.payments.providers.base import PaymentProvider, ProviderOf


class Loaders(BatchLoaders):
    """With the provider that payments of this operation are made by."""

    def __init__(self, storage: Storage, caller: Identity, *, provider_of: ProviderOf) -> None:
        super().__init__(storage, caller)
        self._provider_of = provider_of
        self.payment = self.rows(queries.payments_by_id)
        self.payment_of_order = self.rows(queries.payments_by_order)
        self.payments_of_orders = self.lists(queries.payments_of_orders)
        self.payments_of_people = self.lists(queries.payments_of_people)
        self.refunds = self.parts(queries.refunds_by_payment)

    @property
    def provider(self) -> PaymentProvider:
        """Raises ``ValueError`` for settings that make no sense."""
        return self._provider_of(self._storage)
