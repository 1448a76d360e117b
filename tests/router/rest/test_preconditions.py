"""``If-Match``: a write holds only for what its client has read."""

from typing import Any

import httpx
import pytest
from graphql import OperationDefinitionNode, build_schema, parse, validate

from tests.router.rest.library import Library, book, client, door
from trellis.router.rest.preconditions import (
    with_version_read,
    with_version_required,
)
from trellis.router.rest.route import OperationNodes
from trellis.schema.errors import Unavailable

GET = """
query Get($bookId: ID!)
@rest(method: GET, path: "/api/books/{book_id}") { book(id: $bookId) { id title: bookTitle } }
"""
REMOVE = """
mutation Remove($id: ID!)
@rest(method: DELETE, path: "/api/books/{id}", status: 204) { removeBook(id: $id) }
"""
LEND = """
mutation Lend($id: ID!)
@rest(method: POST, path: "/api/books/{id}/loans", status: 204) { removeBook(id: $id) }
"""
ADA = {"authorization": "Bearer ada"}
AT = "/api/books/7"


@pytest.fixture
def library() -> Library:
    return Library({"book": book, "removeBook": lambda id: id})


@pytest.fixture
def web(library: Library) -> httpx.AsyncClient:
    return client(door(library, GET, REMOVE, LEND))


async def remove(web: httpx.AsyncClient, tag: str, path: str = AT) -> httpx.Response:
    return await web.delete(path, headers={**ADA, "if-match": tag})


async def test_a_write_goes_through_with_the_tag_of_what_is_there(
    web: httpx.AsyncClient, library: Library
):
    tag = (await web.get(AT, headers=ADA)).headers["etag"]
    for given in (tag, f'"other", {tag}', "*"):
        assert (await remove(web, given)).status_code == 204, given
    assert [name for name, _ in library.calls].count("removeBook") == 3


async def test_a_write_with_another_tag_changes_nothing(web: httpx.AsyncClient, library: Library):
    tag = (await web.get(AT, headers=ADA)).headers["etag"]
    library.roots["book"] = lambda id: book(id, bookTitle="Renamed")
    for given in (tag, '"other"', f"W/{tag}", "", "x"):
        response = await remove(web, given)
        assert response.status_code == 412, given
    library.roots["book"] = None
    assert (await remove(web, tag)).status_code == 412
    assert "removeBook" not in [name for name, _ in library.calls]


async def test_a_repeated_write_gets_its_response_although_the_tag_has_changed(
    web: httpx.AsyncClient, library: Library
):
    tag = (await web.get(AT, headers=ADA)).headers["etag"]
    headers = {**ADA, "if-match": tag, "idempotency-key": "one"}
    first = await web.delete(AT, headers=headers)
    library.roots["book"] = lambda id: book(id, bookTitle="Renamed")
    again = await web.delete(AT, headers=headers)

    assert (first.status_code, again.status_code) == (204, 204)
    assert again.headers["idempotency-replayed"] == "true"
    assert [name for name, _ in library.calls].count("removeBook") == 1


async def test_a_path_that_nobody_can_read_has_no_tag(web: httpx.AsyncClient, library: Library):
    headers = {**ADA, "if-match": '"x"'}
    assert (await web.post(f"{AT}/loans", headers=headers)).status_code == 412
    assert library.calls == []
    assert (await web.post(f"{AT}/loans", headers={**ADA, "if-match": "*"})).status_code == 204


async def test_where_nothing_can_be_compared_the_client_is_told_to_try_again(
    web: httpx.AsyncClient, library: Library
):
    tag = (await web.get(AT, headers=ADA)).headers["etag"]

    def away(id: str) -> None:
        raise Unavailable("The shelf is away.")

    library.roots["book"] = away
    response = await remove(web, tag)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert "removeBook" not in [name for name, _ in library.calls]


async def test_rights_come_before_preconditions(web: httpx.AsyncClient, library: Library):
    headers = {"authorization": "Bearer eve", "if-match": '"x"'}
    assert (await web.delete(AT, headers=headers)).status_code == 403
    assert library.calls == []


SCHEMA = build_schema("""
type Query { thing(id: ID!): Thing }
type Mutation {
  tell(id: ID!, version: String): Payload
  update(id: ID!, input: ThingInput!): Payload
  move(id: ID!, version: Int): Payload
  drop(id: ID!): ID
}
input ThingInput { name: String, version: Int }
type Payload { thing: Thing }
type Thing { id: ID!, name: String, version: Int! }
""")


class Stored:
    """As much of a route as is looked at."""

    def __init__(self, document: str, *root: str) -> None:
        self.document, self.root = document, root
        [operation] = parse(document).definitions
        assert isinstance(operation, OperationDefinitionNode)
        self.nodes = OperationNodes(operation, operation.operation.value, {})


def read(route: Any) -> str:
    return with_version_read(route, SCHEMA)


def required(document: str) -> str | None:
    route: Any = Stored(document)
    found = with_version_required(route, SCHEMA)
    assert found is None or validate(SCHEMA, parse(found)) == []
    return found


def test_the_version_is_read_beside_the_data():
    found = read(Stored("query Q($id: ID!) { thing(id: $id) { name } }", "thing"))
    assert "trellisVersion: version" in found
    assert validate(SCHEMA, parse(found)) == []


def test_the_version_is_required_where_the_graph_can():
    by_input = required(
        'mutation M($id: ID!) { update(id: $id, input: {name: "x"}) { __typename } }'
    )
    assert by_input is not None and "version: $trellisVersion" in by_input
    by_argument = required("mutation M($id: ID!) { move(id: $id) { __typename } }")
    assert by_argument is not None and "version: $trellisVersion" in by_argument
    assert required("mutation M($id: ID!) { drop(id: $id) }") is None
    assert required("mutation M($id: ID!) { tell(id: $id) { __typename } }") is None
    assert required(
        "mutation M($id: ID!, $v: Int) { move(id: $id, version: $v) { __typename } }"
    ) is (None)
