"""The input types of comments, and how they are checked."""

from uuid import UUID

import strawberry

from trellis.schema.inputs import Id, InputProblems
from trellis.subgraphs.comments.models import CommentText, ReactionType, SubjectType
from trellis.subgraphs.comments.queries import SubjectRef
from trellis.subgraphs.comments.use_cases.comments import NewComment

# Models know nothing of GraphQL: here they become known to it.
strawberry.enum(SubjectType, name="CommentSubjectType")
strawberry.enum(ReactionType)


@strawberry.input(description="The subject of comments.")
class CommentSubjectInput:
    type: SubjectType
    id: Id

    def checked(self) -> SubjectRef:
        """Raises ``BadUserInput``."""
        return InputProblems().make(SubjectRef, self)


@strawberry.input(description="People mentioned as @username are notified.")
class CreateCommentInput:
    subject_type: SubjectType
    subject_id: Id
    content: CommentText
    parent_id: Id | None = strawberry.field(
        default=None, description="a comment on the same subject"
    )

    def checked(self) -> NewComment:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        subject = SubjectRef(self.subject_type, problems.id("subjectId", self.subject_id))
        return problems.make(NewComment, self, subject=subject)


@strawberry.input
class UpdateCommentInput:
    content: CommentText
    version: int | None = strawberry.field(
        default=None, description="the expected version of the comment; another one is a conflict"
    )

    def checked(self) -> str:
        """The new text. Raises ``BadUserInput``."""
        problems = InputProblems()
        text: str = problems.members(self, skip=("version",))["content"]
        problems.raise_any()
        return text


@strawberry.input
class AddCommentInput:
    issue_id: Id
    content: CommentText

    def checked(self) -> NewComment:
        """Raises ``BadUserInput``."""
        problems = InputProblems()
        issue: UUID = problems.id("issueId", self.issue_id)
        return problems.make(NewComment, self, subject=SubjectRef(SubjectType.ISSUE, issue))
