"""``@constraint`` of subgraphs: read from the supergraph, checked and documented by routes."""

from pathlib import Path

import pytest

from tests.router.rest.library import SNAKE
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.errors import ConfigError
from trellis.router.rest.constraints import read_constraints
from trellis.router.rest.load import load_route
from trellis.router.rest.openapi.document import GraphFacts, profile_document
from trellis.router.rest.profile import RequestInvalid
from trellis.router.rest.request_reader import RequestReader
from trellis.router.rest.route import RestRoute, Rules
from trellis.router.supergraph import Supergraph

SDL = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"])
  @link(url: "https://specs.trellis.dev/constraint/v0.1", import: ["@constraint"])
  @composeDirective(name: "@constraint")
directive @constraint(
  minLength: Int, maxLength: Int, pattern: String, format: String,
  min: Int, max: Int, notNull: Boolean, notBlank: Boolean
) repeatable on ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION
input BookInput {
  bookTitle: String! @constraint(minLength: 1, maxLength: 5)
  author: String @constraint(notBlank: true)
  tagNames: [String!] @constraint(maxLength: 3)
  isbn: String @constraint(pattern: "^[0-9-]+$")
  pages: Int @constraint(min: 1, max: 9)
  isLent: Boolean @constraint(notNull: true)
  inner: BookInput
}
input LendInput { name: String! = "Ada" }
type Query {
  books(named: String @constraint(maxLength: 4), ids: [ID!] @constraint(format: "UUID")): [String!]
}
type Mutation {
  addBook(input: BookInput!): String
  rename(id: ID! @constraint(format: "UUID"), bookTitle: String @constraint(maxLength: 8)): String
  lend(days: Int! = 7, to: LendInput): Int
}
"""
TITLE = Rules(min_length=1, max_length=5)


def supergraph(*sdls: str) -> Supergraph:
    composed = compose([Subgraph(f"s{n}", f"http://{n}", sdl) for n, sdl in enumerate(sdls)])
    assert composed.errors == ()
    return Supergraph.load(composed.supergraph_sdl)


def route(text: str, sdl: str = SDL) -> RestRoute:
    return load_route(text, supergraph(sdl), SNAKE, area="books", file=Path("book.graphql"))


def problems(text: str, body: object, path: dict[str, str] | None = None) -> list[tuple[str, str]]:
    with pytest.raises(RequestInvalid) as refusal:
        RequestReader(route(text)).read(path or {}, b"", (), body)
    return [(problem.field, problem.code) for problem in refusal.value.problems]


def rules(text: str) -> dict[str, Rules]:
    return {parameter.variable: parameter.rules for parameter in route(text).parameters}


def test_constraints_are_read_by_coordinate_and_no_client_sees_them() -> None:
    graph = supergraph(SDL)

    assert read_constraints(graph.sdl) == {
        "BookInput.bookTitle": TITLE,
        "BookInput.author": Rules(not_blank=True),
        "BookInput.tagNames": Rules(max_length=3),
        "BookInput.isbn": Rules(pattern="^[0-9-]+$"),
        "BookInput.pages": Rules(min=1, max=9),
        "BookInput.isLent": Rules(not_null=True),
        "Query.books(named:)": Rules(max_length=4),
        "Query.books(ids:)": Rules(format="UUID"),
        "Mutation.rename(id:)": Rules(format="UUID"),
        "Mutation.rename(bookTitle:)": Rules(max_length=8),
    }
    assert "constraint" not in graph.api_sdl


def test_a_directive_of_that_name_from_elsewhere_is_not_read() -> None:
    other = SDL.replace("https://specs.trellis.dev/constraint/", "https://example.com/constraint/")

    assert read_constraints(supergraph(other).sdl) == {}


def test_of_two_subgraphs_both_limits_hold() -> None:
    narrow = SDL.replace("minLength: 1, maxLength: 5", "maxLength: 4")
    query = "type Query {"
    second = narrow[: narrow.index(query)] + "type Query { other(input: BookInput): Int }"

    found = read_constraints(supergraph(SDL, second).sdl)

    assert found["BookInput.bookTitle"] == Rules(min_length=1, max_length=4)


ADD = """
mutation Add(
  $title: String!, $author: String, $tags: [String!], $isbn: String, $pages: Int, $isLent: Boolean
) @rest(method: POST, path: "/api/books") {
  addBook(input: {
    bookTitle: $title, author: $author, tagNames: $tags, isbn: $isbn, pages: $pages, isLent: $isLent
  })
}
"""


def test_a_variable_keeps_the_rules_of_the_member_that_takes_it() -> None:
    assert rules(ADD) == {
        "title": TITLE,
        "author": Rules(not_blank=True),
        "tags": Rules(max_length=3),
        "isbn": Rules(pattern="^[0-9-]+$"),
        "pages": Rules(min=1, max=9),
        "isLent": Rules(not_null=True),
    }
    body = {"title": "longer", "tags": ["ok", "long"], "isbn": "x", "pages": 0, "is_lent": None}
    assert problems(ADD, body) == [
        ("title", "VALUE_TOO_LONG"),
        ("tags.1", "VALUE_TOO_LONG"),
        ("isbn", "INVALID_FORMAT"),
        ("pages", "VALUE_OUT_OF_RANGE"),
        ("is_lent", "REQUIRED_FIELD_MISSING"),
    ]


def test_an_argument_and_the_items_of_a_written_list_count_too() -> None:
    text = """
    query Books($name: String, $id: ID!) @rest(method: GET, path: "/api/books") {
      books(named: $name, ids: [$id])
    }
    """

    assert rules(text) == {"name": Rules(max_length=4), "id": Rules(format="UUID")}


def test_a_variable_in_two_places_keeps_the_narrower_limit() -> None:
    text = """
    mutation Add($title: String!, $id: ID!) @rest(method: PUT, path: "/api/books/{id}", root: "") {
      addBook(input: { bookTitle: $title })
      rename(id: $id, bookTitle: $title)
    }
    """

    assert rules(text)["title"] == TITLE


def test_null_is_refused_where_only_a_default_makes_a_value_optional() -> None:
    text = """
    mutation Lend($days: Int, $name: String = "Bob", $month: Int!)
    @rest(method: POST, path: "/api/loans") {
      lend(days: $days, to: { name: $name })
      later: lend(days: $month)
    }
    """

    assert rules(text) == {
        "days": Rules(not_null=True),
        "name": Rules(not_null=True),
        "month": Rules(),
    }
    assert problems(text, {"days": None, "name": None, "month": 1}) == [
        ("days", "REQUIRED_FIELD_MISSING"),
        ("name", "REQUIRED_FIELD_MISSING"),
    ]


def test_a_path_parameter_has_none_because_what_breaks_it_is_not_found() -> None:
    text = """
    mutation Rename($id: ID!, $title: String) @rest(method: PUT, path: "/api/books/{id}") {
      rename(id: $id, bookTitle: $title)
    }
    """

    assert rules(text) == {"id": Rules(), "title": Rules(max_length=8)}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("maxLength: 9", Rules(min_length=1, max_length=9)),
        ("minLength: 2", Rules(min_length=2, max_length=5)),
        ("maxLength: null", Rules(min_length=1)),
        ("notNull: true", Rules(min_length=1, max_length=5, not_null=True)),
    ],
)
def test_a_rule_of_the_document_replaces_that_of_the_graph(written: str, expected: Rules) -> None:
    text = ADD.replace("$title: String!", f"$title: String! @rules({written})")

    assert rules(text)["title"] == expected


@pytest.mark.parametrize(
    ("variable", "written", "expected"),
    [
        ("$pages: Int", "max: 5", Rules(min=1, max=5)),
        ("$isLent: Boolean", "const: true", Rules(const=True, not_null=True)),
        ("$isLent: Boolean", "notNull: false", Rules()),
        ("$author: String", "notBlank: false", Rules()),
        ("$author: String", "maxLength: 3", Rules(max_length=3, not_blank=True)),
    ],
)
def test_of_numbers_and_nulls_the_document_replaces_one_rule(
    variable: str, written: str, expected: Rules
) -> None:
    text = ADD.replace(variable, f"{variable} @rules({written})")

    assert rules(text)[variable.partition(":")[0][1:]] == expected


WHOLE = """
mutation Add($book: BookInput! @from(body: "*")) @rest(method: POST, path: "/api/books") {
  addBook(input: $book)
}
"""


def test_members_of_an_input_object_are_checked_at_every_depth() -> None:
    inner = {"book_title": "Emma", "tag_names": ["long"], "pages": 10, "is_lent": None}

    assert problems(WHOLE, {"book_title": "", "inner": inner}) == [
        ("book_title", "VALUE_TOO_SHORT"),
        ("inner.tag_names.0", "VALUE_TOO_LONG"),
        ("inner.pages", "VALUE_OUT_OF_RANGE"),
        ("inner.is_lent", "REQUIRED_FIELD_MISSING"),
    ]


def test_the_documentation_has_them_for_variables_and_members() -> None:
    graph = supergraph(SDL)
    routes = [route(ADD), route(WHOLE.replace("Add(", "AddWhole(").replace("books", "more"))]

    document = profile_document(SNAKE, routes, GraphFacts(graph.schema, graph.rules))

    body = document["paths"]["/api/books"]["post"]["requestBody"]["content"]["application/json"]
    for schema in (body["schema"], document["components"]["schemas"]["BookInput"]):
        members = {name.removeprefix("book_"): m for name, m in schema["properties"].items()}
        assert members["title"] == {"type": "string", "minLength": 1, "maxLength": 5}
        assert members["isbn"] == {"type": ["string", "null"], "pattern": "^[0-9-]+$"}
        assert members["is_lent"] == {"type": "boolean"}
        assert (members["pages"]["minimum"], members["pages"]["maximum"]) == (1, 9)
        tags = members.get("tags") or members["tag_names"]
        assert tags["items"] == {"type": "string", "maxLength": 3}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"UUID"', '"ULID"', "the format ULID is not known, only DATE, DATE_TIME, EMAIL, "),
        ("^[0-9-]+$", "^[0-9-+$", "the pattern is no regular expression: "),
        ("maxLength: 5", 'maxLength: "5"', "`maxLength` cannot be used with this value"),
        ("maxLength: 5", "size: 5", "there is no argument `size`, only format, max, "),
    ],
)
def test_one_that_cannot_be_read_is_refused_with_its_place(
    old: str, new: str, message: str
) -> None:
    sdl = supergraph(SDL).sdl
    assert old in sdl

    with pytest.raises(ConfigError) as refusal:
        read_constraints(sdl.replace(old, new))

    assert f": @constraint: {message}" in str(refusal.value)
