"""Per-request batches of webhooks."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.notifications.webhooks import queries


class WebhookLoaders(BatchLoaders):
    """The loaders of the whole subgraph inherit these."""

    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.webhook = self.rows(queries.webhooks_by_id)
        self.webhook_topics = self.parts(queries.topics_by_webhook)
        self.delivery = self.rows(queries.deliveries_by_id)
        self.deliveries = self.lists(queries.deliveries_of)
