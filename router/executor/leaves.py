"""Leaf values as subgraphs send them: what is accepted for each API type, and what it becomes.

Subgraphs already wrote these values as JSON, so custom scalars pass as they are. A value of the
wrong kind is never handed on: the field becomes null with an error.
"""

from typing import Any

from graphql import GraphQLEnumType, GraphQLNamedType


class LeafError(Exception):
    """A leaf value that its type does not allow; the text is fit for clients."""


def complete_leaf(type_: GraphQLNamedType, value: Any) -> Any:
    """``value`` as the client gets it (never called with None). Raises LeafError."""
    if isinstance(type_, GraphQLEnumType):
        if type(value) is str and value in type_.values:
            return value
        raise LeafError(f"The subgraph answered a value that enum {type_.name} does not have.")
    accepts = _BUILT_IN.get(type_.name)
    if accepts is None or type(value) in accepts:
        return value
    if type_.name == "ID" and type(value) is int:
        return str(value)
    if type_.name == "Int" and type(value) is float and _is_exact_integer(value):
        return int(value)
    raise LeafError(f"The subgraph answered a value that is not a valid {type_.name}.")


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
    """A Python condition that holds when the variable ``name`` needs no completion (None aside);
    enums are tested against the name ``<name>`` bound by the caller, custom scalars always pass."""
    accepts = _BUILT_IN.get(type_.name)
    if accepts is None:
        return "True"
    if len(accepts) == 1:
        return f"type({name}) is {accepts[0].__name__}"
    return f"type({name}) in NUMBERS"
