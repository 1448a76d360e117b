"""Invalid mutations are executed as dry runs without their invalid members."""

from typing import Any

import httpx
import pytest

from tests.router.rest.library import Library, Refused, book, client, door
from trellis.schema.errors import BadUserInput, FieldProblem

ADD = """
mutation Add($title: String! @rules(minLength: 3), $genre: Genre, $shelf: String!)
@rest(method: POST, path: "/api/books", status: 201, root: "addBook.book") {
  addBook(input: { bookTitle: $title, genre: $genre, place: { shelfName: $shelf } }) {
    book { id }
  }
}
"""
ADA = {"authorization": "Bearer ada"}
FAULTY = {"title": "", "shelf": "top"}


def of_shelf(**_input: Any) -> Any:
    fields = [FieldProblem("input.place.shelfName", "INVALID_FORMAT", "shelfName is not known.")]
    return BadUserInput("No.", fields)


@pytest.fixture
def library() -> Library:
    return Library({"addBook": lambda input: {"book": book("77")}})


@pytest.fixture
def web(library: Library) -> httpx.AsyncClient:
    return client(door(library, ADD, supports_dry_run=True))


def fields(response: httpx.Response) -> list[str]:
    assert response.status_code == 422, response.text
    return [problem[0] for problem in response.json()["problems"]]


async def add(web: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await web.post("/api/books", json=body, headers=ADA)


async def test_faults_of_the_graph_are_told_beside_those_of_the_route(
    web: httpx.AsyncClient, library: Library
):
    library.roots["addBook"] = of_shelf
    assert fields(await add(web, **FAULTY)) == ["title", "shelf"]
    [(_, first), *_] = library.calls
    assert first["input"]["bookTitle"] == "xxx"
    assert first["input"]["place"] == {"shelfName": "top"}
    # What the first one found is left out of the second.
    assert library.calls[1][1]["input"]["place"] == {"shelfName": "x"}
    assert [context.is_dry_run for context in library.contexts] == [True, True]


async def test_a_request_without_faults_is_no_dry_run(web: httpx.AsyncClient, library: Library):
    assert (await add(web, title="Title", shelf="top")).status_code == 201
    assert [context.is_dry_run for context in library.contexts] == [False]


@pytest.mark.parametrize("code", ["FORBIDDEN", "NOT_FOUND", "ENTITLEMENT_REQUIRED"])
async def test_who_has_no_right_is_told_that_and_not_the_faults(
    web: httpx.AsyncClient, library: Library, code: str
):
    library.roots["addBook"] = Refused(code)
    response = await add(web, **FAULTY)
    assert response.status_code in (403, 404)
    assert "title" not in response.text


@pytest.mark.parametrize("code", ["CONFLICT", "DRY_RUN", "INTERNAL", "SUBGRAPH_UNAVAILABLE"])
async def test_other_outcomes_change_nothing_about_the_faults(
    web: httpx.AsyncClient, library: Library, code: str
):
    library.roots["addBook"] = Refused(code)
    assert fields(await add(web, **FAULTY)) == ["title"]


async def test_faults_that_may_hang_on_the_faulty_ones_are_not_told(
    web: httpx.AsyncClient, library: Library
):
    """Of a word of a list, another could follow."""
    library.roots["addBook"] = of_shelf
    assert fields(await add(web, title="Title", shelf="top", genre="none")) == ["genre"]
    assert library.calls[0][1]["input"]["genre"] == "CRIME"  # what it is if it is absent


async def test_faults_of_what_was_not_sent_are_not_told(web: httpx.AsyncClient, library: Library):
    library.roots["addBook"] = of_shelf
    assert fields(await add(web, title="Title")) == ["shelf"]


async def test_there_is_no_dry_run_without_a_caller_or_where_subgraphs_cannot(library: Library):
    unable = client(door(library, ADD))
    assert fields(await add(unable, **FAULTY)) == ["title"]
    web = client(door(library, ADD, supports_dry_run=True))
    assert (await web.post("/api/books", json=FAULTY)).status_code == 401
    assert library.calls == []
