"""Generated routes in the application: answers, refusals, documents, and who goes before them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.router.test_app import config, running, token
from tests.support import books
from tests.support.generated_rest import HEAD, supergraph_of
from trellis.router.composition.compose import compose
from trellis.router.composition.contracts import contract
from trellis.router.composition.subgraph import Subgraph as Source
from trellis.router.config import Config, RateLimits, Rest, SubgraphSource
from trellis.router.errors import ConfigError
from trellis.router.loading.composed import compose_members
from trellis.router.loading.members import Member
from trellis.router.rest.generated.fields import rest_fields
from trellis.router.rest.generated.routes import generate
from trellis.router.rest.profiles.plain import PLAIN
from trellis.router.serving.application import build_app
from trellis.router.supergraph import Supergraph

BOTH = {name: SubgraphSource(module=f"tests.support.books:{name}") for name in ("books", "authors")}


def settings(folder: Path, **more: Any) -> Config:
    return config(folder, **{"subgraphs": BOTH, "rate_limit": RateLimits(enabled=False), **more})


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    async with running(build_app(settings(tmp_path_factory.mktemp("app")))) as client:
        yield client


async def test_a_resource_is_its_data(client: httpx.AsyncClient):
    response = await client.get("/books/7")
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert (response.status_code, response.json()) == (
        200,
        {
            "id": "7",
            "title": "Book 7",
            "genre": "CRIME",
            "author": {"id": "a1"},
            "price": None,
        },
    )
    known = {"if-none-match": response.headers["etag"]}
    assert (await client.get("/books/7", headers=known)).status_code == 304
    assert (await client.head("/books/7")).status_code == 200
    assert (await client.get("/authors/a1")).json() == {"id": "a1", "name": "Author a1"}


async def test_a_connection_is_paged(client: httpx.AsyncClient):
    first = (await client.get("/books?first=2")).json()
    assert [one["id"] for one in first["items"]] == ["0", "1"]
    cursor = first["pageInfo"]["endCursor"]
    assert first["pageInfo"] == {"hasNextPage": True, "endCursor": cursor}
    assert first["totalCount"] == 5
    last = (await client.get("/books", params={"first": 9, "after": cursor})).json()
    assert [one["id"] for one in last["items"]] == ["2", "3", "4"]
    assert last["pageInfo"]["hasNextPage"] is False


async def test_a_mutation_takes_its_input_as_the_body(client: httpx.AsyncClient):
    body = {"title": "New", "genre": "SCIENCE_FICTION", "tags": ["a", "b"]}
    caller = {"authorization": token(), "idempotency-key": "k1"}
    for replayed in (None, "true"):
        response = await client.post("/books", json=body, headers=caller)
        assert response.status_code == 201, response.text
        assert response.headers["location"] == "/books/new"
        assert response.json() == {
            "id": "new",
            "title": "New a,b",
            "genre": "SCIENCE_FICTION",
            "author": None,
        }
        assert response.headers.get("idempotency-replayed") == replayed
    assert (await client.delete("/books/7")).json() == "7"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("GET", "/books/none", None, 404, {"code": "NOT_FOUND", "title": "Not Found"}),
        ("GET", "/margin", None, 401, {"code": "UNAUTHENTICATED"}),
        ("POST", "/books", {"title": "x"}, 401, {"code": "UNAUTHENTICATED"}),
        ("DELETE", "/books/none", None, 404, {"detail": "There is no such book."}),
        ("PATCH", "/books/7", None, 405, {"code": "METHOD_NOT_ALLOWED"}),
        ("GET", "/books?first=0", None, 422, {"code": "BAD_USER_INPUT"}),
    ],
)
async def test_refusals_are_problems(
    client: httpx.AsyncClient, method: str, path: str, body: Any, status: int, told: dict
):
    response = await client.request(method, path, json=body)
    problem = response.json()
    assert (response.status_code, problem["status"]) == (status, status)
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["requestId"] == response.headers["x-request-id"]
    assert told.items() <= problem.items()


async def test_all_invalid_members_are_named(client: httpx.AsyncClient):
    body = {"genre": "NOVEL", "titel": "x"}
    response = await client.post("/books", json=body, headers={"authorization": token()})
    assert {(one["field"], one["code"]) for one in response.json()["errors"]} == {
        ("title", "REQUIRED_FIELD_MISSING"),
        ("genre", "INVALID_ENUM_VALUE"),
        ("titel", "UNKNOWN_FIELD"),
    }


async def test_a_403_names_the_missing_permission(client: httpx.AsyncClient):
    response = await client.get("/margin", headers={"authorization": token()})
    assert (response.status_code, response.json()["code"]) == (403, "FORBIDDEN")
    assert response.json()["details"]["required_permission"] == "read:prices"


async def test_the_document_describes_them(client: httpx.AsyncClient):
    document = (await client.get("/openapi.json")).json()
    assert set(document["paths"]) == {
        "/authors/{id}",
        "/books",
        "/books/{id}",
        "/limited",
        "/margin",
    }
    listed = document["paths"]["/books"]["get"]
    assert (listed["summary"], listed["tags"]) == ("All books, the oldest first.", ["Books"])
    names = [one.get("name") for one in listed["parameters"]]
    assert names == ["genre", "first", "after", None]
    assert document["paths"]["/books/{id}"]["get"]["tags"] == ["books"]
    refused = listed["responses"]["422"]["$ref"].rpartition("/")[2]
    content = document["components"]["responses"][refused]["content"]
    assert list(content) == ["application/problem+json"]


async def test_limits_of_fields_hold_for_their_routes(tmp_path: Path):
    limited = settings(tmp_path, rate_limit=RateLimits(development_factor=1))
    async with running(build_app(limited)) as client:
        assert (await client.get("/limited")).json() == 1
        refused = await client.get("/limited")
    assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMITED")
    assert int(refused.headers["retry-after"]) > 0


WRITTEN = """query Shaped($id: ID!) @rest(method: GET, path: "/books/{id}") {
  book(id: $id) { id author { name } }
}
"""


@pytest.mark.parametrize(
    ("folder", "shown"),
    [
        ("plain/books", {"id": "7", "author": {"name": "Author a1"}}),
        ("commerce/users", {"id": "7", "author": {"name": "Author a1"}}),
    ],
)
async def test_a_stored_operation_at_the_same_place_is_served_instead(
    tmp_path: Path, folder: str, shown: dict
):
    file = tmp_path / "operations" / "rest" / folder / "book.graphql"
    file.parent.mkdir(parents=True)
    file.write_text(WRITTEN, encoding="utf-8")
    async with running(build_app(settings(tmp_path))) as client:
        assert (await client.get("/books/7")).json() == shown
        assert (await client.get("/authors/a1")).status_code == 200


async def test_a_written_operation_of_the_same_name_elsewhere_changes_nothing(tmp_path: Path):
    file = tmp_path / "operations" / "rest" / "plain" / "books" / "book.graphql"
    file.parent.mkdir(parents=True)
    text = WRITTEN.replace("/books/{id}", "/novels/{id}").replace("Shaped", "Book")
    file.write_text(text, encoding="utf-8")
    async with running(build_app(settings(tmp_path))) as client:
        assert (await client.get("/books/7")).json()["title"] == "Book 7"
        assert (await client.get("/novels/7")).json() == {
            "id": "7",
            "author": {"name": "Author a1"},
        }


async def test_without_the_dialect_there_are_none(tmp_path: Path):
    rest = Rest(profiles=("tracker",))
    async with running(build_app(settings(tmp_path, rest=rest))) as client:
        assert (await client.get("/books/7")).status_code == 404


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wrong", "Query.wrong (tests/support/books.py:{line}): @rest: the path names {{key}}"),
        (
            "clashing",
            "Query.otherBook (tests/support/books.py:{line}): GET /books/{{isbn}} is in Query.book "
            "(tests/support/books.py:",
        ),
    ],
)
def test_errors_name_the_python_line(tmp_path: Path, name: str, message: str):
    source = SubgraphSource(module=f"tests.support.books:{name}")
    with pytest.raises(ConfigError) as refused:
        build_app(settings(tmp_path, subgraphs={**BOTH, name: source}))
    lines = Path(books.__file__).read_text(encoding="utf-8").splitlines()
    resolver = "def wrong" if name == "wrong" else "def other_book"
    line = 1 + next(n for n, text in enumerate(lines) if resolver in text)
    # A decorated function begins at its decorator.
    assert message.format(line=line - 1) in refused.value.message


def member(subgraph: Any) -> Member:
    return Member(subgraph.name, subgraph.schema.as_str(), local=subgraph)


def test_a_contract_keeps_the_routes_of_what_it_keeps():
    whole = compose_members([member(books.books), member(books.authors)])
    part = contract(whole.supergraph_sdl, exclude=["internal"])
    assert part.errors == ()
    supergraph = Supergraph.load(part.supergraph_sdl)
    assert [one.source.coordinate for one in rest_fields(supergraph)] == [
        "Mutation.addBook",
        "Mutation.removeBook",
        "Query.author",
        "Query.book",
        "Query.books",
    ]


def test_inaccessible_fields_are_neither_routes_nor_members():
    supergraph = supergraph_of(
        (
            "a",
            'type Query { a: A @rest(path: "/a") b: Int @rest(path: "/b") @inaccessible }'
            "type A { x: Int, y: Int @inaccessible }",
        )
    )
    [one] = generate(supergraph, [], PLAIN)
    assert "a { x }" in one.text


def test_a_remote_subgraph_may_rename_the_directive():
    sdl = HEAD.replace('["@rest"]', '[{name: "@rest", as: "@route"}]').replace("@rest", "@route")
    sdl = sdl.replace('{name: "@route"', '{name: "@rest"')
    sdl += "directive @route(path: String!) on FIELD_DEFINITION\n"
    sdl += 'type Query { a(id: ID!): Int @route(path: "/a/{id}") }'
    composition = compose([Source("remote", "http://remote", sdl)])
    assert composition.errors == ()
    [one] = generate(Supergraph.load(composition.supergraph_sdl), [], PLAIN)
    assert (one.route.id, one.route.area) == ("GET /a/{id}", "remote")
    assert str(one.route.source) == "Query.a"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('path: "/a", verb: "GET"', "there is no argument `verb`, only location, method, path"),
        ('method: "GET"', "it needs a path"),
        ("path: 7", "`path` must be a text"),
        ('path: "/a", status: "x"', "`status` must be a whole number"),
        ('path: "/a", tags: "x"', "`tags` must be a list of texts"),
    ],
)
def test_a_remote_directive_that_cannot_be_read_is_explained(given: str, message: str):
    definition = "path: Any, method: Any, status: Any, tags: Any, verb: Any"
    sdl = f"{HEAD} scalar Any directive @rest({definition}) on FIELD_DEFINITION"
    sdl += f" type Query {{ a: Int @rest({given}) }}"
    composition = compose([Source("remote", "http://remote", sdl)])
    assert composition.errors == ()
    with pytest.raises(ConfigError) as refused:
        generate(Supergraph.load(composition.supergraph_sdl), [], PLAIN)
    assert f"Query.a: @rest: {message}" in refused.value.message
