"""Leaf values of subgraphs: which values each API type accepts, and how they are completed.

Subgraphs have already serialized these values, so custom scalars pass unchanged. A value of the
wrong kind is never passed on: the field becomes null with an error.
"""

from typing import Any

from graphql import GraphQLEnumType, GraphQLNamedType


class LeafError(Exception):
    """A leaf value that its type does not allow. The message is safe for clients."""


def complete_leaf(type_: GraphQLNamedType, value: Any) -> Any:
    """The completed value. Not called with None. Raises LeafError."""
    if isinstance(type_, GraphQLEnumType):
        if type(value) is str and value in type_.values:
            return value
        raise LeafError(f"The subgraph returned a value that enum {type_.name} does not have.")
    accepts = _BUILT_IN.get(type_.name)
    if accepts is None or type(value) in accepts:
        return value
    if type_.name == "ID" and type(value) is int:
        return str(value)
    if type_.name == "Int" and type(value) is float and _is_exact_integer(value):
        return int(value)
    raise LeafError(f"The subgraph returned a value that is not a valid {type_.name}.")


def _is_exact_integer(value: float) -> bool:
    return value.is_integer() and abs(value) < _FLOATS_ARE_EXACT_BELOW


_FLOATS_ARE_EXACT_BELOW = 2**53

_BUILT_IN: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "ID": (str,),
    "Int": (int,),
    "Float": (float, int),
    "Boolean": (bool,),
}


def fast_test(type_: GraphQLNamedType, name: str) -> str:
    """A Python condition that is true if the variable ``name`` needs no completion (None aside).
    Custom scalars always pass; enums are tested by the caller."""
    accepts = _BUILT_IN.get(type_.name)
    if accepts is None:
        return "True"
    if len(accepts) == 1:
        return f"type({name}) is {accepts[0].__name__}"
    return f"type({name}) in NUMBERS"
