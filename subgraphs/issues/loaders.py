"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.events.comments import STREAM as COMMENTS
from trellis.schema.identity import Identity
from trellis.subgraphs.issues import queries


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.written_elsewhere = self.current(COMMENTS)
        self.issue = self.rows(queries.issues_by_id)
        self.issue_by_key = self.rows(queries.issues_by_key)
        self.comment = self.rows(queries.comments_by_id)
        self.attachment = self.rows(queries.attachments_by_id)
        self.statistics = self.rows(queries.statistics_by_project)
        self.links = self.rows(queries.links_by_issue)
        self.attachments = self.parts(queries.attachments_by_issue)
        self.issues = self.lists(queries.issues_of)
        self.comments = self.lists(queries.comments_of)
