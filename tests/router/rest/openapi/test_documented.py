"""What a dialect's own document says: title, servers, tags, components by its names."""

from typing import Any

from tests.support.rest_routes import route, small_supergraph
from trellis.router.rest.openapi.document import GraphFacts, profile_document
from trellis.router.rest.profiles import PROFILES

GRAPH = small_supergraph()
THINGS = """query Things($first: Int, $after: String) @rest(method: GET, path: "/api/v1/things") {
  things(first: $first, after: $after) @page {
    pageInfo { hasNextPage endCursor } edges { node { id displayName } }
  }
}"""


def document(profile: str) -> dict[str, Any]:
    facts = GraphFacts(GRAPH.schema, GRAPH.rules)
    text = THINGS if profile == "learn" else 'query M @rest(method: GET, path: "/m") { motto }'
    return profile_document(PROFILES[profile], [route(GRAPH, profile, text)], facts)


def test_the_metadata_of_learn_are_those_of_its_document():
    told = document("learn")

    assert (told["info"]["title"], told["info"]["version"]) == ("FIS Learn API", "1.0.0")
    assert told["info"]["contact"] == {
        "name": "API Support",
        "email": "api-support@fislearn.com",
        "url": "https://developers.fislearn.com",
    }
    assert [server["url"] for server in told["servers"]] == [
        "/learn",
        "https://api.fislearn.com",
        "https://api.staging.fislearn.com",
        "http://localhost:3000",
    ]
    tags = [tag["name"] for tag in told["tags"]]
    assert tags[:6] == ["Auth", "Users", "Courses", "Chat", "Executions", "Files"]


def test_a_bearer_token_is_needed_unless_an_operation_says_otherwise():
    for profile in ("learn", "pm"):
        told = document(profile)
        assert told["security"] == [{"bearerAuth": []}]
    assert told["paths"]["/m"]["get"]["security"] == []
    scheme = document("learn")["components"]["securitySchemes"]["bearerAuth"]
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")


def test_errors_and_pages_refer_to_the_documented_schemas():
    schemas = document("learn")["components"]["schemas"]

    assert schemas["Error"]["properties"]["error"]["required"] == ["code", "message"]
    assert schemas["NotFoundError"]["allOf"][0] == {"$ref": "#/components/schemas/Error"}
    [answer] = [schema for name, schema in schemas.items() if name.endswith("Answer")]
    page = answer["properties"]["meta"]["properties"]["pagination"]
    assert page["allOf"][0] == {"$ref": "#/components/schemas/Pagination"}
    assert set(schemas["Pagination"]["properties"]) == {"cursor", "nextCursor", "hasMore"}
    assert "Error" not in document("pm")["components"]["schemas"]
