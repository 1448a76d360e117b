"""What may not be done with issues is refused, and leaves everything as it was."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from tests.support.kept import kept
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id
from trellis.schema.identity import Identity
from trellis.subgraphs.issues.models import Issue, IssueLink, LinkType, Project, ProjectMember
from trellis.subgraphs.issues.service import MAX_LINKS

CREATE = "mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue { id } } }"
UPDATE = (
    "mutation($id: ID!, $i: UpdateIssueInput!) "
    "{ updateIssue(id: $id, input: $i) { issue { id version status } } }"
)
DELETE = "mutation($id: ID!) { deleteIssue(id: $id) { deletedIssueId } }"
LINK = "mutation($i: LinkIssuesInput!) { linkIssues(input: $i) { linkId } }"
UNLINK = "mutation($id: ID!) { unlinkIssues(linkId: $id) { source { key } target { key } } }"
COMMENT = "mutation($i: AddCommentInput!) { addComment(input: $i) { comment { id } } }"


def issue_id(key: str) -> str:
    return str(demo_id("issue", key))


def link(source: str, target: str, type: str = "BLOCKS") -> dict[str, Any]:
    ends = {"sourceId": issue_id(source), "targetId": issue_id(target)}
    return {"i": {**ends, "type": type}}


def change(key: str = "ENG-1", **changes: Any) -> dict[str, Any]:
    return {"id": issue_id(key), "i": changes}


ALAN = caller("alan")  # a member of ENG, like edsger
ENG = str(demo_id("project", "ENG"))
HEDY = str(demo_id("user", "hedy"))
NOBODY = str(uuid4())

# ENG-1 blocks ENG-4, ENG-7 relates to ENG-10; alan has reported neither ENG-2 nor ENG-1.
REFUSED = [
    (UPDATE, change(summary="x", version=2), "CONFLICT"),
    (UPDATE, change(summary="x", version=0), "CONFLICT"),
    (UPDATE, change(issueType="Wish"), "BAD_USER_INPUT"),
    (UPDATE, change(priority="Some"), "BAD_USER_INPUT"),
    (UPDATE, change(status="Archived"), "BAD_USER_INPUT"),
    (UPDATE, change(assigneeId=HEDY), "BAD_USER_INPUT"),
    (UPDATE, change(assigneeId=NOBODY), "BAD_USER_INPUT"),
    (UPDATE, change(summary=None), "BAD_USER_INPUT"),
    (CREATE, {"i": {"projectId": NOBODY, "summary": "x"}}, "NOT_FOUND"),
    (CREATE, {"i": {"projectId": ENG, "summary": "x", "assigneeId": HEDY}}, "BAD_USER_INPUT"),
    (DELETE, {"id": issue_id("ENG-2")}, "FORBIDDEN"),
    (DELETE, {"id": issue_id("ENG-1")}, "FORBIDDEN"),
    (DELETE, {"id": NOBODY}, "NOT_FOUND"),
    (DELETE, {"id": "x"}, "NOT_FOUND"),
    (LINK, link("ENG-2", "ENG-2"), "CONFLICT"),
    (LINK, link("ENG-1", "ENG-4"), "ALREADY_EXISTS"),
    (LINK, link("ENG-4", "ENG-1"), "CONFLICT"),
    (LINK, link("ENG-7", "ENG-10", "RELATES_TO"), "ALREADY_EXISTS"),
    (LINK, link("ENG-10", "ENG-7", "RELATES_TO"), "ALREADY_EXISTS"),
    (UNLINK, {"id": NOBODY}, "NOT_FOUND"),
    (UNLINK, {"id": "x"}, "NOT_FOUND"),
    (COMMENT, {"i": {"issueId": NOBODY, "content": "x"}}, "NOT_FOUND"),
    (COMMENT, {"i": {"issueId": issue_id("ENG-1"), "content": " "}}, "BAD_USER_INPUT"),
]


async def test_what_is_refused_leaves_everything_as_it_was(issues: Running):
    before = await kept(issues)
    for operation, variables, code in REFUSED:
        refusal = await issues.refusal(operation, ALAN, **variables)
        assert refusal["code"] == code, (operation, variables)
    for key in ("ENG-1", "ENG-4"):  # at either end of a link
        refusal = await issues.refusal(DELETE, caller("ada"), id=issue_id(key))
        assert (refusal["code"], refusal["reason"]) == ("CONFLICT", "ISSUE_CANNOT_BE_DELETED")
    assert await kept(issues) == before


@pytest.mark.parametrize("is_new", [True, False])
async def test_all_faults_of_an_issue_are_told_at_once(issues: Running, is_new: bool):
    """Those of the input and the words that its project has not."""
    wrong = {"summary": "", "issueType": "Chore", "priority": "Huge"}
    if is_new:
        told = await issues.refusal(CREATE, ALAN, i={"projectId": ENG, **wrong})
    else:
        told = await issues.refusal(UPDATE, ALAN, **change(**wrong))
    assert [one["field"] for one in told["fields"]] == ["summary", "issueType", "priority"]


async def test_the_words_of_a_project_that_is_not_seen_are_not_told(issues: Running):
    wrong = {"projectId": ENG, "summary": "", "issueType": "Chore"}
    told = await issues.refusal(CREATE, caller("hedy"), i=wrong)
    assert [one["field"] for one in told["fields"]] == ["summary"]


async def test_two_issues_may_be_linked_in_several_ways_that_do_not_contradict(issues: Running):
    for wish in (link("ENG-1", "ENG-4", "RELATES_TO"), link("ENG-4", "ENG-1", "DUPLICATES")):
        await issues.ask(LINK, ALAN, **wish)
    told = await issues.bus.read_after("issues", "0", 10)
    assert [(e.topic, e.payload["issue_key"], e.payload["type"]) for e in told] == [
        ("issue.linked", "ENG-1", "relates_to"),
        ("issue.linked", "ENG-4", "duplicates"),
    ]
    assert [e.payload["target_id"] for e in told] == [issue_id("ENG-4"), issue_id("ENG-1")]


async def test_a_link_is_removed_by_whoever_sees_both_ends_and_announced(issues: Running):
    linked = str(demo_id("link", f"{issue_id('ENG-1')}/{issue_id('ENG-4')}"))
    data = await issues.ask(UNLINK, ALAN, id=linked)
    assert data["unlinkIssues"] == {"source": {"key": "ENG-1"}, "target": {"key": "ENG-4"}}
    [event] = await issues.bus.read_after("issues", "0", 10)
    assert (event.topic, event.key) == ("issue.unlinked", issue_id("ENG-1"))
    assert (event.payload["target_id"], event.payload["type"]) == (issue_id("ENG-4"), "blocks")


@pytest.mark.parametrize(
    ("who", "role", "may"),
    [
        (caller("ada"), None, True),  # administers the platform
        (replace(caller("alan"), scopes=caller("alan").scopes | {"admin:issues"}), "member", True),
        (replace(caller("alan"), scopes=caller("alan").scopes | {"admin:projects"}), None, True),
        (caller("alan"), "owner", True),
        (caller("alan"), "admin", True),
        (caller("alan"), "member", False),
    ],
    ids=["platform", "issues", "projects", "owner", "admin", "member"],
)
async def test_issues_of_others_are_deleted_by_those_who_manage_the_project(
    issues: Running, who: Identity, role: str | None, may: bool
):
    assert who.id is not None
    async with issues.context().storage.begin() as uow:
        seat = await uow.session.get_one(ProjectMember, (UUID(ENG), who.id))
        if role is None:
            await uow.session.delete(seat)
        else:
            seat.role = role
    before = await kept(issues)

    result = await issues.answer(DELETE, who, id=issue_id("ENG-2"))

    assert bool(result.errors) is not may
    if not may:
        assert await kept(issues) == before
        return
    [event] = await issues.bus.read_after("issues", "0", 10)
    assert (event.topic, event.payload["issue_key"]) == ("issue.deleted", "ENG-2")


async def test_an_administrator_of_no_organization_manages_no_project_without_one(
    issues: Running,
):
    """Having none is nothing that the two have in common."""
    who = replace(ALAN, tenant_id=None, scopes=ALAN.scopes | {"admin:issues", "admin:projects"})
    async with issues.context().storage.begin() as uow:
        project = await uow.session.get_one(Project, UUID(ENG))
        project.organization_id = None
    before = await kept(issues)
    assert (await issues.refusal(DELETE, who, id=issue_id("ENG-2")))["code"] == "FORBIDDEN"
    assert await kept(issues) == before


@pytest.mark.parametrize("is_source", [True, False])
async def test_an_issue_has_a_hundred_links_and_no_more(issues: Running, is_source: bool):
    """Counted at both ends, whichever way the links go."""
    full, others = demo_id("issue", "ENG-2"), [f"ORBIT-{number}" for number in range(1, 71)]

    def links(keys: Iterable[str], type: LinkType, *, turned: bool) -> list[IssueLink]:
        ends = [(full, demo_id("issue", key)) for key in keys]
        return [
            IssueLink(source_id=b if turned else a, target_id=a if turned else b, type=type)
            for a, b in ends
        ]

    async with issues.context().storage.begin() as uow:
        uow.session.add_all(links(others, LinkType.BLOCKS, turned=False))
        rest = others[: MAX_LINKS - 1 - len(others)]
        uow.session.add_all(links(rest, LinkType.RELATES_TO, turned=True))

    def wish(key: str) -> dict[str, Any]:
        return link("ENG-2", key) if is_source else link(key, "ENG-2")

    await issues.ask(LINK, ALAN, **wish("ENG-3"))
    refusal = await issues.refusal(LINK, ALAN, **wish("ENG-5"))
    assert refusal == {"code": "CONFLICT", "limit": 100}
    async with issues.context().storage.read() as session:
        every = await session.scalars(select(IssueLink))
        assert sum(full in (one.source_id, one.target_id) for one in every) == 100
    assert len(await issues.bus.read_after("issues", "0", 10)) == 1


async def test_a_word_that_the_project_has_no_more_may_stay_but_not_come_back(issues: Running):
    async with issues.context().storage.begin() as uow:
        issue = await uow.session.get_one(Issue, demo_id("issue", "ENG-1"))
        issue.status, issue.issue_type, issue.priority = "Archived", "Wish", "Some"

    kept_words = {"status": "Archived", "issueType": "Wish", "priority": "Some"}
    data = await issues.ask(UPDATE, ALAN, **change(summary="x", **kept_words))
    assert data["updateIssue"]["issue"]["status"] == "Archived"
    await issues.ask(UPDATE, ALAN, **change(status="Open", issueType="Bug", priority="Low"))
    for name, word in kept_words.items():
        refusal = await issues.refusal(UPDATE, ALAN, **change(**{name: word}))
        assert [problem["field"] for problem in refusal["fields"]] == [name]


async def test_a_dry_run_says_what_would_be_refused_and_changes_nothing(issues: Running):
    new = {"projectId": ENG, "summary": "x"}
    before = await kept(issues)
    assert (await issues.dry_run(CREATE, ALAN, i=new))["code"] == "DRY_RUN"
    assert (await issues.dry_run(UPDATE, ALAN, **change(summary="y")))["code"] == "DRY_RUN"
    said = {"issueId": issue_id("ENG-1"), "content": "Hm."}
    assert (await issues.dry_run(COMMENT, ALAN, i=said))["code"] == "DRY_RUN"

    refused = await issues.dry_run(CREATE, ALAN, i={**new, "issueType": "Chore"})
    assert [one["field"] for one in refused["fields"]] == ["issueType"]
    assert (await issues.dry_run(CREATE, caller("hedy"), i=new))["code"] == "NOT_FOUND"
    assert await kept(issues) == before


async def test_a_word_that_stays_is_no_fault_beside_others(issues: Running):
    async with issues.context().storage.begin() as uow:
        issue = await uow.session.get_one(Issue, demo_id("issue", "ENG-1"))
        issue.issue_type, issue.priority = "Wish", "Some"

    faulty = change(summary="", issueType="Wish", priority="Huge")
    told = await issues.refusal(UPDATE, ALAN, **faulty)
    assert [one["field"] for one in told["fields"]] == ["summary", "priority"]
