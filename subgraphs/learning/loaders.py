"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.learning import queries


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.course = self.rows(queries.courses_by_id)
        self.courses = self.lists(queries.courses_of)
        self.lesson = self.rows(queries.lessons_by_id)
        self.lessons = self.lists(queries.lessons_of)
        self.enrollment = self.rows(queries.enrollments_by_id)
        self.enrollments = self.lists(queries.enrollments_of)
        self.own_enrollment = self.rows(queries.own_enrollments)
        self.may_study = self.rows(queries.may_study)
        self.lesson_count = self.parts(queries.lesson_counts)
        self.enrollment_count = self.parts(queries.enrollment_counts)
        self.completed_count = self.parts(queries.completed_counts)
        self.completions = self.parts(queries.completions_of)
