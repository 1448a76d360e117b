"""The directives of Trellis reach the supergraph and leave the API schema as it was."""

import strawberry
from graphql import build_schema, print_schema

from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.supergraph import Supergraph
from trellis.schema.directives import TRELLIS_SPEC, RateLimit, RateLimitStates
from trellis.schema.federation import TrellisSchema


@strawberry.type
class Query:
    letter: int = strawberry.field(
        directives=[
            RateLimit(limit=5, window=60, key="ip"),
            RateLimit(limit=20, window=3600, burst=3, profiles=["learn"], strict=True),
        ]
    )
    usage: int = strawberry.field(directives=[RateLimitStates()])


def test_limits_on_fields_are_composed_as_they_were_written() -> None:
    sdl = TrellisSchema(query=Query).as_str()

    composition = compose([Subgraph("a", "http://a", sdl)])

    assert composition.errors == ()
    supergraph = composition.supergraph_sdl
    assert f'"{TRELLIS_SPEC}", import: ["@rateLimit", "@rateLimitStates"]' in supergraph
    assert (
        'letter: Int! @rateLimit(limit: 5, window: 60, key: "ip") '
        '@rateLimit(limit: 20, window: 3600, burst: 3, profiles: ["learn"], strict: true)'
    ) in supergraph
    assert "usage: Int! @rateLimitStates" in supergraph
    public = build_schema("type Query { letter: Int! usage: Int! }")
    assert Supergraph.load(supergraph).api_sdl == print_schema(public)
