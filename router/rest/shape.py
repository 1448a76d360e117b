"""The shape of a response: a tree that is compiled to a projection and documented in OpenAPI.

A shape describes how a value of the graph's data is converted to the response::

    Leaf       a scalar or enum value
    Items      a list, each item by ``item``
    Record     an object, member by member
    Unwrapped  an object that is replaced by one of its members (``@unwrap``, ``@page``)
    Constant   a value in the stored operation (``@member``)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLNamedType


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar or enum value. ``spelling`` are the clients' words by GraphQL's: for all values of
    an enum, or for some values of a String."""

    type: GraphQLNamedType
    is_nullable: bool
    spelling: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list. With ``skips_null``, null items are omitted."""

    item: "Shape"
    is_nullable: bool
    skips_null: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a record.

    ``key`` is the response key in the graph's data (None for a constant), ``name`` the name in the
    response. With ``is_spread``, the value is a record that is replaced by its members, which are
    all null if it is. Without ``is_certain``, the member exists for some object types only. With
    ``omits_null``, it is omitted if its value is null.
    """

    name: str
    shape: "Shape"
    key: str | None = None
    is_spread: bool = False
    is_certain: bool = True
    omits_null: bool = False
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """An object of GraphQL type ``type``."""

    type: GraphQLNamedType
    members: tuple[Member, ...]
    is_nullable: bool


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """An object that is replaced by its value at ``key``, with the shape ``inner``."""

    key: str
    inner: "Shape"
    is_nullable: bool


@dataclass(frozen=True, slots=True)
class Constant:
    """A value in the stored operation. ``until`` names the domain that will provide it."""

    value: Any
    until: str | None = None
    is_nullable: bool = False


Shape = Leaf | Items | Record | Unwrapped | Constant


def omitting_nulls(shape: Shape) -> Shape:
    """The same shape with null members omitted."""
    if isinstance(shape, Items):
        return replace(shape, item=omitting_nulls(shape.item))
    if isinstance(shape, Unwrapped):
        return replace(shape, inner=omitting_nulls(shape.inner))
    if isinstance(shape, Record):
        return replace(shape, members=tuple(_omitting(member) for member in shape.members))
    return shape


def _omitting(member: Member) -> Member:
    inner = omitting_nulls(member.shape)
    return replace(member, shape=inner, omits_null=visible(inner).is_nullable)


def visible(shape: Shape) -> Leaf | Items | Record | Constant:
    """The shape without its wrappers, nullable if one of them is."""
    nullable = False
    while isinstance(shape, Unwrapped):
        nullable = nullable or shape.is_nullable
        shape = shape.inner
    return replace(shape, is_nullable=True) if nullable and not shape.is_nullable else shape


def visible_members(record: Record) -> Iterator[Member]:
    """The members of the response, with spread records replaced by their members."""
    for member in record.members:
        inner = visible(member.shape)
        certain = member.is_certain and not member.omits_null
        if not member.is_spread or not isinstance(inner, Record):
            shape = replace(inner, is_nullable=False) if member.omits_null else inner
            yield replace(member, shape=shape, is_certain=certain)
            continue
        for spread in visible_members(inner):
            nullable = spread.shape.is_nullable or (inner.is_nullable and not member.omits_null)
            yield replace(
                spread,
                shape=replace(spread.shape, is_nullable=nullable),
                is_certain=certain and spread.is_certain,
            )
