"""What is asked about the schema stands wherever the root type is met again in an answer."""

from typing import Any

import pytest

from tests.support.recording import RecordingTransport
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.operation.request import GraphQLRequest
from trellis.router.pipeline import answer
from trellis.router.supergraph import Supergraph
from trellis.schema.request import RequestContext

SDL = """
type Query { a: Int  again: Query  all: [Query] }
type Mutation { one: Payload  two: Payload }
type Payload { query: Query  n: Int }
"""
SUPERGRAPH = compose([Subgraph("a", "http://a.test", SDL)]).supergraph_sdl
ABOUT = '__type(name: "Payload") { name }'
TOLD = {"__type": {"name": "Payload"}}


@pytest.mark.parametrize(
    ("document", "data", "expected"),
    [
        (f"{{ a {ABOUT} }}", {"a": 1}, {"a": 1, **TOLD}),
        (
            f"{{ again {{ a {ABOUT} }} all {{ {ABOUT} a }} }}",
            {"again": {"a": 1}, "all": [{"a": 2}, None, {"a": 3}]},
            {"again": {"a": 1, **TOLD}, "all": [{**TOLD, "a": 2}, None, {**TOLD, "a": 3}]},
        ),
        (
            f"mutation {{ one {{ n query {{ a {ABOUT} }} }} two {{ query {{ {ABOUT} a }} n }} }}",
            {"one": {"n": 1, "query": {"a": 2}}, "two": {"n": 3, "query": {"a": 4}}},
            {
                "one": {"n": 1, "query": {"a": 2, **TOLD}},
                "two": {"query": {**TOLD, "a": 4}, "n": 3},
            },
        ),
        (
            f"{{ again {{ a }} all {{ again {{ a {ABOUT} }} }} }}",
            {"again": {"a": 1}, "all": [{"again": None}, {"again": {"a": 2}}]},
            {"again": {"a": 1}, "all": [{"again": None}, {"again": {"a": 2, **TOLD}}]},
        ),
    ],
)
async def test_each_object_that_is_asked_about_the_schema_tells_of_it(
    document: str, data: dict[str, Any], expected: dict[str, Any]
):
    graph = Supergraph.load(SUPERGRAPH, transports={"a": RecordingTransport({"data": data})})
    result = await answer(GraphQLRequest(document), RequestContext(), graph)
    assert result.to_dict() == {"data": expected}
