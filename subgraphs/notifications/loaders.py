"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.notifications import queries
from trellis.subgraphs.notifications.webhooks.loaders import WebhookLoaders


class Loaders(WebhookLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.notification = self.rows(queries.notifications_by_id)
        self.notifications = self.lists(queries.notifications_of)
        self.unread_count = self.rows(queries.unread_counts)
        self.unread_messages = self.rows(queries.unread_by_channel)
