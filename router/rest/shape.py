"""What clients see of an answer: a tree that the projector compiles and OpenAPI documents.

A shape says for one value how the graph's data becomes what the profile shows::

    Leaf       a scalar or enum value
    Items      a list, each item by ``item``
    Record     an object, member by member
    Unwrapped  an object that stands for one of its members (``@unwrap``, ``@page``)
    Constant   a value that the stored operation itself gives (``@member``)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLNamedType


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar or enum value. ``spelling`` are the words that clients read in place of GraphQL's:
    every value of an enum, or those texts of a String that are spelt otherwise."""

    type: GraphQLNamedType
    is_nullable: bool
    spelling: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list; one that ``skips_null`` shows only the items that are not null."""

    item: "Shape"
    is_nullable: bool
    skips_null: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a record.

    ``key`` is the response key in the graph's data (None: a constant), ``name`` what clients read.
    With ``is_spread`` the members of the value, a record, stand here in its place; all are null
    when it is. A member that is not ``is_certain`` is there for some object types only. One that
    ``omits_null`` is left out where its value is null.
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
    """An object of which only the value at ``key`` is shown, as ``inner``; null when it is null."""

    key: str
    inner: "Shape"
    is_nullable: bool


@dataclass(frozen=True, slots=True)
class Constant:
    """A value from the stored operation. ``until`` names the domain that will know it better."""

    value: Any
    until: str | None = None
    is_nullable: bool = False


Shape = Leaf | Items | Record | Unwrapped | Constant


def omitting_nulls(shape: Shape) -> Shape:
    """The same shape with every member left out that is null."""
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
    """What is left for clients once everything is unwrapped, with its true nullability."""
    nullable = False
    while isinstance(shape, Unwrapped):
        nullable = nullable or shape.is_nullable
        shape = shape.inner
    return replace(shape, is_nullable=True) if nullable and not shape.is_nullable else shape


def visible_members(record: Record) -> Iterator[Member]:
    """The members that clients read, spread ones in their place."""
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
