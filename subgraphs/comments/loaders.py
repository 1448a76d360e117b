"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.events.issues import STREAM as ISSUES
from trellis.schema.events.projects import STREAM as PROJECTS
from trellis.schema.identity import Identity
from trellis.subgraphs.comments import queries, reactions


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        # As long as others write comments of issues, too (docs/moving-a-field.md). Who may see
        # them is known from the projects: without those a list would be empty.
        self.written_elsewhere = self.current(ISSUES, PROJECTS)
        self.comment = self.rows(queries.comments_by_id)
        self.comments = self.lists(queries.comments_of)
        self.counts = self.rows(queries.counts_by_subject)
        self.statistics = self.rows(queries.statistics_by_project)
        self.reply_counts = self.parts(queries.reply_counts)
        self.mentions = self.parts(queries.mentions_by_comment)
        self.reactions = self.rows(reactions.reactions_by_comment)
        self.reacting_people = self.parts(reactions.people_by_reaction)
