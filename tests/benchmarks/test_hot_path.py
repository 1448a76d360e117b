"""What permissions, rate limits and vouching cost one request, beside the same without them."""

import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
import uvloop

from tests.support.recording import RecordingTransport
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Config, RateLimitRule, RateLimits
from trellis.router.loading.supergraph import load_supergraph
from trellis.router.operation.request import GraphQLRequest
from trellis.router.rate_limit.build import build_rate_limiting
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.transports.base import SubgraphRequest, SubgraphResponse
from trellis.router.trust.headers import Vouch
from trellis.router.trust.service_tokens import ServiceTokens
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

pytestmark = pytest.mark.bench

ADA = Identity(
    id=UUID(int=1),
    username="ada",
    roles=frozenset({"user"}),
    scopes=frozenset({"read:users", "read:mail"}),
    tenant_id=UUID(int=2),
)
HEAD = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
    'import: ["@key", "@authenticated", "@requiresScopes"]) '
)
OPEN = HEAD + "type Query { me: User } type User { id: ID! name: String mail: String }"
GUARDED = (
    HEAD
    + "type Query { me: User @authenticated } type User { id: ID! name: String "
    + '@requiresScopes(scopes: [["read:users"]]) mail: String '
    + '@requiresScopes(scopes: [["read:mail"]]) }'
)
QUERY = GraphQLRequest("{ me { id name mail } }", {})
MANY = RateLimitRule(name="requests", limit=10_000_000, window=3600, burst=1_000_000)
LIMITED = RateLimits(presets={"default": (MANY,)}, development_factor=1)


class Me(RecordingTransport):
    """A subgraph that costs nothing, to whom the router may vouch for the request."""

    def __init__(self, vouch: Vouch | None = None) -> None:
        super().__init__()
        self._vouch = vouch
        self._response = SubgraphResponse({"me": {"id": "1", "name": "Ada", "mail": "a@x.org"}})

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        if self._vouch is not None:
            self._vouch(request.context)
        return self._response


def asking(
    sdl: str, limits: RateLimits | None = None, vouch: Vouch | None = None
) -> Callable[[], Awaitable[None]]:
    """Asks a graph of this SDL as somebody who may."""
    supergraph_sdl = compose([Subgraph("a", "http://a", sdl)]).supergraph_sdl
    config = Config(rate_limit=limits or RateLimits(enabled=False))
    limiting = build_rate_limiting(config)
    graph = LiveGraph.over(load_supergraph(supergraph_sdl, {"a": Me(vouch)}, config, limiting))

    async def ask() -> None:
        context = RequestContext(
            ADA,
            request_id="r-1",
            deadline=time.monotonic() + 30,
            client_address="192.0.2.1",
            user_agent="bench",
        )
        answer = await graph.answer(QUERY, context)
        answer.to_bytes()

    return ask


async def ratios(works: dict[str, Callable[[], Awaitable[None]]]) -> dict[str, float]:
    """How much longer each takes than the first: medians of runs that take turns."""
    rows: list[list[float]] = []
    for _ in range(60):
        row = []
        for work in works.values():
            started = time.process_time_ns()
            for _ in range(50):
                await work()
            row.append((time.process_time_ns() - started) / 50_000)
        rows.append(row)
    first = min(row[0] for row in rows)
    sys.stdout.write(f"\n{next(iter(works))}: {first:.1f} us\n")
    return {
        name: statistics.median(row[place] / row[0] for row in rows)
        for place, name in enumerate(works)
    }


def test_what_is_switched_on_costs_little_beside_a_request() -> None:
    vouch = Vouch(ServiceTokens((b"a secret that is long enough to be one",)), "a")
    works = {
        "everything off": asking(OPEN),
        "permissions": asking(GUARDED),
        "rate limits": asking(OPEN, LIMITED),
        "vouching": asking(OPEN, vouch=vouch),
        "all of them": asking(GUARDED, LIMITED, vouch),
    }

    found = uvloop.run(ratios(works))

    for name, ratio in found.items():
        sys.stdout.write(f"{name}: {ratio:.2f}\n")
    assert found["permissions"] < 1.2
    assert found["rate limits"] < 3
    assert found["vouching"] < 1.6
    assert found["all of them"] < 3.5
