"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.files import queries


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.file = self.rows(queries.files_by_id)
        self.files = self.lists(queries.files_of)
        self.files_of_channels = self.lists(queries.files_of_channels)
        self.attachment = self.rows(queries.attachments_by_id)
        self.attachments = self.rows(queries.attachments_by_subject)
        self.attachment_count = self.rows(queries.attachment_counts)
        self.attachments_of_file = self.rows(queries.attachments_of_files)
        self.subject = self.parts(queries.subjects_by_id)
        self.shares = self.rows(queries.shares_by_file)
