"""OpenAPI documents of a small graph in several dialects: valid, exact, and the same each time."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from tests.support.rest_routes import route, small_supergraph
from trellis.router.rest.openapi.document import (
    Document,
    GraphFacts,
    merged_document,
    profile_document,
)
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.route import RestRoute
from trellis.router.supergraph import Supergraph

GET_THING = """
# One thing.
# As painted last.
query GetThing($thing: ID!) @rest(method: GET, path: "/api/v1/things/{thing}") {
  thing(id: $thing) {
    id displayName mainColour madeAt secretNote
    maker @spread { makerId: id makerName: displayName }
    parts { id } owner: maker @unwrap { id }
  }
}
"""
LIST_THINGS = """
query ListThings($colour: Colour, $first: Int, $skip: Int)
  @rest(method: GET, path: "/api/v1/things", tags: ["lists"])
  @member(name: "weight", value: 0, until: "scales")
{
  things(first: $first, skip: $skip, colour: $colour) @page {
    totalCount pageInfo { hasNextPage } edges { node { id displayName } }
  }
}
"""
PAINT = """
mutation Paint($id: ID!, $mainColour: Colour, $note: String @rules(maxLength: 40),
    $layers: [LayerInput!])
  @rest(method: PUT, path: "/api/v1/things/{id}", root: "paint.thing", message: "painted"
    deprecated: {since: "2026-01-01", successor: "/api/v2/things"})
{
  paint(input: {thingId: $id, mainColour: $mainColour, note: $note, layers: $layers}) {
    thing { id displayName }
  }
}
"""
LOG_IN = """
mutation LogIn($name: String!, $password: String! @rules(minLength: 8))
  @rest(method: POST, path: "/api/v1/auth/login", status: 200)
{ login(name: $name, password: $password) { token } }
"""
MOTTO = 'query Motto @rest(method: GET, path: "/api/v1/motto") { motto }'
DOCUMENTS = (GET_THING, LIST_THINGS, PAINT, LOG_IN, MOTTO)

GRAPH = small_supergraph()
FACTS = GraphFacts(GRAPH.schema, GRAPH.rules)


def routes(profile: str, *texts: str, graph: Supergraph = GRAPH) -> list[RestRoute]:
    return [route(graph, profile, text, file=f"{n}.graphql") for n, text in enumerate(texts)]


def document(profile: str = "tracker", *texts: str) -> Document:
    return profile_document(PROFILES[profile], routes(profile, *(texts or DOCUMENTS)), FACTS)


def operation(text: str, profile: str = "tracker") -> dict[str, Any]:
    [item] = document(profile, text)["paths"].values()
    [found] = item.values()
    return found


def resolved(written: Document, value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        _, _, kind, name = value["$ref"].split("/")
        value = written["components"][kind][name]
    return value


def answer_schema(text: str, profile: str = "tracker") -> dict[str, Any]:
    written = document(profile, text)
    [item] = written["paths"].values()
    [found] = item.values()
    [success, *_] = [found["responses"][s] for s in found["responses"] if s.startswith("2")]
    return resolved(written, success["content"]["application/json"]["schema"])


@pytest.mark.parametrize("profile", ["pm", "tracker", "commerce", "todo", "learn", "union"])
def test_the_document_of_each_dialect_is_valid_openapi(profile: str):
    texts = DOCUMENTS if profile != "learn" else (GET_THING, LOG_IN, MOTTO)
    validate(document(profile, *texts))


def test_a_document_is_the_same_each_time():
    assert document() == document()


def test_every_example_fits_its_schema():
    written = document()
    count = 0
    for content in _contents(written):
        if "example" in content:
            # References begin at the top of whatever holds them.
            schema = {**content["schema"], "components": written["components"]}
            jsonschema.Draft202012Validator(schema).validate(content["example"])
            count += 1
    assert count > 15


def _contents(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "content":
                yield from inner.values()
            elif name != "example":
                yield from _contents(inner)


def test_responses_have_the_members_and_nullability_of_the_graph_in_the_spelling_of_the_dialect():
    data = answer_schema(GET_THING)["properties"]["data"]
    colours = ["light_blue", "dark_red", None]
    assert data["properties"] == {
        "id": {"type": "string"},
        "display_name": {"type": "string"},
        "main_colour": {
            "type": ["string", "null"],
            "enum": colours,
            "description": "the one that strikes first",
        },
        "made_at": {"type": "string", "format": "date-time"},
        "secret_note": {"type": ["string", "null"]},
        "maker_id": {"type": ["string", "null"]},
        "maker_name": {"type": ["string", "null"]},
        "parts": {
            "type": "array",
            "items": {
                "title": "Thing",
                "type": "object",
                "properties": {"id": {"type": "string"}},
                "required": ["id"],
            },
        },
        "owner": {"type": ["string", "null"]},
    }
    assert data["required"] == list(data["properties"])


def test_a_page_is_the_list_of_its_items_beside_the_pagination_of_the_dialect():
    members = answer_schema(LIST_THINGS)["properties"]
    assert members["data"]["items"]["properties"]["weight"] == {
        "type": "integer",
        "examples": [0],
        "description": "Always 0 as long as there are no scales.",
    }
    assert list(members["pagination"]["properties"]) == ["page", "per_page", "total", "total_pages"]

    neighbours = answer_schema(LIST_THINGS, "pm")["properties"]["pagination"]["properties"]
    assert neighbours["has_next"] == {"type": "boolean"}
    assert neighbours["next_page"] == {"type": ["integer", "null"]}


def test_parameters_are_those_of_the_variables_and_of_the_pagination():
    [colour, page, per_page, if_none_match] = operation(LIST_THINGS)["parameters"]
    assert colour == {
        "name": "colour",
        "in": "query",
        "schema": {"type": "string", "enum": ["light_blue", "dark_red"]},
    }
    assert page["schema"] == {"type": "integer", "minimum": 1, "maximum": 10001, "default": 1}
    assert per_page["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert if_none_match == {"$ref": "#/components/parameters/IfNoneMatch"}


IF_MATCH = {"$ref": "#/components/parameters/IfMatch"}


def test_what_has_a_get_at_its_path_is_changed_if_it_matches():
    [item] = document("tracker", GET_THING, PAINT)["paths"].values()
    painted = item["put"]
    assert IF_MATCH in painted["parameters"]
    assert "412" in painted["responses"]


@pytest.mark.parametrize(
    "texts",
    [(PAINT,), (LIST_THINGS, PAINT.replace("PUT", "POST").replace("/{id}", ""))],
    ids=["without a get", "beside the get of a list"],
)
def test_elsewhere_nothing_can_match(texts: tuple[str, ...]):
    for item in document("tracker", *texts)["paths"].values():
        for found in item.values():
            assert IF_MATCH not in found["parameters"]
            assert "412" not in found["responses"]


def test_a_body_has_the_variables_as_members_with_their_rules():
    written = document("tracker", PAINT)
    [item] = written["paths"].values()
    body = item["put"]["requestBody"]
    assert body["required"] is False  # no member is
    schema = body["content"]["application/json"]["schema"]
    layer = {"$ref": "#/components/schemas/LayerInput"}
    assert schema == {
        "type": "object",
        "properties": {
            # Absent it has its default, null would be in the place of a value that is never null.
            "main_colour": {"type": "string", "enum": ["light_blue", "dark_red"]},
            "note": {"type": ["string", "null"], "maxLength": 40},
            "layers": {"type": ["array", "null"], "items": layer},
        },
    }
    assert resolved(written, layer)["required"] == ["depth_in_mm"]


def test_security_is_read_off_the_permission_directives():
    assert operation(GET_THING)["security"] == [{"bearerAuth": []}]
    assert operation(LIST_THINGS)["security"] == [
        {"bearerAuth": ["admin:things"]},
        {"bearerAuth": ["read:things"]},
    ]
    assert operation(PAINT)["security"] == [{"bearerAuth": ["write:things"]}]
    assert operation(LOG_IN)["security"] == []
    assert operation(MOTTO)["security"] == []


def test_permissions_of_nullable_members_are_documented_but_not_required():
    told = operation(GET_THING)
    assert told["summary"] == "One thing."
    assert told["description"] == (
        "As painted last.\n\nMembers that need scopes read:secrets are null for other callers."
    )


def test_in_reject_mode_all_permissions_are_required():
    facts = GraphFacts(GRAPH.schema, GRAPH.rules, rejects=True)
    written = profile_document(PROFILES["tracker"], routes("tracker", GET_THING), facts)
    [item] = written["paths"].values()
    assert item["get"]["security"] == [{"bearerAuth": ["read:secrets"]}]


@pytest.mark.parametrize(
    ("text", "profile", "statuses"),
    [
        (MOTTO, "tracker", "200 304 400 401 404 406 414 429 431 500 503"),
        (GET_THING, "tracker", "200 304 400 401 403 404 406 414 422 429 431 500 503"),
        (GET_THING, "todo", "200 304 400 401 404 406 414 429 431 500 503"),
        (GET_THING, "learn", "200 304 400 401 403 404 406 414 422 429 431 500 502 503 504"),
        (PAINT, "tracker", "200 400 401 403 404 406 408 409 413 414 415 422 429 431 500 503"),
    ],
    ids=["motto", "thing", "thing-todo", "thing-learn", "paint"],
)
def test_a_route_documents_every_status_that_it_can_return(text: str, profile: str, statuses: str):
    assert list(operation(text, profile)["responses"]) == statuses.split()


def test_the_body_of_a_failure_names_the_codes_that_are_possible_there():
    written = document("tracker", PAINT)
    [item] = written["paths"].values()
    failure = resolved(written, item["put"]["responses"]["409"])
    schema = resolved(written, failure["content"]["application/json"]["schema"])
    assert schema["properties"]["error"]["properties"]["code"]["enum"] == [
        "RESOURCE_ALREADY_EXISTS",
        "PROJECT_MEMBER_ALREADY_EXISTS",
        "RESOURCE_CONFLICT",
        "ISSUE_CANNOT_BE_DELETED",
        "WORKFLOW_TRANSITION_INVALID",
    ]
    assert schema["properties"]["error"]["required"] == ["code", "message", "details"]


def test_a_deprecated_route_says_what_to_use_instead():
    told = operation(PAINT)
    assert told["deprecated"] is True
    assert told["description"] == "Use /api/v2/things instead."
    assert {"Deprecation", "Link"} <= set(told["responses"]["200"]["headers"])


def test_routes_whose_paths_differ_only_in_the_name_of_a_parameter_share_one_path():
    written = document("tracker", GET_THING, PAINT)
    [(path, item)] = written["paths"].items()
    names = {item[method]["parameters"][0]["name"] for method in ("get", "put")}
    assert path == "/api/v1/things/{id}"
    assert names == {"id"}


def test_objects_that_several_answers_show_are_one_component():
    written = document("tracker", PAINT, GET_THING)
    assert written["components"]["schemas"]["PaintAnswer"]["properties"]["data"]["title"] == "Thing"
    again = PAINT.replace("mutation Paint(", "mutation PaintAgain(").replace("PUT", "PATCH")
    written = document("tracker", PAINT, again)
    data = written["components"]["schemas"]["PaintAnswer"]["properties"]["data"]
    assert data == {"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]}


def test_the_merged_document_keeps_the_words_of_each_dialect_apart():
    chosen = [*routes("tracker", GET_THING), *routes("learn", LOG_IN)]
    written = merged_document(chosen, FACTS)
    validate(written)
    get, post = (
        written["paths"]["/api/v1/things/{thing}"]["get"],
        written["paths"]["/api/v1/auth/login"]["post"],
    )
    assert (get["operationId"], post["operationId"]) == ("trackerGetThing", "learnLogIn")
    assert get["responses"]["404"] == {"$ref": "#/components/responses/TrackerNotFound"}
    assert post["responses"]["404"] == {"$ref": "#/components/responses/LearnNotFound"}
    assert post["description"] == "Profile: learn."
