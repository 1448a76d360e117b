"""Making, changing, deleting and finding courses."""

from typing import Any

import pytest

from tests.subgraphs.learning.asking import (
    ADA,
    ALAN,
    BARBARA,
    CREATE,
    DELETE,
    GET,
    GRACE,
    NEW,
    RADIA,
    UPDATE,
    add,
    complete,
    course_id,
    course_in_table,
    create,
    enroll,
    events,
    lesson_id,
    topics,
    update,
)
from tests.support.subgraphs import Running

PYTHON, NETWORKS = course_id("python"), course_id("networks")
FULL: dict[str, Any] = {
    "status": "PUBLISHED",
    "price": "49.9",
    "currency": "EUR",
    "thumbnailUrl": "https://example.com/cards.png",
}


async def test_a_course_is_as_its_instructor_made_it(school: Running):
    made = await create(school, **FULL)

    assert made == {
        **NEW,
        **FULL,
        "id": made["id"],
        "price": "49.90",
        "thumbnail": None,
        "instructor": {"id": str(BARBARA.id)},
        "lessonCount": 0,
        "enrollmentCount": 0,
        "version": 1,
    }
    assert (await school.ask(GET, ALAN, id=made["id"]))["course"] == made
    [event] = await events(school)
    assert (event.topic, event.key) == ("course.created", made["id"])
    assert event.payload["state"]["price"] == "49.90"
    assert event.payload["state"]["instructor_id"] == str(BARBARA.id)


async def test_a_course_is_a_free_draft_unless_it_says_otherwise(school: Running):
    made = await create(school)

    assert (made["status"], made["price"], made["currency"]) == ("DRAFT", "0.00", "USD")


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"title": "Four"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"description": "x" * 19}, "description"),
        ({"description": "x" * 5001}, "description"),
        ({"category": " "}, "category"),
        ({"category": "x" * 101}, "category"),
        ({"price": "-0.01"}, "price"),
        ({"price": "1.005"}, "price"),
        ({"price": "1000000.01"}, "price"),
        ({"currency": "XXX"}, "currency"),
        ({"thumbnailUrl": "javascript:alert(1)"}, "thumbnailUrl"),
        ({"thumbnailFileId": "7"}, "thumbnailFileId"),
    ],
)
async def test_what_is_beyond_a_limit_is_refused(
    school: Running, members: dict[str, Any], field: str
):
    for query, given in ((CREATE, {"i": NEW | members}), (UPDATE, {"id": PYTHON, "i": members})):
        refused = await school.refusal(query, BARBARA, **given)
        assert (refused["code"], [one["field"] for one in refused["fields"]]) == (
            "BAD_USER_INPUT",
            [field],
        )
    assert await events(school) == []


async def test_what_is_just_within_the_limits_is_accepted(school: Running):
    shortest: dict[str, Any] = {"title": "Fiver", "description": "x" * 20, "price": "0"}
    longest: dict[str, Any] = {"title": "x" * 200, "description": "x" * 5000, "price": "1000000"}
    for members in (shortest, longest):
        made = await create(school, **members)
        assert (made["title"], made["description"]) == (members["title"], members["description"])


async def test_nothing_is_nothing_whatever_its_sign(school: Running):
    assert (await create(school, price="-0"))["price"] == "0.00"
    assert (await events(school))[0].payload["state"]["price"] == "0.00"


async def test_all_problems_come_at_once(school: Running):
    given = {**NEW, "title": "Four", "description": "short", "price": "-1"}
    refused = await school.refusal(CREATE, BARBARA, i=given)

    assert [one["field"] for one in refused["fields"]] == ["price", "title", "description"]


async def test_members_that_are_absent_stay_and_null_empties(school: Running):
    made = await create(school, **FULL)
    changed = await update(school, made["id"], title="Sorting Again", thumbnailUrl=None)

    assert changed == {**made, "title": "Sorting Again", "thumbnailUrl": None, "version": 2}
    refused = await school.refusal(UPDATE, BARBARA, id=made["id"], i={"title": None})
    assert refused["fields"][0]["code"] == "REQUIRED_FIELD_MISSING"


async def test_an_update_that_changes_nothing_publishes_nothing(school: Running):
    same = await update(school, PYTHON, title="Introduction to Python", level="BEGINNER")

    assert (same["version"], await events(school)) == (1, [])
    await update(school, PYTHON, level="ADVANCED")
    [event] = await events(school)
    assert (event.topic, event.payload["changed"]) == ("course.updated", ["level"])


async def test_an_update_of_an_outdated_version_is_refused(school: Running):
    await update(school, PYTHON, title="Python Once More")
    refused = await school.refusal(
        UPDATE, BARBARA, id=PYTHON, i={"title": "Lost race", "version": 1}
    )

    assert (refused["code"], refused["currentVersion"]) == ("CONFLICT", 2)


async def test_only_the_instructor_and_administrators_change_a_course(school: Running):
    for who, id, code in (
        (RADIA, PYTHON, "FORBIDDEN"),
        (ALAN, PYTHON, "FORBIDDEN"),
        (RADIA, course_id("compilers"), "NOT_FOUND"),
        (BARBARA, "no id", "NOT_FOUND"),
    ):
        for query, more in ((UPDATE, {"i": {"title": "Mine now"}}), (DELETE, {})):
            assert (await school.refusal(query, who, id=id, **more))["code"] == code
    assert await events(school) == []
    assert (await update(school, PYTHON, ADA, title="By the administrator"))["version"] == 2


@pytest.mark.parametrize("status", ["PUBLISHED", "ARCHIVED"])
async def test_what_was_published_is_no_draft_any_more(school: Running, status: str):
    made = await create(school, status=status)
    refused = await school.refusal(UPDATE, BARBARA, id=made["id"], i={"status": "DRAFT"})

    assert refused["code"] == "CONFLICT"
    other = {"PUBLISHED": "ARCHIVED", "ARCHIVED": "PUBLISHED"}[status]
    assert (await update(school, made["id"], status=other))["status"] == other


async def test_a_deleted_course_is_gone_with_all_that_is_in_it(school: Running):
    await school.ask(DELETE, BARBARA, id=PYTHON)

    assert (await school.ask(GET, ADA, id=PYTHON))["course"] is None
    assert await course_in_table(school, PYTHON) is None
    assert await topics(school) == ["course.deleted"]
    enrolled = '{ _entities(representations: [{__typename: "User", id: "%s"}]) { ... on User {'
    enrolled += " enrollments { edges { node { course { id } } } } } } }"
    [person] = (await school.ask(enrolled % ALAN.id, ALAN))["_entities"]
    assert [edge["node"]["course"]["id"] for edge in person["enrollments"]["edges"]] == [
        course_id("telegraphs")
    ]


LIST = """query(
  $f: CourseFilters, $by: CourseSort, $order: SortOrder, $first: Int, $after: String
) {
  courses(filters: $f, sortBy: $by, sortOrder: $order, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { id } } } }"""
KEYS = {
    course_id(key): key
    for key in ("python", "abstraction", "networks", "proofs", "compilers", "telegraphs")
}


async def found(school: Running, who: Any = GRACE, **variables: Any) -> list[str]:
    connection = (await school.ask(LIST, who, **variables))["courses"]
    keys = [KEYS[edge["node"]["id"]] for edge in connection["edges"]]
    assert connection["totalCount"] == len(keys)
    return keys


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        ({}, ["proofs", "networks", "abstraction", "python"]),
        ({"category": "programming"}, ["abstraction", "python"]),
        ({"level": "BEGINNER"}, ["proofs", "python"]),
        ({"status": "DRAFT"}, []),
        ({"isFree": True}, ["proofs", "python"]),
        ({"isFree": False}, ["networks", "abstraction"]),
        ({"instructorId": str(BARBARA.id)}, ["abstraction", "python"]),
        ({"search": "PYTHON"}, ["python"]),
        ({"search": "algorithms"}, ["networks"]),
        ({"search": "100%"}, []),
        ({"search": "a", "level": "INTERMEDIATE"}, ["networks", "abstraction"]),
    ],
)
async def test_filters_narrow_the_list(school: Running, filters: dict[str, Any], keys: list[str]):
    assert await found(school, f=filters) == keys


@pytest.mark.parametrize(
    ("by", "order", "keys"),
    [
        ("CREATED_AT", "ASC", ["python", "abstraction", "networks", "proofs"]),
        ("TITLE", "ASC", ["abstraction", "networks", "python", "proofs"]),
        ("PRICE", "DESC", ["networks", "abstraction", "python", "proofs"]),
    ],
)
async def test_lists_are_sorted_and_paged_without_a_gap(
    school: Running, by: str, order: str, keys: list[str]
):
    whole = await found(school, by=by, order=order)
    assert sorted(whole) == sorted(keys)
    assert whole[:2] == keys[:2]
    paged, after = [], None
    for _ in range(5):
        page = (await school.ask(LIST, GRACE, by=by, order=order, first=1, after=after))["courses"]
        paged += [KEYS[edge["node"]["id"]] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == whole


async def test_a_cursor_of_another_order_is_refused(school: Running):
    for by, other in (("PRICE", "TITLE"), ("TITLE", "PRICE")):
        page = (await school.ask(LIST, GRACE, by=by, first=1))["courses"]
        after = page["pageInfo"]["endCursor"]
        assert (await school.refusal(LIST, GRACE, by=other, after=after))[
            "code"
        ] == "BAD_USER_INPUT"


async def test_counts_are_those_of_the_tables(school: Running):
    made = await create(school, status="PUBLISHED")
    lesson = await add(school, made["id"])
    await enroll(school, made["id"])
    await complete(school, made["id"], lesson["id"])
    assert lesson_id("python-1") != lesson["id"]

    course = (await school.ask(GET, ALAN, id=made["id"]))["course"]
    assert (course["lessonCount"], course["enrollmentCount"]) == (1, 1)
