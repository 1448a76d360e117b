"""``@context`` and ``@fromContext``: names made unique across subgraphs."""

from __future__ import annotations

import re

from graphql import ValueNode

from trellis.router.composition.model import FieldDefinition
from trellis.router.composition.subgraph import SubgraphSchema, string_value
from trellis.router.composition.values import object_of, string


def context_name(subgraph: SubgraphSchema, name: str) -> str:
    """Contexts of different subgraphs are distinct, even under the same name."""
    return f"{subgraph.name}__{name}"


def context_arguments(subgraph: SubgraphSchema, field: FieldDefinition) -> list[ValueNode]:
    """The ``join__ContextArgument`` of each contextual argument of a subgraph's field."""
    found: list[ValueNode] = []
    for argument in field.arguments.values():
        for applied in subgraph.applied(argument, "fromContext"):
            text = string_value(applied.arguments.get("field")) or ""
            match = re.match(r"\s*\$(\w+)(.*)", text, re.DOTALL)
            if match is None:
                continue
            found.append(
                object_of(
                    {
                        "context": string(context_name(subgraph, match[1])),
                        "name": string(argument.name),
                        "type": string(str(argument.type)),
                        "selection": string(match[2]),
                    }
                )
            )
    return found
