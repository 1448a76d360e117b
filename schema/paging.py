"""Relay connections: page arguments, opaque cursors, and the shared types.

https://relay.dev/graphql/connections.htm
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, Self, TypeVar

import orjson
import strawberry
import strawberry.federation

from trellis.schema.errors import BadUserInput, FieldProblem

DEFAULT_PAGE = 20
MAX_PAGE = 100
MAX_SKIP = 10_000

Node = TypeVar("Node")
Row = TypeVar("Row")


@strawberry.enum
class SortOrder(Enum):
    ASC = "asc"
    DESC = "desc"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One validated page: ``size`` rows, forward or backward, beyond a cursor."""

    size: int = DEFAULT_PAGE
    backward: bool = False
    after: str | None = None
    before: str | None = None
    skip: int = 0

    @classmethod
    def of(
        cls,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        skip: int | None = None,
    ) -> Self:
        """From GraphQL arguments. Raises ``BadUserInput`` that names the argument and its limit."""
        if first is not None and last is not None:
            raise _refused("last", "Use either first or last, not both.")
        for name, value in (("first", first), ("last", last)):
            if value is not None and not 1 <= value <= MAX_PAGE:
                message = f"{name} must be between 1 and {MAX_PAGE}, not {value}."
                raise _refused(name, message, limit=MAX_PAGE)
        if skip is not None and not 0 <= skip <= MAX_SKIP:
            message = f"skip must be between 0 and {MAX_SKIP}, not {skip}; use after instead."
            raise _refused("skip", message, limit=MAX_SKIP)
        size = first if first is not None else last if last is not None else DEFAULT_PAGE
        return cls(size, last is not None, after, before, skip or 0)


def encode_cursor(values: Sequence[Any]) -> str:
    """The sort key of a row as text that clients must not look into."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values), default=str)).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """The sort key back, ``length`` values. Raises ``BadUserInput`` for anything else."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        values = None
    if not isinstance(values, list) or len(values) != length:
        raise invalid_cursor()
    return values


def invalid_cursor() -> BadUserInput:
    """The refusal of a cursor that no list of this kind has handed out."""
    return _refused("after", "This cursor does not belong to this list. Start without one.")


def _refused(field: str, message: str, **details: Any) -> BadUserInput:
    problem = FieldProblem(field=field, code="INVALID_FORMAT", message=message)
    return BadUserInput(message, [problem], **details)


@strawberry.federation.type(shareable=True, description="The position of a page in its list.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[Node]):
    """The node is null, with an error, where another subgraph does not provide a non-null field:
    one entry of the list is lost, not the list."""

    node: Node | None
    cursor: str


@strawberry.type
class Connection(Generic[Node]):
    edges: list[Edge[Node]]
    page_info: PageInfo
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @classmethod
    def of(cls, make: Callable[[Row], Node], page: "Page[Row]") -> Self:
        """A page whose rows become nodes by ``make``."""
        edges = [
            Edge(node=make(row), cursor=cursor)
            for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=page.info(), count=page.count)

    @strawberry.field(
        description="The number of all matches, across pages; computed only if selected."
    )
    async def total_count(self) -> int:
        return await self.count()


@strawberry.federation.type(name="Edge", shareable=True)
class SharedEdge(Generic[Node]):
    node: Node | None
    cursor: str


@strawberry.federation.type(name="Connection", shareable=True)
class SharedConnection(Generic[Node]):
    """A ``Connection`` of an entity of which two subgraphs have lists, as long as a field moves
    from one to the other (docs/moving-a-field.md)."""

    edges: list[SharedEdge[Node]]
    page_info: PageInfo
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @classmethod
    def of(cls, make: Callable[[Row], Node], page: "Page[Row]") -> Self:
        """A page whose rows become nodes by ``make``."""
        edges = [
            SharedEdge(node=make(row), cursor=cursor)
            for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=page.info(), count=page.count)

    @strawberry.field(
        description="The number of all matches, across pages; computed only if selected."
    )
    async def total_count(self) -> int:
        return await self.count()


async def _nothing() -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page with their cursors, before they become GraphQL objects.

    ``count`` finds out how many rows there are on all pages.
    """

    rows: Sequence[Row] = ()
    cursors: Sequence[str] = ()
    has_next: bool = False
    has_previous: bool = False
    count: Callable[[], Awaitable[int]] = field(default=_nothing, compare=False)

    def info(self) -> PageInfo:
        return PageInfo(
            has_next_page=self.has_next,
            has_previous_page=self.has_previous,
            start_cursor=self.cursors[0] if self.cursors else None,
            end_cursor=self.cursors[-1] if self.cursors else None,
        )
