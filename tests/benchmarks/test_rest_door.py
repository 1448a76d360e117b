"""What a REST route costs beyond the GraphQL execution of its operation, in processor time."""

import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from router.composition.compose import compose
from router.composition.subgraph import Subgraph
from router.config import Config, Limits
from router.operation.request import GraphQLRequest
from router.policy.credentials import Credentials
from router.rest.access import access_to
from router.rest.door import RestDoor, Selection
from router.rest.endpoint import Doors, RestEndpoint
from router.rest.idempotency.memory_store import MemoryAnswers
from router.rest.idempotency.once import Once
from router.rest.load import load_route
from router.rest.profiles import PROFILES
from router.served_graph import ServedGraph, load_supergraph
from router.transports.base import SubgraphRequest, SubgraphResponse
from router.web.request_context import ContextMaker
from router.wiring import nothing_here
from schema.identity import Identity
from schema.request import RequestContext
from tests.support.recording import RecordingTransport

pytestmark = pytest.mark.bench

MICROSECONDS = 60
PAGE = 20
ADA = Identity(id=UUID(int=1), scopes=frozenset({"read:issues"}))
SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
scalar DateTime
enum Status { OPEN IN_PROGRESS DONE }
type Query { issue(id: ID!): Issue issues(first: Int, skip: Int): IssueConnection! }
type Issue @key(fields: "id") {
  id: ID! key: String! title: String! description: String status: Status! storyPoints: Int
  isBlocked: Boolean! createdAt: DateTime! updatedAt: DateTime! labelNames: [String!]!
  project: Project! reporter: Person! assignee: Person
}
type Project @key(fields: "id") { id: ID! key: String! projectName: String! }
type Person @key(fields: "id") { id: ID! username: String! displayName: String! avatarUrl: String }
type IssueEdge { node: Issue! cursor: String! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type IssueConnection { edges: [IssueEdge!]! pageInfo: PageInfo! totalCount: Int! }
"""
MEMBERS = """
    id key title description status storyPoints isBlocked createdAt updatedAt labelNames
    project { id key projectName }
    reporter { id username displayName avatarUrl } assignee { id username displayName avatarUrl }
"""
ONE = f"""
query GetIssue($id: ID!) @rest(method: GET, path: "/api/v1/issues/{{id}}") {{
  issue(id: $id) {{ {MEMBERS} }}
}}
"""
MANY = f"""
query ListIssues($first: Int, $skip: Int) @rest(method: GET, path: "/api/v1/issues") {{
  issues(first: $first, skip: $skip) @page {{ edges {{ node {{ {MEMBERS} }} }} totalCount }}
}}
"""


def issue(number: int) -> dict[str, Any]:
    person = {"id": "u1", "username": "ada", "displayName": "Ada L.", "avatarUrl": None}
    return {
        **{"id": f"i{number}", "key": f"WEB-{number}", "title": f"Issue {number}"},
        **{"description": "What is wrong.", "status": "IN_PROGRESS", "storyPoints": 3},
        **{"isBlocked": False, "createdAt": "2026-01-01T00:00:00Z"},
        **{"updatedAt": "2026-01-02T00:00:00Z", "labelNames": ["bug", "ui"]},
        "project": {"id": "p1", "key": "WEB", "projectName": "Website"},
        **{"reporter": person, "assignee": dict(person)},
    }


class Issues(RecordingTransport):
    """A subgraph that costs nothing."""

    _one = SubgraphResponse({"issue": issue(1)})
    _many = SubgraphResponse(
        {"issues": {"edges": [{"node": issue(n)} for n in range(PAGE)], "totalCount": 99}}
    )

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        return self._one if "issue(" in request.query else self._many


async def authenticate(_credentials: Credentials) -> Identity:
    return ADA


async def receive() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


async def microseconds(*works: Callable[[], Awaitable[Any]], times: int = 100) -> list[float]:
    """The processor time of one call of each, in the best of many runs that take turns: whatever
    slows this machine down meets all of them."""
    best = [float("inf")] * len(works)
    for _ in range(30):
        for place, work in enumerate(works):
            started = time.process_time_ns()
            for _ in range(times):
                await work()
            best[place] = min(best[place], (time.process_time_ns() - started) / times / 1e3)
    return best


@pytest.mark.parametrize(
    ("text", "path", "variables"),
    [
        (ONE, "/api/v1/issues/i1", {"id": "i1"}),
        (MANY, "/api/v1/issues", {"first": 20, "skip": 0}),
    ],
    ids=["one", "page"],
)
@pytest.mark.parametrize("dialect", ["tracker", "learn", "pm"])
async def test_a_route_costs_little_beyond_its_operation(
    dialect: str, text: str, path: str, variables: dict[str, Any]
) -> None:
    composition = compose([Subgraph("a", "http://a", SDL)])
    supergraph = load_supergraph(composition.supergraph_sdl, {"a": Issues()}, Config())
    graph = ServedGraph(supergraph)
    make_context = ContextMaker(("authorization", "x-request-id"), 30)
    once = Once(MemoryAnswers(10), keep_seconds=60, request_seconds=30)
    doors = Doors(graph, make_context, authenticate, Limits(), once)
    profile = PROFILES[dialect]
    if dialect == "learn":
        text = text.replace("$skip: Int", "$after: String").replace("skip: $skip", "after: $after")
        text = text.replace("totalCount", "pageInfo { hasNextPage endCursor } totalCount")
        pytest.skip("later") if "ListIssues" in text else None
    route = load_route(text, supergraph, profile, area="issues", file=Path("i.graphql"))
    endpoint = RestEndpoint(route, doors, access_to(route, supergraph))
    door = RestDoor([endpoint], [profile], Selection(dialect, {}), nothing_here)
    full = profile.prefix + path
    sent: list[Any] = []

    def scope() -> dict[str, Any]:
        headers = [(b"host", b"x"), (b"accept", b"*/*"), (b"authorization", b"Bearer x")]
        return {
            **{"type": "http", "method": "GET", "path": full, "raw_path": full.encode()},
            **{"query_string": b"", "headers": headers, "client": ("127.0.0.1", 1)},
        }

    async def send(message: Any) -> None:
        sent[:] = [message]

    async def by_rest() -> None:
        await door(scope(), receive, send)

    request = GraphQLRequest(route.document, variables)

    async def by_graph() -> None:
        context = RequestContext(ADA, request_id="x", deadline=time.monotonic() + 30)
        (await graph.answer(request, context)).to_bytes()

    await by_rest()
    assert sent[0]["body"].count(b"WEB-") in (1, PAGE), sent
    rest, plain = await microseconds(by_rest, by_graph)

    sys.stdout.write(f"\n{dialect} {path}: {plain:.0f} us, by REST {rest - plain:.0f} us more\n")
