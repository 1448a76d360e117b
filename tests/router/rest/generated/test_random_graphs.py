"""Whatever the schema: each generated operation is valid, answers like the graph, and as its
document says."""

from typing import Any

import jsonschema
import pytest
from graphql import parse, validate

from tests.support.chance import Seeded
from tests.support.generated_rest import RestGraph, random_rest_graph, rest_graph, value_at
from trellis.router.rest.generated.routes import Generated
from trellis.router.rest.load import load_route
from trellis.router.rest.openapi.served import MERGED, OpenApiDocuments
from trellis.router.rest.profiles.plain import PLAIN

BATCH, BATCHES, LONG = 10, 2, 20
VALUES: dict[str, tuple[Any, str]] = {
    "id": ("7/ä", "7%2F%C3%A4"),
    "n": (5, "5"),
    "colors": (["a", "b c"], "a,b%20c"),
    "b": (False, "false"),
}


@pytest.mark.parametrize(
    "batch",
    [*range(BATCHES), *(pytest.param(n, marks=pytest.mark.long) for n in range(BATCHES, LONG))],
)
async def test_every_generated_route_answers_as_its_operation(batch: int):
    answered = 0
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        subgraphs = random_rest_graph(Seeded(seed))
        if subgraphs is None:
            continue
        graph = rest_graph(subgraphs)
        routes = [one.route for one in graph.generated]
        documents = OpenApiDocuments.of(graph.supergraph, routes, default_profile="plain")
        document = documents.document(MERGED)
        for one in graph.generated:
            assert validate(graph.supergraph.schema, parse(one.route.document)) == []
            shown = await check(graph, one, everything=answered % 2 == 0)
            schema_of(document, one).validate(shown)
            answered += 1
    assert answered > 10


def schema_of(document: dict[str, Any], one: Generated) -> jsonschema.Draft202012Validator:
    """What the document says of a route's answer."""
    answer = document["paths"][one.route.path]["get"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator({**schema, "components": document["components"]})


async def check(graph: RestGraph, one: Generated, *, everything: bool) -> Any:
    path, query = one.route.path, []
    variables = {}
    for parameter in one.route.parameters:
        value, text = VALUES[parameter.name]
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", text)
        elif everything:
            query.append(f"{parameter.name}={text}")
        else:
            continue
        variables[parameter.variable] = value
    response = await graph.client.get(f"{path}?{'&'.join(query)}")
    expected = value_at(graph.universe.monolith(one.route.document, variables), one.route.root)
    assert (response.status_code, response.json()) == (200, expected), one.text
    return expected


def test_the_same_schema_gives_the_same_text_and_a_file_of_it_the_same_route(tmp_path):
    compared = 0
    for seed in range(10):
        subgraphs = random_rest_graph(Seeded(seed))
        if subgraphs is None:
            continue
        first, second = rest_graph(subgraphs), rest_graph(list(subgraphs))
        assert [one.text for one in first.generated] == [one.text for one in second.generated]
        for one in first.generated:
            file = tmp_path / "a.graphql"
            read = load_route(one.text, first.supergraph, PLAIN, area=one.route.area, file=file)
            assert (read.document, read.shape) == (one.route.document, one.route.shape)
            assert [str(p) for p in read.parameters] == [str(p) for p in one.route.parameters]
            compared += 1
    assert compared > 10
