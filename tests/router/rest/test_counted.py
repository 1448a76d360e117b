"""REST requests are counted as the operations they are, and refused ones as their caller's."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.router.rest.library import SNAKE, authenticate
from tests.support.memory_answers import MemoryAnswers
from tests.support.recording import RecordingTransport
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Config, RateLimitRule, RateLimits
from trellis.router.loading.supergraph import load_supergraph
from trellis.router.operation.request import GraphQLRequest
from trellis.router.rate_limit.build import build_rate_limiting
from trellis.router.rest.access import access_to
from trellis.router.rest.door import RestDoor, Selection
from trellis.router.rest.endpoint import RestEndpoint
from trellis.router.rest.idempotency.once import Once
from trellis.router.rest.load import load_route
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.wiring import nothing_here, wrap
from trellis.router.web.refused_requests import RefusedRequests
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services
from trellis.schema.request import RequestContext

SUPERGRAPH = compose(
    [
        Subgraph(
            "a",
            "http://a.test",
            'extend schema @link(url: "https://specs.trellis.dev/trellis/v0.1", '
            'import: ["@rateLimit"]) @composeDirective(name: "@rateLimit") '
            '@link(url: "https://specs.apollo.dev/federation/v2.8", '
            'import: ["@composeDirective", "@authenticated"])'
            "directive @rateLimit(limit: Int!, window: Int!, key: String) on FIELD_DEFINITION "
            "type Query { hello(to: Int!): Int secret: Int @authenticated } "
            'type Mutation { login: Int @rateLimit(limit: 30, window: 60, key: "ip") '
            "put(number: Int!): Int deleteIt: Int }",
        )
    ]
).supergraph_sdl
ROUTES = (
    'query Hello($to: Int!) @rest(method: GET, path: "/api/hello/{to}") { hello(to: $to) }',
    'query Secret @rest(method: GET, path: "/api/secret") { secret }',
    'mutation Login @rest(method: POST, path: "/api/login") { login }',
    'mutation Put($number: Int!) @rest(method: PUT, path: "/api/it") { put(number: $number) }',
    'mutation Drop @rest(method: DELETE, path: "/api/it") { deleteIt }',
)
CLASSES = ("read", "write", "delete")
ADA = {"authorization": "Bearer ada"}


class Application:
    """A graph behind its REST door and all layers; ``ask`` comes to it by GraphQL."""

    def __init__(self, *rules: RateLimitRule) -> None:
        limits = RateLimits(
            enabled=True,
            presets={"mine": rules},
            profiles={"graphql": "mine", "snake": "mine"},
            development_factor=1,
        )
        config = Config(rate_limit=limits)
        self.transport = RecordingTransport(
            {"data": {"hello": 1, "secret": 1, "login": 1, "put": 1, "deleteIt": 1}}
        )
        supergraph = load_supergraph(
            SUPERGRAPH, {"a": self.transport}, config, build_rate_limiting(config)
        )
        self.graph = LiveGraph.over(supergraph)
        once = Once(MemoryAnswers(), keep_seconds=60, request_seconds=5)
        services = Services(
            graph=self.graph,
            make_context=ContextMaker((), 30),
            authenticate=authenticate,
            count=self.graph.count,
        )
        routes = [
            load_route(text, supergraph, SNAKE, area="a", file=Path("a.graphql")) for text in ROUTES
        ]
        endpoints = [
            RestEndpoint(route, services, once, access_to(route, supergraph)) for route in routes
        ]
        door = RestDoor(endpoints, [SNAKE], Selection("snake", {}), services, nothing_here)

        def counting(app: Any) -> RefusedRequests:
            return RefusedRequests(app, services)

        transport = httpx.ASGITransport(wrap(door, config, counting), client=("192.0.2.1", 1))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://trellis.test/snake")

    async def ask(self, document: str) -> int:
        context = RequestContext(client_address="192.0.2.1")
        return (await self.graph.answer(GraphQLRequest(document, {}), context)).status


def rule(limit: int, **more: Any) -> RateLimitRule:
    return RateLimitRule(**{"name": "requests", "limit": limit, "window": 3600, **more})


def left(answer: httpx.Response) -> int:
    return int(answer.headers["x-ratelimit-remaining"])


async def test_logins_are_counted_together_with_those_of_graphql() -> None:
    application = Application(rule(1_000))

    answers = [await application.http.post("/api/login") for _ in range(100)]

    assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 70
    assert len(application.transport.requests) == 30
    assert answers[-1].json()["error"] == "RATE_LIMITED"
    assert await application.ask("mutation { login }") == 429


@pytest.mark.parametrize(
    ("method", "path", "body", "counted"),
    [
        ("GET", "/api/hello/1", None, "read"),
        ("PUT", "/api/it", {"number": 1}, "write"),
        ("DELETE", "/api/it", None, "delete"),
    ],
)
async def test_a_route_is_counted_as_its_operation(
    method: str, path: str, body: Any, counted: str
) -> None:
    application = Application(*(rule(9, name=name, classes=(name,)) for name in CLASSES))

    answer = await application.http.request(method, path, json=body)

    assert answer.headers["ratelimit-policy"] == f'"{counted}-3600";q=9;w=3600'


async def test_invalid_requests_are_counted_by_caller_and_not_by_address() -> None:
    application = Application(rule(2))

    answers = [await application.http.get("/api/hello/x", headers=ADA) for _ in range(3)]
    stranger = await application.http.get("/api/hello/1")

    assert [answer.status_code for answer in answers] == [422, 422, 429]
    assert [left(answer) for answer in answers] == [1, 0, 0]
    refused = answers[2].json()
    assert (refused["error"], refused["id"]) == (
        "RATE_LIMITED",
        answers[2].headers["x-request-id"],
    )
    assert refused["details"]["limit"] == 2
    assert int(answers[2].headers["retry-after"]) <= 3600
    assert (stranger.status_code, left(stranger)) == (200, 1)


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/api/hello/1", {"authorization": "Bearer forged"}), ("/api/secret", {})],
    ids=["a forged token", "none"],
)
async def test_requests_with_invalid_credentials_are_counted_once_by_address(
    path: str, headers: dict[str, str]
) -> None:
    application = Application(rule(3))

    answers = [await application.http.get(path, headers=headers) for _ in range(4)]
    signed_in = await application.http.get("/api/secret", headers=ADA)

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert [left(answer) for answer in answers] == [2, 1, 0, 0]
    assert answers[3].json()["error"] == "RATE_LIMITED"
    assert (signed_in.status_code, left(signed_in)) == (200, 2)


async def test_a_repeated_response_is_counted() -> None:
    application = Application(rule(3))
    headers = {**ADA, "idempotency-key": "once"}

    answers = [
        await application.http.put("/api/it", json={"number": 1}, headers=headers) for _ in range(4)
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [left(answer) for answer in answers] == [2, 1, 0, 0]
    assert [answer.headers.get("idempotency-replayed") for answer in answers] == [
        *(None, "true", "true"),
        None,
    ]
    assert answers[0].content == answers[2].content
    assert len(application.transport.requests) == 1


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("PATCH", "/api/it", 405)]
)
async def test_requests_without_a_route_are_counted_by_caller(method: str, path: str, status: int):
    application = Application(rule(2))

    answers = [await application.http.request(method, path, headers=ADA) for _ in range(3)]
    forged = {"authorization": "Bearer forged"}
    stranger = await application.http.request(method, path, headers=forged)
    route = await application.http.get("/api/hello/1", headers=ADA)

    assert [answer.status_code for answer in answers] == [status, status, 429]
    assert [left(answer) for answer in answers] == [1, 0, 0]
    assert (stranger.status_code, left(stranger)) == (status, 1)
    assert route.status_code == 429
