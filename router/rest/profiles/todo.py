"""The dialect of the personal task list: bare objects and lists in snake case."""

from dataclasses import replace
from typing import Any

from trellis.router.rest.profile import Failure, Profile, ResponseInfo
from trellis.router.rest.profiles import bare
from trellis.router.rest.profiles.paging import OffsetPages
from trellis.router.rest.spelling import snake_case
from trellis.router.rest.vocabulary import vocabulary

# Somebody else's things do not exist here: what is forbidden is not found.
FAILURES = vocabulary(
    {
        "BAD_USER_INPUT": (400, "INVALID_INPUT"),
        "INVALID_CREDENTIALS": "INVALID_CREDENTIALS",
        "FORBIDDEN": (404, "NOT_FOUND"),
    }
)


def failure(failed: Failure, info: ResponseInfo) -> dict[str, Any]:
    """An error; forbidden and missing objects are indistinguishable."""
    if failed.status == 404:
        failed = replace(failed, message="The requested resource was not found.")
    return bare.failure(failed, info)


TODO = Profile(
    name="todo",
    prefix="/todo",
    spell_member=snake_case,
    spell_enum=snake_case,
    success=bare.success,
    failure=failure,
    failures=FAILURES,
    paginator=OffsetPages(default=100),
    title="Personal tasks",
    description="Signing on, in and out, and one's own tasks.",
)
