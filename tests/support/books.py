"""Two Strawberry subgraphs whose root fields are REST routes: books here, their authors there."""

import base64
from enum import Enum
from typing import Self

import strawberry
from strawberry.federation.schema_directives import Authenticated, RequiresScopes

from trellis.schema.directives import RateLimit, Rest
from trellis.schema.errors import NotFound
from trellis.schema.federation import TrellisSchema
from trellis.schema.paging import Connection, Edge, PageInfo
from trellis.schema.subgraph import Subgraph


@strawberry.enum
class Genre(Enum):
    CRIME = "crime"
    SCIENCE_FICTION = "science_fiction"


@strawberry.federation.type(keys=["id"], name="Author")
class AuthorKey:
    id: strawberry.ID


@strawberry.federation.type(keys=["id"])
class Book:
    id: strawberry.ID
    title: str
    genre: Genre = Genre.CRIME
    author: AuthorKey | None = None

    @strawberry.federation.field(directives=[RequiresScopes(scopes=[["read:prices"]])])
    def price(self) -> int | None:
        return 9


@strawberry.input
class BookInput:
    title: str
    genre: Genre = Genre.CRIME
    tags: list[str] | None = None


@strawberry.type
class BookPayload:
    book: Book


def _book(id: str) -> Book:
    return Book(id=strawberry.ID(id), title=f"Book {id}", author=AuthorKey(id=strawberry.ID("a1")))


@strawberry.type(name="Query")
class BookQuery:
    @strawberry.federation.field(description="One book.", directives=[Rest(path="/books/{id}")])
    def book(self, id: strawberry.ID) -> Book | None:
        return _book(id) if id != "none" else None

    @strawberry.federation.field(
        description="All books, the oldest first.", directives=[Rest(path="/books", tags=["Books"])]
    )
    def books(
        self, first: int = 20, after: str | None = None, genre: Genre | None = None
    ) -> Connection[Book]:
        async def count() -> int:
            return 5

        start = int(base64.b64decode(after)) if after else 0
        numbers = range(start, min(start + first, 5))
        edges = [
            Edge(node=_book(str(n)), cursor=base64.b64encode(b"%d" % (n + 1)).decode())
            for n in numbers
        ]
        info = PageInfo(
            has_next_page=numbers.stop < 5,
            has_previous_page=False,
            start_cursor=None,
            end_cursor=edges[-1].cursor if edges else None,
        )
        return Connection(edges=edges, page_info=info, count=count)

    @strawberry.federation.field(
        directives=[Rest(path="/margin"), RequiresScopes(scopes=[["read:prices"]])],
        tags=["internal"],
    )
    def margin(self) -> int:
        return 40

    @strawberry.federation.field(
        directives=[Rest(path="/limited"), RateLimit(limit=1, window=3600, key="ip")],
        tags=["internal"],
    )
    def limited(self) -> int:
        return 1


@strawberry.type(name="Mutation")
class BookMutation:
    @strawberry.federation.mutation(
        directives=[
            Rest(path="/books", status=201, location="/books/{id}"),
            Authenticated(),
        ]
    )
    def add_book(self, input: BookInput) -> BookPayload:
        title = f"{input.title} {','.join(input.tags or [])}".strip()
        return BookPayload(book=Book(id=strawberry.ID("new"), title=title, genre=input.genre))

    @strawberry.federation.mutation(directives=[Rest(path="/books/{id}", method="DELETE")])
    def remove_book(self, id: strawberry.ID) -> strawberry.ID:
        if id == "none":
            raise NotFound("There is no such book.")
        return id


@strawberry.federation.type(keys=["id"])
class Author:
    id: strawberry.ID
    name: str

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:
        return cls(id=id, name=f"Author {id}")


@strawberry.type(name="Query")
class AuthorQuery:
    @strawberry.federation.field(directives=[Rest(path="/authors/{id}")])
    def author(self, id: strawberry.ID) -> Author | None:
        return Author(id=id, name=f"Author {id}")


@strawberry.type(name="Query")
class WrongQuery:
    @strawberry.federation.field(directives=[Rest(path="/books/{key}")])
    def wrong(self) -> int:
        return 1


@strawberry.type(name="Query")
class ClashingQuery:
    @strawberry.federation.field(directives=[Rest(path="/books/{isbn}")])
    def other_book(self, isbn: strawberry.ID) -> str:
        return isbn


def _subgraph(name: str, schema: TrellisSchema) -> Subgraph:
    return Subgraph(name=name, schema=schema, make_context=lambda context: context)


books = _subgraph("books", TrellisSchema(query=BookQuery, mutation=BookMutation))
authors = _subgraph("authors", TrellisSchema(query=AuthorQuery))
wrong = _subgraph("wrong", TrellisSchema(query=WrongQuery))
clashing = _subgraph("clashing", TrellisSchema(query=ClashingQuery))
