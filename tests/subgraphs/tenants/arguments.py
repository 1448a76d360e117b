"""What every argument and input member of the graph means, so that it can be filled with what is
somebody else's. One that no domain's ``meanings.py`` tells fails the tests: somebody has to think
about it."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

from tests.subgraphs.tenants.domains import merged
from tests.subgraphs.tenants.meaning import FREE
from tests.subgraphs.tenants.tenant import THERE, Tenant

BY_NAME = merged("by_name")
BY_COORDINATE = merged("by_coordinate")
_GOOD_TEXTS, _WORDS = merged("good_texts"), merged("words")
_GOOD_VALUES = merged("good_values")
_VALUES, _UNUSED = merged("values"), merged("unused")
# Where the rows of lists stand in which a cursor may be tried.
_ROWS = (("issue", 2), ("project", 1), ("team", 0))

_MOMENTS = {"Date": "2031-01-31", "DateTime": "2031-01-31T12:00:00Z"}
_NUMBERS = {"Int": 2, "Float": 1.0, "Decimal": "1.50"}
_SCALARS: Mapping[str, Any] = {"Boolean": True, **_NUMBERS, **_MOMENTS}


class NotToldWhatItMeans(AssertionError):
    """A new argument: its domain's ``meanings.py`` has to say what it refers to."""


def kind_of(coordinate: str, named: GraphQLNamedType) -> str | None:
    """What the values refer to; None for those of closed kinds, such as enums and numbers.

    Raises ``NotToldWhatItMeans``.
    """
    if isinstance(named, (GraphQLEnumType, GraphQLInputObjectType)) or named.name in _SCALARS:
        return None
    found = BY_COORDINATE.get(coordinate) or BY_NAME.get(coordinate.rpartition(".")[2])
    if found is None:
        raise NotToldWhatItMeans(f"{coordinate}: {named}. Add it to the meanings.py of its domain.")
    if named.name == "ID" and found == FREE:
        raise NotToldWhatItMeans(
            f"{coordinate} is an id of what? Add it to the meanings.py of its domain."
        )
    return found


def values_of(kind: str, tenant: Tenant) -> tuple[Any, ...]:
    """What the tenant has of a kind; the first is the obvious one."""
    if kind in tenant.ids:
        return tuple(str(id) for id in tenant.ids[kind])
    if kind == "cursor":
        return tuple(tenant.cursor(*row) for row in _ROWS if row[0] in tenant.ids)
    if kind in _VALUES:
        return tuple(_VALUES[kind](tenant))
    raise NotToldWhatItMeans(f"Nobody knows what a tenant has of the kind {kind}.")


def good_value(coordinate: str, type_: GraphQLInputType, tenant: Tenant) -> Any:
    """A value that ``tenant`` may well send there."""
    if coordinate in _GOOD_VALUES:
        return deepcopy(_GOOD_VALUES[coordinate])
    named = get_named_type(type_)
    kind = kind_of(coordinate, named)
    if isinstance(named, GraphQLInputObjectType):
        value: Any = good_object(named, tenant)
    elif isinstance(named, GraphQLEnumType):
        value = next(iter(named.values))
    elif kind is None:
        value = _SCALARS[named.name]
    elif kind == FREE:
        value = _GOOD_TEXTS.get(coordinate.rpartition(".")[2], f"New {coordinate}")
    else:
        value = _unused(kind, tenant) or own_value(coordinate, kind, tenant)
    return [value] if is_list_type(get_nullable_type(type_)) else value


def good_object(type_: GraphQLInputObjectType, tenant: Tenant) -> dict[str, Any]:
    """An input object with its required members."""
    return {
        name: good_value(f"{type_.name}.{name}", member.type, tenant)
        for name, member in type_.fields.items()
        if is_required_input_field(member)
    }


def own_value(coordinate: str, kind: str, tenant: Tenant) -> Any:
    """What the tenant has of a kind, and what fits there."""
    name = coordinate.rpartition(".")[2]
    return _WORDS[name] if kind == "vocabulary" else values_of(kind, tenant)[0]


def _unused(kind: str, tenant: Tenant) -> str | None:
    """Names are for things that are not there yet."""
    make = _UNUSED.get(kind)
    return make(tenant) if make is not None else None


def places(
    arguments: Mapping[str, Any], owner: str, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str, GraphQLInputType]]:
    """Where values can stand below the arguments of a field or the members of an input object:
    (path, coordinate, type)."""
    for name, argument in arguments.items():
        coordinate, named = f"{owner}.{name}", get_named_type(argument.type)
        yield (*path, name), coordinate, argument.type
        if isinstance(named, GraphQLInputObjectType) and len(path) < 4:
            yield from places(named.fields, named.name, (*path, name))


def required(arguments: Mapping[str, Any], owner: str, tenant: Tenant) -> dict[str, Any]:
    """Good values of the arguments that a field cannot do without."""
    return {
        name: good_value(f"{owner}.{name}", argument.type, tenant)
        for name, argument in arguments.items()
        if is_required_argument(argument)
    }


def foreign_values(kind: str) -> tuple[Any, ...]:
    """What there is to try: the other tenant's values of that kind, then its ids of other kinds
    where an id is wanted."""
    own = values_of(kind, THERE)
    if kind not in THERE.ids:
        return own
    others = (str(ids[0]) for other, ids in THERE.ids.items() if other != kind)
    return (*own[:1], *others, *own[1:])
