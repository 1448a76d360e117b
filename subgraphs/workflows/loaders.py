"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.workflows import queries


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.workflow = self.rows(queries.workflows_by_id)
        self.in_force = self.rows(queries.workflows_in_force)
        self.mover = self.rows(queries.movers_by_project)
        self.execution = self.rows(queries.executions_by_id)
        self.workflows = self.lists(queries.workflows_of)
        self.executions = self.lists(queries.executions_of)
