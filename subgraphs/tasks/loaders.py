"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.tasks import queries


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.task = self.rows(queries.tasks_by_id)
        self.tasks = self.lists(queries.tasks_of)
        self.dependencies = self.parts(queries.dependencies_by_task)
        self.counts_of_project = self.rows(queries.counts_by_project)
        self.counts_of_milestone = self.rows(queries.counts_by_milestone)
