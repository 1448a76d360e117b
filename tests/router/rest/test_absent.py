"""A missing resource is 404 also for those who may not read all of it."""

import pytest

from tests.router.rest.library import BARE, Library, book, client, door, route
from trellis.router.rest.absent import explain_null

TEXT = """query Book($id: ID!) @rest(method: GET, path: "/api/books/{id}") {
  book(id: $id) { id price title: bookTitle author { name: displayName } coAuthors { id }
    first: sequels @unwrap { nodes { id price } } }
}"""


async def test_a_missing_book_is_404_for_every_caller():
    web = client(door(Library({"book": None}), (BARE, TEXT)), "http://trellis.test/bare")
    for caller in ({}, {"authorization": "Bearer eve"}, {"authorization": "Bearer ada"}):
        assert (await web.get("/api/books/7", headers=caller)).status_code == 404
    there = client(door(Library({"book": book}), (BARE, TEXT)), "http://trellis.test/bare")
    response = await there.get("/api/books/7", headers={"authorization": "Bearer eve"})
    assert (response.status_code, response.json()["price"]) == (200, None)


async def test_a_book_with_only_denied_members_is_403_without_a_fetch():
    text = """query Prices($id: ID!) @rest(method: GET, path: "/api/books/{id}") {
      book(id: $id) { price first: sequels { nodes { price } } }
    }"""
    library = Library({"book": None})
    web = client(door(library, (BARE, text)), "http://trellis.test/bare")
    eve, ada = ({"authorization": f"Bearer {name}"} for name in ("eve", "ada"))
    assert (await web.get("/api/books/7", headers=eve)).status_code == 403
    assert library.calls == []
    assert (await web.get("/api/books/7", headers=ada)).status_code == 404


@pytest.mark.parametrize(
    ("path", "explains"),
    [
        (["book"], True),
        ([], True),
        (["other", "price"], True),
        (["book", "price"], False),
        (["book", "title"], True),
        (["book", "author", "name"], False),
        (["book", "coAuthors", 0, "id"], True),
        (["book", "coAuthors", "id"], True),
        (["book", "first", "nodes", "price"], False),
        (["book", "first", "nodes", 1, "id"], True),
        (["book", "hidden"], True),
    ],
)
def test_a_denied_field_explains_the_null_that_it_causes(path: list, explains: bool):
    read = route(TEXT, profile=BARE)
    assert explain_null([{"path": path}], read.root, read.shape) is explains
    assert explain_null([{"path": ["book", "price"]}, {"path": path}], read.root, read.shape) is (
        explains
    )
