"""What one operation may cost a single subgraph is limited apart."""

import pytest
from structlog.testing import capture_logs

from tests.support.recording import RecordingTransport
from trellis.router import pipeline
from trellis.router.answer import Answer
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Cost
from trellis.router.operation.request import GraphQLRequest
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.schema.request import RequestContext

HEAD = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
    'import: ["@key", "@shareable"]) '
)
SUPERGRAPH = compose(
    [
        Subgraph(
            "shop",
            "http://shop.test",
            HEAD + "type Query { items(first: Int): [Item!] } "
            'type Item @key(fields: "id") { id: ID! parts(first: Int): [Part!] } '
            "type Part { id: ID! @shareable }",
        ),
        Subgraph(
            "reviews",
            "http://reviews.test",
            HEAD + 'type Item @key(fields: "id") { id: ID! reviews(first: Int): [Review!] } '
            "type Review { text: String author: Author } type Author { name: String }",
        ),
    ]
).supergraph_sdl


async def ask(document: str, cost: Cost) -> Answer:
    transport = RecordingTransport({"data": {"items": []}})
    graph = Supergraph.load(
        SUPERGRAPH,
        transports={"shop": transport, "reviews": transport},
        options=SupergraphOptions(cost=cost),
    )
    variables = {"n": 5}
    answer = await pipeline.answer(GraphQLRequest(document, variables), RequestContext(), graph)
    assert bool(transport.requests) == answer.executed
    return answer


BOTH = (
    "query($n: Int) { items(first: 10) {"
    " parts(first: 3) { id } reviews(first: $n) { author { name } } } }"
)
SHOP = 10 * (1 + 3)
REVIEWS = 10 * 5 * (1 + 1)


@pytest.mark.parametrize(("name", "cost"), [("shop", SHOP), ("reviews", REVIEWS)])
async def test_the_part_of_a_subgraph_may_cost_as_much_as_its_limit(name: str, cost: int) -> None:
    assert (await ask(BOTH, Cost(subgraphs={name: cost}))).executed
    refused = await ask(BOTH, Cost(subgraphs={name: cost - 1}))
    [error] = refused.errors
    assert error["extensions"] == {
        "code": "COST_LIMIT",
        "cost": cost,
        "limit": cost - 1,
        "subgraph": name,
    }
    assert f"in the subgraph '{name}'" in error["message"]


async def test_the_limit_of_the_whole_is_told_first() -> None:
    [error] = (await ask(BOTH, Cost(most=SHOP + REVIEWS - 1, subgraphs={"shop": 1}))).errors
    assert error["extensions"]["cost"] == SHOP + REVIEWS
    assert "subgraph" not in error["extensions"]


async def test_what_only_measures_refuses_nothing_and_logs_it() -> None:
    with capture_logs() as logs:
        answer = await ask(BOTH, Cost(mode="measure", subgraphs={"shop": 1, "nobody": 1}))
    assert answer.executed
    assert [(one["event"], one["estimated"]) for one in logs] == [
        ("operation_cost", SHOP + REVIEWS)
    ]
