"""Who sees which issues, how lists are paged, and what a list costs."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.support.statements import rows_read, statements
from tests.support.subgraphs import Running, caller
from trellis.db.seed.world import demo_id, demo_world
from trellis.schema.identity import ANONYMOUS
from trellis.subgraphs.issues.models import Attachment, Comment, IssueLink, LinkType, Project

COUNT = "query($f: IssueFilters) { issues(filters: $f) { totalCount edges { node { key } } } }"
ENG, HOP = str(demo_id("project", "ENG")), str(demo_id("project", "HOP"))


def keys(connection: dict[str, Any]) -> list[str]:
    return [edge["node"]["key"] for edge in connection["edges"]]


@pytest.mark.parametrize(
    ("who", "count"),
    [("ada", 400), ("grace", 280), ("katherine", 190), ("hedy", 120), ("tommy", 70)],
)
async def test_people_see_the_issues_of_their_projects(issues: Running, who: str, count: int):
    data = await issues.ask(COUNT, caller(who))

    assert data["issues"]["totalCount"] == count


async def test_nobody_sees_nothing(issues: Running):
    assert await issues.ask(COUNT, ANONYMOUS) == {"issues": {"totalCount": 0, "edges": []}}


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"status": "Nope"}, "status"),
        ({"status": "in_progress"}, "status"),
        ({"priority": "high"}, "priority"),
        ({"issueType": "Chore", "projectId": ENG}, "issueType"),
    ],
)
async def test_a_filter_by_a_word_that_no_project_has_is_an_error(
    issues: Running, filters: dict[str, str], field: str
):
    """An empty list would look like an answer."""
    told = await issues.refusal(COUNT, caller("alan"), f=filters)
    assert [(one["field"], one["code"]) for one in told["fields"]] == [
        (field, "INVALID_ENUM_VALUE")
    ]


async def test_a_filter_by_a_word_without_issues_finds_none(issues: Running):
    nothing = {"totalCount": 0, "edges": []}
    for filters in (
        {"status": "Open", "search": "no issue says this"},
        {"priority": "High", "projectId": HOP},  # which alan does not see
    ):
        found = await issues.ask(COUNT, caller("alan"), f=filters)
        assert found == {"issues": nothing}


async def test_words_of_projects_that_are_not_seen_are_unknown(issues: Running):
    async with issues.context().storage.begin() as uow:
        hop = await uow.session.get_one(Project, UUID(HOP))
        hop.settings = {**hop.settings, "priorities": ["Low", "Secret"]}
    by_secret = {"priority": "Secret"}
    found = await issues.ask(COUNT, caller("margaret"), f=by_secret)
    assert found["issues"]["totalCount"] == 0
    told = await issues.refusal(COUNT, caller("alan"), f=by_secret)
    assert "Secret" not in told["fields"][0]["message"]


async def test_a_foreign_issue_is_null_on_every_way(issues: Running):
    foreign = str(demo_id("issue", "HOP-1"))
    query = 'query($id: ID!) { issue(id: $id) { key } issueByKey(key: "HOP-1") { key } }'

    assert await issues.ask(query, caller("grace"), id=foreign) == {
        "issue": None,
        "issueByKey": None,
    }
    found = await issues.entities(
        caller("grace"),
        "... on Issue { summary } ... on Comment { content } ... on Attachment { filename }",
        {"__typename": "Issue", "id": foreign},
        {"__typename": "Issue", "key": "HOP-1"},
        {"__typename": "Issue", "key": "ENG-1"},
        {"__typename": "Comment", "id": str(demo_world().comments[-1].id)},
        {"__typename": "Comment", "id": str(demo_world().comments[0].id)},
        {"__typename": "Attachment", "id": str(demo_world().attachments[-1].id)},
    )
    assert [bool(one) for one in found] == [False, False, True, False, True, False]


async def test_an_issue_shows_all_it_has(issues: Running):
    query = """{ issueByKey(key: "ENG-9") { id key summary description issueType status priority
      project { id key } assignee { id } reporter { id } customFields createdAt updatedAt version
      comments { totalCount edges { node { content author { id } } } }
      attachments { filename mimeType size url } links { type issue { key } } } }"""

    data = (await issues.ask(query, caller("alan")))["issueByKey"]

    assert data["key"] == "ENG-9"
    assert data["project"] == {"id": ENG, "key": "ENG"}
    assert data["createdAt"] == "2026-01-08T06:00:00Z"
    assert data["customFields"] == {"story_points": 8, "sprint": "Sprint 1"}
    assert data["attachments"] == [
        {"filename": "drawing-9.png", "mimeType": "image/png", "size": 9216, "url": None}
    ]
    assert data["comments"] == {"totalCount": 0, "edges": []}


async def test_pages_neither_repeat_nor_miss_a_row_while_others_write(issues: Running):
    query = """query($a: String, $f: IssueFilters) { issues(first: 100, after: $a, filters: $f) {
      edges { node { key } } pageInfo { hasNextPage endCursor } } }"""
    create = "mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue { key } } }"

    engine = {"projectId": ENG}
    first = (await issues.ask(query, caller("alan"), f=engine))["issues"]
    await issues.ask(create, caller("alan"), i={"projectId": ENG, "summary": "New"})
    after = first["pageInfo"]["endCursor"]
    second = (await issues.ask(query, caller("alan"), f=engine, a=after))["issues"]

    assert keys(first) + keys(second) == [f"ENG-{number}" for number in range(120, 0, -1)]
    assert [p["pageInfo"]["hasNextPage"] for p in (first, second)] == [True, False]


FILTERED: list[tuple[dict[str, str], int]] = [
    ({"projectId": ENG}, 120),
    ({"projectId": HOP}, 0),
    ({"status": "In Progress", "projectId": ENG}, 30),
    ({"assigneeId": str(demo_id("user", "alan"))}, 37),
    ({"reporterId": str(demo_id("user", "edsger"))}, 82),
    ({"issueType": "Epic", "priority": "Critical"}, 9),
    ({"issueType": "Epic"}, 46),
    ({"priority": "Critical"}, 56),
    ({"search": "eng-12"}, 2),  # in the key
    ({"search": "DOCUMENT the carry", "projectId": ENG}, 2),  # in the summary
    ({"search": "noticed in orbit"}, 70),  # in the description
    ({"search": "' OR 1=1 --"}, 0),
    ({"search": "%"}, 0),
    ({"search": "_"}, 0),
]


async def test_filters_narrow_the_list_and_the_count(issues: Running):
    for filters, count in FILTERED:
        found = (await issues.ask(COUNT, caller("grace"), f=filters))["issues"]
        assert (found["totalCount"], len(found["edges"])) == (count, min(count, 20)), filters


async def test_a_filter_that_is_no_id_is_refused(issues: Running):
    refusal = await issues.refusal(COUNT, caller("ada"), f={"projectId": "1 or 1"})

    assert [problem["field"] for problem in refusal["fields"]] == ["projectId"]


async def test_a_blank_word_is_no_missing_filter(issues: Running):
    """S1-ISS-03: the whole list would be a wrong answer."""
    wanted = {"status": "", "priority": " ", "issueType": ""}
    refusal = await issues.refusal(COUNT, caller("ada"), f=wanted)

    told = {problem["field"]: problem["code"] for problem in refusal["fields"]}
    assert told == dict.fromkeys(wanted, "INVALID_ENUM_VALUE")


async def test_a_page_of_ten_thousand_is_refused_with_the_limit(issues: Running):
    refusal = await issues.refusal("{ issues(first: 10000) { totalCount } }", caller("ada"))

    assert (refusal["code"], refusal["limit"]) == ("BAD_USER_INPUT", 100)


async def test_the_parts_of_the_statistics_add_up(issues: Running):
    both = """... on Project {
      statistics { totalIssues openIssues inProgressIssues closedIssues }
      issueStatistics { totalIssues } issues { totalCount } }"""

    eng, hop, none = await issues.entities(
        caller("alan"), both, *({"__typename": "Project", "id": id} for id in (ENG, HOP, "x"))
    )

    assert eng["statistics"] == {
        "totalIssues": 120,
        "openIssues": 45,
        "inProgressIssues": 30,
        "closedIssues": 45,
    }
    assert eng["issueStatistics"] == {"totalIssues": 120}
    assert eng["issues"] == {"totalCount": 120}
    for unseen in (hop, none):
        assert (unseen["statistics"], unseen["issues"]) == (None, {"totalCount": 0})


def moment(minute: int) -> datetime:
    return datetime(2030, 1, 1, 0, minute, tzinfo=UTC)


# What was made at the same moment is told apart by its id; neither runs with the order of writing.
MOMENTS = {UUID(int=3): 1, UUID(int=9): 0, UUID(int=1): 2, UUID(int=4): 1, UUID(int=2): 1}
OLDEST_FIRST = [str(UUID(int=number)) for number in (9, 2, 3, 4, 1)]


async def test_what_hangs_on_an_issue_comes_in_the_order_in_which_it_was_made(issues: Running):
    issue_id, author = demo_id("issue", "ENG-5"), demo_id("user", "alan")
    targets = [demo_id("issue", f"ENG-{number}") for number in (20, 21, 22, 23, 24)]
    async with issues.context().storage.begin() as uow:
        for (id, minute), target in zip(MOMENTS.items(), targets, strict=True):
            made: dict[str, Any] = {"id": id, "created_at": moment(minute)}
            uow.session.add_all(
                [
                    Comment(issue_id=issue_id, author_id=author, content="x", **made),
                    Attachment(issue_id=issue_id, filename="x", mime_type="x", size=1, **made),
                    IssueLink(
                        source_id=issue_id, target_id=target, type=LinkType.RELATES_TO, **made
                    ),
                ]
            )
            await uow.session.flush()

    query = """{ issueByKey(key: "ENG-5") { links { id } attachments { id }
      all: comments { edges { node { id } } }
      some: comments(first: 2, skip: 2) { edges { node { id } } pageInfo { hasNextPage } } } }"""
    found = (await issues.ask(query, caller("alan")))["issueByKey"]
    assert [one["id"] for one in found["links"]] == OLDEST_FIRST
    assert [one["id"] for one in found["attachments"]] == OLDEST_FIRST
    every = [edge["node"]["id"] for edge in found["all"]["edges"]]
    assert (len(every), every[2:]) == (7, OLDEST_FIRST)  # two are of the demo world
    assert [edge["node"]["id"] for edge in found["some"]["edges"]] == OLDEST_FIRST[:2]
    assert found["some"]["pageInfo"] == {"hasNextPage": True}


async def test_links_are_seen_from_both_ends(issues: Running):
    query = "query($k: String!) { issueByKey(key: $k) { links { type issue { key } } } }"

    source = await issues.ask(query, caller("alan"), k="ENG-1")
    target = await issues.ask(query, caller("alan"), k="ENG-4")

    assert source["issueByKey"]["links"] == [{"type": "blocks", "issue": {"key": "ENG-4"}}]
    assert target["issueByKey"]["links"] == [{"type": "is_blocked_by", "issue": {"key": "ENG-1"}}]


async def test_a_person_lists_only_issues_that_the_caller_sees(issues: Running):
    selection = "... on User { assignedIssues { totalCount } reportedIssues { totalCount } }"
    ada = {"__typename": "User", "id": str(demo_id("user", "ada"))}

    [by_ada] = await issues.entities(caller("ada"), selection, ada)
    [by_hedy] = await issues.entities(caller("hedy"), selection, ada)

    assert by_ada["assignedIssues"]["totalCount"] > 0
    assert by_hedy == {"assignedIssues": {"totalCount": 0}, "reportedIssues": {"totalCount": 0}}


async def test_fifty_issues_cost_as_many_statements_as_one(issues: Running):
    query = """query($n: Int) { issues(first: $n) { totalCount edges { node {
      key project { key statistics { totalIssues }
        issues(first: 2) { totalCount edges { node { key } } } }
      assignee { assignedIssues(first: 1) { totalCount edges { node { key } } } }
      reporter { reportedIssues(first: 1) { totalCount } }
      comments(first: 2) { totalCount edges { node { content } } } attachments { filename }
      links { type issue { key comments(first: 1) { edges { node { id } } } } } } } } }"""

    with statements() as for_few:
        await issues.ask(query, caller("ada"), n=5)
    with statements() as for_fifty:
        await issues.ask(query, caller("ada"), n=50)

    assert len(for_fifty) == len(for_few)


BOTH = """... on Issue { key attachments { id } links { id } comments(first: 1) { totalCount } }
  ... on Comment { content } ... on Attachment { filename }"""
FIRST_ATTACHMENT, FIRST_COMMENT = demo_world().attachments[0], demo_world().comments[0]
# A question, and how many rows are read for it.
COSTS: list[tuple[dict[str, str], int]] = [
    (
        {"__typename": "Issue", "id": str(demo_id("issue", "ENG-2"))},
        3,
    ),  # a second comment shows that there are more
    ({"__typename": "Issue", "key": "ENG-9"}, 2),  # with one attachment
    ({"__typename": "Issue", "key": "ENG-1"}, 5),  # with one comment, one link and its two ends
    ({"__typename": "Comment", "id": str(FIRST_COMMENT.id)}, 1),
    ({"__typename": "Attachment", "id": str(FIRST_ATTACHMENT.id)}, 1),
    ({"__typename": "Issue", "key": "ENG-0"}, 0),
]


async def test_no_more_rows_are_read_than_the_answer_needs(issues: Running):
    for representation, count in COSTS:
        with rows_read() as read:
            await issues.entities(caller("alan"), BOTH, representation)
        assert len(read) == count, (representation, read)


async def test_total_count_costs_nothing_unless_selected(issues: Running):
    with statements() as without:
        await issues.ask("{ issues(first: 1) { edges { node { key } } } }", caller("ada"))
    with statements() as counted:
        await issues.ask("{ issues(first: 1) { totalCount } }", caller("ada"))

    assert (len(without), len(counted)) == (1, 2)


async def test_who_moves_to_another_organization_leaves_the_issues_behind(issues: Running):
    moved = replace(caller("katherine"), tenant_id=caller("hedy").tenant_id)
    gone = replace(caller("katherine"), tenant_id=None)

    for who in (moved, gone):
        assert (await issues.ask(COUNT, who))["issues"]["totalCount"] == 0


async def test_comments_are_skipped_for_numbered_pages(issues: Running):
    query = """query($s: Int) { issueByKey(key: "ENG-2") { comments(first: 1, skip: $s) {
      totalCount edges { node { content } } pageInfo { hasPreviousPage } } } }"""
    first = (await issues.ask(query, caller("alan"), s=0))["issueByKey"]["comments"]
    second = (await issues.ask(query, caller("alan"), s=1))["issueByKey"]["comments"]

    assert first["totalCount"] == second["totalCount"] >= 2
    assert first["edges"] != second["edges"]
    assert second["pageInfo"] == {"hasPreviousPage": True}
