"""Search agrees with what its owners show: at once after a change, whoever asks."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.chance import Seeded, pick
from tests.support.subgraphs import caller
from tests.support.whole_graph import WholeGraph, whole_graph
from trellis.db.seed.world import demo_id
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.scopes import SCOPES
from trellis.subgraphs.learning.graph import make_subgraph as make_learning
from trellis.subgraphs.search.graph import make_subgraph as make_search
from trellis.subgraphs.search.words import words_of
from trellis.subgraphs.tasks.graph import make_subgraph as make_tasks

PEOPLE = ("ada", "grace", "alan", "katherine", "hedy", "radia")
ADA, ALAN, HEDY = (caller(name) for name in ("ada", "alan", "hedy"))
ENG = str(demo_id("project", "ENG"))

LISTS = {
    "ISSUE": """query($n: Int!, $s: Int!) { rows: issues(first: $n, skip: $s) {
      totalCount edges { node { id key title: summary body: description } } } }""",
    "PROJECT": """query($n: Int!, $s: Int!) { rows: projects(first: $n, skip: $s) {
      totalCount edges { node { id key title: name body: description } } } }""",
    "USER": """query($n: Int!, $s: Int!) { rows: users(first: $n, skip: $s) {
      totalCount edges { node { id key: username title: displayName } } } }""",
    "TASK": """query($n: Int!, $s: Int!) {
      rows: tasks(first: $n, skip: $s, filters: { personal: false }) {
      totalCount edges { node { id title body: description } } } }""",
    "COURSE": """query($n: Int!, $s: Int!) { rows: courses(first: $n, skip: $s) {
      totalCount edges { node { id title body: description } } } }""",
}
FOUND = """query($q: String!, $a: String) { search(query: $q) {
  correctedQuery aggregations { byType { issues projects users tasks courses } }
  results(first: 100, after: $a) { totalCount pageInfo { hasNextPage endCursor }
    edges { node { id type } } } } }"""
PROJECT = """mutation($i: CreateProjectInput!) { createProject(input: $i) { project { id } } }"""
RENAME = """mutation($id: ID!, $n: String!) { updateProject(id: $id, input: { name: $n }) {
  project { id } } }"""
DELETE_PROJECT = "mutation($id: ID!) { deleteProject(id: $id) { deletedProjectId } }"
ADD = "mutation($i: AddProjectMemberInput!) { addProjectMember(input: $i) { member { role } } }"
REMOVE = """mutation($i: RemoveProjectMemberInput!) { removeProjectMember(input: $i) {
  project { id } } }"""
ISSUE = "mutation($i: CreateIssueInput!) { createIssue(input: $i) { issue { id key } } }"
CHANGE = """mutation($id: ID!, $i: UpdateIssueInput!) { updateIssue(id: $id, input: $i) {
  issue { id } } }"""
DELETE_ISSUE = "mutation($id: ID!) { deleteIssue(id: $id) { deletedIssueId } }"
TASK = "mutation($i: CreateTaskInput!) { createTask(input: $i) { task { id } } }"
DELETE_TASK = "mutation($id: ID!) { deleteTask(id: $id) { deletedTaskId } }"
SEAT = """mutation($i: OrganizationMemberInput!) { addOrganizationMember(input: $i) {
  member { role } } }"""
NAME = """mutation($id: ID!, $n: String!) { updateUser(id: $id, input: { displayName: $n }) {
  user { id } } }"""
CLOSE = "mutation($id: ID!) { deactivateUser(id: $id) { user { id } } }"
DELETE_USER = "mutation($id: ID!) { deleteUser(id: $id) { deletedUserId } }"

QUERIES = ("card", "the", "gizmo", "eng", "hop-1", "turing", "grace", "engine")


@pytest.fixture
async def graph(data_settings: DataSettings) -> AsyncIterator[WholeGraph]:
    async with whole_graph(data_settings, also=[make_tasks, make_learning, make_search]) as running:
        yield running


async def shown(graph: WholeGraph, who: Identity) -> list[dict[str, Any]]:
    """Everything in the lists of the owners."""
    every: list[dict[str, Any]] = []
    for kind, query in LISTS.items():
        rows: list[Any] = []
        total = 1
        while len(rows) < total:
            page = (await graph.ask(query, who, n=100, s=len(rows)))["rows"]
            total = page["totalCount"]
            rows += [edge["node"] for edge in page["edges"]]
        every += [{"type": kind, **row} for row in rows]
    return every


def matches(row: dict[str, Any], query: str) -> bool:
    texts = [f"{row.get('key') or ''} {row['title']}", row.get("body") or ""]
    words = [words_of(text) for text in texts]
    terms = [words_of(part) for part in query.split()]
    return all(any(_stands(term, text) for text in words) for term in terms)


def _stands(term: list[str], text: list[str]) -> bool:
    return any(
        text[at : at + len(term) - 1] == term[:-1] and text[at + len(term) - 1].startswith(term[-1])
        for at in range(len(text) - len(term) + 1)
    )


async def found(graph: WholeGraph, who: Identity, query: str) -> tuple[set[tuple[str, str]], Any]:
    hits: list[tuple[str, str]] = []
    after = None
    while True:
        told = (await graph.ask(FOUND, who, q=query, a=after))["search"]
        page = told["results"]
        hits += [(edge["node"]["type"], edge["node"]["id"]) for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(set(hits)) == len(hits) == told["results"]["totalCount"]
    return (set(hits) if told["correctedQuery"] is None else set()), told["aggregations"]["byType"]


async def agree(graph: WholeGraph, who: Identity, *queries: str) -> int:
    """How much was found."""
    rows, number = await shown(graph, who), 0
    for query in queries:
        expected = {(row["type"], row["id"]) for row in rows if matches(row, query)}
        hits, counts = await found(graph, who, query)
        assert hits == expected, (who.username, query)
        if expected:
            assert sum(counts.values()) == len(expected)
        number += len(hits)
    return number


async def change_something(graph: WholeGraph, chance: Seeded) -> None:
    """A dozen of changes by those who may make them."""

    async def do(operation: str, who: Identity = ADA, **variables: Any) -> Any:
        return await graph.ask(operation, who, **variables)

    home = str(demo_id("organization", "analytical.example.com"))
    made = await do(PROJECT, ALAN, i={"name": "Gizmo works", "description": "The gizmo engine"})
    project = made["createProject"]["project"]["id"]
    issues = [
        (await do(ISSUE, ALAN, i={"projectId": project, "summary": summary}))["createIssue"]
        for summary in ("Oil the gizmo", "Buy cards for Grace", "Turing's frame")
    ]
    await do(TASK, ALAN, i={"projectId": project, "title": "Gizmo of tin"})
    await do(TASK, ALAN, i={"title": "My own gizmo"})
    await do(
        ADD,
        ALAN,
        i={"projectId": project, "userId": str(demo_id("user", "grace")), "role": "MEMBER"},
    )
    first, second, third = (issue["issue"]["id"] for issue in issues)
    await do(
        CHANGE, ALAN, id=first, i={"summary": "Polish it", "description": "the gizmo, that is"}
    )
    await do(DELETE_ISSUE, ADA, id=second)
    await do(DELETE_TASK, ADA, id=str(demo_id("task", f"ENG-{chance.number(1, 24)}")))
    await do(NAME, ALAN, id=str(ALAN.id), n="Alan Gizmo")
    await do(
        SEAT,
        ADA,
        i={"organizationId": home, "userId": str(demo_id("user", "radia")), "role": "MEMBER"},
    )
    out = pick(chance, ("katherine", "edsger", "barbara"))
    await do(REMOVE, ADA, i={"projectId": ENG, "userId": str(demo_id("user", out))})
    await do(RENAME, HEDY, id=str(demo_id("project", "HOP")), n="The engine of Hedy")
    await do(DELETE_PROJECT, ADA, id=str(demo_id("project", pick(chance, ("COMP", "ORBIT")))))
    await do(CLOSE, ADA, id=str(demo_id("user", "edsger")))
    await do(DELETE_USER, ADA, id=str(demo_id("user", "barbara")))
    await do(CHANGE, ALAN, id=third, i={"status": "In Progress"})


async def test_search_finds_what_its_owners_show(graph: WholeGraph):
    chance = Seeded(7)
    await agree(graph, ALAN, "card", "eng-1", "grace")

    await change_something(graph, chance)

    numbers = [await agree(graph, caller(name), *QUERIES) for name in PEOPLE]
    assert min(numbers) > 0 and sum(numbers) > 500
    program = replace(ALAN, kind="service", scopes=frozenset({"read:projects"}))
    hits, counts = await found(graph, program, "gizmo")
    assert {kind for kind, _ in hits} == {"PROJECT"}
    assert counts == {"issues": 0, "projects": 1, "users": 0, "tasks": 0, "courses": 0}
    administrator = replace(caller("katherine"), scopes=SCOPES)
    await agree(graph, administrator, *QUERIES)


async def test_owners_complete_what_was_found(tmp_path: Path):
    query = """query($q: String!) { search(query: $q) { results(first: 30) { edges { node {
      type project { key } target { __typename
        ... on Issue { key status } ... on Project { name lead { displayName } }
        ... on User { displayName } ... on Task { completion } } } } } } }"""

    async with whole_graph(
        DataSettings(data_dir=tmp_path), also=[make_tasks, make_search]
    ) as graph:
        told = await graph.ask(query, ADA, q="grace")
        [grace] = told["search"]["results"]["edges"]
        engine = await graph.ask(query, ADA, q="eng-7")
    [node] = [edge["node"] for edge in engine["search"]["results"]["edges"][:1]]

    assert grace["node"]["target"] == {"__typename": "User", "displayName": "Grace Hopper"}
    assert node["project"] == {"key": "ENG"}
    assert (node["target"]["__typename"], node["target"]["key"]) == ("Issue", "ENG-7")
