"""Members of the inputs of comments that decide who may what: why they decide nothing."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import Attempt

HARMLESS: Mapping[str, str] = dict.fromkeys(
    ("CommentSubjectInput.type", "CreateCommentInput.subjectType"),
    "what kind of thing the id is of: who may comment on it is decided by the thing",
)

PROTECTED: Mapping[str, tuple[Attempt, ...]] = {}
