"""What every route says when a limit is reached and when a subgraph fails, in the words of the
documents 002 (S2-ERR-01) and 004 (S4-STA-03, S4-RL-09, S4-SEC-02).

The routes are the stored ones, over the real graph, whose subgraphs fail in each way that there is.
What is sent is the example of the documentation, which its own tests hold to be valid.
"""

import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.conformance.rest.error_forms import Expected, wrong_with
from tests.support.product import SUBGRAPHS
from tests.support.product_graph import product_routes, product_sdl
from tests.support.shared import ROOT
from tests.support.uploads import MULTIPART, Part, multipart
from trellis.router.config import Config
from trellis.router.config.rate_limits import RateLimitRule, RateLimits
from trellis.router.errors import (
    SubgraphCircuitOpen,
    SubgraphError,
    SubgraphInvalidResponse,
    SubgraphTimeout,
    SubgraphUnavailable,
)
from trellis.router.identity.credentials import Credentials
from trellis.router.rate_limit.limiter import RateLimiting
from trellis.router.rate_limit.memory_store import MemoryStore
from trellis.router.rest.route import RestRoute
from trellis.router.rest.routes import RestService, rest_routes
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.wiring import nothing_here, wrap
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services
from trellis.schema.identity import ANONYMOUS, Identity

SDL = product_sdl()
ADA = Identity(id=UUID(int=1), roles=frozenset({"admin"}), scopes=frozenset({"write:profile"}))
SECRET = "psql://accounts.internal: the disk is full"

# By dialect: the status and the code of each outage, and of a limit. Document 002 names no codes.
OUTAGES: dict[str, dict[type[SubgraphError], Expected]] = {
    "learn": {
        SubgraphCircuitOpen: Expected(503, None, "Service temporarily unavailable"),
        SubgraphUnavailable: Expected(502, None, "Upstream service error"),
        SubgraphInvalidResponse: Expected(502, None, "Upstream service error"),
        SubgraphTimeout: Expected(504, None, "Upstream timeout"),
    },
    "commerce": {
        SubgraphCircuitOpen: Expected(503),
        SubgraphUnavailable: Expected(503),
        SubgraphInvalidResponse: Expected(503),
        SubgraphTimeout: Expected(503),
    },
}
LIMITED = {
    "learn": Expected(429, "RATE_LIMIT_EXCEEDED", "Too many requests"),
    "commerce": Expected(429),
}


class Failing:
    """A subgraph that always fails in one way."""

    is_in_process = False

    def __init__(self, failure: type[SubgraphError]) -> None:
        self._failure = failure

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        if self._failure is SubgraphCircuitOpen:
            raise SubgraphCircuitOpen(request.subgraph, 30)
        raise self._failure(request.subgraph, SECRET)

    def subscribe(self, request: SubgraphRequest) -> AsyncGenerator[SubgraphResponse, None]:
        raise NotImplementedError

    async def aclose(self) -> None:
        pass


def graph(failure: type[SubgraphError], *, most: int = 1_000) -> Supergraph:
    """The real graph over failing subgraphs, where everybody may ask ``most`` times a minute."""
    rules = (RateLimitRule(name="all", limit=most, window=60),)
    nothing: dict[str, Any] = {"presets": {"none": ()}}
    profiles = dict.fromkeys(("graphql", *OUTAGES), "none")
    limits = RateLimits(rules=rules, profiles=profiles, **nothing)
    return Supergraph.load(
        SDL,
        transports=dict.fromkeys(SUBGRAPHS, Failing(failure)),
        options=SupergraphOptions(rate_limiting=RateLimiting(limits, MemoryStore())),
    )


async def authenticate(credentials: Credentials) -> Identity:
    return ADA if credentials.authorization else ANONYMOUS


def client(supergraph: Supergraph) -> httpx.AsyncClient:
    config = Config()
    services = Services(
        graph=LiveGraph.over(supergraph),
        make_context=ContextMaker((), 60.0),
        authenticate=authenticate,
        limits=config.limits,
    )
    routes = rest_routes(config, supergraph)
    door = RestService(config).door(routes, supergraph, services, nothing_here)
    transport = httpx.ASGITransport(app=wrap(door, config))
    return httpx.AsyncClient(transport=transport, base_url="http://trellis.test")


async def send(web: httpx.AsyncClient, route: RestRoute) -> httpx.Response:
    """What the documentation of the route has as its example."""
    file = ROOT / "schema" / "openapi" / f"{route.profile.name}.json"
    paths = json.loads(file.read_text(encoding="utf-8"))["paths"]
    documented = paths[route.path][route.method.lower()]
    content = documented.get("requestBody", {}).get("content", {})
    headers = {"authorization": "Bearer ada"}
    sent: dict[str, Any] = {}
    if "application/json" in content:
        sent["json"] = content["application/json"]["example"]
    elif content:
        sent["content"] = multipart([Part("file", b"Words.", "words.txt", "text/plain")])
        headers["content-type"] = MULTIPART
    path = route.path
    for parameter in documented.get("parameters", ()):
        if parameter.get("in") == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(UUID(int=7)))
    url = route.profile.prefix + path
    return await web.request(route.method, url, headers=headers, **sent)


ROUTES = [
    route
    for route in product_routes()
    if route.profile.name in OUTAGES and route.kind != "subscription"
]


def test_there_are_routes_of_both_documents():
    assert len(ROUTES) >= 25
    assert {route.profile.name for route in ROUTES} == set(OUTAGES)


@pytest.mark.parametrize("failure", OUTAGES["learn"], ids=lambda one: one.__name__)
async def test_every_route_says_that_a_subgraph_failed(failure: type[SubgraphError]):
    async with client(graph(failure)) as web:
        for route in ROUTES:
            response = await send(web, route)
            dialect = route.profile.name
            expected = OUTAGES[dialect][failure]
            assert wrong_with(dialect, response, expected) == [], (route.id, response.text)
            assert "disk" not in response.text, route.id
            if failure is SubgraphCircuitOpen:
                assert response.headers["retry-after"] == "30", route.id


async def test_every_route_says_that_a_limit_is_reached():
    async with client(graph(SubgraphUnavailable, most=1)) as web:
        for route in ROUTES:
            await send(web, route)
            response = await send(web, route)
            dialect = route.profile.name
            assert wrong_with(dialect, response, LIMITED[dialect]) == [], (route.id, response.text)
            for name, value in (("limit", "1"), ("remaining", "0")):
                assert response.headers[f"x-ratelimit-{name}"] == value, route.id
            assert 0 < int(response.headers["retry-after"]) <= 60
