"""Stored operations as routes: what is read from a file, and what stops the start."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.router.rest.library import LIBRARY, PROFILES, SNAKE, route
from trellis.router.errors import ConfigError
from trellis.router.rest.load import load_routes
from trellis.router.rest.route import Deprecation, Parameter

GET = """# A book.
# Of any kind.
query GetBook($bookId: ID!)
@rest(method: GET, path: "/api/books/{book_id}", tags: ["books"]) {
  book(id: $bookId) { id author { id } coAuthors { id } }
}
"""


def test_a_route_is_read_with_its_words():
    read = route("# Not this.\n\n" + GET)
    assert (read.method, read.path, read.status) == ("GET", "/api/books/{book_id}", 200)
    assert (read.name, read.kind, read.area, read.root) == ("GetBook", "query", "books", ("book",))
    assert (read.summary, read.description) == ("A book.", "Of any kind.")
    assert (read.tags, str(read.source)) == (("books",), "book.graphql:5")
    assert "@rest" not in read.document
    assert read.arguments == {"id": "bookId"}
    assert read.id == "GET /api/books/{book_id}"


def test_variables_become_parameters_by_method_and_path():
    read = route(
        """
        mutation ChangeBook(
          $bookId: ID!
          $title: String! @rules(minLength: 2)
          $genre: Genre = CRIME
          $dryRun: String @from(query: "dry")
          $agent: String @from(header: "User-Agent")
        ) @rest(method: PUT, path: "/api/books/{book_id}",
                deprecated: { since: "2026-01-01" }) {
          changeBook(id: $bookId, input: { bookTitle: $title, genre: $genre }) {
            book { id a: sequels(first: 1) { nodes { id } } }
          }
          other: changeBook(id: $dryRun, input: { bookTitle: $agent }) { book { id } }
        }
        """.replace("$dryRun: String ", "$dryRun: ID! ").replace(
            "$agent: String ", "$agent: String! "
        )
    )
    places = {p.variable: (p.place, p.name, p.is_required) for p in read.parameters}
    assert places == {
        "bookId": ("path", "book_id", True),
        "title": ("body", "title", True),
        "genre": ("body", "genre", False),
        "dryRun": ("query", "dry", True),
        "agent": ("header", "user-agent", True),
    }
    genre = _parameter(read.parameters, "genre")
    assert (genre.has_default, genre.default) == (True, "CRIME")
    assert genre.spelling == {"CRIME": "crime", "SCIENCE_FICTION": "science_fiction"}
    assert _parameter(read.parameters, "title").rules.min_length == 2
    assert read.deprecated == Deprecation("2026-01-01")
    assert read.root == ()
    assert read.arguments["input.bookTitle"] == "title"


def _parameter(parameters: tuple[Parameter, ...], name: str) -> Parameter:
    return next(parameter for parameter in parameters if parameter.name == name)


EXEMPLARY = """
mutation Add($title: String! @rules(minLength: 3) @example(value: "Emma"), $genre: Genre)
@rest(method: POST, path: "/api/books") {
  addBook(input: { bookTitle: $title, genre: $genre }) { book { id } }
}
"""


def test_an_example_must_be_valid():
    assert _parameter(route(EXEMPLARY).parameters, "title").examples == ("Emma",)
    with pytest.raises(ConfigError) as raised:
        route(EXEMPLARY.replace('"Emma"', '"Em"'))
    assert str(raised.value) == "book.graphql:2: @example: title must have at least 3 characters."


PAGED = """
query Books($first: Int, $skip: Int, $genre: Genre) @rest(method: GET, path: "/api/books") {
  books(first: $first, skip: $skip, genre: $genre) @page { edges { node { id } } totalCount }
}
"""


def test_the_variables_of_pages_belong_to_the_paginator():
    read = route(PAGED)
    assert [parameter.name for parameter in read.parameters] == ["genre"]
    assert read.page is not None
    assert (read.page.path, read.page.variables) == (("books",), {"first", "skip"})


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("author { id }", "price2", 5, "Cannot query field 'price2' on type 'Book'"),
        ("id: $bookId", "id: $bookI", 5, "Variable '$bookI' is not defined"),
        ("GetBook($bookId: ID!)", "GetBook($bookId: ID!, $more: Int)", 3, "'$more' is never used"),
        ("{book_id}", "{id}", 3, "No variable takes the path parameter {id}"),
        ("/api/books/{book_id}", "api", 3, "a path is like"),
        ("/api/books/{book_id}", "/api/{x y}", 3, "is no segment of a path"),
        ("GET,", "GETT,", 4, "RestMethod"),
        ('tags: ["books"]', "tag: 1", 4, "@rest has no `tag`"),
        ('tags: ["books"]', "status: 418", 3, "the status is 200, 201, 202 or 204"),
        ('tags: ["books"]', 'root: "book.nope"', 3, "`root: book.nope` is not in the answer"),
        ('tags: ["books"]', 'location: "/x/{id}"', 3, "a location goes with status 201 or 202"),
        ('tags: ["books"]', "reuseSeconds: -1", 3, "`reuseSeconds` is for queries, from 0 on"),
        ('tags: ["books"]', "answers: FILE", 3, "a file is one field, the link to it"),
        ('tags: ["books"]', "answers: EVENTS", 3, "and subscriptions go together"),
        ("{ id author", "{ id @eventId author", 3, "@eventId goes with `answers: EVENTS`"),
        ("coAuthors { id }", "coAuthors { id @eventId }", 5, "@eventId stands on one leaf"),
        ("GetBook", "", 3, "needs a name"),
        ("@rest(", "@unwrap @rest(", 3, "@unwrap does not belong here"),
        ("author { id }", "author @unwrap { id displayName }", 5, "@unwrap needs exactly one"),
        ("coAuthors {", "coAuthors @spread {", 5, "@spread needs a field that is one object"),
        ("author {", "author @spread {", 5, "Two members would be called `id`"),
        ("author {", "author @page {", 5, "The pagination needs totalCount"),
        ("author {", "author @hidden @hidden {", 5, "@hidden is written twice"),
        ("{ id author", "{ id @unwrap author", 5, "@unwrap needs a field with a selection"),
        ("@rest(", '@member(name: "id", value: 1) @rest(', 3, "there is a member `id` already"),
        ("@rest(", '@member(name: "a.b", value: 1) @rest(', 3, "there is no member `a`"),
        ("$bookId: ID!)", '$bookId: ID! @from(path: "x"))', 3, "The path has no parameter {x}"),
        ("$bookId: ID!)", '$bookId: ID! @from(body: "x"))', 3, "A GET request has no body"),
        ("$bookId: ID!)", "$bookId: ID! @from)", 3, "@from names one place"),
        ("$bookId: ID!)", '$bookId: ID! @rules(pattern: "("))', 3, "the pattern is none"),
    ],
)
def test_an_invalid_route_is_an_error_with_file_and_line(
    old: str, new: str, line: int, message: str
):
    assert old in GET
    with pytest.raises(ConfigError) as raised:
        route(GET.replace(old, new))
    place, _, said = raised.value.message.partition(": ")
    assert place == f"book.graphql:{line}"
    assert message in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("query A { version }", "@rest(method: GET, path: ...)"),
        ("query A { version", "Syntax Error"),
        (
            'query A @rest(method: GET, path: "/a") { version } query B { version }',
            "exactly one operation",
        ),
        (
            'mutation A @rest(method: POST, path: "/a", reuseSeconds: 9) { removeBook(id: 1) }',
            "`reuseSeconds` is for queries",
        ),
        (
            'mutation A @rest(method: GET, path: "/a") { removeBook(id: 1) }',
            "a GET changes nothing",
        ),
        (
            'query A($p: BookInput) @rest(method: GET, path: "/a") { version }',
            "never used",
        ),
        (
            'mutation A($i: BookInput! @from(query: "i")) @rest(method: POST, path: "/a") '
            "{ addBook(input: $i) { book { id } } }",
            "cannot be sent in the query",
        ),
        (
            'mutation A($i: BookInput! @from(body: "*"), $id: ID!) '
            '@rest(method: POST, path: "/a") { changeBook(id: $id, input: $i) { book { id } } }',
            "there can be no other",
        ),
        (
            'query A($id: ID!, $b: ID! @from(query: "id")) @rest(method: GET, path: "/a") '
            "{ book(id: $id) { id } b: book(id: $b) { id } }",
            "`id` in the query belongs to another variable",
        ),
        (
            'query A($first: Int) @rest(method: GET, path: "/a") '
            "{ books(first: $first) @page { nodes { id } totalCount } }",
            "The pagination needs the variables $skip",
        ),
        (
            'query A($first: Int, $skip: Int, $x: String @from(query: "page")) '
            '@rest(method: GET, path: "/a") '
            "{ books(first: $first, skip: $skip, names: [$x]) @page { nodes { id } totalCount } }",
            "Variable '$x'",
        ),
        (
            'mutation A($id: ID!) @rest(method: POST, path: "/a", status: 201, '
            'location: "/a/{nope}") { removeBook(id: $id) }',
            "{nope} is no parameter and no shown member",
        ),
    ],
)
def test_a_document_without_a_route_is_an_error(text: str, message: str):
    with pytest.raises(ConfigError) as raised:
        route(text)
    assert raised.value.message.startswith("book.graphql:1: ")
    assert message in raised.value.message


def _write(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_folders_are_profiles_and_areas(tmp_path: Path):
    _write(tmp_path, "snake/books/get.graphql", GET)
    _write(tmp_path, "bare/books/old/get.graphql", GET.replace("{book_id}", "{bookId}"))
    read = load_routes(tmp_path, LIBRARY.supergraph, PROFILES)
    assert [(one.profile.name, one.area) for one in read] == [
        ("bare", "books.old"),
        ("snake", "books"),
    ]
    only = load_routes(tmp_path, LIBRARY.supergraph, PROFILES, served=["snake"])
    assert [one.profile for one in only] == [SNAKE]


def test_an_unknown_profile_is_an_error(tmp_path: Path):
    _write(tmp_path, "martian/books/get.graphql", GET)
    with pytest.raises(ConfigError, match="there is no profile martian, only snake, bare"):
        load_routes(tmp_path, LIBRARY.supergraph, PROFILES)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (GET.replace("GetBook", "Other"), "GET /api/books/{book_id} is in"),
        (
            GET.replace("GetBook", "Other").replace("{book_id}", "{id}").replace("bookId", "id"),
            "GET /api/books/{id} is in",
        ),
        (GET.replace("/api/books", "/api/other"), "The operation GetBook is in"),
    ],
)
def test_conflicting_routes_are_an_error(tmp_path: Path, other: str, message: str):
    _write(tmp_path, "snake/books/a.graphql", GET)
    _write(tmp_path, "snake/books/b.graphql", other)
    with pytest.raises(ConfigError) as raised:
        load_routes(tmp_path, LIBRARY.supergraph, PROFILES)
    assert f"b.graphql:3: {message}" in raised.value.message
    assert "a.graphql:3 already" in raised.value.message


@pytest.mark.parametrize(
    ("since", "sunset", "version", "told"),
    [
        ("2026-02-01", "2027-01-31", "v1", "sunset may be 2027-02-01 at the earliest"),
        ("2026-02-01", "2027-02-01", "v1", None),
        ("2026-02-01", "2026-02-02", None, None),
        ("2026-02-01", "2026-01-31", None, "sunset may be 2026-02-01 at the earliest"),
        ("soon", None, "v1", "since must be a date such as 2026-01-31"),
        ("2026-02-01", "2027-02-30", "v1", "sunset must be a date such as 2026-01-31"),
    ],
)
def test_a_route_of_a_version_goes_away_a_year_after_it_is_deprecated(
    since: str, sunset: str | None, version: str | None, told: str | None
):
    """S1-VER-03: twelve months' notice, checked before anybody calls."""
    ends = f', sunset: "{sunset}"' if sunset else ""
    text = GET.replace("tags:", f'deprecated: {{ since: "{since}"{ends} }}, tags:')
    profile = replace(SNAKE, version=version)
    if told is None:
        assert route(text, profile=profile).deprecated == Deprecation(since, sunset=sunset)
        return
    with pytest.raises(ConfigError, match=told):
        route(text, profile=profile)
