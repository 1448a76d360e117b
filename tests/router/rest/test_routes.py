"""REST routes from stored operations: variables in, enveloped and renamed data out."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from graphql import build_schema
from starlette.routing import Router

from router.answer import Answer
from router.config import Config, Limits
from router.errors import ConfigError
from router.operation.request import GraphQLRequest
from router.policy.credentials import Credentials
from router.rest.routes import rest_routes
from router.web.request_context import ContextMaker
from router.wiring import wrap
from schema.identity import ANONYMOUS, Identity
from schema.request import RequestContext
from schema.tokens import TokenExpired, TokenInvalid

SDL = """
scalar JSON
enum Colour { LIGHT_BLUE DARK_RED }
type Query { thing(id: ID!, perPage: Int, isOpen: Boolean, names: [String!]): Thing }
type Mutation { rename(id: ID!): Thing }
interface Named { displayName: String }
type Thing implements Named {
  id: ID!, displayName: String, mainColour: Colour, allColours: [Colour!]
  extraData: JSON, parentThing: Thing, subThings: [Thing!]
}
"""
GET_THING = """# GET /api/v1/things/{id}
query GetThing($id: ID!, $perPage: Int, $isOpen: Boolean, $names: [String!]) {
  thing(id: $id, perPage: $perPage, isOpen: $isOpen, names: $names) {
    id
    ...Naming
    mainColour
    allColours
    extraData
    parentThing { id }
    subThings { id ... on Thing { theName: displayName } }
  }
}
fragment Naming on Named { displayName }
"""
ADA = Identity(id=UUID(int=1), scopes=frozenset({"read:things"}))


class FixedGraph:
    """Answers whatever a test put there."""

    def __init__(self) -> None:
        self.next = Answer({"thing": None})
        self.requests: list[GraphQLRequest] = []
        self.contexts: list[RequestContext] = []

    async def answer(self, request: GraphQLRequest, context: RequestContext) -> Answer:
        self.requests.append(request)
        self.contexts.append(context)
        return self.next

    def stream(self, request: GraphQLRequest, context: RequestContext) -> Any:
        raise NotImplementedError

    def fails(self, code: str, **details: Any) -> None:
        error = {"message": "No.", "path": ["thing"], "extensions": {"code": code, **details}}
        self.next = Answer({"thing": None}, [error])


async def authenticate(credentials: Credentials) -> Identity:
    authorization = credentials.authorization
    if authorization == "Bearer old":
        raise TokenExpired
    if authorization == "Bearer bad":
        raise TokenInvalid
    return ADA if authorization else ANONYMOUS


@pytest.fixture
def graph() -> FixedGraph:
    return FixedGraph()


def routes(folder: Path, graph: FixedGraph) -> list[Any]:
    make_context = ContextMaker((), 30)
    schema = build_schema(SDL)
    return list(rest_routes(folder, graph, schema, make_context, authenticate, Limits()))


def stored(folder: Path, text: str, profile: str = "tracker") -> Path:
    (folder / profile).mkdir(exist_ok=True)
    (folder / profile / "get_thing.graphql").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
async def client(tmp_path: Path, graph: FixedGraph) -> AsyncIterator[httpx.AsyncClient]:
    app = wrap(Router(routes(stored(tmp_path, GET_THING), graph)), Config())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://trellis.test/tracker/api/v1",
        headers={"x-request-id": "r1"},
    ) as client:
        yield client


async def test_data_is_enveloped_and_spelt_as_the_profile_does(
    client: httpx.AsyncClient, graph: FixedGraph
):
    graph.next = Answer(
        {
            "thing": {
                "id": "7",
                "displayName": "Seven",
                "mainColour": "LIGHT_BLUE",
                "allColours": ["DARK_RED"],
                "extraData": {"storyPoints": 3},
                "parentThing": None,
                "subThings": [{"id": "8", "theName": "Eight"}],
            }
        }
    )
    response = await client.get("/things/7")
    body = response.json()
    assert response.status_code == 200
    assert body["success"] is True
    assert body["data"] == {
        "id": "7",
        "display_name": "Seven",
        "main_colour": "light_blue",
        "all_colours": ["dark_red"],
        "extra_data": {"storyPoints": 3},
        "parent_thing": None,
        "sub_things": [{"id": "8", "the_name": "Eight"}],
    }
    assert body["meta"].keys() == {"timestamp", "version", "request_id"}
    assert (body["meta"]["version"], body["meta"]["request_id"]) == ("v1", "r1")
    assert body["meta"]["timestamp"].endswith("Z")


async def test_parameters_fill_the_variables(client: httpx.AsyncClient, graph: FixedGraph):
    params = {"per_page": "5", "is_open": "true", "names": "a,b", "unknown": "1", "id": "other"}
    await client.get("/things/7", params=params)
    (request,) = graph.requests
    assert request.variables == {"id": "7", "perPage": 5, "isOpen": True, "names": ["a", "b"]}


async def test_a_parameter_of_the_wrong_type_is_422_and_named(
    client: httpx.AsyncClient, graph: FixedGraph
):
    response = await client.get("/things/7", params={"per_page": "many"})
    assert response.status_code == 422
    assert response.json()["error"] == {
        "code": "VALIDATION_ERROR",
        "message": "Request validation failed",
        "details": [
            {
                "field": "per_page",
                "code": "INVALID_FORMAT",
                "message": "'per_page' must be a value of type Int.",
            }
        ],
    }
    assert graph.requests == []


async def test_nothing_there_is_404_in_the_envelope(client: httpx.AsyncClient):
    response = await client.get("/things/7")
    body = response.json()
    assert response.status_code == 404
    assert (body["success"], body["error"]["code"]) == (False, "RESOURCE_NOT_FOUND")
    assert body["meta"]["request_id"] == response.headers["x-request-id"] == "r1"


@pytest.mark.parametrize(
    ("code", "status", "own_code"),
    [
        ("NOT_FOUND", 404, "RESOURCE_NOT_FOUND"),
        ("FORBIDDEN", 403, "INSUFFICIENT_PERMISSIONS"),
        ("UNAUTHORIZED_FIELD_OR_TYPE", 403, "INSUFFICIENT_PERMISSIONS"),
        ("UNAUTHENTICATED", 401, "TOKEN_INVALID"),
        ("BAD_USER_INPUT", 422, "VALIDATION_ERROR"),
        ("CONFLICT", 409, "RESOURCE_CONFLICT"),
        ("SUBGRAPH_TIMEOUT", 503, "SERVICE_UNAVAILABLE"),
        ("SOMETHING_NEW", 500, "INTERNAL_SERVER_ERROR"),
    ],
)
async def test_errors_have_the_profiles_status_and_code(
    client: httpx.AsyncClient, graph: FixedGraph, code: str, status: int, own_code: str
):
    graph.fails(code)
    response = await client.get("/things/7", headers={"authorization": "Bearer ada"})
    assert (response.status_code, response.json()["error"]["code"]) == (status, own_code)


async def test_missing_rights_tell_which_ones_the_caller_has(
    client: httpx.AsyncClient, graph: FixedGraph
):
    graph.fails("UNAUTHORIZED_FIELD_OR_TYPE")
    response = await client.get("/things/7", headers={"authorization": "Bearer ada"})
    assert response.json()["error"]["details"] == {"user_permissions": ["read:things"]}


async def test_without_a_token_missing_rights_are_401(client: httpx.AsyncClient, graph: FixedGraph):
    graph.fails("UNAUTHORIZED_FIELD_OR_TYPE")
    response = await client.get("/things/7")
    assert (response.status_code, response.json()["error"]["code"]) == (401, "TOKEN_INVALID")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_token_that_is_no_good_is_401_before_anything_runs(
    client: httpx.AsyncClient, graph: FixedGraph
):
    for token, code in [("old", "TOKEN_EXPIRED"), ("bad", "TOKEN_INVALID")]:
        response = await client.get("/things/7", headers={"authorization": f"Bearer {token}"})
        assert (response.status_code, response.json()["error"]["code"]) == (401, code)
    assert graph.requests == []


async def test_our_own_fault_is_500_and_leaks_nothing(client: httpx.AsyncClient, graph: FixedGraph):
    graph.next = Answer({"something else": "swordfish"})
    response = await client.get("/things/7")
    assert (response.status_code, response.json()["error"]["code"]) == (
        500,
        "INTERNAL_SERVER_ERROR",
    )
    assert "swordfish" not in response.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("query { thing(id: 1) { id } }", "the first line must be like"),
        ("# FETCH /x\nquery { thing(id: 1) { id } }", "the first line must be like"),
        ("# GET /x\nquery { thing(id: 1) { id }", "Syntax Error"),
        (
            "# GET /x\nquery A { thing(id: 1) { id } } query B { __typename }",
            "exactly one operation",
        ),
        ("# GET /x\nquery { a: thing(id: 1) { id } b: thing(id: 2) { id } }", "exactly one root"),
    ],
)
def test_a_document_that_is_no_route_stops_the_start(
    tmp_path: Path, graph: FixedGraph, text: str, message: str
):
    with pytest.raises(ConfigError, match=message):
        routes(stored(tmp_path, text), graph)


def test_an_unknown_profile_stops_the_start(tmp_path: Path, graph: FixedGraph):
    with pytest.raises(ConfigError, match="no profile of this name"):
        routes(stored(tmp_path, GET_THING, profile="martian"), graph)


def test_a_route_whose_subgraph_is_not_here_is_left_out(tmp_path: Path, graph: FixedGraph):
    text = "# GET /x\nquery { thing(id: 1) { id price } }"
    assert routes(stored(tmp_path, text), graph) == []
