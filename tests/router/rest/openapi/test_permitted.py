"""In the permitted view a document tells of what its reader's rights open, and of nothing else."""

import json
from typing import Any
from uuid import UUID

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support.rest_routes import route
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.rest.openapi.permitted import permitted_route
from trellis.router.rest.openapi.served import MERGED, OpenApiDocuments
from trellis.router.supergraph import Supergraph, SupergraphOptions
from trellis.schema.identity import ANONYMOUS, Identity

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@authenticated", "@requiresScopes", "@policy"])

scalar Rank @requiresScopes(scopes: [["read:ranks"]])
interface Named { name: String! }
type Person implements Named { name: String! pet: Pet email: String @authenticated
  salary: Int @requiresScopes(scopes: [["read:salaries"]]) rank: Rank }
type Robot implements Named { name: String!
  serial: String @requiresScopes(scopes: [["read:serials"]]) }
type Pet @requiresScopes(scopes: [["read:pets"]]) { name: String! }
type Account @policy(policies: [["owner"]]) { balance: Int }
input Wish { name: String! rank: Rank }
type Query {
  person(id: ID!, above: Rank): Person
  people: [Person!]!
  named: Named
  account: Account
  pay: Int! @requiresScopes(scopes: [["read:salaries"]])
}
type Mutation { make(wish: Wish!): Person hire(name: String!): Person @authenticated }
"""
TEXTS = {
    "person": """query Person($id: ID!, $above: Rank) @rest(method: GET, path: "/api/people/{id}")
    { person(id: $id, above: $above) {
        name mail: email salary rank
        petName: pet @unwrap { name }
        pet @spread { nick: name } } }""",
    "people": """query People @rest(method: GET, path: "/api/people") {
      people { ...Known } } fragment Known on Person { name ... on Person { salary } }""",
    "named": """query Named @rest(method: GET, path: "/api/named") {
      named { name ... on Robot { serial } } }""",
    "pay": 'query Pay @rest(method: GET, path: "/api/pay") { pay }',
    "account": 'query Account @rest(method: GET, path: "/api/account") { account { balance } }',
    "make": """mutation Make($name: String!, $rank: Rank) @rest(method: POST, path: "/api/make") {
      make(wish: {name: $name, rank: $rank}) { name } }""",
    "whole": """mutation Whole($wish: Wish! @from(body: "*"))
    @rest(method: PUT, path: "/api/whole") { make(wish: $wish) { name } }""",
}


def graph(*, permitted: bool = True) -> Supergraph:
    composition = compose([Subgraph("people", "", SDL)])
    assert composition.is_ok, composition.errors
    options = SupergraphOptions(permitted_view=permitted)
    return Supergraph.load(composition.supergraph_sdl, options=options)


def documents(supergraph: Supergraph) -> OpenApiDocuments:
    routes = [route(supergraph, "todo", text) for text in TEXTS.values()]
    return OpenApiDocuments.of(supergraph, routes, default_profile="todo")


DOCUMENTS = documents(graph())
PLAIN = Identity(UUID(int=1), scopes=frozenset())
PAYROLL = Identity(UUID(int=2), scopes=frozenset({"read:salaries"}))
EVERYTHING = Identity(
    UUID(int=3),
    scopes=frozenset({"read:salaries", "read:ranks", "read:pets", "read:serials"}),
)
CALLERS = {"anonymous": ANONYMOUS, "plain": PLAIN, "payroll": PAYROLL, "all": EVERYTHING}


def answer(document: dict[str, Any], path: str, method: str = "get") -> dict[str, Any]:
    """The schema of success; objects that several answers share are put in their place."""
    operation = document["paths"][path][method]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


@pytest.mark.parametrize(
    ("caller", "members"),
    [
        ("anonymous", ["name"]),
        ("plain", ["name", "mail"]),
        ("payroll", ["name", "mail", "salary"]),
        ("all", ["name", "mail", "salary", "rank", "pet_name", "nick"]),
    ],
)
def test_members_that_a_caller_may_not_read_are_left_out(caller: str, members: list[str]):
    document = DOCUMENTS.document("todo", caller=CALLERS[caller])

    schema = answer(document, "/api/people/{id}")

    assert list(schema["properties"]) == members
    assert set(schema["required"]) == set(members)


def test_fragments_and_interfaces_are_followed():
    few = DOCUMENTS.document("todo", caller=PLAIN)
    all_of_it = DOCUMENTS.document("todo", caller=EVERYTHING)

    assert list(answer(few, "/api/people")["items"]["properties"]) == ["name"]
    assert list(answer(all_of_it, "/api/people")["items"]["properties"]) == ["name", "salary"]
    assert list(answer(few, "/api/named")["properties"]) == ["name"]
    assert list(answer(all_of_it, "/api/named")["properties"]) == ["name", "serial"]


@pytest.mark.parametrize(
    ("caller", "has_pay"),
    [("anonymous", False), ("plain", False), ("payroll", True), ("all", True)],
)
def test_routes_are_documented_for_callers_that_may_call_them(caller: str, has_pay: bool):
    paths = DOCUMENTS.document("todo", caller=CALLERS[caller])["paths"]

    assert ("/api/pay" in paths) is has_pay
    assert "/api/people/{id}" in paths
    assert "/api/account" not in paths  # nobody decides its policy here, so it holds for nobody


def test_parameters_and_members_of_bodies_are_those_that_a_caller_may_give():
    few = DOCUMENTS.document("todo", caller=PLAIN)
    all_of_it = DOCUMENTS.document("todo", caller=EVERYTHING)

    def names(document: dict[str, Any]) -> list[str]:
        given = document["paths"]["/api/people/{id}"]["get"]["parameters"]
        return [parameter["name"] for parameter in given if "name" in parameter]

    def body(document: dict[str, Any], path: str, method: str) -> list[str]:
        content = document["paths"][path][method]["requestBody"]["content"]["application/json"]
        schema = content["schema"]
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return list(schema["properties"])

    assert names(few) == ["id"]
    assert names(all_of_it) == ["id", "above"]
    for path, method in (("/api/make", "post"), ("/api/whole", "put")):
        assert body(few, path, method) == ["name"]
        assert body(all_of_it, path, method) == ["name", "rank"]


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("name", [MERGED, "todo"])
def test_every_view_of_a_document_is_valid(name: str, caller: str):
    document = DOCUMENTS.document(name, caller=CALLERS[caller])

    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_a_view_names_no_permission_that_its_reader_lacks():
    text = json.dumps(DOCUMENTS.document("todo", caller=PLAIN))

    assert not [right for right in EVERYTHING.scopes if right in text]
    assert "salar" not in text.lower()
    assert "rank" not in text.lower()
    assert "read:salaries" in json.dumps(DOCUMENTS.document("todo"))


def test_callers_with_the_same_rights_share_a_text():
    twin = Identity(UUID(int=9), scopes=PAYROLL.scopes)

    assert DOCUMENTS.text("todo", caller=twin) is DOCUMENTS.text("todo", caller=PAYROLL)
    assert DOCUMENTS.text("todo", caller=PLAIN) != DOCUMENTS.text("todo", caller=PAYROLL)


def test_without_the_permitted_view_everybody_reads_everything():
    open_to_all = documents(graph(permitted=False))

    assert open_to_all.document("todo") == DOCUMENTS.document("todo")


def test_a_route_without_permitted_members_is_omitted():
    supergraph = graph()
    text = """query Pet($id: ID!) @rest(method: GET, path: "/api/pet/{id}", root: "person.pet") {
      person(id: $id) { pet { name } } }"""
    pet = route(supergraph, "todo", text)

    view = supergraph.schema_for(PLAIN)

    assert permitted_route(pet, supergraph.schema, view) is None
    everything = supergraph.schema_for(EVERYTHING)
    assert permitted_route(pet, supergraph.schema, everything) is not None
