"""What a configuration makes of rate limits."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.support.recording import RecordingTransport
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Config, RateLimitRule, RateLimits
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.rate_limit.build import build_rate_limiting
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.schema.request import RequestContext

SUPERGRAPH = compose([Subgraph("a", "http://a", "type Query { hello: Int }")]).supergraph_sdl


def limits(**more: Any) -> RateLimits:
    rule = RateLimitRule(name="requests", limit=3, window=60)
    presets = {"presets": {"mine": (rule,)}, "profiles": {"graphql": "mine"}}
    return RateLimits(**{"enabled": True, "development_factor": 7, **presets, **more})


async def limit_of(config: Config) -> int:
    """How many requests the caller of a graph with this configuration is told to have."""
    supergraph = Supergraph.load(
        SUPERGRAPH,
        transports={"a": RecordingTransport()},
        options=SupergraphOptions(rate_limiting=build_rate_limiting(config)),
    )
    result = await answer(GraphQLRequest("{ hello }"), RequestContext(), supergraph)
    return int(dict(result.headers)[b"x-ratelimit-limit"])


@pytest.mark.parametrize(("mode", "limit"), [("production", 3), ("development", 21)])
async def test_only_in_development_are_limits_multiplied(mode: Any, limit: int) -> None:
    assert await limit_of(Config(mode=mode, rate_limit=limits())) == limit


def test_disabled_limits_count_nothing() -> None:
    assert build_rate_limiting(Config(rate_limit=limits(enabled=False))) is None


@pytest.mark.parametrize(("workers", "warnings"), [(1, []), (2, ["rate_limits_are_per_worker"])])
def test_several_workers_without_redis_are_logged_as_a_warning(
    workers: int, warnings: list[str]
) -> None:
    with capture_logs() as logs:
        build_rate_limiting(Config(workers=workers, rate_limit=limits()))
    assert [entry["event"] for entry in logs] == warnings


async def test_the_number_of_callers_in_memory_is_limited_by_configuration() -> None:
    limiting = build_rate_limiting(Config(rate_limit=limits(keys=2, development_factor=1)))
    supergraph = Supergraph.load(
        SUPERGRAPH,
        transports={"a": RecordingTransport()},
        options=SupergraphOptions(rate_limiting=limiting),
    )

    async def left(number: int) -> int:
        context = RequestContext(client_address=f"192.0.2.{number}")
        result = await answer(GraphQLRequest("{ hello }"), context, supergraph)
        return int(dict(result.headers)[b"x-ratelimit-remaining"])

    assert [await left(number) for number in (1, 2, 2, 3)] == [2, 2, 1, 2]
    assert await left(1) == 2  # forgotten, as the two others came later
