"""One REST route over HTTP: variables in, shaped data out, and the semantics of HTTP between."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.router.rest.library import (
    BARE,
    Library,
    Refused,
    book,
    client,
    connection,
    door,
)
from tests.support.memory_answers import MemoryAnswers
from trellis.router.config import Limits
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.profiles.pm import PM
from trellis.schema.errors import Unavailable

GET_BOOK = """
query GetBook($bookId: ID!) @rest(method: GET, path: "/api/books/{book_id}") {
  book(id: $bookId) {
    id bookTitle genre shelf @spell(values: [{ from: "top shelf", to: "top" }])
    author @spread { authorName: displayName }
    publisher { displayName ... on Company { seat } }
    names: coAuthors @unwrap { displayName }
    genres extraData tagNames @hidden
  }
}
"""
LIST_BOOKS = """
query ListBooks($first: Int, $skip: Int, $genre: Genre, $names: [String!], $isOld: Boolean)
@rest(method: GET, path: "/api/books") @member(name: "loans", value: 0, until: "lending") {
  books(first: $first, skip: $skip, genre: $genre, names: $names, isOld: $isOld) @page {
    edges { node { id } } totalCount
  }
}
"""
ADD_BOOK = """
mutation AddBook($title: String!, $genre: Genre, $place: Place)
@rest(
  method: POST, path: "/api/books", status: 201, root: "addBook.book", message: "Made."
  location: "/api/books/{id}"
) {
  addBook(input: { bookTitle: $title, genre: $genre, place: $place }) { book { id price } }
}
"""
REMOVE_BOOK = """
mutation RemoveBook($bookId: ID!)
@rest(method: DELETE, path: "/api/books/{book_id}", status: 204) { removeBook(id: $bookId) }
"""
GET_PRICE = """
query GetPrice($bookId: ID!) @rest(method: GET, path: "/api/prices/{book_id}") {
  book(id: $bookId) { id price }
}
"""
REFRESH = """
mutation Refresh($token: String! @from(bearer: true))
@rest(method: POST, path: "/api/refresh") { refresh(token: $token) { accessToken } }
"""
GET_ME = 'query GetMe @rest(method: GET, path: "/api/me") { me { id displayName } }'
ROUTES = (GET_BOOK, LIST_BOOKS, ADD_BOOK, REMOVE_BOOK, GET_PRICE, REFRESH, GET_ME)
ADA = {"authorization": "Bearer ada"}


@pytest.fixture
def library() -> Library:
    return Library({"book": book, "addBook": lambda input: {"book": book("77")}})


@pytest.fixture
def web(library: Library) -> httpx.AsyncClient:
    return client(door(library, *ROUTES))


# -- data --------------------------------------------------------------------------------


async def test_data_is_shaped_and_spelt_as_the_operation_and_the_profile_say(
    web: httpx.AsyncClient,
):
    response = await web.get("/api/books/7")
    assert response.status_code == 200
    assert response.json() == {
        "data": {
            "id": "7",
            "book_title": "Book 7",
            "genre": "science_fiction",
            "shelf": "top",
            "author_name": "Ada",
            "publisher": {"display_name": "Press", "seat": "Graz"},
            "names": ["Bob"],
            "genres": ["crime"],
            "extra_data": {"storyPoints": 3},
        },
        "id": "r1",
    }
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["x-dialect"] == "snake"


async def test_nulls_are_shown_in_their_places(web: httpx.AsyncClient, library: Library):
    empty = {"author": None, "publisher": None, "genres": None, "extraData": None}
    library.roots["book"] = book("7", coAuthors=[], shelf="floor", **empty)
    data = (await web.get("/api/books/7")).json()["data"]
    assert data == {
        "id": "7",
        "book_title": "Book 7",
        "genre": "science_fiction",
        "shelf": "floor",
        "author_name": None,
        "publisher": None,
        "names": [],
        "genres": None,
        "extra_data": None,
    }


async def test_a_page_has_bare_items_constants_and_the_profiles_pagination(
    web: httpx.AsyncClient, library: Library
):
    library.roots["books"] = connection([book("1"), book("2")], total=9)
    response = await web.get("/api/books", params={"page": "2"})
    assert response.json() == {
        "data": [{"id": "1", "loans": 0}, {"id": "2", "loans": 0}],
        "id": "r1",
        "pagination": {"page": 2, "total": 9, "count": 2},
    }
    assert library.calls == [("books", {"first": 2, "skip": 2})]


async def test_a_link_leads_to_the_next_page_with_the_other_parameters(
    web: httpx.AsyncClient, library: Library
):
    library.roots["books"] = connection([book("1"), book("2")], total=3)
    response = await web.get("/api/books?genre=crime&page=1&names=a%20b")
    assert response.status_code == 200, response.text
    target = "/api/books?genre=crime&names=a+b&page=2"
    assert response.headers["link"] == f'</snake{target}>; rel="next"'
    last = await web.get(f"{target}&is_old=true")
    assert "link" not in last.headers


async def test_who_lacks_a_scope_is_told_so_and_not_what_is_wrong_with_the_request(
    web: httpx.AsyncClient, library: Library
):
    for body in (b"{", b"[]", b"{}", b'{"title": 5}'):
        headers = {"authorization": "Bearer eve", "content-type": "application/json"}
        response = await web.post("/api/books", content=body, headers=headers)
        assert response.status_code == 403
        assert response.json()["details"]["required_permission"] == "write:books"
    assert library.calls == []


async def test_parameters_of_the_query_string_fill_the_variables(
    web: httpx.AsyncClient, library: Library
):
    library.roots["books"] = connection([])
    params: Any = [("genre", "crime"), ("names", "a,b"), ("is_old", "true")]
    assert (await web.get("/api/books", params=params)).status_code == 200
    expected = {"first": 2, "skip": 0, "genre": "CRIME", "names": ["a", "b"], "isOld": True}
    assert library.calls == [("books", expected)]


async def test_a_created_object_has_a_location_and_a_message(
    web: httpx.AsyncClient, library: Library
):
    sent = {"title": "T", "genre": "crime", "place": {"shelf_name": "s", "row_number": 3}}
    response = await web.post("/api/books", json=sent, headers=ADA)
    assert response.status_code == 201
    assert response.headers["location"] == "/snake/api/books/77"
    assert response.json() == {"data": {"id": "77", "price": 9.5}, "message": "Made.", "id": "r1"}
    assert library.calls == [
        (
            "addBook",
            {
                "input": {
                    "bookTitle": "T",
                    "genre": "CRIME",
                    "place": {"shelfName": "s", "rowNumber": 3},
                }
            },
        )
    ]


async def test_the_location_at_the_root_has_no_prefix(library: Library):
    web = client(door(library, ADD_BOOK), "http://trellis.test")
    response = await web.post("/api/books", json={"title": "T"}, headers=ADA)
    assert response.headers["location"] == "/api/books/77"


async def test_members_that_are_absent_stay_absent(web: httpx.AsyncClient, library: Library):
    await web.post("/api/books", json={"title": "T"}, headers=ADA)
    await web.post("/api/books", json={"title": "T", "place": None}, headers=ADA)
    assert [call[1]["input"] for call in library.calls] == [
        {"bookTitle": "T", "genre": "CRIME"},  # the default of the graph
        {"bookTitle": "T", "genre": "CRIME", "place": None},
    ]


async def test_status_204_has_no_body(web: httpx.AsyncClient, library: Library):
    library.roots["removeBook"] = "7"
    response = await web.delete("/api/books/7", headers=ADA)
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers


async def test_the_context_names_profile_and_route(web: httpx.AsyncClient, library: Library):
    await web.get("/api/books/7")
    (context,) = library.contexts
    assert (context.profile, context.route) == ("snake", "GET /api/books/{book_id}")
    assert context.request_id == "r1"


async def test_a_token_for_a_variable_does_not_authenticate(
    web: httpx.AsyncClient, library: Library
):
    library.roots["refresh"] = lambda token: {"accessToken": f"new for {token}"}
    response = await web.post("/api/refresh", headers={"authorization": "Bearer r3fresh"})
    assert response.json()["data"] == {"access_token": "new for r3fresh"}
    (context,) = library.contexts
    assert not context.identity.is_authenticated
    assert "authorization" not in context.headers
    assert (await web.post("/api/refresh")).status_code == 401


async def test_an_anonymous_route_looks_at_no_credentials(library: Library):
    """Requirement S4-AUTH-01: only protected routes verify tokens."""
    library.roots["refresh"] = lambda token: {"accessToken": token}
    text = """mutation SignIn($token: String!)
    @rest(method: POST, path: "/api/sign-in", anonymous: true) {
      refresh(token: $token) { accessToken }
    }"""
    web = client(door(library, text))
    for sent in ({"authorization": "Bearer expired"}, {"x-api-key": "trk_no"}, ADA, {}):
        response = await web.post("/api/sign-in", json={"token": "t"}, headers=sent)
        assert response.status_code == 200
    assert not any(context.identity.is_authenticated for context in library.contexts)
    assert not any(context.headers for context in library.contexts)


# -- failures ----------------------------------------------------------------------------


async def test_every_problem_of_a_request_is_told_in_the_clients_words(
    web: httpx.AsyncClient, library: Library
):
    sent = {"title": 3, "genre": "CRIME", "place": {"row_number": "x"}}
    response = await web.post("/api/books", json=sent, headers=ADA)
    assert response.status_code == 422
    assert response.json()["problems"] == [
        ["title", "INVALID_FORMAT"],
        ["genre", "INVALID_ENUM_VALUE"],
        ["place.row_number", "INVALID_FORMAT"],
        ["place.shelf_name", "REQUIRED_FIELD_MISSING"],
    ]
    assert library.calls == []


async def test_problems_found_by_the_graph_have_the_names_of_the_client(
    web: httpx.AsyncClient, library: Library
):
    fields = [
        {"field": "bookTitle", "code": "VALUE_TOO_SHORT", "message": "bookTitle is too short."},
        {"field": "input.place.shelfName", "code": "INVALID_FORMAT", "message": "What?"},
    ]
    library.roots["addBook"] = Refused("BAD_USER_INPUT", fields=fields)
    response = await web.post("/api/books", json={"title": "T"}, headers=ADA)
    assert (response.status_code, response.json()["error"]) == (422, "INVALID")
    assert response.json()["problems"] == [
        ["title", "VALUE_TOO_SHORT"],
        ["place.shelf_name", "INVALID_FORMAT"],
    ]


@pytest.mark.parametrize(
    ("code", "details", "status", "own"),
    [
        ("NOT_FOUND", {}, 404, "MISSING"),
        ("CONFLICT", {}, 409, "CONFLICT"),
        ("CONFLICT", {"reason": "TITLE_TAKEN"}, 409, "TAKEN"),
        ("FORBIDDEN", {}, 403, "FORBIDDEN"),
        ("RATE_LIMITED", {"retry_after": 7}, 429, "RATE_LIMITED"),
        ("SOMETHING_NEW", {}, 500, "OURS"),
        ("SUBGRAPH_TIMEOUT", {}, 504, "SUBGRAPH_TIMEOUT"),
    ],
)
async def test_errors_have_the_profiles_status_and_code(
    web: httpx.AsyncClient,
    library: Library,
    code: str,
    details: dict[str, Any],
    status: int,
    own: str,
):
    library.roots["addBook"] = Refused(code, **details)
    response = await web.post("/api/books", json={"title": "T"}, headers=ADA)
    assert (response.status_code, response.json()["error"]) == (status, own)
    assert response.headers.get("retry-after") == ("7" if status == 429 else None)


async def test_a_route_can_replace_status_and_code_of_an_error(library: Library):
    text = GET_BOOK.replace("@rest", '@failure(code: "NOT_FOUND", status: 410, as: "GONE") @rest')
    library.roots["book"] = None
    response = await client(door(library, text)).get("/api/books/7")
    assert (response.status_code, response.json()["error"]) == (410, "GONE")


async def test_null_data_are_404(web: httpx.AsyncClient, library: Library):
    library.roots["book"] = None
    response = await web.get("/api/books/7")
    assert (response.status_code, response.json()["error"]) == (404, "MISSING")


async def test_a_protected_route_is_401_before_the_request_is_read(
    web: httpx.AsyncClient, library: Library
):
    for content in (b'{"title": "T"}', b"{", b'{"title": 3}'):
        headers = {"content-type": "application/json"}
        response = await web.post("/api/books", content=content, headers=headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
    assert library.requests == []


async def test_an_invalid_token_is_401(web: httpx.AsyncClient, library: Library):
    for token, own in (("old", "TOKEN_EXPIRED"), ("bad", "UNAUTHENTICATED")):
        response = await web.get("/api/books/7", headers={"authorization": f"Bearer {token}"})
        assert (response.status_code, response.json()["error"]) == (401, own)
    assert library.requests == []


async def test_missing_rights_are_named(web: httpx.AsyncClient, library: Library):
    headers = {"authorization": "Bearer eve"}
    response = await web.post("/api/books", json={"title": "T"}, headers=headers)
    assert response.status_code == 403
    # A mutation is refused as a whole: for a member that it selects, too.
    assert response.json()["details"] == {
        "required_permission": "write:books",
        "user_permissions": [],
    }
    assert library.calls == []


async def test_a_denied_nullable_member_is_null(web: httpx.AsyncClient):
    for token, price in (("ada", 9.5), ("bob", None), ("eve", None)):
        headers = {"authorization": f"Bearer {token}"}
        response = await web.get("/api/prices/7", headers=headers)
        assert (response.status_code, response.json()["data"]) == (200, {"id": "7", "price": price})


async def test_a_member_that_failed_fails_the_request(web: httpx.AsyncClient, library: Library):
    async def author(_info: Any) -> Any:
        raise Refused("SUBGRAPH_UNAVAILABLE")

    library.roots["book"] = book("7", author=author)
    response = await web.get("/api/books/7")
    assert (response.status_code, response.json()["error"]) == (503, "SUBGRAPH_UNAVAILABLE")
    assert response.headers["retry-after"] == "5"


async def test_an_internal_error_is_500_without_details(library: Library):
    rest = door(library, GET_BOOK)

    async def broken(request: Any, context: Any) -> Any:
        raise RuntimeError("swordfish")

    library.answer = broken
    response = await client(rest).get("/api/books/7")
    assert (response.status_code, response.json()["error"]) == (500, "OURS")
    assert "swordfish" not in response.text


async def test_a_request_that_takes_too_long_is_told_so(library: Library):
    async def slow(id: str) -> Any:
        await asyncio.sleep(30)

    library.roots["book"] = slow
    limits = Limits(request_seconds=0.1)
    response = await client(door(library, GET_BOOK, limits=limits)).get("/api/books/7")
    assert (response.status_code, response.json()["error"]) == (504, "REQUEST_TIMEOUT")


async def test_a_profile_may_answer_failures_without_a_body(library: Library):
    library.roots["book"] = None
    web = client(door(library, (BARE, GET_BOOK.replace("book_id", "bookId"))), "http://t/bare")
    response = await web.get("/api/books/7")
    assert (response.status_code, response.content) == (404, b"")


# -- bodies and media types --------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"title": "T"}', "application/json", 201),
        (b'{"title": "T"}', "application/json; charset=utf-8", 201),
        (b'{"title": "T"}', "application/vnd.snake+json", 201),
        (b"title=T", "application/x-www-form-urlencoded", 415),
        (b'{"title": "T"}', "text/plain", 415),
        (b'{"title": "T"}', "", 415),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"", "application/json", 400),
        (b"", "", 422),
        (b'{"title": "T", "more": 1}', "application/json", 201),
    ],
)
async def test_a_body_is_json_of_the_right_kind(
    web: httpx.AsyncClient, content: bytes, kind: str, status: int
):
    headers = {**ADA, **({"content-type": kind} if kind else {})}
    response = await web.post("/api/books", content=content, headers=headers)
    assert response.status_code == status


async def test_a_form_is_read_where_the_route_accepts_one(library: Library):
    text = ADD_BOOK.replace("status: 201", "status: 201, accepts: [JSON, FORM]")
    web = client(door(library, text.replace(", $place: Place", "").replace("place: $place", "")))
    response = await web.post("/api/books", data={"title": "T", "genre": "crime"}, headers=ADA)
    assert response.status_code == 201
    assert library.calls == [("addBook", {"input": {"bookTitle": "T", "genre": "CRIME"}})]


async def test_unknown_members_are_refused_by_profiles_that_say_so(library: Library):
    web = client(door(library, (BARE, ADD_BOOK)), "http://t/bare")
    sent = {"title": "T", "more": 1, "place": {"shelfName": "s", "extra": 2}}
    assert (await web.post("/api/books", json=sent, headers=ADA)).status_code == 400
    assert library.calls == []


async def test_a_whole_body_can_be_one_variable(library: Library):
    text = """
    mutation AddBook($input: BookInput! @from(body: "*"))
    @rest(method: POST, path: "/api/books") { addBook(input: $input) { book { id } } }
    """
    web = client(door(library, text))
    sent = {"book_title": "T", "others": [{"shelf_name": "s"}], "published": "2026-01-31"}
    assert (await web.post("/api/books", json=sent, headers=ADA)).status_code == 200
    (call,) = library.calls
    assert call[1]["input"]["others"] == [{"shelfName": "s"}]
    wrong = {"others": [{"shelf_name": 1}], "published": "2026-02-30"}
    response = await web.post("/api/books", json=wrong, headers=ADA)
    assert response.json()["problems"] == [
        ["others.0.shelf_name", "INVALID_FORMAT"],
        ["published", "INVALID_FORMAT"],
        ["book_title", "REQUIRED_FIELD_MISSING"],
    ]
    assert (await web.post("/api/books", json=[], headers=ADA)).status_code == 422


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json; charset=utf-8"),
        ("application/*", "application/json; charset=utf-8"),
        ("text/html, application/json;q=0.5", "application/json; charset=utf-8"),
        ("application/vnd.snake+json", "application/vnd.snake+json; charset=utf-8"),
        ("text/html", None),
        ("application/json;q=0", None),
    ],
)
async def test_the_response_has_an_accepted_media_type(
    web: httpx.AsyncClient, accept: str, kind: str | None
):
    response = await web.get("/api/books/7", headers={"accept": accept})
    if kind is None:
        assert (response.status_code, response.json()["error"]) == (406, "NOT_ACCEPTABLE")
    else:
        assert (response.status_code, response.headers["content-type"]) == (200, kind)


# -- ETag ----------------------------------------------------------------------------------


async def test_an_etag_saves_the_body(web: httpx.AsyncClient, library: Library):
    first = await web.get("/api/books/7")
    tag = first.headers["etag"]
    assert tag.startswith('"')
    for known in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        again = await web.get("/api/books/7", headers={"if-none-match": known, "x-request-id": "2"})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    library.roots["book"] = book("7", shelf="floor")
    changed = await web.get("/api/books/7", headers={"if-none-match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_an_etag_depends_on_data_page_and_media_type(
    web: httpx.AsyncClient, library: Library
):
    async def tag_of(total: int, page: int = 1, accept: str = "*/*") -> str:
        library.roots["books"] = connection([book("1")], total=total)
        response = await web.get("/api/books", params={"page": page}, headers={"accept": accept})
        assert response.json()["data"] == [{"id": "1", "loans": 0}]
        return response.headers["etag"]

    first = await tag_of(9)
    others = {
        "one more on other pages": await tag_of(10),
        "another page with equal items": await tag_of(9, page=2),
        "another media type": await tag_of(9, accept="application/vnd.snake+json"),
    }
    assert len({first, *others.values()}) == 4
    assert await tag_of(9) == first


async def test_head_has_the_headers_of_get_and_no_body(web: httpx.AsyncClient):
    get, head = await web.get("/api/books/7"), await web.head("/api/books/7")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers


async def test_changes_have_no_etag(web: httpx.AsyncClient):
    response = await web.post("/api/books", json={"title": "T"}, headers=ADA)
    assert "etag" not in response.headers


# -- Idempotency-Key -----------------------------------------------------------------------


async def add(web: httpx.AsyncClient, key: str, title: str = "T", token: str = "ada") -> Any:
    headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
    return await web.post("/api/books", json={"title": title}, headers=headers)


async def test_a_repeated_key_returns_the_first_response(web: httpx.AsyncClient, library: Library):
    first, second = await add(web, "k"), await add(web, "k")
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["location"] == first.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert len(library.calls) == 1


async def test_a_repeated_request_may_be_written_differently(
    web: httpx.AsyncClient, library: Library
):
    headers = {**ADA, "content-type": "application/json", "idempotency-key": "k"}
    for text in (b'{"title":"T","genre":"crime"}', b'{ "genre": "crime", "title": "T" }'):
        assert (await web.post("/api/books", content=text, headers=headers)).status_code == 201
    assert len(library.calls) == 1


async def test_the_same_key_for_another_request_is_409(web: httpx.AsyncClient, library: Library):
    await add(web, "k")
    response = await add(web, "k", title="Other")
    assert (response.status_code, response.json()["error"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert len(library.calls) == 1


async def test_keys_are_separate_by_caller_and_route(web: httpx.AsyncClient, library: Library):
    library.roots["removeBook"] = "7"
    await add(web, "k")
    assert "idempotency-replayed" not in (await add(web, "k", token="cyd")).headers
    headers = {**ADA, "idempotency-key": "k"}
    assert (await web.delete("/api/books/7", headers=headers)).status_code == 204
    assert len(library.calls) == 3


async def test_refused_requests_are_not_kept(web: httpx.AsyncClient, library: Library):
    headers = {**ADA, "idempotency-key": "k"}
    assert (await web.post("/api/books", json={}, headers=headers)).status_code == 422
    library.roots["addBook"] = Refused("BAD_USER_INPUT")
    assert (await add(web, "k")).status_code == 422
    library.roots["addBook"] = {"book": book("77")}
    assert (await add(web, "k", title="Other")).status_code == 201


async def test_a_failure_after_the_change_is_kept(web: httpx.AsyncClient, library: Library):
    async def price(_info: Any) -> Any:
        raise Refused("SUBGRAPH_UNAVAILABLE")

    library.roots["addBook"] = {"book": book("77", price=price)}
    first, second = await add(web, "k"), await add(web, "k")
    assert (first.status_code, second.status_code) == (503, 503)
    assert len(library.calls) == 1


async def test_parallel_requests_run_once(web: httpx.AsyncClient, library: Library):
    started, released = asyncio.Event(), asyncio.Event()

    async def slow(input: Any) -> Any:
        started.set()
        await released.wait()
        return {"book": book("77")}

    library.roots["addBook"] = slow
    first = asyncio.create_task(add(web, "k"))
    await started.wait()
    others = await asyncio.gather(*(add(web, "k") for _ in range(20)))
    assert {other.status_code for other in others} == {409}
    assert {other.json()["error"] for other in others} == {"IDEMPOTENCY_KEY_RUNNING"}
    assert {other.headers["retry-after"] for other in others} == {"1"}
    released.set()
    assert (await first).status_code == 201
    assert (await add(web, "k")).headers["idempotency-replayed"] == "true"
    assert len(library.calls) == 1


@pytest.mark.parametrize(
    ("key", "status"), [("k" * 255, 201), ("k" * 256, 400), ("  ", 400), ("a\tb", 400)]
)
async def test_a_key_has_a_bounded_length(web: httpx.AsyncClient, key: str, status: int):
    assert (await add(web, key)).status_code == status


async def test_a_key_is_ignored_without_a_caller(web: httpx.AsyncClient, library: Library):
    library.roots["refresh"] = {"accessToken": "t"}
    headers = {"authorization": "Bearer r", "idempotency-key": "k"}
    for _ in range(2):
        response = await web.post("/api/refresh", headers=headers)
        assert "idempotency-replayed" not in response.headers
    assert len(library.calls) == 2


async def test_a_store_that_cannot_be_reached_refuses_keyed_requests_only(library: Library):
    class Gone(MemoryAnswers):
        async def begin(
            self, key: str, fingerprint: str, lease_seconds: float, seconds: float
        ) -> Any:
            raise Unavailable("No store.")

    web = client(door(library, ADD_BOOK, store=Gone()))
    assert (await add(web, "k")).status_code == 503
    assert (await web.post("/api/books", json={"title": "T"}, headers=ADA)).status_code == 201
    assert len(library.calls) == 1


# -- headers -------------------------------------------------------------------------------


async def test_a_route_that_goes_away_says_so(library: Library):
    text = GET_BOOK.replace(
        "method: GET",
        'method: GET, deprecated: {since: "2026-01-01", successor: "/api/x", sunset: "2027-01-01"}',
    )
    response = await client(door(library, text)).get("/api/books/7")
    assert response.headers["deprecation"] == "@1767225600"
    assert response.headers["sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert response.headers["link"] == '</snake/api/x>; rel="successor-version"'


@pytest.mark.parametrize("name", ["sort_by", "isOld", "filter[genre]", "Genre", ";"])
async def test_a_list_refuses_unknown_parameters(
    web: httpx.AsyncClient, library: Library, name: str
):
    library.roots["books"] = connection([])
    answer = await web.get("/api/books", params={name: "1", "page": "1"})

    assert (answer.status_code, answer.json()["problems"]) == (422, [[name, "UNKNOWN_FIELD"]])
    assert library.calls == []


async def test_a_list_that_is_the_only_member_refuses_them_too(library: Library):
    text = """query ListGenres($bookId: ID!) @rest(method: GET, path: "/api/genres/{book_id}") {
      book(id: $bookId) { genres } }"""
    answer = await client(door(library, text)).get("/api/genres/7", params={"sort_by": "name"})

    assert (answer.status_code, answer.json()["problems"]) == (422, [["sort_by", "UNKNOWN_FIELD"]])
    assert library.calls == []


async def test_separators_without_names_are_no_parameters(web: httpx.AsyncClient, library: Library):
    library.roots["books"] = connection([])

    assert (await web.get("/api/books?&&=&page=1&")).status_code == 200


async def test_a_route_with_parameters_of_its_own_refuses_unknown_ones():
    route = GET_PRICE.replace("/{book_id}", "")
    async with client(door(Library(), (PM, route)), "http://trellis.test/pm") as http:
        refused = await http.get("/api/prices", params={"book_id": "7", "bookid": "7"})
        taken = await http.get("/api/prices", params={"book_id": "7"})

    assert (refused.status_code, taken.status_code) == (400, 404)
    assert [one["field"] for one in refused.json()["error"]["details"]] == ["bookid"]


async def test_other_routes_ignore_unknown_parameters(web: httpx.AsyncClient):
    assert (await web.get("/api/prices/7", params={"_": "1"})).status_code == 200


async def test_body_and_header_have_the_same_retry_after():
    route = GET_PRICE.replace("/api/prices", "/api/v1/prices")
    library = Library({"book": Refused("SUBGRAPH_UNAVAILABLE")})
    async with client(door(library, (PM, route)), "http://trellis.test/pm") as http:
        response = await http.get("/api/v1/prices/b1")

    [told] = response.json()["error"]["details"]
    assert (response.status_code, told["service"], told["status"]) == (503, "library", "down")
    assert response.headers["retry-after"] == str(told["retry_after"]) == "30"


@pytest.mark.parametrize("code", ["FORBIDDEN", "NOT_FOUND", "CONFLICT", "INVALID_CREDENTIALS"])
async def test_an_error_of_a_subgraph_is_not_reported_as_unavailability(code: str):
    library = Library({"book": Refused(code)})
    async with client(door(library, (PM, GET_PRICE)), "http://trellis.test/pm") as http:
        response = await http.get("/api/prices/b1")

    assert response.status_code < 500
    assert response.json()["error"]["details"] == []
    assert "retry-after" not in response.headers


@pytest.mark.parametrize(
    ("dialect", "down", "late"),
    [
        ("pm", (503, "SERVICE_UNAVAILABLE", "30"), 503),
        ("tracker", (503, "SERVICE_UNAVAILABLE", "5"), 503),
        ("commerce", (503, "SERVICE_UNAVAILABLE", "5"), 503),
        ("todo", (503, "SERVICE_UNAVAILABLE", "5"), 503),
        ("learn", (502, "BAD_GATEWAY", None), 504),
    ],
)
async def test_a_service_that_is_down_or_late_is_told_without_our_own_words(
    dialect: str, down: tuple[int, str, str | None], late: int
):
    library = Library({"book": Refused("SUBGRAPH_UNAVAILABLE")})
    profile, route = (
        PROFILES[dialect],
        GET_PRICE.replace("{book_id}", "{id}").replace("bookId", "id"),
    )
    async with client(door(library, (profile, route)), "http://trellis.test") as http:
        refused = await http.get(f"/{dialect}/api/prices/b1")
        library.roots["book"] = Refused("SUBGRAPH_TIMEOUT")
        timed_out = await http.get(f"/{dialect}/api/prices/b1")

    error = refused.json()["error"]
    told = (refused.status_code, error["code"], refused.headers.get("retry-after"))
    assert told == down
    assert timed_out.status_code == late
    assert "subgraph" not in refused.text.lower() and "No." not in refused.text
