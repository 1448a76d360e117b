"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.timetracking import queries


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.entry = self.rows(queries.entries_by_id)
        self.entries = self.lists(queries.entries_of)
        self.project = self.rows(queries.projects_by_id)
        self.task = self.rows(queries.tasks_by_id)
        self.running = self.rows(queries.running_by_user)
        self.timesheet = self.rows(queries.timesheets_by_id)
        self.timesheets = self.lists(queries.timesheets_of)
        self.minutes_of_project = self.rows(queries.minutes_by_project)
        self.minutes_of_task = self.rows(queries.minutes_by_task)
        self.minutes_of_timesheet = self.parts(queries.minutes_by_timesheet)
        self.entries_of_timesheet = self.parts(queries.entries_by_timesheet)
