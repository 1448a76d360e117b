"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.projects import queries


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.project = self.rows(queries.projects_by_id)
        self.project_by_key = self.rows(queries.projects_by_key)
        self.milestone = self.rows(queries.milestones_by_id)
        self.members = self.parts(queries.members_by_project)
        self.milestones = self.parts(queries.milestones_by_project)
        self.projects = self.lists(queries.projects_of)
