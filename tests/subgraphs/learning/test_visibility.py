"""Who sees which courses and enrolments; what is not seen does not exist."""

from typing import Any

import pytest

from tests.subgraphs.learning.asking import (
    ADA,
    ALAN,
    BARBARA,
    GET,
    GRACE,
    HEDY,
    RADIA,
    course_id,
    update,
)
from tests.support.subgraphs import Running
from trellis.db.seed.world import demo_id
from trellis.schema.identity import ANONYMOUS, Identity

KEYS = ("python", "abstraction", "networks", "proofs", "compilers", "telegraphs")
PUBLIC = {"python", "abstraction", "networks", "proofs"}
SEEN = [
    (HEDY, PUBLIC),
    (ALAN, PUBLIC | {"telegraphs"}),  # enrolled in it
    (BARBARA, PUBLIC | {"compilers"}),  # her draft
    (RADIA, PUBLIC | {"telegraphs"}),  # teaches it
    (ADA, set(KEYS)),  # administrator
    (ANONYMOUS, set()),
]
LIST = "{ courses(first: 100) { totalCount edges { node { id } } } }"


@pytest.mark.parametrize(("who", "keys"), SEEN, ids=[str(who.username) for who, _ in SEEN])
async def test_drafts_are_the_instructors_and_archived_courses_the_learners(
    school: Running, who: Identity, keys: set[str]
):
    listed = (await school.ask(LIST, who))["courses"]
    assert {edge["node"]["id"] for edge in listed["edges"]} == {course_id(key) for key in keys}
    assert listed["totalCount"] == len(keys)
    for key in KEYS:
        course = (await school.ask(GET, who, id=course_id(key)))["course"]
        assert (course is not None) is (key in keys)
    references = [{"__typename": "Course", "id": course_id(key)} for key in KEYS]
    entities = await school.entities(who, "... on Course { title }", *references)
    assert [entity is not None for entity in entities] == [key in keys for key in KEYS]


async def test_people_teach_what_the_caller_sees(school: Running):
    selection = "... on User { taughtCourses { totalCount edges { node { id } } } }"
    barbara = {"__typename": "User", "id": str(BARBARA.id)}
    for who, keys in (
        (HEDY, ["abstraction", "python"]),
        (BARBARA, ["compilers", "abstraction", "python"]),
    ):
        [person] = await school.entities(who, selection, barbara)
        taught = person["taughtCourses"]
        assert [edge["node"]["id"] for edge in taught["edges"]] == [course_id(key) for key in keys]
        assert taught["totalCount"] == len(keys)


ALANS = ["telegraphs", "python"]


@pytest.mark.parametrize(
    ("who", "keys"),
    [
        (ALAN, ALANS),
        (ADA, ALANS),
        (BARBARA, ["python"]),
        (RADIA, ["telegraphs"]),
        (GRACE, []),
        (ANONYMOUS, []),
    ],
    ids=lambda value: str(value.username) if isinstance(value, Identity) else "",
)
async def test_enrolments_are_seen_by_those_who_learn_and_who_teach(
    school: Running, who: Identity, keys: list[str]
):
    selection = "... on User { enrollments { totalCount edges { node { course { id } } } } }"
    [person] = await school.entities(who, selection, {"__typename": "User", "id": str(ALAN.id)})
    edges = person["enrollments"]["edges"]
    assert [edge["node"]["course"]["id"] for edge in edges] == [course_id(key) for key in keys]
    query = "query($id: ID!) { enrollment(id: $id) { user { id } } }"
    for key in ALANS:
        id = str(demo_id("enrollment", f"alan/{key}"))
        enrollment: Any = (await school.ask(query, who, id=id))["enrollment"]
        assert (enrollment is not None) is (key in keys)


async def test_archiving_hides_a_course_from_all_but_its_learners(school: Running):
    await update(school, course_id("python"), status="ARCHIVED")

    for who, seen in ((ALAN, True), (BARBARA, True), (RADIA, False)):
        course = (await school.ask(GET, who, id=course_id("python")))["course"]
        assert (course is not None) is seen
