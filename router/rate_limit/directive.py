"""Reads ``@rateLimit`` and ``@rateLimitStates`` from a supergraph's SDL."""

from collections.abc import Iterator
from dataclasses import replace

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
)
from pydantic import ValidationError

from trellis.router.authorization.rules.directive_names import names_of_element
from trellis.router.config.rate_limits import RateLimitRule
from trellis.router.errors import SupergraphInvalid
from trellis.router.rate_limit.rules import Rule, rule_of
from trellis.router.sdl import argument_values

SPEC = "https://specs.trellis.dev/trellis/"
_TYPES = (
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
)


def rules_of_fields(supergraph: DocumentNode) -> list[Rule]:
    """The limits that the fields of a supergraph declare. Raises SupergraphInvalid if one cannot be
    read, because ignoring it would leave the field without a limit."""
    names = names_of_element(supergraph, SPEC, "@rateLimit")
    return [
        _rule(coordinate, directive)
        for coordinate, field in _fields(supergraph)
        for directive in field.directives or ()
        if directive.name.value in names
    ]


def stating_fields(supergraph: DocumentNode) -> frozenset[str]:
    """The coordinates of fields whose resolvers need the states of the caller's limits."""
    names = names_of_element(supergraph, SPEC, "@rateLimitStates")
    return frozenset(
        coordinate
        for coordinate, field in _fields(supergraph)
        if any(directive.name.value in names for directive in field.directives or ())
    )


def _fields(supergraph: DocumentNode) -> Iterator[tuple[str, FieldDefinitionNode]]:
    for node in supergraph.definitions:
        if isinstance(node, _TYPES):
            for field in node.fields or ():
                yield f"{node.name.value}.{field.name.value}", field


def _rule(coordinate: str, directive: ConstDirectiveNode) -> Rule:
    given = argument_values(directive)
    given = {name: value for name, value in given.items() if value is not None}
    profiles = given.pop("profiles", None)
    try:
        found = RateLimitRule(name=coordinate.partition(".")[2][:64], fields=(coordinate,), **given)
    except (ValidationError, TypeError) as error:
        raise SupergraphInvalid(f"@rateLimit on {coordinate} cannot be read: {error}") from None
    if found.key == "email" and not found.arguments:
        raise SupergraphInvalid(
            f"@rateLimit on {coordinate} counts by e-mail address: name the argument that "
            'contains it in `arguments`, such as ["input.email"].'
        )
    # All dialects share these logs, so that switching between them does not give more attempts.
    rule = rule_of(found, f"{coordinate}.{found.key}")
    return rule if profiles is None else replace(rule, profiles=frozenset(profiles))
