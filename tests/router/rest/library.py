"""A small federated graph of books in memory, two dialects for it, and its REST door."""

import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from graphql import GraphQLError, build_schema, graphql

from tests.support.memory_answers import MemoryAnswers
from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.config import Config, Limits
from trellis.router.identity.credentials import Credentials
from trellis.router.operation.request import GraphQLRequest
from trellis.router.rest.access import access_to
from trellis.router.rest.door import RestDoor, Selection
from trellis.router.rest.endpoint import RestEndpoint
from trellis.router.rest.idempotency.once import Once
from trellis.router.rest.load import load_route, refuse_clashes
from trellis.router.rest.profile import (
    Failure,
    Links,
    PageFacts,
    PageParameter,
    PageRequest,
    Profile,
    ResponseInfo,
)
from trellis.router.rest.route import RestRoute
from trellis.router.rest.routes import join_preconditions
from trellis.router.rest.spelling import same, snake_case, title_case
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.wiring import nothing_here, wrap
from trellis.router.supergraph import Supergraph
from trellis.router.transports.function import FunctionTransport
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.request import RequestContext
from trellis.schema.tokens import TokenExpired, TokenInvalid

SDL = """
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@authenticated", "@requiresScopes"]
)
scalar JSON
scalar Date
enum Genre { CRIME SCIENCE_FICTION }
interface Named { displayName: String! }
type Author implements Named @key(fields: "id") { id: ID!, displayName: String!, born: Date }
type Company implements Named { displayName: String!, seat: String }
type Book @key(fields: "id") {
  id: ID!
  bookTitle: String!
  genre: Genre!
  shelf: String!
  author: Author
  publisher: Named
  tagNames: [String!]!
  genres: [Genre!]
  extraData: JSON
  coAuthors: [Author!]!
  price: Float @requiresScopes(scopes: [["read:prices"]])
  sequels(first: Int): BookConnection!
}
type PageInfo { hasNextPage: Boolean!, endCursor: String }
type BookEdge { node: Book, cursor: String! }
type BookConnection { edges: [BookEdge!]!, nodes: [Book!]!, pageInfo: PageInfo!, totalCount: Int! }
input Place { shelfName: String!, rowNumber: Int }
input BookInput {
  bookTitle: String!
  genre: Genre = CRIME
  place: Place
  others: [Place!]
  published: Date
}
type BookPayload { book: Book }
type Token { accessToken: String! }
type Query {
  book(id: ID!): Book
  books(
    first: Int, after: String, skip: Int
    genre: Genre, names: [String!], minPrice: Float, isOld: Boolean
  ): BookConnection
  me: Author @authenticated
  version: String!
}
type Mutation {
  addBook(input: BookInput!): BookPayload @requiresScopes(scopes: [["write:books"]])
  changeBook(id: ID!, input: BookInput!): BookPayload @requiresScopes(scopes: [["write:books"]])
  removeBook(id: ID!): ID @requiresScopes(scopes: [["write:books"]])
  refresh(token: String!): Token
}
"""
ADA = Identity(id=UUID(int=1), scopes=frozenset({"write:books", "read:prices"}))
BOB = Identity(id=UUID(int=2), scopes=frozenset({"write:books"}))
CYD = Identity(id=UUID(int=4), scopes=ADA.scopes)
EVE = Identity(id=UUID(int=3))
PEOPLE = {"Bearer ada": ADA, "Bearer bob": BOB, "Bearer cyd": CYD, "Bearer eve": EVE}


class Pages:
    """``page`` of two items."""

    parameters = (PageParameter("page", "Int", 1, 1),)
    variables = frozenset({"first", "skip"})
    selects = frozenset({"totalCount"})

    def read(self, query: Mapping[str, str]) -> PageRequest:
        page = int(query.get("page", "1"))
        return PageRequest({"first": 2, "skip": 2 * (page - 1)}, {"page": page})

    def write(self, page: PageRequest, facts: PageFacts) -> Mapping[str, Any]:
        return {"page": page.requested["page"], "total": facts.total, "count": facts.count}

    def links(self, page: PageRequest, facts: PageFacts) -> Links:
        more = facts.count * page.requested["page"] < (facts.total or 0)
        return {"next": {"page": page.requested["page"] + 1}} if more else {}


def success(data: Any, info: ResponseInfo) -> Any:
    body: dict[str, Any] = {"data": data, "id": info.request_id}
    if info.pagination is not None:
        body["pagination"] = info.pagination
    if info.message is not None:
        body["message"] = info.message
    return body


def failure(failed: Failure, info: ResponseInfo) -> Any:
    problems = [[problem.field, problem.code] for problem in failed.problems]
    return {
        "error": failed.code,
        "message": failed.message,
        "problems": problems,
        "details": dict(failed.details),
        "id": info.request_id,
    }


SNAKE = Profile(
    name="snake",
    prefix="/snake",
    spell_member=snake_case,
    spell_enum=snake_case,
    success=success,
    failure=failure,
    failures={
        "BAD_USER_INPUT": (422, "INVALID"),
        "NOT_FOUND": (404, "MISSING"),
        "CONFLICT:TITLE_TAKEN": (409, "TAKEN"),
        "INTERNAL": (500, "OURS"),
    },
    paginator=Pages(),
    media_types=("application/vnd.snake+json",),
    headers=lambda info: ((b"x-dialect", b"snake"),),
)
BARE = Profile(
    name="bare",
    prefix="/bare",
    spell_member=same,
    spell_enum=title_case,
    success=lambda data, info: data,
    failure=lambda failed, info: None,
    failures={"INTERNAL": (500, "OURS"), "BAD_USER_INPUT": (400, "INVALID")},
    refuses_unknown_members=True,
)
PROFILES = {"snake": SNAKE, "bare": BARE}


def book(id: str, **members: Any) -> dict[str, Any]:
    return {
        "id": id,
        "bookTitle": f"Book {id}",
        "genre": "SCIENCE_FICTION",
        "shelf": "top shelf",
        "author": {"id": "a1", "displayName": "Ada", "born": "1815-12-10"},
        "publisher": {"__typename": "Company", "displayName": "Press", "seat": "Graz"},
        "tagNames": ["x", "y"],
        "genres": ["CRIME"],
        "extraData": {"storyPoints": 3},
        "coAuthors": [{"id": "a2", "displayName": "Bob", "born": None}],
        "price": 9.5,
        "sequels": connection([]),
        **members,
    }


def connection(books: list[dict[str, Any]], total: int | None = None) -> dict[str, Any]:
    return {
        "edges": [{"node": one, "cursor": one["id"]} for one in books],
        "nodes": books,
        "pageInfo": {"hasNextPage": False, "endCursor": None},
        "totalCount": len(books) if total is None else total,
    }


@dataclass
class Library:
    """Answers from ``roots`` (a value, an exception, or a function of the arguments) and notes
    what was asked."""

    roots: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    requests: list[GraphQLRequest] = field(default_factory=list)
    contexts: list[RequestContext] = field(default_factory=list)

    @property
    def supergraph(self) -> Supergraph:
        return _SUPERGRAPH

    async def resolve(self, name: str, arguments: dict[str, Any]) -> Any:
        self.calls.append((name, arguments))
        value = self.roots.get(name)
        value = value(**arguments) if callable(value) else value
        if inspect.isawaitable(value):
            value = await value
        if isinstance(value, Exception):
            raise value
        return value

    async def answer(self, request: GraphQLRequest, context: RequestContext) -> Any:
        self.requests.append(request)
        self.contexts.append(context)
        _answering.set(self)
        return await LiveGraph.over(_SUPERGRAPH).answer(request, context)

    def stream(self, request: GraphQLRequest, context: RequestContext) -> Any:
        raise NotImplementedError


class Refused(GraphQLError):
    """An error of a subgraph with a code."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__("No.", extensions={"code": code, **details})


def route(text: str, library: Library | None = None, profile: Profile = SNAKE) -> RestRoute:
    graph = (library or LIBRARY).supergraph
    return load_route(text, graph, profile, area="books", file=Path("book.graphql"))


def door(
    library: Library,
    *texts: tuple[Profile, str] | str,
    selection: Selection | None = None,
    limits: Limits | None = None,
    store: Any = None,
    supports_dry_run: bool = False,
) -> RestDoor:
    routes = [
        route(text[1], library, text[0]) if isinstance(text, tuple) else route(text, library)
        for text in texts
    ]
    refuse_clashes(routes)
    store = MemoryAnswers() if store is None else store
    once = Once(store, keep_seconds=3600, request_seconds=5)
    services = Services(
        graph=library,
        make_context=ContextMaker(("authorization",), 30),
        authenticate=authenticate,
        limits=limits or Limits(),
        supports_dry_run=supports_dry_run,
    )
    endpoints = [
        RestEndpoint(one, services, once, access_to(one, library.supergraph)) for one in routes
    ]
    join_preconditions(endpoints, library.supergraph.schema)
    profiles = list({one.profile.name: one.profile for one in routes}.values())
    return RestDoor(
        endpoints, profiles, selection or Selection("snake", {}), services, nothing_here
    )


def client(rest: RestDoor, base: str = "http://trellis.test/snake") -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=wrap(rest, Config())),
        base_url=base,
        headers={"x-request-id": "r1"},
    )


async def authenticate(credentials: Credentials) -> Identity:
    if credentials.authorization == "Bearer old":
        raise TokenExpired
    if credentials.authorization is None:
        return ANONYMOUS
    if credentials.authorization not in PEOPLE:
        raise TokenInvalid
    return PEOPLE[credentials.authorization]


def _plain(sdl: str) -> str:
    """The SDL for graphql-core alone."""
    head = "directive @key(fields: String!) on OBJECT\ndirective @authenticated on FIELD_DEFINITION"
    scopes = "directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION"
    return f"{head}\n{scopes}\n{sdl.partition(')')[2]}"


def _load() -> Supergraph:
    """Made once: the library that answers is the one that was asked."""
    composition = compose([Subgraph("library", "http://library", SDL)])
    assert composition.is_ok, composition.errors
    schema = build_schema(_plain(SDL))
    for root in (schema.query_type, schema.mutation_type):
        assert root is not None
        for name, definition in root.fields.items():
            definition.resolve = _resolver(name)

    async def answer(query: str, variables: Any) -> dict[str, Any]:
        result = await graphql(schema, query, variable_values=variables)
        return result.formatted  # type: ignore[return-value]

    transports = {"library": FunctionTransport(answer)}
    return Supergraph.load(composition.supergraph_sdl, transports=transports)


def _resolver(name: str) -> Callable[..., Any]:
    async def resolve(_root: Any, _info: Any, **arguments: Any) -> Any:
        return await _answering.get().resolve(name, arguments)

    return resolve


_answering: ContextVar[Library] = ContextVar("answering")
_SUPERGRAPH = _load()
LIBRARY = Library()
