"""What can be done with issues, by whom, and what is announced."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.subgraphs.issues.models import Issue

CREATE = """mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue {
  id key status issueType priority version project { key } assignee { id } reporter { id } } } }"""
UPDATE = """mutation($id: ID!, $i: UpdateIssueInput!) { updateIssue(id: $id, input: $i) { issue {
  summary description status version assignee { id } customFields } } }"""
DELETE = "mutation($id: ID!) { deleteIssue(id: $id) { deletedIssueId } }"
LINK = """mutation($i: LinkIssuesInput!) { linkIssues(input: $i) {
  linkId source { key } target { key } } }"""
UNLINK = "mutation($id: ID!) { unlinkIssues(linkId: $id) { source { key links { type } } } }"
COMMENT = "mutation($i: AddCommentInput!) { addComment(input: $i) { comment { id content } } }"
ENG, HOP = str(demo_id("project", "ENG")), str(demo_id("project", "HOP"))


def user(name: str) -> str:
    return str(demo_id("user", name))


def issue_id(key: str) -> str:
    return str(demo_id("issue", key))


async def events(issues: Running) -> list[Any]:
    return list(await issues.bus.read_after("issues", "0", 100))


async def create(issues: Running, who: str = "alan", **wish: Any) -> dict[str, Any]:
    wish = {"projectId": ENG, "summary": "Oil the mill", **wish}
    return (await issues.ask(CREATE, caller(who), i=wish))["createIssue"]["issue"]


async def test_a_new_issue_is_open_reported_by_the_caller_and_announced(issues: Running):
    issue = await create(issues, assigneeId=user("katherine"))

    assert issue == {
        "id": issue["id"],
        "key": "ENG-121",
        "status": "Open",
        "issueType": "Task",
        "priority": "Medium",
        "version": 1,
        "project": {"key": "ENG"},
        "assignee": {"id": user("katherine")},
        "reporter": {"id": user("alan")},
    }
    created, assigned = await events(issues)
    assert (created.topic, created.key) == ("issue.created", issue["id"])
    assert created.payload["state"]["summary"] == "Oil the mill"
    assert (assigned.topic, assigned.payload["assignee_id"]) == (
        "issue.assigned",
        user("katherine"),
    )


async def test_thirty_issues_made_at_once_are_numbered_without_gap(issues: Running):
    made = await asyncio.gather(*(create(issues, summary=f"n{n}") for n in range(30)))

    assert sorted(int(issue["key"].split("-")[1]) for issue in made) == list(range(121, 151))


async def test_a_refused_issue_uses_up_no_number(issues: Running):
    await issues.refusal(
        CREATE, caller("alan"), i={"projectId": ENG, "summary": "x", "priority": "None"}
    )

    assert (await create(issues))["key"] == "ENG-121"


@pytest.mark.parametrize(
    ("wish", "field", "code"),
    [
        ({"summary": " "}, "summary", "REQUIRED_FIELD_MISSING"),
        ({"summary": "x" * 256}, "summary", "VALUE_TOO_LONG"),
        ({"projectId": "ENG"}, "projectId", "INVALID_FORMAT"),
        ({"issueType": "Wish"}, "issueType", "INVALID_ENUM_VALUE"),
        ({"priority": "high"}, "priority", "INVALID_ENUM_VALUE"),
        ({"issueType": ""}, "issueType", "INVALID_ENUM_VALUE"),
        ({"priority": " "}, "priority", "INVALID_ENUM_VALUE"),
        ({"assigneeId": str(uuid4())}, "assigneeId", "INVALID_FORMAT"),
        ({"assigneeId": user("hedy")}, "assigneeId", "INVALID_FORMAT"),
        ({"customFields": [1]}, "customFields", "INVALID_FORMAT"),
        ({"customFields": {"a": "\x00"}}, "customFields", "INVALID_FORMAT"),
        ({"customFields": {"a": "x" * 10_001}}, "customFields", "VALUE_TOO_LONG"),
    ],
)
async def test_an_unacceptable_wish_names_its_field(
    issues: Running, wish: dict[str, Any], field: str, code: str
):
    wish = {"projectId": ENG, "summary": "x", **wish}

    refusal = await issues.refusal(CREATE, caller("alan"), i=wish)

    assert refusal["code"] == "BAD_USER_INPUT"
    assert [(p["field"], p["code"]) for p in refusal["fields"]] == [(field, code)]
    assert await events(issues) == []


async def test_an_update_changes_only_what_is_given_and_tells_what(issues: Running):
    data = await issues.ask(
        UPDATE,
        caller("alan"),
        id=issue_id("ENG-1"),
        i={"status": "Done", "assigneeId": None, "customFields": {"sprint": "Last"}},
    )

    assert data["updateIssue"]["issue"] == {
        "summary": "Document the carry mechanism",
        "description": "Noticed in Analytical Engine: the carry mechanism needs care.",
        "status": "Done",
        "version": 2,
        "assignee": None,
        "customFields": {"sprint": "Last"},
    }
    updated, moved, assigned = await events(issues)
    assert updated.payload["changed"] == ["status", "assignee_id", "custom_fields"]
    assert (moved.payload["old_status"], moved.payload["new_status"]) == ("In Progress", "Done")
    assert assigned.payload["assignee_id"] is None


async def test_an_assignee_who_left_the_project_may_stay_but_not_come(issues: Running):
    left, other = uuid4(), uuid4()
    async with issues.context().storage.begin() as uow:
        issue = await uow.session.get_one(Issue, UUID(issue_id("ENG-1")))
        issue.assignee_id = left

    stays = {"summary": "Renamed", "assigneeId": str(left)}
    data = await issues.ask(UPDATE, caller("alan"), id=issue_id("ENG-1"), i=stays)
    assert data["updateIssue"]["issue"]["summary"] == "Renamed"
    comes = {"assigneeId": str(other)}
    refusal = await issues.refusal(UPDATE, caller("alan"), id=issue_id("ENG-1"), i=comes)
    assert [problem["field"] for problem in refusal["fields"]] == ["assigneeId"]


async def test_an_update_that_changes_nothing_announces_nothing(issues: Running):
    await issues.ask(UPDATE, caller("alan"), id=issue_id("ENG-1"), i={"status": "In Progress"})

    assert await events(issues) == []


async def test_a_status_that_the_project_does_not_have_is_refused(issues: Running):
    refusal = await issues.refusal(
        UPDATE, caller("alan"), id=issue_id("ENG-1"), i={"status": "Archived"}
    )

    assert [p["code"] for p in refusal["fields"]] == ["INVALID_ENUM_VALUE"]


async def test_of_twenty_updates_with_one_version_one_wins(issues: Running):
    changes = ({"summary": f"n{n}", "version": 1} for n in range(20))
    answers = await asyncio.gather(
        *(issues.answer(UPDATE, caller("alan"), id=issue_id("ENG-1"), i=i) for i in changes)
    )

    codes = [a.errors[0].extensions["code"] if a.errors else "ok" for a in answers]
    assert sorted(codes) == ["CONFLICT"] * 19 + ["ok"]
    assert len(await events(issues)) == 1


async def test_nothing_can_be_done_with_issues_of_a_foreign_project(issues: Running):
    foreign, stranger = issue_id("HOP-1"), caller("grace")
    attempts = [
        (CREATE, {"i": {"projectId": HOP, "summary": "x"}}),
        (UPDATE, {"id": foreign, "i": {"summary": "x"}}),
        (DELETE, {"id": foreign}),
        (LINK, {"i": {"sourceId": foreign, "targetId": issue_id("ENG-1"), "type": "BLOCKS"}}),
        (LINK, {"i": {"sourceId": issue_id("ENG-1"), "targetId": foreign, "type": "BLOCKS"}}),
        (UNLINK, {"id": str(demo_id("link", f"{issue_id('HOP-1')}/{issue_id('HOP-4')}"))}),
        (COMMENT, {"i": {"issueId": foreign, "content": "x"}}),
    ]

    for mutation, variables in attempts:
        refusal = await issues.refusal(mutation, stranger, **variables)
        assert refusal["code"] == "NOT_FOUND", mutation
    assert await events(issues) == []


async def test_a_linked_issue_cannot_be_deleted_until_it_is_unlinked(issues: Running):
    for key in ("ENG-1", "ENG-4"):
        refusal = await issues.refusal(DELETE, caller("ada"), id=issue_id(key))
        assert refusal == {"code": "CONFLICT", "reason": "ISSUE_CANNOT_BE_DELETED"}

    link = str(demo_id("link", f"{issue_id('ENG-1')}/{issue_id('ENG-4')}"))
    await issues.ask(UNLINK, caller("alan"), id=link)
    data = await issues.ask(DELETE, caller("ada"), id=issue_id("ENG-1"))

    assert data["deleteIssue"] == {"deletedIssueId": issue_id("ENG-1")}
    assert [e.topic for e in await events(issues)] == ["issue.unlinked", "issue.deleted"]


async def test_deleting_is_for_the_reporter_and_for_managers(issues: Running):
    mine = (await create(issues, who="edsger"))["id"]

    assert (await issues.refusal(DELETE, caller("alan"), id=mine))["code"] == "FORBIDDEN"
    await issues.ask(DELETE, caller("edsger"), id=mine)
    other = (await create(issues, who="edsger"))["id"]
    await issues.ask(DELETE, caller("grace"), id=other)


async def test_issues_can_be_linked_once_and_not_both_ways(issues: Running):
    ends = {"sourceId": issue_id("ENG-2"), "targetId": issue_id("ENG-3"), "type": "BLOCKS"}
    turned = {"sourceId": issue_id("ENG-3"), "targetId": issue_id("ENG-2"), "type": "BLOCKS"}

    data = await issues.ask(LINK, caller("alan"), i=ends)
    assert data["linkIssues"]["target"] == {"key": "ENG-3"}
    assert (await issues.refusal(LINK, caller("alan"), i=ends))["code"] == "ALREADY_EXISTS"
    assert (await issues.refusal(LINK, caller("alan"), i=turned))["code"] == "CONFLICT"
    self_link = {**ends, "targetId": ends["sourceId"]}
    assert (await issues.refusal(LINK, caller("alan"), i=self_link))["code"] == "CONFLICT"


async def test_a_comment_appears_last(issues: Running):
    data = await issues.ask(
        COMMENT, caller("alan"), i={"issueId": issue_id("ENG-2"), "content": " Oiled. "}
    )

    assert data["addComment"]["comment"]["content"] == "Oiled."
    query = (
        'query($a: String) { issueByKey(key: "ENG-2") { comments(first: 2, after: $a) '
        "{ totalCount edges { node { content } cursor } } } }"
    )
    page = (await issues.ask(query, caller("alan")))["issueByKey"]["comments"]
    rest = (await issues.ask(query, caller("alan"), a=page["edges"][-1]["cursor"]))["issueByKey"]
    assert page["totalCount"] == 3
    assert [edge["node"]["content"] for edge in rest["comments"]["edges"]] == ["Oiled."]
    assert [e.topic for e in await events(issues)] == ["comment.added"]


async def test_a_mutation_of_nobody_is_refused(issues: Running):
    wish = {"projectId": ENG, "summary": "x"}

    assert (await issues.refusal(CREATE, i=wish))["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("is_new", [True, False])
async def test_everything_that_the_project_does_not_have_is_told_at_once(
    issues: Running, is_new: bool
):
    wrong = {"issueType": "Wish", "priority": "high", "assigneeId": str(UUID(int=1))}
    if is_new:
        given = {"projectId": ENG, "summary": "x", **wrong}
        refusal = await issues.refusal(CREATE, caller("alan"), i=given)
    else:
        refusal = await issues.refusal(
            UPDATE, caller("alan"), id=issue_id("ENG-1"), i=wrong | {"status": "Archived"}
        )

    told = [problem["field"] for problem in refusal["fields"]]
    status = [] if is_new else ["status"]
    assert told == ["issueType", "priority", *status, "assigneeId"]
