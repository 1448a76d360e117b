"""``Supergraph.execute`` and ``.subscribe``: as a door answers, but for authorization."""

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, get_introspection_query, graphql_sync

from tests.support.planning import LINK
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.operation.limits import GENEROUS
from trellis.router.operation.request import ALL_KINDS, QUERIES_AND_MUTATIONS, GraphQLRequest
from trellis.router.pipeline import answer, stream
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.router.transports.function import FunctionTransport
from trellis.schema.identity import ANONYMOUS
from trellis.schema.request import RequestContext

SDL = """
    type Query {
        p: String old: Int @deprecated(reason: "o") me: Query mes: [Query] add(n: Int!): Int }
    type Mutation { change: Change }
    type Subscription { news: Change also: Int }
    type Change { query: Query x: Int }
    type U { a: Int }
    union Any_ = U
"""
THING = {"p": "x", "old": 1, "add": 2, "x": 3}
ROOT = {
    **THING,
    "me": {**THING, "me": THING},
    "mes": [THING, None, THING],
    "change": {"query": {**THING, "me": THING}, **THING},
}


async def _ask(query: str, variables: Mapping[str, Any]) -> Any:
    return {"data": _truth(build_schema(SDL), query, variables)}


async def _news(query: str, variables: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
    for number in (1, 2):
        yield {"data": {"news": {"x": number, "query": {"p": "y"}}}}


def _truth(schema: GraphQLSchema, document: str, variables: Mapping[str, Any]) -> Any:
    """What graphql-core answers."""
    given = dict(variables)
    return graphql_sync(schema, document, root_value=ROOT, variable_values=given).data


def _supergraph(sdl: str = LINK + SDL, **options: Any) -> Supergraph:
    composition = compose([Subgraph("a", "http://a", sdl)])
    assert composition.is_ok, composition.errors
    return Supergraph.load(
        composition.supergraph_sdl,
        transports={"a": FunctionTransport(_ask, _news)},
        options=SupergraphOptions(**{"limits": GENEROUS, **options}),
    )


SUPERGRAPH = _supergraph()


# -- what is asked about the schema ------------------------------------------------------------

MIXED = """
    query ($n: String!, $d: Boolean = true, $y: Boolean!) {
        p
        t: __type(name: $n) {
            ...T fields(includeDeprecated: $d) { name @include(if: $y) args { name } } }
        old
        u: __type(name: "Nope") { name }
        __schema @skip(if: $y) { queryType { name } }
        q: __typename
    }
    fragment T on __Type { kind n: name }
"""


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (get_introspection_query(), {}),
        (MIXED, {"n": "Query", "y": True}),
        (MIXED, {"n": "Any_", "y": False, "d": False}),
        ('query ($n: String! = "Any_") { __type(name: $n) { possibleTypes { name } } }', {}),
        ("{ ...F p } fragment F on Query { b: __schema { queryType { ...N } } old a: __schema {"
         " mutationType { ...N } } } fragment N on __Type { name }", {}),
        ('{ t: __type(name: "U") { name } old t: __type(name: "U") { kind } }', {}),
        # the root type of queries can be met again
        ('{ me { old t: __type(name: "U") { name } p me { __schema { queryType { name } } } } p }',
         {}),
        ('{ mes { p __type(name: "U") { name } } a: __type(name: "Any_") { name } }', {}),
        ('{ me { t: __type(name: "U") { name } } mes { t: __type(name: "Any_") { name } } }', {}),
        ('mutation { change { query { p t: __type(name: "U") { name } } x } }', {}),
    ],
)  # fmt: skip
async def test_questions_about_the_schema_are_answered_in_their_places(
    document: str, variables: dict[str, Any]
) -> None:
    truth = _truth(build_schema(SUPERGRAPH.api_sdl), document, variables)

    response = await SUPERGRAPH.execute(document, variables)

    assert truth is not None
    assert json.dumps(response) == json.dumps({"data": truth})
    request = GraphQLRequest(document, variables)
    by_a_door = await answer(request, RequestContext(ANONYMOUS), SUPERGRAPH)
    assert json.loads(by_a_door.to_bytes()) == response


async def test_questions_about_the_schema_are_answered_in_every_event() -> None:
    document = 'subscription { news { query { t: __type(name: "U") { name } p } x } }'

    events = [event async for event in SUPERGRAPH.subscribe(document)]

    place = {"t": {"name": "U"}, "p": "y"}
    assert events == [{"data": {"news": {"query": place, "x": number}}} for number in (1, 2)]


async def test_a_response_belongs_to_its_caller() -> None:
    document = "{ __schema { queryType { name } } }"
    first = await SUPERGRAPH.execute(document)
    first["data"]["__schema"]["queryType"]["name"] = "changed"

    assert await SUPERGRAPH.execute(document) == {
        "data": {"__schema": {"queryType": {"name": "Query"}}}
    }


async def test_the_schema_is_shown_whole_whatever_callers_by_a_door_may_see() -> None:
    link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
    sdl = f'{link} import: ["@requiresScopes"]) type Query {{ a: Int b: Int ' + (
        '@requiresScopes(scopes: [["s"]]) }'
    )
    supergraph = _supergraph(sdl, permitted_view=True)
    document = '{ __type(name: "Query") { fields { name } } }'

    response = await supergraph.execute(document)
    by_a_door = await answer(GraphQLRequest(document), RequestContext(ANONYMOUS), supergraph)

    assert response == {"data": {"__type": {"fields": [{"name": "a"}, {"name": "b"}]}}}
    assert by_a_door.to_dict() == {"data": {"__type": {"fields": [{"name": "a"}]}}}


# -- the same refusals -----------------------------------------------------------------------------

DEEP = "{ " + "me { " * 120 + "p" + " }" * 121
REFUSED = [
    ("{ a", {}, None, "GRAPHQL_PARSE_FAILED"),
    ("{ nope }", {}, None, "GRAPHQL_VALIDATION_FAILED"),
    ("{ me }", {}, None, "GRAPHQL_VALIDATION_FAILED"),
    ("{ add }", {}, None, "GRAPHQL_VALIDATION_FAILED"),
    ("query ($n: Int!) { add(n: $n) }", {}, None, "BAD_USER_INPUT"),
    ("query ($n: Int!) { add(n: $n) }", {"n": "two"}, None, "BAD_USER_INPUT"),
    ("query A { p } query B { old }", {}, None, "OPERATION_RESOLUTION_FAILURE"),
    ("query A { p } query B { old }", {}, "C", "OPERATION_RESOLUTION_FAILURE"),
    (DEEP, {}, None, "MAX_DEPTH_LIMIT"),
    ("{ " + "[" * 300 + " }", {}, None, "PARSER_LIMIT"),
    ("subscription { news { x } also }", {}, None, "GRAPHQL_VALIDATION_FAILED"),
    ("subscription { __typename }", {}, None, "GRAPHQL_VALIDATION_FAILED"),
    ("subscription { also @skip(if: true) }", {}, None, "GRAPHQL_VALIDATION_FAILED"),
]


@pytest.mark.parametrize(("document", "variables", "name", "code"), REFUSED)
async def test_what_a_door_refuses_is_refused_alike(
    document: str, variables: dict[str, Any], name: str | None, code: str
) -> None:
    request = GraphQLRequest(document, variables, name, kinds=ALL_KINDS)
    context = RequestContext(ANONYMOUS)
    by_a_door = [one.to_dict() async for one in stream(request, context, SUPERGRAPH)]

    assert [one async for one in SUPERGRAPH.subscribe(document, variables, name)] == by_a_door
    assert await SUPERGRAPH.execute(document, variables, name) == by_a_door[0]
    assert {error["extensions"]["code"] for error in by_a_door[0]["errors"]} == {code}
    assert "data" not in by_a_door[0]


async def test_a_subscription_is_not_executed() -> None:
    document = "subscription { news { x } }"
    request = GraphQLRequest(document, kinds=QUERIES_AND_MUTATIONS)
    by_a_door = await answer(request, RequestContext(ANONYMOUS), SUPERGRAPH)

    response = await SUPERGRAPH.execute(document)

    assert response == by_a_door.to_dict()
    assert [error["extensions"]["code"] for error in response["errors"]] == ["METHOD_NOT_ALLOWED"]


@pytest.mark.parametrize("document", ["{ p }", "mutation { change { x } }", "{ __typename }"])
async def test_a_stream_of_a_query_or_mutation_is_its_one_answer(document: str) -> None:
    request = GraphQLRequest(document, kinds=ALL_KINDS)
    events = stream(request, RequestContext(ANONYMOUS), SUPERGRAPH)
    by_a_door = [one.to_dict() async for one in events]

    assert [one async for one in SUPERGRAPH.subscribe(document)] == by_a_door
    assert by_a_door == [await SUPERGRAPH.execute(document)]


async def test_introspection_that_is_closed_is_closed_here_too() -> None:
    supergraph = _supergraph(introspection=False)

    response = await supergraph.execute("{ __schema { queryType { name } } }")

    codes = {error["extensions"]["code"] for error in response["errors"]}
    assert codes == {"INTROSPECTION_DISABLED"}


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"operation": ""}, "query"),
        ({"operation": 3}, "query"),
        ({"operation": "{ p }", "variables": ["n"]}, "variables"),
        ({"operation": "{ p }", "operation_name": 3}, "operationName"),
    ],
)
async def test_what_is_no_request_is_a_bad_request(members: dict[str, Any], word: str) -> None:
    response = await SUPERGRAPH.execute(**members)

    (error,) = response["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert f"'{word}'" in error["message"]


async def test_an_empty_operation_name_means_the_only_operation() -> None:
    assert await SUPERGRAPH.execute("query A { p }", None, "") == {"data": {"p": "x"}}


# -- where the library is more lenient -------------------------------------------------------------


async def test_what_can_be_planned_may_be_asked_without_limits_for_clients() -> None:
    supergraph = _supergraph(limits=SupergraphOptions().limits)
    document = "query ($unused: Int) { " + " ".join(f"p{n}: p" for n in range(300)) + " }"

    response = await supergraph.execute(document)
    by_a_door = await answer(GraphQLRequest(document), RequestContext(ANONYMOUS), supergraph)

    assert response == {"data": {f"p{n}": "x" for n in range(300)}}
    codes = {error["extensions"]["code"] for error in by_a_door.errors}
    assert codes == {"MAX_HEIGHT_LIMIT", "MAX_ALIASES_LIMIT", "MAX_ROOT_FIELDS_LIMIT"}


async def test_many_variables_are_counted_by_the_limits_of_the_library() -> None:
    supergraph = _supergraph(
        LINK + "type Query { p(n: [Int!]): String }", limits=SupergraphOptions().limits
    )
    document, variables = "query ($n: [Int!]) { p(n: $n) }", {"n": list(range(30_000))}

    async def ask(query: str, variables: Mapping[str, Any]) -> Any:
        return {"data": {"p": str(len(variables["n"]))}}

    response = await supergraph.execute(document, variables, transports={"a": ask})
    request = GraphQLRequest(document, variables)
    by_a_door = await answer(request, RequestContext(ANONYMOUS), supergraph)

    assert response == {"data": {"p": "30000"}}
    assert [error["extensions"]["code"] for error in by_a_door.errors] == [
        "MAX_VARIABLE_VALUES_LIMIT"
    ]


async def test_a_subgraph_that_nothing_reaches_is_named() -> None:
    response = await SUPERGRAPH.execute("{ p }", transports={})

    (error,) = response["errors"]
    assert error["message"] == "No transport for the subgraph 'a': pass transports={'a': ...}."
    assert error["extensions"]["code"] == "SUBGRAPH_UNAVAILABLE"
    assert response["data"] == {"p": None}
