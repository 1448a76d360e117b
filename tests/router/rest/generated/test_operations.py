"""From a field with ``@rest`` to the operation that somebody would have written for it."""

import pytest

from tests.support.generated_rest import supergraph_of
from trellis.router.errors import ConfigError
from trellis.router.rest.generated.routes import generate
from trellis.router.rest.profiles.plain import PLAIN

LIBRARY = """
enum Genre { CRIME POETRY }
type Author @key(fields: "name { last }") @key(fields: "code") @key(fields: "id") {
  id: ID!, code: String!, name: Name!, books(first: Int): BookConnection!
}
type Name { first: String, last: String! }
type Book @key(fields: "isbn") {
  isbn: ID!
  title: String!
  genre: Genre
  tags: [String!]!
  author: Author!
  coAuthors: [Author!]!
  size: Size
  old: String @deprecated
  cover(width: Int!): String
  icon(width: Int = 3): String
  secret: String! @requiresScopes(scopes: [["a"]])
  hint: String @requiresScopes(scopes: [["a"]])
  hidden: String @inaccessible
  sequels: BookConnection!
}
type Size { width: Int, height: Int, inner: Size }
union Media = Film | Song
type Film @key(fields: "id") { id: ID!, length: Int!, size: Size }
type Song { id: String!, length: Float, size: Size }
interface Item { label: String, place: Size }
type Shelf implements Item { label: String, place: Size, row: Int, owner: Author }
type Box implements Item { label: String, place: Size, row: String!, owner: Film }
type PageInfo { hasNextPage: Boolean!, endCursor: String }
type BookEdge { node: Book, cursor: String! }
type BookConnection { edges: [BookEdge!]!, pageInfo: PageInfo!, totalCount: Int! }
type FilmConnection { nodes: [Film!]!, pageInfo: PageInfo! }
input SizeInput { width: Int = 3, height: Int }
input BookInput {
  title: String!, genre: Genre! = CRIME, size: SizeInput, shelf: ID, old: Int @deprecated
}
input Choice @oneOf { a: Int, b: Int }
type BookPayload { book: Book }
type ChangePayload { book: Book, problems: [Problem!]! }
type Problem { message: String! }
"""
BOOK = """isbn
    title
    genre
    tags
    author { id }
    coAuthors { id }
    size { width height }
    icon
    hint"""


def text_of(field: str, *, kind: str = "Query") -> str:
    other = "" if kind == "Query" else "type Query { a: Int }"
    supergraph = supergraph_of(("books", f"{LIBRARY}{other} type {kind} {{ {field} }}"))
    return "\n".join(one.text for one in generate(supergraph, [], PLAIN))


def test_a_resource_has_its_scalars_and_the_keys_of_entities():
    field = '"""\nThe book.\n\nOnly one.\n"""\nbook(isbn: ID!): Book @rest(path: "/books/{isbn}")'
    assert text_of(field) == (
        "# The book.\n#\n# Only one.\n"
        'query Book($isbn: ID!) @rest(method: GET, path: "/books/{isbn}") {\n'
        f"  book(isbn: $isbn) {{\n    {BOOK}\n  }}\n}}\n"
    )


def test_a_connection_becomes_a_page():
    field = (
        "films(after: String, first: Int! = 5, last: Int, genre: Genre = CRIME, size: SizeInput): "
        'FilmConnection! @rest(path: "/films", tags: ["Films"])'
    )
    assert text_of(field) == (
        "query Films($after: String, $first: Int! = 5, $genre: Genre = CRIME)\n"
        '@rest(method: GET, path: "/films", tags: ["Films"]) {\n'
        "  films(after: $after, first: $first, genre: $genre) @page {\n"
        "    nodes {\n      id\n      length\n      size { width height }\n    }\n"
        "    pageInfo { hasNextPage endCursor }\n"
        "  }\n"
        "}\n"
    )


def test_a_connection_without_cursors_is_not_paged():
    text = text_of('books(limit: Int): BookConnection! @rest(path: "/books")')
    assert "books(limit: $limit) {\n    edges {\n      node {\n        isbn" in text
    assert text.endswith("pageInfo { hasNextPage endCursor }\n    totalCount\n  }\n}\n")


def test_types_that_differ_in_one_name_get_aliases():
    assert text_of('item: Item @rest(path: "/item")') == (
        'query Item @rest(method: GET, path: "/item") {\n'
        "  item {\n"
        "    __typename\n"
        "    label\n"
        "    place { width height }\n"
        "    ... on Box {\n      row\n      owner { id }\n    }\n"
        "    ... on Shelf {\n      rowOfShelf: row\n      owner { id }\n    }\n"
        "  }\n"
        "}\n"
    )
    text = text_of('media: [Media!]! @rest(path: "/media")')
    assert "... on Film {\n      id\n      length\n      size { width height }\n    }" in text
    assert "idOfSong: id\n      lengthOfSong: length\n      size { width height }" in text


def test_a_scalar_field_is_the_response_itself():
    assert text_of('version: [String!] @rest(path: "/version")') == (
        'query Version @rest(method: GET, path: "/version") {\n  version\n}\n'
    )


def test_the_fields_of_an_input_become_variables_and_the_payload_is_unwrapped():
    field = (
        "addBook(input: BookInput!): BookPayload "
        '@rest(path: "/books", status: 201, location: "/books/{isbn}")'
    )
    text = text_of(field, kind="Mutation")
    without_hint = BOOK.replace("\n", "\n  ").rpartition("\n")[0]
    assert text == (
        "mutation AddBook($title: String!, $genre: Genre! = CRIME, $size: SizeInput, $shelf: ID)\n"
        '@rest(method: POST, path: "/books", status: 201, root: "addBook.book", '
        'location: "/books/{isbn}") {\n'
        "  addBook(input: { title: $title, genre: $genre, size: $size, shelf: $shelf }) {\n"
        "    book {\n      " + without_hint + "\n    }\n"
        "  }\n"
        "}\n"
    )


def test_the_path_may_contain_fields_of_the_input_and_a_payload_may_have_several_members():
    field = (
        "put(isbn: ID!, input: BookInput!): ChangePayload! "
        '@rest(method: "PUT", path: "/shelves/{shelf}/books/{isbn}")'
    )
    text = text_of(field, kind="Mutation")
    assert "$isbn: ID!" in text
    assert "shelf: $shelf" in text
    assert "root:" not in text
    assert "problems { message }" in text


@pytest.mark.parametrize(
    ("arguments", "path", "head"),
    [
        ("a: SizeInput!, b: SizeInput!", "/x", "($a: SizeInput!, $b: SizeInput!)"),
        ("a: SizeInput = {width: 7}", "/x", "($a: SizeInput = { width: 7 })"),
        ("c: Choice!", "/x", '($c: Choice! @from(body: "*"))'),
        ("c: Choice!, id: ID!", "/x/{id}", '($c: Choice! @from(body: "*"), $id: ID!)'),
        ("c: Choice!, id: ID!", "/x", "($c: Choice!, $id: ID!)"),
        (
            "width: ID!, input: SizeInput!",
            "/x/{width}",
            '($width: ID!, $input: SizeInput! @from(body: "*"))',
        ),
        ("old: Int @deprecated, id: ID", "/x/{id}", "($id: ID)"),
    ],
)
def test_arguments_become_variables(arguments: str, path: str, head: str):
    text = text_of(f'act({arguments}): Boolean @rest(path: "{path}")', kind="Mutation")
    assert text.startswith(f"mutation Act{head}")


def test_long_texts_are_broken_into_lines():
    many = ", ".join(f"argumentNumber{number}: ID" for number in range(5))
    members = ", ".join(f"memberNumber{number}: ID" for number in range(5))
    supergraph = supergraph_of(
        (
            "a",
            f"input Many {{ {members} }} type Query {{ q: Int }} type Mutation {{"
            f' a({many}, input: Many!): Boolean @rest(path: "/a") }}',
        )
    )
    text = generate(supergraph, [], PLAIN)[0].text
    assert text.startswith("mutation A(\n  $argumentNumber0: ID\n")
    assert '\n)\n@rest(method: POST, path: "/a") {\n  a(\n    argumentNumber0: $argu' in text
    assert "    input: {\n      memberNumber0: $memberNumber0\n" in text
    assert text.endswith("memberNumber4: $memberNumber4\n    }\n  )\n}\n")


def test_protected_fields_are_included_only_if_they_are_nullable():
    guarded = '@requiresScopes(scopes: [["a"]])'
    asked = text_of(f'book: Book @rest(path: "/b") {guarded}')
    assert ("secret\n" in asked, "hint\n" in asked) == (True, True)
    asked = text_of('book: Book @rest(path: "/b")')
    assert ("secret\n" in asked, "hint\n" in asked) == (False, True)
    supergraph = supergraph_of(
        ("a", f'{LIBRARY} type Query {{ book: Book @rest(path: "/b") }}'), rejects=True
    )
    asked = generate(supergraph, [], PLAIN)[0].text
    assert ("secret\n" in asked, "hint\n" in asked) == (False, False)
    done = text_of('book: Book @rest(path: "/b")', kind="Mutation")
    assert ("secret\n" in done, "hint\n" in done) == (False, False)


def test_arguments_of_a_delete_are_sent_in_the_query():
    field = 'drop(id: ID!, input: SizeInput!): Boolean @rest(method: "DELETE", path: "/x/{id}")'
    text = text_of(field, kind="Mutation")
    assert text.startswith("mutation Drop($id: ID!, $width: Int = 3, $height: Int)")


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ('a: Int @rest(path: "x")', "Query.a: @rest: a path is like /api/v1/things/{thing_id}."),
        (
            'a(id: ID!): Int @rest(path: "/a/{key}")',
            "Query.a: @rest: the path names {key}, which is no argument of the field (id).",
        ),
        ('a: Int @rest(path: "/a", method: "GETT")', "Query.a: @rest: `method` must be one of"),
        ('a: Int @rest(path: "/a", status: 418)', "Query.a: @rest: the status is 200, 201"),
        ('a: Int @rest(path: "/a", root: "b")', "Query.a: `root: b` is not in the answer"),
        ('a: Int @rest(path: "/a", location: "/a")', "Query.a: @rest: a location goes with"),
        (
            'a(b: [SizeInput!]!): Int @rest(path: "/a")',
            "Query.a: @rest: `b` of type [SizeInput!]! cannot be sent in the query of a GET",
        ),
        ('a: Int @rest(path: "/health")', "Query.a: @rest: /health would take /health from"),
        ('a: Int @rest(path: "/asyncapi.json")', "would take /asyncapi.json from the router"),
        (
            'a(b: ID!, c: ID!): Int @rest(path: "/web/{b}/{c}")',
            "would take paths below /web from the router",
        ),
        ('a(b: ID!): Int @rest(path: "/{b}")', "/{b} would take /graphql from the router"),
        (
            'a: Int @rest(path: "/content/a/b")',
            "/content/a/b would take paths below /content from the router",
        ),
        ('a: Int @rest(path: "/web/a/b/c")', "would take paths below /web from the router"),
        (
            'a(b: ID!): Int @rest(path: "/{b}/a/b/c")',
            "/{b}/a/b/c would take paths below /content from the router",
        ),
        (
            'a: Int @rest(path: "/a") b: Int @rest(path: "/a")',
            "Query.b: GET /a is in Query.a already.",
        ),
        (
            'a(x: ID!): Int @rest(path: "/a/{x}") b(y: ID!): Int @rest(path: "/a/{y}")',
            "Query.b: GET /a/{y} is in Query.a already.",
        ),
    ],
)
def test_a_field_that_cannot_be_a_route_is_named(field: str, message: str):
    with pytest.raises(ConfigError) as refused:
        text_of(field)
    assert message in refused.value.message


def test_only_root_fields_can_be_routes():
    supergraph = supergraph_of(("a", 'type Query { a: A } type A { b: Int @rest(path: "/b") }'))
    with pytest.raises(ConfigError, match=r"A.b: @rest: only fields of Query and Mutation"):
        generate(supergraph, [], PLAIN)
    assert supergraph_of(("a", "type Query { rest: Int }")) is not None


def test_a_mutation_cannot_be_a_get():
    with pytest.raises(ConfigError, match=r"Mutation.a: @rest: a GET changes nothing"):
        text_of('a: Int @rest(path: "/a", method: "GET")', kind="Mutation")
