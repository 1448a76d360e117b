"""Who sees which issues, how lists are paged, and what a list costs."""

from dataclasses import replace
from typing import Any

import pytest

from db.seed.world import demo_id, demo_world
from schema.identity import ANONYMOUS
from tests.support.statements import statements
from tests.support.subgraphs import Running, caller

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


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"projectId": ENG}, 120),
        ({"projectId": HOP}, 0),
        ({"status": "In Progress", "projectId": ENG}, 30),
        ({"status": "in progress"}, 0),
        ({"assigneeId": str(demo_id("user", "alan"))}, 37),
        ({"issueType": "Epic", "priority": "Critical"}, 9),
        ({"search": "eng-12"}, 2),
        ({"search": "' OR 1=1 --"}, 0),
        ({"search": "%"}, 0),
    ],
)
async def test_filters_narrow_the_list_and_the_count(
    issues: Running, filters: dict[str, str], count: int
):
    found = (await issues.ask(COUNT, caller("grace"), f=filters))["issues"]

    assert found["totalCount"] == count
    assert len(found["edges"]) == min(count, 20)


async def test_a_filter_that_is_no_id_is_refused(issues: Running):
    refusal = await issues.refusal(COUNT, caller("ada"), f={"projectId": "1 or 1"})

    assert [problem["field"] for problem in refusal["fields"]] == ["projectId"]


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
