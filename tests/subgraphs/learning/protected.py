"""Members of the inputs of courses that decide who may what: what is tried with them, or why they
decide nothing."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import Attempt, own

HARMLESS: Mapping[str, str] = {
    **dict.fromkeys(("CourseFilters.level", "CourseFilters.status"), "a filter"),
    **dict.fromkeys(
        (
            "CreateCourseInput.level",
            "CreateCourseInput.status",
            "CreateCourseInput.price",
            "UpdateCourseInput.level",
        ),
        "the instructor decides it",
    ),
}
PROTECTED: Mapping[str, tuple[Attempt, ...]] = {
    f"UpdateCourseInput.{member}": (
        Attempt(
            "updateCourse",
            "UpdateCourseInput",
            {member: value},
            ("lead", "member", "viewer"),
            code="UNAUTHORIZED_FIELD_OR_TYPE",
            id=own("course"),
        ),
    )
    for member, value in (("status", "PUBLISHED"), ("price", "0"))
}
